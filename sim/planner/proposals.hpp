#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/plan/limits.hpp"
#include "sim/plan/price.hpp"
#include "sim/planner/costs.hpp"
#include "sim/planner/goal.hpp"
#include "sim/scenario/scenario.hpp"

namespace papilio {

/// What a planner is asked: a scenario on one of its radios.
struct Situation {
  const Scenario& scenario;
  Devices devices;  ///< that price its layers, unloaded
  RadioUse use;     ///< of the radio, before the conditions
  Goal goal;
  std::vector<int> bits;             ///< of one element that crosses, each in 1..32
  const ConditionsSpec& conditions;  ///< in place of the scenario's own

  /// The mobile, the edge if there is one, the cloud.
  [[nodiscard]] std::vector<Tier> tiers() const;
  /// Of its steps; not beyond its own life.
  [[nodiscard]] StepCosts costs() const;
};

/// A way of finding plans: a row of the table of planners.
struct PlannerEntry {
  std::string_view name;    ///< as `--planner` takes it
  std::string_view title;   ///< for people
  std::string_view source;  ///< of the method
  /// Strategies worth pricing, each of one partition. Exact planners give the best of their kind.
  std::vector<StrategySpec> (*propose)(const Situation& situation);
  /// Why it cannot be asked, as a clause; empty: it can.
  std::string (*objection)(const Situation& situation);
  bool searches{false};  ///< whether what it proposes hangs on the conditions
  bool by_name{false};   ///< whether it is asked only where somebody names it
};

/// Every planner, in the order in which ties go to the earlier.
const std::vector<PlannerEntry>& planners();

/// What tells a strategy of one partition from others.
std::string key_of(const StrategySpec& strategy);

}  // namespace papilio
