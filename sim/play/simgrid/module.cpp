#include "sim/play/simgrid/module.hpp"

/// See `kSimGridModuleEntry`.
extern "C" const papilio::SimGridModule* papilio_simgrid_module() {
  static constexpr papilio::SimGridModule kModule{papilio::play_worlds, papilio::play_components,
                                                  papilio::kernel_version};
  return &kModule;
}
