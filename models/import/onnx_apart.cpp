// Files that state a batch of several: a graph computes one sample, so each must be computed apart.

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "models/import/layer_list.hpp"
#include "models/import/onnx_node.hpp"
#include "models/import/onnx_tensors.hpp"

namespace papilio {
namespace {

using Numbers = std::vector<std::int64_t>;

bool has(const Numbers& numbers, std::int64_t number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

/// What looks at each sample by itself, whatever it is told: an element at a time, or windows and
/// norms over what lies behind the first dimension, or that has its own test of the batch.
bool always_apart(const std::string& operation) {
  static const std::set<std::string> kApart{"Abs",
                                            "AveragePool",
                                            "BatchNormalization",
                                            "Cast",
                                            "Clip",
                                            "Conv",
                                            "ConvTranspose",
                                            "Cos",
                                            "DepthToSpace",
                                            "DequantizeLinear",
                                            "Dropout",
                                            "Elu",
                                            "Erf",
                                            "Exp",
                                            "Expand",
                                            "Floor",
                                            "Gelu",
                                            "GlobalAveragePool",
                                            "GlobalMaxPool",
                                            "GroupNormalization",
                                            "HardSigmoid",
                                            "HardSwish",
                                            "Identity",
                                            "InstanceNormalization",
                                            "LeakyRelu",
                                            "Log",
                                            "LRN",
                                            "MaxPool",
                                            "Mish",
                                            "Neg",
                                            "Not",
                                            "QuantizeLinear",
                                            "Reciprocal",
                                            "Relu",
                                            "Resize",
                                            "Selu",
                                            "Sigmoid",
                                            "Sin",
                                            "Softplus",
                                            "SpaceToDepth",
                                            "Sqrt",
                                            "Tanh",
                                            "Tile",
                                            "Gemm"};
  return kApart.contains(operation);
}

/// What combines tensors element by element.
bool combines(const std::string& operation) {
  static const std::set<std::string> kCombines{
      "Add",  "And",         "Div", "Equal", "Greater", "GreaterOrEqual",
      "Less", "LessOrEqual", "Max", "Min",   "Mul",     "Or",
      "Pow",  "PRelu",       "Sub", "Sum",   "Where"};
  return kCombines.contains(operation);
}

}  // namespace

bool OnnxTensors::is_apart(const Node& node) {
  const std::string& operation = node.op_type();
  if (always_apart(operation)) return true;
  std::size_t rank = 0;  // of the network's tensors
  for (const std::string& name : node.input()) {
    if (const auto made = made_.find(name); made != made_.end()) {
      rank = std::max(rank, made->second.rank());
    }
  }
  if (rank == 0) return true;  // it hangs on what is unknown, and was listed
  const auto counted = [&](Numbers axes, std::size_t of) {
    for (std::int64_t& axis : axes) axis += axis < 0 ? static_cast<std::int64_t>(of) : 0;
    return axes;
  };
  if (combines(operation)) {
    for (int i = 0; i < node.input_size(); ++i) {
      const OnnxConstant* constant = find_constant(node, i);
      const bool whole = constant != nullptr && constant->dims.size() == rank;
      if (whole && constant->dims.front() != 1) return false;
    }
    return true;
  }
  if (operation == "MatMul") return rank > 2 || find_constant(node, 1) != nullptr;
  if (operation == "Softmax" || operation == "LogSoftmax" || operation == "Concat" ||
      operation == "Split" || operation == "Gather") {
    const bool usually_last = operation.ends_with("Softmax");
    const bool of_table = operation == "Gather" && find_constant(node, 0) != nullptr;
    return of_table || !has(counted({number_of(node, "axis", usually_last ? -1 : 0)}, rank), 0);
  }
  if (operation.starts_with("Reduce")) {
    const Numbers over = axes(node, 1);
    return !over.empty() && !has(counted(over, rank), 0);
  }
  if (operation == "Slice") {
    const Numbers along = has_input(node, 3) ? integers(node, 3) : numbers_of(node, "axes", {0});
    return !has(counted(along, rank), 0);
  }
  if (operation == "Squeeze" || operation == "Unsqueeze") {
    const std::size_t of = operation == "Squeeze" ? rank : rank + axes(node, 1).size();
    const Numbers along = axes(node, 1);
    return !along.empty() && !has(counted(along, of), 0);
  }
  if (operation == "Pad") {
    const Numbers pads = has_input(node, 1) ? integers(node, 1) : numbers_of(node, "pads", {});
    return pads.size() == 2 * rank && pads.front() == 0 && pads[rank] == 0;
  }
  if (operation == "LayerNormalization") {
    return !has(counted({number_of(node, "axis", -1)}, rank), 0);
  }
  if (operation == "Transpose") {
    const Numbers order = numbers_of(node, "perm", {});
    return !order.empty() && order.front() == 0;
  }
  if (operation == "Flatten") return number_of(node, "axis", 1) != 0;
  if (operation == "Reshape") {
    // A 1 that the file states is all samples in one; one that it computes is our own.
    const bool stated = has_input(node, 1) && stated_.contains(node.input(1));
    const Numbers wanted = has_input(node, 1) ? integers(node, 1) : numbers_of(node, "shape", {});
    return !wanted.empty() && (!stated || wanted.front() != 1);
  }
  return false;
}

void OnnxTensors::require_samples_apart(const Node& node) {
  const bool reads_network = std::any_of(node.input().begin(), node.input().end(),
                                         [&](const auto& name) { return made_.contains(name); });
  if (batch_ == 1 || !reads_network || is_apart(node)) return;
  throw Unsupported{fmt::format("a batch of {}; export it with one picture", batch_)};
}

}  // namespace papilio
