#pragma once

#include <span>
#include <string>
#include <vector>

#include "sim/play/engine/fleet_player.hpp"
#include "sim/play/engine/simulate.hpp"

namespace papilio {

/// What the module papilio-simgrid.so does. SimGrid is linked with thirty libraries more (ns-3),
/// and to load them takes longer than most commands do all of their work, so they are loaded when
/// something is to be played (ADR 0008).
struct SimGridModule {
  std::vector<PlayedRequest> (*play_batch)(std::span<const World> worlds);
  void (*play_fleet)(const FleetTask& task, const FleetListener& listener);
  std::string (*version)();
};

/// The name of the function of the module, `const SimGridModule*()`, that tells what it does.
inline constexpr const char* kSimGridModuleEntry = "papilio_simgrid_module";

/// The module, loaded the first time. Whoever forks workers that play calls it before, or each
/// would load it again.
/// @throws ConfigError if it is not where the program was built or installed, or cannot be loaded
const SimGridModule& simgrid_module();

}  // namespace papilio
