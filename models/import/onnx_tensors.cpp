#include "models/import/onnx_tensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/import/onnx_node.hpp"

namespace papilio {
namespace {

/// Weights that are made for the check, in numbers: 128 MiB. The largest networks have more, and
/// nothing is to be learned from so many equal numbers.
constexpr std::int64_t kMostFilled = std::int64_t{1} << 25;

/// As a graph has it.
TensorShape shape_of(const OnnxDims& dims) {
  if (dims.size() > TensorShape::kMostAxes) {
    throw Unsupported{fmt::format("a tensor of {} axes, where there are at most {}", dims.size(),
                                  TensorShape::kMostAxes)};
  }
  return {dims.begin(), dims.end()};
}
OnnxDims dims_of_shape(const TensorShape& shape) {
  return {shape.begin(), shape.end()};
}

/// Dimensions with ones before, as broadcasting sees them.
OnnxDims padded_to(std::size_t rank, const OnnxDims& dims) {
  OnnxDims result(rank - dims.size(), 1);
  result.insert(result.end(), dims.begin(), dims.end());
  return result;
}

/// Whether a layer looks at the numbers of a flat vector, or of a picture, alike.
bool is_flat_layer(const LayerOp& op, const TensorShape& shape) {
  return !std::holds_alternative<LinearOp>(op) || shape.rank() <= 1;
}

/// Whether a layer may be one of a network of pictures, whose numbers for each channel are a batch
/// norm's.
bool is_of_pictures(const LayerOp& op, const TensorShape& shape) {
  return op.index() < LayerOp{ParameterOp{}}.index() && is_flat_layer(op, shape);
}

}  // namespace

OnnxTensors::OnnxTensors(const onnx::GraphProto& graph, const std::vector<OnnxInput>& inputs)
    : constants_{graph},
      layers_{inputs.front().shape},
      graph_{graph},
      is_of_stated_size_{has_stated_size(graph, inputs.front())},
      below_{inputs.front().below},
      why_not_asked_{why_not_asked(inputs)},
      most_kept_{static_cast<std::int64_t>(graph.ByteSizeLong()) / 4 + kMostFilled} {
  for (const Node& node : graph.node()) {
    for_each_read(node, [&](const std::string& name) {
      ++reads_left_[name];
      reader_[name] = &node;
    });
  }
  ++reads_left_[graph.output(0).name()];
  for (const onnx::TensorProto& tensor : graph.initializer()) note_stated(tensor.name());
  inputs_.resize(1);
  for (const OnnxInput& input : inputs) {
    batch_ = std::max(batch_, input.batch);
    const bool is_first = &input == &inputs.front();
    const LayerId id = is_first ? 0 : push(InputOp{input.shape, input.below}, {});
    make(input.name, {id, input.dims, {}, input.type});
  }
}

OnnxNetwork OnnxTensors::network(const std::string& name, const OpaqueRequest& opaque) {
  LayerId last = 0;
  if (!layers_.has_unknown()) {
    const Tensor of =
        settled(graph_.output(0).name(), "an output that is no tensor of the network");
    last = has_channels_first(of) ? of.layer : sample_of(of, {}).layers.front();
  } else if (const std::optional<LayerId> layer = opaque_layer(opaque)) {
    layers_.forget_unknown();
    last = *layer;
  }
  OnnxNetwork network{.graph = layers_.graph(last, name, name + ", imported from ONNX"),
                      .why_not_run = why_not_run_};
  const std::map<std::string, std::string> names = names_apart(network.graph);
  if (below_ > 0 || !names.empty()) network.graph = changed(network.graph, below_, names);
  const auto final_name = [&](LayerId id) {
    const auto other = names.find(layers_.name(id));
    return other == names.end() ? layers_.name(id) : other->second;
  };
  for (const auto& [tensor, id] : operands_) {
    if (std::holds_alternative<InputOp>(layers_.op(id)) ||
        std::holds_alternative<ParameterOp>(layers_.op(id))) {
      continue;
    }
    network.whole.made.push_back({.tensor = tensor, .layer = final_name(id)});
  }
  for (const auto& [tensor, id] : last_weighted()) {
    network.weighted.made.push_back({.tensor = tensor, .layer = final_name(id)});
  }
  if (const auto begin = before_weighted(); begin && !network.weighted.made.empty()) {
    network.weighted.begin = {.tensor = begin->first, .layer = final_name(begin->second)};
  }
  if (!operands_.empty()) notes_.insert(notes_.begin(), opaque_note(network.graph));
  for (std::string& note : notes_) network.graph.add_note(std::move(note));
  if (constants_.filled() > kMostFilled) {
    network.why_not_run =
        fmt::format("its weights are not in it, but {} times a number", constants_.filled());
  }
  if (network.why_not_run.empty()) network.why_not_run = why_not_asked_;
  if (!why_not_run_.empty() || constants_.filled() > kMostFilled) return network;
  for (auto& [id, parts] : weights_) {
    if (layers_.name(id).empty() || layers_.shares(id)) continue;
    const std::string layer = final_name(id);
    for (auto& [part, numbers] : parts) {
      std::string tensor = layer;
      if (!part.empty()) tensor.append(".").append(part);
      network.weights.emplace(std::move(tensor), std::move(numbers));
    }
  }
  return network;
}

void OnnxTensors::begin(const Node& node) {
  for_each_read(node, [&](const std::string& name) { --reads_left_[name]; });
}

void OnnxTensors::make(const std::string& name, const Tensor& tensor) {
  if (name.empty()) return;  // nobody can read it
  if (tensor.rank() > TensorShape::kMostAxes + 1) {
    throw Unsupported{fmt::format("a tensor of {} dimensions", tensor.rank())};
  }
  made_[name] = tensor;
  if (tensor.layer != kNoLayer) names_of_[tensor.layer].push_back(name);
}

OnnxTensor OnnxTensors::settled(const std::string& name, const char* otherwise) {
  const auto it = made_.find(name);
  if (it == made_.end()) {
    if (unknown_numbers_.contains(name)) throw FollowsUnknown{};
    throw Unsupported{otherwise};
  }
  if (it->second.border == Padding{}) return it->second;
  Tensor bordered = it->second;
  const Padding& border = bordered.border;
  LayerId id = channels_first(bordered);
  id = push(PadOp{.axis = 1, .before = border.top, .behind = border.bottom}, {id});
  id = push(PadOp{.axis = 2, .before = border.left, .behind = border.right}, {id});
  bordered.dims[2] += border.top + border.bottom;
  bordered.dims[3] += border.left + border.right;
  bordered.layer = id;
  bordered.border = {};
  make(name, bordered);
  return bordered;
}

OnnxTensor OnnxTensors::operand(const Node& node, int input) {
  if (!has_input(node, input)) throw Unsupported{"too few inputs"};
  return settled(node.input(input), "a tensor that is not of the network");
}

OnnxOperand OnnxTensors::any_operand(const Node& node, int input) {
  if (const OnnxConstant* constant = find_constant(node, input)) {
    return {{.type = constant->type}, constant, constant->dims};
  }
  Tensor tensor = operand(node, input);
  if (tensor.layer == kNoLayer) throw FollowsUnknown{};
  OnnxDims dims = tensor.dims;
  return {std::move(tensor), nullptr, std::move(dims)};
}

OnnxTensor OnnxTensors::bordered(const Node& node) {
  const auto it = has_input(node, 0) ? made_.find(node.input(0)) : made_.end();
  return it == made_.end() ? operand(node) : it->second;
}

TensorShape OnnxTensors::shape(const Tensor& tensor) const {
  if (tensor.layer == kNoLayer) throw FollowsUnknown{};
  return layers_.shape(tensor.layer);
}

std::optional<OnnxDims> OnnxTensors::dims_of(const std::string& name) const {
  const auto it = made_.find(name);
  if (it == made_.end()) return std::nullopt;
  // Sizes that hang on an unknown operation are not known, and no operation more is unknown.
  if (it->second.layer == kNoLayer) return std::nullopt;
  OnnxDims sizes = it->second.dims;
  if (it->second.border != Padding{}) {
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

LayerId OnnxTensors::push(const LayerOp& op, std::vector<LayerId> inputs) {
  for (const LayerId input : inputs) {
    if (input == kNoLayer) throw FollowsUnknown{};
  }
  return push_with(op, std::move(inputs), {}, {});
}

LayerId OnnxTensors::push_with(const LayerOp& op, std::vector<LayerId> inputs,
                               const std::string& module, const std::string& identity) {
  const LayerId id = layers_.add(op, inputs, module, identity);
  inputs_.resize(id + 1);
  inputs_[id] = std::move(inputs);
  return id;
}

OnnxDims OnnxTensors::sample_dims(const OnnxDims& dims, std::optional<std::size_t> batch) {
  OnnxDims sample = dims;
  if (batch) sample.erase(sample.begin() + static_cast<std::ptrdiff_t>(*batch));
  return sample;
}

OnnxTensor OnnxTensors::with_batch(LayerId layer, std::optional<std::size_t> batch,
                                   int type) const {
  OnnxDims dims = dims_of_shape(layers_.shape(layer));
  // What was reduced may have fewer.
  if (batch && *batch <= dims.size()) {
    dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(*batch), 1);
  }
  return {layer, std::move(dims), {}, type};
}

LayerId OnnxTensors::layer_as(const Tensor& from, const OnnxDims& sample) {
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  const TensorShape wanted = shape_of(sample);
  if (layers_.shape(from.layer) == wanted) return from.layer;
  const std::pair key{from.layer, sample};
  if (const auto known = views_.find(key); known != views_.end()) return known->second;
  const LayerId id = push(ReshapeOp{wanted}, {from.layer});
  views_.emplace(key, id);
  return id;
}

OnnxAligned OnnxTensors::sample_of(const Tensor& from, const std::set<std::size_t>& kept) {
  return align({{from, nullptr, from.dims}}, kept);
}

OnnxAligned OnnxTensors::align(const std::vector<OnnxOperand>& operands,
                               const std::set<std::size_t>& kept) {
  std::size_t rank = 0;
  for (const OnnxOperand& operand : operands) {
    if (operand.constant == nullptr && operand.tensor.layer == kNoLayer) throw FollowsUnknown{};
    rank = std::max(rank, operand.rank());
  }
  OnnxAligned result;
  for (const OnnxOperand& operand : operands) {
    result.dims.push_back(padded_to(rank, operand.dims));
  }
  // The batch that the fewest tensors need other axes for, the first of several; or none.
  const auto changes = [&](std::optional<std::size_t> batch) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      if (operands[i].constant != nullptr) continue;
      const OnnxDims sample = sample_dims(result.dims[i], batch);
      if (dims_of_shape(layers_.shape(operands[i].tensor.layer)) != sample) ++count;
    }
    return count;
  };
  std::size_t fewest = operands.size() + 1;
  for (std::size_t place = 0; place < rank; ++place) {
    const bool is_one = std::all_of(result.dims.begin(), result.dims.end(),
                                    [&](const OnnxDims& dims) { return dims[place] == 1; });
    if (!is_one || kept.contains(place)) continue;
    if (const std::size_t count = changes(place); count < fewest) {
      fewest = count;
      result.batch = place;
    }
  }
  if (fewest > 0 && changes(std::nullopt) < fewest) result.batch.reset();
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const OnnxDims sample = sample_dims(result.dims[i], result.batch);
    result.layers.push_back(operands[i].constant != nullptr
                                ? parameter(*operands[i].constant, sample)
                                : layer_as(operands[i].tensor, sample));
  }
  return result;
}

bool OnnxTensors::has_channels_first(const Tensor& from) const {
  if (from.rank() < 2 || from.dims[0] != 1) return false;
  const TensorShape in = shape(from);
  if (dims_of_shape(in) == sample_dims(from.dims, 0)) return true;
  const bool flat = from.rank() == kFlatRank ||
                    (from.rank() == kPictureRank && from.dims[2] == 1 && from.dims[3] == 1);
  return flat && is_flat(in) && in.channels() == from.dims[1];
}

LayerId OnnxTensors::channels_first(const Tensor& from) {
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  if (from.rank() < 2) throw Unsupported{"a tensor without channels"};
  if (from.dims[0] != 1) {
    throw Unsupported{fmt::format("a batch of {}, where one is expected", from.dims[0])};
  }
  return has_channels_first(from) ? from.layer : layer_as(from, sample_dims(from.dims, 0));
}

LayerId OnnxTensors::parameter(const OnnxConstant& constant, const OnnxDims& sample) {
  // Views of one constant have one source, and what was made of it has another.
  const std::string identity =
      fmt::format("parameter {} {} {}", constant.label, constant.source, constant.transposed);
  const auto [known, is_first] = parameters_.emplace(identity, sample);
  const std::string& label = constant.label;
  const bool has_name = constant.trained > 0 && label.find('/') == std::string::npos &&
                        label.find_first_not_of("0123456789") != std::string::npos;
  const LayerId id = push_with(ParameterOp{shape_of(known->second), constant.trained}, {},
                               has_name ? label : "", identity);
  keep_part(id, "", known->second, why_no_numbers(constant), [&] { return floats_of(constant); });
  return layer_as({id, known->second}, sample);
}

void OnnxTensors::add_layer(const Node& node, const LayerOp& op, const Tensor& from) {
  make(node.output(0), {push(op, {from.layer}), from.dims, {}, from.type});
}

void OnnxTensors::view(const Node& node, const Tensor& from, const OnnxDims& wanted) {
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  if (batch_ > 1 && (wanted.empty() || wanted[0] != 1)) {
    throw Unsupported{
        fmt::format("a batch of {} in its shapes; export it with one picture", batch_)};
  }
  if (count_of(wanted) != count_of(from.dims)) throw Unsupported{"a shape that does not fit"};
  Tensor to{from.layer, wanted, {}, from.type};
  const bool flattens = wanted.size() == kFlatRank && wanted[0] == 1 && from.dims != wanted;
  const bool is_flat_already = from.rank() != kPictureRank && shape(from).rank() == 1;
  if (flattens && !is_flat_already) to.layer = push(FlattenOp{}, {from.layer});
  make(node.output(0), to);
}

std::optional<std::vector<double>> OnnxTensors::by_channel(const Node& node, const Tensor& tensor,
                                                           const OnnxConstant& constant,
                                                           bool offsets) {
  const TensorShape in = shape(tensor);
  const std::size_t rank = tensor.rank();
  OnnxDims dims = constant.dims;
  if (number_of(node, "broadcast", 0) != 0 && number_of(node, "axis", 0) == 1) {
    dims.resize(std::max(dims.size(), rank - 1), 1);  // before version 7: from an axis on
  }
  while (dims.size() > rank && dims.front() == 1) dims.erase(dims.begin());
  const std::int64_t count = count_of(dims);
  if (dims.size() > rank || constant.dims.size() > rank + 1) return std::nullopt;
  if (count != 1) {
    // The channels are the second dimension, counted from the last as broadcasting does; of a
    // linear layer over the last axis that one.
    dims = padded_to(rank, dims);
    const LayerOp& op = layers_.op(tensor.layer);
    const std::vector<LayerId>& read = inputs_of(tensor.layer);
    const bool reads_constant = std::any_of(read.begin(), read.end(), [&](LayerId id) {
      return std::holds_alternative<ParameterOp>(layers_.op(id));
    });
    const bool last = rank > 0 && offsets && std::holds_alternative<LinearOp>(op) &&
                      dims.back() == count && tensor.dims.back() == count &&
                      in[in.rank() - 1] == count && absorbs(tensor.layer, true);
    const bool pictures =
        (rank == kPictureRank || rank == kFlatRank) && is_of_pictures(op, in) && !reads_constant;
    const bool second = has_channels_first(tensor) && dims[1] == count && tensor.dims[1] == count &&
                        is_flat_layer(op, in) && (pictures || absorbs(tensor.layer, offsets));
    if (!last && !second) return std::nullopt;
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

const OnnxConstant* OnnxTensors::bias_behind(const Node& node, std::int64_t features) {
  const std::string& product = node.output(0);
  const auto left = reads_left_.find(product);
  if (product.empty() || left == reads_left_.end() || left->second != 1) return nullptr;
  const auto reader = reader_.find(product);
  if (reader == reader_.end()) return nullptr;
  const Node& sum = *reader->second;
  const bool standard = sum.domain().empty() || sum.domain() == "ai.onnx";
  if (!standard || sum.op_type() != "Add" || sum.input_size() != 2 || sum.attribute_size() > 0 ||
      sum.input(0) == sum.input(1)) {
    return nullptr;
  }
  const OnnxConstant* bias = find_constant(sum, sum.input(0) == product ? 1 : 0);
  if (bias == nullptr || bias->dims != OnnxDims{features}) return nullptr;
  taken_in_.insert(&sum);
  return bias;
}

bool OnnxTensors::is_read(const Node& node, int output) const {
  if (output >= node.output_size() || node.output(output).empty()) return false;
  const auto left = reads_left_.find(node.output(output));
  return left != reads_left_.end() && left->second > 0;
}

bool OnnxTensors::is_read_elsewhere(LayerId id) const {
  if (as_they_are_.contains(id)) return true;
  const auto names = names_of_.find(id);
  return names != names_of_.end() &&
         std::any_of(names->second.begin(), names->second.end(), [&](const std::string& name) {
           const auto left = reads_left_.find(name);
           return left != reads_left_.end() && left->second > 0;
         });
}

}  // namespace papilio
