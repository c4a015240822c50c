#pragma once

#include <cstdint>
#include <filesystem>

#include "models/infer/split_run.hpp"
#include "models/train/first_phase.hpp"

namespace papilio {

/// Networks that a command cuts in two.
struct SplitNetworks {
  FirstPhaseSpec spec;          ///< the plain network and how units are put into it
  std::filesystem::path units;  ///< folder of trained ones
  Network::Opaque opaque;       ///< computes the network's opaque layer
};

/// The plain network, or one with a trained unit, its weights as they were read.
/// @param channels of the unit; 0: none
/// @throws ConfigError if the unit's weights cannot be read or do not fit
PreparedNetwork network_at(const SplitNetworks& networks, const Cut& cut, std::int64_t channels,
                           std::uint64_t seed);

/// The same, ready to run.
SplitNetwork ready(const PreparedNetwork& prepared, const Cut& cut, int bits);

}  // namespace papilio
