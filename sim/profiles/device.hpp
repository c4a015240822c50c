#pragma once

#include <optional>
#include <string_view>

#include "sim/data/provenance.hpp"

namespace papilio {

/// What is known of a device. Its speed on a network is not here but in the layer profiles.
using Device = Described;

/// A constant of the device, or nothing: the keys are `describe_device_file`'s.
std::optional<Sourced> find_constant(const Device& device, std::string_view key);

/// Loads `devices/NAME.yaml`.
/// @throws ConfigError if the name is unknown or the file is malformed
Device load_device(const ProfileLibrary& library, const Bibliography& bibliography,
                   std::string_view name);

/// Describes the keys of a device file.
void describe_device_file(FieldVisitor& visitor, Device& device);

}  // namespace papilio
