#pragma once

#include <vector>

#include "models/graph/graph.hpp"
#include "sim/plan/search/spend.hpp"
#include "sim/planner/network_chain.hpp"

namespace papilio {

/// Trained numbers of a tier, as limits name them.
Criterion weights_at(Tier tier);

/// A chain on which tiers hold certain weights that several layers share, and what is left of the
/// limits for all else.
struct HeldChain {
  Chain chain;
  Spend most;
};

/// What a tier stores of weights that layers share is no sum over steps: it has them once, or not.
/// So for each choice of the tiers that hold them there is a chain, on which these layers run on
/// those tiers alone. A route within the limits is one on one of the chains.
/// @return where no limit of weights is stated, no layer shares some, or the choices are more than
///         64: the network's own chain, which counts what is shared with the first layer that has
///         it
std::vector<HeldChain> held_chains(const NetworkChain& network, const Graph& graph,
                                   const std::vector<Tier>& tiers, const Spend& most);

}  // namespace papilio
