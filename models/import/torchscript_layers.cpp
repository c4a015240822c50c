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
  const auto axes = static_cast<std::size_t>(weight(1).dim()) - 2;
  conv(stride, Padding{window_of(padding, axes, "padding")}, dilation, groups);
}
void TorchScriptImporter::conv(const Sizes& stride, const Padding& padding, const Sizes& dilation,
                               std::int64_t groups) {
  const at::Tensor kernel = weight(1);
  const auto axes = static_cast<std::size_t>(kernel.dim()) - 2;
  const NetworkTensor from = with_windows(0, axes);
  make({add_weighted(ConvOp{.out_channels = kernel.size(0),
                            .kernel = window_of(kernel.sizes().slice(2).vec(), axes, "a kernel"),
                            .stride = window_of(stride, axes, "a stride"),
                            .padding = padding,
                            .groups = groups,
                            .dilation = window_of(dilation, axes, "dilation"),
                            .bias = has_argument(2)},
                     from.layer, weights({{1, "weight"}, {2, "bias"}})),
        from.batch});
}
NetworkTensor TorchScriptImporter::with_windows(std::size_t input, std::size_t axes) {
  const auto rank = static_cast<std::size_t>(argument(input).toTensor().dim());
  if (rank == axes + 2) return {batched(input), 0};
  return {plain(input), std::nullopt};  // channels come first: it is one sample alone
}
void TorchScriptImporter::transposed(const Sizes& stride, const Sizes& padding, const Sizes&,
                                     const Sizes& dilation, std::int64_t groups) {
  const at::Tensor kernel = weight(1);
  if (std::any_of(dilation.begin(), dilation.end(), [](auto steps) { return steps != 1; })) {
    throw Unsupported{"transposed kernels with dilation"};
  }
  const auto axes = static_cast<std::size_t>(kernel.dim()) - 2;
  const NetworkTensor from = with_windows(0, axes);
  ConvTransposeOp op{.out_channels = kernel.size(1) * groups,
                     .kernel = window_of(kernel.sizes().slice(2).vec(), axes, "a kernel"),
                     .stride = window_of(stride, axes, "a stride"),
                     .padding = window_of(padding, axes, "padding"),
                     .groups = groups,
                     .bias = has_argument(2)};
  op.width = answer().size(-1);
  if (axes > 1) op.height = answer().size(-2);
  if (axes > 2) op.depth = answer().size(-3);
  make({add_weighted(op, from.layer, weights({{1, "weight"}, {2, "bias"}})), from.batch});
}
void TorchScriptImporter::convolution() {
  const std::int64_t groups = argument(8).toInt();
  if (argument(6).toBool()) {
    return transposed(numbers(3), numbers(4), numbers(7), numbers(5), groups);
  }
  conv(numbers(3), numbers(4), numbers(5), groups);
}
void TorchScriptImporter::convolution_nd() {
  if (argument(4).isString()) return convolution_mode();
  conv(numbers(3), numbers(4), numbers(5), argument(6).toInt());
}
/// Padding by a word, "valid" for none, or "same": as many places behind as are before, the odd one
/// at the end.
void TorchScriptImporter::convolution_mode() {
  const std::string& word = argument(4).toStringRef();
  const Sizes dilation = numbers(5);
  if (word == "valid") return conv(numbers(3), Padding{}, dilation, argument(6).toInt());
  if (word != "same") throw Unsupported{fmt::format("padding '{}'", word)};
  const at::IntArrayRef kernel = weight(1).sizes().slice(2);
  std::array<std::int64_t, 3> before{};
  std::array<std::int64_t, 3> behind{};
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    const std::int64_t zeros = dilation[dilation.size() == 1 ? 0 : i] * (kernel[i] - 1);
    before.at(3 - kernel.size() + i) = zeros / 2;
    behind.at(3 - kernel.size() + i) = zeros - zeros / 2;
  }
  Padding padding{before[1], before[2], behind[1], behind[2]};
  padding.front = before[0];
  padding.back = behind[0];
  conv(numbers(3), padding, dilation, argument(6).toInt());
}
void TorchScriptImporter::conv_transpose() {
  transposed(numbers(3), numbers(4), numbers(5), numbers(7), argument(6).toInt());
}
void TorchScriptImporter::batch_norm() {
  if (!has_argument(3) || !has_argument(4)) {
    throw Unsupported{
        "statistics of the batch, so that a sample's answer hangs on the samples beside it; make "
        "the module with track_running_stats=True, or take an InstanceNorm or GroupNorm"};
  }
  if (argument(5).toBool()) {
    throw Unsupported{"statistics of the batch; trace the model in evaluation: model.eval()"};
  }
  normed_by_statistics();
}
/// By the means and variances that training has left.
void TorchScriptImporter::normed_by_statistics() {
  if (has_argument(1) != has_argument(2)) throw Unsupported{"a scale without a shift"};
  const LayerId from = batched(0);
  if (!has_argument(1)) {
    // Nothing is trained: a factor and an offset for each channel, which are constants.
    const at::Tensor factor = at::rsqrt(weight(4).to(at::kDouble) + argument(7).toDouble());
    const at::Tensor offset = -weight(3).to(at::kDouble) * factor;
    Sizes sizes(layers_.shape(from).rank(), 1);
    sizes[0] = factor.numel();
    const TensorShape shape{sizes.begin(), sizes.end()};
    const LayerId scaled =
        layers_.add(MultiplyOp{}, {from, stored(kept(factor.to(at::kFloat)), shape)});
    return make({layers_.add(AddOp{}, {scaled, stored(kept(offset.to(at::kFloat)), shape)}), 0});
  }
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
  if (!argument(5).toBool()) {
    // LibTorch writes the statistics over themselves: the mean of one sample's, which are theirs.
    for (const std::size_t statistics : {std::size_t{3}, std::size_t{4}}) {
      archive_.take_as_unwritten(weight(statistics));
    }
    return normed_by_statistics();
  }
  if (has_argument(1) != has_argument(2)) throw Unsupported{"a scale without a shift"};
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
void TorchScriptImporter::add_windows(const LayerOp& op, std::size_t axes) {
  const NetworkTensor from = with_windows(0, axes);
  make({layers_.add(op, {from.layer}), from.batch});
}
void TorchScriptImporter::max_pool(std::size_t axes) {
  const Sizes kernel = numbers(1);
  const Sizes dilation = numbers(4);
  if (std::any_of(dilation.begin(), dilation.end(), [](auto steps) { return steps != 1; })) {
    throw Unsupported{"dilation"};
  }
  const Sizes stride = numbers(2).empty() ? kernel : numbers(2);
  add_windows(MaxPoolOp{.kernel = window_of(kernel, axes, "a window"),
                        .stride = window_of(stride, axes, "a stride"),
                        .padding = Padding{window_of(numbers(3), axes, "padding")},
                        .ceil = argument(5).toBool()},
              axes);
}
void TorchScriptImporter::avg_pool(std::size_t axes) {
  const Sizes kernel = numbers(1);
  const Sizes stride = numbers(2).empty() ? kernel : numbers(2);
  const Sizes around = numbers(3);
  if (argument(4).toBool()) throw Unsupported{"windows that hang over the edge"};
  if (has_argument(6)) throw Unsupported{"a divisor of its own"};
  const bool pads = std::any_of(around.begin(), around.end(), [](auto one) { return one != 0; });
  add_windows(AvgPoolOp{.kernel = window_of(kernel, axes, "a window"),
                        .stride = window_of(stride, axes, "a stride"),
                        .padding = Padding{window_of(around, axes, "padding")},
                        .count_padding = !pads || argument(5).toBool()},
              axes);
}
void TorchScriptImporter::adaptive_avg_pool(std::size_t axes) {
  const auto [from, batch] = with_windows(0, axes);
  const TensorShape& in = layers_.shape(from);
  const Sizes all = answer().sizes().vec();
  const Sizes size{all.end() - static_cast<std::ptrdiff_t>(axes), all.end()};
  if (std::all_of(size.begin(), size.end(), [](auto one) { return one == 1; })) {
    return make({layers_.add(GlobalAvgPoolOp{}, {from}), batch});
  }
  if (std::equal(size.begin(), size.end(), in.begin() + 1, in.end())) return make({from, batch});
  const std::int64_t side = size.front();
  const bool even = std::all_of(size.begin(), size.end(), [&](auto one) { return one == side; }) &&
                    std::all_of(in.begin() + 1, in.end(), [&](auto one) { return one == in[1]; });
  if (even && in[1] % side == 0) {
    return make(
        {layers_.add(AvgPoolOp{.kernel = in[1] / side, .stride = in[1] / side}, {from}), batch});
  }
  make({layers_.add(AdaptivePoolOp{.size = window_of(size, axes, "an output")}, {from}), batch});
}
void TorchScriptImporter::adaptive_max_pool(std::size_t axes) {
  const Sizes all = answer().sizes().vec();
  const Sizes size{all.end() - static_cast<std::ptrdiff_t>(axes), all.end()};
  add_windows(AdaptivePoolOp{.size = window_of(size, axes, "an output"), .maximum = true}, axes);
}
void TorchScriptImporter::resize_bicubic() {
  const bool corners = argument(2).toBool();
  resize(corners ? ResizeOp::Method::kBicubicCorners : ResizeOp::Method::kBicubic, 3);
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
  if (has_argument(2)) {
    if (argument(2).toStringRef() != "floor") throw Unsupported{"a rounding towards 0"};
    return floor_quotient();
  }
  if (is_of_network(0) && !is_of_network(1) && is_one_number(1)) return scaled_by(1 / real(1), 0);
  combine(CombineOp{CombineOp::Kind::kDivide}, {argument(0), argument(1)});
}
void TorchScriptImporter::matrix_product() {
  if (is_of_network(0) && !is_of_network(1) && argument(1).toTensor().dim() == 2) {
    return linear_layer(0, turned(1), {});
  }
  const std::int64_t rank = argument(0).toTensor().dim();
  if (rank < 2 || argument(1).toTensor().dim() < 2) return product_with_vector();
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
  const Along along = gone_axes(axes);
  make({layers_.add(ReduceOp{.kind = kind, .axes = along.axes, .keep = keep}, {along.from.layer}),
        keep ? along.from.batch : along.batch_behind});
}
TorchScriptImporter::Along TorchScriptImporter::gone_axes(const std::vector<std::int64_t>& axes) {
  Along along{.from = operand(0), .axes = {}, .batch_behind = {}};
  const std::optional<std::int64_t> batch = along.from.batch;
  if (batch && std::find(axes.begin(), axes.end(), *batch) != axes.end()) {
    along.from = {plain(0), std::nullopt};
  }
  along.batch_behind = along.from.batch;
  for (const std::int64_t axis : axes) {
    along.axes.push_back(along.from.batch && *along.from.batch < axis ? axis - 1 : axis);
    if (along.from.batch && axis < *along.from.batch) {
      along.batch_behind = *along.batch_behind - 1;
    }
  }
  return along;
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
