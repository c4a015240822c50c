#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/import/onnx_constants.hpp"

namespace papilio {

/// What an operation is called: "TopK", or of another domain "TRT::EfficientNMS_TRT".
std::string operation_of(const onnx::NodeProto& node);

/// Whether a node, or one in its branches and loops, is an operation of detectors that nobody
/// expects in a graph, and that begins an opaque part without being asked.
bool belongs_to_detectors(const onnx::NodeProto& node);

/// What a tensor of a file became.
enum class OnnxFate {
  kUnknown,   ///< nothing is known of it
  kConstant,  ///< it does not hang on the input
  kMade,      ///< a layer makes it
  kLost,      ///< it hangs on an operation that is no layer
};

/// The part of a graph that hangs on operations which are no layers, from the network's output back
/// to tensors that layers make.
class OnnxPart {
 public:
  using Node = onnx::NodeProto;
  using FateOf = std::function<OnnxFate(const std::string& tensor)>;
  using DimsOf = std::function<std::optional<OnnxDims>(const std::string& tensor)>;

  /// @param graph   whose nodes are in an order in which they can be computed; must outlive this
  /// @param output  a lost tensor
  /// @throws Unsupported if the order is another, or a tensor is read that nothing makes
  OnnxPart(const onnx::GraphProto& graph, const std::string& output, const FateOf& fate_of);

  /// Whether there is an operation that it begins with.
  [[nodiscard]] bool is_possible() const { return !causes_.empty() && !operands_.empty(); }
  /// Whether all operations that it begins with are of detectors.
  [[nodiscard]] bool is_of_detectors_alone() const;
  /// The tensors that it reads and layers make, in the order of the nodes that read them.
  [[nodiscard]] const std::vector<std::string>& operands() const { return operands_; }
  /// The operations that it is known for, those that suppress and align first, and how many others.
  [[nodiscard]] std::string what() const;

  /// What of the graph's stored tensors it reads, and no layer that an operand hangs on; and of
  /// each whether a product has it as weights or bias, whatever it is called.
  [[nodiscard]] std::map<std::string, bool> own_weights() const;

  /// Its products, as layers count theirs.
  struct Products {
    std::int64_t macs{0};                ///< of those whose sizes are known
    std::map<std::string, int> unknown;  ///< operations of which they are not, with their number
    std::int64_t weights{0};             ///< what those multiply with
  };
  /// @param dims_of the sizes of constants, and of tensors that layers make
  /// @throws Unsupported if they are more than can be counted
  [[nodiscard]] Products products(const DimsOf& dims_of) const;

 private:
  [[nodiscard]] std::set<std::string> stored_below(std::vector<std::string> tensors) const;

  const onnx::GraphProto& graph_;
  std::map<std::string, int> makers_;  // nodes, by the tensors that they make
  std::set<int> nodes_;                // that belong to it
  std::vector<const Node*> causes_;
  std::vector<std::string> operands_;
  std::vector<std::string> constants_;  // that it reads
};

/// The sizes that a file states of a tensor; nothing where it does not state them all.
std::optional<OnnxDims> stated_dims(const onnx::ValueInfoProto& tensor);

}  // namespace papilio
