#include "models/import/onnx.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "models/import/layer_list.hpp"
#include "models/import/onnx_parts.hpp"
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
    const auto output = made_.find(graph.output(0).name());
    if (output == made_.end()) throw Unsupported{"an output that is no tensor of the network"};
    output_ = output->second;
  }

  /// The network with the file's weights.
  OnnxNetwork network(const std::string& name) {
    OnnxNetwork network{.graph = layers_.graph(output_, name, name + ", imported from ONNX"),
                        .why_no_weights = why_no_weights_};
    if (!why_no_weights_.empty()) return network;
    for (auto& [id, parts] : weights_) {
      if (layers_.name(id).empty() || layers_.shares(id)) continue;
      for (auto& [part, tensor] : parts) {
        network.weights.emplace(layers_.name(id) + "." + part, std::move(tensor));
      }
    }
    return network;
  }

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
        {"Softmax", &Importer::softmax},
        {"Identity", &Importer::pass_on},
        {"Dropout", &Importer::dropout}};
    return kConverters;
  }

  void visit(const Node& node) {
    if (node.op_type() == "Constant") {
      for (const onnx::AttributeProto& attribute : node.attribute()) {
        if (attribute.name() == "value") constants_[node.output(0)] = &attribute.t();
      }
      return;
    }
    const bool standard = node.domain().empty() || node.domain() == "ai.onnx";
    const auto known = converters().find(node.op_type());
    if (known == converters().end() || !standard) {
      layers_.add_unknown(standard ? node.op_type() : node.domain() + "::" + node.op_type());
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

  static TensorShape input_shape(const onnx::GraphProto& graph,
                                 const std::optional<TensorShape>& wanted) {
    if (wanted) return *wanted;
    const auto& dimensions = only_input(graph).type().tensor_type().shape();
    constexpr int kPicture = 4;  // the batch, channels, height, width
    if (dimensions.dim_size() == kPicture) {
      const TensorShape shape{dimensions.dim(1).dim_value(), dimensions.dim(2).dim_value(),
                              dimensions.dim(3).dim_value()};
      if (std::min({shape.channels, shape.height, shape.width}) > 0) return shape;
    } else if (dimensions.dim_size() > 0) {
      throw Unsupported{fmt::format(
          "an input of {} dimensions, where a picture has 4: batch, channels, height and "
          "width; where it is one all the same, say its size with --input CxHxW",
          dimensions.dim_size())};
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

  /// Whether an input that may be left out is there: an empty name stands for one that is not.
  static bool has_input(const Node& node, int input) {
    return input < node.input_size() && !node.input(input).empty();
  }
  [[nodiscard]] const onnx::TensorProto* find_constant(const Node& node, int input) const {
    if (!has_input(node, input)) return nullptr;
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

  void add_layer(const Node& node, const LayerOp& op, std::vector<LayerId> inputs) {
    made_[node.output(0)] = layers_.add(op, std::move(inputs));
  }
  /// The numbers of a constant as floats; nothing where the file has them in another format, or
  /// elsewhere.
  std::optional<StoredTensor> stored(const onnx::TensorProto& tensor) {
    const std::vector<std::int64_t> shape(tensor.dims().begin(), tensor.dims().end());
    StoredTensor result{shape, {}};
    if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
      why_no_weights_ = "its weights are in another file";
      return std::nullopt;
    }
    if (tensor.data_type() == onnx::TensorProto::FLOAT) {
      result.values = values<float>(tensor, tensor.float_data());
    } else if (tensor.data_type() == onnx::TensorProto::DOUBLE) {
      const auto numbers = values<double>(tensor, tensor.double_data());
      for (const double number : numbers) result.values.push_back(static_cast<float>(number));
    } else {
      why_no_weights_ =
          fmt::format("its weights are of the type {}",
                      onnx::TensorProto::DataType_Name(
                          static_cast<onnx::TensorProto::DataType>(tensor.data_type())));
      return std::nullopt;
    }
    const auto count =
        std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>{});
    if (count != static_cast<std::int64_t>(result.values.size())) {
      throw Unsupported{fmt::format("a constant '{}' of {} numbers, where its shape has {}",
                                    tensor.name(), result.values.size(), count)};
    }
    return result;
  }
  void keep_weight(LayerId id, const std::string& part, const onnx::TensorProto& tensor,
                   bool transposed = false) {
    std::optional<StoredTensor> weight = stored(tensor);
    if (!weight) return;
    if (transposed) {
      const auto rows = static_cast<std::size_t>(weight->shape[0]);
      const auto columns = static_cast<std::size_t>(weight->shape[1]);
      const std::vector<float> from = weight->values;
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns; ++j) {
          weight->values[j * rows + i] = from[i * columns + j];
        }
      }
      std::swap(weight->shape[0], weight->shape[1]);
    }
    if (part != "weight") weight->shape = {static_cast<std::int64_t>(weight->values.size())};
    weights_[id][part] = *std::move(weight);
  }

  /// What tells a layer's weights from others. PyTorch's exporter makes one tensor of equal ones,
  /// and keeps their names by Identity: equal kernels are one kernel, but batch norms that nobody
  /// trained are equal by chance, and one only if their names are.
  [[nodiscard]] std::string identity_of(const Node& node, int weights) {
    std::string identity;
    const bool by_name = node.op_type() == "BatchNormalization";
    for (int i = 1; i <= weights; ++i) {
      if (has_input(node, i)) {
        const void* tensor = &weight_at(node, i);
        identity += by_name ? node.input(i) + "\n" : fmt::format("{} ", tensor);
      }
    }
    const auto [known, is_first] = identities_.emplace(&weight_at(node, 1), identity);
    if (!by_name && !is_first && known->second != identity) {
      throw Unsupported{"weights that another layer has, with another bias"};
    }
    return identity;
  }
  /// @param names of the weights, which are the inputs from the second on
  LayerId add_weighted(const Node& node, const LayerOp& op, const std::vector<std::string>& names,
                       bool transposed = false) {
    const auto weights = static_cast<int>(names.size());
    const LayerId id = layers_.add(op, {operand(node)}, module_of(node, weight_at(node, 1)),
                                   identity_of(node, weights));
    std::int64_t count = 0;
    for (int i = 1; i <= weights; ++i) {
      if (!has_input(node, i)) continue;
      const onnx::TensorProto& tensor = weight_at(node, i);
      const std::string& part = names[static_cast<std::size_t>(i - 1)];
      const bool trained = part == "weight" || part == "bias";
      const std::int64_t size = std::accumulate(tensor.dims().begin(), tensor.dims().end(),
                                                std::int64_t{1}, std::multiplies<>{});
      count += trained ? size : 0;
      keep_weight(id, part, tensor, transposed && part == "weight");
    }
    if (count != layers_.parameters(id)) {
      throw Unsupported{
          fmt::format("{} weights, where its input needs {}", count, layers_.parameters(id))};
    }
    made_[node.output(0)] = id;
    return id;
  }
  [[nodiscard]] const onnx::TensorProto& weight_at(const Node& node, int input) const {
    const onnx::TensorProto* tensor = find_constant(node, input);
    if (tensor == nullptr) throw Unsupported{"weights that are known in the run only"};
    return *tensor;
  }

  void dropout(const Node& node) {
    if (number(node, "is_test", 1) == 0 || has_input(node, 2)) {
      const onnx::TensorProto* training = find_constant(node, 2);
      const bool off = training != nullptr && training->data_type() == onnx::TensorProto::BOOL &&
                       (training->raw_data() == std::string(1, '\0') ||
                        (training->int32_data_size() == 1 && training->int32_data(0) == 0));
      if (!off) throw Unsupported{"training switched on; export the model in evaluation"};
    }
    pass_on(node);
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
    add_weighted(node,
                 ConvOp{.out_channels = kernel.dims(0),
                        .kernel = square({kernel.dims(2), kernel.dims(3)}, "a kernel"),
                        .stride = square(numbers(node, "strides", {1, 1}), "a stride"),
                        .padding = padding(node),
                        .groups = number(node, "group", 1),
                        .bias = has_input(node, 2)},
                 {"weight", "bias"});
  }
  void batch_norm(const Node& node) {
    if (number(node, "training_mode", 0) != 0 || number(node, "is_test", 1) == 0) {
      throw Unsupported{"statistics of the batch; export the model in evaluation: model.eval()"};
    }
    if (number(node, "spatial", 1) != 1) throw Unsupported{"numbers for each pixel"};
    for (const int i : {1, 2, 3, 4}) static_cast<void>(weight(node, i, 1));
    add_weighted(node, BatchNormOp{.epsilon = real(node, "epsilon", 1e-5)},
                 {"weight", "bias", "running_mean", "running_var"});
  }
  void softmax(const Node& node) {
    // Of maps it means something else since version 13 of the operations.
    const TensorShape& in = layers_.shape(operand(node));
    const std::int64_t axis = number(node, "axis", 1);
    if (in.height != 1 || in.width != 1 || (axis != 1 && axis != -1)) {
      throw Unsupported{"more than a flat vector"};
    }
    plain<SoftmaxOp>(node);
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
      const onnx::TensorProto& bias = weight_at(node, constant);
      const std::int64_t size = std::accumulate(bias.dims().begin(), bias.dims().end(),
                                                std::int64_t{1}, std::multiplies<>{});
      if (size != layers_.shape(from).elements()) {
        throw Unsupported{"a constant, which is no bias of the layer before"};
      }
      layers_.add_bias(from);
      keep_weight(from, "bias", bias);
      made_[node.output(0)] = from;
      made_.erase(node.input(1 - constant));  // without the bias, it is no layer's any more
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
    const bool one_picture =
        !shape.empty() &&
        (shape[0] == 1 || shape[0] == -1 || (shape[0] == 0 && number(node, "allowzero", 0) == 0));
    if (shape.size() != 2 || !one_picture ||
        (shape[1] != -1 && shape[1] != layers_.shape(from).elements())) {
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
    add_weighted(
        node, LinearOp{.out_features = matrix.dims(transposed ? 0 : 1), .bias = has_input(node, 2)},
        {"weight", "bias"}, !transposed);
  }
  void matrix_product(const Node& node) {
    const onnx::TensorProto& matrix = weight(node, 1, 2);
    add_weighted(node, LinearOp{.out_features = matrix.dims(1), .bias = false}, {"weight"}, true);
  }

  LayerList layers_;
  LayerId output_{0};
  std::map<LayerId, std::map<std::string, StoredTensor>> weights_;  // by "weight", "bias", …
  std::map<const onnx::TensorProto*, std::string> identities_;      // of layers, by their weight
  std::string why_no_weights_;
  std::map<std::string, LayerId> made_;  // by the name of the tensor
  std::map<std::string, const onnx::TensorProto*> constants_;
};

}  // namespace

OnnxNetwork import_onnx(const std::filesystem::path& file, const std::optional<TensorShape>& input,
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
    if (model.graph().output_size() == 0) throw Unsupported{"no output"};
    std::vector<std::string> notes;
    model = for_one_output(std::move(model), notes);
    OnnxNetwork network = Importer{model.graph(), input}.network(name);
    for (std::string& note : notes) network.graph.add_note(std::move(note));
    set_input(model, network.graph.layers().front().shape);
    if (!model.SerializeToString(&network.model)) network.model.clear();
    return network;
  } catch (const Unsupported& reason) {
    throw fail(fmt::format("has {}", reason.what()));
  } catch (const std::invalid_argument& error) {
    throw fail(fmt::format("has layers that do not fit together: {}", error.what()));
  }
}

}  // namespace papilio
