#include "models/tensor/packed.hpp"

#include <ATen/ATen.h>
#include <ATen/Context.h>

#include <algorithm>
#include <cstdint>

namespace papilio {
namespace {

constexpr std::size_t kPictureAxes = 3;

/// Multiply-accumulates from which on a convolution gains more than handing over its picture in
/// another order costs. On an AMD EPYC a network of convolutions of 1 million (MobileNetV3 small)
/// took 1.1 times as long with all of them so, one of 6 million (MobileNetV2) 0.85 times.
constexpr std::int64_t kMacsWorthIt = 4'000'000;

std::vector<std::int64_t> in_plane(const Spatial& window) {
  return {window.height, window.width};
}

bool is_picture(const TensorShape& shape) {
  return shape.rank() == kPictureAxes;
}

bool is_even(const Padding& padding) {
  return padding.top == padding.bottom && padding.left == padding.right;
}

/// Whether oneDNN computes a convolution of pictures as LibTorch has it.
bool packs(const LayerOp& op, const TensorShape& input) {
  const auto* conv = std::get_if<ConvOp>(&op);
  return conv != nullptr && is_picture(input) && is_even(conv->padding);
}

/// Whether a layer can take its pictures in oneDNN's order, and give them so.
bool can_be_blocked(const Graph& graph, const Layer& layer) {
  if (!is_picture(layer.shape) || layer.inputs.empty()) return false;
  const TensorShape& input = graph.layer(layer.inputs.front()).shape;
  if (const auto* pool = std::get_if<MaxPoolOp>(&layer.op)) {
    return is_picture(input) && is_even(pool->padding) && !pool->ceil &&
           2 * pool->padding.top <= pool->kernel.height &&
           2 * pool->padding.left <= pool->kernel.width;
  }
  if (std::holds_alternative<AddOp>(layer.op)) {
    const TensorShape& other = graph.layer(layer.inputs.back()).shape;
    return input == other;
  }
  const bool is_large = layer.macs >= kMacsWorthIt;
  return std::holds_alternative<ReluOp>(layer.op) || (packs(layer.op, input) && is_large);
}

at::Tensor packed(const at::Tensor& tensor) {
  return tensor.is_mkldnn() ? tensor : tensor.contiguous().to_mkldnn();
}

at::Tensor convolve_packed(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                           const ConvOp& op) {
  return at::mkldnn_convolution(packed(x), weight, bias, in_plane(op.padding.before()),
                                in_plane(op.stride), in_plane(op.dilation), op.groups);
}

/// Rows from which on oneDNN's products are faster than BLAS, on an AMD EPYC: 1.3 times with 128,
/// 1.6 with 197, and 0.6 with 16, for the order of the weights is made anew each time.
constexpr std::int64_t kRowsWorthIt = 64;

}  // namespace

bool can_pack() {
  return at::hasMKLDNN() && at::globalContext().userEnabledMkldnn();
}

std::vector<bool> blocked_layers(const Graph& graph, const std::vector<bool>& passes_on) {
  const std::vector<Layer>& layers = graph.layers();
  std::vector<bool> blocked(layers.size());
  std::vector<std::vector<LayerId>> readers(layers.size());
  for (LayerId id = 0; id < layers.size(); ++id) {
    blocked[id] = passes_on[id] || can_be_blocked(graph, layers[id]);
    for (const LayerId input : layers[id].inputs) readers[input].push_back(id);
  }
  // One that all read otherwise is not, nor what is made of such by other than a convolution.
  for (bool changes = true; changes;) {
    changes = false;
    for (LayerId id = 0; id < layers.size(); ++id) {
      if (!blocked[id]) continue;
      const auto takes = [&](LayerId reader) {
        return blocked[reader] || packs(layers[reader].op, layers[id].shape) ||
               std::holds_alternative<GlobalAvgPoolOp>(layers[reader].op);
      };
      const std::vector<LayerId>& inputs = layers[id].inputs;
      const bool fits =
          std::any_of(readers[id].begin(), readers[id].end(), takes) &&
          (std::holds_alternative<ConvOp>(layers[id].op) ||
           std::all_of(inputs.begin(), inputs.end(), [&](LayerId from) { return blocked[from]; }));
      if (fits) continue;
      blocked[id] = false;
      changes = true;
    }
  }
  return blocked;
}

at::Tensor packed_weight(const Layer& layer, const TensorShape& input, const at::Tensor& weight) {
  if (std::holds_alternative<LinearOp>(layer.op)) return weight.contiguous().to_mkldnn();
  if (!packs(layer.op, input)) return {};
  const auto& conv = std::get<ConvOp>(layer.op);
  return at::mkldnn_reorder_conv2d_weight(weight.contiguous().to_mkldnn(),
                                          in_plane(conv.padding.before()), in_plane(conv.stride),
                                          in_plane(conv.dilation), conv.groups);
}

at::Tensor unpacked(const at::Tensor& tensor) {
  return tensor.defined() && tensor.is_mkldnn() ? tensor.to_dense() : tensor;
}

std::optional<at::Tensor> compute_packed(const Layer& layer, const PackedLayer& own,
                                         const at::Tensor& bias,
                                         const std::vector<at::Tensor>& inputs, bool in_place) {
  if (inputs.empty()) return std::nullopt;
  const at::Tensor& x = inputs.front();
  if (own.passes_on) return x;
  if (const auto* conv = std::get_if<ConvOp>(&layer.op)) {
    if (!own.weight.defined() || (!own.is_blocked && !own.takes_blocked)) return std::nullopt;
    const at::Tensor made = convolve_packed(x, own.weight, bias, *conv);
    return own.is_blocked ? made : made.to_dense();
  }
  if (std::holds_alternative<LinearOp>(layer.op)) {
    const at::Tensor dense = unpacked(x);
    const TensorShape& shape = layer.shape;
    if (shape.rank() == 1 || dense.numel() / dense.size(-1) < kRowsWorthIt) return std::nullopt;
    return at::mkldnn_linear(packed(dense), own.weight, bias).to_dense();
  }
  if (std::holds_alternative<GlobalAvgPoolOp>(layer.op) && own.takes_blocked) {
    return at::adaptive_avg_pool2d(packed(x), {1, 1}).to_dense();
  }
  if (!own.is_blocked) return std::nullopt;
  if (std::holds_alternative<ReluOp>(layer.op)) {
    if (!in_place || !x.is_mkldnn()) return at::relu(packed(x));
    at::Tensor over = x;
    return at::relu_(over);
  }
  if (std::holds_alternative<AddOp>(layer.op)) return at::add(packed(x), packed(inputs[1]));
  const auto& pool = std::get<MaxPoolOp>(layer.op);
  return at::max_pool2d(packed(x), in_plane(pool.kernel), in_plane(pool.stride),
                        in_plane(pool.padding.before()));
}

}  // namespace papilio
