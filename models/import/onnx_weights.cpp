// Layers with weights, and what constants do to those of the layer before.

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "models/import/onnx_node.hpp"
#include "models/import/onnx_parts.hpp"
#include "models/import/onnx_tensors.hpp"

namespace papilio {
namespace {

/// Of one number for all channels, as many.
float at(const std::vector<double>& numbers, std::size_t channel) {
  return static_cast<float>(numbers[numbers.size() == 1 ? 0 : channel]);
}

}  // namespace

// What tells a layer's weights from others. PyTorch's exporter makes one tensor of equal ones,
// and keeps their names by Identity: equal kernels are one kernel, but batch norms that nobody
// trained are equal by chance, and one only if their names are.
std::string OnnxTensors::identity_of(const Node& node, int weights) {
  std::string identity;
  const bool by_name = node.op_type() == "BatchNormalization";
  for (int i = 1; i <= weights; ++i) {
    if (has_input(node, i)) {
      const OnnxConstant& constant = weight(node, i);
      identity += by_name ? node.input(i) + "\n"
                          : fmt::format("{}{} ", constant.source, constant.transposed);
    }
  }
  const auto [known, is_first] = identities_.emplace(weight(node, 1).source, identity);
  if (!by_name && !is_first && known->second != identity) {
    throw Unsupported{"weights that another layer has, with another bias"};
  }
  return identity;
}

std::string OnnxTensors::module_of(const Node& node, const std::string& weight) {
  // By the node's name, since equal weights share one name; else by its weight's.
  if (std::string path = module_path(node.name()); !path.empty()) return path;
  constexpr std::string_view kWeight = ".weight";
  return weight.ends_with(kWeight) ? weight.substr(0, weight.size() - kWeight.size()) : node.name();
}

LayerId OnnxTensors::add_weighted(const Node& node, const LayerOp& op, LayerId from,
                                  const std::vector<std::string>& names, bool transposed) {
  const auto weights = static_cast<int>(names.size());
  const OnnxConstant& first = weight(node, 1);
  for (int i = 2; i <= weights; ++i) {
    if (has_input(node, i)) static_cast<void>(weight(node, i));
  }
  if (from == kNoLayer) throw FollowsUnknown{};
  const LayerId id = push_with(op, {from}, module_of(node, first.name), identity_of(node, weights));
  const std::vector<WeightShape> expected = weight_shapes(op, {layers_.shape(from)});
  std::int64_t count = 0;
  for (int i = 1; i <= weights; ++i) {
    if (!has_input(node, i)) continue;
    const OnnxConstant& constant = weight(node, i);
    const std::string& part = names[static_cast<std::size_t>(i - 1)];
    const bool trained = part == "weight" || part == "bias";
    for (const WeightShape& one : expected) {
      if (one.name == part && one.sizes.size() == 1 && constant.count() != one.sizes[0]) {
        throw Unsupported{fmt::format("a {} of {} numbers for {} channels", part, constant.count(),
                                      one.sizes[0])};
      }
    }
    count += trained ? constant.count() : 0;
    keep_weight(id, part, constant, transposed && part == "weight");
  }
  // Of a sequence as a picture of one row.
  if (std::holds_alternative<ConvTransposeOp>(op) && weights_.contains(id)) {
    weights_[id]["weight"].shape = expected.front().sizes;
  }
  if (count != layers_.parameters(id)) {
    throw Unsupported{
        fmt::format("{} weights, where its input needs {}", count, layers_.parameters(id))};
  }
  return id;
}

LayerId OnnxTensors::add_computed(const LayerOp& op, LayerId from, const std::string& module,
                                  const std::string& identity) {
  if (from == kNoLayer) throw FollowsUnknown{};
  return push_with(op, {from}, module, identity);
}

LayerId OnnxTensors::add_norm(const LayerOp& op, LayerId from, const std::string& module,
                              const OnnxConstant& scale, const OnnxConstant& shift) {
  const LayerId id = add_computed(
      op, from, module,
      fmt::format("norm {} {} {} {}", scale.label, scale.source, shift.label, shift.source));
  if (scale.transposed || shift.transposed ||
      scale.count() + shift.count() != layers_.parameters(id)) {
    throw Unsupported{"scales and shifts that do not fit"};
  }
  keep_part(id, "weight", scale.dims, why_no_floats(scale), [&] { return floats_of(scale); });
  keep_part(id, "bias", shift.dims, why_no_floats(shift), [&] { return floats_of(shift); });
  return id;
}

void OnnxTensors::keep_weight(LayerId id, const std::string& part, const OnnxConstant& constant,
                              bool transposed) {
  if (layers_.shares(id)) return;  // another has them
  OnnxConstant turned = constant;
  if (transposed) {
    turned.transposed = !turned.transposed;
    std::swap(turned.dims[0], turned.dims[1]);
  }
  const OnnxDims dims = part == "weight" ? turned.dims : OnnxDims{turned.count()};
  keep_part(id, part, dims, why_no_floats(constant), [&] { return floats_of(turned); });
}

void OnnxTensors::keep_part(LayerId id, const std::string& part, const OnnxDims& dims,
                            const std::string& why_not,
                            const std::function<std::vector<float>()>& values) {
  if (layers_.shares(id)) return;  // another has them
  if (!may_keep(count_of(dims), why_not)) return;
  weights_[id][part] = {dims, values()};
}

bool OnnxTensors::absorbs(LayerId id, bool only_offsets) const {
  if (id + 1 != layers_.size() || layers_.shares(id) || is_read_elsewhere(id)) return false;
  const LayerOp& op = layers_.op(id);
  if (std::holds_alternative<BatchNormOp>(op)) return true;
  return only_offsets &&
         (std::holds_alternative<ConvOp>(op) || std::holds_alternative<LinearOp>(op));
}

std::size_t OnnxTensors::outputs_of(LayerId id) const {
  const auto* linear = std::get_if<LinearOp>(&layers_.op(id));
  return static_cast<std::size_t>(linear != nullptr ? linear->out_features
                                                    : layers_.shape(id).channels());
}

bool OnnxTensors::absorb(const Tensor& from, const std::vector<double>& factors,
                         const std::vector<double>& offsets) {
  const LayerId id = from.layer;
  if (!absorbs(id, factors == std::vector<double>{1})) return false;
  const LayerOp& op = layers_.op(id);
  const auto* conv = std::get_if<ConvOp>(&op);
  const auto* linear = std::get_if<LinearOp>(&op);
  const bool norm = std::holds_alternative<BatchNormOp>(op);
  if (norm || (conv != nullptr ? conv->bias : linear->bias)) {
    layers_.alter_weights(id);
  } else {
    layers_.add_bias(id);
  }
  const std::size_t channels = outputs_of(id);
  if (!may_keep(static_cast<std::int64_t>(channels), "")) return true;
  Parts& parts = weights_[id];
  StoredTensor& bias = parts["bias"];
  bias.shape = {static_cast<std::int64_t>(channels)};
  bias.values.resize(channels, 0);
  for (std::size_t i = 0; i < channels; ++i) {
    bias.values[i] = at(factors, i) * bias.values[i] + at(offsets, i);
    if (norm) parts["weight"].values[i] *= at(factors, i);
  }
  return true;
}

void OnnxTensors::add_affine(const Node& node, const Tensor& from,
                             const std::vector<double>& factors,
                             const std::vector<double>& offsets) {
  const TensorShape in = shape(from);
  const bool for_each = std::max(factors.size(), offsets.size()) > 1 || outputs_of(from.layer) == 1;
  if (for_each && absorb(from, factors, offsets)) return make(node.output(0), from);
  if (factors.size() == 1 && offsets.size() == 1) {
    return add_layer(node, ScaleOp{.factor = factors.front(), .offset = offsets.front()}, from);
  }
  const BatchNormOp op;
  const std::string module = module_path(node.name());
  const LayerId id = push_with(op, {from.layer}, module.empty() ? node.name() : module, {});
  make(node.output(0), {id, from.dims, {}, from.type});
  if (!may_keep(4 * in.channels(), "")) return;
  const auto channels = static_cast<std::size_t>(in.channels());
  const auto numbers = [&](const auto& of) {
    StoredTensor tensor{{in.channels()}, {}};
    for (std::size_t i = 0; i < channels; ++i) tensor.values.push_back(of(i));
    return tensor;
  };
  // Of a mean of 0 and a deviation of 1.
  weights_[id] = {
      {"weight", numbers([&](std::size_t i) { return at(factors, i); })},
      {"bias", numbers([&](std::size_t i) { return at(offsets, i); })},
      {"running_mean", numbers([](std::size_t) { return 0.0F; })},
      {"running_var", numbers([&](std::size_t) { return static_cast<float>(1 - op.epsilon); })}};
}

}  // namespace papilio
