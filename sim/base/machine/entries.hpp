#pragma once

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

namespace papilio {

/// What lies in a folder, by name; nothing where there is none or it cannot be read.
inline std::vector<std::filesystem::path> sorted_entries(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::vector<std::filesystem::path> entries;
  for (const auto& entry : std::filesystem::directory_iterator{folder, ignored}) {
    entries.push_back(entry.path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

}  // namespace papilio
