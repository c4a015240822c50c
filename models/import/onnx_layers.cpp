#include "models/import/onnx_layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "models/import/onnx_node.hpp"
#include "models/import/onnx_part.hpp"
#include "models/import/onnx_parts.hpp"
#include "models/import/onnx_quantised.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

/// A number for each axis of a window, from an attribute; as many as it has.
Spatial spatial(const std::vector<std::int64_t>& numbers, const char* what) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  for (const std::int64_t number : numbers) {
    if (number < 1 || number > kMost) throw Unsupported{fmt::format("{} of no size", what)};
  }
  switch (numbers.size()) {
    case 1:
      return numbers[0];  // along the other axes, which there are not, it does not matter
    case 2:
      if (numbers[0] == numbers[1]) return numbers[0];
      return {numbers[0], numbers[1]};
    case 3:
      return {numbers[0], numbers[1], numbers[2]};
    default:
      throw Unsupported{fmt::format("{} of {} axes", what, numbers.size())};
  }
}

/// Padding that says the same of axes that there are not, if all others have the same.
Padding plain_padding(const Padding& around, std::size_t axes) {
  const std::int64_t all = around.left;
  Padding even{all};
  if (axes == 1) return around.right == all ? even : around;
  const bool same = axes == 2 && around.right == all && around.top == all && around.bottom == all;
  return same ? even : around;
}

/// Makes layers of the operations.
class OnnxImporter : public OnnxQuantised {
 public:
  OnnxImporter(const onnx::GraphProto& graph, std::int64_t opset,
               const std::vector<OnnxInput>& inputs)
      : OnnxQuantised{graph, opset, inputs} {
    for (const Node& node : graph.node()) visit(node);
  }

 private:
  using Convert = void (OnnxImporter::*)(const Node&);
  using Kind = ActivationOp::Kind;
  using Pair = CombineOp::Kind;
  using Reduction = ReduceOp::Kind;

  static const std::map<std::string, Convert>& converters() {
    static const std::map<std::string, Convert> kConverters{
        {"Conv", &OnnxImporter::convolution},
        {"ConvTranspose", &OnnxImporter::transposed_convolution},
        {"BatchNormalization", &OnnxImporter::batch_norm},
        {"InstanceNormalization", &OnnxImporter::instance_norm},
        {"GroupNormalization", &OnnxImporter::group_norm},
        {"LayerNormalization", &OnnxImporter::layer_norm},
        {"LSTM", &OnnxImporter::recurrent},
        {"GRU", &OnnxImporter::recurrent},
        {"RNN", &OnnxImporter::recurrent},
        {"Relu", &OnnxImporter::plain<ReluOp>},
        {"PRelu", &OnnxImporter::prelu},
        {"Clip", &OnnxImporter::clip},
        {"Sigmoid", &OnnxImporter::activation<Kind::kSigmoid>},
        {"HardSigmoid", &OnnxImporter::hard_sigmoid},
        {"HardSwish", &OnnxImporter::activation<Kind::kHardSwish>},
        {"Tanh", &OnnxImporter::activation<Kind::kTanh>},
        {"Softplus", &OnnxImporter::activation<Kind::kSoftplus>},
        {"Mish", &OnnxImporter::activation<Kind::kMish>},
        {"LeakyRelu", &OnnxImporter::leaky_relu},
        {"Elu", &OnnxImporter::elu},
        {"Selu", &OnnxImporter::selu},
        {"Gelu", &OnnxImporter::gelu},
        {"Abs", &OnnxImporter::activation<Kind::kAbs>},
        {"Exp", &OnnxImporter::activation<Kind::kExp>},
        {"Log", &OnnxImporter::activation<Kind::kLog>},
        {"Sqrt", &OnnxImporter::activation<Kind::kSqrt>},
        {"Erf", &OnnxImporter::activation<Kind::kErf>},
        {"Sin", &OnnxImporter::activation<Kind::kSin>},
        {"Cos", &OnnxImporter::activation<Kind::kCos>},
        {"Floor", &OnnxImporter::activation<Kind::kFloor>},
        {"Neg", &OnnxImporter::negate},
        {"Not", &OnnxImporter::invert},
        {"Reciprocal", &OnnxImporter::reciprocal},
        {"Pow", &OnnxImporter::power},
        {"LRN", &OnnxImporter::local_norm},
        {"MaxPool", &OnnxImporter::max_pool},
        {"AveragePool", &OnnxImporter::average_pool},
        {"GlobalAveragePool", &OnnxImporter::global_average},
        {"GlobalMaxPool", &OnnxImporter::global_maximum},
        {"ReduceMean", &OnnxImporter::reduce<Reduction::kMean>},
        {"ReduceSum", &OnnxImporter::reduce<Reduction::kSum>},
        {"ReduceMax", &OnnxImporter::reduce<Reduction::kMaximum>},
        {"ReduceMin", &OnnxImporter::reduce<Reduction::kMinimum>},
        {"ReduceSumSquare", &OnnxImporter::reduce_squares},
        {"ReduceL1", &OnnxImporter::reduce_absolutes},
        {"ReduceL2", &OnnxImporter::reduce_length},
        {"Pad", &OnnxImporter::pad},
        {"Resize", &OnnxImporter::resize},
        {"DepthToSpace", &OnnxImporter::depth_to_space},
        {"SpaceToDepth", &OnnxImporter::space_to_depth},
        {"Add", &OnnxImporter::add},
        {"Sum", &OnnxImporter::sum},
        {"Sub", &OnnxImporter::subtract},
        {"Mul", &OnnxImporter::multiply},
        {"Div", &OnnxImporter::divide},
        {"Min", &OnnxImporter::extreme<Pair::kMinimum>},
        {"Max", &OnnxImporter::extreme<Pair::kMaximum>},
        {"Less", &OnnxImporter::compare<Pair::kLess>},
        {"Greater", &OnnxImporter::compare<Pair::kGreater>},
        {"Equal", &OnnxImporter::compare<Pair::kEqual>},
        {"LessOrEqual", &OnnxImporter::compare_not<Pair::kGreater>},
        {"GreaterOrEqual", &OnnxImporter::compare_not<Pair::kLess>},
        {"And", &OnnxImporter::both},
        {"Or", &OnnxImporter::either},
        {"Where", &OnnxImporter::where},
        {"Concat", &OnnxImporter::concat},
        {"Split", &OnnxImporter::split},
        {"Slice", &OnnxImporter::slice},
        {"Gather", &OnnxImporter::gather},
        {"Expand", &OnnxImporter::expand},
        {"Tile", &OnnxImporter::tile},
        {"Transpose", &OnnxImporter::transpose},
        {"Flatten", &OnnxImporter::flatten},
        {"Reshape", &OnnxImporter::reshape},
        {"Squeeze", &OnnxImporter::squeeze},
        {"Unsqueeze", &OnnxImporter::unsqueeze},
        {"Gemm", &OnnxImporter::gemm},
        {"MatMul", &OnnxImporter::matrix_product},
        {"Einsum", &OnnxImporter::einsum},
        {"Softmax", &OnnxImporter::softmax},
        {"LogSoftmax", &OnnxImporter::log_softmax},
        {"Cast", &OnnxImporter::cast},
        {"Identity", &OnnxImporter::identity},
        {"Dropout", &OnnxImporter::dropout},
        {"QuantizeLinear", &OnnxImporter::quantize},
        {"DequantizeLinear", &OnnxImporter::dequantize},
        {"DynamicQuantizeLinear", &OnnxImporter::quantize_by_range},
        {"QLinearConv", &OnnxImporter::quantised_convolution},
        {"QLinearMatMul", &OnnxImporter::quantised_product},
        {"MatMulInteger", &OnnxImporter::integer_product}};
    return kConverters;
  }

  void visit(const Node& node) {
    begin(node);
    const std::string operation = operation_of(node);
    const auto known = converters().find(operation);
    const bool folds = OnnxConstants::knows(operation);
    try {
      if (operation == "Constant" && node.output_size() == 1) note_stated(node.output(0));
      if (folds && constants_.fold(node, [&](const auto& name) { return dims_of(name); })) return;
      if (folds && hangs_on_unknown_numbers(node)) throw FollowsUnknown{};
      if (known == converters().end()) throw Unsupported{""};
      if (node.output_size() == 0) throw Unsupported{"no output"};
      require_no_whole_numbers(node);
      require_samples_apart(node);
      (this->*known->second)(node);
      return;
    } catch (const Unsupported& reason) {
      const std::string what = reason.what();
      layers_.add_unknown(what.empty() ? operation : fmt::format("{} with {}", operation, what));
    } catch (const FollowsUnknown&) {
      if (hangs_on_unknown_numbers(node)) return lose_numbers(node);
    } catch (const std::invalid_argument& error) {
      if (!layers_.has_unknown()) {
        throw std::invalid_argument{
            fmt::format("{} '{}': {}", node.op_type(), printable(node.name()), error.what())};
      }
    }
    lose(node);
  }

  // What a node says.

  /// What lies around, from the node's attributes.
  [[nodiscard]] Padding padding(const Node& node, const Tensor& from, const Spatial& kernel,
                                const Spatial& stride, std::size_t axes) const {
    const std::string automatic = text_of(node, "auto_pad", "NOTSET");
    if (automatic == "VALID") return {};
    if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
      if (from.layer == kNoLayer) return {};  // nobody will know
      return plain_padding(same_padding(from.dims, kernel, stride, automatic == "SAME_LOWER"),
                           axes);
    }
    if (automatic != "NOTSET" && !automatic.empty()) {
      throw Unsupported{fmt::format("auto_pad '{}'", automatic)};
    }
    const Numbers pads = numbers_of(node, "pads", Numbers(2 * axes, 0));
    if (pads.size() != 2 * axes) throw Unsupported{fmt::format("pads of {} numbers", pads.size())};
    Padding around;
    around.left = pads[axes - 1];
    around.right = pads[2 * axes - 1];
    if (axes > 1) around.top = pads[axes - 2];
    if (axes > 1) around.bottom = pads[2 * axes - 2];
    if (axes > 2) around.front = pads[0];
    if (axes > 2) around.back = pads[axes];
    return plain_padding(around, axes);
  }
  static Spatial numbers_along(const Node& node, const char* name, std::size_t axes,
                               const char* what) {
    const Numbers numbers = numbers_of(node, name, Numbers(axes, 1));
    if (numbers.size() != axes)
      throw Unsupported{fmt::format("{} of {} axes", what, numbers.size())};
    return spatial(numbers, what);
  }
  static Spatial dilation(const Node& node, std::size_t axes) {
    constexpr std::int64_t kMost = std::int64_t{1} << 20;
    const Spatial steps = numbers_along(node, "dilations", axes, "a dilation");
    if (std::max({steps.depth, steps.height, steps.width}) > kMost) {
      throw Unsupported{"a dilation of no size"};
    }
    return steps;
  }
  static void refuse_dilation(const Node& node, std::size_t axes) {
    if (dilation(node, axes) != Spatial{1}) throw Unsupported{"dilation"};
  }
  static Spatial stride(const Node& node, std::size_t axes) {
    return numbers_along(node, "strides", axes, "a stride");
  }
  /// What a kernel sees from end to end.
  static Spatial extent(const Spatial& kernel, const Spatial& steps) {
    constexpr std::int64_t kMost = std::int64_t{1} << 40;
    const auto along = [](std::int64_t size, std::int64_t step) {
      if (size > kMost) throw Unsupported{"a kernel that is larger than can be counted"};
      return (size - 1) * step + 1;
    };
    return {along(kernel.depth, steps.depth), along(kernel.height, steps.height),
            along(kernel.width, steps.width)};
  }
  /// A tensor with channels, and so many axes behind them.
  static void require_axes(const Tensor& from, std::size_t axes) {
    if (from.layer == kNoLayer || from.rank() == axes + 2) return;
    if (from.rank() == kFlatRank) throw Unsupported{"a flat tensor"};
    throw Unsupported{fmt::format("a tensor of {} dimensions", from.rank())};
  }
  /// The batch, then what a layer of pictures made.
  void make_picture(const Node& node, LayerId id) { make(node.output(0), with_batch(id, 0)); }

  // What it makes.

  void quantised_convolution(const Node& node) {
    convolution(with_reals(node));
    quantize(with_levels(node));
  }
  void quantised_product(const Node& node) {
    matrix_product(with_reals(node));
    quantize(with_levels(node));
  }
  void convolution(const Node& node) {
    const OnnxConstant& kernel = weight(node, 1);
    if (kernel.dims.size() < 3 || kernel.dims.size() > 5) {
      throw Unsupported{fmt::format("weights of {} dimensions", kernel.dims.size())};
    }
    const std::size_t axes = kernel.dims.size() - 2;
    const Spatial size = spatial({kernel.dims.begin() + 2, kernel.dims.end()}, "a kernel");
    const Spatial steps = dilation(node, axes);
    const Spatial step = stride(node, axes);
    const Tensor from = bordered(node);
    require_axes(from, axes);
    const Padding border = from.border;  // of a Pad before it: more of its own
    Padding around = padding(node, from, extent(size, steps), step, axes);
    const bool automatic = text_of(node, "auto_pad", "NOTSET").starts_with("SAME");
    if (automatic && border != Padding{}) throw Unsupported{"a border before auto_pad"};
    for (std::int64_t Padding::*side :
         {&Padding::top, &Padding::left, &Padding::bottom, &Padding::right}) {
      if (__builtin_add_overflow(around.*side, border.*side, &(around.*side))) {
        throw Unsupported{"pads that are larger than can be counted"};
      }
    }
    if (border != Padding{}) {
      around.front = around.back = 0;
      around = plain_padding(around, axes);
    }
    make_picture(node, add_weighted(node,
                                    ConvOp{.out_channels = kernel.dims[0],
                                           .kernel = size,
                                           .stride = step,
                                           .padding = around,
                                           .groups = number_of(node, "group", 1),
                                           .dilation = steps,
                                           .bias = has_input(node, 2),
                                           .weight_bits = kernel.weight_bits()},
                                    channels_first_or_none(from), {"weight", "bias"}));
  }
  /// None where nothing is known of a tensor: what its reader says is looked at all the same.
  LayerId channels_first_or_none(const Tensor& from) {
    return from.layer == kNoLayer ? kNoLayer : channels_first(from);
  }
  /// Of a picture, or of a sequence as a picture of one row.
  void transposed_convolution(const Node& node) {
    const OnnxConstant& kernel = weight(node, 1);
    if (kernel.dims.size() != 3 && kernel.dims.size() != kPictureRank) {
      throw Unsupported{fmt::format("weights of {} dimensions", kernel.dims.size())};
    }
    const std::size_t axes = kernel.dims.size() - 2;
    const bool row = axes == 1;
    const auto of_picture = [&](const Spatial& along, std::int64_t none) {
      return row ? Spatial{none, along.width} : along;
    };
    const Spatial size =
        of_picture(spatial({kernel.dims.begin() + 2, kernel.dims.end()}, "a kernel"), 1);
    refuse_dilation(node, axes);
    const Spatial step = of_picture(stride(node, axes), 1);
    const std::string automatic = text_of(node, "auto_pad", "NOTSET");
    if (find_attribute(node, "output_shape") != nullptr || automatic != "NOTSET") {
      throw Unsupported{"padding that depends on the size"};
    }
    Tensor from = operand(node);
    require_axes(from, axes);
    const Padding around = padding(node, from, size, step, axes);
    if (around.before() != around.behind()) {
      throw Unsupported{"padding that differs from side to side"};
    }
    const Spatial border = of_picture(around.before(), 0);
    Numbers more = numbers_of(node, "output_padding", Numbers(axes, 0));
    if (more.size() != axes) throw Unsupported{"output_padding of other axes"};
    if (from.layer == kNoLayer) throw FollowsUnknown{};
    if (row) {
      more.insert(more.begin(), 0);
      from.dims.insert(from.dims.begin() + 2, 1);
    }
    const auto output = [&](std::size_t axis, std::int64_t input, std::int64_t extra) {
      constexpr std::int64_t kMost = std::int64_t{1} << 20;
      if (std::max({size[axis], step[axis], border[axis], extra, input}) > kMost ||
          std::min(border[axis], extra) < 0) {
        throw Unsupported{"sizes that are larger than can be counted"};
      }
      return (input - 1) * step[axis] - 2 * border[axis] + size[axis] + extra;
    };
    const std::int64_t groups = number_of(node, "group", 1);
    constexpr std::int64_t kMostGroups = std::int64_t{1} << 20;
    if (groups < 1 || groups > kMostGroups || kernel.dims[1] > kMostGroups) {
      throw Unsupported{"groups that do not divide the channels"};
    }
    const ConvTransposeOp op{.out_channels = kernel.dims[1] * groups,
                             .kernel = size,
                             .stride = step,
                             .padding = border,
                             .height = output(1, from.dims[2], more[0]),
                             .width = output(2, from.dims[3], more[1]),
                             .groups = groups,
                             .bias = has_input(node, 2),
                             .weight_bits = kernel.weight_bits()};
    const LayerId id = add_weighted(node, op, channels_first(from), {"weight", "bias"});
    Tensor to = with_batch(id, 0);
    if (row) to.dims.erase(to.dims.begin() + 2);
    make(node.output(0), to);
  }
  void batch_norm(const Node& node) {
    if (number_of(node, "training_mode", 0) != 0 || number_of(node, "is_test", 1) == 0) {
      throw Unsupported{"statistics of the batch; export the model in evaluation: model.eval()"};
    }
    if (number_of(node, "spatial", 1) != 1) throw Unsupported{"numbers for each pixel"};
    for (const int i : {1, 2, 3, 4}) static_cast<void>(weight(node, i, 1));
    const Tensor from = operand(node);
    const LayerId id = add_weighted(node, BatchNormOp{.epsilon = real_of(node, "epsilon", 1e-5)},
                                    channels_first_or_none(from),
                                    {"weight", "bias", "running_mean", "running_var"});
    make(node.output(0), {id, from.dims, {}, from.type});
  }
  /// Whether a constant repeats a number, as of norms without scales and shifts.
  bool repeats(const OnnxConstant& constant, double number) {
    const std::vector<double> values = constants_.reals(constant);
    return std::all_of(values.begin(), values.end(), [&](double one) { return one == number; });
  }
  void grouped_norm(const Node& node, std::int64_t groups) {
    const OnnxConstant& scale = weight(node, 1, 1);
    const OnnxConstant& shift = weight(node, 2, 1);
    const Tensor from = real_operand(node);
    GroupNormOp op{.groups = groups, .epsilon = real_of(node, "epsilon", 1e-5)};
    const LayerId layer = channels_first(from);
    if (from.rank() < 3) throw Unsupported{"a tensor without places"};
    LayerId id = kNoLayer;
    if (repeats(scale, 1) && repeats(shift, 0) && !scale.name.ends_with(".weight")) {
      op.affine = false;
      id = push(op, {layer});
    } else {
      id = add_norm(op, layer, module_of(node, scale.label), scale, shift);
    }
    make(node.output(0), {id, from.dims, {}, from.type});
  }
  void instance_norm(const Node& node) {
    const Tensor from = operand(node);
    if (from.layer == kNoLayer) throw FollowsUnknown{};
    if (from.rank() < 2) throw Unsupported{"a tensor without channels"};
    grouped_norm(node, from.dims[1]);
  }
  void group_norm(const Node& node) { grouped_norm(node, number_of(node, "num_groups", 0)); }
  void layer_norm(const Node& node) {
    const OnnxConstant& scale = weight(node, 1);
    const OnnxConstant* shift = find_constant(node, 2);
    if (has_input(node, 2) && shift == nullptr) throw Unsupported{"shifts known in the run only"};
    const Tensor from = real_operand(node);
    if (from.layer == kNoLayer) throw FollowsUnknown{};
    const auto axis = axis_of(number_of(node, "axis", -1), from.rank());
    const OnnxDims over{from.dims.begin() + axis, from.dims.end()};
    if (scale.dims != over || (shift != nullptr && shift->dims != over)) {
      throw Unsupported{"scales of other dimensions"};
    }
    std::set<std::size_t> kept;
    for (auto at = static_cast<std::size_t>(axis); at < from.rank(); ++at) kept.insert(at);
    const LayerId layer = sample_of(from, kept).layers.front();
    LayerNormOp op{.axes = static_cast<std::int64_t>(over.size()),
                   .epsilon = real_of(node, "epsilon", 1e-5),
                   .affine = shift != nullptr};
    if (shift != nullptr) {
      const LayerId id = add_norm(op, layer, module_of(node, scale.label), scale, *shift);
      return make(node.output(0), {id, from.dims, {}, from.type});
    }
    const Tensor norm{push(op, {layer}), from.dims, {}, from.type};
    combine(node, MultiplyOp{}, {{norm, nullptr, norm.dims}, any_operand(node, 1)});
  }
  void prelu(const Node& node) {
    const OnnxConstant& slope = weight(node, 1);
    const Tensor from = real_operand(node);
    const LayerId layer = channels_first(from);
    OnnxDims dims = slope.dims;
    if (dims.size() > from.rank()) throw Unsupported{"slopes of other dimensions"};
    dims.insert(dims.begin(), from.rank() - dims.size(), 1);
    const std::int64_t count = slope.count();
    const bool shared = count == 1;
    if (!shared && (dims[1] != from.dims[1] || count != dims[1])) {
      throw Unsupported{"slopes that are not one for each channel"};
    }
    const LayerId id = add_computed(PreluOp{shared}, layer, module_of(node, slope.label),
                                    fmt::format("slope {} {}", slope.label, slope.source));
    if (count != layers_.parameters(id)) throw Unsupported{"slopes that do not fit"};
    keep_part(id, "weight", {count}, why_no_floats(slope), [&] { return floats_of(slope); });
    make(node.output(0), {id, from.dims, {}, from.type});
  }
  void local_norm(const Node& node) {
    const LocalNormOp op{.size = number_of(node, "size", 0),
                         .factor = real_of(node, "alpha", 1e-4),
                         .exponent = real_of(node, "beta", 0.75),
                         .offset = real_of(node, "bias", 1)};
    if (op.size < 1 || op.size % 2 == 0) throw Unsupported{"an even number of channels"};
    const Tensor from = operand(node);
    make(node.output(0), {push(op, {channels_first(from)}), from.dims, {}, from.type});
  }
  /// A pool's window and how it moves.
  struct Window {
    std::size_t axes;
    Spatial kernel;
    Spatial stride;
  };
  static Window window(const Node& node) {
    const Numbers numbers = numbers_of(node, "kernel_shape", {});
    return {numbers.size(), spatial(numbers, "a window"), stride(node, numbers.size())};
  }
  void max_pool(const Node& node) {
    const Window over = window(node);
    refuse_dilation(node, over.axes);
    const Tensor from = operand(node);
    require_axes(from, over.axes);
    const MaxPoolOp op{.kernel = over.kernel,
                       .stride = over.stride,
                       .padding = padding(node, from, over.kernel, over.stride, over.axes),
                       .ceil = number_of(node, "ceil_mode", 0) != 0};
    make_picture(node, push(op, {channels_first(from)}));
  }
  /// Whether the last window along each axis ends with the border, so that none hangs over.
  static bool ends_at_edge(const Tensor& from, const Window& over, const Padding& border) {
    constexpr std::int64_t kMost = std::int64_t{1} << 40;
    constexpr std::size_t kMostAxes = 3;
    if (from.layer == kNoLayer) return false;
    for (std::size_t i = 0; i < over.axes; ++i) {
      const std::size_t axis = kMostAxes - over.axes + i;
      const std::int64_t before = border.before()[axis];
      const std::int64_t behind = border.behind()[axis];
      if (std::min(before, behind) < 0 || std::max(before, behind) > kMost) return false;
      const std::int64_t size = from.dims[2 + i] + before + behind;
      if ((size - over.kernel[axis]) % over.stride[axis] != 0) return false;
    }
    return true;
  }
  void average_pool(const Node& node) {
    const Window over = window(node);
    const Tensor from = operand(node);
    require_axes(from, over.axes);
    const Padding border = padding(node, from, over.kernel, over.stride, over.axes);
    if (number_of(node, "ceil_mode", 0) != 0 && !ends_at_edge(from, over, border)) {
      throw Unsupported{"windows that hang over the edge"};
    }
    refuse_dilation(node, over.axes);
    const AvgPoolOp op{
        .kernel = over.kernel,
        .stride = over.stride,
        .padding = border,
        .count_padding = border == Padding{} || number_of(node, "count_include_pad", 0) != 0};
    make_picture(node, push(op, {channels_first(from)}));
  }
  /// Of sizes, or of factors that make whole ones.
  void resize(const Node& node) {
    const Tensor from = operand(node);
    require_axes(from, 2);
    if (from.layer == kNoLayer) throw FollowsUnknown{};
    const OnnxDims& dims = from.dims;
    constexpr int kScales = 2;
    constexpr int kSizes = 3;
    Numbers sizes;
    if (has_input(node, kSizes)) {
      sizes = integers(node, kSizes);
    } else {
      const OnnxConstant& scales =
          constant(node, kScales, "factors that are known in the run only");
      const std::vector<double> factors = constants_.reals(scales);
      if (factors.size() != kPictureRank) throw Unsupported{"factors of no picture"};
      for (std::size_t axis = 0; axis < kPictureRank; ++axis) {
        constexpr double kMost = 1e12;
        const double size = static_cast<double>(dims[axis]) * factors[axis];
        if (size != std::floor(size) || size < 1 || size > kMost) {
          throw Unsupported{"a factor of no whole size"};
        }
        sizes.push_back(static_cast<std::int64_t>(size));
      }
    }
    if (sizes.size() != kPictureRank || sizes[0] != 1 || sizes[1] != dims[1]) {
      throw Unsupported{"sizes other than of height and width"};
    }
    const ResizeOp op{.height = sizes[2], .width = sizes[3], .method = method_of(node)};
    make_picture(node, push(op, {layer_as(from, {dims[1], dims[2], dims[3]})}));
  }
  static ResizeOp::Method method_of(const Node& node) {
    const std::string mode = text_of(node, "mode", "nearest");
    const std::string places = text_of(node, "coordinate_transformation_mode", "half_pixel");
    if (mode == "nearest" && places == "asymmetric" &&
        text_of(node, "nearest_mode", "round_prefer_floor") == "floor") {
      return ResizeOp::Method::kNearest;
    }
    // They differ for an output of one row or column only.
    if (mode == "linear" && (places == "half_pixel" || places == "pytorch_half_pixel")) {
      return ResizeOp::Method::kBilinear;
    }
    if (mode == "linear" && places == "align_corners") return ResizeOp::Method::kBilinearCorners;
    throw Unsupported{fmt::format("mode '{}' of '{}' places", mode, places)};
  }
  void require_places(const Tensor& from) const {
    if (shape(from).rank() == 0 || from.rank() < 3) throw Unsupported{"a flat tensor"};
    if (from.rank() > 5) throw Unsupported{fmt::format("a tensor of {} dimensions", from.rank())};
  }
  void global_average(const Node& node) {
    const Tensor from = operand(node);
    require_places(from);
    make_picture(node, push(GlobalAvgPoolOp{}, {channels_first(from)}));
  }
  void global_maximum(const Node& node) {
    const Tensor from = operand(node);
    require_places(from);
    ReduceOp op{.kind = ReduceOp::Kind::kMaximum, .axes = {}, .keep = true};
    for (std::size_t axis = 2; axis < from.rank(); ++axis) {
      op.axes.push_back(static_cast<std::int64_t>(axis) - 1);
    }
    const LayerId layer = layer_as(from, sample_dims(from.dims, batch_of(from)));
    make_picture(node, push(op, {layer}));
  }
  static std::size_t batch_of(const Tensor& from) {
    if (from.dims[0] != 1) throw Unsupported{"a batch of several"};
    return 0;
  }
};

}  // namespace

OnnxGraphNetwork network_of(const onnx::GraphProto& graph, std::int64_t opset,
                            const std::optional<TensorShape>& input, const std::string& name,
                            const OpaqueRequest& opaque) {
  OnnxImporter importer{graph, opset, inputs_of(graph, input)};
  OnnxGraphNetwork result{importer.network(name, opaque), {}};
  if (!result.network.graph.opaque_layers().empty()) result.folded = importer.folded();
  return result;
}

}  // namespace papilio
