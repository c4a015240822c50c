#pragma once

#include <functional>

#include "sim/fleet/fleet.hpp"

namespace papilio {

/// Plays one strategy × replication in this process, which must not have played anything before.
/// @param on_stride called now and then with the number of requests that have ended and the date
/// @throws SimulationError as `simulate_fleet`
FleetResult play_fleet(const FleetModel& model, std::size_t strategy, int replication,
                       const std::function<void(std::uint64_t, double)>& on_stride);

}  // namespace papilio
