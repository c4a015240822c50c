#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sim/base/yaml/node.hpp"

namespace papilio {

/// Where a scenario comes from.
struct ScenarioSource {
  std::string file;
  std::vector<std::string> overrides;           ///< "key.path=value", applied in order
  std::vector<std::filesystem::path> profiles;  ///< of the command line, searched first
};

/// The file with its overrides, and with the strategies of the plan files that it names, not looked
/// into yet.
/// @throws ConfigError if it cannot be read, is no YAML, or an override does not fit
Node read_scenario(const ScenarioSource& source);

}  // namespace papilio
