#include "sim/report/answer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "sim/play/fleet/policy.hpp"
#include "sim/report/format.hpp"

namespace papilio {
namespace {

/// The outcome that one is held against: of a strategy that does not cut, or nullptr.
const Outcome* whole_network(const Outcomes& outcomes, const SelectedCut& selected,
                             const std::string& strategy) {
  if (strategy == "cloud-only") {
    if (const Outcome* same_bits = outcomes.cloud_only_of(*selected.best_of_all)) return same_bits;
  }
  const std::vector<const Outcome*> all = outcomes.choices(selected.network, selected.reading);
  const auto found = std::find_if(all.begin(), all.end(), [&](const Outcome* outcome) {
    return outcome->cell.strategy == strategy;
  });
  return found == all.end() ? nullptr : *found;
}

/// "mobile-only 6.9 times as much"; of what is not the first, "cloud-only 28.1 times".
std::string times_text(bool first, std::string_view strategy, double times) {
  return first ? fmt::format("{} {:.1f} times as much", strategy, times)
               : fmt::format("{} {:.1f} times", strategy, times);
}

std::string in_brackets(const std::vector<std::string>& texts) {
  return texts.empty() ? "" : fmt::format(" ({})", fmt::join(texts, ", "));
}

/// " (mobile-only 6.9 times as much, cloud-only 28.1 times)", or nothing.
std::string beside_text(const Outcomes& outcomes, const SelectedCut& selected) {
  const double least = value(selected.best_of_all->simulated, selected.target);
  std::vector<std::string> others;
  for (const char* strategy : {"mobile-only", "cloud-only"}) {
    const Outcome* other = whole_network(outcomes, selected, strategy);
    const bool known = other != nullptr && least > 0 &&
                       (selected.target == Target::kLatency || other->cell.energy_known);
    if (!known || selected.best_of_all->cell.strategy == strategy) continue;
    const double times = value(other->simulated, selected.target) / least;
    others.push_back(times_text(others.empty(), strategy, times));
  }
  return in_brackets(others);
}

std::string clause(const Outcomes& outcomes, const SelectedCut& selected, bool first) {
  if (selected.best_of_all == nullptr) return "no partition is within the limits";
  const Outcome& best = *selected.best_of_all;
  const std::string target = selected.target == Target::kLatency
                                 ? "latency"
                                 : fmt::format("energy ({})", name(selected.reading));
  const TableCell least = selected.target == Target::kLatency
                              ? in_ms(best.simulated.latency(), "ms")
                              : in_mj(best.simulated.energy(), "mJ");
  return fmt::format("{}{} the least {}, {}{}", partition_name(best.cell), first ? " has" : "",
                     target, least.text(), beside_text(outcomes, selected));
}

/// Mean latency in s or mobile energy in J of a request, or nothing where it is not known.
std::optional<double> mean_of(const FleetSummary& summary, Target target) {
  const RequestSums& sums = summary.sums;
  if (sums.completed == 0) return std::nullopt;
  if (target == Target::kLatency) return summary.latency.value;
  const double mean_j = sums.energy.total() / static_cast<double>(sums.completed + sums.failed);
  return std::isnan(mean_j) ? std::nullopt : std::optional{mean_j};
}

/// What a fleet's strategies did over all mobiles and the whole counted time.
class FleetAnswer {
 public:
  FleetAnswer(const FleetModel& model, const std::vector<FleetSummary>& summaries) : model_{model} {
    for (const FleetSummary& summary : summaries) {
      if (summary.mobiles == "all" && summary.window == "all") all_.push_back(&summary);
    }
  }

  [[nodiscard]] bool several() const { return all_.size() > 1; }
  [[nodiscard]] bool completed() const {
    return std::any_of(all_.begin(), all_.end(),
                       [](const FleetSummary* summary) { return summary->sums.completed > 0; });
  }

  /// "RB1 has the least mean latency, …", or nothing where no strategy is an answer.
  [[nodiscard]] std::string clause(Target target, bool first) const {
    const FleetSummary* best = least(target);
    if (best == nullptr) return {};
    const double value = *mean_of(*best, target);
    const bool latency = target == Target::kLatency;
    const TableCell cell = latency ? in_ms(Seconds{value}, "ms") : in_mj(Joules{value}, "mJ");
    std::vector<std::string> others;
    for (const char* kind : {"mobile-only", "cloud-only"}) {
      const FleetSummary* other = of_kind(kind);
      if (other == nullptr || other == best || value <= 0) continue;
      const std::optional<double> known = mean_of(*other, target);
      if (known) others.push_back(times_text(others.empty(), kind, *known / value));
    }
    return fmt::format("{}{} the least mean {}, {}{}{}", strategy_of(*best).name,
                       first ? " has" : "", latency ? "latency" : "mobile energy of a request",
                       cell.text(), lost_text(*best), in_brackets(others));
  }

 private:
  [[nodiscard]] const FleetStrategy& strategy_of(const FleetSummary& summary) const {
    return model_.strategies[summary.strategy];
  }

  [[nodiscard]] const FleetSummary* of_kind(std::string_view kind) const {
    const auto found = std::find_if(all_.begin(), all_.end(), [&](const FleetSummary* summary) {
      return strategy_of(*summary).kind == kind;
    });
    return found == all_.end() ? nullptr : *found;
  }

  [[nodiscard]] const FleetSummary* least(Target target) const {
    const FleetSummary* best = nullptr;
    for (const FleetSummary* summary : all_) {
      const FleetStrategy& strategy = strategy_of(*summary);
      const bool foresees = !strategy.fixed() && strategy.policy->foresees();
      const std::optional<double> mean = mean_of(*summary, target);
      if (!mean || foresees || summary->overload || !summary->admitted.value_or(true)) continue;
      if (best == nullptr || *mean < *mean_of(*best, target)) best = summary;
    }
    return best;
  }

  /// Of requests without an answer, which are in no mean.
  static std::string lost_text(const FleetSummary& summary) {
    const RequestSums& sums = summary.sums;
    if (sums.completed == sums.arrived) return {};
    return fmt::format(", where {} of its {} requests did not complete",
                       sums.arrived - sums.completed, sums.arrived);
  }

  const FleetModel& model_;
  std::vector<const FleetSummary*> all_;
};

}  // namespace

std::vector<std::string> answer_texts(const FleetScenario& fleet,
                                      const std::vector<FleetSummary>& summaries) {
  const FleetAnswer answer{fleet.model, summaries};
  if (!answer.several()) return {};
  if (!answer.completed()) return {"No request of the counted time was completed."};
  std::vector<std::string> clauses;
  for (const Target target : {Target::kLatency, Target::kEnergy}) {
    std::string one = answer.clause(target, clauses.empty());
    if (!one.empty()) clauses.push_back(std::move(one));
  }
  const std::string limits =
      fleet.limits.stated() ? fmt::format(" within {}", fleet.limits.text()) : "";
  if (clauses.empty()) {
    return {fmt::format("No strategy{} serves these mobiles without overload.", limits)};
  }
  return {fmt::format("Of the strategies{}, {}.", limits, fmt::join(clauses, "; "))};
}

std::vector<std::string> answer_texts(const Scenario& scenario, const Outcomes& outcomes) {
  const std::vector<SelectedCut> all = selected_cuts(scenario, outcomes);
  if (all.empty()) return {};
  std::vector<std::string> texts;
  for (auto first = all.begin(); first != all.end();) {
    std::vector<std::string> clauses;
    auto next = first;
    for (; next != all.end() && next->network == first->network; ++next) {
      std::string one = clause(outcomes, *next, clauses.empty());
      if (clauses.empty() || one != clauses.back()) clauses.push_back(std::move(one));
    }
    texts.push_back(fmt::format("On {}, {}.", first->network, fmt::join(clauses, "; ")));
    first = next;
  }
  texts.push_back(scenario.limits.stated()
                      ? fmt::format("The limits are {}.", scenario.limits.text())
                      : "No limit is stated; accuracy is not weighed.");
  return texts;
}

std::set<const Outcome*> answer_outcomes(const Scenario& scenario, const Outcomes& outcomes) {
  std::set<const Outcome*> named;
  for (const SelectedCut& selected : selected_cuts(scenario, outcomes)) {
    if (selected.best_of_all != nullptr) named.insert(selected.best_of_all);
  }
  return named;
}

std::optional<Table::Mark> mark_of(const Outcome& outcome, const std::set<const Outcome*>& answer) {
  if (answer.count(&outcome) > 0) return Table::Mark::kBest;
  if (!outcome.cell.admitted.value_or(true)) return Table::Mark::kExcluded;
  return std::nullopt;
}

}  // namespace papilio
