#pragma once

#include <cstdint>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/plan/search/chain.hpp"
#include "sim/planner/costs.hpp"
#include "sim/scenario/spec.hpp"

namespace papilio {

/// A network as a chain: its steps are the layers between two places where one tensor crosses, or
/// the inputs do. What branches and joins between two such places is one step: JointDNN groups
/// layers likewise.
struct NetworkChain {
  Chain chain;
  std::vector<Cut> cuts;  ///< `[steps]`: the cut before each step; the first is of the inputs
  std::vector<std::vector<LayerId>> layers;  ///< `[steps]`: what each step computes
};

/// @param tiers     in the order of the chain's tiers; the first is the mobile
/// @param bits      of one element that crosses, in 1..32
NetworkChain chain_of(const Graph& graph, const std::vector<Tier>& tiers, const StepCosts& costs,
                      int bits);

/// A route as a strategy of scenarios: mobile-only, cloud-only, split, or a path of hops.
/// @param tiers as in `chain_of`
StrategySpec strategy_of(const NetworkChain& network, const Route& route,
                         const std::vector<Tier>& tiers, int bits);

}  // namespace papilio
