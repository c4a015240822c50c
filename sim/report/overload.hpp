#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/play/fleet/model.hpp"
#include "sim/play/fleet/result.hpp"

namespace papilio {

/// A resource that is offered more than it can do, so that its queue grows with the length of the
/// run.
struct Overload {
  std::string resource;  ///< "each mobile of 'NAME'", or as in `resource_names`
  double load;           ///< what is offered over what it can do, > 1
};

/// Bytes that each cell could carry up and down while requests arrived, `[cells][2]`; 0 where
/// nothing is to be judged: a Wi-Fi cell, or one with a closed loop in it.
using CellCapacities = std::vector<std::array<double, 2>>;
/// They follow from the model alone, and a trace of a day takes a while to add up.
CellCapacities cell_capacities(const FleetModel& model);

/// The worst overload among what the requests of some groups pass: their mobiles, which serve one
/// request at a time, or as many as overlap, their servers, and the links of their cells and edges.
/// Its load is the work that arrived over what could be done while requests arrived: exact, for all
/// that arrives is played to its end. Told only where it is above 1 by three standard deviations of
/// a Poisson process with exponential work. Closed loops and mobiles that drop what finds them busy
/// have no queue that grows; Wi-Fi cells are judged by their mobiles alone.
/// @param capacities as `cell_capacities` has them
/// @param runs   the replications of one strategy
/// @param groups positions in the model
std::optional<Overload> find_overload(const FleetModel& model, const CellCapacities& capacities,
                                      std::span<const FleetResult> runs,
                                      std::span<const std::size_t> groups);

}  // namespace papilio
