#pragma once

#include <optional>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/plan/search/minimum_cut.hpp"
#include "sim/planner/costs.hpp"
#include "sim/scenario/spec.hpp"

namespace papilio {

/// A network whose layers are to be placed on tiers that follow each other, every tensor that
/// crosses charged once.
/// @param tiers   the mobile first; nothing comes back but the answer
/// @param weights of what is to be small, as a sum
/// @param bits    of one element that crosses, in 1..32
CutProblem levels_of(const Graph& graph, const std::vector<Tier>& tiers, const StepCosts& costs,
                     const Spend& weights, int bits);

/// Layers on levels as a strategy of scenarios: mobile-only, cloud-only, split, or a path.
/// @param levels of `minimum_cut`
StrategySpec strategy_of(const Graph& graph, const std::vector<std::uint8_t>& levels,
                         const std::vector<Tier>& tiers, int bits);

}  // namespace papilio
