#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/data/provenance.hpp"
#include "sim/profiles/layer_profile.hpp"

namespace papilio {

/// What one network takes on a device in all, as somebody stated it who told no layer's time.
struct StatedTotal {
  /// Layers from the end of the part before (else from the first) to `to`, included.
  struct Part {
    std::string to;                  ///< a layer of the network
    double latency_s{0};             ///< > 0
    std::optional<double> energy_j;  ///< > 0; of each part or of none, as of the whole
  };
  std::string model;
  double latency_s{0};             ///< of the whole network, > 0 and more than the parts'
  std::optional<double> energy_j;  ///< likewise
  std::vector<Part> parts;         ///< in the network's order; what follows the last has the rest
  Provenance provenance;
  std::string doubt;  ///< what speaks against the number; told with what follows from it
};

/// What is known of a device. Its speed layer by layer is not here but in the layer profiles.
struct Device : Described {
  /// The first that is not a recollection calibrates a roofline where no table does.
  std::vector<StatedTotal> totals;
};

/// A constant of the device, or nothing: the keys are `describe_device_file`'s.
std::optional<Sourced> find_constant(const Device& device, std::string_view key);

/// What a device draws while it computes nothing.
struct IdlePower {
  double watts{0};   ///< >= 0
  std::string from;  ///< where that is known from: "jetson-tx2's file (measured: …)"
};

/// What is known of a device's idle power: by its file, else by the meter that read it beside the
/// powers of its layer table.
/// @param device  nullptr: it has no file
/// @param profile its layer table of any network
std::optional<IdlePower> idle_power_of(const Device* device, const LayerProfile& profile);

/// Loads `devices/NAME.yaml`.
/// @throws ConfigError if the name is unknown or the file is malformed
Device load_device(const ProfileLibrary& library, const Bibliography& bibliography,
                   std::string_view name);

/// Describes the keys of a device file.
void describe_device_file(FieldVisitor& visitor, Device& device);

}  // namespace papilio
