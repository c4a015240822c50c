#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <vector>

#include "models/import/torchscript_layers.hpp"

// Functions of numbers that take several layers: comparisons, extremes and their places,
// deviations, norms, sums along an axis.

namespace papilio {

using Kind = ActivationOp::Kind;

/// 1 where an operand is not 0, else 0: as truth values are.
LayerId TorchScriptImporter::truth_of(std::size_t input, LayerId layer) {
  if (!argument(input).isTensor() || argument(input).toTensor().scalar_type() == at::kBool) {
    return layer;
  }
  const at::Tensor zero = kept(at::zeros({}));
  const TensorShape shape = [&] {
    const std::vector<std::int64_t> ones(layers_.shape(layer).rank(), 1);
    return TensorShape{ones.begin(), ones.end()};
  }();
  return one_minus(layers_.add(CombineOp{CombineOp::Kind::kEqual}, {layer, stored(zero, shape)}));
}
template <class Op>
void TorchScriptImporter::both_true(const Op& op) {
  for (const std::size_t input : {std::size_t{0}, std::size_t{1}}) {
    const c10::IValue& value = argument(input);
    // Of whole numbers, & and | are of their bits.
    const bool is_number = value.isTensor() && value.toTensor().scalar_type() != at::kBool;
    if (is_number && answer().scalar_type() != at::kBool) throw Unsupported{"bits of numbers"};
  }
  auto [layers, batch] = repeated({argument(0), argument(1)});
  const LayerId first = truth_of(0, layers[0]);
  const LayerId second = truth_of(1, layers[1]);
  make({layers_.add(op, {first, second}), batch});
}
template void TorchScriptImporter::both_true(const MultiplyOp& op);
template void TorchScriptImporter::both_true(const CombineOp& op);
void TorchScriptImporter::logical_not() {
  if (answer().scalar_type() != at::kBool) throw Unsupported{"bits of numbers"};
  const NetworkTensor from = operand(0);
  make({one_minus(truth_of(0, from.layer)), from.batch});
}

/// max(x), max(x, y), or the greatest along an axis and their places; or the least.
void TorchScriptImporter::extreme(ReduceOp::Kind kind) {
  const bool greatest = kind == ReduceOp::Kind::kMaximum;
  if (inputs_->size() == 2 && argument(1).isTensor()) {
    return greatest ? combined<CombineOp::Kind::kMaximum>() : combined<CombineOp::Kind::kMinimum>();
  }
  if (inputs_->size() < 3) return reduce(kind);
  const std::int64_t axis = axis_of(argument(1).toInt(), sizes(0).size());
  const bool keep = argument(2).toBool();
  const Along along = gone_axes({axis});
  const LayerId extreme =
      layers_.add(ReduceOp{.kind = kind, .axes = along.axes, .keep = true}, {along.from.layer});
  const std::optional<std::int64_t> batch = keep ? along.from.batch : along.batch_behind;
  const LayerId place = place_in(along.from.layer, along.axes.front(), extreme, keep);
  const TensorShape shape = layers_.shape(place);
  make(0, {shaped(extreme, shape), batch});
  make(1, {place, batch});
}
void TorchScriptImporter::place_of_extreme(ReduceOp::Kind kind) {
  if (has_argument(1)) {
    const std::int64_t axis = axis_of(argument(1).toInt(), sizes(0).size());
    const bool keep = argument(2).toBool();
    const Along along = gone_axes({axis});
    const LayerId extreme =
        layers_.add(ReduceOp{.kind = kind, .axes = along.axes, .keep = true}, {along.from.layer});
    return make({place_in(along.from.layer, along.axes.front(), extreme, keep),
                 keep ? along.from.batch : along.batch_behind});
  }
  const TensorShape all{layers_.shape(operand(0).layer).elements()};
  const LayerId from = shaped(operand(0).layer, all);
  const LayerId extreme = layers_.add(ReduceOp{.kind = kind, .axes = {0}, .keep = true}, {from});
  make({place_in(from, 0, extreme, false), std::nullopt});
}
LayerId TorchScriptImporter::place_in(LayerId from, std::int64_t axis, LayerId extreme, bool keep) {
  // Of n places that have it, i counts n - i: the greatest is the first.
  const TensorShape shape = layers_.shape(from);
  const std::int64_t places = shape[static_cast<std::size_t>(axis)];
  std::vector<std::int64_t> sizes(shape.rank(), 1);
  sizes[static_cast<std::size_t>(axis)] = places;
  const LayerId left =
      stored(kept(at::arange(places, 0, -1, at::kFloat)), {sizes.begin(), sizes.end()});
  const LayerId has = layers_.add(CombineOp{CombineOp::Kind::kEqual}, {from, extreme});
  const LayerId counted = layers_.add(MultiplyOp{}, {has, left});
  const LayerId first = layers_.add(
      ReduceOp{.kind = ReduceOp::Kind::kMaximum, .axes = {axis}, .keep = keep}, {counted});
  return layers_.add(ScaleOp{.factor = -1, .offset = static_cast<double>(places)}, {first});
}

/// The greatest along an axis, or the least, and their places: one after another, each hidden from
/// those behind it.
void TorchScriptImporter::ranked() {
  constexpr std::int64_t kMostRanks = 16;
  const std::int64_t ranks = argument(1).toInt();
  if (ranks < 1 || ranks > kMostRanks) throw Unsupported{"more than 16 of them"};
  const auto [from, axis] = with_axis(0, argument(2).toInt());
  const bool greatest = argument(3).toBool();
  const ReduceOp extreme{.kind = greatest ? ReduceOp::Kind::kMaximum : ReduceOp::Kind::kMinimum,
                         .axes = {axis},
                         .keep = true};
  const TensorShape shape = layers_.shape(from.layer);
  const std::int64_t count = shape[static_cast<std::size_t>(axis)];
  std::vector<std::int64_t> sizes(shape.rank(), 1);
  const double infinity = std::numeric_limits<double>::infinity();
  const LayerId nothing =
      stored(kept(at::full({}, greatest ? -infinity : infinity)), {sizes.begin(), sizes.end()});
  sizes[static_cast<std::size_t>(axis)] = count;
  const LayerId all = stored(kept(at::arange(count, at::kFloat)), {sizes.begin(), sizes.end()});
  std::vector<LayerId> values;
  std::vector<LayerId> places;
  LayerId left = from.layer;
  for (std::int64_t rank = 0; rank < ranks; ++rank) {
    values.push_back(layers_.add(extreme, {left}));
    places.push_back(place_in(left, axis, values.back(), true));
    const LayerId here = layers_.add(CombineOp{CombineOp::Kind::kEqual}, {all, places.back()});
    left = layers_.add(SelectOp{}, {here, nothing, left});
  }
  const auto joined = [&, along = axis](const std::vector<LayerId>& parts) {
    return parts.size() == 1 ? parts.front() : layers_.add(ConcatOp{.axis = along}, parts);
  };
  make(0, {joined(values), from.batch});
  make(1, {joined(places), from.batch});
}

std::vector<std::int64_t> TorchScriptImporter::axes_at(std::size_t input) const {
  const std::size_t rank = sizes(0).size();
  std::vector<std::int64_t> axes;
  if (has_argument(input)) {
    for (const std::int64_t axis : numbers(input)) axes.push_back(axis_of(axis, rank));
  }
  if (axes.empty()) {
    axes.resize(rank);
    std::iota(axes.begin(), axes.end(), 0);
  }
  std::sort(axes.begin(), axes.end());
  return axes;
}

/// The root of the mean of the squared distances from the mean, or without the root; by default of
/// one less than there are numbers.
void TorchScriptImporter::spread(bool root) {
  std::vector<std::int64_t> axes;
  std::int64_t less = 1;
  bool keep = false;
  constexpr std::size_t kWithAxes = 4;
  if (inputs_->size() < kWithAxes) {
    axes = axes_at(inputs_->size());
    less = argument(1).toBool() ? 1 : 0;
  } else {
    axes = axes_at(1);
    if (argument(2).isBool()) {
      less = argument(2).toBool() ? 1 : 0;
    } else if (has_argument(2)) {
      less = argument(2).toInt();
    }
    keep = argument(3).toBool();
  }
  const Along along = gone_axes(axes);
  const LayerId from = along.from.layer;
  const ReduceOp mean{.kind = ReduceOp::Kind::kMean, .axes = along.axes, .keep = true};
  const LayerId apart =
      layers_.add(CombineOp{CombineOp::Kind::kSubtract}, {from, layers_.add(mean, {from})});
  const LayerId squares = layers_.add(ActivationOp{Kind::kPower, 2}, {apart});
  ReduceOp last = mean;
  last.keep = keep;
  LayerId result = layers_.add(last, {squares});
  std::int64_t count = 1;
  for (const std::int64_t axis : along.axes) {
    count *= layers_.shape(from)[static_cast<std::size_t>(axis)];
  }
  if (count <= less) throw Unsupported{"too few numbers"};
  if (less != 0) {
    const double factor = static_cast<double>(count) / static_cast<double>(count - less);
    result = layers_.add(ScaleOp{.factor = factor}, {result});
  }
  if (root) result = layers_.add(ActivationOp{Kind::kSqrt}, {result});
  make({result, keep ? along.from.batch : along.batch_behind});
}

void TorchScriptImporter::norm() {
  // Of p, and perhaps axes, whether they stay, and a type of numbers.
  constexpr std::size_t kWithAxes = 4;
  const double power = has_argument(1) ? real(1) : 2;
  if (inputs_->size() < kWithAxes) return norm_over(power, axes_at(inputs_->size()), false);
  norm_over(power, axes_at(2), argument(3).toBool());
}
void TorchScriptImporter::vector_norm() {
  norm_over(has_argument(1) ? real(1) : 2, axes_at(2), argument(3).toBool());
}
void TorchScriptImporter::frobenius_norm() {
  const bool with_axes = inputs_->size() > 2;
  norm_over(2, axes_at(1), with_axes && argument(2).toBool());
}
void TorchScriptImporter::norm_over(double power, const std::vector<std::int64_t>& axes,
                                    bool keep) {
  const Along along = gone_axes(axes);
  const auto reduced = [&](ReduceOp::Kind kind, LayerId of) {
    return layers_.add(ReduceOp{.kind = kind, .axes = along.axes, .keep = keep}, {of});
  };
  const auto powered = [&](double exponent, LayerId of) {
    return exponent == 1 ? of : layers_.add(ActivationOp{Kind::kPower, exponent}, {of});
  };
  LayerId result = along.from.layer;
  if (power == 2) {
    result =
        layers_.add(ActivationOp{Kind::kSqrt}, {reduced(ReduceOp::Kind::kSum, powered(2, result))});
  } else {
    result = layers_.add(ActivationOp{Kind::kAbs}, {result});
    if (std::isinf(power)) {
      result = reduced(power > 0 ? ReduceOp::Kind::kMaximum : ReduceOp::Kind::kMinimum, result);
    } else if (power > 0) {
      result = powered(1 / power, reduced(ReduceOp::Kind::kSum, powered(power, result)));
    } else {
      throw Unsupported{"a power of 0 or less"};
    }
  }
  make({result, keep ? along.from.batch : along.batch_behind});
}
/// log Σ eˣ, with the greatest taken out before and added behind.
void TorchScriptImporter::log_sum_exp() {
  const bool keep = argument(2).toBool();
  const Along along = gone_axes(axes_at(1));
  const LayerId from = along.from.layer;
  const LayerId greatest = layers_.add(
      ReduceOp{.kind = ReduceOp::Kind::kMaximum, .axes = along.axes, .keep = true}, {from});
  const LayerId below = layers_.add(CombineOp{CombineOp::Kind::kSubtract}, {from, greatest});
  const LayerId sum =
      layers_.add(ReduceOp{.kind = ReduceOp::Kind::kSum, .axes = along.axes, .keep = keep},
                  {layers_.add(ActivationOp{Kind::kExp}, {below})});
  const LayerId logarithm = layers_.add(ActivationOp{Kind::kLog}, {sum});
  make({layers_.add(AddOp{}, {logarithm, shaped(greatest, layers_.shape(sum))}),
        keep ? along.from.batch : along.batch_behind});
}
/// A product with a matrix of ones at and above its diagonal.
void TorchScriptImporter::cumulative_sum() {
  const auto [whole, axis] = with_axis(0, argument(1).toInt());
  const TensorShape shape = layers_.shape(whole.layer);
  const std::int64_t places = shape[static_cast<std::size_t>(axis)];
  constexpr std::int64_t kMostPlaces = 2048;
  if (places > kMostPlaces) throw Unsupported{"more than 2048 places"};
  // The axis goes last, and there are two or more.
  const auto rank = static_cast<std::int64_t>(shape.rank());
  std::vector<std::int64_t> order(shape.rank());
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<std::size_t>(axis)], order.back());
  const bool turns = axis + 1 != rank;
  LayerId from = turns ? layers_.add(TransposeOp{order}, {whole.layer}) : whole.layer;
  const TensorShape turned = layers_.shape(from);
  from = shaped(from, rank == 1 ? TensorShape{1, places} : turned);
  std::vector<std::int64_t> sizes(layers_.shape(from).rank(), 1);
  sizes[sizes.size() - 2] = sizes.back() = places;
  const LayerId ones =
      stored(kept(at::ones({places, places}).triu()), {sizes.begin(), sizes.end()});
  LayerId sums = shaped(layers_.add(MatMulOp{}, {from, ones}), turned);
  if (turns) sums = layers_.add(TransposeOp{order}, {sums});
  make({sums, whole.batch});
}

/// One half of the places, times the sigmoid of the other.
void TorchScriptImporter::gated() {
  const auto [from, axis] = with_axis(0, argument(1).toInt());
  const std::int64_t places = layers_.shape(from.layer)[static_cast<std::size_t>(axis)];
  const auto half = [&, whole = from.layer, at = axis](std::int64_t begin, std::int64_t end) {
    return layers_.add(SliceOp{.axis = at, .begin = begin, .end = end}, {whole});
  };
  const LayerId value = half(0, places / 2);
  const LayerId gate = half(places / 2, places);
  make({layers_.add(MultiplyOp{}, {value, layers_.add(ActivationOp{Kind::kSigmoid}, {gate})}),
        from.batch});
}
void TorchScriptImporter::log1p() {
  const NetworkTensor from = operand(0);
  make({layers_.add(ActivationOp{Kind::kLog}, {layers_.add(ScaleOp{.offset = 1}, {from.layer})}),
        from.batch});
}
void TorchScriptImporter::expm1() {
  const NetworkTensor from = operand(0);
  make({layers_.add(ScaleOp{.offset = -1}, {layers_.add(ActivationOp{Kind::kExp}, {from.layer})}),
        from.batch});
}
/// −softplus(−x).
void TorchScriptImporter::log_sigmoid() {
  const NetworkTensor from = operand(0);
  const LayerId opposite = layers_.add(ScaleOp{.factor = -1}, {from.layer});
  make(
      {layers_.add(ScaleOp{.factor = -1}, {layers_.add(ActivationOp{Kind::kSoftplus}, {opposite})}),
       from.batch});
}
void TorchScriptImporter::sign() {
  const auto [layers, batch] = repeated({argument(0), c10::IValue{0.0}});
  const LayerId above = layers_.add(CombineOp{CombineOp::Kind::kGreater}, layers);
  const LayerId below = layers_.add(CombineOp{CombineOp::Kind::kLess}, layers);
  make({layers_.add(CombineOp{CombineOp::Kind::kSubtract}, {above, below}), batch});
}
/// −⌊−x⌋.
void TorchScriptImporter::ceiling() {
  const NetworkTensor from = operand(0);
  const LayerId opposite = layers_.add(ScaleOp{.factor = -1}, {from.layer});
  make({layers_.add(ScaleOp{.factor = -1}, {floor_of(opposite)}), from.batch});
}
/// The nearest whole number, r = ⌊x + ½⌋; of two as near the even one: 1 less if r = x + ½ is odd.
void TorchScriptImporter::rounded() {
  if (inputs_->size() > 1) throw Unsupported{"a number of digits"};
  constexpr double kHalf = 0.5;
  const NetworkTensor from = operand(0);
  const LayerId above = layers_.add(ScaleOp{.offset = kHalf}, {from.layer});
  const LayerId nearest = floor_of(above);
  const LayerId tie = layers_.add(CombineOp{CombineOp::Kind::kEqual}, {above, nearest});
  const LayerId half = layers_.add(ScaleOp{.factor = kHalf}, {nearest});
  const LayerId odd = layers_.add(CombineOp{CombineOp::Kind::kGreater}, {half, floor_of(half)});
  const LayerId less = layers_.add(MultiplyOp{}, {tie, odd});
  make({layers_.add(CombineOp{CombineOp::Kind::kSubtract}, {nearest, less}), from.batch});
}
void TorchScriptImporter::floor_quotient() {
  auto [layers, batch] = repeated({argument(0), argument(1)});
  make({floor_of(layers_.add(CombineOp{CombineOp::Kind::kDivide}, std::move(layers))), batch});
}
/// x − ⌊x / y⌋ · y.
void TorchScriptImporter::remainder() {
  const auto [layers, batch] = repeated({argument(0), argument(1)});
  const LayerId whole = floor_of(layers_.add(CombineOp{CombineOp::Kind::kDivide}, layers));
  const LayerId taken = layers_.add(MultiplyOp{}, {whole, layers[1]});
  make({layers_.add(CombineOp{CombineOp::Kind::kSubtract}, {layers[0], taken}), batch});
}

}  // namespace papilio
