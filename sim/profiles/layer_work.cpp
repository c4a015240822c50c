#include "sim/profiles/layer_work.hpp"

#include <type_traits>

namespace papilio {
namespace {

constexpr double kLargeInput = 20480;  // elements
constexpr std::int64_t kLargeKernel = 3;

std::string conv_type(const ConvOp& conv, const TensorShape& input) {
  if (conv.groups > 1) {
    return conv.groups == input.channels() ? "depthwise conv" : "grouped conv";
  }
  if (conv.dilation > 1) return "dilated conv";
  const bool product = conv.kernel == 1 && conv.stride == 1;
  const bool large =
      conv.kernel > kLargeKernel || static_cast<double>(input.elements()) > kLargeInput;
  return std::string{conv.kernel == 1 ? "1x1 conv" : "conv"} +
         (large && !product ? ", direct" : ", product");
}

std::string family_of(const LayerOp& op) {
  return std::visit(
      []<class Op>(const Op&) -> std::string {
        if constexpr (std::is_same_v<Op, ConvOp> || std::is_same_v<Op, ConvTransposeOp>) {
          return "conv";
        } else if constexpr (std::is_same_v<Op, LinearOp>) {
          return "linear";
        } else if constexpr (std::is_same_v<Op, MaxPoolOp> || std::is_same_v<Op, AvgPoolOp> ||
                             std::is_same_v<Op, GlobalAvgPoolOp>) {
          return "pool";
        } else if constexpr (std::is_same_v<Op, ConcatOp> ||
                             std::is_same_v<Op, ZeroPadShortcutOp> ||
                             std::is_same_v<Op, FlattenOp> || std::is_same_v<Op, InputOp> ||
                             std::is_same_v<Op, ResizeOp>) {
          return "copy";
        } else {
          return "element-wise";
        }
      },
      op);
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
  const auto window = [&](std::int64_t kernel) {
    return work.outputs * static_cast<double>(kernel * kernel);
  };
  if (const auto* pool = std::get_if<MaxPoolOp>(&layer.op)) work.operations = window(pool->kernel);
  if (const auto* pool = std::get_if<AvgPoolOp>(&layer.op)) work.operations = window(pool->kernel);
  if (std::holds_alternative<GlobalAvgPoolOp>(layer.op)) work.operations = work.inputs;
  if (const auto* norm = std::get_if<LocalNormOp>(&layer.op)) {
    work.operations = work.outputs * static_cast<double>(norm->size);
  }
  if (const auto* resize = std::get_if<ResizeOp>(&layer.op)) {
    constexpr double kPixelsAround = 4;
    work.operations =
        resize->method == ResizeOp::Method::kNearest ? 0 : kPixelsAround * work.outputs;
  }
  const bool folded = graph.folds_into_convolution(id);
  if (folded) work.type = "folded batch_norm";
  work.free = folded || std::holds_alternative<InputOp>(layer.op) ||
              std::holds_alternative<FlattenOp>(layer.op);
  return work;
}

}  // namespace papilio
