#include "models/import/onnx.hpp"

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "models/import/layer_list.hpp"
#include "models/import/onnx_file.hpp"
#include "models/import/onnx_layers.hpp"
#include "models/import/onnx_parts.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// Version of the standard operations.
std::int64_t opset_of(const onnx::ModelProto& model) {
  for (const onnx::OperatorSetIdProto& set : model.opset_import()) {
    if (set.domain().empty() || set.domain() == "ai.onnx") return set.version();
  }
  return 1;
}

/// Why a network is not to be run for a check; empty: it may be.
std::string why_not_to_run(const Graph& graph) {
  constexpr std::int64_t kMostNumbers = std::int64_t{1} << 28;  // 1 GiB
  constexpr std::int64_t kMostMacs = std::int64_t{1} << 38;     // half a minute
  std::int64_t numbers = 0;
  for (const Layer& layer : graph.layers()) {
    numbers += layer.shape.elements();
    if (numbers > kMostNumbers) return "its tensors are too large to run it beside";
  }
  return graph.macs() > kMostMacs ? "it takes too long to run it beside" : "";
}

/// Makes what is run beside a network.
/// @return why it is not to be run; empty: it is
std::string set_beside(OnnxBeside& beside, onnx::ModelProto model, const Graph& graph,
                       const OnnxFolded& folded) {
  model.mutable_graph()->clear_value_info();
  if (!graph.opaque_layers().empty()) {
    if (beside.made.empty()) return "nothing computes its opaque layer, and no other is before it";
    std::vector<std::string> tensors;
    tensors.reserve(beside.made.size());
    for (const OnnxBeside::Made& made : beside.made) tensors.push_back(made.tensor);
    const std::string begin = beside.begin ? beside.begin->tensor : std::string{};
    if (!for_tensors(model, tensors, folded, begin)) {
      beside = {};
      return {};
    }
  }
  const LayerId input = beside.begin ? graph.find_layer(beside.begin->layer).value() : 0;
  std::string why_not = prepare_to_run(model, graph.layer(input).shape);
  if (!model.SerializeToString(&beside.model)) beside.model.clear();
  return why_not;
}

}  // namespace

OnnxNetwork import_onnx(const std::filesystem::path& file, const std::optional<TensorShape>& input,
                        const std::string& name, const OpaqueRequest& opaque) {
  const auto fail = [&](const std::string& what) {
    return ConfigError{fmt::format("{}: error: {}", file.string(), what)};
  };
  google::protobuf::SetLogHandler(nullptr);  // what is wrong is told below, in our words
  onnx::ModelProto model = read_onnx(file);
  try {
    if (model.graph().output_size() == 0) throw Unsupported{"no output"};
    std::vector<std::string> notes;
    for_one_output(model, notes);
    auto [network, folded] = network_of(model.graph(), opset_of(model), input, name, opaque);
    for (std::string& note : notes) network.graph.add_note(std::move(note));
    if (network.why_not_run.empty()) network.why_not_run = why_not_to_run(network.graph);
    if (!network.why_not_run.empty()) return network;
    // What is compared before an opaque layer is a second look: where it cannot be run, the whole
    // still can.
    if (!network.weighted.made.empty() &&
        !set_beside(network.weighted, model, network.graph, folded).empty()) {
      network.weighted = {};
    }
    network.why_not_run = set_beside(network.whole, std::move(model), network.graph, folded);
    return network;
  } catch (const Unsupported& reason) {
    throw fail(fmt::format("has {}", reason.what()));
  } catch (const std::invalid_argument& error) {
    throw fail(fmt::format("has layers that do not fit together: {}", error.what()));
  } catch (const std::bad_alloc&) {
    throw fail("needs more memory than there is");
  }
}

}  // namespace papilio
