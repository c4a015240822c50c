#include "models/import/torchscript.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "models/import/layer_list.hpp"
#include "models/import/torchscript_forward.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

using torch::jit::Node;
using torch::jit::Value;

class TorchScriptImporter {
 public:
  TorchScriptImporter(const Forward& forward, const TensorShape& input)
      : names_{forward.names}, layers_{input} {
    const torch::jit::Graph& graph = *forward.graph;
    std::vector<const Value*> tensors;
    for (const Value* value : graph.inputs()) {
      const bool is_tensor = value->type()->isSubtypeOf(*c10::TensorType::get());
      if (is_tensor && value->hasUses()) tensors.push_back(value);
    }
    if (tensors.size() != 1) {
      throw Unsupported{fmt::format("{} tensors as inputs, where one is expected", tensors.size())};
    }
    make(tensors.front(), 0);
    for (const Node* node : graph.nodes()) visit(*node);
    if (layers_.has_unknown()) return;
    if (graph.outputs().empty() || !made_.contains(graph.outputs().front())) {
      throw Unsupported{"an output that is no tensor of the network"};
    }
    output_ = read(graph.outputs().front());
  }

  Graph graph(const std::string& name, const std::string& title) {
    return layers_.graph(output_, name, title);
  }

  /// The modules whose weights are in the archive, but in no layer.
  [[nodiscard]] std::set<std::string> unused_modules(
      const std::vector<std::string>& tensors) const {
    std::set<std::string> used;
    for (LayerId id = 0; id < layers_.size(); ++id) {
      if (layers_.name(id).empty() || !tensors_of_.contains(id)) continue;
      used.insert(tensors_of_.at(id).begin(), tensors_of_.at(id).end());
    }
    std::set<std::string> unused;
    for (const std::string& tensor : tensors) {
      const bool counter = tensor.ends_with(".num_batches_tracked");
      if (!counter && !used.contains(tensor)) unused.insert(tensor.substr(0, tensor.rfind('.')));
    }
    return unused;
  }

 private:
  using Convert = void (TorchScriptImporter::*)(const Node&);

  static const std::map<std::string, Convert>& converters() {
    static const std::map<std::string, Convert> kConverters{
        {"aten::_convolution", &TorchScriptImporter::convolution},
        {"aten::conv2d", &TorchScriptImporter::conv2d},
        {"aten::batch_norm", &TorchScriptImporter::batch_norm},
        {"aten::relu", &TorchScriptImporter::relu},
        {"aten::relu6", &TorchScriptImporter::relu6},
        {"aten::hardtanh", &TorchScriptImporter::hardtanh},
        {"aten::sigmoid", &TorchScriptImporter::activation<ActivationOp::Kind::kSigmoid>},
        {"aten::hardsigmoid", &TorchScriptImporter::activation<ActivationOp::Kind::kHardSigmoid>},
        {"aten::hardswish", &TorchScriptImporter::activation<ActivationOp::Kind::kHardSwish>},
        {"aten::silu", &TorchScriptImporter::activation<ActivationOp::Kind::kSilu>},
        {"aten::tanh", &TorchScriptImporter::activation<ActivationOp::Kind::kTanh>},
        {"aten::selu", &TorchScriptImporter::activation<ActivationOp::Kind::kSelu>},
        {"aten::mish", &TorchScriptImporter::activation<ActivationOp::Kind::kMish>},
        {"aten::gelu", &TorchScriptImporter::gelu},
        {"aten::softplus", &TorchScriptImporter::softplus},
        {"aten::leaky_relu", &TorchScriptImporter::leaky_relu},
        {"aten::elu", &TorchScriptImporter::elu},
        {"aten::max_pool2d", &TorchScriptImporter::max_pool},
        {"aten::avg_pool2d", &TorchScriptImporter::avg_pool},
        {"aten::adaptive_avg_pool2d", &TorchScriptImporter::adaptive_avg_pool},
        {"aten::mean", &TorchScriptImporter::mean},
        {"aten::upsample_nearest2d", &TorchScriptImporter::resize_nearest},
        {"aten::upsample_bilinear2d", &TorchScriptImporter::resize_bilinear},
        {"aten::add", &TorchScriptImporter::add},
        {"aten::mul", &TorchScriptImporter::multiply},
        {"aten::cat", &TorchScriptImporter::concat},
        {"aten::flatten", &TorchScriptImporter::flatten},
        {"aten::view", &TorchScriptImporter::reshape},
        {"aten::reshape", &TorchScriptImporter::reshape},
        {"aten::linear", &TorchScriptImporter::linear},
        {"aten::softmax", &TorchScriptImporter::softmax},
        {"aten::dropout", &TorchScriptImporter::dropout},
        {"aten::feature_dropout", &TorchScriptImporter::dropout},
        {"aten::contiguous", &TorchScriptImporter::contiguous},
        {"aten::detach", &TorchScriptImporter::pass_on},
        {"aten::clone", &TorchScriptImporter::clone}};
    return kConverters;
  }

  void visit(const Node& node) {
    // What makes no tensor of the network is looked at where it is used.
    static const std::set<std::string> kLookedAtLater{
        "prim::Constant", "prim::ListConstruct",  "aten::size", "prim::NumToTensor",
        "aten::Int",      "prim::TupleConstruct", "aten::warn"};
    const std::string kind = node.kind().toQualString();
    if (kLookedAtLater.contains(kind)) return;
    // What ends in _ writes its answer over its first operand.
    const bool in_place = kind.ends_with('_') && !kind.ends_with("__");
    const auto known = converters().find(in_place ? kind.substr(0, kind.size() - 1) : kind);
    if (known == converters().end()) {
      layers_.add_unknown(kind);
      return;
    }
    if (layers_.has_unknown())
      return;  // what they make is missing; all that is left is to list them
    try {
      (this->*known->second)(node);
      if (in_place) write(node.inputs().front(), node.outputs().front());
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
  /// A whole number that is constant, or a size of a tensor of the network.
  [[nodiscard]] std::optional<std::int64_t> number(const Value* value) const {
    // A trace says a size as aten::size, prim::NumToTensor and aten::Int, one of the other.
    while (value->node()->kind() == c10::aten::Int ||
           value->node()->kind() == c10::prim::NumToTensor) {
      value = value->node()->inputs().front();
    }
    const auto known = torch::jit::toIValue(value);
    if (known && known->isInt()) return known->toInt();
    const Node& node = *value->node();
    if (node.kind() != c10::aten::size || node.inputs().size() != 2) return std::nullopt;
    const auto axis = torch::jit::toIValue(node.inputs()[1]);
    if (!axis || !axis->isInt() || !made_.contains(node.inputs()[0])) return std::nullopt;
    const TensorShape& shape = layers_.shape(read(node.inputs()[0]));
    const auto rank = static_cast<std::int64_t>(shape.rank()) + 1;  // with the batch
    const std::int64_t at = axis->toInt() < 0 ? axis->toInt() + rank : axis->toInt();
    if (at < 0 || at >= rank) return std::nullopt;
    return at == 0 ? 1 : shape[static_cast<std::size_t>(at - 1)];
  }
  [[nodiscard]] std::vector<std::int64_t> numbers(const Node& node, std::size_t input) const {
    const Value* value = node.inputs().at(input);
    if (const auto known = torch::jit::toIValue(value)) {
      if (known->isInt()) return {known->toInt()};
      if (known->isIntList()) return known->toIntVector();
      if (known->isNone()) return {};
    } else if (value->node()->kind() == c10::prim::ListConstruct) {
      std::vector<std::int64_t> list;
      for (const Value* item : value->node()->inputs()) {
        list.push_back(number(item).value_or(kUnknown));
      }
      return list;
    }
    throw Unsupported{"numbers that are known in the run only"};
  }
  [[nodiscard]] LayerId operand(const Node& node, std::size_t input) const {
    return read(node.inputs().at(input));
  }

  // What tensors hold. Several values may be one memory, as an operation in place and its operand
  // are; a view of another shape, or what may be a view, holds what was there when it was made.

  struct Memory {
    std::optional<LayerId> layer;  ///< that the whole holds; none: a view of it was written to
    int writes{0};
  };
  struct Tensor {
    std::size_t memory;
    bool is_whole;
    LayerId layer;  ///< of a view, as of so many writes
    int writes;
  };

  [[nodiscard]] const Tensor& tensor(const Value* value) const {
    const auto it = made_.find(value);
    if (it == made_.end()) throw Unsupported{"a tensor that is not of the network"};
    return it->second;
  }
  [[nodiscard]] LayerId read(const Value* value) const {
    const Tensor& from = tensor(value);
    const Memory& memory = memories_[from.memory];
    if (from.is_whole && memory.layer) return *memory.layer;
    if (!from.is_whole && from.writes == memory.writes) return from.layer;
    throw Unsupported{"a tensor that was changed in place through another view of it"};
  }
  /// A tensor of its own memory.
  void make(const Value* value, LayerId layer) {
    made_[value] = {memories_.size(), true, layer, 0};
    memories_.push_back({layer, 0});
  }
  /// A tensor that shares the memory of another, or may.
  void make_view(const Value* value, const Value* of, LayerId layer) {
    const Tensor from = tensor(of);
    made_[value] = {from.memory, false, layer, memories_[from.memory].writes};
  }
  /// Writes what `answer` holds over `target`, which it then is.
  void write(const Value* target, const Value* answer) {
    const LayerId layer = read(answer);
    if (layer == read(target)) return;  // as dropout, which does nothing
    Tensor& to = made_.at(target);
    Memory& memory = memories_[to.memory];
    memory.layer = to.is_whole ? std::optional{layer} : std::nullopt;
    to.layer = layer;
    to.writes = ++memory.writes;
    made_[answer] = to;
  }

  // The weights of a layer.

  /// What the archive calls a weight; empty where there is none.
  [[nodiscard]] std::string name_of(const Node& node, std::size_t input) const {
    const c10::IValue value = constant(node, input);
    if (value.isNone()) return {};
    std::string name = names_.of(value.toTensor());
    if (name.empty()) throw Unsupported{"weights that are computed"};
    return name;
  }
  void add_weighted(const Node& node, const LayerOp& op, LayerId from,
                    const std::vector<std::pair<std::size_t, std::string>>& weights) {
    std::vector<std::string> names;
    std::string module;
    for (const auto& [input, part] : weights) {
      const std::string name = name_of(node, input);
      if (name.empty()) continue;
      const std::string suffix = "." + part;
      const bool first = names.empty();
      if (first && name.ends_with(suffix)) module = name.substr(0, name.size() - suffix.size());
      if (name != module + suffix) {
        throw Unsupported{fmt::format("a weight '{}', where a module's '{}' is expected", name,
                                      first ? part : module + suffix)};
      }
      names.push_back(name);
    }
    const auto [known, is_first] = parts_of_.emplace(module, names.size());
    if (!is_first && known->second != names.size()) {
      throw Unsupported{fmt::format("weights of '{}' with a bias and without", module)};
    }
    const LayerId id = layers_.add(op, {from}, module, module);
    tensors_of_[id] = std::move(names);
    make(node.outputs().front(), id);
  }

  // What a node makes.

  void add_layer(const Node& node, const LayerOp& op, std::vector<LayerId> inputs) {
    make(node.outputs().front(), layers_.add(op, std::move(inputs)));
  }
  /// The same memory by another name.
  void pass_on(const Node& node) {
    const Tensor from = tensor(node.inputs().front());
    made_[node.outputs().front()] = from;
  }
  void dropout(const Node& node) {
    if (constant(node, 2).toBool()) {
      throw Unsupported{"training switched on; trace the model in evaluation: model.eval()"};
    }
    pass_on(node);
  }
  void contiguous(const Node& node) {  // a copy, or the same memory
    make_view(node.outputs().front(), node.inputs().front(), operand(node, 0));
  }
  void clone(const Node& node) { make(node.outputs().front(), operand(node, 0)); }

  void conv(const Node& node, const std::vector<std::int64_t>& dilation, std::int64_t groups) {
    const at::Tensor weight = constant(node, 1).toTensor();
    if (weight.dim() != 4) throw Unsupported{"a kernel that is not of two dimensions"};
    add_weighted(node,
                 ConvOp{.out_channels = weight.size(0),
                        .kernel = square({weight.size(2), weight.size(3)}, "a kernel"),
                        .stride = square(numbers(node, 3), "a stride"),
                        .padding = square(numbers(node, 4), "padding"),
                        .groups = groups,
                        .dilation = dilation.empty() ? 1 : square(dilation, "dilation"),
                        .bias = !constant(node, 2).isNone()},
                 operand(node, 0), {{1, "weight"}, {2, "bias"}});
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
    if (constant(node, 3).isNone() || constant(node, 4).isNone() || constant(node, 5).toBool()) {
      throw Unsupported{"statistics of the batch; trace the model in evaluation: model.eval()"};
    }
    add_weighted(node, BatchNormOp{.epsilon = constant(node, 7).toDouble()}, operand(node, 0),
                 {{1, "weight"}, {2, "bias"}, {3, "running_mean"}, {4, "running_var"}});
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
  void gelu(const Node& node) {
    const bool tanh = node.inputs().size() > 1 && constant(node, 1).toStringRef() == "tanh";
    add_layer(node, ActivationOp{tanh ? ActivationOp::Kind::kGeluTanh : ActivationOp::Kind::kGelu},
              {operand(node, 0)});
  }
  void softplus(const Node& node) {
    constexpr double kThreshold = 20;  // beyond which it is x: PyTorch's default
    if (constant(node, 1).toScalar().toDouble() != 1 ||
        constant(node, 2).toScalar().toDouble() != kThreshold) {
      throw Unsupported{"a factor or threshold of its own"};
    }
    activation<ActivationOp::Kind::kSoftplus>(node);
  }
  void leaky_relu(const Node& node) {
    add_layer(node,
              ActivationOp{ActivationOp::Kind::kLeakyRelu, constant(node, 1).toScalar().toDouble()},
              {operand(node, 0)});
  }
  void elu(const Node& node) {
    if (constant(node, 2).toScalar().toDouble() != 1 ||
        constant(node, 3).toScalar().toDouble() != 1) {
      throw Unsupported{"a scale of its own"};
    }
    add_layer(node, ActivationOp{ActivationOp::Kind::kElu, constant(node, 1).toScalar().toDouble()},
              {operand(node, 0)});
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
    if (constant(node, 4).toBool()) throw Unsupported{"windows that hang over the edge"};
    if (!constant(node, 6).isNone()) throw Unsupported{"a divisor of its own"};
    add_layer(node,
              AvgPoolOp{.kernel = square(kernel, "a window"),
                        .stride = square(stride, "a stride"),
                        .padding = square(numbers(node, 3), "padding"),
                        .count_padding = constant(node, 5).toBool()},
              {operand(node, 0)});
  }
  void adaptive_avg_pool(const Node& node) {
    const LayerId from = operand(node, 0);
    const TensorShape in = layers_.shape(from);
    const std::int64_t size = square(numbers(node, 1), "an output");
    if (size < 1) throw Unsupported{"a size of the output that is known in the run only"};
    if (size == 1) {
      add_layer(node, GlobalAvgPoolOp{}, {from});
    } else if (size == in.height() && size == in.width()) {
      make(node.outputs().front(), from);
    } else if (in.height() == in.width() && in.height() % size == 0) {
      add_layer(node, AvgPoolOp{.kernel = in.height() / size, .stride = in.height() / size},
                {from});
    } else {
      throw Unsupported{"windows of several sizes"};
    }
  }
  void resize_nearest(const Node& node) { resize(node, ResizeOp::Method::kNearest, 2); }
  void resize_bilinear(const Node& node) {
    const bool corners = constant(node, 2).toBool();
    resize(node, corners ? ResizeOp::Method::kBilinearCorners : ResizeOp::Method::kBilinear, 3);
  }
  /// @param scales position of the factors, which are there if the size is not
  void resize(const Node& node, ResizeOp::Method method, std::size_t scales) {
    const LayerId from = operand(node, 0);
    std::vector<std::int64_t> size = numbers(node, 1);
    if (size.empty()) {
      const std::vector<double> factors = constant(node, scales).toDoubleVector();
      if (factors.size() != 2) throw Unsupported{"factors other than of height and width"};
      const TensorShape& in = layers_.shape(from);
      const std::array<double, 2> sizes{static_cast<double>(in.height()) * factors[0],
                                        static_cast<double>(in.width()) * factors[1]};
      for (const double side : sizes) {
        // Otherwise where pixels come from would not follow from the sizes.
        if (side != std::floor(side) || side < 1) throw Unsupported{"a factor of no whole size"};
        size.push_back(static_cast<std::int64_t>(side));
      }
    }
    if (size.size() != 2 || std::min(size[0], size[1]) < 1) {
      throw Unsupported{"a size that is known in the run only"};
    }
    add_layer(node, ResizeOp{.height = size[0], .width = size[1], .method = method}, {from});
  }
  void mean(const Node& node) {
    std::vector<std::int64_t> dimensions = numbers(node, 1);
    std::sort(dimensions.begin(), dimensions.end());
    if (dimensions != std::vector<std::int64_t>{2, 3} &&
        dimensions != std::vector<std::int64_t>{-2, -1}) {
      throw Unsupported{"dimensions other than height and width"};
    }
    if (!constant(node, 3).isNone()) throw Unsupported{"a number format of its own"};
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
    const Node& list = *node.inputs().front()->node();
    if (list.kind() != c10::prim::ListConstruct) {
      throw Unsupported{"a list that is known in the run only"};
    }
    std::vector<LayerId> inputs;
    for (const Value* value : list.inputs()) inputs.push_back(read(value));
    if (inputs.size() == 1) {  // the first of DenseNet's
      make(node.outputs().front(), inputs.front());
      return;
    }
    add_layer(node, ConcatOp{}, std::move(inputs));
  }
  void flatten(const Node& node) {
    if (constant(node, 1).toInt() != 1 || constant(node, 2).toInt() != -1) {
      throw Unsupported{"dimensions other than all but the first"};
    }
    flat_view(node);
  }
  void flat_view(const Node& node) {
    make_view(node.outputs().front(), node.inputs().front(),
              layers_.add(FlattenOp{}, {operand(node, 0)}));
  }
  void reshape(const Node& node) {
    const LayerId from = operand(node, 0);
    const std::vector<std::int64_t> shape = numbers(node, 1);
    const bool one_picture =
        shape.empty() || shape[0] == 1 || shape[0] == -1 || shape[0] == kUnknown;
    if (shape.size() != 2 || !one_picture ||
        (shape[1] != -1 && shape[1] != layers_.shape(from).elements())) {
      throw Unsupported{"a shape other than a flat one"};
    }
    flat_view(node);
  }
  void linear(const Node& node) {
    const at::Tensor weight = constant(node, 1).toTensor();
    add_weighted(node,
                 LinearOp{.out_features = weight.size(0), .bias = !constant(node, 2).isNone()},
                 operand(node, 0), {{1, "weight"}, {2, "bias"}});
  }
  void softmax(const Node& node) {
    const LayerId from = operand(node, 0);
    const TensorShape& in = layers_.shape(from);
    const std::int64_t dimension = constant(node, 1).toInt();
    const bool flat = in.height() == 1 && in.width() == 1;
    if (dimension != 1 && !(flat && dimension == -1)) {
      throw Unsupported{"a dimension other than the channels"};
    }
    if (!constant(node, 2).isNone()) throw Unsupported{"a number format of its own"};
    add_layer(node, SoftmaxOp{}, {from});
  }

  static constexpr std::int64_t kUnknown = -2;  // in a list of numbers

  const TensorNames& names_;
  LayerList layers_;
  LayerId output_{0};
  std::map<const Value*, Tensor> made_;
  std::vector<Memory> memories_;
  std::map<std::string, std::size_t> parts_of_;             // how many tensors, by module
  std::map<LayerId, std::vector<std::string>> tensors_of_;  // what the archive calls them
};

}  // namespace

Graph import_torchscript(const std::filesystem::path& file, const TensorShape& input,
                         const std::string& name) {
  const auto fail = [&](const std::string& what) {
    return ConfigError{fmt::format("{}: error: {}", file.string(), what)};
  };
  const Forward forward = load_forward(file, input);
  try {
    TorchScriptImporter importer{forward, input};
    Graph graph = importer.graph(name, fmt::format("{}, imported from TorchScript", name));
    if (forward.left_out > 0) graph.add_note(outputs_note(forward.left_out, ""));
    const std::set<std::string> unused = importer.unused_modules(forward.tensors);
    if (!unused.empty()) graph.add_note(unused_note(unused));
    for (const std::string& one : unused) graph.add_unused_weights(one);
    return graph;
  } catch (const Unsupported& reason) {
    throw fail(fmt::format("has {}", reason.what()));
  } catch (const std::invalid_argument& error) {
    throw fail(fmt::format("does not fit the input {}x{}x{}: {}", input.channels(), input.height(),
                           input.width(), error.what()));
  }
}

}  // namespace papilio
