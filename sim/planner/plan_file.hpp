#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sim/planner/planner.hpp"

namespace papilio {

/// A strategy as scenarios write it.
nlohmann::ordered_json strategy_json(const StrategySpec& strategy);

/// The answers as a file that scenarios, fleets and studies take: `{strategy: plan, from: FILE}`
/// (docs/models/planning.md). Answers without a best plan are left out.
std::string plan_yaml(const Planner& planner, const std::vector<PlanAnswer>& answers);

}  // namespace papilio
