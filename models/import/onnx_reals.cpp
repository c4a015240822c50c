#include "models/import/onnx_reals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "models/graph/operations.hpp"
#include "models/import/onnx_constants.hpp"
#include "models/import/onnx_node.hpp"

namespace papilio {
namespace {

using OnnxNode = onnx::NodeProto;

onnx::TensorProto real_tensor(const std::string& name, const OnnxDims& dims,
                              const std::vector<float>& values) {
  onnx::TensorProto tensor;
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t size : dims) tensor.add_dims(size);
  tensor.set_raw_data(values.data(), values.size() * sizeof(float));
  return tensor;
}

/// The nodes and constants of a graph in the making.
class RealGraph {
 public:
  explicit RealGraph(const onnx::GraphProto& graph) : constants_{graph} {
    for (const OnnxNode& node : graph.node()) add(node);
  }

  void put_into(onnx::GraphProto& graph) {
    graph.clear_node();
    for (OnnxNode& node : nodes_) graph.add_node()->Swap(&node);
    for (onnx::TensorProto& tensor : tensors_) graph.add_initializer()->Swap(&tensor);
  }

 private:
  void add(const OnnxNode& node) {
    const std::string& operation = node.op_type();
    const bool folds = OnnxConstants::knows(operation) &&
                       constants_.fold(node, [](const auto&) { return std::optional<OnnxDims>{}; });
    if (folds) {
      const OnnxConstant& constant = *constants_.find(node.output(0));
      if (!constant.scales) {
        nodes_.push_back(node);
      } else if (operation == "DequantizeLinear") {
        tensors_.push_back(real_tensor(node.output(0), constant.dims, floats_of(constant)));
      }
    } else if (operation == "QuantizeLinear") {
      spell_out(node);
    } else if (operation == "DequantizeLinear" ||
               (operation == "Cast" && whole_.contains(node.input(0)))) {
      if (operation == "Cast") whole_.insert(node.output(0));
      push("Identity", {node.input(0)}, node.output(0));
    } else {
      const bool moves = std::any_of(node.input().begin(), node.input().end(),
                                     [&](const auto& name) { return whole_.contains(name); });
      if (moves) whole_.insert(node.output().begin(), node.output().end());
      nodes_.push_back(node);
    }
  }
  void spell_out(const OnnxNode& node) {
    const OnnxScales scales = constants_.scales_of(node, {}, onnx::TensorProto::UINT8);
    const Levels levels{.bits = scales.bits, .is_signed = scales.is_signed};
    const std::string& to = node.output(0);
    const std::string scale = to + ", scale";
    tensors_.push_back(real_tensor(scale, {}, {static_cast<float>(scales.scale.front())}));
    push("Div", {node.input(0), scale}, to + ", steps");
    push("Round", {to + ", steps"}, to + ", whole");
    push("Clip", {to + ", whole"}, to + ", cut off");
    // As attributes, which OpenCV's dnn reads, whatever the version of the operations.
    const auto bound = [&](const char* name, std::int64_t whole) {
      onnx::AttributeProto& attribute = *nodes_.back().add_attribute();
      attribute.set_name(name);
      attribute.set_type(onnx::AttributeProto::FLOAT);
      attribute.set_f(static_cast<float>(whole - scales.zero.front()));
    };
    bound("min", levels.least());
    bound("max", levels.greatest());
    push("Mul", {to + ", cut off", scale}, to);
    whole_.insert(to);
  }
  void push(const char* operation, std::initializer_list<std::string> inputs,
            const std::string& output) {
    OnnxNode& node = nodes_.emplace_back();
    node.set_op_type(operation);
    node.set_name(output);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
  }

  OnnxConstants constants_;
  std::set<std::string> whole_;  // tensors of the network that were whole numbers
  std::vector<OnnxNode> nodes_;
  std::vector<onnx::TensorProto> tensors_;
};

}  // namespace

std::string compute_with_reals(onnx::GraphProto& graph) {
  bool quantised = false;
  for (const OnnxNode& node : graph.node()) {
    const std::string& operation = node.op_type();
    if (operation.starts_with("QLinear") || operation == "DynamicQuantizeLinear") {
      return fmt::format("OpenCV's dnn is not asked about {}", operation);
    }
    quantised = quantised || operation == "QuantizeLinear" || operation == "DequantizeLinear";
  }
  if (quantised) RealGraph{graph}.put_into(graph);
  return {};
}

}  // namespace papilio
