#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

#include "models/graph/graph.hpp"

namespace papilio {

/// How layers compute with oneDNN, the library behind LibTorch's convolutions on processors, when
/// their weights and what flows between them are in the orders that its kernels read.
///
/// LibTorch otherwise brings each convolution's picture and weights into that order, and back, and
/// computes linear layers with BLAS.
struct PackedLayer {
  at::Tensor weight;       ///< of a convolution or a linear layer, in oneDNN's order; else none
  bool is_blocked{false};  ///< whether its output stays in oneDNN's order
  /// Whether the layer that it reads is. Both decide how it computes, and not how its input comes,
  /// so that halves compute as the whole does.
  bool takes_blocked{false};
  bool passes_on{false};  ///< it hands on its input, as a batch norm that was folded
};

/// Whether LibTorch has oneDNN here.
bool can_pack();
/// For each layer whether its output flows in oneDNN's order: convolutions, sums, ReLUs and pools
/// of pictures, where one of these reads them too. Whatever else does converts them.
/// @param passes_on for each layer whether it hands on its input as it is
std::vector<bool> blocked_layers(const Graph& graph, const std::vector<bool>& passes_on);
/// The weight of a layer in oneDNN's order; none of layers that do not compute with it.
at::Tensor packed_weight(const Layer& layer, const TensorShape& input, const at::Tensor& weight);
/// What a layer makes of its inputs, if oneDNN computes it; results equal but for rounding.
/// @param inputs   in oneDNN's order or not
/// @param in_place whether the first may be written over
/// @return in oneDNN's order if the layer is blocked
std::optional<at::Tensor> compute_packed(const Layer& layer, const PackedLayer& packed,
                                         const at::Tensor& bias,
                                         const std::vector<at::Tensor>& inputs, bool in_place);
/// In LibTorch's own order.
at::Tensor unpacked(const at::Tensor& tensor);

}  // namespace papilio
