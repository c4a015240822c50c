#include "sim/foreign/foreign_profile.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <numeric>

#include "sim/base/error.hpp"
#include "sim/base/read_file.hpp"
#include "sim/base/suggest.hpp"
#include "sim/foreign/plain_text.hpp"
#include "sim/foreign/readers.hpp"

namespace papilio {
namespace {

struct KnownTool {
  ForeignTool tool;
  std::string_view name;
  std::string_view title;
  std::string_view file;  ///< what it writes, for people
  ForeignProfile (*read)(const std::string& text, const std::string& path);
};

constexpr std::array<KnownTool, 4> kTools{{
    {ForeignTool::kOnnxRuntime, "ort", "ONNX Runtime", "profiling JSON", read_onnx_runtime},
    {ForeignTool::kTensorRt, "tensorrt", "TensorRT", "trtexec --exportProfile", read_tensorrt},
    {ForeignTool::kTfLite, "tflite", "TensorFlow Lite",
     "benchmark_model --profiling_output_csv_file", read_tflite},
    {ForeignTool::kTorch, "torch", "torch.profiler", "export_chrome_trace", read_torch},
}};

const KnownTool& entry_of(ForeignTool tool) {
  const auto* const it = std::find_if(kTools.begin(), kTools.end(),
                                      [&](const KnownTool& each) { return each.tool == tool; });
  PAPILIO_CHECK(it != kTools.end());
  return *it;
}

/// By signs that none of the other tools' files have.
std::optional<ForeignTool> recognised(std::string_view text) {
  constexpr std::size_t kStart = 1U << 16U;
  const std::string_view start = text.substr(0, kStart);
  const std::size_t first = start.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return std::nullopt;
  const auto has = [&](std::string_view sign) {
    return start.find(sign) != std::string_view::npos;
  };
  if (start[first] == '{') {
    const bool events = text.find("\"traceEvents\"") != std::string_view::npos;
    return events ? std::optional{ForeignTool::kTorch} : std::nullopt;
  }
  if (start[first] == '[') {
    if (has("\"cat\"")) return ForeignTool::kOnnxRuntime;
    if (has("\"CPU functions\"")) return ForeignTool::kTorch;
    if (has("\"averageMs\"") || has("\"count\"")) return ForeignTool::kTensorRt;
    return std::nullopt;
  }
  return has("node type,") ? std::optional{ForeignTool::kTfLite} : std::nullopt;
}

void require_short_names(const ForeignProfile& profile, const std::string& path) {
  for (std::size_t i = 0; i < profile.entries.size(); ++i) {
    const MeasuredEntry& entry = profile.entries[i];
    if (std::max(entry.name.size(), entry.scope.size()) <= kMostForeignNameBytes) continue;
    throw ConfigError{fmt::format("{}: error: entry {}: name: expected at most {} bytes, got '{}'",
                                  path, i + 1, kMostForeignNameBytes, shortened(entry.name))};
  }
}

}  // namespace

const std::vector<std::string>& foreign_tool_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    names.reserve(kTools.size());
    for (const KnownTool& each : kTools) names.emplace_back(each.name);
    return names;
  }();
  return kNames;
}

ForeignTool foreign_tool_by_name(std::string_view name) {
  for (const KnownTool& each : kTools) {
    if (each.name == name) return each.tool;
  }
  throw ConfigError{fmt::format("papilio: error: unknown --format '{}'{}", name,
                                suggestion(name, foreign_tool_names()))};
}

std::string_view title_of(ForeignTool tool) {
  return entry_of(tool).title;
}

double ForeignProfile::total_s() const {
  return std::accumulate(
      entries.begin(), entries.end(), 0.0,
      [](double sum, const MeasuredEntry& entry) { return sum + entry.latency.value; });
}

ForeignProfile read_foreign_profile(const std::string& path, std::optional<ForeignTool> tool) {
  const std::string text = read_file(path, kMostForeignBytes);
  if (!tool) tool = recognised(text);
  if (!tool) {
    std::vector<std::string> files;
    files.reserve(kTools.size());
    for (const KnownTool& each : kTools) {
      files.push_back(fmt::format("{} ({}, {})", each.name, each.title, each.file));
    }
    throw ConfigError{fmt::format(
        "{}: error: is of none of the tools that are known: {}; name one with --format if it is",
        path, fmt::join(files, ", "))};
  }
  ForeignProfile profile = entry_of(*tool).read(text, path);
  require_short_names(profile, path);
  profile.tool = *tool;
  profile.file = plain_line(std::filesystem::path{path}.filename().string());
  return profile;
}

}  // namespace papilio
