#include <fmt/format.h>

#include <utility>

#include "sim/base/error.hpp"
#include "sim/foreign/json_objects.hpp"
#include "sim/foreign/plain_text.hpp"
#include "sim/foreign/readers.hpp"

namespace papilio {
namespace {

constexpr double kMostMilliseconds = 1e9;  // 12 days
constexpr double kEngineMilli = 1e-3;

/// The layers of the network that a layer of the engine names: "a + PWN(PWN(b), c)" is a, b and c.
/// None of what the engine adds by itself.
std::vector<std::string> parts_of_engine_layer(const std::string& name) {
  for (const std::string_view own : {"Reformatting CopyNode", "{ForeignNode[", "__my"}) {
    if (name.starts_with(own)) return {};
  }
  return split_at(name, {" + ", " || ", "PWN(", ", ", ")"});
}

}  // namespace

ForeignProfile read_tensorrt(const std::string& text, const std::string& path) {
  ForeignProfile profile;
  double runs = 0;
  bool medians = true;
  const auto take = [&](const JsonObject& layer) {
    if (!layer.has("name")) {
      constexpr double kMostRuns = 1e12;
      runs = layer.number("count", 1, kMostRuns);
      return;
    }
    const bool has_median = layer.has("medianMs");
    medians = medians && has_median;
    MeasuredEntry entry{.name = layer.text("name")};
    entry.parts = parts_of_engine_layer(entry.name);
    entry.latency.value =
        layer.number(has_median ? "medianMs" : "averageMs", 0, kMostMilliseconds) * kEngineMilli;
    profile.entries.push_back(std::move(entry));
  };
  for_each_object(text, path, "", "object", take);
  if (profile.entries.empty()) {
    throw ConfigError{
        fmt::format("{}: error: has no object with a 'name' and a time; write it with 'trtexec "
                    "--exportProfile=FILE'",
                    path)};
  }
  const std::string over = runs > 0 ? fmt::format(" over {:.0f} runs", runs) : "";
  profile.statistic = fmt::format("the tool's {}{}", medians ? "medians" : "averages", over);
  return profile;
}

}  // namespace papilio
