// What is known of operations beside their shapes: names, weights, and where channels are.

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/graph/operations.hpp"

namespace papilio {
namespace {

/// Names and sizes of weights: one overload an operation that has some.
struct Weights {
  const std::vector<TensorShape>& operands;
  std::vector<WeightShape>& result;

  void add(std::string_view name, std::vector<std::int64_t> sizes) const {
    result.push_back({std::string{name}, std::move(sizes)});
  }
  void add_pair(std::vector<std::int64_t> sizes, bool bias, std::int64_t outputs) const {
    add("weight", std::move(sizes));
    if (bias) add("bias", {outputs});
  }

  void operator()(const ParameterOp& op) const { add("", {op.shape.begin(), op.shape.end()}); }
  void operator()(const ConvOp& op) const {
    const TensorShape& in = operands.front();
    std::vector<std::int64_t> sizes{op.out_channels, in.channels() / op.groups};
    for (std::size_t i = 3 - window_axes(in); i < 3; ++i) sizes.push_back(op.kernel[i]);
    add_pair(std::move(sizes), op.bias, op.out_channels);
  }
  void operator()(const ConvTransposeOp& op) const {
    const TensorShape& in = operands.front();
    std::vector<std::int64_t> sizes{in.channels(), op.out_channels / op.groups};
    for (std::size_t i = 3 - window_axes(in); i < 3; ++i) sizes.push_back(op.kernel[i]);
    add_pair(std::move(sizes), op.bias, op.out_channels);
  }
  void operator()(const BatchNormOp&) const {
    for (const std::string_view name : {"weight", "bias", "running_mean", "running_var"}) {
      add(name, {operands.front().channels()});
    }
  }
  void operator()(const LayerNormOp& op) const {
    if (!op.affine) return;
    const TensorShape& in = operands.front();
    const std::vector<std::int64_t> sizes{in.end() - op.axes, in.end()};
    add("weight", sizes);
    add("bias", sizes);
  }
  void operator()(const GroupNormOp& op) const {
    if (op.affine) add_pair({operands.front().channels()}, true, operands.front().channels());
  }
  void operator()(const PreluOp& op) const {
    add("weight", {op.shared ? 1 : operands.front().channels()});
  }
  void operator()(const LinearOp& op) const {
    const TensorShape& in = operands.front();
    add_pair({op.out_features, is_flat(in) ? in.channels() : in[in.rank() - 1]}, op.bias,
             op.out_features);
  }
  void operator()(const EmbeddingOp& op) const { add("weight", {op.entries, op.features}); }
  void operator()(const RecurrentOp& op) const {
    const std::int64_t rows = op.gates() * op.features;
    std::int64_t features = operands.front()[1];
    for (std::int64_t layer = 0; layer < op.layers; ++layer) {
      for (const std::string_view way : {"", "_reverse"}) {
        if (!way.empty() && !op.both_ways) continue;
        std::string end{"l"};
        end.append(std::to_string(layer)).append(way);
        add("weight_ih_" + end, {rows, features});
        add("weight_hh_" + end, {rows, op.features});
        if (!op.bias) continue;
        add("bias_ih_" + end, {rows});
        add("bias_hh_" + end, {rows});
      }
      features = op.ways() * op.features;
    }
  }
  void operator()(const CacheOp& op) const {
    if (op.places == 0) return;
    std::vector<std::int64_t> sizes{operands.front().begin(), operands.front().end()};
    sizes.at(static_cast<std::size_t>(op.axis)) = op.places;
    add("kept", std::move(sizes));
  }
  template <class Op>
  void operator()(const Op&) const {}  // has none
};

/// Where channels are: one overload an operation that moves or makes them; all others keep them.
struct Channels {
  const std::vector<Axes>& operands;
  const TensorShape& out;
  using Axis = std::optional<std::size_t>;

  [[nodiscard]] Axis last() const { return out.rank() - 1; }
  /// Of the first operand that has some and the answer's axes.
  [[nodiscard]] Axis kept() const {
    for (const Axes& operand : operands) {
      if (operand.channels && operand.shape.rank() == out.rank()) return operand.channels;
    }
    return std::nullopt;
  }

  // Pictures, and what windows make of them, begin with their channels.
  Axis operator()(const InputOp& op) const { return op.shape.rank() == 3 ? Axis{0} : std::nullopt; }
  Axis operator()(const ParameterOp&) const { return std::nullopt; }
  Axis operator()(const ConvOp&) const { return 0; }
  Axis operator()(const ConvTransposeOp&) const { return 0; }
  Axis operator()(const BatchNormOp&) const { return 0; }
  Axis operator()(const MaxPoolOp&) const { return 0; }
  Axis operator()(const AvgPoolOp&) const { return 0; }
  Axis operator()(const GlobalAvgPoolOp&) const { return 0; }
  Axis operator()(const AdaptivePoolOp&) const { return 0; }
  Axis operator()(const ResizeOp&) const { return 0; }
  Axis operator()(const ZeroPadShortcutOp&) const { return 0; }
  Axis operator()(const FlattenOp&) const { return 0; }
  Axis operator()(const LinearOp&) const { return last(); }
  Axis operator()(const EmbeddingOp&) const { return last(); }
  Axis operator()(const RecurrentOp&) const { return last(); }
  Axis operator()(const MatMulOp&) const { return std::nullopt; }
  Axis operator()(const ReshapeOp&) const {
    const Axes& in = operands.front();
    if (!in.channels || out.rank() == 0) return std::nullopt;
    const std::size_t size = *in.channels;
    if (size == 0 && in.shape[0] == out[0]) return 0;
    const bool is_last = size + 1 == in.shape.rank() && in.shape[size] == out[out.rank() - 1];
    return is_last ? last() : std::nullopt;
  }
  Axis operator()(const TransposeOp& op) const {
    const Axis before = operands.front().channels;
    for (std::size_t i = 0; before && i < op.order.size(); ++i) {
      if (op.order[i] == static_cast<std::int64_t>(*before)) return i;
    }
    return std::nullopt;
  }
  Axis operator()(const ReduceOp& op) const {
    if (op.keep || !operands.front().channels) return kept();
    std::size_t axis = *operands.front().channels;
    for (const std::int64_t gone : op.axes) {
      if (gone == static_cast<std::int64_t>(axis)) return std::nullopt;
    }
    const std::size_t before = axis;
    for (const std::int64_t gone : op.axes) {
      if (gone < static_cast<std::int64_t>(before)) --axis;
    }
    return axis;
  }
  Axis operator()(const OpaqueOp&) const { return std::nullopt; }
  template <class Op>
  Axis operator()(const Op&) const {
    return kept();
  }
};

/// On what levels a layer's output lies: one overload an operation that keeps its operands'.
struct LevelsOf {
  const std::vector<std::optional<Levels>>& operands;
  using Kept = std::optional<Levels>;

  /// Of all operands, if they are the same; levels by range are another tensor's own each time.
  [[nodiscard]] Kept common() const {
    if (operands.empty() || !operands.front()) return std::nullopt;
    for (const Kept& one : operands) {
      if (one != operands.front()) return std::nullopt;
    }
    if (operands.size() > 1 && operands.front()->by_range) return std::nullopt;
    return operands.front();
  }

  Kept operator()(const QuantizeOp& op) const { return op.levels; }
  Kept operator()(const ReluOp&) const { return common(); }  // 0 is a level
  Kept operator()(const MaxPoolOp&) const { return common(); }
  Kept operator()(const AdaptivePoolOp& op) const { return kept_if(op.maximum); }
  Kept operator()(const ConcatOp&) const { return common(); }
  Kept operator()(const ZeroPadShortcutOp&) const { return common(); }
  Kept operator()(const FlattenOp&) const { return common(); }
  Kept operator()(const ReshapeOp&) const { return common(); }
  Kept operator()(const TransposeOp&) const { return common(); }
  Kept operator()(const SliceOp&) const { return common(); }
  Kept operator()(const IndexOp&) const { return common(); }
  Kept operator()(const PadOp& op) const {
    return kept_if(op.mode != PadOp::Mode::kConstant || op.value == 0);
  }
  Kept operator()(const ExpandOp&) const { return common(); }
  Kept operator()(const ReduceOp& op) const {
    return kept_if(op.kind == ReduceOp::Kind::kMaximum || op.kind == ReduceOp::Kind::kMinimum);
  }
  Kept operator()(const CombineOp& op) const {
    return kept_if(op.kind == CombineOp::Kind::kMaximum || op.kind == CombineOp::Kind::kMinimum);
  }
  Kept operator()(const ResizeOp& op) const {
    return kept_if(op.method == ResizeOp::Method::kNearest);
  }
  template <class Op>
  Kept operator()(const Op&) const {
    return std::nullopt;
  }
  [[nodiscard]] Kept kept_if(bool keeps) const { return keeps ? common() : std::nullopt; }
};

}  // namespace

std::optional<Levels> levels_of(const LayerOp& op,
                                const std::vector<std::optional<Levels>>& operands) {
  return std::visit(LevelsOf{operands}, op);
}

std::int64_t weight_bits(const LayerOp& op) {
  if (const auto* conv = std::get_if<ConvOp>(&op)) return conv->weight_bits;
  if (const auto* conv = std::get_if<ConvTransposeOp>(&op)) return conv->weight_bits;
  if (const auto* linear = std::get_if<LinearOp>(&op)) return linear->weight_bits;
  if (const auto* table = std::get_if<EmbeddingOp>(&op)) return table->weight_bits;
  return 0;
}

std::optional<std::size_t> channel_axis(const LayerOp& op, const std::vector<Axes>& operands,
                                        const TensorShape& out) {
  return std::visit(Channels{operands, out}, op);
}

std::vector<WeightShape> weight_shapes(const LayerOp& op,
                                       const std::vector<TensorShape>& operands) {
  std::vector<WeightShape> result;
  std::visit(Weights{operands, result}, op);
  return result;
}

std::string text(const TensorShape& shape) {
  std::string sizes;
  for (const std::int64_t size : shape) {
    if (!sizes.empty()) sizes += "×";
    sizes += std::to_string(size);
  }
  return sizes.empty() ? "1" : sizes;
}

std::string_view kind_name(const LayerOp& op) {
  static constexpr std::array<std::string_view, std::variant_size_v<LayerOp>> kNames{
      "input",
      "conv",
      "conv_transpose",
      "batch_norm",
      "relu",
      "relu6",
      "sigmoid",
      "max_pool",
      "avg_pool",
      "global_avg_pool",
      "add",
      "multiply",
      "concat",
      "zero_pad_shortcut",
      "flatten",
      "linear",
      "softmax",
      "scale",
      "local_norm",
      "resize",
      "parameter",
      "layer_norm",
      "group_norm",
      "prelu",
      "clamp",
      "adaptive_avg_pool",
      "subtract",
      "select",
      "reshape",
      "transpose",
      "slice",
      "pad",
      "expand",
      "mean",
      "matmul",
      "embedding",
      "lstm",
      "cache",
      "quantize",
      "index",
      "opaque"};
  static constexpr std::array<std::string_view, 21> kActivations{
      "sigmoid", "hardsigmoid", "hardswish", "silu", "tanh",     "leaky_relu", "elu",
      "selu",    "gelu",        "gelu_tanh", "mish", "softplus", "exp",        "log",
      "sqrt",    "abs",         "erf",       "sin",  "cos",      "power",      "floor"};
  static constexpr std::array<std::string_view, 7> kCombinations{
      "subtract", "divide", "maximum", "minimum", "less", "greater", "equal"};
  static constexpr std::array<std::string_view, 4> kReductions{"mean", "sum", "greatest", "least"};
  static constexpr std::array<std::string_view, 4> kRecurrent{"rnn_tanh", "rnn_relu", "gru",
                                                              "lstm"};
  const auto of = [](const auto& names, auto kind) {
    return names.at(static_cast<std::size_t>(kind));
  };
  if (const auto* one = std::get_if<ActivationOp>(&op)) return of(kActivations, one->kind);
  if (const auto* one = std::get_if<CombineOp>(&op)) return of(kCombinations, one->kind);
  if (const auto* one = std::get_if<ReduceOp>(&op)) return of(kReductions, one->kind);
  if (const auto* one = std::get_if<RecurrentOp>(&op)) return of(kRecurrent, one->kind);
  if (const auto* one = std::get_if<AdaptivePoolOp>(&op); one != nullptr && one->maximum) {
    return "adaptive_max_pool";
  }
  return kNames.at(op.index());
}

}  // namespace papilio
