#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/networks/network_file.hpp"
#include "sim/foreign/foreign_profile.hpp"
#include "sim/foreign/layer_match.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio::testing {

/// Where files of other tools are.
inline const std::filesystem::path kForeignFolder =
    std::filesystem::path{PAPILIO_SOURCE_DIR} / "tests/support/foreign";

/// @param file below that folder
inline ForeignProfile profile_in(const char* file, std::optional<ForeignTool> tool = {}) {
  return read_foreign_profile((kForeignFolder / file).string(), tool);
}

/// The profile that a text is.
inline ForeignProfile profile_of(const std::string& text) {
  const TemporaryFolder folder;
  return read_foreign_profile(folder.write("profile", text).string(), {});
}

/// The network that the files there are of.
inline Graph tiny() {
  return load_graph((kForeignFolder / "models/tiny.yaml").string());
}

/// Microseconds of each layer that has an entry, without the parts of fused entries.
inline std::map<std::string, double> microseconds(const LayerMatch& match, const Graph& graph) {
  std::map<std::string, double> times;
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    if (match.sources[id].empty() || match.sources[id].front().elsewhere) continue;
    times[graph.layer(id).name] = match.latencies[id].value * 1e6;
  }
  return times;
}

/// Names of the entries that belong to no layer.
inline std::vector<std::string> unmapped(const LayerMatch& match, const ForeignProfile& profile) {
  std::vector<std::string> names;
  for (const std::size_t entry : match.unmapped) names.push_back(profile.entries[entry].name);
  return names;
}

/// @param expected microseconds by layer
inline void expect_times(const std::map<std::string, double>& found,
                         const std::map<std::string, double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [layer, us] : expected) {
    ASSERT_TRUE(found.contains(layer)) << layer;
    EXPECT_NEAR(found.at(layer), us, 1e-9) << layer;
  }
}

/// A node of an ONNX Runtime profile.
/// @param ts when it began, us  @param dur how long it took, us
inline std::string node(const std::string& name, int ts, int dur,
                        const std::string& provider = "CPU") {
  return fmt::format(
      R"({{"cat":"Node","name":"{}_kernel_time","ts":{},"dur":{},"args":{{"provider":"{}ExecutionProvider"}}}})",
      name, ts, dur, provider);
}

/// An event of a trace on the thread 1.
inline std::string span(const std::string& category, const std::string& name, int ts, int dur,
                        const std::string& args = "") {
  return fmt::format(
      R"({{"ph":"X","cat":"{}","name":"{}","pid":1,"tid":1,"ts":{},"dur":{},"args":{{{}}}}},)",
      category, name, ts, dur, args);
}

/// A trace of PyTorch with these events.
inline ForeignProfile trace_of(std::string events) {
  events.pop_back();
  return profile_of(R"({"schemaVersion":1,"deviceProperties":[{"id":0}],"traceEvents":[)" + events +
                    "]}");
}

}  // namespace papilio::testing
