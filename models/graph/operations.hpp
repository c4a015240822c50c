#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "models/graph/shape.hpp"

namespace papilio {

/// One number for each axis that a window moves along: the last axes of a tensor, as many as it has
/// behind its channels. A sequence has the width alone, a picture height and width, a video all
/// three.
struct Spatial {
  std::int64_t depth{1};
  std::int64_t height{1};
  std::int64_t width{1};

  constexpr Spatial() = default;
  /// The same along all axes. Implicit: most operations have one number.
  constexpr Spatial(std::int64_t all)  // NOLINT(google-explicit-constructor)
      : depth{all}, height{all}, width{all} {}
  constexpr Spatial(std::int64_t h, std::int64_t w) : height{h}, width{w} {}
  constexpr Spatial(std::int64_t d, std::int64_t h, std::int64_t w)
      : depth{d}, height{h}, width{w} {}

  /// @param axis 0 is the depth, 2 the width
  [[nodiscard]] constexpr std::int64_t operator[](std::size_t axis) const {
    return axis == 0 ? depth : axis == 1 ? height : width;
  }
  /// Whether height and width are equal.
  [[nodiscard]] constexpr bool is_square() const { return height == width; }
  constexpr bool operator==(const Spatial&) const = default;
};

/// Zeros around a tensor along the axes of a `Spatial`, each >= 0.
struct Padding {
  std::int64_t top{0};
  std::int64_t left{0};
  std::int64_t bottom{0};
  std::int64_t right{0};
  std::int64_t front{0};  ///< along the depth, as `back` is
  std::int64_t back{0};

  constexpr Padding() = default;
  /// As many on every side. Implicit: most operations have one number.
  constexpr Padding(std::int64_t all)  // NOLINT(google-explicit-constructor)
      : top{all}, left{all}, bottom{all}, right{all}, front{all}, back{all} {}
  constexpr Padding(std::int64_t t, std::int64_t l, std::int64_t b, std::int64_t r)
      : top{t}, left{l}, bottom{b}, right{r} {}
  /// As many before as behind along each axis.
  constexpr explicit Padding(const Spatial& sides)
      : top{sides.height},
        left{sides.width},
        bottom{sides.height},
        right{sides.width},
        front{sides.depth},
        back{sides.depth} {}

  /// What lies before, and behind, along each axis.
  [[nodiscard]] constexpr Spatial before() const { return {front, top, left}; }
  [[nodiscard]] constexpr Spatial behind() const { return {back, bottom, right}; }
  constexpr bool operator==(const Padding&) const = default;
};

/// An input of the network; has no operand.
struct InputOp {
  TensorShape shape{1, 1, 1};
  /// Whole numbers from 0 to below this, such as the positions of words in a vocabulary; 0: reals.
  std::int64_t below{0};
};
/// A tensor that is stored with the weights, one for all samples: a class token, places'
/// embeddings, a mask; has no operand.
struct ParameterOp {
  TensorShape shape{1};
  std::int64_t trained{0};  ///< trained numbers that it is made of; 0: it is a constant
};
/// Convolution over `[channels × (depth ×) (height ×) width]`, zero padding.
struct ConvOp {
  std::int64_t out_channels{0};
  Spatial kernel;
  Spatial stride;
  Padding padding;
  std::int64_t groups{1};  ///< divides the input and the output channels
  Spatial dilation;        ///< steps between the pixels that a kernel sees
  bool bias{false};
  std::int64_t weight_bits{0};  ///< that a number of the kernel takes, 2..16; 0: it is a real
};
/// Transposed convolution over as many axes as a ConvOp: what undoes its stride.
struct ConvTransposeOp {
  std::int64_t out_channels{0};
  Spatial kernel;
  Spatial stride;
  Spatial padding{0};
  /// Of the output; less than `stride` above the least that the other numbers give.
  std::int64_t height{1};
  std::int64_t width{1};
  std::int64_t groups{1};  ///< divides the input and the output channels
  bool bias{false};
  std::int64_t weight_bits{0};  ///< that a number of the kernel takes, 2..16; 0: it is a real
  std::int64_t depth{1};        ///< of the output, as height and width

  /// Places of the output.
  [[nodiscard]] constexpr Spatial size() const { return {depth, height, width}; }
};
/// Batch normalisation with one scale and one shift a channel.
struct BatchNormOp {
  double epsilon{1e-5};  ///< added to the variance; PyTorch's default, and torchvision's mostly
};
/// Layer normalisation over the last axes (Ba et al. 2016), with a scale and a shift for each place
/// in them.
struct LayerNormOp {
  std::int64_t axes{1};  ///< how many of the last
  double epsilon{1e-5};  ///< added to the variance
  bool affine{true};     ///< whether there are scales and shifts
};
/// Normalisation of groups of channels, each with all its places (Wu and He 2018); with a group for
/// each channel, instance normalisation. Scales and shifts are by channel.
struct GroupNormOp {
  std::int64_t groups{1};  ///< divides the channels
  double epsilon{1e-5};    ///< added to the variance
  bool affine{true};       ///< whether there are scales and shifts
};
/// max(0, x), element by element.
struct ReluOp {};
/// min(max(0, x), 6), element by element (MobileNet).
struct Relu6Op {};
/// A function of an element at a time, beside ReLU and ReLU6. As PyTorch defines them.
struct ActivationOp {
  enum class Kind {
    kSigmoid,
    kHardSigmoid,
    kHardSwish,
    kSilu,
    kTanh,
    kLeakyRelu,  ///< x where x > 0, else slope · x
    kElu,        ///< x where x > 0, else slope · (eˣ − 1)
    kSelu,
    kGelu,      ///< x · Φ(x)
    kGeluTanh,  ///< its approximation by a hyperbolic tangent
    kMish,
    kSoftplus,
    kExp,
    kLog,
    kSqrt,
    kAbs,
    kErf,  ///< the error function
    kSin,
    kCos,
    kPower,  ///< x^slope
    kFloor,
  };
  Kind kind{Kind::kSigmoid};
  double slope{0};  ///< of kLeakyRelu and kElu; the exponent of kPower
};
/// x where x > 0, else a trained slope of its channel · x (He et al. 2015).
struct PreluOp {
  bool shared{false};  ///< one slope for all channels
};
/// min(max(least, x), most), element by element.
struct ClampOp {
  double least{0};
  double most{1};
};
/// Maximum over a window; the padding, less than a window on each side, never wins.
struct MaxPoolOp {
  Spatial kernel{2};
  Spatial stride{2};
  Padding padding;
  bool ceil{false};  ///< a last window that hangs over the edge counts (Caffe), else it does not
};
/// Mean over a window; the padding is less than a window on each side.
struct AvgPoolOp {
  Spatial kernel{2};
  Spatial stride{2};
  Padding padding;
  bool count_padding{true};  ///< the padding's zeros are in the mean (PyTorch), else they are not
};
/// Mean over all places, to `[channels × 1 × 1]`.
struct GlobalAvgPoolOp {};
/// Mean or maximum over windows that share the places out evenly: window i of n along an axis of s
/// places goes from ⌊i · s / n⌋ to before ⌈(i + 1) · s / n⌉.
struct AdaptivePoolOp {
  Spatial size;  ///< of the output
  bool maximum{false};
};
/// Element-wise sum of two tensors of one shape, or of which one is repeated along axes of size 1.
struct AddOp {};
/// Element-wise product of two tensors, likewise, or of one with a flat vector of a number for each
/// of its channels (squeeze and excitation).
struct MultiplyOp {};
/// Another function of two elements at a time, one of each tensor, likewise.
struct CombineOp {
  enum class Kind {
    kSubtract,
    kDivide,
    kMaximum,
    kMinimum,
    kLess,     ///< 1 where the first is less, else 0
    kGreater,  ///< likewise
    kEqual,    ///< likewise
  };
  Kind kind{Kind::kSubtract};
};
/// The second tensor's element where the first's is not 0, else the third's; shapes as AddOp's.
struct SelectOp {};
/// Tensors that differ along one axis at most, one behind the other along it.
struct ConcatOp {
  std::int64_t axis{0};  ///< 0: the channels
};
/// The shortcut of a stage change that has no weights: each `stride`-th row and column, and zero
/// channels, as many before as behind, up to `channels` (He et al. 2016, option A).
struct ZeroPadShortcutOp {
  std::int64_t channels{0};
  std::int64_t stride{1};
};
/// To one flat vector, channels first.
struct FlattenOp {};
/// The same numbers in the same order along other axes.
struct ReshapeOp {
  TensorShape shape;  ///< of the output, with as many elements
};
/// The same numbers with the axes in another order.
struct TransposeOp {
  std::vector<std::int64_t> order;  ///< axis i of the output is axis order[i] of the input
};
/// The places `begin`, `begin + step`, … before `end` along one axis.
struct SliceOp {
  std::int64_t axis{0};
  std::int64_t begin{0};
  std::int64_t end{1};
  std::int64_t step{1};  ///< >= 1
};
/// More places along one axis, before and behind.
struct PadOp {
  enum class Mode {
    kConstant,  ///< of one number
    kReflect,   ///< mirrored at the first and the last place, which come once
    kEdge,      ///< the first and the last place again and again
  };
  std::int64_t axis{0};
  std::int64_t before{0};
  std::int64_t behind{0};
  Mode mode{Mode::kConstant};
  double value{0};  ///< of kConstant
};
/// Axes of size 1 repeated to the sizes of a shape with as many axes.
struct ExpandOp {
  TensorShape shape;  ///< of the output
};
/// One number of all along some axes.
struct ReduceOp {
  enum class Kind {
    kMean,
    kSum,
    kMaximum,
    kMinimum,
  };
  Kind kind{Kind::kMean};
  std::vector<std::int64_t> axes;  ///< ascending
  bool keep{false};                ///< whether they stay, of size 1
};
/// Fully connected layer over a flat vector, to another; or over the last axis of a tensor, at each
/// place of the others.
struct LinearOp {
  std::int64_t out_features{0};
  bool bias{true};
  std::int64_t weight_bits{0};  ///< that a number of the matrix takes, 2..16; 0: it is a real
};
/// Matrix products over the last two axes, `[… × m × k] · [… × k × n]`; the other axes as AddOp's.
struct MatMulOp {};
/// The rows of a trained table that whole numbers name: one more axis, of the features.
struct EmbeddingOp {
  std::int64_t entries{0};
  std::int64_t features{0};
  std::int64_t weight_bits{0};  ///< that a number of the table takes, 2..16; 0: it is a real
};
/// A recurrent network over a sequence `[places × features]`, to the hidden states of its last
/// layer at each place, those of both ways one behind the other. Begins with zeros. As PyTorch's.
struct RecurrentOp {
  enum class Kind {
    kRnnTanh,
    kRnnRelu,
    kGru,
    kLstm,
  };
  Kind kind{Kind::kLstm};
  std::int64_t features{0};  ///< of a hidden state
  std::int64_t layers{1};
  bool both_ways{false};  ///< bidirectional
  bool bias{true};
  /// Whether the output also has, behind the places, the last hidden states of each layer, and of
  /// an LSTM then those of each layer's cells.
  bool states{false};

  /// Matrices that an input is multiplied with.
  [[nodiscard]] constexpr std::int64_t gates() const {
    constexpr std::int64_t kOfGru = 3;
    constexpr std::int64_t kOfLstm = 4;
    return kind == Kind::kLstm ? kOfLstm : kind == Kind::kGru ? kOfGru : 1;
  }
  [[nodiscard]] constexpr std::int64_t ways() const { return both_ways ? 2 : 1; }
  /// Rows of the output behind the places.
  [[nodiscard]] constexpr std::int64_t state_rows() const {
    return states ? layers * (kind == Kind::kLstm ? 2 : 1) : 0;
  }
};
/// Over one axis.
struct SoftmaxOp {
  std::int64_t axis{0};  ///< 0: the channels, or a flat vector
};

/// factor · x + offset, element by element, of two fixed numbers: weights are a batch norm's.
struct ScaleOp {
  double factor{1};
  double offset{0};
};

/// x / (offset + factor / size · s)^exponent, where s is the sum of x² over `size` channels around
/// the element's, as far as there are (Krizhevsky et al. 2012, section 3.3, whose α is factor /
/// size).
struct LocalNormOp {
  std::int64_t size{5};  ///< odd
  double factor{1e-4};
  double exponent{0.75};
  double offset{1};
};

/// A picture of another height and width, pixel by pixel from the pixels around: as PyTorch's
/// interpolate.
struct ResizeOp {
  enum class Method {
    kNearest,          ///< the pixel above and left of the place
    kBilinear,         ///< of the four around; pixels are squares
    kBilinearCorners,  ///< likewise; pixels are points, and the corners' stay (align_corners)
    kBicubic,          ///< of the sixteen around; pixels are squares
    kBicubicCorners,   ///< likewise; pixels are points, and the corners' stay (align_corners)
  };
  std::int64_t height{1};  ///< of the output
  std::int64_t width{1};   ///< of the output
  Method method{Method::kNearest};
};

/// What earlier runs left of a tensor, along one axis before that of this run: the keys and values
/// of the places that a decoder has read (docs/models/generation.md). Holds it where it runs, so
/// that no cut carries it.
struct CacheOp {
  std::int64_t axis{0};
  std::int64_t places{0};  ///< along the axis, of earlier runs; >= 0
};
/// Places of one axis in another order, or again and again.
struct IndexOp {
  std::int64_t axis{0};
  std::vector<std::int64_t> places;  ///< of the input, one for each place of the output
};

/// The whole numbers that a quantised tensor is held as. A real x is round(x / scale) + zero, where
/// round goes to the nearest whole number and from the middle of two to the even one, cut off at
/// the least and the greatest; it is read as scale · (whole number − zero).
/// Source: ONNX, operators QuantizeLinear and DequantizeLinear; PyTorch's quantize_per_tensor.
struct Levels {
  double scale{1};       ///< between two levels: a positive 32-bit float
  std::int64_t zero{0};  ///< the whole number that stands for 0
  std::int64_t bits{8};  ///< that each takes, 2..16
  bool is_signed{false};
  /// Whether scale and zero follow from the range of each sample instead, 0 being in it.
  /// Source: PyTorch's ChooseQuantizationParams.
  bool by_range{false};
  /// Of `by_range`: only half of the levels are used, as kernels want that add up in 16 bits
  /// (PyTorch's reduce_range).
  bool halved{false};

  [[nodiscard]] constexpr std::int64_t least() const {
    return is_signed ? -(std::int64_t{1} << (bits - 1)) : 0;
  }
  [[nodiscard]] constexpr std::int64_t greatest() const {
    return least() + (std::int64_t{1} << bits) - 1;
  }
  constexpr bool operator==(const Levels&) const = default;
};

/// Each element as the nearest level has it: the tensor is held as whole numbers from here on.
struct QuantizeOp {
  Levels levels;
};
/// A part of a network that is known by what goes in and what comes out alone: non-maximum
/// suppression, the regions of a detector, branches that hang on the picture. Takes one operand or
/// more. What is said of it is of the run in which it was counted, or as the user has it.
struct OpaqueOp {
  TensorShape shape;           ///< of the output, which is filled up with zeros to it
  std::string what;            ///< for people, e.g. "torchvision::nms and 57 other operations"
  std::int64_t macs{0};        ///< of its products
  std::int64_t parameters{0};  ///< trained numbers that it reads, and no layer beside it
};

/// Any operation; a layer has one.
using LayerOp =
    std::variant<InputOp, ConvOp, ConvTransposeOp, BatchNormOp, ReluOp, Relu6Op, ActivationOp,
                 MaxPoolOp, AvgPoolOp, GlobalAvgPoolOp, AddOp, MultiplyOp, ConcatOp,
                 ZeroPadShortcutOp, FlattenOp, LinearOp, SoftmaxOp, ScaleOp, LocalNormOp, ResizeOp,
                 ParameterOp, LayerNormOp, GroupNormOp, PreluOp, ClampOp, AdaptivePoolOp, CombineOp,
                 SelectOp, ReshapeOp, TransposeOp, SliceOp, PadOp, ExpandOp, ReduceOp, MatMulOp,
                 EmbeddingOp, RecurrentOp, CacheOp, QuantizeOp, IndexOp, OpaqueOp>;

/// Lower-case name of the operation's kind, as tables print it: "conv", "batch_norm", "hardswish",
/// …
std::string_view kind_name(const LayerOp& op);

/// What follows from an operation and the shapes of its operands, for one sample.
struct Inferred {
  TensorShape shape;           ///< of the output
  std::int64_t macs{0};        ///< multiply-accumulates of products
  std::int64_t parameters{0};  ///< trained numbers
};

/// Infers shape, MACs and parameters.
/// @throws std::invalid_argument if the shapes do not fit the operation, or the layer is beyond
///         2⁴⁰ elements or parameters, or 2⁴⁵ MACs
Inferred infer(const LayerOp& op, const std::vector<TensorShape>& operands);

/// A tensor's shape, and which of its axes are channels or features, where that is known.
struct Axes {
  TensorShape shape;
  std::optional<std::size_t> channels;
};
/// Which axis of a layer's output are the channels, or the features at each place.
/// @param out of the layer, as `infer` has it
std::optional<std::size_t> channel_axis(const LayerOp& op, const std::vector<Axes>& operands,
                                        const TensorShape& out);

/// The levels that a layer's output lies on, so that it can be held as whole numbers: of a
/// quantisation its own; of what only moves elements, picks some or fills up with zeros, and of a
/// ReLU, its operands', where those have the same; nothing for all else.
/// @param operands the levels of each
std::optional<Levels> levels_of(const LayerOp& op,
                                const std::vector<std::optional<Levels>>& operands);

/// The bits that a number of a layer's weights takes, its biases apart; 0: they are reals.
std::int64_t weight_bits(const LayerOp& op);

/// How many of a shape's axes a window moves along: all but the channels; a flat vector is a
/// picture of one row and column.
/// @throws std::invalid_argument if there are more than three
std::size_t window_axes(const TensorShape& shape);

/// Whether a linear layer takes the whole tensor as one flat vector, as it does a picture of one
/// row and column; else the last axis of it.
bool is_flat(const TensorShape& shape);

/// One of the weights that a layer is stored with: "weight", "bias", "running_mean", …; without a
/// name, it is called as the layer itself.
struct WeightShape {
  std::string name;
  std::vector<std::int64_t> sizes;
};
/// Source: PyTorch's modules, whose names and sizes these are.
/// @param operands of a layer that `infer` accepts
std::vector<WeightShape> weight_shapes(const LayerOp& op, const std::vector<TensorShape>& operands);

}  // namespace papilio
