#include "sim/profiles/layer_work.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace papilio {
namespace {

constexpr double kLargeInput = 20480;  // elements
constexpr std::int64_t kLargeKernel = 3;

/// The numbers of a window along a tensor's axes.
std::vector<std::int64_t> numbers_along(const Spatial& window, const TensorShape& input) {
  constexpr std::size_t kMostAxes = 3;
  std::vector<std::int64_t> numbers;
  for (std::size_t i = kMostAxes - window_axes(input); i < kMostAxes; ++i) {
    numbers.push_back(window[i]);
  }
  return numbers;
}
std::int64_t window_max(const Spatial& window, const TensorShape& input) {
  const std::vector<std::int64_t> numbers = numbers_along(window, input);
  return *std::max_element(numbers.begin(), numbers.end());
}
double window_size(const Spatial& window, const TensorShape& input) {
  double size = 1;
  for (const std::int64_t number : numbers_along(window, input)) {
    size *= static_cast<double>(number);
  }
  return size;
}

std::string conv_type(const ConvOp& conv, const TensorShape& input) {
  if (conv.groups > 1) {
    return conv.groups == input.channels() ? "depthwise conv" : "grouped conv";
  }
  if (window_max(conv.dilation, input) > 1) return "dilated conv";
  const std::int64_t kernel = window_max(conv.kernel, input);
  const bool product = kernel == 1 && window_max(conv.stride, input) == 1;
  const bool large = kernel > kLargeKernel || static_cast<double>(input.elements()) > kLargeInput;
  return std::string{kernel == 1 ? "1x1 conv" : "conv"} +
         (large && !product ? ", direct" : ", product");
}

template <class Op, class... Ops>
constexpr bool kIsAnyOf = (std::is_same_v<Op, Ops> || ...);

std::string family_of(const LayerOp& op) {
  return std::visit(
      []<class Op>(const Op&) -> std::string {
        if constexpr (kIsAnyOf<Op, ConvOp, ConvTransposeOp>) {
          return "conv";
        } else if constexpr (kIsAnyOf<Op, LinearOp, MatMulOp, RecurrentOp, OpaqueOp>) {
          return "linear";
        } else if constexpr (kIsAnyOf<Op, MaxPoolOp, AvgPoolOp, GlobalAvgPoolOp, AdaptivePoolOp,
                                      ReduceOp>) {
          return "pool";
        } else if constexpr (kIsAnyOf<Op, ConcatOp, ZeroPadShortcutOp, FlattenOp, InputOp, ResizeOp,
                                      ParameterOp, ReshapeOp, TransposeOp, SliceOp, PadOp, ExpandOp,
                                      EmbeddingOp, CacheOp, IndexOp>) {
          return "copy";
        } else {
          return "element-wise";
        }
      },
      op);
}

/// Whether the kernel before a layer ends with what that does: quantises, or is the activation
/// before that.
bool ends_kernel(const Graph& graph, LayerId id) {
  const Layer& layer = graph.layer(id);
  if (layer.inputs.size() != 1) return false;
  const std::optional<LayerId> quantised = graph.quantised_by(layer.inputs.front());
  return quantised && (*quantised == id || graph.quantised_by(id) == quantised);
}

/// Notes what of a layer's inputs, output and parameters is quantised. What a kernel ends with
/// leaves it at the bits of that.
void note_quantised(LayerWork& work, const Graph& graph, LayerId id) {
  constexpr double kBitsOfByte = 8;
  const auto note = [&](double elements, std::int64_t bits) {
    work.quantised += elements;
    work.quantised_bytes += elements * static_cast<double>(bits) / kBitsOfByte;
  };
  const Layer& layer = graph.layer(id);
  for (const LayerId input : layer.inputs) {
    const Layer& read = graph.layer(input);
    if (read.levels) note(static_cast<double>(read.shape.elements()), read.levels->bits);
  }
  const std::optional<LayerId> quantised = layer.levels ? id : graph.quantised_by(id);
  if (quantised) note(work.outputs, graph.layer(*quantised).levels->bits);
  const std::int64_t bits = weight_bits(layer.op);
  if (bits == 0) return;
  const std::vector<WeightShape> weights = graph.weights_of(id);
  double numbers = 1;
  for (const std::int64_t size : weights.front().sizes) numbers *= static_cast<double>(size);
  note(std::min(numbers, work.parameters), bits);  // of a table those that move
  work.type = std::to_string(bits) + "-bit " + work.type;
}

}  // namespace

LayerWork work_of(const Graph& graph, LayerId id) {
  const Layer& layer = graph.layer(id);
  LayerWork work{.type = std::string{kind_name(layer.op)},
                 .family = family_of(layer.op),
                 .operations = static_cast<double>(layer.macs),
                 .outputs = static_cast<double>(layer.shape.elements()),
                 .parameters = static_cast<double>(layer.parameters)};
  for (const LayerId input : layer.inputs) {
    work.inputs += static_cast<double>(graph.layer(input).shape.elements());
  }
  if (const auto* conv = std::get_if<ConvOp>(&layer.op)) {
    work.type = conv_type(*conv, graph.layer(layer.inputs[0]).shape);
  }
  const auto window = [&](const Spatial& kernel) {
    return work.outputs * window_size(kernel, graph.layer(layer.inputs[0]).shape);
  };
  if (const auto* pool = std::get_if<MaxPoolOp>(&layer.op)) work.operations = window(pool->kernel);
  if (const auto* pool = std::get_if<AvgPoolOp>(&layer.op)) work.operations = window(pool->kernel);
  if (std::holds_alternative<GlobalAvgPoolOp>(layer.op) ||
      std::holds_alternative<AdaptivePoolOp>(layer.op) ||
      std::holds_alternative<ReduceOp>(layer.op)) {
    work.operations = work.inputs;
  }
  // Of a table only the rows that are looked up move.
  if (std::holds_alternative<EmbeddingOp>(layer.op)) work.parameters = work.outputs;
  // At each place the weights of the states are read again: places are computed one by one.
  if (const auto* recurrent = std::get_if<RecurrentOp>(&layer.op)) {
    const Layer& input = graph.layer(layer.inputs.front());
    const auto of_states =
        static_cast<double>(recurrent->layers * recurrent->ways() * recurrent->gates() *
                            recurrent->features * recurrent->features);
    work.parameters += of_states * static_cast<double>(input.shape[0] - 1);
  }
  // What is kept stays where it is: only the new places are written behind it.
  if (std::holds_alternative<CacheOp>(layer.op)) work.outputs = work.inputs;
  if (const auto* norm = std::get_if<LocalNormOp>(&layer.op)) {
    work.operations = work.outputs * static_cast<double>(norm->size);
  }
  if (const auto* resize = std::get_if<ResizeOp>(&layer.op)) {
    constexpr double kPixelsAround = 4;
    constexpr double kPixelsOfCubic = 16;
    const bool cubic = resize->method == ResizeOp::Method::kBicubic ||
                       resize->method == ResizeOp::Method::kBicubicCorners;
    const double pixels = cubic ? kPixelsOfCubic : kPixelsAround;
    work.operations = resize->method == ResizeOp::Method::kNearest ? 0 : pixels * work.outputs;
  }
  const bool folded = graph.folds_into_convolution(id);
  if (folded) work.type = "folded batch_norm";
  const bool fused = graph.is_quantised() && ends_kernel(graph, id);
  if (graph.is_quantised()) note_quantised(work, graph, id);
  // A view of the same numbers moves none; nor does what is stored, until it is read.
  work.free =
      folded || fused || std::holds_alternative<InputOp>(layer.op) ||
      std::holds_alternative<ParameterOp>(layer.op) ||
      std::holds_alternative<FlattenOp>(layer.op) || std::holds_alternative<ReshapeOp>(layer.op) ||
      std::holds_alternative<TransposeOp>(layer.op) || std::holds_alternative<SliceOp>(layer.op) ||
      std::holds_alternative<ExpandOp>(layer.op);
  return work;
}

}  // namespace papilio
