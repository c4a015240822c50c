#include "models/tensor/network.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr double kBatchNormMomentum = 0.1;  // PyTorch's default, and torchvision's

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;  // which Clang 14 does not find by itself

/// Shape of a layer's weight; empty where it has none.
std::vector<std::int64_t> weight_shape(const Graph& graph, const Layer& layer) {
  const auto in = [&] { return graph.layer(layer.inputs.front()).shape.channels(); };
  return std::visit(
      Overloaded{[&](const ConvOp& op) {
                   return std::vector<std::int64_t>{op.out_channels, in() / op.groups, op.kernel,
                                                    op.kernel};
                 },
                 [&](const ConvTransposeOp& op) {
                   return std::vector<std::int64_t>{in(), op.out_channels, op.kernel, op.kernel};
                 },
                 [&](const LinearOp& op) {
                   return std::vector<std::int64_t>{op.out_features, in()};
                 },
                 [&](const BatchNormOp&) { return std::vector<std::int64_t>{in()}; },
                 [](const auto&) { return std::vector<std::int64_t>{}; }},
      layer.op);
}

bool has_bias(const LayerOp& op) {
  if (const auto* conv = std::get_if<ConvOp>(&op)) return conv->bias;
  if (const auto* linear = std::get_if<LinearOp>(&op)) return linear->bias;
  return std::holds_alternative<BatchNormOp>(op);
}

at::Tensor activate(const at::Tensor& x, const ActivationOp& op) {
  switch (op.kind) {
    case ActivationOp::Kind::kSigmoid:
      return at::sigmoid(x);
    case ActivationOp::Kind::kHardSigmoid:
      return at::hardsigmoid(x);
    case ActivationOp::Kind::kHardSwish:
      return at::hardswish(x);
    case ActivationOp::Kind::kSilu:
      return at::silu(x);
    case ActivationOp::Kind::kTanh:
      return at::tanh(x);
    case ActivationOp::Kind::kLeakyRelu:
      return at::leaky_relu(x, op.slope);
    case ActivationOp::Kind::kElu:
      return at::elu(x, op.slope);
    case ActivationOp::Kind::kSelu:
      return at::selu(x);
    case ActivationOp::Kind::kGelu:
      return at::gelu(x);
    case ActivationOp::Kind::kGeluTanh:
      return at::gelu(x, "tanh");
    case ActivationOp::Kind::kMish:
      return at::mish(x);
    case ActivationOp::Kind::kSoftplus:
      return at::softplus(x);
  }
  PAPILIO_CHECK(false);
}

/// LibTorch pads both ends alike; whatever else is put around before.
at::Tensor padded(const at::Tensor& x, const Padding& padding, double value) {
  return at::constant_pad_nd(x, {padding.left, padding.right, padding.top, padding.bottom}, value);
}

at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                    const ConvOp& op) {
  const bool even = op.padding.is_even();
  const std::int64_t padding = even ? op.padding.top : 0;
  return at::conv2d(even ? x : padded(x, op.padding, 0), weight, bias, {op.stride, op.stride},
                    {padding, padding}, {op.dilation, op.dilation}, op.groups);
}

/// Whether LibTorch's pools take this padding.
bool is_common(const Padding& padding, std::int64_t kernel) {
  return padding.is_even() && 2 * padding.top <= kernel;
}

/// @param out of the layer, which says how far a last window hangs over the edge
at::Tensor pool(const at::Tensor& x, const MaxPoolOp& op, const TensorShape& out) {
  const std::int64_t size = op.kernel;
  const std::int64_t step = op.stride;
  if (is_common(op.padding, size)) {
    const std::int64_t padding = op.padding.top;
    return at::max_pool2d(x, {size, size}, {step, step}, {padding, padding}, {1, 1}, op.ceil);
  }
  Padding around = op.padding;
  const auto rest = [&](std::int64_t windows, std::int64_t in, std::int64_t before) {
    return std::max<std::int64_t>((windows - 1) * step + size - in - before, 0);
  };
  around.bottom = rest(out.height(), x.size(2), around.top);
  around.right = rest(out.width(), x.size(3), around.left);
  return at::max_pool2d(padded(x, around, -std::numeric_limits<double>::infinity()), {size, size},
                        {step, step});
}

at::Tensor pool(const at::Tensor& x, const AvgPoolOp& op) {
  const std::int64_t size = op.kernel;
  const std::int64_t step = op.stride;
  if (is_common(op.padding, size)) {
    const std::int64_t padding = op.padding.top;
    return at::avg_pool2d(x, {size, size}, {step, step}, {padding, padding}, false,
                          op.count_padding);
  }
  const at::Tensor mean = at::avg_pool2d(padded(x, op.padding, 0), {size, size}, {step, step});
  if (op.count_padding) return mean;
  const at::Tensor ones = at::ones({1, 1, x.size(2), x.size(3)}, x.options());
  return mean / at::avg_pool2d(padded(ones, op.padding, 0), {size, size}, {step, step});
}

/// The mean of the squares over the channels around, zeros beyond the first and the last.
at::Tensor normalized(const at::Tensor& x, const LocalNormOp& op) {
  const std::int64_t around = op.size / 2;
  const at::Tensor squares = at::mul(x, x).reshape({x.size(0), 1, x.size(1), -1});
  const at::Tensor means =
      at::avg_pool2d(squares, {op.size, 1}, {1, 1}, {around, 0}).reshape(x.sizes());
  return at::div(x, at::pow(at::add(at::mul(means, op.factor), op.offset), op.exponent));
}

at::Tensor resized(const at::Tensor& x, const ResizeOp& op) {
  if (op.method == ResizeOp::Method::kNearest) {
    return at::upsample_nearest2d(x, {op.height, op.width});
  }
  return at::upsample_bilinear2d(x, {op.height, op.width},
                                 op.method == ResizeOp::Method::kBilinearCorners);
}

at::Tensor shortcut(const at::Tensor& x, const ZeroPadShortcutOp& op) {
  const std::int64_t zeros = (op.channels - x.size(1)) / 2;
  const at::Tensor fewer = x.slice(2, 0, x.size(2), op.stride).slice(3, 0, x.size(3), op.stride);
  return at::constant_pad_nd(fewer, {0, 0, 0, 0, zeros, zeros});
}

at::Tensor transpose(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                     const ConvTransposeOp& op) {
  const auto extra = [&](std::int64_t output, std::int64_t input) {
    return output - ((input - 1) * op.stride - 2 * op.padding + op.kernel);
  };
  return at::conv_transpose2d(x, weight, bias, {op.stride, op.stride}, {op.padding, op.padding},
                              {extra(op.height, x.size(2)), extra(op.width, x.size(3))});
}

}  // namespace

Network::Network(Graph graph, c10::Device device)
    : graph_{std::move(graph)},
      device_{device},
      layers_(graph_.layers().size()),
      last_reader_(graph_.layers().size()) {
  const auto options = at::TensorOptions{}.dtype(at::kFloat).device(device);
  for (LayerId id = 0; id < layers_.size(); ++id) {
    const Layer& layer = graph_.layer(id);
    last_reader_[id] = id;
    for (const LayerId input : layer.inputs) last_reader_[input] = id;
    if (layer.weights_of) {
      layers_[id] = layers_[*layer.weights_of];  // the same tensors
      continue;
    }
    const std::vector<std::int64_t> shape = weight_shape(graph_, layer);
    if (shape.empty()) continue;
    LayerTensors& own = layers_[id];
    own.weight = at::zeros(shape, options);
    if (has_bias(layer.op)) own.bias = at::zeros({shape[0]}, options);
    if (std::holds_alternative<BatchNormOp>(layer.op)) {
      own.running_mean = at::zeros(shape, options);
      own.running_var = at::zeros(shape, options);
    }
  }
}

void Network::initialize(std::uint64_t seed) {
  const at::NoGradGuard no_grad;
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  for (LayerId id = 0; id < layers_.size(); ++id) {
    LayerTensors& own = layers_[id];
    if (!own.weight.defined() || graph_.layer(id).weights_of) continue;
    const auto outputs = static_cast<double>(own.weight.size(0));
    if (std::holds_alternative<BatchNormOp>(graph_.layer(id).op)) {
      own.weight.fill_(1);
      own.bias.zero_();
      own.running_mean.zero_();
      own.running_var.fill_(1);
    } else if (std::holds_alternative<LinearOp>(graph_.layer(id).op)) {
      const double bound = 1.0 / std::sqrt(static_cast<double>(own.weight.size(1)));
      own.weight.copy_(at::empty(own.weight.sizes()).uniform_(-bound, bound, generator));
      if (own.bias.defined())
        own.bias.copy_(at::empty(own.bias.sizes()).uniform_(-bound, bound, generator));
    } else {
      const auto window = static_cast<double>(own.weight.size(2) * own.weight.size(3));
      const double deviation = std::sqrt(2.0 / (outputs * window));
      own.weight.copy_(at::empty(own.weight.sizes()).normal_(0, deviation, generator));
      if (own.bias.defined()) own.bias.zero_();
    }
  }
}

void Network::initialize_xavier(const std::set<std::string>& layers, std::uint64_t seed) {
  const at::NoGradGuard no_grad;
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  for (LayerId id = 0; id < layers_.size(); ++id) {
    LayerTensors& own = layers_[id];
    if (!own.weight.defined() || graph_.layer(id).weights_of) continue;
    if (!layers.contains(graph_.layer(id).name)) continue;
    if (std::holds_alternative<BatchNormOp>(graph_.layer(id).op)) {
      own.weight.fill_(1);
      own.bias.zero_();
      own.running_mean.zero_();
      own.running_var.fill_(1);
      continue;
    }
    const std::int64_t window = own.weight.dim() > 2 ? own.weight.size(2) * own.weight.size(3) : 1;
    const auto fans = static_cast<double>((own.weight.size(0) + own.weight.size(1)) * window);
    const double bound = std::sqrt(6.0 / fans);
    own.weight.copy_(at::empty(own.weight.sizes()).uniform_(-bound, bound, generator));
    if (own.bias.defined()) own.bias.zero_();
  }
}

std::vector<at::Tensor> Network::parameters() const {
  std::vector<at::Tensor> result;
  for (LayerId id = 0; id < layers_.size(); ++id) {
    if (graph_.layer(id).weights_of) continue;
    const LayerTensors& own = layers_[id];
    if (own.weight.defined()) result.push_back(own.weight);
    if (own.bias.defined()) result.push_back(own.bias);
  }
  return result;
}

void Network::set_training(bool training) {
  training_ = training;
  for (at::Tensor& parameter : parameters()) parameter.requires_grad_(training);
}

at::Tensor Network::forward(const at::Tensor& images) const {
  return run(images, 0, layers_.size() - 1);
}

at::Tensor Network::prefix(const at::Tensor& images, const Cut& cut) const {
  return run(images, 0, cut.after);
}

at::Tensor Network::suffix(const at::Tensor& features, const Cut& cut) const {
  return run(features, cut.after, layers_.size() - 1);
}

at::Tensor Network::run(const at::Tensor& input, LayerId first, LayerId last,
                        const std::function<void(LayerId)>& watch) const {
  PAPILIO_CHECK(first <= last && last < layers_.size());
  std::optional<at::NoGradGuard> no_grad;
  if (!training_) no_grad.emplace();
  std::vector<at::Tensor> outputs(last + 1);
  outputs[first] = input;
  for (LayerId id = first + 1; id <= last; ++id) {
    const std::vector<LayerId>& readers_of = graph_.layer(id).inputs;
    std::vector<at::Tensor> inputs;
    inputs.reserve(readers_of.size());
    bool dies = true;  // nobody reads the inputs after this layer, and the caller does not own them
    for (const LayerId from : readers_of) {
      PAPILIO_CHECK(outputs[from].defined());
      inputs.push_back(outputs[from]);
      // A view of it, as a flat one, may be read later, or be the caller's.
      dies = dies && last_reader_[from] == id && !outputs[from].is_same(input) &&
             outputs[from].storage().use_count() == 1;
    }
    outputs[id] = compute(id, inputs, dies && !training_);
    for (const LayerId from : readers_of) {
      if (last_reader_[from] == id) outputs[from].reset();
    }
    if (watch) watch(id);
  }
  return outputs[last];
}

at::Tensor Network::compute(LayerId id, const std::vector<at::Tensor>& inputs,
                            bool in_place) const {
  const LayerTensors& own = layers_[id];
  const at::Tensor& x = inputs.front();
  return std::visit(
      Overloaded{[&](const InputOp&) -> at::Tensor { PAPILIO_CHECK(false); },
                 [&](const ConvOp& op) { return convolve(x, own.weight, own.bias, op); },
                 [&](const ConvTransposeOp& op) { return transpose(x, own.weight, own.bias, op); },
                 [&](const BatchNormOp& op) {
                   if (own.folded) return x;
                   return at::batch_norm(x, own.weight, own.bias, own.running_mean, own.running_var,
                                         training_, kBatchNormMomentum, op.epsilon,
                                         /*cudnn_enabled=*/true);
                 },
                 [&](const ReluOp&) { return in_place ? x.relu_() : at::relu(x); },
                 [&](const Relu6Op&) { return in_place ? x.clamp_(0, 6) : at::clamp(x, 0, 6); },
                 [&](const ActivationOp& op) { return activate(x, op); },
                 [&](const MaxPoolOp& op) { return pool(x, op, graph_.layer(id).shape); },
                 [&](const AvgPoolOp& op) { return pool(x, op); },
                 [&](const GlobalAvgPoolOp&) {
                   return at::adaptive_avg_pool2d(x, {1, 1});
                 },
                 [&](const AddOp&) { return at::add(x, inputs[1]); },
                 [&](const MultiplyOp&) { return at::mul(x, inputs[1]); },
                 [&](const ConcatOp&) { return at::cat(inputs, 1); },
                 [&](const ZeroPadShortcutOp& op) { return shortcut(x, op); },
                 [&](const FlattenOp&) { return at::flatten(x, 1); },
                 [&](const LinearOp&) { return at::linear(x, own.weight, own.bias); },
                 [&](const SoftmaxOp&) { return at::softmax(x, 1); },
                 [&](const ScaleOp& op) { return at::add(at::mul(x, op.factor), op.offset); },
                 [&](const LocalNormOp& op) { return normalized(x, op); },
                 [&](const ResizeOp& op) { return resized(x, op); }},
      graph_.layer(id).op);
}

Network Network::folded() const {
  PAPILIO_CHECK(!training_ && type_ == at::kFloat);
  Network result{graph_, device_};
  result.layers_ = layers_;
  for (LayerId id = 0; id < layers_.size(); ++id) {
    if (!graph_.folds_into_convolution(id)) continue;
    const auto* op = std::get_if<BatchNormOp>(&graph_.layer(id).op);
    const LayerId conv = graph_.layer(id).inputs.front();
    const bool transposed = std::holds_alternative<ConvTransposeOp>(graph_.layer(conv).op);
    // norm(conv(x)) = g · (w ∗ x + b − mean) / √(var + ε) + shift, which is a convolution again.
    // The new weights are computed with twice the digits.
    const LayerTensors& norm = layers_[id];
    const LayerTensors& from = layers_[conv];
    const at::Tensor factor =
        norm.weight.to(at::kDouble) * at::rsqrt(norm.running_var.to(at::kDouble) + op->epsilon);
    const at::Tensor by_output =
        transposed ? factor.reshape({1, -1, 1, 1}) : factor.reshape({-1, 1, 1, 1});
    const at::Tensor bias =
        (from.bias.defined() ? from.bias.to(at::kDouble) : at::zeros_like(factor)) -
        norm.running_mean.to(at::kDouble);
    LayerTensors& to = result.layers_[conv];
    to.weight = (from.weight.to(at::kDouble) * by_output).to(at::kFloat).detach();
    to.bias = (bias * factor + norm.bias.to(at::kDouble)).to(at::kFloat).detach();
    result.layers_[id] = {.folded = true};
  }
  return result;
}

Network Network::converted(c10::ScalarType type) const {
  PAPILIO_CHECK(!training_);
  Network result{*this};
  result.type_ = type;
  for (LayerTensors& own : result.layers_) {
    for (at::Tensor* tensor : {&own.weight, &own.bias, &own.running_mean, &own.running_var}) {
      if (tensor->defined()) *tensor = tensor->to(type);
    }
  }
  return result;
}

}  // namespace papilio
