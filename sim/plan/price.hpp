#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/plan/plan.hpp"
#include "sim/profiles/layer_profile.hpp"

namespace papilio {

/// A cut of a network, and the tier that computes what follows it.
struct Hop {
  Cut after;  ///< of the network without a unit
  Tier to{Tier::kCloud};
};

/// Where the layers of a network run, before anything has a price.
struct Placement {
  std::vector<Hop> hops;  ///< in the order of the layers; none: everything runs on the mobile
  std::optional<std::int64_t> channels;  ///< D_r of a butterfly unit at the first hop
  int bits{8};                           ///< of one element that crosses, in 1..32
};

/// The layer prices of the tiers that a placement uses.
struct Devices {
  const LayerPricer& mobile;
  const LayerPricer* edge{nullptr};
  const LayerPricer* cloud{nullptr};
};

/// The one pricer: network, placement and devices to a plan, all unloaded.
/// @param graph   the network that the devices' prices describe
/// @param answer  what comes back where the last layers do not run on the mobile
/// @return without a name and an accuracy
Plan price(const Graph& graph, const Placement& placement, const Devices& devices, Bytes answer);

/// What everything after a hop would take on the mobile; nothing where there is no such hop.
LayerCost rest_on_mobile(const Graph& graph, const Placement& placement, const LayerPricer& mobile,
                         std::size_t hop = 0);

}  // namespace papilio
