#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/import/onnx_views.hpp"

namespace papilio {

/// What is computed element by element, or of all along some axes, without weights.
class OnnxElements : public OnnxViews {
 protected:
  /// @param opset version of the operations
  OnnxElements(const onnx::GraphProto& graph, std::int64_t opset,
               const std::vector<OnnxInput>& inputs)
      : OnnxViews{graph, inputs}, opset_{opset} {}

  template <class Op>
  void plain(const Node& node) {
    add_layer(node, Op{}, real_operand(node));
  }
  template <ActivationOp::Kind kKind>
  void activation(const Node& node) {
    add_layer(node, ActivationOp{kKind}, real_operand(node));
  }
  void clip(const Node& node);
  void hard_sigmoid(const Node& node);
  void leaky_relu(const Node& node);
  void elu(const Node& node);
  void selu(const Node& node);
  void gelu(const Node& node);
  void negate(const Node& node);
  void invert(const Node& node);
  void reciprocal(const Node& node);
  void power(const Node& node);
  void cast(const Node& node);
  void dropout(const Node& node);
  void softmax(const Node& node);
  void log_softmax(const Node& node);

  void add(const Node& node);
  void sum(const Node& node);
  void subtract(const Node& node);
  void multiply(const Node& node);
  void divide(const Node& node);
  template <CombineOp::Kind kKind>
  void extreme(const Node& node) {
    extreme(node, kKind);
  }
  template <CombineOp::Kind kKind>
  void compare(const Node& node) {
    compare(node, kKind, false);
  }
  /// What is not less, or not greater.
  template <CombineOp::Kind kKind>
  void compare_not(const Node& node) {
    compare(node, kKind, true);
  }
  void both(const Node& node);
  void either(const Node& node);
  void where(const Node& node);

  template <ReduceOp::Kind kKind>
  void reduce(const Node& node) {
    reduce(node, kKind, operand(node));
  }
  void reduce_squares(const Node& node);
  void reduce_length(const Node& node);
  void reduce_absolutes(const Node& node);

  /// An operand of real numbers.
  [[nodiscard]] Tensor real_operand(const Node& node, int input = 0);
  /// A tensor whose elements are computed from those of several.
  /// @param type of it; 0: of the last
  void combine(const Node& node, const LayerOp& op, const std::vector<OnnxOperand>& operands,
               int type = 0);

 private:
  /// The operands of which one is a constant, if there is one; else two tensors of the network.
  struct Operands {
    OnnxOperand first;
    OnnxOperand second;
    Tensor tensor;  ///< of the network, where the other is a constant
    const OnnxConstant* constant{nullptr};
    bool constant_first{false};
  };
  [[nodiscard]] Operands operands(const Node& node);
  void extreme(const Node& node, CombineOp::Kind kind);
  void compare(const Node& node, CombineOp::Kind kind, bool negated);
  void reduce(const Node& node, ReduceOp::Kind kind, const Tensor& from);
  void then(const Node& node, const LayerOp& op);
  [[nodiscard]] bool is_gelu(LayerId id, LayerId& of) const;
  [[nodiscard]] bool join_norm(const Node& node, const Tensor& tensor,
                               const OnnxConstant& constant);
  [[nodiscard]] bool join_groups(const Node& node, const Tensor& tensor, OnnxConstant scale,
                                 OnnxConstant shift);
  void add_joined(const Node& node, const Tensor& tensor, const LayerOp& op, LayerId from,
                  const OnnxConstant& scale, const OnnxConstant& shift);
  [[nodiscard]] bool is_norm(const OnnxAligned& sample, LayerId& of, double& epsilon) const;

  std::int64_t opset_;
  /// What the last norm was multiplied with, and the product: shifts follow, or nothing does.
  std::optional<std::pair<LayerId, OnnxConstant>> scale_;
};

}  // namespace papilio
