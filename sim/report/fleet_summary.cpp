#include "sim/report/fleet_summary.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "sim/base/stats/steady_state.hpp"
#include "sim/play/fleet/policy.hpp"

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

/// Regrets of one (group, window) in the order of completion, and whose they are.
struct Regrets {
  std::vector<double> values_s;
  std::vector<std::uint32_t> mobiles;
};

/// Appends a piece a series of the bucket's, which go on side by side.
void add_pieces(std::vector<Piece>& pieces, const Bucket& bucket, std::size_t era) {
  const std::span latencies_s{bucket.latencies_s};
  const std::span mobiles{bucket.mobiles};
  std::size_t begin = 0;
  for (const std::uint64_t end : bucket.ends) {
    pieces.push_back(
        {latencies_s.subspan(begin, end - begin), mobiles.subspan(begin, end - begin), era});
    begin = end;
  }
}

/// One value a replication.
using Sections = std::vector<double>;

class Summariser {
 public:
  Summariser(const FleetScenario& fleet, const std::vector<FleetResult>& results)
      : model_{fleet.model},
        results_{results},
        replications_{static_cast<std::size_t>(model_.replications)},
        capacities_{cell_capacities(model_)},
        limits_{fleet.limits} {
    for (const MobilesSpec& mobiles : fleet.spec.mobiles) is_task_.push_back(mobiles.task.present);
  }

  std::vector<FleetSummary> summarise() {
    for (std::size_t s = 0; s < model_.strategies.size(); ++s) {
      const FleetStrategy& strategy = model_.strategies[s];
      if (!strategy.fixed() && strategy.policy->foresees()) oracle_ = s;
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
    std::vector<Piece> all;
    std::vector<Piece> regrets;
    std::vector<Sections> sections(1 + kPercentiles.size());  // of the mean and the percentiles
    Sections regret_sections;
    double accuracy = 0;
    double completed = 0;
    std::size_t of_first_run = 0;  // pieces
    for (std::size_t r = 0; r < replications_; ++r) {
      const FleetResult& result = results_[strategy * replications_ + r];
      std::vector<double> own;
      std::vector<double> own_regrets;
      for (const std::size_t g : scope.groups) {
        for (const std::size_t w : scope.windows) {
          const Bucket& one = result.buckets[bucket(g, w)];
          row.sums += one.sums;
          add_pieces(all, one, w);
          if (replications_ > 1) {
            own.insert(own.end(), one.latencies_s.begin(), one.latencies_s.end());
          }
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
            const Regrets& more = regrets_[r][bucket(g, w)];
            own_regrets.insert(own_regrets.end(), more.values_s.begin(), more.values_s.end());
            regrets.push_back({more.values_s, more.mobiles, w});
          }
        }
      }
      if (r == 0) of_first_run = all.size();
      row.seconds += scope.seconds.value_or(result.counted_s);
      if (!own.empty()) {
        sections[0].push_back(mean(own));
        for (std::size_t p = 0; p < kPercentiles.size(); ++p) {
          sections[p + 1].push_back(quantile(own, kPercentiles[p]));
        }
      }
      if (!own_regrets.empty()) regret_sections.push_back(mean(own_regrets));
    }
    // Replications are independent; within one run the order of time has to do.
    const SteadyState found = steady_state(all, kPercentiles);
    const auto estimate = [&](const Estimate& of_all, const Sections& of_each) {
      return replications_ == 1
                 ? of_all
                 : Estimate{of_all.value, half_width_by_sections(of_each, of_all.value)};
    };
    row.independent = found.independent;
    row.latency = estimate(found.mean, sections[0]);
    for (std::size_t p = 0; p < kPercentiles.size(); ++p) {
      row.percentiles[p] = estimate(found.quantiles[p], sections[p + 1]);
    }
    const bool compared = std::any_of(regrets.begin(), regrets.end(),
                                      [](const Piece& piece) { return !piece.values.empty(); });
    if (compared) row.regret = estimate(steady_state(regrets, {}).mean, regret_sections);
    if (completed > 0 && !std::isnan(accuracy)) row.accuracy = accuracy / completed;
    row.admitted = admitted(strategy, scope);
    find_start(row, all, of_first_run, found);
    row.overload = find_overload(
        model_, capacities_, std::span{results_}.subspan(strategy * replications_, replications_),
        scope.groups);
    if (row.overload) {
      row.latency.half_width.reset();
      for (Estimate& percentile : row.percentiles) percentile.half_width.reset();
      if (row.regret) row.regret->half_width.reset();
    }
    return row;
  }

  [[nodiscard]] std::optional<bool> admitted(std::size_t strategy, const Scope& scope) const {
    if (!limits_.stated()) return std::nullopt;
    std::optional<bool> all;
    for (const std::size_t g : scope.groups) {
      if (is_task_[g]) continue;
      const std::vector<std::uint32_t>& candidates = model_.strategies[strategy].candidates[g];
      all = all.value_or(true) &&
            std::all_of(candidates.begin(), candidates.end(), [&](std::uint32_t i) {
              const FleetPlan& plan = model_.groups[g].partitions[i];
              return limits_.admits(plan.known_accuracy(), plan.exact, plan.alone);
            });
    }
    return all;
  }

  /// A queue that starts empty has forgotten it as the correlation of its latencies falls, as
  /// exp(-t / m) where they are remembered for 2 m, both ways. Until the end of the warm-up that is
  /// exp(-warm-up / m), and beyond it lacks m times that of the mean.
  void find_start(FleetSummary& row, const std::vector<Piece>& pieces, std::size_t of_first_run,
                  const SteadyState& found) const {
    if (row.window != "all" || pieces.empty() || found.mean.value <= 0) return;
    const std::vector<Piece> first_run{pieces.begin(),
                                       pieces.begin() + static_cast<std::ptrdiff_t>(of_first_run)};
    const SteadyState of_one = replications_ == 1 ? found : steady_state(first_run, {});
    const double run_s = row.seconds / static_cast<double>(replications_);
    row.memory_s = of_one.memory * run_s;
    if (row.memory_s <= 0 || run_s <= 0) return;
    double least_s = found.mean.value;
    for (const Piece& piece : pieces) {
      for (const double latency_s : piece.values) least_s = std::min(least_s, latency_s);
    }
    const double m_s = row.memory_s / 2;
    row.too_low =
        (1 - least_s / found.mean.value) * m_s / run_s * std::exp(-model_.warm_up_s / m_s);
  }

  /// For every request of a strategy that the oracle's run completed too, in the order of
  /// completion, what it took longer.
  void find_regrets(std::size_t strategy) {
    if (!oracle_) return;
    const std::size_t buckets = model_.groups.size() * (model_.windows.size() + 1);
    regrets_.assign(replications_, std::vector<Regrets>(buckets));
    const auto key = [](const KeyedLatency& request) {
      return std::pair{request.mobile, request.number};
    };
    for (std::size_t r = 0; r < replications_; ++r) {
      std::vector<KeyedLatency> best = results_[*oracle_ * replications_ + r].keyed;
      std::sort(best.begin(), best.end(),
                [&](const KeyedLatency& a, const KeyedLatency& b) { return key(a) < key(b); });
      for (const KeyedLatency& request : results_[strategy * replications_ + r].keyed) {
        const auto other = std::lower_bound(
            best.begin(), best.end(), request,
            [&](const KeyedLatency& a, const KeyedLatency& b) { return key(a) < key(b); });
        if (other == best.end() || key(*other) != key(request)) continue;
        const double regret_s = request.latency_s - other->latency_s;
        if (std::isnan(regret_s)) continue;
        Regrets& bucket = regrets_[r][request.bucket];
        bucket.values_s.push_back(regret_s);
        bucket.mobiles.push_back(request.mobile);
      }
    }
  }

  const FleetModel& model_;
  const std::vector<FleetResult>& results_;
  std::size_t replications_;
  CellCapacities capacities_;
  const Limits& limits_;
  std::vector<bool> is_task_;  // [groups]
  std::optional<std::size_t> oracle_;
  std::vector<std::vector<Regrets>> regrets_;  // [replications][buckets]
};

}  // namespace

std::vector<FleetSummary> summarise(const FleetScenario& fleet,
                                    const std::vector<FleetResult>& results) {
  return Summariser{fleet, results}.summarise();
}

}  // namespace papilio
