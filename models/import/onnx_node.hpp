#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>
#include <vector>

namespace papilio {

/// An attribute of a node, or null.
inline const onnx::AttributeProto* find_attribute(const onnx::NodeProto& node,
                                                  const std::string& name) {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

inline std::int64_t number_of(const onnx::NodeProto& node, const std::string& name,
                              std::int64_t otherwise) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  return attribute == nullptr ? otherwise : attribute->i();
}

inline double real_of(const onnx::NodeProto& node, const std::string& name, double otherwise) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  return attribute == nullptr ? otherwise : static_cast<double>(attribute->f());
}

inline std::string text_of(const onnx::NodeProto& node, const std::string& name,
                           const std::string& otherwise) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  return attribute == nullptr ? otherwise : attribute->s();
}

inline std::vector<std::int64_t> numbers_of(const onnx::NodeProto& node, const std::string& name,
                                            const std::vector<std::int64_t>& otherwise) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  if (attribute == nullptr) return otherwise;
  return {attribute->ints().begin(), attribute->ints().end()};
}

/// Whether an input that may be left out is there: an empty name stands for one that is not.
inline bool has_input(const onnx::NodeProto& node, int input) {
  return input < node.input_size() && !node.input(input).empty();
}

/// Calls `visit` for each node in a node's branches and loops, at any depth.
template <class Visit>
void for_each_inner(const onnx::NodeProto& node, const Visit& visit) {
  std::vector<const onnx::GraphProto*> graphs;
  const auto note = [&](const onnx::NodeProto& one) {
    for (const onnx::AttributeProto& attribute : one.attribute()) {
      if (attribute.has_g()) graphs.push_back(&attribute.g());
      for (const onnx::GraphProto& graph : attribute.graphs()) graphs.push_back(&graph);
    }
  };
  note(node);
  while (!graphs.empty()) {
    const onnx::GraphProto& graph = *graphs.back();
    graphs.pop_back();
    for (const onnx::NodeProto& inner : graph.node()) {
      visit(inner);
      note(inner);
    }
  }
}

/// Calls `visit` with the name of each tensor that a node reads, in its branches and loops too;
/// what those call so themselves is among them.
template <class Visit>
void for_each_read(const onnx::NodeProto& node, const Visit& visit) {
  const auto visit_inputs = [&](const onnx::NodeProto& one) {
    for (const std::string& name : one.input()) {
      if (!name.empty()) visit(name);  // one that is left out has none
    }
    for (const onnx::AttributeProto& attribute : one.attribute()) {
      for (const onnx::ValueInfoProto& output : attribute.g().output()) visit(output.name());
      for (const onnx::GraphProto& graph : attribute.graphs()) {
        for (const onnx::ValueInfoProto& output : graph.output()) visit(output.name());
      }
    }
  };
  visit_inputs(node);
  for_each_inner(node, visit_inputs);
}

}  // namespace papilio
