#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/data/provenance.hpp"

namespace papilio {

/// What is known of a device: constants with their provenance. Its speed on a network is not here
/// but in the layer profiles.
struct Device {
  std::string name;
  std::string title;
  std::vector<std::pair<std::string, Sourced>> constants;  ///< those that the file gives
};

/// Loads `devices/NAME.yaml`.
/// @throws ConfigError if the name is unknown or the file is malformed
Device load_device(const ProfileLibrary& library, const Bibliography& bibliography,
                   std::string_view name);

/// Describes the keys of a device file.
void describe_device_file(FieldVisitor& visitor, Device& device);

}  // namespace papilio
