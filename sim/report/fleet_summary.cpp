#include "sim/report/fleet_summary.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

namespace papilio {
namespace {

/// Which buckets a row is about.
struct Scope {
  std::string mobiles;
  std::string window;
  std::vector<std::size_t> groups;
  std::vector<std::size_t> windows;
  std::optional<double> seconds;  ///< absent: the counted time of each run
};

class Summariser {
 public:
  Summariser(const FleetScenario& fleet, const std::vector<FleetResult>& results)
      : model_{fleet.model},
        results_{results},
        replications_{static_cast<std::size_t>(model_.replications)},
        limit_{fleet.measurements.limit} {
    for (const MobilesSpec& mobiles : fleet.spec.mobiles) is_task_.push_back(mobiles.task.present);
  }

  std::vector<FleetSummary> summarise() {
    for (std::size_t s = 0; s < model_.strategies.size(); ++s) {
      if (model_.strategies[s].policy == PolicyKind::kOracle) oracle_ = s;
    }
    std::vector<FleetSummary> rows;
    const std::vector<Scope> scopes = all_scopes();
    for (std::size_t s = 0; s < model_.strategies.size(); ++s) {
      find_regrets(s);
      for (const Scope& scope : scopes) rows.push_back(row(s, scope));
    }
    return rows;
  }

 private:
  [[nodiscard]] std::vector<Scope> all_scopes() const {
    std::vector<std::pair<std::string, std::vector<std::size_t>>> groups;
    std::vector<std::size_t> every_group;
    for (std::size_t g = 0; g < model_.groups.size(); ++g) every_group.push_back(g);
    groups.emplace_back("all", every_group);
    if (every_group.size() > 1) {
      for (const std::size_t g : every_group) {
        groups.emplace_back(model_.groups[g].name, std::vector<std::size_t>{g});
      }
    }
    std::vector<Scope> scopes;
    for (const auto& [name, members] : groups) {
      Scope whole{name, "all", members, {}, std::nullopt};
      for (std::size_t w = 0; w <= model_.windows.size(); ++w) whole.windows.push_back(w);
      scopes.push_back(whole);
      for (std::size_t w = 0; w < model_.windows.size(); ++w) {
        const Window& window = model_.windows[w];
        const double from = std::max(window.from_s, model_.warm_up_s);
        const double to = std::min(window.to_s, model_.duration_s);
        scopes.push_back({name, window.name, members, {w}, std::max(0.0, to - from)});
      }
    }
    return scopes;
  }

  [[nodiscard]] std::size_t bucket(std::size_t group, std::size_t window) const {
    return group * (model_.windows.size() + 1) + window;
  }

  FleetSummary row(std::size_t strategy, const Scope& scope) {
    FleetSummary row{.strategy = strategy, .mobiles = scope.mobiles, .window = scope.window};
    row.choices.resize(model_.groups[scope.groups.front()].partitions.size());
    Parts all;
    Parts regrets;
    std::vector<double> means;
    std::vector<double> regret_means;
    double accuracy = 0;
    double completed = 0;
    std::array<std::vector<double>, kPercentiles.size()> quantiles;
    for (std::size_t r = 0; r < replications_; ++r) {
      const FleetResult& result = results_[strategy * replications_ + r];
      std::vector<double> own;
      std::vector<double> own_regrets;
      for (const std::size_t g : scope.groups) {
        for (const std::size_t w : scope.windows) {
          const Bucket& one = result.buckets[bucket(g, w)];
          row.sums += one.sums;
          own.insert(own.end(), one.latencies_s.begin(), one.latencies_s.end());
          all.emplace_back(one.latencies_s);
          if (g == scope.groups.front()) {
            for (std::size_t i = 0; i < one.choices.size(); ++i) row.choices[i] += one.choices[i];
          }
          for (std::size_t i = 0; i < one.choices.size(); ++i) {
            if (one.choices[i] == 0) continue;  // its accuracy may be unknown
            const auto count = static_cast<double>(one.choices[i]);
            accuracy += model_.groups[g].partitions[i].accuracy * count;
            completed += count;
          }
          if (oracle_) {
            const std::vector<double>& more = regrets_[r][bucket(g, w)];
            own_regrets.insert(own_regrets.end(), more.begin(), more.end());
            regrets.emplace_back(more);
          }
        }
      }
      row.seconds += scope.seconds.value_or(result.counted_s);
      if (replications_ == 1 || own.empty()) continue;
      means.push_back(mean(own));
      regret_means.push_back(mean(own_regrets));
      for (std::size_t p = 0; p < kPercentiles.size(); ++p) {
        quantiles[p].push_back(quantile(own, kPercentiles[p]));
      }
    }
    // Replications are independent; within one run batches have to do.
    row.latency = mean_by_batches(all);
    if (replications_ > 1) row.latency.half_width = half_width(means);
    for (std::size_t p = 0; p < kPercentiles.size(); ++p) {
      row.percentiles[p] = quantile_by_batches(all, kPercentiles[p]);
      if (replications_ > 1) row.percentiles[p].half_width = half_width(quantiles[p]);
    }
    const bool compared =
        std::any_of(regrets.begin(), regrets.end(), [](const auto& part) { return !part.empty(); });
    if (compared) {
      row.regret = mean_by_batches(regrets);
      if (replications_ > 1) row.regret->half_width = half_width(regret_means);
    }
    if (completed > 0 && !std::isnan(accuracy)) row.accuracy = accuracy / completed;
    row.admitted = admitted(strategy, scope);
    return row;
  }

  [[nodiscard]] std::optional<bool> admitted(std::size_t strategy, const Scope& scope) const {
    if (!limit_.stated()) return std::nullopt;
    std::optional<bool> all;
    for (const std::size_t g : scope.groups) {
      if (is_task_[g]) continue;
      const std::vector<std::uint32_t>& candidates = model_.strategies[strategy].candidates[g];
      all = all.value_or(true) &&
            std::all_of(candidates.begin(), candidates.end(), [&](std::uint32_t i) {
              return limit_.admits(model_.groups[g].partitions[i].known_accuracy());
            });
    }
    return all;
  }

  /// Latencies of one run by request: the same requests in every strategy's.
  static std::vector<KeyedLatency> by_request(const FleetResult& result) {
    std::vector<KeyedLatency> keyed = result.keyed;
    std::sort(keyed.begin(), keyed.end(), [](const KeyedLatency& a, const KeyedLatency& b) {
      return std::pair{a.mobile, a.number} < std::pair{b.mobile, b.number};
    });
    return keyed;
  }

  void find_regrets(std::size_t strategy) {
    if (!oracle_) return;
    regrets_.assign(replications_, std::vector<std::vector<double>>(model_.groups.size() *
                                                                    (model_.windows.size() + 1)));
    for (std::size_t r = 0; r < replications_; ++r) {
      const std::vector<KeyedLatency> own = by_request(results_[strategy * replications_ + r]);
      const std::vector<KeyedLatency> best = by_request(results_[*oracle_ * replications_ + r]);
      auto other = best.begin();
      for (const KeyedLatency& request : own) {
        const std::pair key{request.mobile, request.number};
        while (other != best.end() && std::pair{other->mobile, other->number} < key) ++other;
        if (other == best.end() || std::pair{other->mobile, other->number} != key) continue;
        const double regret = request.latency_s - other->latency_s;
        if (!std::isnan(regret)) regrets_[r][request.bucket].push_back(regret);
      }
    }
  }

  const FleetModel& model_;
  const std::vector<FleetResult>& results_;
  std::size_t replications_;
  const AccuracyLimit& limit_;
  std::vector<bool> is_task_;  // [groups]
  std::optional<std::size_t> oracle_;
  std::vector<std::vector<std::vector<double>>> regrets_;  // [replications][buckets]
};

}  // namespace

std::vector<FleetSummary> summarise(const FleetScenario& fleet,
                                    const std::vector<FleetResult>& results) {
  return Summariser{fleet, results}.summarise();
}

}  // namespace papilio
