#include "models/import/onnx_tensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/import/onnx_node.hpp"
#include "models/import/onnx_parts.hpp"

namespace papilio {
namespace {

/// Weights that are made for the check, in numbers: 128 MiB. The largest networks have more, and
/// nothing is to be learned from so many equal numbers.
constexpr std::int64_t kMostFilled = std::int64_t{1} << 25;

TensorShape input_shape(const onnx::GraphProto& graph, const std::optional<TensorShape>& wanted) {
  if (wanted) return *wanted;
  const auto& dimensions = only_input(graph).type().tensor_type().shape();
  if (dimensions.dim_size() == kPictureRank) {
    const TensorShape shape{dimensions.dim(1).dim_value(), dimensions.dim(2).dim_value(),
                            dimensions.dim(3).dim_value()};
    if (std::min({shape.channels(), shape.height(), shape.width()}) > 0) return shape;
  } else if (dimensions.dim_size() > 0) {
    throw Unsupported{
        fmt::format("an input of {} dimensions, where a picture has 4: batch, channels, height and "
                    "width; where it is one all the same, say its size with --input CxHxW",
                    dimensions.dim_size())};
  }
  throw Unsupported{"an input without a size; say it with --input CxHxW"};
}

/// The module of a layer: by the node's name, since equal weights share one name; else by its
/// weight's.
std::string module_of(const onnx::NodeProto& node, const std::string& weight) {
  if (std::string path = module_path(node.name()); !path.empty()) return path;
  constexpr std::string_view kWeight = ".weight";
  return weight.ends_with(kWeight) ? weight.substr(0, weight.size() - kWeight.size()) : node.name();
}

OnnxTensor of_picture(const OnnxTensor& from) {
  if (from.layer != kNoLayer && from.rank != kPictureRank) throw Unsupported{"a flat tensor"};
  return from;
}

/// Of one number for all channels, as many.
float at(const std::vector<double>& numbers, std::size_t channel) {
  return static_cast<float>(numbers[numbers.size() == 1 ? 0 : channel]);
}

}  // namespace

OnnxTensors::OnnxTensors(const onnx::GraphProto& graph, const std::optional<TensorShape>& input)
    : constants_{graph},
      layers_{input_shape(graph, input)},
      most_kept_{static_cast<std::int64_t>(graph.ByteSizeLong()) / 4 + kMostFilled} {
  const onnx::ValueInfoProto& only = only_input(graph);
  const TensorShape& size = layers_.shape(0);
  const bool flat = only.type().tensor_type().shape().dim_size() == kFlatRank &&
                    size.height() == 1 && size.width() == 1;
  for (const Node& node : graph.node()) {
    for (const std::string& name : node.input()) ++reads_left_[name];
  }
  ++reads_left_[graph.output(0).name()];
  make(only.name(), {0, flat ? kFlatRank : kPictureRank, {}});
}

OnnxNetwork OnnxTensors::network(const std::string& output, const std::string& name) {
  LayerId last = 0;
  if (!layers_.has_unknown()) {
    last = tensor(output, "an output that is no tensor of the network").layer;
  }
  OnnxNetwork network{.graph = layers_.graph(last, name, name + ", imported from ONNX"),
                      .why_not_run = why_not_run_};
  if (constants_.filled() > kMostFilled) {
    network.why_not_run =
        fmt::format("its weights are not in it, but {} times a number", constants_.filled());
  }
  if (!network.why_not_run.empty()) return network;
  for (auto& [id, parts] : weights_) {
    if (layers_.name(id).empty() || layers_.shares(id)) continue;
    for (auto& [part, numbers] : parts) {
      network.weights.emplace(layers_.name(id) + "." + part, std::move(numbers));
    }
  }
  return network;
}

void OnnxTensors::begin(const Node& node) {
  for (const std::string& name : node.input()) --reads_left_[name];
}

void OnnxTensors::make(const std::string& name, const Tensor& tensor) {
  if (name.empty()) return;  // nobody can read it
  made_[name] = tensor;
  if (tensor.layer != kNoLayer) names_of_[tensor.layer].push_back(name);
}

const OnnxTensor& OnnxTensors::tensor(const std::string& name, const char* otherwise) const {
  const auto it = made_.find(name);
  if (it == made_.end()) {
    if (unknown_numbers_.contains(name)) throw FollowsUnknown{};
    throw Unsupported{otherwise};
  }
  if (it->second.border != Padding{}) {
    throw Unsupported{"a border of zeros, which only a Conv takes in"};
  }
  return it->second;
}

OnnxTensor OnnxTensors::operand(const Node& node, int input) const {
  if (!has_input(node, input)) throw Unsupported{"too few inputs"};
  return tensor(node.input(input), "a tensor that is not of the network");
}

OnnxTensor OnnxTensors::picture(const Node& node) const {
  return of_picture(operand(node));
}

OnnxTensor OnnxTensors::bordered_picture(const Node& node) const {
  const auto it = has_input(node, 0) ? made_.find(node.input(0)) : made_.end();
  return it == made_.end() ? picture(node) : of_picture(it->second);
}

OnnxTensor OnnxTensors::flat(const Node& node) const {
  const Tensor from = operand(node);
  if (from.layer != kNoLayer && from.rank != kFlatRank) {
    throw Unsupported{"a tensor that is not flat"};
  }
  return from;
}

TensorShape OnnxTensors::shape(const Tensor& tensor) const {
  if (tensor.layer == kNoLayer) throw FollowsUnknown{};
  return layers_.shape(tensor.layer);
}

OnnxDims OnnxTensors::dims(const Tensor& from) const {
  const TensorShape size = shape(from);
  if (from.rank == kFlatRank) return {1, size.elements()};
  return {1, size.channels(), size.height(), size.width()};
}

std::optional<OnnxDims> OnnxTensors::dims_of(const std::string& name) const {
  const auto it = made_.find(name);
  if (it == made_.end()) return std::nullopt;
  // Sizes that hang on an unknown operation are not known, and no operation more is unknown.
  if (it->second.layer == kNoLayer) return std::nullopt;
  OnnxDims sizes = dims(it->second);
  if (it->second.rank == kPictureRank) {
    sizes[2] += it->second.border.top + it->second.border.bottom;
    sizes[3] += it->second.border.left + it->second.border.right;
  }
  return sizes;
}

bool OnnxTensors::hangs_on_unknown_numbers(const Node& node) const {
  bool hangs = false;
  const bool asks = node.op_type() == "Shape" || node.op_type() == "Size";
  for (const std::string& name : node.input()) {
    const auto it = made_.find(name);
    const bool of_unknown = asks && it != made_.end() && it->second.layer == kNoLayer;
    if (of_unknown || unknown_numbers_.contains(name)) {
      hangs = true;
    } else if (!name.empty() && constants_.find(name) == nullptr) {
      return false;
    }
  }
  return hangs;
}

const OnnxConstant* OnnxTensors::find_constant(const Node& node, int input) const {
  return has_input(node, input) ? constants_.find(node.input(input)) : nullptr;
}

const OnnxConstant& OnnxTensors::constant(const Node& node, int input,
                                          const char* otherwise) const {
  const OnnxConstant* constant = find_constant(node, input);
  if (constant != nullptr) return *constant;
  if (has_input(node, input) && unknown_numbers_.contains(node.input(input))) {
    throw FollowsUnknown{};
  }
  throw Unsupported{otherwise};
}

const OnnxConstant& OnnxTensors::weight(const Node& node, int input) const {
  return constant(node, input, "weights that are known in the run only");
}

const OnnxConstant& OnnxTensors::weight(const Node& node, int input, std::size_t dimensions) const {
  const OnnxConstant& found = weight(node, input);
  if (found.dims.size() != dimensions) {
    throw Unsupported{fmt::format("weights of {} dimensions", found.dims.size())};
  }
  return found;
}

OnnxTensors::Numbers OnnxTensors::integers(const Node& node, int input) {
  return constants_.integers(constant(node, input, "numbers that are known in the run only"));
}

double OnnxTensors::scalar(const Node& node, int input, double otherwise) {
  if (!has_input(node, input)) return otherwise;
  const OnnxConstant& found = constant(node, input, "a number that is known in the run only");
  if (found.count() != 1) throw Unsupported{"several numbers, where one is expected"};
  return constants_.reals(found).front();
}

OnnxTensors::Numbers OnnxTensors::axes(const Node& node, int input) {
  return has_input(node, input) ? integers(node, input) : numbers_of(node, "axes", {});
}

void OnnxTensors::add_layer(const Node& node, const LayerOp& op,
                            const std::vector<Tensor>& inputs) {
  add_layer(node, op, inputs, inputs.empty() ? kPictureRank : inputs.front().rank);
}

void OnnxTensors::add_layer(const Node& node, const LayerOp& op, const std::vector<Tensor>& inputs,
                            std::size_t rank) {
  std::vector<LayerId> ids;
  for (const Tensor& input : inputs) {
    if (input.layer == kNoLayer) throw FollowsUnknown{};
    ids.push_back(input.layer);
  }
  make(node.output(0), {layers_.add(op, std::move(ids)), rank, {}});
}

void OnnxTensors::pass_on(const Node& node, const Tensor& from, std::size_t rank) {
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  make(node.output(0), {from.layer, rank, {}});
}

// What tells a layer's weights from others. PyTorch's exporter makes one tensor of equal ones,
// and keeps their names by Identity: equal kernels are one kernel, but batch norms that nobody
// trained are equal by chance, and one only if their names are.
std::string OnnxTensors::identity_of(const Node& node, int weights) {
  std::string identity;
  const bool by_name = node.op_type() == "BatchNormalization";
  for (int i = 1; i <= weights; ++i) {
    if (has_input(node, i)) {
      const OnnxConstant& constant = weight(node, i);
      identity += by_name ? node.input(i) + "\n"
                          : fmt::format("{}{} ", constant.source, constant.transposed);
    }
  }
  const auto [known, is_first] = identities_.emplace(weight(node, 1).source, identity);
  if (!by_name && !is_first && known->second != identity) {
    throw Unsupported{"weights that another layer has, with another bias"};
  }
  return identity;
}

void OnnxTensors::add_weighted(const Node& node, const LayerOp& op, const Tensor& from,
                               const std::vector<std::string>& names, bool transposed) {
  const auto weights = static_cast<int>(names.size());
  const OnnxConstant& first = weight(node, 1);
  for (int i = 2; i <= weights; ++i) {
    if (has_input(node, i)) static_cast<void>(weight(node, i));
  }
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  const LayerId id =
      layers_.add(op, {from.layer}, module_of(node, first.name), identity_of(node, weights));
  std::int64_t count = 0;
  for (int i = 1; i <= weights; ++i) {
    if (!has_input(node, i)) continue;
    const OnnxConstant& constant = weight(node, i);
    const std::string& part = names[static_cast<std::size_t>(i - 1)];
    const bool trained = part == "weight" || part == "bias";
    const bool for_each = part != "weight" || std::holds_alternative<BatchNormOp>(op);
    if (for_each && constant.count() != layers_.shape(id).channels()) {
      throw Unsupported{fmt::format("a {} of {} numbers for {} channels", part, constant.count(),
                                    layers_.shape(id).channels())};
    }
    count += trained ? constant.count() : 0;
    keep_weight(id, part, constant, transposed && part == "weight");
  }
  if (count != layers_.parameters(id)) {
    throw Unsupported{
        fmt::format("{} weights, where its input needs {}", count, layers_.parameters(id))};
  }
  make(node.output(0), {id, from.rank, {}});
}

std::vector<double> OnnxTensors::by_channel(const Node& node, const Tensor& tensor,
                                            const OnnxConstant& constant) {
  const TensorShape in = shape(tensor);
  OnnxDims dims = constant.dims;
  if (number_of(node, "broadcast", 0) != 0 && number_of(node, "axis", 0) == 1) {
    dims.resize(std::max(dims.size(), tensor.rank - 1), 1);  // before version 7: from an axis on
  }
  const std::int64_t count = count_of(dims);
  if (count != 1) {
    // The channels are the second dimension, counted from the last as broadcasting does.
    while (dims.size() > tensor.rank && dims.front() == 1) dims.erase(dims.begin());
    dims.insert(dims.begin(), std::max(tensor.rank, dims.size()) - dims.size(), 1);
    const std::int64_t channels = tensor.rank == kFlatRank ? in.elements() : in.channels();
    if (dims.size() != tensor.rank || dims[1] != channels || count != channels) {
      throw Unsupported{"a constant that has neither one number nor one for each channel"};
    }
  } else if (dims.size() > tensor.rank) {
    throw Unsupported{"a constant of more dimensions"};
  }
  std::vector<double> values = constants_.reals(constant);
  for (const double value : values) {
    if (!std::isfinite(value)) throw Unsupported{"a constant that is not finite"};
  }
  return values;
}

bool OnnxTensors::may_keep(std::int64_t numbers, const std::string& why_not) {
  kept_ += numbers;
  if (!why_not.empty()) {
    why_not_run_ = why_not;
  } else if (kept_ > most_kept_ || constants_.filled() > kMostFilled) {
    why_not_run_ = "its weights are many more numbers than it has";
  }
  if (!why_not_run_.empty()) weights_.clear();
  return why_not_run_.empty();
}

void OnnxTensors::keep_weight(LayerId id, const std::string& part, const OnnxConstant& constant,
                              bool transposed) {
  if (layers_.shares(id)) return;  // another has them
  if (!may_keep(constant.count(), why_no_floats(constant))) return;
  OnnxConstant turned = constant;
  if (transposed) {
    turned.transposed = !turned.transposed;
    std::swap(turned.dims[0], turned.dims[1]);
  }
  StoredTensor tensor{turned.dims, floats_of(turned)};
  if (part != "weight") tensor.shape = {static_cast<std::int64_t>(tensor.values.size())};
  weights_[id][part] = std::move(tensor);
}

bool OnnxTensors::is_read_elsewhere(LayerId id) const {
  const auto names = names_of_.find(id);
  return names != names_of_.end() &&
         std::any_of(names->second.begin(), names->second.end(), [&](const std::string& name) {
           const auto left = reads_left_.find(name);
           return left != reads_left_.end() && left->second > 0;
         });
}

bool OnnxTensors::absorb(const Tensor& from, const std::vector<double>& factors,
                         const std::vector<double>& offsets) {
  const LayerId id = from.layer;
  if (id + 1 != layers_.size() || layers_.shares(id) || is_read_elsewhere(id)) return false;
  const LayerOp& op = layers_.op(id);
  const auto* conv = std::get_if<ConvOp>(&op);
  const auto* linear = std::get_if<LinearOp>(&op);
  const bool norm = std::holds_alternative<BatchNormOp>(op);
  if (!norm && conv == nullptr && linear == nullptr) return false;
  if (!norm && factors != std::vector<double>{1}) return false;
  if (norm || (conv != nullptr ? conv->bias : linear->bias)) {
    layers_.alter_weights(id);
  } else {
    layers_.add_bias(id);
  }
  const auto channels = static_cast<std::size_t>(layers_.shape(id).channels());
  if (!may_keep(static_cast<std::int64_t>(channels), "")) return true;
  Parts& parts = weights_[id];
  StoredTensor& bias = parts["bias"];
  bias.shape = {static_cast<std::int64_t>(channels)};
  bias.values.resize(channels, 0);
  for (std::size_t i = 0; i < channels; ++i) {
    bias.values[i] = at(factors, i) * bias.values[i] + at(offsets, i);
    if (norm) parts["weight"].values[i] *= at(factors, i);
  }
  return true;
}

void OnnxTensors::add_affine(const Node& node, const Tensor& from,
                             const std::vector<double>& factors,
                             const std::vector<double>& offsets) {
  const TensorShape in = shape(from);
  const bool for_each = std::max(factors.size(), offsets.size()) > 1 || in.channels() == 1;
  if (for_each && absorb(from, factors, offsets))
    return make(node.output(0), {from.layer, from.rank, {}});
  if (factors.size() == 1 && offsets.size() == 1) {
    return add_layer(node, ScaleOp{.factor = factors.front(), .offset = offsets.front()}, {from});
  }
  const BatchNormOp op;
  std::string module = module_path(node.name());
  const LayerId id =
      layers_.add(op, {from.layer}, module.empty() ? node.name() : std::move(module));
  make(node.output(0), {id, from.rank, {}});
  if (!may_keep(4 * in.channels(), "")) return;
  const auto channels = static_cast<std::size_t>(in.channels());
  const auto numbers = [&](const auto& of) {
    StoredTensor tensor{{in.channels()}, {}};
    for (std::size_t i = 0; i < channels; ++i) tensor.values.push_back(of(i));
    return tensor;
  };
  // Of a mean of 0 and a deviation of 1.
  weights_[id] = {
      {"weight", numbers([&](std::size_t i) { return at(factors, i); })},
      {"bias", numbers([&](std::size_t i) { return at(offsets, i); })},
      {"running_mean", numbers([](std::size_t) { return 0.0F; })},
      {"running_var", numbers([&](std::size_t) { return static_cast<float>(1 - op.epsilon); })}};
}

}  // namespace papilio
