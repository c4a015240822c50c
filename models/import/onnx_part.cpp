#include "models/import/onnx_part.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "models/import/layer_list.hpp"
#include "models/import/onnx_node.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

/// What a detector is best known by.
bool suppresses_or_aligns(const std::string& operation) {
  constexpr std::array<std::string_view, 4> kParts{"NonMaxSuppression", "NMS", "RoiAlign",
                                                   "DetectionOutput"};
  return operation == "MaxRoiPool" ||
         std::any_of(kParts.begin(), kParts.end(), [&](std::string_view part) {
           return operation.find(part) != std::string::npos;
         });
}

bool is_detectors_operation(const std::string& operation) {
  static const std::set<std::string> kOperations{"NonZero", "TopK", "Compress", "Unique"};
  return kOperations.contains(operation) || suppresses_or_aligns(operation);
}

bool asks_for_sizes(const onnx::NodeProto& node) {
  return node.op_type() == "Shape" || node.op_type() == "Size";
}

std::int64_t product(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) {
    throw Unsupported{"products that are more than can be counted"};
  }
  return result;
}
std::int64_t sum(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_add_overflow(a, b, &result)) {
    throw Unsupported{"products that are more than can be counted"};
  }
  return result;
}

/// A kind of products: where its weights stand among the inputs.
struct ProductKind {
  int weights{1};
  bool is_window{false};      ///< of a convolution
  bool is_transposed{false};  ///< of whose input each number is multiplied
};
std::optional<ProductKind> product_kind(const std::string& operation) {
  static const std::map<std::string, ProductKind> kKinds{{"Conv", {1, true}},
                                                         {"ConvInteger", {1, true}},
                                                         {"QLinearConv", {3, true}},
                                                         {"ConvTranspose", {1, true, true}},
                                                         {"Gemm", {}},
                                                         {"MatMul", {}},
                                                         {"MatMulInteger", {}},
                                                         {"QLinearMatMul", {3}},
                                                         {"LSTM", {}},
                                                         {"GRU", {}},
                                                         {"RNN", {}},
                                                         {"Einsum", {}}};
  const auto it = kKinds.find(operation);
  return it == kKinds.end() ? std::nullopt : std::optional{it->second};
}

/// The MACs of a product with weights, or nothing if the sizes do not say.
/// @param dims_of of tensors of any kind
std::optional<std::int64_t> macs_of(const onnx::NodeProto& node, const ProductKind& kind,
                                    const OnnxPart::DimsOf& dims_of) {
  const auto dims = [&](int input) {
    return has_input(node, input) ? dims_of(node.input(input)) : std::nullopt;
  };
  const std::string& operation = node.op_type();
  const std::optional<OnnxDims> weights = dims(kind.weights);
  const std::optional<OnnxDims> input = dims(0);
  const std::optional<OnnxDims> output =
      node.output_size() > 0 ? dims_of(node.output(0)) : std::nullopt;
  if (!weights || weights->empty()) return std::nullopt;
  if (kind.is_window) {
    const std::optional<OnnxDims>& counted = kind.is_transposed ? input : output;
    if (!counted || weights->front() < 1) return std::nullopt;
    return product(count_of(*counted), count_of(*weights) / weights->front());
  }
  const bool is_gemm = operation == "Gemm";
  if ((!is_gemm && !operation.ends_with("MatMul") && operation != "MatMulInteger") ||
      weights->size() < 2) {
    return std::nullopt;
  }
  const bool turned = is_gemm && number_of(node, "transB", 0) != 0;
  const std::int64_t inner = weights->at(weights->size() - (turned ? 1 : 2));
  const std::int64_t columns = weights->at(weights->size() - (turned ? 2 : 1));
  if (output) return product(count_of(*output), inner);
  if (input && weights->size() == 2) return product(count_of(*input), columns);
  return std::nullopt;
}

}  // namespace

std::string operation_of(const onnx::NodeProto& node) {
  const bool standard = node.domain().empty() || node.domain() == "ai.onnx";
  return standard ? node.op_type() : node.domain() + "::" + node.op_type();
}

bool belongs_to_detectors(const onnx::NodeProto& node) {
  bool is = is_detectors_operation(operation_of(node));
  for_each_inner(node, [&](const onnx::NodeProto& inner) {
    is = is || is_detectors_operation(operation_of(inner));
  });
  return is;
}

std::optional<OnnxDims> stated_dims(const onnx::ValueInfoProto& tensor) {
  const auto& type = tensor.type().tensor_type();
  if (!type.has_shape()) return std::nullopt;
  OnnxDims dims;
  for (const auto& dimension : type.shape().dim()) {
    if (dimension.dim_value() < 1) return std::nullopt;
    dims.push_back(dimension.dim_value());
  }
  return dims;
}

OnnxPart::OnnxPart(const onnx::GraphProto& graph, const std::string& output, const FateOf& fate_of)
    : graph_{graph} {
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const std::string& name : graph.node(i).output()) makers_[name] = i;
  }
  const auto maker = makers_.find(output);
  if (maker == makers_.end()) return;
  std::vector<int> next{maker->second};
  nodes_.insert(maker->second);
  std::set<std::string> made;
  std::set<std::string> constants;
  while (!next.empty()) {
    const int at = next.back();
    next.pop_back();
    const Node& node = graph.node(at);
    for (const std::string& name : node.input()) {
      if (!name.empty() && fate_of(name) == OnnxFate::kUnknown) {
        throw Unsupported{fmt::format("a tensor '{}' that nothing makes before {} reads it",
                                      printable(name), printable(operation_of(node)))};
      }
    }
    for_each_read(node, [&](const std::string& name) {
      const OnnxFate fate = fate_of(name);
      if (fate == OnnxFate::kConstant) constants.insert(name);
      if (fate == OnnxFate::kMade) made.insert(name);
      const auto from = makers_.find(name);
      if (fate != OnnxFate::kLost || from == makers_.end()) return;
      if (from->second >= at) {
        throw Unsupported{fmt::format(
            "a tensor '{}' that is made of itself, or behind what reads it", printable(name))};
      }
      if (nodes_.insert(from->second).second) next.push_back(from->second);
    });
  }
  constants_.assign(constants.begin(), constants.end());
  for (const int at : nodes_) {
    const Node& node = graph.node(at);
    bool is_cause = true;
    for_each_read(node, [&](const std::string& name) {
      is_cause = is_cause && fate_of(name) != OnnxFate::kLost;
      if (made.erase(name) > 0) operands_.push_back(name);
    });
    if (is_cause) causes_.push_back(&node);
  }
}

bool OnnxPart::is_of_detectors_alone() const {
  return std::all_of(causes_.begin(), causes_.end(),
                     [](const Node* node) { return belongs_to_detectors(*node); });
}

std::string OnnxPart::what() const {
  std::vector<std::string> known_for;
  std::map<std::string, std::int64_t> counts;
  std::int64_t others = 0;
  const std::set<const Node*> causes{causes_.begin(), causes_.end()};
  const auto look_at = [&](const Node& node) {
    const std::string operation = operation_of(node);
    if (operation == "Constant") return;
    ++others;
    std::int64_t& count = counts[operation];
    if (count == 0 && (causes.contains(&node) || is_detectors_operation(operation))) {
      known_for.push_back(operation);
    }
    ++count;
  };
  for (const int at : nodes_) {
    look_at(graph_.node(at));
    for_each_inner(graph_.node(at), look_at);
  }
  std::stable_partition(known_for.begin(), known_for.end(), suppresses_or_aligns);
  constexpr std::size_t kMostNamed = 4;
  known_for.resize(std::min(known_for.size(), kMostNamed));
  std::string text;
  for (const std::string& operation : known_for) {
    text += (text.empty() ? "" : ", ") + printable(operation);
    others -= counts.at(operation);
  }
  if (others > 0) {
    text += fmt::format(" and {} other operation{}", others, others == 1 ? "" : "s");
  }
  return text;
}

std::set<std::string> OnnxPart::stored_below(std::vector<std::string> tensors) const {
  std::set<std::string> seen{tensors.begin(), tensors.end()};
  std::set<std::string> stored;
  while (!tensors.empty()) {
    const std::string tensor = std::move(tensors.back());
    tensors.pop_back();
    const auto maker = makers_.find(tensor);
    if (maker == makers_.end()) {
      stored.insert(tensor);
      continue;
    }
    const Node& node = graph_.node(maker->second);
    if (asks_for_sizes(node)) continue;
    for_each_read(node, [&](const std::string& name) {
      if (seen.insert(name).second) tensors.push_back(name);
    });
  }
  return stored;
}

std::map<std::string, bool> OnnxPart::own_weights() const {
  std::map<std::string, bool> own;
  for (const std::string& name : stored_below(constants_)) own.emplace(name, false);
  for (const std::string& name : stored_below(operands_)) own.erase(name);
  const auto note = [&](const Node& node) {
    const std::optional<ProductKind> kind = product_kind(operation_of(node));
    for (int i = 1; kind && i < node.input_size(); ++i) {
      if (const auto it = own.find(node.input(i)); it != own.end()) it->second = true;
    }
  };
  for (const int at : nodes_) {
    note(graph_.node(at));
    for_each_inner(graph_.node(at), note);
  }
  return own;
}

OnnxPart::Products OnnxPart::products(const DimsOf& dims_of) const {
  std::map<std::string, OnnxDims> stated;
  for (const onnx::ValueInfoProto& tensor : graph_.value_info()) {
    if (auto dims = stated_dims(tensor)) stated.emplace(tensor.name(), *std::move(dims));
  }
  const DimsOf any_dims = [&](const std::string& tensor) -> std::optional<OnnxDims> {
    if (auto dims = dims_of(tensor)) return dims;
    const auto it = stated.find(tensor);
    return it == stated.end() ? std::nullopt : std::optional{it->second};
  };
  Products products;
  const auto note_unknown = [&](const Node& node, const ProductKind& kind) {
    ++products.unknown[printable(operation_of(node))];
    const bool has_weights = has_input(node, kind.weights);
    const auto weights = has_weights ? any_dims(node.input(kind.weights)) : std::nullopt;
    if (weights) products.weights = sum(products.weights, count_of(*weights));
  };
  for (const int at : nodes_) {
    const Node& node = graph_.node(at);
    if (const auto kind = product_kind(operation_of(node))) {
      if (const auto macs = macs_of(node, *kind, any_dims)) {
        products.macs = sum(products.macs, *macs);
      } else {
        note_unknown(node, *kind);
      }
    }
    // How often a loop runs, and which way is taken, the numbers say.
    for_each_inner(node, [&](const Node& inner) {
      if (const auto kind = product_kind(operation_of(inner))) note_unknown(inner, *kind);
    });
  }
  return products;
}

}  // namespace papilio
