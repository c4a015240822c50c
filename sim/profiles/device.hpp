#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/base/data/provenance.hpp"
#include "sim/profiles/layer_profile.hpp"

namespace papilio {

/// What is known of a device. Its speed on a network is not here but in the layer profiles.
using Device = Described;

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
