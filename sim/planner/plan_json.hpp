#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "sim/planner/planner.hpp"
#include "sim/planner/sensitivity.hpp"

namespace papilio {

/// The answers for machines, and what a page of them is made of (docs/models/planning.md): numbers
/// in SI units, strategies as scenarios write them, null where nobody knows a number. Beside each
/// radio's plans: those that no other beats, what the answer is held against, where it changes,
/// and, if the goal adds up, a map of the best plans over two conditions.
/// @param x, y of the maps; there are none where both are the same
nlohmann::ordered_json plan_json(const Planner& planner, const std::vector<PlanAnswer>& answers,
                                 const ConditionAxis& x, const ConditionAxis& y);

}  // namespace papilio
