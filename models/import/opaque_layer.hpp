#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "models/graph/graph.hpp"
#include "models/tensor/network.hpp"

namespace papilio {

/// What computing an opaque layer may take.
struct OpaqueLimits {
  double seconds{120};                     ///< > 0; of one sample
  double memory_gib{8};                    ///< > 0; of a smaller machine its memory at most
  int threads{1};                          ///< >= 1, of one operation
  std::function<bool()> stop_requested{};  ///< polled: true ends it
};

/// How the opaque layer of an imported network is computed: by the archive's own program, in a
/// confined child (`ConfinedWorker`) that starts at once, reads the file when it is first asked,
/// and ends with the last copy of what this returns. The child gets the layer's operands and gives
/// as many numbers as the layer's shape has. To be called before this process computes with several
/// threads.
/// @param file as `papilio import` wrote it, NAME.opaque
/// @return nothing, if the graph has no opaque layer, or there is no such file
/// @throws ConfigError if no child can be started
/// What it returns throws ConfigError with the file's name and the remedy, and Interrupted.
Network::Opaque computed_by_file(const std::filesystem::path& file, const Graph& graph,
                                 const OpaqueLimits& limits);

}  // namespace papilio
