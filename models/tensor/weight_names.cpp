#include "models/tensor/weight_names.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace papilio {
namespace {

constexpr std::string_view kCounter = ".num_batches_tracked";

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

}  // namespace

StateDict with_graph_names(const StateDict& weights, const Graph& graph) {
  const bool caffe = graph.name() == "squeezenet1_0" && weights.contains("conv_final.weight");
  StateDict result;
  for (const auto& [name, tensor] : weights) {
    if (name.ends_with(kCounter)) continue;
    const std::size_t dot = name.rfind('.');
    const std::string layer =
        caffe && dot != std::string::npos ? graph_layer_of_caffe(graph, name.substr(0, dot)) : "";
    result.emplace(layer.empty() ? name : layer + name.substr(dot), tensor);
  }
  return result;
}

}  // namespace papilio
