#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/foreign/json_objects.hpp"
#include "sim/foreign/readers.hpp"
#include "sim/foreign/run_times.hpp"

namespace papilio {
namespace {

constexpr std::string_view kKernelTime{"_kernel_time"};
constexpr double kMostMicroseconds = 1e12;  // 12 days
constexpr double kNodeMicro = 1e-6;

/// A node's kernel in one run.
struct KernelEvent {
  double start_us{0};
  double seconds{0};
  std::size_t node{0};
};

/// What an ONNX Runtime profile says of nodes and runs.
struct OrtEvents {
  std::vector<std::string> nodes;  ///< names, each once
  std::vector<KernelEvent> kernels;
  std::vector<std::pair<double, double>> runs;  ///< start, us, and length, s
  std::set<std::string> providers;              ///< beside the CPU's
};

OrtEvents read_ort_events(const std::string& text, const std::string& path) {
  OrtEvents events;
  std::unordered_map<std::string, std::size_t> known;
  const auto take = [&](const JsonObject& event) {
    const std::string category = event.text("cat");
    std::string name = event.text("name");
    const bool run = category == "Session" && name == "model_run";
    if (!run && (category != "Node" || !name.ends_with(kKernelTime))) return;
    const double start_us = event.number("ts", 0, kMostMicroseconds);
    const double seconds = event.number("dur", 0, kMostMicroseconds) * kNodeMicro;
    if (run) {
      events.runs.emplace_back(start_us, seconds);
      return;
    }
    name.resize(name.size() - kKernelTime.size());
    const auto [it, is_new] = known.emplace(name, events.nodes.size());
    if (is_new) events.nodes.push_back(std::move(name));
    events.kernels.push_back({start_us, seconds, it->second});
    const std::string provider = event.argument_text("provider");
    if (!provider.empty() && provider != "CPUExecutionProvider") events.providers.insert(provider);
  };
  for_each_object(text, path, "", "event", take);
  if (events.kernels.empty()) {
    throw ConfigError{
        fmt::format("{}: error: has no event of category 'Node' whose name ends in '{}'; profile a "
                    "session that runs, and end the profiling",
                    path, kKernelTime)};
  }
  std::stable_sort(
      events.kernels.begin(), events.kernels.end(),
      [](const KernelEvent& a, const KernelEvent& b) { return a.start_us < b.start_us; });
  std::sort(events.runs.begin(), events.runs.end());
  return events;
}

/// The run that each kernel belongs to: the last that began before it; where no runs are marked,
/// how often the node came before.
std::vector<std::size_t> runs_of(const OrtEvents& events) {
  std::vector<std::size_t> runs;
  runs.reserve(events.kernels.size());
  std::vector<std::size_t> seen(events.nodes.size());
  for (const KernelEvent& kernel : events.kernels) {
    if (events.runs.empty()) {
      runs.push_back(seen[kernel.node]++);
      continue;
    }
    const auto after =
        std::upper_bound(events.runs.begin(), events.runs.end(), kernel.start_us,
                         [](double start_us, const auto& run) { return start_us < run.first; });
    const auto index = static_cast<std::size_t>(after - events.runs.begin());
    runs.push_back(index == 0 ? 0 : index - 1);
  }
  return runs;
}

}  // namespace

ForeignProfile read_onnx_runtime(const std::string& text, const std::string& path) {
  const OrtEvents events = read_ort_events(text, path);
  const std::vector<std::size_t> runs = runs_of(events);
  const std::size_t count =
      events.runs.empty() ? *std::max_element(runs.begin(), runs.end()) + 1 : events.runs.size();
  std::vector<RunTimes> times(events.nodes.size());
  std::vector<std::size_t> order;  // of the nodes, as they ran
  std::vector<bool> met(events.nodes.size());
  for (std::size_t i = 0; i < events.kernels.size(); ++i) {
    const KernelEvent& kernel = events.kernels[i];
    times[kernel.node].add(runs[i], kernel.seconds);
    if (!met[kernel.node]) order.push_back(kernel.node);
    met[kernel.node] = true;
  }
  ForeignProfile profile;
  profile.statistic = median_clause(count);
  for (const std::size_t node : order) {
    const std::string& name = events.nodes[node];
    constexpr std::string_view kFused{"fused "};
    profile.entries.push_back(
        {.name = name,
         .parts = {name.starts_with(kFused) ? name.substr(kFused.size()) : name},
         .latency = times[node].median_over(count)});
  }
  if (!events.runs.empty()) {
    RunTimes whole;
    for (std::size_t run = 0; run < events.runs.size(); ++run) {
      whole.add(run, events.runs[run].second);
    }
    profile.whole = whole.median_over(count);
  }
  if (!events.providers.empty()) {
    profile.cautions.push_back(fmt::format(
        "Nodes ran on {}: if that is a GPU's, the file may tell what starting a node takes, and "
        "not what computing it does.",
        fmt::join(events.providers, ", ")));
  }
  return profile;
}

}  // namespace papilio
