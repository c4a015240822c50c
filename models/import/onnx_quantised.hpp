#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "models/import/onnx_products.hpp"

namespace papilio {

/// Quantisation: layers that put a tensor's numbers on levels. Between QuantizeLinear and
/// DequantizeLinear the file has whole numbers, and the layers the reals that they stand for.
class OnnxQuantised : public OnnxProducts {
 protected:
  using OnnxProducts::OnnxProducts;

  void quantize(const Node& node);
  void dequantize(const Node& node);
  void quantize_by_range(const Node& node);
  /// Of whole numbers to their own type too, as PyTorch's exporter writes it.
  void cast(const Node& node);
  /// A product of whole numbers by range and of weights, as onnxruntime's dynamic quantisation
  /// writes it: it becomes one of reals where it is multiplied with both scales.
  void integer_product(const Node& node);
  void multiply(const Node& node);

  /// A kernel over whole numbers (QLinearConv, QLinearMatMul) as one over reals, which are there;
  /// its answer has another name.
  [[nodiscard]] Node with_reals(const Node& node);
  /// What quantises that answer.
  [[nodiscard]] static Node with_levels(const Node& node);

  /// Notes which tensors are whole numbers.
  /// @throws Unsupported if a node that does more than move them computes with them
  void require_no_whole_numbers(const Node& node);

 private:
  [[nodiscard]] Levels levels_in(const Node& node, const OnnxDims& dims, int type);
  /// An operand of a kernel as reals.
  /// @param input of its numbers; scale and zero point come next
  [[nodiscard]] std::string reals_of(const Node& node, int input, std::int64_t axis);
  [[nodiscard]] std::string bias_of(const Node& node);
  void scale_product(const Node& node, const Node& product, const std::string& scale,
                     const std::string& scale_of_weights);

  std::set<std::string> whole_;                  // tensors of the network that are whole numbers
  std::map<std::string, std::string> by_range_;  // tensors by range, by their scales
  std::map<std::string, Node> products_;         // of whole numbers, by their answers
  /// Of a scale by range and a constant, by the product's name.
  std::map<std::string, std::pair<std::string, std::string>> scales_;
};

}  // namespace papilio
