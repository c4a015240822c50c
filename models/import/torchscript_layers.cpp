#include "models/import/torchscript_layers.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// The numbers of a program along a window's axes, the last ones.
Spatial window_of(const std::vector<std::int64_t>& numbers, std::size_t axes, const char* what) {
  Spatial window{1};
  if (numbers.size() != 1 && numbers.size() != axes) {
    throw Unsupported{fmt::format("{} of {} numbers", what, numbers.size())};
  }
  std::array<std::int64_t, 3> sides{1, 1, 1};
  for (std::size_t i = 0; i < axes; ++i) {
    sides.at(3 - axes + i) = numbers[numbers.size() == 1 ? 0 : i];
  }
  // Where all are equal, so is what a network of fewer axes would have.
  const bool even = std::all_of(numbers.begin(), numbers.end(),
                                [&](std::int64_t number) { return number == numbers.front(); });
  return even ? Spatial{numbers.front()} : Spatial{sides[0], sides[1], sides[2]};
}

}  // namespace

void TorchScriptImporter::gelu() {
  const bool tanh = has_argument(1) && argument(1).toStringRef() == "tanh";
  unary(ActivationOp{tanh ? ActivationOp::Kind::kGeluTanh : ActivationOp::Kind::kGelu});
}
void TorchScriptImporter::hardtanh() {
  constexpr double kRelu6Bound = 6;
  if (real(1) == 0 && real(2) == kRelu6Bound) return plain_op<Relu6Op>();
  unary(ClampOp{.least = real(1), .most = real(2)});
}
void TorchScriptImporter::clamp() {
  constexpr double kMost = 3.0e38;  // beyond what 32-bit floats hold nothing is cut off
  const double least = has_argument(1) ? real(1) : -kMost;
  const double most = has_argument(2) ? real(2) : kMost;
  if (least == 0 && !has_argument(2)) return plain_op<ReluOp>();
  unary(ClampOp{.least = least, .most = most});
}
void TorchScriptImporter::clamp_min() {
  constexpr double kMost = 3.0e38;
  unary(ClampOp{.least = real(1), .most = kMost});
}
void TorchScriptImporter::softplus() {
  // Beyond the threshold it is its argument, to all digits that 32 bits have.
  constexpr double kUsualThreshold = 20;
  if (real(1) != 1 || real(2) != kUsualThreshold) throw Unsupported{"constants of its own"};
  activation<ActivationOp::Kind::kSoftplus>();
}
void TorchScriptImporter::leaky_relu() {
  unary(ActivationOp{ActivationOp::Kind::kLeakyRelu, real(1)});
}
void TorchScriptImporter::elu() {
  if (real(2) != 1 || real(3) != 1) throw Unsupported{"constants of its own"};
  unary(ActivationOp{ActivationOp::Kind::kElu, real(1)});
}
void TorchScriptImporter::prelu() {
  const LayerId from = batched(0);
  make(
      {add_weighted(PreluOp{.shared = weight(1).numel() == 1}, from, weights({{1, "weight"}})), 0});
}
void TorchScriptImporter::power() {
  unary(ActivationOp{ActivationOp::Kind::kPower, real(1)});
}

void TorchScriptImporter::conv(const Sizes& stride, const Sizes& padding, const Sizes& dilation,
                               std::int64_t groups) {
  const at::Tensor kernel = weight(1);
  if (kernel.dim() != argument(0).toTensor().dim()) throw Unsupported{"an input without a batch"};
  const auto axes = static_cast<std::size_t>(kernel.dim()) - 2;
  const LayerId from = batched(0);
  make({add_weighted(ConvOp{.out_channels = kernel.size(0),
                            .kernel = window_of(kernel.sizes().slice(2).vec(), axes, "a kernel"),
                            .stride = window_of(stride, axes, "a stride"),
                            .padding = Padding{window_of(padding, axes, "padding")},
                            .groups = groups,
                            .dilation = window_of(dilation, axes, "dilation"),
                            .bias = has_argument(2)},
                     from, weights({{1, "weight"}, {2, "bias"}})),
        0});
}
void TorchScriptImporter::transposed(const Sizes& stride, const Sizes& padding, const Sizes&,
                                     const Sizes& dilation, std::int64_t groups) {
  const at::Tensor kernel = weight(1);
  constexpr std::int64_t kPictures = 4;
  if (kernel.dim() != kPictures || answer().dim() != kPictures) {
    throw Unsupported{"transposed kernels of other than pictures"};
  }
  if (std::any_of(dilation.begin(), dilation.end(), [](auto steps) { return steps != 1; })) {
    throw Unsupported{"transposed kernels with dilation"};
  }
  const LayerId from = batched(0);
  make({add_weighted(
            ConvTransposeOp{.out_channels = kernel.size(1) * groups,
                            .kernel = window_of(kernel.sizes().slice(2).vec(), 2, "a kernel"),
                            .stride = window_of(stride, 2, "a stride"),
                            .padding = window_of(padding, 2, "padding"),
                            .height = answer().size(2),
                            .width = answer().size(3),
                            .groups = groups,
                            .bias = has_argument(2)},
            from, weights({{1, "weight"}, {2, "bias"}})),
        0});
}
void TorchScriptImporter::convolution() {
  const std::int64_t groups = argument(8).toInt();
  if (argument(6).toBool()) {
    return transposed(numbers(3), numbers(4), numbers(7), numbers(5), groups);
  }
  conv(numbers(3), numbers(4), numbers(5), groups);
}
void TorchScriptImporter::convolution_nd() {
  if (argument(4).isString()) {  // "same" or "valid"
    if (argument(4).toStringRef() != "valid") throw Unsupported{"padding 'same'"};
    return conv(numbers(3), {0}, numbers(5), argument(6).toInt());
  }
  conv(numbers(3), numbers(4), numbers(5), argument(6).toInt());
}
void TorchScriptImporter::conv_transpose() {
  transposed(numbers(3), numbers(4), numbers(5), numbers(7), argument(6).toInt());
}
void TorchScriptImporter::batch_norm() {
  if (!has_argument(1) || !has_argument(2)) throw Unsupported{"no scale and shift"};
  if (!has_argument(3) || !has_argument(4) || argument(5).toBool()) {
    throw Unsupported{"statistics of the batch; trace the model in evaluation: model.eval()"};
  }
  const LayerId from = batched(0);
  make(
      {add_weighted(BatchNormOp{.epsilon = argument(7).toDouble()}, from,
                    weights({{1, "weight"}, {2, "bias"}, {3, "running_mean"}, {4, "running_var"}})),
       0});
}
void TorchScriptImporter::layer_norm() {
  const auto axes = static_cast<std::int64_t>(numbers(1).size());
  if (axes == 0 || has_argument(2) != has_argument(3)) throw Unsupported{"a scale without a shift"};
  NetworkTensor from = operand(0);
  const auto rank = static_cast<std::int64_t>(sizes(0).size());
  if (from.batch && *from.batch >= rank - axes) from = {plain(0), std::nullopt};
  make({add_weighted(
            LayerNormOp{.axes = axes, .epsilon = argument(4).toDouble(), .affine = has_argument(2)},
            from.layer, weights({{2, "weight"}, {3, "bias"}})),
        from.batch});
}
void TorchScriptImporter::group_norm() {
  if (has_argument(2) != has_argument(3)) throw Unsupported{"a scale without a shift"};
  const LayerId from = batched(0);
  make({add_weighted(GroupNormOp{.groups = argument(1).toInt(),
                                 .epsilon = argument(4).toDouble(),
                                 .affine = has_argument(2)},
                     from, weights({{2, "weight"}, {3, "bias"}})),
        0});
}
void TorchScriptImporter::instance_norm() {
  if (has_argument(1) != has_argument(2)) throw Unsupported{"a scale without a shift"};
  if (!argument(5).toBool()) throw Unsupported{"running statistics"};
  const LayerId from = batched(0);
  make({add_weighted(GroupNormOp{.groups = layers_.shape(from).channels(),
                                 .epsilon = argument(7).toDouble(),
                                 .affine = has_argument(1)},
                     from, weights({{1, "weight"}, {2, "bias"}})),
        0});
}

NetworkTensor TorchScriptImporter::linear_operand(std::size_t input) {
  NetworkTensor from = operand(input);
  const Sizes all = sizes(input);
  const bool vector = from.batch && layers_.shape(from.layer).rank() == 1;
  const bool mixes = from.batch && *from.batch + 1 == static_cast<std::int64_t>(all.size());
  if (mixes || (!vector && is_flat(layers_.shape(from.layer)))) from = {plain(input), std::nullopt};
  if (!from.batch && layers_.shape(from.layer).rank() == 1) throw Unsupported{"a vector alone"};
  return from;
}
void TorchScriptImporter::linear_layer(std::size_t input, const at::Tensor& matrix,
                                       const at::Tensor& bias) {
  const NetworkTensor from = linear_operand(input);
  std::vector<Weight> of{{matrix, "weight"}};
  if (bias.defined()) of.push_back({bias, "bias"});
  make({add_weighted(LinearOp{.out_features = matrix.size(0), .bias = bias.defined()}, from.layer,
                     of),
        from.batch});
}
void TorchScriptImporter::linear() {
  linear_layer(0, weight(1), has_argument(2) ? weight(2) : at::Tensor{});
}
at::Tensor TorchScriptImporter::turned(std::size_t input) {
  const at::Tensor matrix = weight(input);
  const at::Tensor result = matrix.t();
  std::set<std::string> names = ledger_.weights_of(matrix);
  if (std::string name = archive_.name_of(matrix); !name.empty()) names.insert(std::move(name));
  ledger_.derive(result, names);
  return result;
}
/// bias + x · matrix, as of the linear layers of older programs.
void TorchScriptImporter::addmm() {
  const at::Tensor bias = weight(0);
  if (real(3) != 1 || real(4) != 1 || bias.dim() != 1) throw Unsupported{"a factor"};
  linear_layer(1, turned(2), bias);
}
void TorchScriptImporter::embedding() {
  const at::Tensor table = weight(0);
  const NetworkTensor from = operand(1);
  layers_.name_rows(from.layer, table.size(0));
  make({add_weighted(EmbeddingOp{.entries = table.size(0), .features = table.size(1)}, from.layer,
                     weights({{0, "weight"}})),
        from.batch});
}
void TorchScriptImporter::recurrent(RecurrentOp::Kind kind) {
  // input, states, weights, whether there are biases, layers, dropout, training, both ways, whether
  // the batch is first
  const bool states_are_list = argument(1).isTensorList();
  const auto is_zero = [&](const at::Tensor& state) {
    return !ledger_.has(state) && state.count_nonzero().item<std::int64_t>() == 0;
  };
  bool zero = true;
  if (states_are_list) {
    for (const at::Tensor& state : argument(1).toTensorVector()) zero = zero && is_zero(state);
  } else {
    zero = is_zero(argument(1).toTensor());
  }
  if (!zero) throw Unsupported{"a state that does not begin with zeros"};
  if (argument(6).toBool()) throw Unsupported{"training switched on"};
  const std::vector<at::Tensor> tensors = argument(2).toTensorVector();
  const std::int64_t layers = argument(4).toInt();
  const bool both_ways = argument(7).toBool();
  const bool bias = argument(3).toBool();
  const std::int64_t batch = argument(8).toBool() ? 0 : 1;
  const Sizes all = sizes(0);
  if (all.size() != 3 || all[static_cast<std::size_t>(batch)] != 1) {
    throw Unsupported{"a batch that is not of one"};
  }
  const RecurrentOp op{.kind = kind,
                       .features = tensors.at(1).size(1),
                       .layers = layers,
                       .both_ways = both_ways,
                       .bias = bias};
  const std::int64_t places = all[static_cast<std::size_t>(1 - batch)];
  const LayerId from = shaped(operand(0).layer, {places, all[2]});
  const std::vector<WeightShape> parts = weight_shapes(op, {layers_.shape(from)});
  if (parts.size() != tensors.size()) throw Unsupported{"a projection"};
  std::vector<Weight> of;
  for (std::size_t i = 0; i < parts.size(); ++i) of.push_back({tensors[i], parts[i].name});
  const LayerId id = add_weighted(op, from, of);
  make(0, {id, batch});
  make_states(op, id);
}
void TorchScriptImporter::make_states(const RecurrentOp& op, LayerId sequence) {
  for (std::size_t i = 1; i < outputs_->size(); ++i) {
    ledger_.lose((*outputs_)[i].toTensor(), "last states other than the hidden ones of one layer");
  }
  if (op.layers != 1) return;
  // The way forth ends at the last place, the way back at the first.
  const std::int64_t places = layers_.shape(sequence)[0];
  const auto at = [&](std::int64_t place, std::int64_t way) {
    const LayerId one =
        layers_.add(SliceOp{.axis = 0, .begin = place, .end = place + 1}, {sequence});
    if (!op.both_ways) return one;
    return layers_.add(
        SliceOp{.axis = 1, .begin = way * op.features, .end = (way + 1) * op.features}, {one});
  };
  LayerId state = at(places - 1, 0);
  if (op.both_ways) state = layers_.add(ConcatOp{}, {state, at(0, 1)});
  ledger_.find_again((*outputs_)[1].toTensor(), {state, 1});
}

void TorchScriptImporter::max_pool() {
  const Sizes kernel = numbers(1);
  const auto axes = static_cast<std::size_t>(argument(0).toTensor().dim()) - 2;
  const Sizes dilation = numbers(4);
  if (std::any_of(dilation.begin(), dilation.end(), [](auto steps) { return steps != 1; })) {
    throw Unsupported{"dilation"};
  }
  const Sizes stride = numbers(2).empty() ? kernel : numbers(2);
  add_batched(MaxPoolOp{.kernel = window_of(kernel, axes, "a window"),
                        .stride = window_of(stride, axes, "a stride"),
                        .padding = Padding{window_of(numbers(3), axes, "padding")},
                        .ceil = argument(5).toBool()});
}
void TorchScriptImporter::avg_pool() {
  const Sizes kernel = numbers(1);
  const auto axes = static_cast<std::size_t>(argument(0).toTensor().dim()) - 2;
  const Sizes stride = numbers(2).empty() ? kernel : numbers(2);
  const Sizes around = numbers(3);
  if (argument(4).toBool()) throw Unsupported{"windows that hang over the edge"};
  if (has_argument(6)) throw Unsupported{"a divisor of its own"};
  const bool pads = std::any_of(around.begin(), around.end(), [](auto one) { return one != 0; });
  add_batched(AvgPoolOp{.kernel = window_of(kernel, axes, "a window"),
                        .stride = window_of(stride, axes, "a stride"),
                        .padding = Padding{window_of(around, axes, "padding")},
                        .count_padding = !pads || argument(5).toBool()});
}
void TorchScriptImporter::adaptive_avg_pool() {
  const LayerId from = batched(0);
  const TensorShape& in = layers_.shape(from);
  const Sizes all = answer().sizes().vec();
  const Sizes size{all.begin() + 2, all.end()};
  if (std::all_of(size.begin(), size.end(), [](auto one) { return one == 1; })) {
    return make({layers_.add(GlobalAvgPoolOp{}, {from}), 0});
  }
  if (std::equal(size.begin(), size.end(), in.begin() + 1, in.end())) return make({from, 0});
  const std::int64_t side = size.front();
  const bool even = std::all_of(size.begin(), size.end(), [&](auto one) { return one == side; }) &&
                    std::all_of(in.begin() + 1, in.end(), [&](auto one) { return one == in[1]; });
  if (even && in[1] % side == 0) {
    return make(
        {layers_.add(AvgPoolOp{.kernel = in[1] / side, .stride = in[1] / side}, {from}), 0});
  }
  make({layers_.add(AdaptivePoolOp{.size = window_of(size, size.size(), "an output")}, {from}), 0});
}
void TorchScriptImporter::adaptive_max_pool() {
  const Sizes all = answer().sizes().vec();
  const Sizes size{all.begin() + 2, all.end()};
  add_batched(AdaptivePoolOp{.size = window_of(size, size.size(), "an output"), .maximum = true});
}
void TorchScriptImporter::resize_bilinear() {
  const bool corners = argument(2).toBool();
  resize(corners ? ResizeOp::Method::kBilinearCorners : ResizeOp::Method::kBilinear, 3);
}
/// @param scales position of the factors, which are there if the size is not
void TorchScriptImporter::resize(ResizeOp::Method method, std::size_t scales) {
  const Sizes all = answer().sizes().vec();
  const Sizes in = sizes(0);
  if (!has_argument(1) && has_argument(scales)) {
    const std::vector<double> factors = argument(scales).toDoubleVector();
    for (std::size_t i = 0; i < factors.size(); ++i) {
      // Otherwise where pixels come from would not follow from the sizes.
      if (static_cast<double>(in.at(i + 2)) * factors[i] != static_cast<double>(all[i + 2])) {
        throw Unsupported{"a factor of no whole size"};
      }
    }
  }
  add_batched(ResizeOp{.height = all.at(2), .width = all.at(3), .method = method});
}

void TorchScriptImporter::combine(const LayerOp& op, const std::vector<c10::IValue>& operands) {
  auto [layers, batch] = repeated(operands);
  make({layers_.add(op, std::move(layers)), batch});
}
bool TorchScriptImporter::is_one_number(std::size_t input) const {
  const c10::IValue& value = argument(input);
  if (value.isScalar()) return true;
  if (!value.isTensor() || is_of_network(input)) return false;
  const at::Tensor& tensor = value.toTensor();
  std::set<std::string> names = ledger_.weights_of(tensor);
  names.insert(archive_.name_of(tensor));
  return tensor.numel() == 1 && tensor.dim() <= argument(1 - input).toTensor().dim() &&
         archive_.trained_numbers(names, 1) == 0;
}
void TorchScriptImporter::sum_of() {
  const double factor = has_argument(2) ? real(2) : 1;
  if (is_of_network(0) && is_of_network(1)) {
    if (factor != 1) throw Unsupported{"a factor"};
    return combine(AddOp{}, {argument(0), argument(1)});
  }
  const std::size_t constant = is_of_network(0) ? 1 : 0;
  if (is_one_number(constant)) return scaled_or_added(constant, 1, real(constant) * factor);
  if (factor != 1) throw Unsupported{"a factor"};
  combine(AddOp{}, {argument(1 - constant), argument(constant)});
}
void TorchScriptImporter::difference() {
  const double factor = has_argument(2) ? real(2) : 1;
  if (!is_of_network(1) && is_one_number(1)) return scaled_by(1, -real(1) * factor);
  if (factor != 1) throw Unsupported{"a factor"};
  if (!is_of_network(0) && is_one_number(0)) return scaled_or_added(0, -1, real(0));
  combine(CombineOp{CombineOp::Kind::kSubtract}, {argument(0), argument(1)});
}
void TorchScriptImporter::reversed_difference() {
  if (has_argument(2) && real(2) != 1) throw Unsupported{"a factor"};
  if (!is_of_network(1) && is_one_number(1)) return scaled_by(-1, real(1));
  combine(CombineOp{CombineOp::Kind::kSubtract}, {argument(1), argument(0)});
}
void TorchScriptImporter::product() {
  if (is_of_network(0) && is_of_network(1)) {
    const bool same = argument(0).toTensor().is_same(argument(1).toTensor());
    if (same) return square();
    // The larger first: the other is repeated.
    const bool larger = argument(0).toTensor().numel() >= argument(1).toTensor().numel();
    return combine(MultiplyOp{}, larger ? std::vector{argument(0), argument(1)}
                                        : std::vector{argument(1), argument(0)});
  }
  const std::size_t constant = is_of_network(0) ? 1 : 0;
  if (is_one_number(constant)) return scaled_or_added(constant, real(constant), 0);
  combine(MultiplyOp{}, {argument(1 - constant), argument(constant)});
}
void TorchScriptImporter::quotient() {
  if (has_argument(2)) throw Unsupported{"a rounding"};
  if (is_of_network(0) && !is_of_network(1) && is_one_number(1)) return scaled_by(1 / real(1), 0);
  combine(CombineOp{CombineOp::Kind::kDivide}, {argument(0), argument(1)});
}
void TorchScriptImporter::matrix_product() {
  if (is_of_network(0) && !is_of_network(1) && argument(1).toTensor().dim() == 2) {
    return linear_layer(0, turned(1), {});
  }
  const std::int64_t rank = argument(0).toTensor().dim();
  if (rank < 2 || argument(1).toTensor().dim() < 2) throw Unsupported{"a vector alone"};
  // The axes before the last two are repeated, and so the last two are set apart.
  std::vector<LayerId> operands;
  const std::int64_t most = std::max(rank, argument(1).toTensor().dim());
  std::optional<std::int64_t> batch;
  const auto at_front = [&](std::size_t input) {
    return !is_of_network(input) ||
           (operand(input).batch == 0 && argument(input).toTensor().dim() == most && most > 2);
  };
  const bool first = at_front(0) && at_front(1) && is_of_network(0) && is_of_network(1);
  if (first) batch = 0;
  for (const std::size_t input : {std::size_t{0}, std::size_t{1}}) {
    Sizes all = sizes(input);
    all.insert(all.begin(), static_cast<std::size_t>(most) - all.size(), 1);
    if (first) all.erase(all.begin());
    if (all.size() > TensorShape::kMostAxes) throw Unsupported{"many dimensions"};
    const TensorShape shape{all.begin(), all.end()};
    operands.push_back(is_of_network(input) ? shaped(operand(input).layer, shape)
                                            : stored(argument(input).toTensor(), shape));
  }
  make({layers_.add(MatMulOp{}, operands), batch});
}
/// A sum behind a product, as of attention with a mask.
void TorchScriptImporter::product_and_sum() {
  if (real(3) != 1 || real(4) != 1) throw Unsupported{"a factor"};
  const LayerId product = layers_.add(MatMulOp{}, {plain(1), plain(2)});
  Sizes more = sizes(0);
  more.insert(more.begin(), layers_.shape(product).rank() - more.size(), 1);
  const TensorShape shape{more.begin(), more.end()};
  const LayerId term =
      is_of_network(0) ? shaped(plain(0), shape) : stored(argument(0).toTensor(), shape);
  make({layers_.add(AddOp{}, {product, term}), std::nullopt});
}
/// Of queries, keys, values and a mask, as LibTorch 1.13 computes it: softmax(q / √d · kᵀ + mask)
/// · v (aten/src/ATen/native/transformers/attention.cpp, _scaled_dot_product_attention_math).
void TorchScriptImporter::attention() {
  if (has_argument(4) && real(4) != 0) throw Unsupported{"dropout"};
  if (has_argument(6) && argument(6).isBool() && argument(6).toBool()) {
    throw Unsupported{"a causal mask that is not a tensor"};
  }
  const LayerId queries = plain(0);
  const LayerId keys = plain(1);
  const LayerId values = plain(2);
  const TensorShape shape = layers_.shape(queries);
  const std::size_t rank = shape.rank();
  std::vector<std::int64_t> order(rank);
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[rank - 1], order[rank - 2]);
  const LayerId scaled = layers_.add(
      ScaleOp{.factor = 1 / std::sqrt(static_cast<double>(shape[rank - 1]))}, {queries});
  LayerId scores = layers_.add(MatMulOp{}, {scaled, layers_.add(TransposeOp{order}, {keys})});
  if (has_argument(3)) {
    Sizes mask = sizes(3);
    mask.insert(mask.begin(), rank - mask.size(), 1);
    const TensorShape to{mask.begin(), mask.end()};
    const LayerId more =
        is_of_network(3) ? shaped(plain(3), to) : stored(argument(3).toTensor(), to);
    scores = layers_.add(AddOp{}, {scores, more});
  }
  const LayerId shares =
      layers_.add(SoftmaxOp{.axis = static_cast<std::int64_t>(rank) - 1}, {scores});
  make(0, {layers_.add(MatMulOp{}, {shares, values}), std::nullopt});
  if (outputs_->size() > 1 && (*outputs_)[1].isTensor() && (*outputs_)[1].toTensor().defined()) {
    make(1, {shares, std::nullopt});
  }
}

void TorchScriptImporter::reduce(ReduceOp::Kind kind) {
  const NetworkTensor whole = operand(0);
  const std::size_t rank = sizes(0).size();
  std::vector<std::int64_t> axes;
  bool keep = false;
  const bool names_axes = inputs_->size() > 2;  // else the second is a type of numbers
  if (names_axes && has_argument(1) && (argument(1).isInt() || argument(1).isIntList())) {
    for (const std::int64_t axis : numbers(1)) axes.push_back(axis_of(axis, rank));
    keep = argument(2).toBool();
  } else if (has_argument(1) && argument(1).isTensor()) {
    throw Unsupported{"two tensors"};
  }
  if (axes.empty()) {
    axes.resize(rank);
    std::iota(axes.begin(), axes.end(), 0);
  }
  std::sort(axes.begin(), axes.end());
  constexpr std::size_t kAxesOfPicture = 4;
  if (kind == ReduceOp::Kind::kMean && rank == kAxesOfPicture && whole.batch == 0 &&
      axes == std::vector<std::int64_t>{2, 3}) {
    const LayerId mean = layers_.add(GlobalAvgPoolOp{}, {whole.layer});
    return make({keep ? mean : layers_.add(FlattenOp{}, {mean}), 0});
  }
  NetworkTensor from = whole;
  if (whole.batch && std::binary_search(axes.begin(), axes.end(), *whole.batch)) {
    from = {plain(0), std::nullopt};
  }
  std::optional<std::int64_t> batch = from.batch;
  ReduceOp op{.kind = kind, .axes = {}, .keep = keep};
  for (const std::int64_t axis : axes) {
    op.axes.push_back(from.batch && *from.batch < axis ? axis - 1 : axis);
    if (!keep && from.batch && axis < *from.batch) batch = *batch - 1;
  }
  make({layers_.add(op, {from.layer}), batch});
}
void TorchScriptImporter::softmax() {
  const auto [from, axis] = with_axis(0, argument(1).toInt());
  make({layers_.add(SoftmaxOp{.axis = axis}, {from.layer}), from.batch});
}
void TorchScriptImporter::log_softmax() {
  const auto [from, axis] = with_axis(0, argument(1).toInt());
  const LayerId shares = layers_.add(SoftmaxOp{.axis = axis}, {from.layer});
  make({layers_.add(ActivationOp{ActivationOp::Kind::kLog}, {shares}), from.batch});
}

}  // namespace papilio
