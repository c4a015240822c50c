#include "models/import/onnx_layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "models/import/onnx_node.hpp"
#include "models/import/onnx_parts.hpp"
#include "models/import/onnx_tensors.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

std::string operation_of(const onnx::NodeProto& node) {
  const bool standard = node.domain().empty() || node.domain() == "ai.onnx";
  return standard ? node.op_type() : node.domain() + "::" + node.op_type();
}

/// Makes layers of the operations.
class OnnxImporter : public OnnxTensors {
 public:
  OnnxImporter(const onnx::GraphProto& graph, std::int64_t opset,
               const std::optional<TensorShape>& input)
      : OnnxTensors{graph, input}, opset_{opset} {
    for (const Node& node : graph.node()) visit(node);
  }

 private:
  using Convert = void (OnnxImporter::*)(const Node&);

  static const std::map<std::string, Convert>& converters() {
    static const std::map<std::string, Convert> kConverters{
        {"Conv", &OnnxImporter::convolution},
        {"BatchNormalization", &OnnxImporter::batch_norm},
        {"Relu", &OnnxImporter::plain<ReluOp>},
        {"Clip", &OnnxImporter::clip},
        {"Sigmoid", &OnnxImporter::activation<ActivationOp::Kind::kSigmoid>},
        {"HardSigmoid", &OnnxImporter::hard_sigmoid},
        {"HardSwish", &OnnxImporter::activation<ActivationOp::Kind::kHardSwish>},
        {"Tanh", &OnnxImporter::activation<ActivationOp::Kind::kTanh>},
        {"Softplus", &OnnxImporter::activation<ActivationOp::Kind::kSoftplus>},
        {"Mish", &OnnxImporter::activation<ActivationOp::Kind::kMish>},
        {"LeakyRelu", &OnnxImporter::leaky_relu},
        {"Elu", &OnnxImporter::elu},
        {"Selu", &OnnxImporter::selu},
        {"LRN", &OnnxImporter::local_norm},
        {"MaxPool", &OnnxImporter::max_pool},
        {"AveragePool", &OnnxImporter::average_pool},
        {"GlobalAveragePool", &OnnxImporter::global_average},
        {"ReduceMean", &OnnxImporter::reduce_mean},
        {"Pad", &OnnxImporter::pad},
        {"Resize", &OnnxImporter::resize},
        {"Add", &OnnxImporter::add},
        {"Sum", &OnnxImporter::sum},
        {"Sub", &OnnxImporter::subtract},
        {"Mul", &OnnxImporter::multiply},
        {"Div", &OnnxImporter::divide},
        {"Concat", &OnnxImporter::concat},
        {"Flatten", &OnnxImporter::flatten},
        {"Reshape", &OnnxImporter::reshape},
        {"Squeeze", &OnnxImporter::squeeze},
        {"Unsqueeze", &OnnxImporter::unsqueeze},
        {"Gemm", &OnnxImporter::gemm},
        {"MatMul", &OnnxImporter::matrix_product},
        {"Softmax", &OnnxImporter::softmax},
        {"Cast", &OnnxImporter::cast},
        {"Identity", &OnnxImporter::identity},
        {"Dropout", &OnnxImporter::dropout}};
    return kConverters;
  }

  void visit(const Node& node) {
    begin(node);
    const std::string operation = operation_of(node);
    const auto known = converters().find(operation);
    const bool folds = OnnxConstants::knows(operation);
    try {
      if (folds && constants_.fold(node, [&](const auto& name) { return dims_of(name); })) return;
      if (folds && hangs_on_unknown_numbers(node)) throw FollowsUnknown{};
      if (known == converters().end()) throw Unsupported{""};
      (this->*known->second)(node);
      return;
    } catch (const Unsupported& reason) {
      const std::string what = reason.what();
      layers_.add_unknown(what.empty() ? operation : fmt::format("{} with {}", operation, what));
    } catch (const FollowsUnknown&) {
      if (hangs_on_unknown_numbers(node)) {
        for (const std::string& name : node.output()) unknown_numbers_.insert(name);
        return;
      }
    } catch (const std::invalid_argument& error) {
      if (!layers_.has_unknown()) {
        throw std::invalid_argument{
            fmt::format("{} '{}': {}", node.op_type(), printable(node.name()), error.what())};
      }
    }
    for (const std::string& name : node.output()) make(name, {});
  }

  // What a node says.

  /// Rows and columns around, from the node's attributes.
  [[nodiscard]] Padding padding(const Node& node, const Tensor& from, std::int64_t kernel,
                                std::int64_t stride) const {
    const std::string automatic = text_of(node, "auto_pad", "NOTSET");
    if (automatic == "VALID") return {};
    if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
      if (from.layer == kNoLayer) return {};  // nobody will know
      return same_padding(shape(from), kernel, stride, automatic == "SAME_LOWER");
    }
    if (automatic != "NOTSET" && !automatic.empty()) {
      throw Unsupported{fmt::format("auto_pad '{}'", automatic)};
    }
    const Numbers pads = numbers_of(node, "pads", {0, 0, 0, 0});
    if (pads.size() != 4) throw Unsupported{fmt::format("pads of {} numbers", pads.size())};
    return {pads[0], pads[1], pads[2], pads[3]};
  }
  static std::int64_t dilation(const Node& node) {
    constexpr std::int64_t kMost = std::int64_t{1} << 20;
    const std::int64_t steps = square(numbers_of(node, "dilations", {1, 1}), "dilation");
    if (steps < 1 || steps > kMost) throw Unsupported{"a dilation of no size"};
    return steps;
  }
  static void refuse_dilation(const Node& node) {
    if (dilation(node) != 1) throw Unsupported{"dilation"};
  }
  static std::int64_t stride(const Node& node) {
    return square(numbers_of(node, "strides", {1, 1}), "a stride");
  }
  static std::int64_t window(const Node& node) {
    return square(numbers_of(node, "kernel_shape", {}), "a window");
  }

  // What it makes.

  template <class Op>
  void plain(const Node& node) {
    add_layer(node, Op{}, {operand(node)});
  }
  template <ActivationOp::Kind kKind>
  void activation(const Node& node) {
    add_layer(node, ActivationOp{kKind}, {operand(node)});
  }
  void identity(const Node& node) { make(node.output(0), operand(node)); }
  void flat_view(const Node& node, const Tensor& from) {
    if (from.layer != kNoLayer && from.rank == kFlatRank) {
      pass_on(node, from, kFlatRank);
    } else {
      add_layer(node, FlattenOp{}, {from}, kFlatRank);
    }
  }

  void dropout(const Node& node) {
    if (number_of(node, "is_test", 1) == 0) refuse_training();
    if (has_input(node, 2) && scalar(node, 2, 0) != 0) refuse_training();
    identity(node);
  }
  [[noreturn]] static void refuse_training() {
    throw Unsupported{"training switched on; export the model in evaluation"};
  }
  void cast(const Node& node) {
    if (number_of(node, "to", 0) != onnx::TensorProto::FLOAT) {
      throw Unsupported{"a number format of its own"};
    }
    identity(node);
  }
  void convolution(const Node& node) {
    const OnnxConstant& kernel = weight(node, 1, kPictureRank);
    const std::int64_t size = square({kernel.dims[2], kernel.dims[3]}, "a kernel");
    const std::int64_t steps = dilation(node);
    const std::int64_t step = stride(node);
    const Tensor from = bordered_picture(node);
    const Padding border = from.border;  // of a Pad before it: more of its own
    Padding around = padding(node, from, (size - 1) * steps + 1, step);
    const bool automatic = text_of(node, "auto_pad", "NOTSET").starts_with("SAME");
    if (automatic && border != Padding{}) throw Unsupported{"a border before auto_pad"};
    for (std::int64_t Padding::*side :
         {&Padding::top, &Padding::left, &Padding::bottom, &Padding::right}) {
      if (__builtin_add_overflow(around.*side, border.*side, &(around.*side))) {
        throw Unsupported{"pads that are larger than can be counted"};
      }
    }
    add_weighted(node,
                 ConvOp{.out_channels = kernel.dims[0],
                        .kernel = size,
                        .stride = step,
                        .padding = around,
                        .groups = number_of(node, "group", 1),
                        .dilation = steps,
                        .bias = has_input(node, 2)},
                 from, {"weight", "bias"});
  }
  void batch_norm(const Node& node) {
    if (number_of(node, "training_mode", 0) != 0 || number_of(node, "is_test", 1) == 0) {
      throw Unsupported{"statistics of the batch; export the model in evaluation: model.eval()"};
    }
    if (number_of(node, "spatial", 1) != 1) throw Unsupported{"numbers for each pixel"};
    for (const int i : {1, 2, 3, 4}) static_cast<void>(weight(node, i, 1));
    add_weighted(node, BatchNormOp{.epsilon = real_of(node, "epsilon", 1e-5)}, operand(node),
                 {"weight", "bias", "running_mean", "running_var"});
  }
  void softmax(const Node& node) {
    // Of maps it means something else since version 13 of the operations.
    constexpr std::int64_t kByAxis = 13;
    const Tensor from = operand(node);
    const TensorShape in = shape(from);
    const std::int64_t axis =
        axis_of(number_of(node, "axis", opset_ < kByAxis ? 1 : -1), from.rank);
    if (in.height() != 1 || in.width() != 1 || axis != 1)
      throw Unsupported{"more than a flat vector"};
    add_layer(node, SoftmaxOp{}, {from});
  }
  void clip(const Node& node) {
    constexpr double kRelu6Bound = 6;
    constexpr double kNone = std::numeric_limits<double>::max();
    // Inputs since version 11 of the operations; no bound where there is no number.
    const double low = scalar(node, 1, real_of(node, "min", -kNone));
    const double high = scalar(node, 2, real_of(node, "max", kNone));
    if (low == 0 && high >= std::numeric_limits<float>::max()) return plain<ReluOp>(node);
    if (low != 0 || high != kRelu6Bound) throw Unsupported{"bounds other than 0 and 6"};
    plain<Relu6Op>(node);
  }
  void hard_sigmoid(const Node& node) {
    // PyTorch's is max(0, min(1, x/6 + 1/2)); ONNX's own default slope is 0.2.
    constexpr double kSlope = 1.0 / 6;
    if (std::abs(real_of(node, "alpha", 0.2) - kSlope) > 1e-6 ||
        real_of(node, "beta", 0.5) != 0.5) {
      throw Unsupported{"a slope other than 1/6"};
    }
    activation<ActivationOp::Kind::kHardSigmoid>(node);
  }
  void leaky_relu(const Node& node) {
    add_layer(node, ActivationOp{ActivationOp::Kind::kLeakyRelu, real_of(node, "alpha", 0.01)},
              {operand(node)});
  }
  void elu(const Node& node) {
    add_layer(node, ActivationOp{ActivationOp::Kind::kElu, real_of(node, "alpha", 1)},
              {operand(node)});
  }
  void selu(const Node& node) {
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
  void local_norm(const Node& node) {
    const LocalNormOp op{.size = number_of(node, "size", 0),
                         .factor = real_of(node, "alpha", 1e-4),
                         .exponent = real_of(node, "beta", 0.75),
                         .offset = real_of(node, "bias", 1)};
    if (op.size < 1 || op.size % 2 == 0) throw Unsupported{"an even number of channels"};
    add_layer(node, op, {operand(node)});
  }
  void max_pool(const Node& node) {
    refuse_dilation(node);
    const Tensor from = picture(node);
    const std::int64_t kernel = window(node);
    const std::int64_t step = stride(node);
    add_layer(node,
              MaxPoolOp{.kernel = kernel,
                        .stride = step,
                        .padding = padding(node, from, kernel, step),
                        .ceil = number_of(node, "ceil_mode", 0) != 0},
              {from});
  }
  void average_pool(const Node& node) {
    const Tensor from = picture(node);
    const std::int64_t kernel = window(node);
    const std::int64_t step = stride(node);
    const Padding border = padding(node, from, kernel, step);
    if (number_of(node, "ceil_mode", 0) != 0) throw Unsupported{"windows that hang over the edge"};
    refuse_dilation(node);
    add_layer(node,
              AvgPoolOp{.kernel = kernel,
                        .stride = step,
                        .padding = border,
                        .count_padding =
                            border == Padding{} || number_of(node, "count_include_pad", 0) != 0},
              {from});
  }
  /// Of sizes, or of factors that make whole ones.
  void resize(const Node& node) {
    const Tensor from = picture(node);
    const TensorShape in = shape(from);
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
      const OnnxDims dims{1, in.channels(), in.height(), in.width()};
      for (std::size_t axis = 0; axis < kPictureRank; ++axis) {
        const double size = static_cast<double>(dims[axis]) * factors[axis];
        if (size != std::floor(size) || size < 1) throw Unsupported{"a factor of no whole size"};
        sizes.push_back(static_cast<std::int64_t>(size));
      }
    }
    if (sizes.size() != kPictureRank || sizes[0] != 1 || sizes[1] != in.channels()) {
      throw Unsupported{"sizes other than of height and width"};
    }
    add_layer(node, ResizeOp{.height = sizes[2], .width = sizes[3], .method = method_of(node)},
              {from});
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
  void global_average(const Node& node) { add_layer(node, GlobalAvgPoolOp{}, {picture(node)}); }
  void reduce_mean(const Node& node) {
    std::set<std::int64_t> over;
    for (const std::int64_t axis : axes(node, 1)) over.insert(axis_of(axis, kPictureRank));
    if (over != std::set<std::int64_t>{2, 3}) {
      throw Unsupported{"dimensions other than height and width"};
    }
    const bool keeps = number_of(node, "keepdims", 1) != 0;
    add_layer(node, GlobalAvgPoolOp{}, {picture(node)});
    if (!keeps) add_layer(node, FlattenOp{}, {{layers_.size() - 1, kPictureRank, {}}}, kFlatRank);
  }
  void pad(const Node& node) {
    Numbers pads = has_input(node, 1)                        ? integers(node, 1)
                   : find_attribute(node, "pads") != nullptr ? numbers_of(node, "pads", {})
                                                             : numbers_of(node, "paddings", {});
    if (std::all_of(pads.begin(), pads.end(), [](std::int64_t one) { return one == 0; })) {
      return identity(node);
    }
    if (text_of(node, "mode", "constant") != "constant" ||
        scalar(node, 2, real_of(node, "value", 0)) != 0) {
      throw Unsupported{"a border other than zeros"};
    }
    const Tensor from = picture(node);
    Numbers around(2 * kPictureRank, 0);  // where each axis begins, then where it ends
    Numbers axes{0, 1, 2, 3};
    if (has_input(node, 3)) axes = integers(node, 3);
    if (pads.size() != 2 * axes.size()) throw Unsupported{"pads that do not fit"};
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const auto axis = static_cast<std::size_t>(axis_of(axes[i], kPictureRank));
      around[axis] = pads[i];
      around[axis + kPictureRank] = pads[i + axes.size()];
    }
    constexpr std::int64_t kMost = 1'000'000'000;
    const bool fits = std::all_of(around.begin(), around.end(),
                                  [](std::int64_t one) { return one >= 0 && one <= kMost; });
    if (!fits || around[0] != 0 || around[1] != 0 || around[4] != 0 || around[5] != 0) {
      throw Unsupported{"a border other than rows and columns"};
    }
    if (from.layer == kNoLayer) throw FollowsUnknown{};
    make(node.output(0), {from.layer, from.rank, {around[2], around[3], around[6], around[7]}});
  }

  // Arithmetic.

  /// The operands of which one is a constant, if there is one; else two tensors of the network.
  struct Operands {
    Tensor tensor;
    const OnnxConstant* constant{nullptr};
    bool constant_first{false};
    Tensor other;  ///< where both are tensors
  };
  [[nodiscard]] Operands operands(const Node& node) const {
    const OnnxConstant* first = find_constant(node, 0);
    const OnnxConstant* second = find_constant(node, 1);
    if (first != nullptr) return {operand(node, 1), first, true, {}};
    if (second != nullptr) return {operand(node, 0), second, false, {}};
    return {operand(node, 0), nullptr, false, operand(node, 1)};
  }
  void two_tensors(const Node& node, const LayerOp& op, const Tensor& a, const Tensor& b) {
    if (a.layer != kNoLayer && b.layer != kNoLayer && a.rank != b.rank) {
      throw Unsupported{"tensors of different dimensions"};
    }
    add_layer(node, op, {a, b});
  }
  void add(const Node& node) {
    const Operands of = operands(node);
    if (of.constant == nullptr) return two_tensors(node, AddOp{}, of.tensor, of.other);
    add_affine(node, of.tensor, {1}, by_channel(node, of.tensor, *of.constant));
  }
  void subtract(const Node& node) {
    const Operands of = operands(node);
    if (of.constant == nullptr) throw Unsupported{"two tensors of the network"};
    std::vector<double> numbers = by_channel(node, of.tensor, *of.constant);
    if (!of.constant_first) {
      for (double& number : numbers) number = -number;
    }
    add_affine(node, of.tensor, {of.constant_first ? -1.0 : 1.0}, numbers);
  }
  void multiply(const Node& node) {
    const Operands of = operands(node);
    if (of.constant != nullptr) {
      return add_affine(node, of.tensor, by_channel(node, of.tensor, *of.constant), {0});
    }
    Tensor a = of.tensor;
    Tensor b = of.other;
    if (shape(a).elements() < shape(b).elements()) std::swap(a, b);
    two_tensors(node, MultiplyOp{}, a, b);
  }
  void divide(const Node& node) {
    const Operands of = operands(node);
    if (of.constant == nullptr || of.constant_first) {
      throw Unsupported{"a divisor that is a tensor of the network"};
    }
    std::vector<double> numbers = by_channel(node, of.tensor, *of.constant);
    for (double& number : numbers) {
      if (number == 0) throw Unsupported{"a division by 0"};
      number = 1 / number;
    }
    add_affine(node, of.tensor, numbers, {0});
  }
  void sum(const Node& node) {
    if (node.input_size() == 0) throw Unsupported{"no input"};
    Tensor total = operand(node);
    for (int i = 1; i < node.input_size(); ++i) {
      two_tensors(node, AddOp{}, total, operand(node, i));
      total = tensor(node.output(0), "a tensor that is not of the network");
    }
    make(node.output(0), total);
  }

  void concat(const Node& node) {
    std::vector<Tensor> inputs;
    for (int i = 0; i < node.input_size(); ++i) {
      inputs.push_back(operand(node, i));
      if (inputs.back().layer != kNoLayer && inputs.back().rank != inputs.front().rank &&
          inputs.front().layer != kNoLayer) {
        throw Unsupported{"tensors of different dimensions"};
      }
    }
    const std::size_t rank = inputs.empty() ? kPictureRank : inputs.front().rank;
    if (axis_of(number_of(node, "axis", 1), rank) != 1) {
      throw Unsupported{"a dimension other than the channels"};
    }
    if (inputs.size() == 1) {
      identity(node);
    } else {
      add_layer(node, ConcatOp{}, inputs);
    }
  }
  void flatten(const Node& node) {
    const Tensor from = operand(node);
    const std::int64_t axis = number_of(node, "axis", 1);
    if (axis != 1 && (axis >= 0 || axis_of(axis, from.rank) != 1)) {
      throw Unsupported{"dimensions other than all but the first"};
    }
    flat_view(node, from);
  }
  /// The same numbers in other dimensions.
  void view(const Node& node, const Tensor& from, const OnnxDims& wanted) {
    const TensorShape in = shape(from);
    if (wanted.size() == kFlatRank && wanted[0] == 1) return flat_view(node, from);
    const bool same = wanted == OnnxDims{1, in.channels(), in.height(), in.width()};
    if (!same) throw Unsupported{"a shape other than a flat one"};
    pass_on(node, from, kPictureRank);
  }
  void reshape(const Node& node) {
    const Tensor from = operand(node);
    const Numbers wanted =
        node.input_size() > 1 ? integers(node, 1) : numbers_of(node, "shape", {});
    const bool allow_zero = number_of(node, "allowzero", 0) != 0;
    if (wanted.size() != kFlatRank && wanted.size() != kPictureRank) {
      throw Unsupported{"a shape other than a flat one"};
    }
    view(node, from, reshaped(dims(from), wanted, allow_zero));
  }
  void squeeze(const Node& node) {
    const Tensor from = operand(node);
    const OnnxDims sizes = dims(from);
    std::set<std::int64_t> goes;
    for (const std::int64_t axis : axes(node, 1)) goes.insert(axis_of(axis, sizes.size()));
    OnnxDims left;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const bool squeezed = goes.contains(static_cast<std::int64_t>(i));
      if (squeezed && sizes[i] != 1) throw Unsupported{"a dimension that is not of one"};
      if (!squeezed) left.push_back(sizes[i]);
    }
    if (goes.empty()) throw Unsupported{"no axes"};
    view(node, from, left);
  }
  void unsqueeze(const Node& node) {
    const Tensor from = operand(node);
    const Numbers list = axes(node, 1);
    std::set<std::int64_t> added;
    for (const std::int64_t axis : list) added.insert(axis_of(axis, from.rank + list.size()));
    if (from.rank != kFlatRank || added != std::set<std::int64_t>{2, 3}) {
      throw Unsupported{"a shape that no picture has"};
    }
    const OnnxDims sizes = dims(from);
    view(node, from, {1, sizes[1], 1, 1});
  }
  void gemm(const Node& node) {
    const OnnxConstant& matrix = weight(node, 1, 2);
    if (number_of(node, "transA", 0) != 0 || real_of(node, "alpha", 1) != 1 ||
        real_of(node, "beta", 1) != 1) {
      throw Unsupported{"a factor, or its input transposed"};
    }
    const bool transposed = number_of(node, "transB", 0) != 0;
    add_weighted(
        node, LinearOp{.out_features = matrix.dims[transposed ? 0 : 1], .bias = has_input(node, 2)},
        flat(node), {"weight", "bias"}, !transposed);
  }
  void matrix_product(const Node& node) {
    const OnnxConstant& matrix = weight(node, 1, 2);
    add_weighted(node, LinearOp{.out_features = matrix.dims[1], .bias = false}, flat(node),
                 {"weight"}, true);
  }

  std::int64_t opset_;
};

}  // namespace

OnnxNetwork network_of(const onnx::GraphProto& graph, std::int64_t opset,
                       const std::optional<TensorShape>& input, const std::string& name) {
  return OnnxImporter{graph, opset, input}.network(graph.output(0).name(), name);
}

}  // namespace papilio
