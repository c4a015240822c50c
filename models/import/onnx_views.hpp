#pragma once

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "models/import/onnx_tensors.hpp"

namespace papilio {

/// What gives a tensor's numbers other places, or leaves some of them out: no numbers change.
class OnnxViews : public OnnxTensors {
 protected:
  using OnnxTensors::OnnxTensors;

  void identity(const Node& node);
  void flatten(const Node& node);
  void reshape(const Node& node);
  void squeeze(const Node& node);
  void unsqueeze(const Node& node);
  void transpose(const Node& node);
  void slice(const Node& node);
  void split(const Node& node);
  void concat(const Node& node);
  void pad(const Node& node);
  void expand(const Node& node);
  void tile(const Node& node);
  void gather(const Node& node);
  void depth_to_space(const Node& node);
  void space_to_depth(const Node& node);

  /// A tensor with its dimensions in another order.
  [[nodiscard]] Tensor transposed(const Tensor& from, const Numbers& order);

 private:
  /// The places from `begin` to before `end` along a dimension.
  [[nodiscard]] Tensor part_of(const Tensor& from, std::size_t axis, std::int64_t begin,
                               std::int64_t end, std::int64_t step = 1);
  /// A constant as a layer.
  [[nodiscard]] Tensor tensor_of(const OnnxOperand& from);
  void repeat(const Node& node, const Tensor& from, const OnnxDims& wanted);
  void embed(const Node& node, const OnnxConstant& table);
  /// Pads as the node has them: for each dimension how many before and behind.
  [[nodiscard]] std::vector<std::pair<std::int64_t, std::int64_t>> pads(const Node& node,
                                                                        std::size_t rank);
  [[nodiscard]] static std::int64_t block(const Node& node, const Tensor& from, std::int64_t parts);
};

}  // namespace papilio
