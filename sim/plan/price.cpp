#include "sim/plan/price.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// A network with the unit of a placement in it, if it has one.
class Placed {
 public:
  Placed(const Graph& graph, const Placement& placement) : graph_{graph}, placement_{placement} {
    PAPILIO_CHECK(!placement.channels || !placement.hops.empty());
    if (placement.channels) {
      unit_ = insert_butterfly(graph, placement.hops.front().after, *placement.channels);
    }
  }

  [[nodiscard]] const Graph& graph() const { return unit_ ? unit_->graph : graph_; }

  /// The cut of a hop, in `graph()`.
  [[nodiscard]] Cut cut(std::size_t hop) const {
    if (!unit_) return placement_.hops[hop].after;
    if (hop == 0) return unit_->cut;
    // All that a unit adds comes right after the first cut, and so before every other; what was
    // read of the layer there is read of the unit's last.
    Cut cut = placement_.hops[hop].after;
    const LayerId first = placement_.hops.front().after.after;
    const std::size_t added = unit_->graph.layers().size() - graph_.layers().size();
    cut.after += added;
    for (LayerId& id : cut.crossing) id += id >= first ? added : 0;
    for (LayerId& id : cut.before) id += id > first ? added : 0;
    if (!cut.before.empty()) {
      const auto behind = std::upper_bound(cut.before.begin(), cut.before.end(), first);
      std::vector<LayerId> unit(added);
      std::iota(unit.begin(), unit.end(), first + 1);
      cut.before.insert(behind, unit.begin(), unit.end());
    }
    return cut;
  }

 private:
  const Graph& graph_;
  const Placement& placement_;
  std::optional<ButterflyGraph> unit_;
};

const LayerPricer& prices_at(const Devices& devices, Tier tier) {
  if (tier == Tier::kMobile) return devices.mobile;
  const LayerPricer* prices = tier == Tier::kEdge ? devices.edge : devices.cloud;
  PAPILIO_CHECK(prices != nullptr);
  return *prices;
}

/// The trained numbers that tiers must have.
class Stored {
 public:
  explicit Stored(const Graph& graph) : graph_{graph}, shared_(graph.layers().size(), false) {
    for (const Layer& layer : graph.layers()) {
      if (layer.weights_of) shared_[*layer.weights_of] = true;
    }
  }

  /// A layer runs at a tier.
  void add(LayerId id, Tier at) {
    const Layer& layer = graph_.layer(id);
    if (layer.parameters == 0) return;
    const auto tier = static_cast<std::size_t>(at);
    const LayerId owner = layer.weights_of.value_or(id);
    if (shared_[owner] && !had_.emplace(owner, tier).second) return;
    bytes_.at(tier) += Bytes{static_cast<double>(graph_.parameter_bytes(id))};
  }
  [[nodiscard]] const std::array<Bytes, 3>& bytes() const { return bytes_; }

 private:
  const Graph& graph_;
  std::array<Bytes, 3> bytes_{};
  std::vector<bool> shared_;                       // weights that several layers use
  std::set<std::pair<LayerId, std::size_t>> had_;  // of these, with a tier that has them
};

/// Whether all layers that are computed lie before a cut.
bool lie_before(const std::vector<bool>& computed, const Cut& cut) {
  for (LayerId id = 0; id < computed.size(); ++id) {
    if (computed[id] && !cut.has_before(id)) return false;
  }
  return true;
}

/// What the layers take at a tier that are not computed yet and lie before a cut; all where there
/// is none. They are computed from then on.
/// @param note is told of each
template <class Note>
LayerCost compute_to(const Cut* cut, const Graph& run, const LayerPricer& prices,
                     std::vector<bool>& computed, const Note& note) {
  LayerCost cost;
  for (LayerId id = 0; id < computed.size(); ++id) {
    if (computed[id] || (cut != nullptr && !cut->has_before(id))) continue;
    computed[id] = true;
    note(id);
    cost += prices.cost(run.layer(id));
  }
  return cost;
}

}  // namespace

Plan price(const Graph& graph, const Placement& placement, const Devices& devices, Bytes answer) {
  const Placed placed{graph, placement};
  const Graph& run = placed.graph();
  Plan plan;
  Tier at = Tier::kMobile;
  std::vector<bool> computed(run.layers().size(), false);
  Stored stored{run};
  const auto compute = [&](const Cut* cut) {
    const LayerCost cost = compute_to(cut, run, prices_at(devices, at), computed,
                                      [&](LayerId id) { stored.add(id, at); });
    plan.stages.push_back(Compute{
        .at = at, .time = cost.latency, .energy = at == Tier::kMobile ? cost.energy : Joules{0}});
  };
  for (std::size_t i = 0; i < placement.hops.size(); ++i) {
    const Cut cut = placed.cut(i);
    const Tier to = placement.hops[i].to;
    // A later cut may end at the same layer, where several tensors cross.
    PAPILIO_CHECK(to != at && lie_before(computed, cut));
    compute(&cut);
    plan.stages.push_back(Transfer{
        .from = at, .to = to, .size = Bytes{static_cast<double>(run.bytes(cut, placement.bits))}});
    at = to;
  }
  compute(nullptr);
  if (at != Tier::kMobile) {
    plan.stages.push_back(
        Transfer{.from = at, .to = Tier::kMobile, .size = answer, .answer = true});
  }
  plan.weights = stored.bytes();
  return plan;
}

LayerCost rest_on_mobile(const Graph& graph, const Placement& placement, const LayerPricer& mobile,
                         std::size_t hop) {
  if (hop >= placement.hops.size()) return {};
  const Placed placed{graph, placement};
  const Graph& run = placed.graph();
  const Cut cut = placed.cut(hop);
  LayerCost cost;
  for (LayerId id = 0; id < run.layers().size(); ++id) {
    if (!cut.has_before(id)) cost += mobile.cost(run.layer(id));
  }
  return cost;
}

}  // namespace papilio
