#include "sim/run/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace {

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
}

}  // namespace

TimelineFile::TimelineFile(const std::filesystem::path& file) : folder_{folder_of(file)} {
  folder_.open(file.filename().string());
}

void TimelineFile::commit() {
  folder_.append(TraceEvents::end());
  folder_.commit();
}

std::size_t timeline_strategy(const std::string& name, const std::vector<std::string>& names) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    throw ConfigError{fmt::format("papilio run: error: --trace-strategy: unknown strategy '{}'{}",
                                  name, suggestion(name, names))};
  }
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace papilio
