#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/import/onnx_recurrent.hpp"

namespace papilio {

/// Products of matrices: of a tensor and weights, or of two tensors.
class OnnxProducts : public OnnxRecurrent {
 protected:
  using OnnxRecurrent::OnnxRecurrent;

  void gemm(const Node& node);
  void matrix_product(const Node& node);
  void einsum(const Node& node);

 private:
  /// Over the last dimension.
  /// @param features that the weights are for
  void linear(const Node& node, const LinearOp& op, const Tensor& from, std::int64_t features,
              const std::vector<std::string>& names, bool transposed);
  /// A product and the bias that is added to it, which it may share with others of its kind.
  LayerId biased_linear(const Node& node, LinearOp op, LayerId from, const OnnxConstant& bias);
  [[nodiscard]] Tensor product(const OnnxOperand& a, const OnnxOperand& b);
};

}  // namespace papilio
