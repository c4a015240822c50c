#include "sim/planner/shared_weights.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>

namespace papilio {
namespace {

/// Layers that compute with the same trained numbers; the first is the one that has them.
struct Sharing {
  std::vector<LayerId> layers;
  double bytes{0};
};

std::vector<Sharing> sharings_of(const Graph& graph) {
  std::map<LayerId, Sharing> by_owner;
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    const std::optional<LayerId> owner = graph.layer(id).weights_of;
    if (!owner) continue;
    Sharing& sharing = by_owner[*owner];
    if (sharing.layers.empty()) {
      sharing = {{*owner}, static_cast<double>(graph.parameter_bytes(*owner))};
    }
    sharing.layers.push_back(id);
  }
  std::vector<Sharing> all;
  all.reserve(by_owner.size());
  for (auto& [owner, sharing] : by_owner) all.push_back(std::move(sharing));
  return all;
}

/// The step that computes a layer.
std::size_t step_of(const NetworkChain& network, LayerId id) {
  std::size_t step = 0;
  while (step + 1 < network.cuts.size() && !network.cuts[step + 1].has_before(id)) ++step;
  return step;
}

/// Lets the layers of a sharing run on the tiers of a set alone, which have its weights.
/// @param holders bit t: the tier at position t
void hold(HeldChain& held, const NetworkChain& network, const Sharing& sharing,
          const std::vector<Tier>& tiers, std::size_t holders) {
  for (std::size_t tier = 0; tier < tiers.size(); ++tier) {
    const Criterion weights = weights_at(tiers[tier]);
    held.chain.compute(step_of(network, sharing.layers.front()), tier)[weights] -= sharing.bytes;
    if ((holders >> tier & 1U) != 0) {
      held.most[weights] -= sharing.bytes;
      continue;
    }
    for (const LayerId id : sharing.layers) {
      held.chain.compute(step_of(network, id), tier)[Criterion::kLatency] =
          std::numeric_limits<double>::infinity();
    }
  }
}

bool is_possible(const Spend& most) {
  for (std::size_t i = 0; i < kCriteria; ++i) {
    if (most[static_cast<Criterion>(i)] < 0) return false;
  }
  return true;
}

}  // namespace

Criterion weights_at(Tier tier) {
  if (tier == Tier::kMobile) return Criterion::kMobileWeights;
  return tier == Tier::kEdge ? Criterion::kEdgeWeights : Criterion::kCloudWeights;
}

std::vector<HeldChain> held_chains(const NetworkChain& network, const Graph& graph,
                                   const std::vector<Tier>& tiers, const Spend& most) {
  constexpr std::size_t kMostChoices = 64;
  const bool limited = std::any_of(tiers.begin(), tiers.end(), [&](Tier tier) {
    return most[weights_at(tier)] != Spend::unlimited()[weights_at(tier)];
  });
  std::vector<HeldChain> chains{{network.chain, most}};
  if (!limited) return chains;
  for (const Sharing& sharing : sharings_of(graph)) {
    const std::size_t sets = std::size_t{1} << tiers.size();
    if (chains.size() * (sets - 1) > kMostChoices) return {{network.chain, most}};
    std::vector<HeldChain> longer;
    for (const HeldChain& chain : chains) {
      for (std::size_t holders = 1; holders < sets; ++holders) {
        HeldChain held = chain;
        hold(held, network, sharing, tiers, holders);
        if (is_possible(held.most)) longer.push_back(std::move(held));
      }
    }
    chains = std::move(longer);
  }
  return chains;
}

}  // namespace papilio
