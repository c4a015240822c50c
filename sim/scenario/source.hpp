#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace papilio {

/// Where a scenario comes from.
struct ScenarioSource {
  std::string file;
  std::vector<std::string> overrides;           ///< "key.path=value", applied in order
  std::vector<std::filesystem::path> profiles;  ///< of the command line, searched first
};

}  // namespace papilio
