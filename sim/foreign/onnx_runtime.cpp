#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <tuple>
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
constexpr double kMicroToMilli = 1e-3;
constexpr std::size_t kOutside = static_cast<std::size_t>(-1);

/// A node's kernel in one run.
struct KernelEvent {
  std::uint64_t process{0};
  std::uint64_t thread{0};
  double start_us{0};
  double length_us{0};
  std::size_t node{0};
  double own_us{0};  ///< without the nodes within it

  [[nodiscard]] double end_us() const { return start_us + length_us; }
};

struct ModelRun {
  double start_us{0};
  double length_us{0};

  [[nodiscard]] double end_us() const { return start_us + length_us; }
};

/// What an ONNX Runtime profile says of nodes and runs.
struct OrtEvents {
  std::vector<std::string> nodes;  ///< names, each once
  std::vector<KernelEvent> kernels;
  std::vector<ModelRun> runs;       ///< by beginning, one after the other
  std::set<std::string> providers;  ///< beside the CPU's
};

/// Takes from the time of each node (If, Loop, Scan) that of the nodes that it runs: on its thread,
/// in its time.
/// @return whether there is such a node
bool subtract_contained(std::vector<KernelEvent>& kernels) {
  // Outer ones first. Of two with the same times the later in the file is the outer, for events are
  // written as they end.
  std::vector<std::size_t> order(kernels.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = order.size() - 1 - i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const auto place = [](const KernelEvent& each) {
      return std::tuple{each.process, each.thread, each.start_us, -each.length_us};
    };
    return place(kernels[a]) < place(kernels[b]);
  });
  constexpr double kRoundingUs = 1;  // of beginning and length, each rounded down
  bool found = false;
  std::vector<std::size_t> open;
  for (const std::size_t i : order) {
    KernelEvent& kernel = kernels[i];
    kernel.own_us = kernel.length_us;
    const auto is_within = [&](const KernelEvent& outer) {
      return outer.process == kernel.process && outer.thread == kernel.thread &&
             kernel.start_us < outer.end_us() && kernel.end_us() <= outer.end_us() + kRoundingUs;
    };
    while (!open.empty() && !is_within(kernels[open.back()])) open.pop_back();
    if (!open.empty()) {
      found = true;
      KernelEvent& outer = kernels[open.back()];
      outer.own_us = std::max(0.0, outer.own_us - kernel.length_us);
    }
    open.push_back(i);
  }
  return found;
}

void require_separate(const std::vector<ModelRun>& runs, const std::string& path) {
  const auto overlap = std::adjacent_find(
      runs.begin(), runs.end(),
      [](const ModelRun& one, const ModelRun& next) { return next.start_us < one.end_us(); });
  if (overlap == runs.end()) return;
  throw ConfigError{fmt::format(
      "{}: error: the run that begins at {} us begins before the one of {} us ends, and nothing "
      "tells whose a node is; profile one Run at a time",
      path, (overlap + 1)->start_us, overlap->start_us)};
}

OrtEvents read_ort_events(const std::string& text, const std::string& path) {
  OrtEvents events;
  std::unordered_map<std::string, std::size_t> known;
  const auto take = [&](const JsonObject& event) {
    const std::string category = event.text("cat");
    std::string name = event.text("name");
    const bool run = category == "Session" && name == "model_run";
    if (!run && (category != "Node" || !name.ends_with(kKernelTime))) return;
    const double start_us = event.number("ts", 0, kMostMicroseconds);
    const double length_us = event.number("dur", 0, kMostMicroseconds);
    if (run) {
      events.runs.push_back({start_us, length_us});
      return;
    }
    name.resize(name.size() - kKernelTime.size());
    const auto [it, is_new] = known.emplace(name, events.nodes.size());
    if (is_new) events.nodes.push_back(std::move(name));
    events.kernels.push_back({.process = event.whole("pid").value_or(0),
                              .thread = event.whole("tid").value_or(0),
                              .start_us = start_us,
                              .length_us = length_us,
                              .node = it->second});
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
  const bool nested = subtract_contained(events.kernels);
  if (nested && events.runs.empty()) {
    throw ConfigError{fmt::format(
        "{}: error: has nodes within others, which may come several times a run, and no event "
        "'model_run'; profile whole runs",
        path)};
  }
  std::stable_sort(
      events.kernels.begin(), events.kernels.end(),
      [](const KernelEvent& a, const KernelEvent& b) { return a.start_us < b.start_us; });
  std::sort(events.runs.begin(), events.runs.end(), [](const ModelRun& a, const ModelRun& b) {
    return std::pair{a.start_us, a.length_us} < std::pair{b.start_us, b.length_us};
  });
  require_separate(events.runs, path);
  return events;
}

/// The run that each kernel begins in, `kOutside`: none; where no runs are marked, how often the
/// node came before.
std::vector<std::size_t> runs_of(const OrtEvents& events) {
  std::vector<std::size_t> runs;
  runs.reserve(events.kernels.size());
  std::vector<std::size_t> seen(events.nodes.size());
  for (const KernelEvent& kernel : events.kernels) {
    if (events.runs.empty()) {
      runs.push_back(seen[kernel.node]++);
      continue;
    }
    const auto after = std::upper_bound(
        events.runs.begin(), events.runs.end(), kernel.start_us,
        [](double start_us, const ModelRun& run) { return start_us < run.start_us; });
    const auto index = static_cast<std::size_t>(after - events.runs.begin());
    const bool within = index > 0 && kernel.start_us < events.runs[index - 1].end_us();
    runs.push_back(within ? index - 1 : kOutside);
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
  std::size_t outside = 0;
  double outside_us = 0;
  for (std::size_t i = 0; i < events.kernels.size(); ++i) {
    const KernelEvent& kernel = events.kernels[i];
    if (runs[i] == kOutside) {
      ++outside;
      outside_us += kernel.own_us;
      continue;
    }
    times[kernel.node].add(runs[i], kernel.own_us * kNodeMicro);
    if (!met[kernel.node]) order.push_back(kernel.node);
    met[kernel.node] = true;
  }
  if (order.empty()) {
    throw ConfigError{
        fmt::format("{}: error: none of its nodes begins in a run, an event 'model_run'; profile "
                    "whole runs",
                    path)};
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
      whole.add(run, events.runs[run].length_us * kNodeMicro);
    }
    profile.whole = whole.median_over(count);
  }
  if (outside > 0) {
    profile.cautions.push_back(
        fmt::format("Left out, for they begin in no run: {} events of nodes, {:.4f} ms together.",
                    outside, outside_us * kMicroToMilli));
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
