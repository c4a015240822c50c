#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/planner/goal.hpp"
#include "sim/planner/proposals.hpp"
#include "sim/scenario/scenario.hpp"

namespace papilio {

/// What is asked of a planner.
struct PlanQuestion {
  Goal goal;
  std::vector<std::string> planners;   ///< names of `planners()`; empty: all that can be asked
  std::vector<int> bits;               ///< of what crosses as it is; empty: the scenario's, and 32
  std::optional<EnergyModel> reading;  ///< of the radio's energy; absent: the scenario's first
  /// Whether planners that search are asked again where the answer changes, so that what other
  /// conditions would propose is known too. Of a goal that adds up.
  bool looks_around{true};
};

/// A strategy of one partition, and who proposed it.
struct Proposal {
  StrategySpec strategy;
  std::vector<std::string> planners;  ///< names, at least one
};

/// A proposal on one radio.
struct PricedPlan {
  std::size_t proposal{0};  ///< position
  std::string name;         ///< what tables call it
  Cell cell;                ///< its plan under the scenario's conditions
  Breakdown took;
  Spend spend;
  double value{0};      ///< of the goal; NaN where nobody knows it
  bool admitted{true};  ///< whether it keeps the limits
};

/// Which proposals are the best on one radio, each as its position.
struct PlanRanking {
  std::optional<std::size_t> best;       ///< nothing: none keeps the limits
  std::optional<std::size_t> runner_up;  ///< the second that spends anything else, likewise
  /// Where none keeps the limits: of the accurate plans the one whose greatest excess over a limit
  /// is least; where none is known to be accurate enough, the most accurate.
  std::optional<std::size_t> nearest;
};

/// The best plans of a scenario on one radio.
struct PlanAnswer : PlanRanking {
  std::string network{};
  std::vector<PricedPlan> plans{};  ///< `[proposals]`
};

/// Plans for a scenario: proposals of several planners, each priced as a run prices it, and the
/// best of them on each radio. Proposals are made once, under the scenario's conditions and where
/// the answer changes along an axis of conditions; `decide` weighs them under others.
///
/// Without limits the stretches of `along_axis` are exact over all plans that the searches know,
/// not over those proposed alone: the least cost of any set of plans is concave along an axis, so
/// that a search at each place of change either finds a plan that is better there, which is added,
/// or proves that there is none near (Eisner and Severance, J. ACM 23, 1976).
class Planner {
 public:
  /// @param profiles what the scenario was loaded from
  /// @throws ConfigError if a planner is unknown, or cannot be asked and was named; or an exact
  ///         search is too large
  Planner(const Scenario& scenario, ProfileCache& profiles, PlanQuestion question);

  [[nodiscard]] const PlanQuestion& question() const { return question_; }
  /// With every proposal as a strategy.
  [[nodiscard]] const Scenario& scenario() const { return priced_; }
  [[nodiscard]] const std::vector<Proposal>& proposals() const { return proposals_; }
  [[nodiscard]] EnergyModel reading() const { return reading_; }
  /// Planners that could not be asked, each with why, for people.
  [[nodiscard]] const std::vector<std::string>& not_asked() const { return not_asked_; }

  /// Whether the places of change are known over all plans; else among the proposals.
  [[nodiscard]] bool complete() const { return complete_; }

  /// On the radio at this position of `scenario().radios`, under the scenario's conditions.
  [[nodiscard]] PlanAnswer answer(std::size_t radio) const;
  /// The same proposals under others, with `result_bytes`. Searches are not asked again.
  [[nodiscard]] PlanAnswer answer(std::size_t radio, const ConditionsSpec& conditions) const;
  /// `answer` without the plans: what a caller that asks again and again can wait for.
  [[nodiscard]] PlanRanking rank(std::size_t radio, const ConditionsSpec& conditions) const;
  /// A proposal on a radio under conditions.
  [[nodiscard]] PricedPlan priced(std::size_t radio, std::size_t proposal,
                                  const ConditionsSpec& conditions) const;

  /// What a proposal spends on a radio under conditions.
  [[nodiscard]] Spend spend(std::size_t radio, std::size_t proposal,
                            const ConditionsSpec& conditions) const;
  /// The best proposal that keeps the limits on a radio under conditions; nothing: none does.
  [[nodiscard]] std::optional<std::size_t> decide(std::size_t radio,
                                                  const ConditionsSpec& conditions) const;
  /// Whether a proposal is accurate enough, whatever it spends.
  [[nodiscard]] bool accurate(std::size_t proposal) const;

  /// Position of a proposal on a radio in `scenario().cells`, and of any scenario with the same
  /// strategies.
  [[nodiscard]] std::size_t cell_of(std::size_t radio, std::size_t proposal) const {
    return first_cell_[proposal] + (on_radios_[proposal] ? radio * readings_ : 0) + of_reading_;
  }

 private:
  void price(const Scenario& scenario, ProfileCache& profiles);
  /// Asks what searches where the answer changes. @return whether anything new was proposed
  template <class Ask>
  bool look_around(std::set<std::pair<std::string, double>>& asked, const Ask& ask) const;

  PlanQuestion question_;
  EnergyModel reading_;
  std::vector<Proposal> proposals_;
  std::vector<std::string> not_asked_;
  bool complete_{false};
  Scenario priced_;
  std::size_t readings_{1};              // of the scenario
  std::size_t of_reading_{0};            // position of `reading_` in them
  std::vector<std::size_t> first_cell_;  // [proposals]
  std::vector<bool> on_radios_;          // [proposals] whether it has a cell for each radio
};

}  // namespace papilio
