// What hangs on operations that are no layers: one layer, known by what goes in and comes out.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "models/import/onnx_node.hpp"
#include "models/import/onnx_tensors.hpp"

namespace papilio {
namespace {

/// An opaque layer's output, in numbers: 1 GiB. Nothing makes it, but much would be priced by it.
constexpr std::int64_t kMostGiven = std::int64_t{1} << 28;

/// Sizes as people read them, "?" where one is not known.
std::string shown(const OnnxDims& dims) {
  std::vector<std::string> sizes;
  sizes.reserve(dims.size());
  for (const std::int64_t size : dims) sizes.push_back(size > 0 ? std::to_string(size) : "?");
  return fmt::format("{}", fmt::join(sizes, "×"));
}

/// What a file states of its output, 0 for a size that it does not; nothing: not even how many.
std::optional<OnnxDims> output_dims(const onnx::ValueInfoProto& output) {
  const auto& type = output.type().tensor_type();
  if (!type.has_shape()) return std::nullopt;
  OnnxDims dims;
  for (const auto& dimension : type.shape().dim()) {
    dims.push_back(std::max<std::int64_t>(dimension.dim_value(), 0));
  }
  return dims;
}

/// A constant as a file stores it: whole numbers of 64 bits, or floats.
onnx::TensorProto stored_tensor(const OnnxConstant& constant, const std::string& name) {
  onnx::TensorProto tensor;
  tensor.set_name(name);
  for (const std::int64_t size : constant.dims) tensor.add_dims(size);
  if (is_whole_type(constant.type)) {
    tensor.set_data_type(onnx::TensorProto::INT64);
    const std::vector<std::int64_t> numbers = integers_of(constant);
    tensor.mutable_int64_data()->Assign(numbers.begin(), numbers.end());
  } else {
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    const std::vector<float> numbers = floats_of(constant);
    tensor.mutable_float_data()->Assign(numbers.begin(), numbers.end());
  }
  return tensor;
}

void require_moderate(const TensorShape& shape) {
  if (count_of({shape.begin(), shape.end()}) > kMostGiven) {
    throw Unsupported{fmt::format(
        "an opaque part with an output of {}, where one has at most {} numbers; say a smaller one "
        "with --opaque-output",
        text(shape), kMostGiven)};
  }
}

}  // namespace

OnnxFate OnnxTensors::fate_of(const std::string& tensor) const {
  if (const auto made = made_.find(tensor); made != made_.end()) {
    return made->second.layer == kNoLayer ? OnnxFate::kLost : OnnxFate::kMade;
  }
  if (unknown_numbers_.contains(tensor)) return OnnxFate::kLost;
  return constants_.find(tensor) != nullptr ? OnnxFate::kConstant : OnnxFate::kUnknown;
}

void OnnxTensors::keep_operands(const Node& node) {
  for_each_read(node, [&](const std::string& name) {
    const auto made = made_.find(name);
    if (made != made_.end() && made->second.layer != kNoLayer) {
      as_they_are_.insert(made->second.layer);
    }
  });
}

void OnnxTensors::lose(const Node& node) {
  keep_operands(node);
  for (const std::string& name : node.output()) make(name, {});
}

void OnnxTensors::lose_numbers(const Node& node) {
  keep_operands(node);
  for (const std::string& name : node.output()) unknown_numbers_.insert(name);
}

OnnxFolded OnnxTensors::folded() const {
  constexpr std::int64_t kMost = 1 << 18;  // as are computed with
  constexpr std::int64_t kMostOfAll = 1 << 24;
  static const std::set<std::string> kViews{"Flatten", "Reshape", "Squeeze", "Unsqueeze"};
  std::int64_t all = 0;
  OnnxFolded folded;
  for (const Node& node : graph_.node()) {
    if (node.op_type() == "Constant" || node.op_type() == "Identity" || node.output_size() != 1) {
      continue;
    }
    const std::string& name = node.output(0);
    const OnnxFate fate = fate_of(name);
    if (fate == OnnxFate::kMade && kViews.contains(node.op_type())) {
      folded.views.emplace(name, *dims_of(name));
    }
    const OnnxConstant* constant = constants_.find(name);
    if (fate != OnnxFate::kConstant || constant->count() > kMost || constant->scales ||
        !why_no_numbers(*constant).empty()) {
      continue;
    }
    all += constant->count();
    if (all > kMostOfAll) break;
    folded.constants.push_back(stored_tensor(*constant, name));
  }
  return folded;
}

std::optional<TensorShape> OnnxTensors::opaque_shape(const OpaqueRequest& request) const {
  std::optional<OnnxDims> stated;
  if (is_of_stated_size_) stated = output_dims(graph_.output(0));
  if (!request.output) {
    if (!stated || std::count(stated->begin(), stated->end(), 0) > 0) return std::nullopt;
    if (stated->size() > 1 && stated->front() == 1) stated->erase(stated->begin());
    if (stated->size() > TensorShape::kMostAxes) {
      throw Unsupported{fmt::format("an output of {} axes, where there are at most {}",
                                    stated->size(), TensorShape::kMostAxes)};
    }
    const TensorShape shape{stated->begin(), stated->end()};
    require_moderate(shape);
    return shape;
  }
  const TensorShape& wanted = *request.output;
  if (stated) {
    OnnxDims sample = *stated;
    const bool has_batch = sample.size() == wanted.rank() + 1 && sample.front() <= 1;
    if (has_batch) sample.erase(sample.begin());
    bool fits = sample.size() == wanted.rank();
    for (std::size_t i = 0; fits && i < sample.size(); ++i) fits = wanted[i] >= sample[i];
    if (!fits) {
      throw Unsupported{
          fmt::format("an output that it states to be {}, which --opaque-output {} "
                      "does not hold",
                      shown(*stated), text(wanted))};
    }
  }
  require_moderate(wanted);
  return wanted;
}

std::int64_t OnnxTensors::parameters_of(const OnnxPart& part) const {
  std::int64_t parameters = 0;
  for (const auto& [name, is_multiplied] : part.own_weights()) {
    const OnnxConstant* constant = constants_.find(name);
    if (constant == nullptr) continue;
    // A number alone is a threshold.
    parameters += is_multiplied || constant->count() == 1 ? 0 : constant->trained;
    parameters += is_multiplied ? constant->count() : 0;
  }
  return parameters;
}

bool OnnxTensors::is_weighted(LayerId id) const {
  return layers_.parameters(id) > 0 && !std::holds_alternative<ParameterOp>(layers_.op(id));
}

std::string OnnxTensors::tensor_of(LayerId id) const {
  const auto names = names_of_.find(id);
  if (names == names_of_.end()) return {};
  // The last name has what was taken into the layer, and one with a border other numbers.
  const auto name =
      std::find_if(names->second.rbegin(), names->second.rend(), [&](const std::string& one) {
        return made_.at(one).layer == id && made_.at(one).border == Padding{};
      });
  return name == names->second.rend() ? std::string{} : *name;
}

std::vector<std::pair<std::string, LayerId>> OnnxTensors::last_weighted() const {
  std::vector<std::pair<std::string, LayerId>> last;
  if (operands_.empty()) return last;
  std::vector<LayerId> operands;
  operands.reserve(operands_.size());
  for (const auto& [name, id] : operands_) operands.push_back(id);
  const std::vector<bool> needed = layers_.needed_by(operands);
  std::vector<bool> is_read_by_weighted(layers_.size(), false);
  for (LayerId id = layers_.size(); id-- > 0;) {
    if (!needed[id]) continue;
    for (const LayerId from : inputs_of(id)) {
      if (is_weighted(id) || is_read_by_weighted[id]) is_read_by_weighted[from] = true;
    }
    if (!is_weighted(id) || is_read_by_weighted[id]) continue;
    if (std::string name = tensor_of(id); !name.empty()) last.emplace_back(std::move(name), id);
  }
  return last;
}

std::optional<std::pair<std::string, LayerId>> OnnxTensors::before_weighted() const {
  LayerId first = 0;
  while (first < layers_.size() && !is_weighted(first)) ++first;
  if (first == layers_.size() || inputs_of(first).empty()) return std::nullopt;
  const LayerId before = inputs_of(first).front();
  std::string name = tensor_of(before);
  constexpr std::size_t kAxes = kPictureRank - 1;
  const bool is_picture = before > 0 && !name.empty() && layers_.shape(before).rank() == kAxes &&
                          has_channels_first(made_.at(name));
  if (!is_picture) return std::nullopt;
  return std::pair{std::move(name), before};
}

void OnnxTensors::note_products(const OnnxPart::Products& products) {
  if (products.unknown.empty()) return;
  std::vector<std::string> list;
  list.reserve(products.unknown.size());
  for (const auto& [operation, count] : products.unknown) {
    list.push_back(count == 1 ? operation : fmt::format("{} ({} times)", operation, count));
  }
  notes_.push_back(fmt::format(
      "Not in the opaque layer's MACs, for the file does not say how much they read: {}; they have "
      "{} weights, each of which is a MAC for every row or place.",
      fmt::join(list, ", "), products.weights));
}

std::optional<LayerId> OnnxTensors::opaque_layer(const OpaqueRequest& request) {
  const std::string& output = graph_.output(0).name();
  if (fate_of(output) != OnnxFate::kLost) return std::nullopt;
  if (batch_ > 1) {
    layers_.advise(fmt::format(
        "; or export it with one picture, not {}: what hangs on them may become one layer then",
        batch_));
    return std::nullopt;
  }
  const OnnxPart part{graph_, output, [&](const auto& name) { return fate_of(name); }};
  if (!part.is_possible()) return std::nullopt;
  const bool is_asked = request.any || part.is_of_detectors_alone();
  const std::optional<TensorShape> shape = opaque_shape(request);
  if (!is_asked || !shape) {
    layers_.advise(fmt::format(
        "; or say {}{}{}: what hangs on them becomes one layer, through which there is no cut",
        is_asked ? "" : "--opaque", is_asked || shape ? "" : " and ",
        shape ? ""
              : "--opaque-output 300x6, with the sizes of its output, which the file does not "
                "state"));
    return std::nullopt;
  }
  const OnnxPart::Products products = part.products([&](const std::string& name) {
    const OnnxConstant* constant = constants_.find(name);
    return constant != nullptr ? std::optional{constant->dims} : dims_of(name);
  });
  std::vector<LayerId> operands;
  for (const std::string& name : part.operands()) {
    const LayerId layer = settled(name, "a tensor that is not of the network").layer;
    if (std::find(operands.begin(), operands.end(), layer) != operands.end()) continue;
    operands.push_back(layer);
    operands_.emplace_back(name, layer);
  }
  note_products(products);
  return push(OpaqueOp{.shape = *shape,
                       .what = part.what(),
                       .macs = products.macs,
                       .parameters = parameters_of(part)},
              std::move(operands));
}

}  // namespace papilio
