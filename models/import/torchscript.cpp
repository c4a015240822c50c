#include "models/import/torchscript.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/lower_tuples.h>
#include <torch/csrc/jit/passes/peephole.h>
#include <torch/csrc/jit/passes/remove_mutation.h>
#include <torch/csrc/jit/passes/symbolic_shape_analysis.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "models/import/layer_list.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

using torch::jit::Node;
using torch::jit::Value;

class Importer {
 public:
  Importer(const torch::jit::Graph& graph, const TensorShape& input) : layers_{input} {
    std::vector<const Value*> tensors;
    for (const Value* value : graph.inputs()) {
      if (value->type()->isSubtypeOf(*c10::TensorType::get())) tensors.push_back(value);
    }
    if (tensors.size() != 1) {
      throw Unsupported{fmt::format("{} tensors as inputs, where one is expected", tensors.size())};
    }
    made_[tensors.front()] = 0;
    for (const Node* node : graph.nodes()) visit(*node);
    if (layers_.has_unknown()) return;
    if (graph.outputs().empty() || !made_.contains(graph.outputs().front())) {
      throw Unsupported{"an output that is no tensor of the network"};
    }
    if (made_.at(graph.outputs().front()) + 1 != layers_.size()) {
      throw Unsupported{"layers that the output does not depend on"};
    }
  }

  [[nodiscard]] const LayerList& layers() const { return layers_; }

 private:
  using Convert = void (Importer::*)(const Node&);

  static const std::map<std::string, Convert>& converters() {
    static const std::map<std::string, Convert> kConverters{
        {"aten::_convolution", &Importer::convolution},
        {"aten::conv2d", &Importer::conv2d},
        {"aten::batch_norm", &Importer::batch_norm},
        {"aten::relu", &Importer::relu},
        {"aten::relu_", &Importer::relu},
        {"aten::relu6", &Importer::relu6},
        {"aten::relu6_", &Importer::relu6},
        {"aten::hardtanh", &Importer::hardtanh},
        {"aten::hardtanh_", &Importer::hardtanh},
        {"aten::sigmoid", &Importer::activation<ActivationOp::Kind::kSigmoid>},
        {"aten::sigmoid_", &Importer::activation<ActivationOp::Kind::kSigmoid>},
        {"aten::hardsigmoid", &Importer::activation<ActivationOp::Kind::kHardSigmoid>},
        {"aten::hardsigmoid_", &Importer::activation<ActivationOp::Kind::kHardSigmoid>},
        {"aten::hardswish", &Importer::activation<ActivationOp::Kind::kHardSwish>},
        {"aten::hardswish_", &Importer::activation<ActivationOp::Kind::kHardSwish>},
        {"aten::silu", &Importer::activation<ActivationOp::Kind::kSilu>},
        {"aten::silu_", &Importer::activation<ActivationOp::Kind::kSilu>},
        {"aten::max_pool2d", &Importer::max_pool},
        {"aten::avg_pool2d", &Importer::avg_pool},
        {"aten::adaptive_avg_pool2d", &Importer::adaptive_avg_pool},
        {"aten::mean", &Importer::mean},
        {"aten::add", &Importer::add},
        {"aten::add_", &Importer::add},
        {"aten::mul", &Importer::multiply},
        {"aten::mul_", &Importer::multiply},
        {"aten::cat", &Importer::concat},
        {"aten::flatten", &Importer::flatten},
        {"aten::view", &Importer::reshape},
        {"aten::reshape", &Importer::reshape},
        {"aten::linear", &Importer::linear},
        {"aten::softmax", &Importer::softmax},
        {"aten::dropout", &Importer::pass_on},
        {"aten::dropout_", &Importer::pass_on},
        {"aten::feature_dropout", &Importer::pass_on},
        {"aten::contiguous", &Importer::pass_on},
        {"aten::detach", &Importer::pass_on},
        {"aten::clone", &Importer::pass_on}};
    return kConverters;
  }

  void visit(const Node& node) {
    // What makes no tensor of the network is looked at where it is used.
    static const std::set<std::string> kLookedAtLater{
        "prim::Constant", "prim::ListConstruct",  "aten::size", "prim::NumToTensor",
        "aten::Int",      "prim::TupleConstruct", "aten::warn"};
    const std::string kind = node.kind().toQualString();
    if (kLookedAtLater.contains(kind)) return;
    const auto known = converters().find(kind);
    if (known == converters().end()) {
      layers_.add_unknown(kind);
      return;
    }
    if (layers_.has_unknown())
      return;  // what they make is missing; all that is left is to list them
    try {
      (this->*known->second)(node);
    } catch (const Unsupported& reason) {
      layers_.add_unknown(fmt::format("{} with {}", kind, reason.what()));
    }
  }

  // What a node reads.

  static c10::IValue constant(const Node& node, std::size_t input) {
    const auto value = torch::jit::toIValue(node.inputs().at(input));
    if (!value) throw Unsupported{"a number that is known in the run only"};
    return *value;
  }
  static std::vector<std::int64_t> numbers(const Node& node, std::size_t input) {
    const Value* value = node.inputs().at(input);
    if (const auto known = torch::jit::toIValue(value)) {
      if (known->isInt()) return {known->toInt()};
      if (known->isIntList()) return known->toIntVector();
      if (known->isNone()) return {};
    } else if (value->node()->kind() == c10::prim::ListConstruct) {
      std::vector<std::int64_t> list;
      for (const Value* item : value->node()->inputs()) {
        const auto number = torch::jit::toIValue(item);
        list.push_back(number && number->isInt() ? number->toInt() : kUnknown);
      }
      return list;
    }
    throw Unsupported{"numbers that are known in the run only"};
  }
  [[nodiscard]] LayerId operand(const Value* value) const {
    const auto it = made_.find(value);
    if (it == made_.end()) throw Unsupported{"a tensor that is not of the network"};
    return it->second;
  }
  [[nodiscard]] LayerId operand(const Node& node, std::size_t input) const {
    return operand(node.inputs().at(input));
  }

  /// Path of the module that a weight lies in: "self.layer1.0.conv1.weight" is layer1.0.conv1's.
  static std::string module_of(const Value* weight) {
    std::string name = weight->debugName();
    constexpr std::string_view kSelf = "self.";
    if (name.starts_with(kSelf)) name.erase(0, kSelf.size());
    const std::size_t end = name.rfind(".weight");
    return end == std::string::npos ? std::string{} : name.substr(0, end);
  }

  // What a node makes.

  void add_layer(const Node& node, const LayerOp& op, std::vector<LayerId> inputs,
                 const std::string& module = {}) {
    made_[node.outputs().front()] = layers_.add(op, std::move(inputs), module);
  }
  void pass_on(const Node& node) { made_[node.outputs().front()] = operand(node, 0); }

  void conv(const Node& node, const std::vector<std::int64_t>& dilation, std::int64_t groups) {
    const at::Tensor weight = constant(node, 1).toTensor();
    if (weight.dim() != 4) throw Unsupported{"a kernel that is not of two dimensions"};
    if (!dilation.empty() && square(dilation, "dilation") != 1) throw Unsupported{"dilation"};
    add_layer(node,
              ConvOp{.out_channels = weight.size(0),
                     .kernel = square({weight.size(2), weight.size(3)}, "a kernel"),
                     .stride = square(numbers(node, 3), "a stride"),
                     .padding = square(numbers(node, 4), "padding"),
                     .groups = groups,
                     .bias = !constant(node, 2).isNone()},
              {operand(node, 0)}, module_of(node.inputs().at(1)));
  }
  void convolution(const Node& node) {
    if (constant(node, 6).toBool()) throw Unsupported{"transposed kernels"};
    conv(node, numbers(node, 5), constant(node, 8).toInt());
  }
  void conv2d(const Node& node) { conv(node, numbers(node, 5), constant(node, 6).toInt()); }
  void batch_norm(const Node& node) {
    if (constant(node, 1).isNone() || constant(node, 2).isNone()) {
      throw Unsupported{"no scale and shift"};
    }
    add_layer(node, BatchNormOp{.epsilon = constant(node, 7).toDouble()}, {operand(node, 0)},
              module_of(node.inputs().at(1)));
  }
  void relu(const Node& node) { add_layer(node, ReluOp{}, {operand(node, 0)}); }
  void relu6(const Node& node) { add_layer(node, Relu6Op{}, {operand(node, 0)}); }
  void hardtanh(const Node& node) {
    constexpr double kRelu6Bound = 6;
    if (constant(node, 1).toScalar().toDouble() != 0 ||
        constant(node, 2).toScalar().toDouble() != kRelu6Bound) {
      throw Unsupported{"bounds other than 0 and 6"};
    }
    relu6(node);
  }
  template <ActivationOp::Kind kKind>
  void activation(const Node& node) {
    add_layer(node, ActivationOp{kKind}, {operand(node, 0)});
  }
  void max_pool(const Node& node) {
    const std::vector<std::int64_t> kernel = numbers(node, 1);
    std::vector<std::int64_t> stride = numbers(node, 2);
    if (stride.empty()) stride = kernel;
    if (square(numbers(node, 4), "dilation") != 1) throw Unsupported{"dilation"};
    add_layer(node,
              MaxPoolOp{.kernel = square(kernel, "a window"),
                        .stride = square(stride, "a stride"),
                        .padding = square(numbers(node, 3), "padding"),
                        .ceil = constant(node, 5).toBool()},
              {operand(node, 0)});
  }
  void avg_pool(const Node& node) {
    const std::vector<std::int64_t> kernel = numbers(node, 1);
    std::vector<std::int64_t> stride = numbers(node, 2);
    if (stride.empty()) stride = kernel;
    const std::int64_t padding = square(numbers(node, 3), "padding");
    if (constant(node, 4).toBool()) throw Unsupported{"windows that hang over the edge"};
    if (padding != 0 && !constant(node, 5).toBool())
      throw Unsupported{"padding that does not count"};
    add_layer(node,
              AvgPoolOp{.kernel = square(kernel, "a window"),
                        .stride = square(stride, "a stride"),
                        .padding = padding},
              {operand(node, 0)});
  }
  void adaptive_avg_pool(const Node& node) {
    const LayerId from = operand(node, 0);
    const TensorShape& in = layers_.shape(from);
    const std::int64_t size = square(numbers(node, 1), "an output");
    if (size == 1) {
      add_layer(node, GlobalAvgPoolOp{}, {from});
    } else if (size == in.height && size == in.width) {
      pass_on(node);
    } else if (in.height == in.width && in.height % size == 0) {
      add_layer(node, AvgPoolOp{.kernel = in.height / size, .stride = in.height / size}, {from});
    } else {
      throw Unsupported{"windows of several sizes"};
    }
  }
  void mean(const Node& node) {
    std::vector<std::int64_t> dimensions = numbers(node, 1);
    std::sort(dimensions.begin(), dimensions.end());
    if (dimensions != std::vector<std::int64_t>{2, 3} &&
        dimensions != std::vector<std::int64_t>{-2, -1}) {
      throw Unsupported{"dimensions other than height and width"};
    }
    add_layer(node, GlobalAvgPoolOp{}, {operand(node, 0)});
    if (!constant(node, 2).toBool()) add_layer(node, FlattenOp{}, {layers_.size() - 1});
  }
  void add(const Node& node) {
    if (constant(node, 2).toScalar().toDouble() != 1) throw Unsupported{"a factor"};
    add_layer(node, AddOp{}, {operand(node, 0), operand(node, 1)});
  }
  void multiply(const Node& node) {
    LayerId a = operand(node, 0);
    LayerId b = operand(node, 1);
    if (layers_.shape(a).elements() < layers_.shape(b).elements()) std::swap(a, b);
    add_layer(node, MultiplyOp{}, {a, b});
  }
  void concat(const Node& node) {
    if (constant(node, 1).toInt() != 1) throw Unsupported{"a dimension other than the channels"};
    std::vector<LayerId> inputs;
    for (const Value* value : node.inputs().front()->node()->inputs()) {
      inputs.push_back(operand(value));
    }
    if (inputs.size() == 1) {  // the first of DenseNet's
      made_[node.outputs().front()] = inputs.front();
      return;
    }
    add_layer(node, ConcatOp{}, std::move(inputs));
  }
  void flatten(const Node& node) {
    if (constant(node, 1).toInt() != 1 || constant(node, 2).toInt() != -1) {
      throw Unsupported{"dimensions other than all but the first"};
    }
    add_layer(node, FlattenOp{}, {operand(node, 0)});
  }
  void reshape(const Node& node) {
    const LayerId from = operand(node, 0);
    const std::vector<std::int64_t> shape = numbers(node, 1);
    if (shape.size() != 2 || (shape[1] != -1 && shape[1] != layers_.shape(from).elements())) {
      throw Unsupported{"a shape other than a flat one"};
    }
    add_layer(node, FlattenOp{}, {from});
  }
  void linear(const Node& node) {
    const at::Tensor weight = constant(node, 1).toTensor();
    add_layer(node, LinearOp{.out_features = weight.size(0), .bias = !constant(node, 2).isNone()},
              {operand(node, 0)}, module_of(node.inputs().at(1)));
  }
  void softmax(const Node& node) { add_layer(node, SoftmaxOp{}, {operand(node, 0)}); }

  static constexpr std::int64_t kUnknown = -2;  // in a list of numbers

  LayerList layers_;
  std::map<const Value*, LayerId> made_;
};

constexpr const char* kTrace = "torch.jit.trace(model.eval(), picture).save(FILE)";

/// How many branches are still open.
std::size_t branches(const torch::jit::Graph& graph) {
  return static_cast<std::size_t>(
      std::count_if(graph.nodes().begin(), graph.nodes().end(),
                    [](const Node* node) { return node->kind() == c10::prim::If; }));
}

/// The forward pass in evaluation, every module inlined and every weight a constant that has the
/// name of its place. Batch norms stay.
std::shared_ptr<torch::jit::Graph> forward_graph(torch::jit::Module module,
                                                 const TensorShape& input) {
  module.eval();
  {
    // Equal constants would become one, and share a name: weights of batch norms are, at first.
    const at::NoGradGuard no_grad;
    double unique = 0;
    for (at::Tensor tensor : module.parameters()) tensor.fill_(++unique);
    for (at::Tensor tensor : module.buffers()) tensor.fill_(++unique);
  }
  auto graph = torch::jit::freeze_module(module).get_method("forward").graph();
  torch::jit::LowerAllTuples(graph);
  // What a script asks of its input is known: its type, dimensions and size.
  for (Value* value : graph->inputs()) {
    if (value->type()->isSubtypeOf(*c10::TensorType::get())) {
      value->setType(c10::TensorType::createContiguous(
          at::kFloat, at::kCPU, {1, input.channels, input.height, input.width}));
    }
  }
  // Each round makes known what the next one needs, from the input to the output.
  std::size_t before = 0;
  for (std::size_t questions = branches(*graph); questions > 0 && questions != before;
       questions = branches(*graph)) {
    before = questions;
    torch::jit::PropagateShapesOnGraph(graph);
    torch::jit::PeepholeOptimize(graph);
    torch::jit::ConstantPropagation(graph);
    torch::jit::RemoveListMutation(graph);
  }
  return graph;
}

}  // namespace

Graph import_torchscript(const std::filesystem::path& file, const TensorShape& input,
                         const std::string& name) {
  const auto fail = [&](const std::string& what) {
    return ConfigError{fmt::format("{}: error: {}", file.string(), what)};
  };
  if (!std::filesystem::is_regular_file(file)) throw fail("is no file; check the path");
  std::shared_ptr<torch::jit::Graph> graph;
  std::optional<torch::jit::Module> module;
  try {
    module = torch::jit::load(file.string(), c10::kCPU);
  } catch (const c10::Error& error) {
    throw fail(fmt::format("is no TorchScript archive that LibTorch reads; write one with {}: {}",
                           kTrace, error.what_without_backtrace()));
  }
  try {
    graph = forward_graph(*std::move(module), input);
  } catch (const c10::Error& error) {
    throw fail(
        fmt::format("is a script that LibTorch cannot resolve for one input; trace it with "
                    "{}: {}",
                    kTrace, error.what_without_backtrace()));
  }
  try {
    return Importer{*graph, input}.layers().graph(
        name, fmt::format("{}, imported from TorchScript", name));
  } catch (const Unsupported& reason) {
    throw fail(fmt::format("has {}", reason.what()));
  } catch (const std::invalid_argument& error) {
    throw fail(fmt::format("does not fit the input {}x{}x{}: {}", input.channels, input.height,
                           input.width, error.what()));
  }
}

}  // namespace papilio
