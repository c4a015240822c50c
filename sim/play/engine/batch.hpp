#pragma once

#include <span>
#include <vector>

#include "sim/play/engine/simulate.hpp"

namespace papilio {

/// Plays the worlds in one SimGrid engine. Each gives the same bits in any company. May be called
/// once in the life of a process: a second engine would go on with the first one's clock.
/// @throws SimulationError if called twice, or as `simulate`
std::vector<PlayedRequest> play_batch(std::span<const World> worlds);

}  // namespace papilio
