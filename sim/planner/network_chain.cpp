#include "sim/planner/network_chain.hpp"

#include <utility>

#include "sim/base/error.hpp"

namespace papilio {

NetworkChain chain_of(const Graph& graph, const std::vector<Tier>& tiers, const StepCosts& costs,
                      int bits) {
  std::vector<Cut> cuts = graph.cuts();
  PAPILIO_CHECK(!cuts.empty() && cuts.front().of_inputs && tiers.front() == Tier::kMobile);
  NetworkChain network{Chain{cuts.size(), tiers.size()}, std::move(cuts), {}};
  std::vector<bool> computed(graph.layers().size(), false);
  std::vector<LayerId> inputs;
  for (LayerId id = 0; id < computed.size(); ++id) {
    computed[id] = network.cuts.front().has_before(id);
    if (computed[id]) inputs.push_back(id);
  }
  const Spend of_inputs = costs.compute(inputs, Tier::kMobile);
  for (std::size_t step = 0; step < network.cuts.size(); ++step) {
    // What comes up to the next cut.
    const Cut* next = step + 1 < network.cuts.size() ? &network.cuts[step + 1] : nullptr;
    std::vector<LayerId> layers;
    for (LayerId id = 0; id < computed.size(); ++id) {
      if (computed[id] || (next != nullptr && !next->has_before(id))) continue;
      computed[id] = true;
      layers.push_back(id);
    }
    const Bytes crossing{static_cast<double>(graph.bytes(network.cuts[step], bits))};
    for (std::size_t to = 0; to < tiers.size(); ++to) {
      network.chain.compute(step, to) = costs.compute(layers, tiers[to]);
      // The inputs are the mobile's, whoever goes on.
      if (step == 0) network.chain.compute(step, to) += of_inputs;
      for (std::size_t from = 0; from < tiers.size(); ++from) {
        if (from != to)
          network.chain.move(step, from, to) = costs.move(tiers[from], tiers[to], crossing);
      }
    }
    network.layers.push_back(std::move(layers));
  }
  for (std::size_t from = 1; from < tiers.size(); ++from) {
    network.chain.move(network.cuts.size(), from, 0) = costs.answer(tiers[from]);
  }
  return network;
}

StrategySpec strategy_of(const NetworkChain& network, const Route& route,
                         const std::vector<Tier>& tiers, int bits) {
  StrategySpec strategy{.strategy = "path", .bits = bits};
  Tier at = Tier::kMobile;
  for (std::size_t step = 0; step < route.tiers.size(); ++step) {
    const Tier to = tiers[route.tiers[step]];
    if (to == at) continue;
    strategy.hops.push_back({network.cuts[step].name, std::string{name(to)}});
    at = to;
  }
  if (strategy.hops.empty()) return {.strategy = "mobile-only"};
  if (strategy.hops.size() > 1 || at != Tier::kCloud) return strategy;
  const std::string cut = strategy.hops.front().after;
  if (cut == network.cuts.front().name) return {.strategy = "cloud-only", .bits = bits};
  return {.strategy = "split", .after = {cut}, .bits = bits};
}

}  // namespace papilio
