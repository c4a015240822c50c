#include "models/tensor/weight_names.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace papilio {
namespace {

/// Counters that nothing reads: of batch norms, and those that the profiler thop leaves in modules.
bool is_counter(std::string_view name) {
  static constexpr std::array<std::string_view, 3> kCounters{"num_batches_tracked", "total_ops",
                                                             "total_params"};
  const std::string_view last = name.substr(name.rfind('.') + 1);  // npos + 1 is 0
  return std::find(kCounters.begin(), kCounters.end(), last) != kCounters.end();
}

/// "fire2_conv1x1_1" → the squeeze of the graph's block fire2; empty for other names.
std::string graph_layer_of_caffe(const Graph& graph, std::string_view name) {
  if (name == "conv1") return "features.0";
  if (name == "conv_final") return "classifier.1";
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kParts{
      {{"_conv1x1_1", ".squeeze"}, {"_conv1x1_2", ".expand1x1"}, {"_conv3x3_2", ".expand3x3"}}};
  for (const auto& [suffix, layer_suffix] : kParts) {
    if (!name.ends_with(suffix)) continue;
    const std::string_view block = name.substr(0, name.size() - suffix.size());
    for (const Layer& layer : graph.layers()) {
      if (layer.block == block && layer.name.ends_with(layer_suffix)) return layer.name;
    }
  }
  return "";
}

/// Lengths of the prefixes of a name that wrappers may have added, from 0.
std::vector<std::size_t> wrapper_lengths(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kWrappers{"module.", "model.", "_orig_mod.",
                                                             "backbone."};
  constexpr std::size_t kMostWrappers = 8;
  std::vector<std::size_t> lengths{0};
  while (lengths.size() <= kMostWrappers) {
    const std::string_view rest = name.substr(lengths.back());
    const auto* wrapper = std::find_if(kWrappers.begin(), kWrappers.end(),
                                       [&](auto one) { return rest.starts_with(one); });
    if (wrapper == kWrappers.end()) break;
    lengths.push_back(lengths.back() + wrapper->size());
  }
  return lengths;
}

/// The longest prefix of wrappers that all names have.
std::string common_wrapper(const std::set<std::string>& names) {
  if (names.empty()) return "";
  const std::vector<std::size_t> lengths = wrapper_lengths(*names.begin());
  for (std::size_t i = lengths.size(); i > 1; --i) {
    const std::string prefix = names.begin()->substr(0, lengths[i - 1]);
    if (std::all_of(names.begin(), names.end(),
                    [&](const std::string& name) { return name.starts_with(prefix); })) {
      return prefix;
    }
  }
  return "";
}

/// The prefix of wrappers behind which most of the needed names stand in a file; of several the
/// graph's own, or the shortest.
std::string wrapper_of(const StateDict& weights, const std::set<std::string>& needed,
                       const std::string& own) {
  std::map<std::string, std::size_t> hits;
  for (const auto& [name, tensor] : weights) {
    for (const std::size_t length : wrapper_lengths(name)) {
      if (needed.contains(own + name.substr(length))) ++hits[name.substr(0, length)];
    }
  }
  std::string best = own;
  std::size_t most = hits[own];
  for (const auto& [prefix, count] : hits) {
    const bool shorter = count == most && best != own && prefix.size() < best.size();
    if (count <= most && !shorter) continue;
    best = prefix;
    most = count;
  }
  return best;
}

}  // namespace

std::map<std::string, GivenTensor> with_graph_names(const StateDict& weights, const Graph& graph,
                                                    const std::set<std::string>& needed) {
  const bool caffe = graph.name() == "squeezenet1_0" && weights.contains("conv_final.weight");
  const std::string own = common_wrapper(needed);
  const std::string wrapper = caffe ? own : wrapper_of(weights, needed, own);
  std::map<std::string, GivenTensor> result;
  // First those that the graph may know: another that has the same name without the prefix is left.
  for (const bool behind : {true, false}) {
    for (const auto& [name, tensor] : weights) {
      if (name.starts_with(wrapper) != behind || is_counter(name)) continue;
      std::string known = behind ? own + name.substr(wrapper.size()) : name;
      const std::size_t dot = name.rfind('.');
      if (caffe && dot != std::string::npos) {
        const std::string layer = graph_layer_of_caffe(graph, name.substr(0, dot));
        if (!layer.empty()) known = layer + name.substr(dot);
      }
      // Attention's "in_proj_weight" is of a layer "in_proj", and a "norm.weight" that no layer has
      // stands alone as "norm_weight".
      for (const std::string_view part : {"_weight", "_bias", ".weight", ".bias"}) {
        if (!known.ends_with(part) || needed.contains(known)) continue;
        std::string other = known;
        other[known.size() - part.size()] = part.front() == '_' ? '.' : '_';
        if (needed.contains(other)) known = std::move(other);
      }
      // No name has a line end.
      while (!result.emplace(known, GivenTensor{&tensor, name}).second) known += '\n';
    }
  }
  return result;
}

}  // namespace papilio
