#include "models/import/onnx.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <utility>
#include <vector>

#include "models/import/layer_list.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// The module of a node as PyTorch calls it: of "/layer1/layer1.0/conv1/Conv" layer1.0.conv1. The
/// parts of a sequence repeat what it is called. Empty for other names.
std::string path_of(const std::string& node) {
  std::vector<std::string> parts;
  std::size_t begin = 1;
  if (!node.starts_with('/')) return {};
  for (std::size_t end = node.find('/', begin); end != std::string::npos;
       begin = end + 1, end = node.find('/', begin)) {
    std::string part = node.substr(begin, end - begin);
    if (!parts.empty() && part.starts_with(parts.back() + ".")) {
      parts.back() = std::move(part);
    } else {
      parts.push_back(std::move(part));
    }
  }
  return fmt::format("{}", fmt::join(parts, "."));
}

class Importer {
 public:
  Importer(const onnx::GraphProto& graph, const std::optional<TensorShape>& input)
      : layers_{input_shape(graph, input)} {
    for (const onnx::TensorProto& constant : graph.initializer()) {
      constants_[constant.name()] = &constant;
    }
    made_[only_input(graph).name()] = 0;
    for (const onnx::NodeProto& node : graph.node()) visit(node);
    if (layers_.has_unknown()) return;
    if (graph.output_size() == 0 || !made_.contains(graph.output(0).name())) {
      throw Unsupported{"an output that is no tensor of the network"};
    }
    if (made_.at(graph.output(0).name()) + 1 != layers_.size()) {
      throw Unsupported{"layers that the output does not depend on"};
    }
  }

  [[nodiscard]] const LayerList& layers() const { return layers_; }

 private:
  using Node = onnx::NodeProto;
  using Convert = void (Importer::*)(const Node&);
  using Numbers = std::vector<std::int64_t>;

  static const std::map<std::string, Convert>& converters() {
    static const std::map<std::string, Convert> kConverters{
        {"Conv", &Importer::convolution},
        {"BatchNormalization", &Importer::batch_norm},
        {"Relu", &Importer::plain<ReluOp>},
        {"Clip", &Importer::clip},
        {"Sigmoid", &Importer::activation<ActivationOp::Kind::kSigmoid>},
        {"HardSigmoid", &Importer::hard_sigmoid},
        {"HardSwish", &Importer::activation<ActivationOp::Kind::kHardSwish>},
        {"MaxPool", &Importer::max_pool},
        {"AveragePool", &Importer::average_pool},
        {"GlobalAveragePool", &Importer::plain<GlobalAvgPoolOp>},
        {"ReduceMean", &Importer::reduce_mean},
        {"Pad", &Importer::pad},
        {"Add", &Importer::add},
        {"Mul", &Importer::multiply},
        {"Concat", &Importer::concat},
        {"Flatten", &Importer::flatten},
        {"Reshape", &Importer::reshape},
        {"Gemm", &Importer::gemm},
        {"MatMul", &Importer::matrix_product},
        {"Softmax", &Importer::plain<SoftmaxOp>},
        {"Identity", &Importer::pass_on},
        {"Dropout", &Importer::pass_on}};
    return kConverters;
  }

  void visit(const Node& node) {
    if (node.op_type() == "Constant") {
      for (const onnx::AttributeProto& attribute : node.attribute()) {
        if (attribute.name() == "value") constants_[node.output(0)] = &attribute.t();
      }
      return;
    }
    const auto known = converters().find(node.op_type());
    if (known == converters().end()) {
      layers_.add_unknown(node.op_type());
      return;
    }
    if (layers_.has_unknown()) return;  // what they make is missing; all that is left is to list
    try {
      (this->*known->second)(node);
    } catch (const Unsupported& reason) {
      layers_.add_unknown(fmt::format("{} with {}", node.op_type(), reason.what()));
    }
  }

  // What the file says.

  static const onnx::ValueInfoProto& only_input(const onnx::GraphProto& graph) {
    const onnx::ValueInfoProto* only = nullptr;
    for (const onnx::ValueInfoProto& input : graph.input()) {
      // Old files list the weights among the inputs.
      const bool weight =
          std::any_of(graph.initializer().begin(), graph.initializer().end(),
                      [&](const auto& constant) { return constant.name() == input.name(); });
      if (weight) continue;
      if (only != nullptr) throw Unsupported{"several inputs, where one is expected"};
      only = &input;
    }
    if (only == nullptr) throw Unsupported{"no input"};
    return *only;
  }

  static TensorShape input_shape(const onnx::GraphProto& graph,
                                 const std::optional<TensorShape>& wanted) {
    if (wanted) return *wanted;
    const auto& dimensions = only_input(graph).type().tensor_type().shape();
    constexpr int kPicture = 4;  // the batch, channels, height, width
    if (dimensions.dim_size() == kPicture) {
      const TensorShape shape{dimensions.dim(1).dim_value(), dimensions.dim(2).dim_value(),
                              dimensions.dim(3).dim_value()};
      if (std::min({shape.channels, shape.height, shape.width}) > 0) return shape;
    }
    throw Unsupported{"an input without a size; say it with --input CxHxW"};
  }

  static const onnx::AttributeProto* find(const Node& node, const std::string& name) {
    for (const onnx::AttributeProto& attribute : node.attribute()) {
      if (attribute.name() == name) return &attribute;
    }
    return nullptr;
  }
  static std::int64_t number(const Node& node, const std::string& name, std::int64_t otherwise) {
    const onnx::AttributeProto* attribute = find(node, name);
    return attribute == nullptr ? otherwise : attribute->i();
  }
  static double real(const Node& node, const std::string& name, double otherwise) {
    const onnx::AttributeProto* attribute = find(node, name);
    return attribute == nullptr ? otherwise : static_cast<double>(attribute->f());
  }
  static Numbers numbers(const Node& node, const std::string& name, const Numbers& otherwise) {
    const onnx::AttributeProto* attribute = find(node, name);
    if (attribute == nullptr) return otherwise;
    return {attribute->ints().begin(), attribute->ints().end()};
  }

  [[nodiscard]] const onnx::TensorProto* find_constant(const Node& node, int input) const {
    if (input >= node.input_size()) return nullptr;
    const auto it = constants_.find(node.input(input));
    return it == constants_.end() ? nullptr : it->second;
  }
  [[nodiscard]] const onnx::TensorProto& weight(const Node& node, int input, int dimensions) const {
    const onnx::TensorProto* tensor = find_constant(node, input);
    if (tensor == nullptr) throw Unsupported{"weights that are known in the run only"};
    if (tensor->dims_size() != dimensions) {
      throw Unsupported{fmt::format("weights of {} dimensions", tensor->dims_size())};
    }
    return *tensor;
  }
  /// The numbers of a constant: of 64-bit integers, or floats.
  template <class Number, class Field>
  static std::vector<Number> values(const onnx::TensorProto& tensor, const Field& field) {
    if (!tensor.has_raw_data()) return {field.begin(), field.end()};
    std::vector<Number> list(tensor.raw_data().size() / sizeof(Number));
    std::memcpy(list.data(), tensor.raw_data().data(), list.size() * sizeof(Number));
    return list;
  }
  [[nodiscard]] Numbers integers(const Node& node, int input) const {
    const onnx::TensorProto* tensor = find_constant(node, input);
    if (tensor == nullptr || tensor->data_type() != onnx::TensorProto::INT64) {
      throw Unsupported{"numbers that are known in the run only"};
    }
    return values<std::int64_t>(*tensor, tensor->int64_data());
  }
  [[nodiscard]] double scalar(const Node& node, int input) const {
    const onnx::TensorProto* tensor = find_constant(node, input);
    if (tensor != nullptr && tensor->data_type() == onnx::TensorProto::FLOAT) {
      const auto list = values<float>(*tensor, tensor->float_data());
      if (list.size() == 1) return static_cast<double>(list.front());
    }
    throw Unsupported{"a number that is known in the run only"};
  }
  [[nodiscard]] LayerId operand(const Node& node, int input = 0) const {
    const auto it = input < node.input_size() ? made_.find(node.input(input)) : made_.end();
    if (it == made_.end()) throw Unsupported{"a tensor that is not of the network"};
    return it->second;
  }

  /// The module of a layer: by the node's name, since equal weights share one name; else by its
  /// weight's.
  static std::string module_of(const Node& node, const onnx::TensorProto& weight) {
    if (const std::string path = path_of(node.name()); !path.empty()) return path;
    constexpr std::string_view kWeight = ".weight";
    const std::string& name = weight.name();
    return name.ends_with(kWeight) ? name.substr(0, name.size() - kWeight.size()) : node.name();
  }

  /// One number for both directions and both sides, from the node's attributes.
  static std::int64_t padding(const Node& node) {
    const onnx::AttributeProto* automatic = find(node, "auto_pad");
    if (automatic != nullptr && automatic->s() != "NOTSET" && automatic->s() != "VALID") {
      throw Unsupported{"padding that depends on the size (auto_pad)"};
    }
    return square(numbers(node, "pads", {0, 0, 0, 0}), "padding");
  }
  static void refuse_dilation(const Node& node) {
    if (square(numbers(node, "dilations", {1, 1}), "dilation") != 1) throw Unsupported{"dilation"};
  }

  // What a node makes.

  void add_layer(const Node& node, const LayerOp& op, std::vector<LayerId> inputs,
                 const std::string& module = {}) {
    made_[node.output(0)] = layers_.add(op, std::move(inputs), module);
  }
  void pass_on(const Node& node) {
    if (const onnx::TensorProto* constant = find_constant(node, 0)) {
      constants_[node.output(0)] = constant;
    } else {
      made_[node.output(0)] = operand(node);
    }
  }
  template <class Op>
  void plain(const Node& node) {
    add_layer(node, Op{}, {operand(node)});
  }
  template <ActivationOp::Kind kKind>
  void activation(const Node& node) {
    add_layer(node, ActivationOp{kKind}, {operand(node)});
  }
  void convolution(const Node& node) {
    constexpr int kDimensions = 4;
    const onnx::TensorProto& kernel = weight(node, 1, kDimensions);
    refuse_dilation(node);
    add_layer(node,
              ConvOp{.out_channels = kernel.dims(0),
                     .kernel = square({kernel.dims(2), kernel.dims(3)}, "a kernel"),
                     .stride = square(numbers(node, "strides", {1, 1}), "a stride"),
                     .padding = padding(node),
                     .groups = number(node, "group", 1),
                     .bias = node.input_size() > 2},
              {operand(node)}, module_of(node, kernel));
  }
  void batch_norm(const Node& node) {
    add_layer(node, BatchNormOp{.epsilon = real(node, "epsilon", 1e-5)}, {operand(node)},
              module_of(node, weight(node, 1, 1)));
  }
  void clip(const Node& node) {
    constexpr double kRelu6Bound = 6;
    const bool inputs = node.input_size() > 2;  // since version 11 of the operations
    const double low = inputs ? scalar(node, 1) : real(node, "min", -1);
    const double high = inputs ? scalar(node, 2) : real(node, "max", -1);
    if (low != 0 || high != kRelu6Bound) throw Unsupported{"bounds other than 0 and 6"};
    add_layer(node, Relu6Op{}, {operand(node)});
  }
  void hard_sigmoid(const Node& node) {
    // PyTorch's is max(0, min(1, x/6 + 1/2)); ONNX's own default slope is 0.2.
    constexpr double kSlope = 1.0 / 6;
    if (std::abs(real(node, "alpha", 0.2) - kSlope) > 1e-6 || real(node, "beta", 0.5) != 0.5) {
      throw Unsupported{"a slope other than 1/6"};
    }
    activation<ActivationOp::Kind::kHardSigmoid>(node);
  }
  void max_pool(const Node& node) {
    refuse_dilation(node);
    add_layer(node,
              MaxPoolOp{.kernel = square(numbers(node, "kernel_shape", {}), "a window"),
                        .stride = square(numbers(node, "strides", {1, 1}), "a stride"),
                        .padding = padding(node),
                        .ceil = number(node, "ceil_mode", 0) != 0},
              {operand(node)});
  }
  void average_pool(const Node& node) {
    const std::int64_t border = padding(node);
    if (number(node, "ceil_mode", 0) != 0) throw Unsupported{"windows that hang over the edge"};
    if (border != 0 && number(node, "count_include_pad", 0) == 0) {
      throw Unsupported{"padding that does not count"};
    }
    add_layer(node,
              AvgPoolOp{.kernel = square(numbers(node, "kernel_shape", {}), "a window"),
                        .stride = square(numbers(node, "strides", {1, 1}), "a stride"),
                        .padding = border},
              {operand(node)});
  }
  void reduce_mean(const Node& node) {
    Numbers axes = numbers(node, "axes", {});
    std::sort(axes.begin(), axes.end());
    if (axes != Numbers{2, 3} && axes != Numbers{-2, -1}) {
      throw Unsupported{"dimensions other than height and width"};
    }
    add_layer(node, GlobalAvgPoolOp{}, {operand(node)});
    if (number(node, "keepdims", 1) == 0) add_layer(node, FlattenOp{}, {layers_.size() - 1});
  }
  void pad(const Node& node) {
    const Numbers pads =
        node.input_size() > 1 ? integers(node, 1) : numbers(node, "pads", Numbers{1});
    if (std::any_of(pads.begin(), pads.end(), [](std::int64_t one) { return one != 0; })) {
      throw Unsupported{"a border of its own"};
    }
    pass_on(node);
  }
  void add(const Node& node) {
    for (const int constant : {0, 1}) {
      if (find_constant(node, constant) == nullptr) continue;
      const LayerId from = operand(node, 1 - constant);
      layers_.add_bias(from);
      made_[node.output(0)] = from;
      return;
    }
    add_layer(node, AddOp{}, {operand(node, 0), operand(node, 1)});
  }
  void multiply(const Node& node) {
    LayerId a = operand(node, 0);
    LayerId b = operand(node, 1);
    if (layers_.shape(a).elements() < layers_.shape(b).elements()) std::swap(a, b);
    add_layer(node, MultiplyOp{}, {a, b});
  }
  void concat(const Node& node) {
    if (number(node, "axis", 1) != 1) throw Unsupported{"a dimension other than the channels"};
    std::vector<LayerId> inputs;
    for (int i = 0; i < node.input_size(); ++i) inputs.push_back(operand(node, i));
    if (inputs.size() == 1) {
      pass_on(node);
    } else {
      add_layer(node, ConcatOp{}, std::move(inputs));
    }
  }
  void flatten(const Node& node) {
    if (number(node, "axis", 1) != 1) throw Unsupported{"dimensions other than all but the first"};
    add_layer(node, FlattenOp{}, {operand(node)});
  }
  void reshape(const Node& node) {
    const LayerId from = operand(node);
    const Numbers shape = integers(node, 1);
    if (shape.size() != 2 || (shape[1] != -1 && shape[1] != layers_.shape(from).elements())) {
      throw Unsupported{"a shape other than a flat one"};
    }
    add_layer(node, FlattenOp{}, {from});
  }
  void gemm(const Node& node) {
    const onnx::TensorProto& matrix = weight(node, 1, 2);
    if (number(node, "transA", 0) != 0 || real(node, "alpha", 1) != 1 ||
        real(node, "beta", 1) != 1) {
      throw Unsupported{"a factor, or its input transposed"};
    }
    const bool transposed = number(node, "transB", 0) != 0;
    add_layer(
        node,
        LinearOp{.out_features = matrix.dims(transposed ? 0 : 1), .bias = node.input_size() > 2},
        {operand(node)}, module_of(node, matrix));
  }
  void matrix_product(const Node& node) {
    const onnx::TensorProto& matrix = weight(node, 1, 2);
    add_layer(node, LinearOp{.out_features = matrix.dims(1), .bias = false}, {operand(node)},
              module_of(node, matrix));
  }

  LayerList layers_;
  std::map<std::string, LayerId> made_;  // by the name of the tensor
  std::map<std::string, const onnx::TensorProto*> constants_;
};

}  // namespace

Graph import_onnx(const std::filesystem::path& file, const std::optional<TensorShape>& input,
                  const std::string& name) {
  const auto fail = [&](const std::string& what) {
    return ConfigError{fmt::format("{}: error: {}", file.string(), what)};
  };
  std::ifstream stream{file, std::ios::binary};
  if (!stream || !std::filesystem::is_regular_file(file)) {
    throw fail("is no file that can be read; check the path");
  }
  google::protobuf::SetLogHandler(nullptr);  // what is wrong is told below, in our words
  onnx::ModelProto model;
  if (!model.ParseFromIstream(&stream) || model.graph().node_size() == 0) {
    throw fail("is no ONNX model; write one with torch.onnx.export(model.eval(), picture, FILE)");
  }
  try {
    return Importer{model.graph(), input}.layers().graph(
        name, fmt::format("{}, imported from ONNX", name));
  } catch (const Unsupported& reason) {
    throw fail(fmt::format("has {}", reason.what()));
  } catch (const std::invalid_argument& error) {
    throw fail(fmt::format("has layers that do not fit together: {}", error.what()));
  }
}

}  // namespace papilio
