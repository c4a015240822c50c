#pragma once

#include <span>
#include <string>
#include <vector>

#include "sim/play/engine/simgrid_module.hpp"

namespace papilio {

// What `SimGridModule` hands out; `play_batch` and `play_fleet` of sim/play/engine say the rest.
std::vector<PlayedRequest> play_worlds(std::span<const World> worlds);
void play_components(const FleetTask& task, const FleetListener& listener);
/// "3.32", of the SimGrid that is linked.
std::string kernel_version();

}  // namespace papilio
