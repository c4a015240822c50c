#include "models/import/onnx_elements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "models/import/onnx_node.hpp"

namespace papilio {
namespace {

constexpr double kGreatestFloat = std::numeric_limits<float>::max();

std::int64_t sample_axis(std::size_t dimension, std::optional<std::size_t> batch) {
  return static_cast<std::int64_t>(dimension) - (batch && *batch < dimension ? 1 : 0);
}

bool is_about(double number, double wanted) {
  constexpr double kDigits = 1e-6;
  return std::abs(number - wanted) <= kDigits * std::abs(wanted);
}

[[noreturn]] void refuse_training() {
  throw Unsupported{"training switched on; export the model in evaluation"};
}

}  // namespace

OnnxTensor OnnxElements::real_operand(const Node& node, int input) {
  Tensor from = operand(node, input);
  if (from.layer != kNoLayer && is_whole_type(from.type)) throw Unsupported{"whole numbers"};
  return from;
}

void OnnxElements::clip(const Node& node) {
  constexpr double kRelu6Bound = 6;
  constexpr double kNone = std::numeric_limits<double>::max();
  // Inputs since version 11 of the operations; no bound where there is no number.
  const double low = scalar(node, 1, real_of(node, "min", -kNone));
  const double high = scalar(node, 2, real_of(node, "max", kNone));
  if (low == 0 && high >= kGreatestFloat) return plain<ReluOp>(node);
  if (low == 0 && high == kRelu6Bound) return plain<Relu6Op>(node);
  if (std::isnan(low) || std::isnan(high)) throw Unsupported{"bounds that are no numbers"};
  const auto bound = [](double at) { return std::clamp(at, -kGreatestFloat, kGreatestFloat); };
  add_layer(node, ClampOp{bound(low), bound(high)}, operand(node));
}

void OnnxElements::then(const Node& node, const LayerOp& op) {
  const Tensor from = settled(node.output(0), "a tensor that is not of the network");
  add_layer(node, op, from);
}

void OnnxElements::hard_sigmoid(const Node& node) {
  // PyTorch's is max(0, min(1, x/6 + 1/2)); ONNX's own default slope is 0.2.
  constexpr double kSlope = 1.0 / 6;
  const double slope = real_of(node, "alpha", 0.2);
  const double offset = real_of(node, "beta", 0.5);
  if (std::abs(slope - kSlope) <= 1e-6 && offset == 0.5) {
    return activation<ActivationOp::Kind::kHardSigmoid>(node);
  }
  add_layer(node, ScaleOp{.factor = slope, .offset = offset}, real_operand(node));
  then(node, ClampOp{0, 1});
}

void OnnxElements::leaky_relu(const Node& node) {
  add_layer(node, ActivationOp{ActivationOp::Kind::kLeakyRelu, real_of(node, "alpha", 0.01)},
            real_operand(node));
}

void OnnxElements::elu(const Node& node) {
  add_layer(node, ActivationOp{ActivationOp::Kind::kElu, real_of(node, "alpha", 1)},
            real_operand(node));
}

void OnnxElements::selu(const Node& node) {
  // ONNX writes its constants in single precision, PyTorch in double.
  constexpr double kAlpha = 1.6732632423543772;
  constexpr double kGamma = 1.0507009873554805;
  constexpr double kDigits = 1e-6;
  if (std::abs(real_of(node, "alpha", kAlpha) - kAlpha) > kDigits ||
      std::abs(real_of(node, "gamma", kGamma) - kGamma) > kDigits) {
    throw Unsupported{"constants of its own"};
  }
  activation<ActivationOp::Kind::kSelu>(node);
}

void OnnxElements::gelu(const Node& node) {
  const std::string approximate = text_of(node, "approximate", "none");
  if (approximate != "none" && approximate != "tanh") {
    throw Unsupported{fmt::format("an approximation by '{}'", approximate)};
  }
  add_layer(node,
            ActivationOp{approximate == "tanh" ? ActivationOp::Kind::kGeluTanh
                                               : ActivationOp::Kind::kGelu},
            real_operand(node));
}

void OnnxElements::negate(const Node& node) {
  add_layer(node, ScaleOp{.factor = -1}, operand(node));
}

void OnnxElements::invert(const Node& node) {
  const Tensor from = operand(node);
  if (from.layer != kNoLayer && from.type != onnx::TensorProto::BOOL) {
    throw Unsupported{"numbers that are no truth values"};
  }
  add_layer(node, ScaleOp{.factor = -1, .offset = 1}, from);
}

void OnnxElements::reciprocal(const Node& node) {
  add_layer(node, ActivationOp{ActivationOp::Kind::kPower, -1}, real_operand(node));
}

void OnnxElements::power(const Node& node) {
  const double exponent = scalar(node, 1, 1);
  const OnnxConstant& constant = weight(node, 1);
  const Tensor from = real_operand(node);
  if (constant.dims.size() > from.rank()) throw Unsupported{"an exponent of more dimensions"};
  if (!std::isfinite(exponent)) throw Unsupported{"an exponent that is not finite"};
  add_layer(node, ActivationOp{ActivationOp::Kind::kPower, exponent}, from);
}

void OnnxElements::cast(const Node& node) {
  using Proto = onnx::TensorProto;
  Tensor from = operand(node);
  const auto to = static_cast<int>(number_of(node, "to", 0));
  const bool real = to == Proto::FLOAT || to == Proto::DOUBLE || to == Proto::FLOAT16;
  const bool known = from.layer != kNoLayer;
  const bool same = known && to == from.type;
  const bool whole =
      (to == Proto::INT64 || to == Proto::INT32) && known && is_whole_type(from.type);
  if (!real && !same && !whole && (known || !is_whole_type(to))) {
    throw Unsupported{"a number format of its own"};
  }
  if (!known) throw FollowsUnknown{};
  from.type = real ? Proto::FLOAT : to;
  make(node.output(0), from);
}

void OnnxElements::dropout(const Node& node) {
  // Nothing is dropped at a rate of 0, be it said that the network trains.
  const double rate = scalar(node, 1, real_of(node, "ratio", 0.5));
  const bool trains =
      number_of(node, "is_test", 1) == 0 || (has_input(node, 2) && scalar(node, 2, 0) != 0);
  if (trains && rate != 0) refuse_training();
  identity(node);
}

void OnnxElements::softmax(const Node& node) {
  // Of all dimensions from one on until version 13 of the operations.
  constexpr std::int64_t kByAxis = 13;
  Tensor from = real_operand(node);
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  const bool by_axis = opset_ >= kByAxis;
  const auto axis =
      static_cast<std::size_t>(axis_of(number_of(node, "axis", by_axis ? -1 : 1), from.rank()));
  const OnnxDims dims = from.dims;
  if (!by_axis) {
    const auto at = dims.begin() + static_cast<std::ptrdiff_t>(axis);
    if (count_of({at + 1, dims.end()}) != 1) {
      from.dims = {dims.begin(), at};
      from.dims.push_back(count_of({at, dims.end()}));
    }
  }
  if (axis == 1 && from.dims == dims && has_channels_first(from)) {
    return add_layer(node, SoftmaxOp{}, from);
  }
  const OnnxAligned sample = sample_of(from, {axis});
  const LayerId id = push(SoftmaxOp{sample_axis(axis, sample.batch)}, sample.layers);
  make(node.output(0), {id, dims, {}, from.type});
}

void OnnxElements::log_softmax(const Node& node) {
  softmax(node);
  then(node, ActivationOp{ActivationOp::Kind::kLog});
}

// Of two.

OnnxElements::Operands OnnxElements::operands(const Node& node) {
  // What hangs on an unknown operation is not listed, but what is wrong with a constant is.
  Operands of{.first = any_operand(node, 0), .second = any_operand(node, 1)};
  of.constant_first = of.first.constant != nullptr;
  of.constant = of.constant_first ? of.first.constant : of.second.constant;
  of.tensor = of.constant_first ? of.second.tensor : of.first.tensor;
  if (of.first.constant != nullptr && of.second.constant != nullptr) {
    throw Unsupported{"constants alone"};
  }
  return of;
}

void OnnxElements::combine(const Node& node, const LayerOp& op,
                           const std::vector<OnnxOperand>& operands, int type) {
  if (find_attribute(node, "axis") != nullptr) {
    throw Unsupported{"an axis to broadcast from, as before version 7"};
  }
  OnnxDims dims;
  for (const OnnxOperand& one : operands) dims = broadcast(dims, one.dims);
  const OnnxAligned sample = align(operands, {});
  const LayerId id = push(op, sample.layers);
  make(node.output(0), {id, dims, {}, type == 0 ? operands.back().tensor.type : type});
}

void OnnxElements::add(const Node& node) {
  const Operands of = operands(node);
  if (of.constant != nullptr && is_taken_in(node)) return make(node.output(0), of.tensor);
  if (of.constant != nullptr) {
    if (join_norm(node, of.tensor, *of.constant)) return;
    if (const auto numbers = by_channel(node, of.tensor, *of.constant, true)) {
      return add_affine(node, of.tensor, {1}, *numbers);
    }
  }
  combine(node, AddOp{}, {of.first, of.second});
}

void OnnxElements::subtract(const Node& node) {
  const Operands of = operands(node);
  if (of.constant != nullptr) {
    if (auto numbers = by_channel(node, of.tensor, *of.constant, !of.constant_first)) {
      if (!of.constant_first) {
        for (double& number : *numbers) number = -number;
      }
      return add_affine(node, of.tensor, {of.constant_first ? -1.0 : 1.0}, *numbers);
    }
  }
  combine(node, CombineOp{CombineOp::Kind::kSubtract}, {of.first, of.second});
}

void OnnxElements::multiply(const Node& node) {
  const Operands of = operands(node);
  if (of.constant != nullptr) {
    if (const auto numbers = by_channel(node, of.tensor, *of.constant, false)) {
      LayerId gelu = 0;
      if (*numbers == std::vector{0.5} && is_gelu(of.tensor.layer, gelu)) {
        Tensor from = of.tensor;
        from.layer = gelu;
        return add_layer(node, ActivationOp{ActivationOp::Kind::kGelu}, from);
      }
      return add_affine(node, of.tensor, *numbers, {0});
    }
    combine(node, MultiplyOp{}, {of.first, of.second});
    const LayerId id = settled(node.output(0), "a tensor that is not of the network").layer;
    const LayerOp& scaled = layers_.op(inputs_of(id)[0]);
    if (std::holds_alternative<LayerNormOp>(scaled) ||
        std::holds_alternative<GroupNormOp>(scaled) || std::holds_alternative<ReshapeOp>(scaled)) {
      scale_ = {id, *of.constant};
    }
    return;
  }
  OnnxOperand a = of.first;
  OnnxOperand b = of.second;
  if (shape(a.tensor).elements() < shape(b.tensor).elements()) std::swap(a, b);
  // A flat vector of a number for each channel is taken as it is.
  const TensorShape scale = shape(b.tensor);
  if (a.rank() == kPictureRank && b.rank() == kPictureRank && has_channels_first(a.tensor) &&
      has_channels_first(b.tensor) && a.dims[1] == b.dims[1] && scale.rank() == 1 &&
      shape(a.tensor).rank() != 1) {
    const LayerId id = push(MultiplyOp{}, {a.tensor.layer, b.tensor.layer});
    return make(node.output(0), {id, a.dims, {}, a.tensor.type});
  }
  combine(node, MultiplyOp{}, {a, b});
}

// x · (1 + erf(x / √2)) / 2, as exporters write it before version 20 of the operations.
bool OnnxElements::is_gelu(LayerId id, LayerId& of) const {
  if (!std::holds_alternative<MultiplyOp>(layers_.op(id))) return false;
  for (const std::size_t i : {0U, 1U}) {
    const LayerId plus = inputs_of(id)[1 - i];
    const auto* one = std::get_if<ScaleOp>(&layers_.op(plus));
    if (one == nullptr || one->factor != 1 || one->offset != 1) continue;
    const LayerId error = inputs_of(plus)[0];
    const auto* erf = std::get_if<ActivationOp>(&layers_.op(error));
    if (erf == nullptr || erf->kind != ActivationOp::Kind::kErf) continue;
    const LayerId scaled = inputs_of(error)[0];
    const auto* root = std::get_if<ScaleOp>(&layers_.op(scaled));
    of = inputs_of(id)[i];
    if (root != nullptr && root->offset == 0 && is_about(root->factor, std::sqrt(0.5)) &&
        inputs_of(scaled)[0] == of) {
      return true;
    }
  }
  return false;
}

// (x - mean) / √(mean of (x - mean)² + ε) over the last axis, as exporters write it before version
// 17 of the operations.
bool OnnxElements::is_norm(const OnnxAligned& sample, LayerId& of, double& epsilon) const {
  const auto is = [&](LayerId id, ActivationOp::Kind kind, double slope) {
    const auto* op = std::get_if<ActivationOp>(&layers_.op(id));
    return op != nullptr && op->kind == kind && op->slope == slope;
  };
  const auto is_mean = [&](LayerId id) {
    const auto* op = std::get_if<ReduceOp>(&layers_.op(id));
    const TensorShape& in = layers_.shape(of);
    return op != nullptr && op->kind == ReduceOp::Kind::kMean && op->keep &&
           op->axes == std::vector<std::int64_t>{static_cast<std::int64_t>(in.rank()) - 1};
  };
  const LayerId difference = sample.layers[0];
  const auto* subtraction = std::get_if<CombineOp>(&layers_.op(difference));
  if (subtraction == nullptr || subtraction->kind != CombineOp::Kind::kSubtract) return false;
  of = inputs_of(difference)[0];
  const LayerId mean = inputs_of(difference)[1];
  if (!is_mean(mean) || inputs_of(mean)[0] != of) return false;
  const LayerId root = sample.layers[1];
  if (!is(root, ActivationOp::Kind::kSqrt, 0)) return false;
  const LayerId plus = inputs_of(root)[0];
  const auto* scale = std::get_if<ScaleOp>(&layers_.op(plus));
  if (scale == nullptr || scale->factor != 1 || !(scale->offset > 0)) return false;
  epsilon = scale->offset;
  const LayerId variance = inputs_of(plus)[0];
  if (!is_mean(variance)) return false;
  const LayerId square = inputs_of(variance)[0];
  return is(square, ActivationOp::Kind::kPower, 2) && inputs_of(square)[0] == difference;
}

// The shifts of a norm, behind its scales: with both it is one layer.
bool OnnxElements::join_norm(const Node& node, const Tensor& tensor, const OnnxConstant& shift) {
  const LayerId product = tensor.layer;
  if (!scale_ || scale_->first != product) return false;
  const OnnxConstant& scale = scale_->second;
  const LayerId norm = inputs_of(product)[0];
  if (const auto* plain = std::get_if<LayerNormOp>(&layers_.op(norm))) {
    const OnnxDims features{tensor.dims.back()};
    if (plain->affine || plain->axes != 1 || scale.dims != features || shift.dims != features) {
      return false;
    }
    LayerNormOp op = *plain;
    op.affine = true;
    add_joined(node, tensor, op, inputs_of(norm)[0], scale, shift);
    return true;
  }
  return join_groups(node, tensor, scale, shift);
}

void OnnxElements::add_joined(const Node& node, const Tensor& tensor, const LayerOp& op,
                              LayerId from, const OnnxConstant& scale, const OnnxConstant& shift) {
  const LayerId id = add_norm(op, from, module_of(node, scale.label), scale, shift);
  make(node.output(0), {id, tensor.dims, {}, tensor.type});
}

// Exporters write a norm of groups as one of channels, of which each is a group, with other axes
// before and behind.
bool OnnxElements::join_groups(const Node& node, const Tensor& tensor, OnnxConstant scale,
                               OnnxConstant shift) {
  const TensorShape shape = layers_.shape(tensor.layer);
  LayerId norm = inputs_of(tensor.layer)[0];
  const bool reshaped = std::holds_alternative<ReshapeOp>(layers_.op(norm));
  if (reshaped) norm = inputs_of(norm)[0];
  const auto* plain = std::get_if<GroupNormOp>(&layers_.op(norm));
  if (plain == nullptr || plain->affine || !has_channels_first(tensor) || shape.rank() < 2) {
    return false;
  }
  const bool whole = reshaped
                         ? plain->groups == layers_.shape(norm)[0] && shape[0] % plain->groups == 0
                         : layers_.shape(norm) == shape;
  if (!whole) return false;
  for (OnnxConstant* numbers : {&scale, &shift}) {
    OnnxDims& dims = numbers->dims;
    if (dims.size() == tensor.rank() && dims.front() == 1) dims.erase(dims.begin());
    if (dims.size() != shape.rank() || dims.front() != shape[0] || count_of(dims) != shape[0]) {
      return false;
    }
    dims = {shape[0]};
  }
  GroupNormOp op = *plain;
  op.affine = true;
  LayerId from = inputs_of(norm)[0];
  if (std::holds_alternative<ReshapeOp>(layers_.op(from)) &&
      layers_.shape(inputs_of(from)[0]) == shape) {
    from = inputs_of(from)[0];
  }
  if (layers_.shape(from) != shape) from = push(ReshapeOp{shape}, {from});
  add_joined(node, tensor, op, from, scale, shift);
  return true;
}

void OnnxElements::divide(const Node& node) {
  const Operands of = operands(node);
  if (is_whole_type(of.first.tensor.type) || is_whole_type(of.second.tensor.type)) {
    throw Unsupported{"whole numbers"};
  }
  if (of.constant != nullptr && !of.constant_first) {
    if (auto numbers = by_channel(node, of.tensor, *of.constant, false)) {
      for (double& number : *numbers) {
        if (number == 0) throw Unsupported{"a division by 0"};
        number = 1 / number;
      }
      return add_affine(node, of.tensor, *numbers, {0});
    }
  }
  combine(node, CombineOp{CombineOp::Kind::kDivide}, {of.first, of.second});
  if (of.constant != nullptr) return;
  const Tensor quotient = settled(node.output(0), "a tensor that is not of the network");
  OnnxAligned sample;
  sample.layers = inputs_of(quotient.layer);
  LayerId from = 0;
  double epsilon = 0;
  if (!is_norm(sample, from, epsilon)) return;
  Tensor norm = quotient;
  norm.layer = push(LayerNormOp{.axes = 1, .epsilon = epsilon, .affine = false}, {from});
  make(node.output(0), norm);
}

void OnnxElements::sum(const Node& node) {
  if (node.input_size() == 0) throw Unsupported{"no input"};
  std::vector<OnnxOperand> operands;
  operands.reserve(static_cast<std::size_t>(node.input_size()));
  for (int i = 0; i < node.input_size(); ++i) operands.push_back(any_operand(node, i));
  if (operands.size() == 1) return identity(node);
  OnnxOperand total = operands.front();
  for (std::size_t i = 1; i < operands.size(); ++i) {
    combine(node, AddOp{}, {total, operands[i]});
    const Tensor so_far = settled(node.output(0), "a tensor that is not of the network");
    total = {so_far, nullptr, so_far.dims};
  }
}

void OnnxElements::extreme(const Node& node, CombineOp::Kind kind) {
  if (node.input_size() == 0) throw Unsupported{"no input"};
  if (node.input_size() == 1) return identity(node);
  OnnxOperand total = any_operand(node, 0);
  for (int i = 1; i < node.input_size(); ++i) {
    combine(node, CombineOp{kind}, {total, any_operand(node, i)});
    const Tensor so_far = settled(node.output(0), "a tensor that is not of the network");
    total = {so_far, nullptr, so_far.dims};
  }
}

void OnnxElements::compare(const Node& node, CombineOp::Kind kind, bool negated) {
  const Operands of = operands(node);
  combine(node, CombineOp{kind}, {of.first, of.second}, onnx::TensorProto::BOOL);
  if (negated) then(node, ScaleOp{.factor = -1, .offset = 1});
}

void OnnxElements::both(const Node& node) {
  const Operands of = operands(node);
  combine(node, MultiplyOp{}, {of.first, of.second});
}

void OnnxElements::either(const Node& node) {
  const Operands of = operands(node);
  combine(node, CombineOp{CombineOp::Kind::kMaximum}, {of.first, of.second});
}

void OnnxElements::where(const Node& node) {
  const std::vector<OnnxOperand> operands{any_operand(node, 0), any_operand(node, 1),
                                          any_operand(node, 2)};
  combine(node, SelectOp{}, operands);
}

// Along axes.

void OnnxElements::reduce(const Node& node, ReduceOp::Kind kind, const Tensor& from) {
  const Numbers list = axes(node, 1);
  const bool keeps = number_of(node, "keepdims", 1) != 0;
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  if (kind == ReduceOp::Kind::kMean && is_whole_type(from.type)) throw Unsupported{"whole numbers"};
  std::set<std::size_t> over;
  for (const std::int64_t axis : list) {
    over.insert(static_cast<std::size_t>(axis_of(axis, from.rank())));
  }
  if (over.empty() && number_of(node, "noop_with_empty_axes", 0) != 0) return identity(node);
  for (std::size_t axis = 0; list.empty() && axis < from.rank(); ++axis) over.insert(axis);
  OnnxDims dims;
  for (std::size_t axis = 0; axis < from.rank(); ++axis) {
    if (!over.contains(axis)) dims.push_back(from.dims[axis]);
    if (over.contains(axis) && keeps) dims.push_back(1);
  }
  if (kind == ReduceOp::Kind::kMean && from.rank() == kPictureRank && from.dims[0] == 1 &&
      over == std::set<std::size_t>{2, 3}) {
    LayerId id = push(GlobalAvgPoolOp{}, {channels_first(from)});
    if (!keeps) id = push(FlattenOp{}, {id});
    return make(node.output(0), {id, dims, {}, from.type});
  }
  // Along an axis of size 1 there is nothing to reduce.
  std::erase_if(over, [&](std::size_t axis) { return from.dims[axis] == 1; });
  if (over.empty()) return view(node, from, dims);
  const OnnxAligned sample = sample_of(from, over);
  ReduceOp op{.kind = kind, .axes = {}, .keep = keeps};
  for (const std::size_t axis : over) op.axes.push_back(sample_axis(axis, sample.batch));
  make(node.output(0), {push(op, sample.layers), dims, {}, from.type});
}

void OnnxElements::reduce_squares(const Node& node) {
  Tensor from = real_operand(node);
  from.layer = push(ActivationOp{ActivationOp::Kind::kPower, 2}, {from.layer});
  reduce(node, ReduceOp::Kind::kSum, from);
}

void OnnxElements::reduce_length(const Node& node) {
  reduce_squares(node);
  then(node, ActivationOp{ActivationOp::Kind::kSqrt});
}

void OnnxElements::reduce_absolutes(const Node& node) {
  Tensor from = operand(node);
  from.layer = push(ActivationOp{ActivationOp::Kind::kAbs}, {from.layer});
  reduce(node, ReduceOp::Kind::kSum, from);
}

}  // namespace papilio
