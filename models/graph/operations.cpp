#include "models/graph/operations.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <stdexcept>
#include <string>

namespace papilio {
namespace {

constexpr std::size_t kPictureAxes = 3;

void require_that(bool condition, std::string_view message) {
  if (!condition) throw std::invalid_argument{std::string{message}};
}

/// A product of sizes, each >= 0.
std::int64_t product_of(std::initializer_list<std::int64_t> sizes) {
  std::int64_t result = 1;
  for (const std::int64_t size : sizes) {
    require_that(!__builtin_mul_overflow(result, size, &result),
                 "it is larger than can be counted");
  }
  return result;
}

std::int64_t window_output(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                           std::int64_t before, std::int64_t after) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  require_that(kernel >= 1 && stride >= 1 && before >= 0 && after >= 0,
               "kernel and stride must be >= 1, and padding >= 0");
  require_that(std::max({size, kernel, stride, before, after}) <= kMost,
               "it is larger than can be counted");
  require_that(size + before + after >= kernel, "the kernel is larger than its padded input");
  return (size + before + after - kernel) / stride + 1;
}

/// As `window_output`, but a last window that hangs over the edge counts if it starts inside the
/// input or the padding before it.
std::int64_t ceil_window_output(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                                std::int64_t before, std::int64_t after) {
  const std::int64_t whole = window_output(size, kernel, stride, before, after);
  const bool rest = (size + before + after - kernel) % stride != 0;
  return rest && whole * stride < size + before ? whole + 1 : whole;
}

/// A flat vector counts as a picture of one row and column, as files that were imported before
/// tensors had axes say it.
void require_picture(const TensorShape& shape) {
  require_that(shape.rank() == kPictureAxes || shape.rank() == 1,
               "takes a picture: channels, height and width");
}

/// The shape as windows see it: a flat vector as a picture.
TensorShape with_places(const TensorShape& in) {
  return in.rank() == 1 ? TensorShape{in[0], 1, 1} : in;
}

/// Calls `visit(axis, window_axis)` for each axis that a window moves along.
template <class Visit>
void for_window_axes(const TensorShape& shape, Visit visit) {
  const std::size_t axes = window_axes(shape);
  for (std::size_t i = 0; i < axes; ++i) visit(1 + i, kPictureAxes - axes + i);
}

/// What windows make of a tensor.
template <class Op>
TensorShape windows(const TensorShape& in, std::int64_t channels, const Op& op, bool ceil) {
  TensorShape out = with_places(in);
  const auto output = ceil ? ceil_window_output : window_output;
  const Spatial before = op.padding.before();
  const Spatial behind = op.padding.behind();
  for_window_axes(in, [&](std::size_t axis, std::size_t i) {
    out[axis] = output(out[axis], op.kernel[i], op.stride[i], before[i], behind[i]);
  });
  out[0] = channels;
  return out;
}

/// Numbers that a window has.
std::int64_t window_size(const TensorShape& in, const Spatial& window) {
  std::int64_t size = 1;
  for_window_axes(in, [&](std::size_t, std::size_t i) { size = product_of({size, window[i]}); });
  return size;
}

/// A convolution with as large a kernel as what its own sees from end to end.
ConvOp extent_of(ConvOp op) {
  constexpr std::int64_t kMost = std::int64_t{1} << 20;
  const auto extent = [](std::int64_t kernel, std::int64_t steps) {
    require_that(steps >= 1 && steps <= kMost && kernel <= kMost,
                 "a kernel sees pixels 1 to 2^20 steps apart");
    return (kernel - 1) * steps + 1;
  };
  op.kernel = {extent(op.kernel.depth, op.dilation.depth),
               extent(op.kernel.height, op.dilation.height),
               extent(op.kernel.width, op.dilation.width)};
  return op;
}

/// As `windows`, of a pool: each window sees a part of the tensor.
template <class Op>
TensorShape pooled(const TensorShape& in, const Op& op, bool ceil) {
  const Spatial before = op.padding.before();
  const Spatial behind = op.padding.behind();
  for_window_axes(in, [&](std::size_t, std::size_t i) {
    require_that(std::max(before[i], behind[i]) < op.kernel[i],
                 "the padding must be smaller than the window");
  });
  return windows(in, in.channels(), op, ceil);
}

std::size_t axis_in(std::int64_t axis, const TensorShape& shape) {
  require_that(axis >= 0 && axis < static_cast<std::int64_t>(shape.rank()),
               "there is no such axis");
  return static_cast<std::size_t>(axis);
}

/// Of tensors of one rank, those of size 1 along an axis repeated along it.
TensorShape broadcast(const std::vector<TensorShape>& operands) {
  TensorShape out = operands.front();
  for (const TensorShape& in : operands) {
    require_that(in.rank() == out.rank(), "the inputs differ in shape");
    for (std::size_t axis = 0; axis < in.rank(); ++axis) {
      require_that(in[axis] == out[axis] || in[axis] == 1 || out[axis] == 1,
                   "the inputs differ in shape");
      out[axis] = std::max(out[axis], in[axis]);
    }
  }
  return out;
}

void require_bits(std::int64_t bits) {
  constexpr std::int64_t kFewest = 2;
  constexpr std::int64_t kMost = 16;
  require_that(bits >= kFewest && bits <= kMost, "a quantised number takes 2 to 16 bits");
}

/// Shape inference: one overload an operation, given the shapes of the operands.
struct Inference {
  const std::vector<TensorShape>& operands;

  [[nodiscard]] const TensorShape& only() const {
    require_that(operands.size() == 1, "takes one input");
    return operands.front();
  }
  void require_operands(std::size_t count, std::string_view message) const {
    require_that(operands.size() == count, message);
  }
  static void require_sizes(const TensorShape& shape) {
    require_that(
        std::all_of(shape.begin(), shape.end(), [](std::int64_t size) { return size >= 1; }),
        "a tensor has at least one number along each axis");
  }

  Inferred operator()(const InputOp& op) const {
    require_operands(0, "takes no input");
    require_sizes(op.shape);
    require_that(op.shape.rank() >= 1, "an input has at least one axis");
    require_that(op.below >= 0, "whole numbers are 0 and more");
    return {op.shape};
  }
  Inferred operator()(const ParameterOp& op) const {
    require_operands(0, "takes no input");
    require_sizes(op.shape);
    require_that(op.trained >= 0, "it is made of 0 trained numbers or more");
    return {op.shape, 0, op.trained};
  }
  Inferred operator()(const ConvOp& op) const {
    const TensorShape& in = only();
    require_that(op.out_channels >= 1, "a convolution needs at least one output channel");
    require_that(
        op.groups >= 1 && in.channels() % op.groups == 0 && op.out_channels % op.groups == 0,
        "the groups must divide the channels");
    const TensorShape out = windows(in, op.out_channels, extent_of(op), false);
    const std::int64_t per_output =
        product_of({in.channels() / op.groups, window_size(in, op.kernel)});
    std::int64_t macs = per_output;
    for (const std::int64_t size : out) macs = product_of({macs, size});
    return {out, macs, product_of({op.out_channels, per_output}) + (op.bias ? op.out_channels : 0)};
  }
  Inferred operator()(const ConvTransposeOp& op) const {
    const TensorShape& in = only();
    require_that(op.out_channels >= 1, "a convolution needs at least one output channel");
    require_that(
        op.groups >= 1 && in.channels() % op.groups == 0 && op.out_channels % op.groups == 0,
        "the groups must divide the channels");
    TensorShape out = with_places(in);
    for_window_axes(in, [&](std::size_t axis, std::size_t i) {
      const std::int64_t output = op.size()[i];
      require_that(output >= 1 && window_output(output, op.kernel[i], op.stride[i], op.padding[i],
                                                op.padding[i]) == out[axis],
                   "a convolution of this kernel and stride does not make the input of the output");
      out[axis] = output;
    });
    out[0] = op.out_channels;
    const std::int64_t per_input =
        product_of({op.out_channels / op.groups, window_size(in, op.kernel)});
    return {out, product_of({in.elements(), per_input}),
            product_of({in.channels(), per_input}) + (op.bias ? op.out_channels : 0)};
  }
  Inferred operator()(const BatchNormOp&) const {
    require_that(only().rank() >= 1, "takes at least one channel");
    return {only(), 0, 2 * only().channels()};
  }
  Inferred operator()(const LayerNormOp& op) const {
    const TensorShape& in = only();
    require_that(op.axes >= 1 && op.axes <= static_cast<std::int64_t>(in.rank()),
                 "normalises over one axis or more that it has");
    std::int64_t numbers = 1;
    for (std::size_t axis = in.rank() - static_cast<std::size_t>(op.axes); axis < in.rank();
         ++axis) {
      numbers *= in[axis];
    }
    return {in, 0, op.affine ? 2 * numbers : 0};
  }
  Inferred operator()(const GroupNormOp& op) const {
    const TensorShape& in = only();
    require_that(in.rank() >= 1 && op.groups >= 1 && in.channels() % op.groups == 0,
                 "the groups must divide the channels");
    return {in, 0, op.affine ? 2 * in.channels() : 0};
  }
  Inferred operator()(const ReluOp&) const { return {only()}; }
  Inferred operator()(const Relu6Op&) const { return {only()}; }
  Inferred operator()(const ActivationOp&) const { return {only()}; }
  Inferred operator()(const PreluOp& op) const {
    require_that(only().rank() >= 1, "takes at least one channel");
    return {only(), 0, op.shared ? 1 : only().channels()};
  }
  Inferred operator()(const ClampOp& op) const {
    require_that(std::isfinite(op.least) && std::isfinite(op.most) && op.least <= op.most,
                 "the least must not be above the most, and both be finite");
    return {only()};
  }
  Inferred operator()(const AvgPoolOp& op) const { return {pooled(only(), op, false)}; }
  Inferred operator()(const MaxPoolOp& op) const { return {pooled(only(), op, op.ceil)}; }
  Inferred operator()(const GlobalAvgPoolOp&) const {
    TensorShape out = with_places(only());
    for_window_axes(only(), [&](std::size_t axis, std::size_t) { out[axis] = 1; });
    return {out};
  }
  Inferred operator()(const AdaptivePoolOp& op) const {
    TensorShape out = with_places(only());
    for_window_axes(only(), [&](std::size_t axis, std::size_t i) {
      require_that(op.size[i] >= 1, "a pool has at least one window");
      out[axis] = op.size[i];
    });
    return {out};
  }
  Inferred operator()(const AddOp&) const {
    require_operands(2, "takes two inputs");
    return {broadcast(operands)};
  }
  Inferred operator()(const MultiplyOp&) const {
    require_operands(2, "takes two inputs");
    const TensorShape& scale = operands[1];
    const bool by_channel = operands[0].rank() >= 1 && scale.rank() != operands[0].rank() &&
                            operands[0].channels() == scale.channels() &&
                            scale.elements() == scale.channels();
    return {by_channel ? operands[0] : broadcast(operands)};
  }
  Inferred operator()(const CombineOp&) const {
    require_operands(2, "takes two inputs");
    return {broadcast(operands)};
  }
  Inferred operator()(const SelectOp&) const {
    require_operands(3, "takes three inputs");
    return {broadcast(operands)};
  }
  Inferred operator()(const ConcatOp& op) const {
    require_that(!operands.empty(), "takes one input or more");
    TensorShape out = operands.front();
    const std::size_t along = axis_in(op.axis, out);
    out[along] = 0;
    for (const TensorShape& in : operands) {
      require_that(in.rank() == out.rank(), "the inputs differ in shape");
      for (std::size_t axis = 0; axis < in.rank(); ++axis) {
        require_that(axis == along || in[axis] == out[axis],
                     "the inputs differ in height or width");
      }
      out[along] += in[along];
    }
    return {out};
  }
  Inferred operator()(const ZeroPadShortcutOp& op) const {
    const TensorShape& in = only();
    require_picture(in);
    require_that(op.channels >= in.channels() && (op.channels - in.channels()) % 2 == 0,
                 "the zero channels must be as many before as behind");
    return {{op.channels, window_output(in.height(), 1, op.stride, 0, 0),
             window_output(in.width(), 1, op.stride, 0, 0)}};
  }
  Inferred operator()(const FlattenOp&) const { return {{only().elements()}}; }
  Inferred operator()(const ReshapeOp& op) const {
    require_sizes(op.shape);
    std::int64_t elements = 1;
    for (const std::int64_t size : op.shape) elements = product_of({elements, size});
    require_that(elements == only().elements(), "the output must have the input's elements");
    return {op.shape};
  }
  Inferred operator()(const TransposeOp& op) const {
    const TensorShape& in = only();
    require_that(op.order.size() == in.rank(), "the order must name each axis");
    std::vector<bool> named(in.rank(), false);
    TensorShape out = in;
    for (std::size_t i = 0; i < in.rank(); ++i) {
      const std::size_t from = axis_in(op.order[i], in);
      require_that(!named[from], "the order must name each axis once");
      named[from] = true;
      out[i] = in[from];
    }
    return {out};
  }
  Inferred operator()(const SliceOp& op) const {
    TensorShape out = only();
    const std::size_t axis = axis_in(op.axis, out);
    require_that(op.begin >= 0 && op.begin < op.end && op.end <= out[axis] && op.step >= 1,
                 "a slice lies within its axis");
    out[axis] = (op.end - op.begin - 1) / op.step + 1;
    return {out};
  }
  Inferred operator()(const PadOp& op) const {
    TensorShape out = only();
    const std::size_t axis = axis_in(op.axis, out);
    constexpr std::int64_t kMost = std::int64_t{1} << 40;
    require_that(std::min(op.before, op.behind) >= 0 && std::max(op.before, op.behind) <= kMost,
                 "padding must be >= 0");
    require_that(op.mode != PadOp::Mode::kReflect || std::max(op.before, op.behind) < out[axis],
                 "mirrored padding must be less than there is");
    out[axis] += op.before + op.behind;
    return {out};
  }
  Inferred operator()(const ExpandOp& op) const {
    require_sizes(op.shape);
    require_that(broadcast({only(), op.shape}) == op.shape, "only axes of size 1 are repeated");
    return {op.shape};
  }
  Inferred operator()(const ReduceOp& op) const {
    const TensorShape& in = only();
    std::vector<bool> goes(in.rank(), false);
    for (const std::int64_t axis : op.axes) {
      const std::size_t at = axis_in(axis, in);
      require_that(!goes[at], "an axis goes once");
      goes[at] = true;
    }
    TensorShape out = in;
    for (std::size_t axis = 0; axis < in.rank(); ++axis) out[axis] = goes[axis] ? 1 : in[axis];
    if (op.keep) return {out};
    std::vector<std::int64_t> left;
    for (std::size_t axis = 0; axis < in.rank(); ++axis) {
      if (!goes[axis]) left.push_back(in[axis]);
    }
    return {TensorShape{left.begin(), left.end()}};
  }
  Inferred operator()(const LinearOp& op) const {
    const TensorShape& in = only();
    require_that(in.rank() >= 1, "takes at least one feature");
    require_that(op.out_features >= 1, "a linear layer needs at least one output");
    const bool flat = is_flat(in);
    const std::int64_t features = flat ? in.channels() : in[in.rank() - 1];
    TensorShape out = flat ? TensorShape{op.out_features} : in;
    out[out.rank() - 1] = op.out_features;
    const std::int64_t weights = product_of({features, op.out_features});
    return {out, product_of({flat ? 1 : in.elements() / features, weights}),
            weights + (op.bias ? op.out_features : 0)};
  }
  Inferred operator()(const MatMulOp&) const {
    require_operands(2, "takes two inputs");
    const TensorShape& a = operands[0];
    const TensorShape& b = operands[1];
    const std::size_t rank = a.rank();
    require_that(rank == b.rank() && rank >= 2 && a[rank - 1] == b[rank - 2],
                 "the columns of the first input must be the rows of the second");
    TensorShape first = a;
    TensorShape second = b;
    first[rank - 1] = second[rank - 1] = first[rank - 2] = second[rank - 2] = 1;
    TensorShape out = broadcast({first, second});
    out[rank - 2] = a[rank - 2];
    out[rank - 1] = b[rank - 1];
    std::int64_t macs = a[rank - 1];
    for (const std::int64_t size : out) macs = product_of({macs, size});
    return {out, macs};
  }
  Inferred operator()(const EmbeddingOp& op) const {
    require_that(op.entries >= 1 && op.features >= 1, "a table has at least one row and column");
    const TensorShape& in = only();
    require_that(in.rank() < TensorShape::kMostAxes, "takes fewer axes");
    std::vector<std::int64_t> sizes{in.begin(), in.end()};
    sizes.push_back(op.features);
    return {TensorShape{sizes.begin(), sizes.end()}, 0, product_of({op.entries, op.features})};
  }
  Inferred operator()(const RecurrentOp& op) const {
    const TensorShape& in = only();
    require_that(in.rank() == 2, "takes a sequence: places and features");
    require_that(op.features >= 1 && op.layers >= 1, "has at least one feature and layer");
    constexpr std::int64_t kMostLayers = 1000;
    require_that(op.layers <= kMostLayers, "has at most 1,000 layers");
    std::int64_t weights = 0;
    std::int64_t biases = 0;
    std::int64_t features = in[1];
    for (std::int64_t layer = 0; layer < op.layers; ++layer) {
      const std::int64_t rows = product_of({op.ways(), op.gates(), op.features});
      weights += product_of({rows, features + op.features});
      biases += 2 * rows;
      features = product_of({op.ways(), op.features});
    }
    return {{in[0] + op.state_rows(), features},
            product_of({in[0], weights}),
            weights + (op.bias ? biases : 0)};
  }
  Inferred operator()(const SoftmaxOp& op) const {
    static_cast<void>(axis_in(op.axis, only()));
    return {only()};
  }
  Inferred operator()(const ScaleOp&) const { return {only()}; }
  Inferred operator()(const LocalNormOp& op) const {
    require_that(only().rank() >= 1, "takes at least one channel");
    require_that(op.size >= 1 && op.size % 2 == 1,
                 "the channels that are looked at must be odd in number");
    return {only()};
  }
  Inferred operator()(const ResizeOp& op) const {
    require_picture(only());
    require_that(op.height >= 1 && op.width >= 1, "a picture has at least one row and column");
    return {{only().channels(), op.height, op.width}};
  }
  Inferred operator()(const CacheOp& op) const {
    const std::size_t axis = axis_in(op.axis, only());
    constexpr std::int64_t kMostPlaces = std::int64_t{1} << 40;
    require_that(op.places >= 0 && op.places <= kMostPlaces, "what is kept has >= 0 places");
    TensorShape out = only();
    out[axis] += op.places;
    return {out};
  }
  Inferred operator()(const QuantizeOp& op) const {
    const Levels& levels = op.levels;
    require_bits(levels.bits);
    if (levels.by_range) return {only()};
    require_that(std::isnormal(static_cast<float>(levels.scale)) && levels.scale > 0,
                 "the scale must be a positive 32-bit float");
    require_that(levels.zero >= levels.least() && levels.zero <= levels.greatest(),
                 "the zero point must be one of the whole numbers " +
                     std::to_string(levels.least()) + " to " + std::to_string(levels.greatest()));
    require_that(!levels.halved, "only levels by range are halved");
    return {only()};
  }
  Inferred operator()(const IndexOp& op) const {
    TensorShape out = only();
    const std::size_t axis = axis_in(op.axis, out);
    require_that(!op.places.empty(), "an axis has at least one place");
    for (const std::int64_t place : op.places) {
      require_that(place >= 0 && place < out[axis], "a place lies within its axis");
    }
    out[axis] = static_cast<std::int64_t>(op.places.size());
    return {out};
  }
  Inferred operator()(const OpaqueOp& op) const {
    require_that(!operands.empty(), "takes one input or more");
    require_sizes(op.shape);
    require_that(op.macs >= 0 && op.parameters >= 0, "MACs and parameters are 0 or more");
    return {op.shape, op.macs, op.parameters};
  }
};

/// Sums over many layers stay far below 2⁶³ if each is below these.
void require_countable(const Inferred& inferred) {
  constexpr std::int64_t kMostNumbers = std::int64_t{1} << 40;
  constexpr std::int64_t kMostMacs = std::int64_t{1} << 45;
  std::int64_t elements = 1;
  for (const std::int64_t size : inferred.shape) elements = product_of({elements, size});
  require_that(
      elements <= kMostNumbers && inferred.parameters <= kMostNumbers && inferred.macs <= kMostMacs,
      "it is larger than can be counted");
}

}  // namespace

std::size_t window_axes(const TensorShape& shape) {
  const std::size_t axes = shape.rank() == 1 ? 2 : shape.rank() - 1;
  require_that(shape.rank() >= 1 && axes <= kPictureAxes,
               "takes channels and one to three axes behind them");
  return axes;
}

bool is_flat(const TensorShape& shape) {
  return shape.rank() == 1 ||
         (shape.rank() == kPictureAxes && shape.height() == 1 && shape.width() == 1);
}

Inferred infer(const LayerOp& op, const std::vector<TensorShape>& operands) {
  const Inferred inferred = std::visit(Inference{operands}, op);
  if (weight_bits(op) != 0) require_bits(weight_bits(op));
  require_countable(inferred);
  return inferred;
}

}  // namespace papilio
