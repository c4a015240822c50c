#include "models/tensor/network.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

#include "models/tensor/levels.hpp"
#include "models/tensor/windowed.hpp"
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
    case ActivationOp::Kind::kExp:
      return at::exp(x);
    case ActivationOp::Kind::kLog:
      return at::log(x);
    case ActivationOp::Kind::kSqrt:
      return at::sqrt(x);
    case ActivationOp::Kind::kAbs:
      return at::abs(x);
    case ActivationOp::Kind::kErf:
      return at::erf(x);
    case ActivationOp::Kind::kSin:
      return at::sin(x);
    case ActivationOp::Kind::kCos:
      return at::cos(x);
    case ActivationOp::Kind::kPower:
      return at::pow(x, op.slope);
    case ActivationOp::Kind::kFloor:
      return at::floor(x);
  }
  PAPILIO_CHECK(false);
}

/// Sizes of all axes, the batch before those of one sample.
std::vector<std::int64_t> batched(std::int64_t samples, const TensorShape& shape) {
  std::vector<std::int64_t> sizes{samples};
  sizes.insert(sizes.end(), shape.begin(), shape.end());
  return sizes;
}

/// Axes of one sample as those of a batch.
std::vector<std::int64_t> behind_batch(const std::vector<std::int64_t>& axes) {
  std::vector<std::int64_t> result;
  for (const std::int64_t axis : axes) result.push_back(axis + 1);
  return result;
}

at::Tensor combine(const at::Tensor& a, const at::Tensor& b, CombineOp::Kind kind) {
  const at::ScalarType real = at::isFloatingType(a.scalar_type()) ? a.scalar_type() : at::kFloat;
  switch (kind) {
    case CombineOp::Kind::kSubtract:
      return at::sub(a, b);
    case CombineOp::Kind::kDivide:
      return at::div(a, b);
    case CombineOp::Kind::kMaximum:
      return at::maximum(a, b);
    case CombineOp::Kind::kMinimum:
      return at::minimum(a, b);
    case CombineOp::Kind::kLess:
      return at::lt(a, b).to(real);
    case CombineOp::Kind::kGreater:
      return at::gt(a, b).to(real);
    case CombineOp::Kind::kEqual:
      return at::eq(a, b).to(real);
  }
  PAPILIO_CHECK(false);
}

at::Tensor reduce(const at::Tensor& x, const ReduceOp& op) {
  const std::vector<std::int64_t> axes = behind_batch(op.axes);
  if (axes.empty()) return x;
  switch (op.kind) {
    case ReduceOp::Kind::kMean:
      return at::mean(x, axes, op.keep);
    case ReduceOp::Kind::kSum:
      return at::sum(x, axes, op.keep);
    case ReduceOp::Kind::kMaximum:
      return at::amax(x, axes, op.keep);
    case ReduceOp::Kind::kMinimum:
      return at::amin(x, axes, op.keep);
  }
  PAPILIO_CHECK(false);
}

/// @param axis of one sample
at::Tensor places_of_axis(const at::Tensor& x, std::int64_t axis,
                          const std::vector<std::int64_t>& places) {
  return at::index_select(x, axis + 1,
                          at::tensor(places, at::TensorOptions{}.dtype(at::kLong)).to(x.device()));
}

at::Tensor extended(const at::Tensor& x, const PadOp& op) {
  const std::int64_t axis = op.axis + 1;
  if (op.mode == PadOp::Mode::kConstant) {
    std::vector<std::int64_t> around(static_cast<std::size_t>(2 * (x.dim() - axis)), 0);
    around[around.size() - 2] = op.before;
    around[around.size() - 1] = op.behind;
    return at::constant_pad_nd(x, around, op.value);
  }
  // Places that are read again: mirrored ones from the second on, or the first.
  const bool mirrored = op.mode == PadOp::Mode::kReflect;
  std::vector<std::int64_t> places;
  const std::int64_t size = x.size(axis);
  for (std::int64_t at = -op.before; at < size + op.behind; ++at) {
    const std::int64_t inside = std::clamp<std::int64_t>(at, 0, size - 1);
    places.push_back(mirrored ? inside - (at - inside) : inside);
  }
  return places_of_axis(x, op.axis, places);
}

/// The last states of a recurrent network's layers, one behind the other: those of both ways are
/// one row.
/// @param states `[layers · ways × n × features]`
at::Tensor in_rows(const at::Tensor& states, const RecurrentOp& op) {
  const std::int64_t samples = states.size(1);
  return states.reshape({op.layers, op.ways(), samples, op.features})
      .permute({2, 0, 1, 3})
      .reshape({samples, op.layers, op.ways() * op.features});
}

at::Tensor recur(const at::Tensor& x, const RecurrentOp& op,
                 const std::vector<at::Tensor>& weights) {
  const at::Tensor state = at::zeros({op.layers * op.ways(), x.size(0), op.features}, x.options());
  const auto joined = [&](const std::tuple<at::Tensor, at::Tensor>& made) {
    const auto& [sequence, hidden] = made;
    return op.states ? at::cat({sequence, in_rows(hidden, op)}, 1) : sequence;
  };
  switch (op.kind) {
    case RecurrentOp::Kind::kRnnTanh:
      return joined(at::rnn_tanh(x, state, weights, op.bias, op.layers, 0, false, op.both_ways,
                                 /*batch_first=*/true));
    case RecurrentOp::Kind::kRnnRelu:
      return joined(at::rnn_relu(x, state, weights, op.bias, op.layers, 0, false, op.both_ways,
                                 /*batch_first=*/true));
    case RecurrentOp::Kind::kGru:
      return joined(at::gru(x, state, weights, op.bias, op.layers, 0, false, op.both_ways,
                            /*batch_first=*/true));
    case RecurrentOp::Kind::kLstm: {
      const auto [sequence, hidden, cells] =
          at::lstm(x, {state, state}, weights, op.bias, op.layers, 0, false, op.both_ways,
                   /*batch_first=*/true);
      if (!op.states) return sequence;
      return at::cat({sequence, in_rows(hidden, op), in_rows(cells, op)}, 1);
    }
  }
  PAPILIO_CHECK(false);
}

/// A flat vector of a number for each channel of a picture, as one.
at::Tensor scaled(const at::Tensor& x, const at::Tensor& by) {
  if (by.dim() == x.dim()) return at::mul(x, by);
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(x.dim()), 1);
  sizes[0] = by.size(0);
  sizes[1] = x.size(1);
  return at::mul(x, by.reshape(sizes));
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
      layers_[id] = layers_[*layer.weights_of];  // the same tensors, but for a bias it has not
      const std::size_t needed = graph_.weights_of(id).size();
      layers_[id].weights.resize(needed);
      layers_[id].names.resize(needed);
      continue;
    }
    for (WeightShape& weight : graph_.weights_of(id)) {
      layers_[id].weights.push_back(at::zeros(weight.sizes, options));
      layers_[id].names.push_back(std::move(weight.name));
    }
  }
}

namespace {

/// Of what a tensor is multiplied with for one output number.
double fan_in(const at::Tensor& weight) {
  return static_cast<double>(weight.numel()) / static_cast<double>(weight.size(0));
}

/// Where a layer begins that scales and shifts what it has normalised; whether it is one.
bool begin_norm(const LayerOp& op, const std::vector<at::Tensor>& weights) {
  const bool norm = std::holds_alternative<BatchNormOp>(op) ||
                    std::holds_alternative<LayerNormOp>(op) ||
                    std::holds_alternative<GroupNormOp>(op);
  // Scale and variance 1, shift and mean 0.
  for (std::size_t i = 0; norm && i < weights.size(); ++i) weights[i].fill_(i % 3 == 0 ? 1 : 0);
  return norm;
}

}  // namespace

void Network::initialize(std::uint64_t seed) {
  const at::NoGradGuard no_grad;
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  const auto uniform = [&](const at::Tensor& tensor, double bound) {
    tensor.copy_(at::empty(tensor.sizes()).uniform_(-bound, bound, generator));
  };
  const auto normal = [&](const at::Tensor& tensor, double deviation) {
    tensor.copy_(at::empty(tensor.sizes()).normal_(0, deviation, generator));
  };
  for (LayerId id = 0; id < layers_.size(); ++id) {
    const std::vector<at::Tensor>& weights = layers_[id].weights;
    if (weights.empty() || graph_.layer(id).weights_of) continue;
    const LayerOp& op = graph_.layer(id).op;
    const at::Tensor& weight = weights.front();
    if (begin_norm(op, weights)) continue;
    if (std::holds_alternative<LinearOp>(op)) {
      for (const at::Tensor& tensor : weights) uniform(tensor, 1.0 / std::sqrt(fan_in(weight)));
    } else if (const auto* recurrent = std::get_if<RecurrentOp>(&op)) {
      const double bound = 1.0 / std::sqrt(static_cast<double>(recurrent->features));
      for (const at::Tensor& tensor : weights) uniform(tensor, bound);
    } else if (std::holds_alternative<ConvOp>(op) || std::holds_alternative<ConvTransposeOp>(op)) {
      const auto window = static_cast<double>(weight.numel() / (weight.size(0) * weight.size(1)));
      normal(weight, std::sqrt(2.0 / (static_cast<double>(weight.size(0)) * window)));
      if (weights.size() > 1) weights[1].zero_();
    } else if (std::holds_alternative<PreluOp>(op)) {
      weight.fill_(0.25);  // NOLINT(readability-magic-numbers) He et al. 2015
    } else if (graph_.layer(id).parameters > 0) {  // a constant stays 0
      constexpr double kDeviation = 0.02;  // of embeddings, as vision transformers and BERT begin
      normal(weight, kDeviation);
    }
  }
}

void Network::initialize_xavier(const std::set<std::string>& layers, std::uint64_t seed) {
  const at::NoGradGuard no_grad;
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  for (LayerId id = 0; id < layers_.size(); ++id) {
    const std::vector<at::Tensor>& weights = layers_[id].weights;
    if (weights.empty() || graph_.layer(id).weights_of) continue;
    if (!layers.contains(graph_.layer(id).name)) continue;
    if (begin_norm(graph_.layer(id).op, weights)) continue;
    const at::Tensor& weight = weights.front();
    const std::int64_t window = weight.dim() > 2 ? weight[0][0].numel() : 1;
    const auto fans = static_cast<double>((weight.size(0) + weight.size(1)) * window);
    const double bound = std::sqrt(6.0 / fans);
    weight.copy_(at::empty(weight.sizes()).uniform_(-bound, bound, generator));
    if (weights.size() > 1) weights[1].zero_();
  }
}

std::vector<at::Tensor> Network::parameters() const {
  std::vector<at::Tensor> result;
  for (LayerId id = 0; id < layers_.size(); ++id) {
    if (graph_.layer(id).weights_of || graph_.layer(id).parameters == 0) continue;
    const LayerTensors& own = layers_[id];
    const bool statistics = std::holds_alternative<BatchNormOp>(graph_.layer(id).op);
    const std::size_t trained =
        statistics ? std::min<std::size_t>(own.weights.size(), 2) : own.weights.size();
    result.insert(result.end(), own.weights.begin(),
                  own.weights.begin() + static_cast<std::ptrdiff_t>(trained));
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
  return run(Tensors{{first, input}}, last, watch);
}

at::Tensor Network::run(const Tensors& given, LayerId last,
                        const std::function<void(LayerId)>& watch) const {
  PAPILIO_CHECK(!given.empty() && given.begin()->first <= last && last < layers_.size());
  std::optional<at::NoGradGuard> no_grad;
  if (!training_) no_grad.emplace();
  const std::int64_t samples = given.begin()->second.size(0);
  std::vector<at::Tensor> outputs(last + 1);
  for (LayerId id = given.begin()->first; id <= last; ++id) {
    if (const auto it = given.find(id); it != given.end()) {
      outputs[id] = it->second;
      continue;
    }
    const std::vector<LayerId>& read = graph_.layer(id).inputs;
    std::vector<at::Tensor> inputs;
    inputs.reserve(read.size());
    bool dies = true;  // nobody reads the inputs after this layer, and the caller does not own them
    for (const LayerId from : read) {
      PAPILIO_CHECK(outputs[from].defined());
      inputs.push_back(outputs[from]);
      const auto callers = given.find(from);
      // A view of it, as a flat one, may be read later, or be the caller's.
      dies = dies && last_reader_[from] == id &&
             (callers == given.end() || !outputs[from].is_same(callers->second)) &&
             (outputs[from].is_mkldnn() ? outputs[from].use_count() == 2  // here, and an input
                                        : outputs[from].storage().use_count() == 1);
    }
    outputs[id] = compute(id, inputs, samples, dies && !training_);
    for (const LayerId from : read) {
      if (last_reader_[from] == id) outputs[from].reset();
    }
    if (watch) watch(id);
  }
  return unpacked(outputs[last]);
}

at::Tensor Network::compute(LayerId id, const std::vector<at::Tensor>& read, std::int64_t samples,
                            bool in_place) const {
  const LayerTensors& own = layers_[id];
  if (!packed_.empty()) {
    if (auto made = compute_packed(graph_.layer(id), packed_[id], own.part(1), read, in_place)) {
      return *std::move(made);
    }
  }
  std::vector<at::Tensor> inputs;
  inputs.reserve(read.size());
  for (const at::Tensor& one : read) inputs.push_back(unpacked(one));
  const at::Tensor none;
  const at::Tensor& x = inputs.empty() ? none : inputs.front();
  const TensorShape& shape = graph_.layer(id).shape;
  return std::visit(
      Overloaded{
          [&](const InputOp&) -> at::Tensor { PAPILIO_CHECK(false); },
          [&](const ParameterOp&) {
            return own.weights.front().unsqueeze(0).expand(batched(samples, shape));
          },
          [&](const ConvOp& op) { return convolve(x, own.part(0), own.part(1), op); },
          [&](const ConvTransposeOp& op) { return convolve(x, own.part(0), own.part(1), op); },
          [&](const BatchNormOp& op) {
            if (own.folded) return x;
            return at::batch_norm(x, own.part(0), own.part(1), own.part(2), own.part(3), training_,
                                  kBatchNormMomentum, op.epsilon, /*cudnn_enabled=*/true);
          },
          [&](const LayerNormOp& op) {
            const std::vector<std::int64_t> sizes{shape.end() - op.axes, shape.end()};
            return at::layer_norm(x, sizes, own.part(0), own.part(1), op.epsilon);
          },
          [&](const GroupNormOp& op) {
            return at::group_norm(x, op.groups, own.part(0), own.part(1), op.epsilon);
          },
          [&](const ReluOp&) { return in_place ? x.relu_() : at::relu(x); },
          [&](const Relu6Op&) { return in_place ? x.clamp_(0, 6) : at::clamp(x, 0, 6); },
          [&](const ActivationOp& op) { return activate(x, op); },
          [&](const PreluOp&) { return at::prelu(x, own.part(0)); },
          [&](const ClampOp& op) { return at::clamp(x, op.least, op.most); },
          [&](const MaxPoolOp& op) { return pool(x, op, shape); },
          [&](const AvgPoolOp& op) { return pool(x, op); },
          [&](const AdaptivePoolOp& op) { return pool(x, op); },
          [&](const GlobalAvgPoolOp&) { return global_mean(x); },
          [&](const AddOp&) { return at::add(x, inputs[1]); },
          [&](const MultiplyOp&) { return scaled(x, inputs[1]); },
          [&](const CombineOp& op) { return combine(x, inputs[1], op.kind); },
          [&](const SelectOp&) { return at::where(at::ne(x, 0), inputs[1], inputs[2]); },
          [&](const ConcatOp& op) { return at::cat(inputs, op.axis + 1); },
          [&](const ZeroPadShortcutOp& op) { return shortcut(x, op); },
          [&](const FlattenOp&) { return at::reshape(x, batched(samples, shape)); },
          [&](const ReshapeOp&) { return at::reshape(x, batched(samples, shape)); },
          [&](const TransposeOp& op) {
            std::vector<std::int64_t> order{0};
            for (const std::int64_t axis : op.order) order.push_back(axis + 1);
            return x.permute(order);
          },
          [&](const SliceOp& op) { return x.slice(op.axis + 1, op.begin, op.end, op.step); },
          [&](const PadOp& op) { return extended(x, op); },
          [&](const ExpandOp&) { return x.expand(batched(samples, shape)); },
          [&](const ReduceOp& op) { return reduce(x, op); },
          [&](const LinearOp&) {
            return at::linear(shape.rank() == 1 ? at::flatten(x, 1) : x, own.part(0), own.part(1));
          },
          [&](const MatMulOp&) { return at::matmul(x, inputs[1]); },
          [&](const EmbeddingOp&) { return at::embedding(own.part(0), x.to(at::kLong)); },
          [&](const RecurrentOp& op) { return recur(x, op, own.weights); },
          [&](const SoftmaxOp& op) { return at::softmax(x, op.axis + 1); },
          [&](const ScaleOp& op) { return at::add(at::mul(x, op.factor), op.offset); },
          [&](const LocalNormOp& op) { return normalized(x, op); },
          [&](const ResizeOp& op) { return resized(x, op); },
          [&](const CacheOp& op) {
            if (op.places == 0) return x;
            const at::Tensor& kept = own.weights.front();
            std::vector<std::int64_t> sizes{samples};
            sizes.insert(sizes.end(), kept.sizes().begin(), kept.sizes().end());
            return at::cat({kept.unsqueeze(0).expand(sizes), x}, op.axis + 1);
          },
          [&](const QuantizeOp& op) { return on_levels(x, op.levels, training_); },
          [&](const IndexOp& op) { return places_of_axis(x, op.axis, op.places); },
          [&](const OpaqueOp&) { return compute_opaque(id, inputs, samples); }},
      graph_.layer(id).op);
}

at::Tensor Network::compute_opaque(LayerId id, const std::vector<at::Tensor>& inputs,
                                   std::int64_t samples) const {
  const Layer& layer = graph_.layer(id);
  if (!opaque_) {
    throw ConfigError{"papilio: error: the layer '" + layer.name + "' of '" + graph_.name() +
                      "' is opaque, and nothing here computes it; 'papilio profile', 'infer' and "
                      "'import' do, where it was imported from TorchScript and its file "
                      "NAME.opaque lies beside NAME.yaml"};
  }
  std::vector<at::Tensor> answers;
  for (std::int64_t sample = 0; sample < samples; ++sample) {
    std::vector<at::Tensor> operands;
    operands.reserve(inputs.size());
    for (const at::Tensor& input : inputs) operands.push_back(input.slice(0, sample, sample + 1));
    answers.push_back(opaque_(layer, operands));
  }
  const at::Tensor all = at::cat(answers);
  PAPILIO_CHECK(all.numel() == samples * layer.shape.elements());
  return all.to(device_, type_);
}

Network Network::folded() const {
  PAPILIO_CHECK(!training_ && type_ == at::kFloat && packed_.empty());
  Network result{graph_, device_};
  result.opaque_ = opaque_;
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
        norm.part(0).to(at::kDouble) * at::rsqrt(norm.part(3).to(at::kDouble) + op->epsilon);
    std::vector<std::int64_t> by_output(static_cast<std::size_t>(from.part(0).dim()), 1);
    by_output[0] = -1;
    const at::Tensor bias =
        (from.part(1).defined() ? from.part(1).to(at::kDouble) : at::zeros_like(factor)) -
        norm.part(2).to(at::kDouble);
    LayerTensors& to = result.layers_[conv];
    // Of a transposed convolution each group's inputs have the weights of that group's outputs.
    at::Tensor by_weight = factor.reshape(by_output);
    if (transposed) {
      const std::int64_t inputs = from.part(0).size(0);
      const std::int64_t outputs = from.part(0).size(1);
      const std::int64_t groups = factor.numel() / outputs;
      std::vector<std::int64_t> sizes(by_output.size(), 1);
      sizes[0] = inputs;
      sizes[1] = outputs;
      by_weight = factor.reshape({groups, 1, outputs})
                      .expand({groups, inputs / groups, outputs})
                      .reshape(sizes);
    }
    to.weights = {(from.part(0).to(at::kDouble) * by_weight).to(at::kFloat).detach(),
                  (bias * factor + norm.part(1).to(at::kDouble)).to(at::kFloat).detach()};
    result.layers_[id] = {.folded = true};
  }
  return result;
}

Network Network::packed() const {
  PAPILIO_CHECK(!training_);
  Network result{*this};
  if (!can_pack() || !device_.is_cpu() || type_ != at::kFloat) return result;
  // Another rounding could be another level of a quantised tensor.
  const bool has_levels =
      std::any_of(graph_.layers().begin(), graph_.layers().end(),
                  [](const Layer& layer) { return std::holds_alternative<QuantizeOp>(layer.op); });
  if (has_levels) return result;
  const at::NoGradGuard no_grad;
  std::vector<bool> passes_on;
  for (const LayerTensors& own : layers_) passes_on.push_back(own.folded);
  const std::vector<bool> blocked = blocked_layers(graph_, passes_on);
  result.packed_.resize(layers_.size());
  for (LayerId id = 0; id < layers_.size(); ++id) {
    const Layer& layer = graph_.layer(id);
    PackedLayer& to = result.packed_[id];
    to.is_blocked = blocked[id];
    to.takes_blocked = !layer.inputs.empty() && blocked[layer.inputs.front()];
    to.passes_on = passes_on[id];
    const at::Tensor weight = layers_[id].part(0);
    if (!weight.defined() || layer.inputs.empty()) continue;
    to.weight = packed_weight(layer, graph_.layer(layer.inputs.front()).shape, weight);
  }
  return result;
}

Network Network::converted(c10::ScalarType type) const {
  PAPILIO_CHECK(!training_ && packed_.empty());
  Network result{*this};
  result.type_ = type;
  for (LayerTensors& own : result.layers_) {
    for (at::Tensor& tensor : own.weights) tensor = tensor.to(type);
  }
  return result;
}

}  // namespace papilio
