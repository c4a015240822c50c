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

}  // namespace papilio
