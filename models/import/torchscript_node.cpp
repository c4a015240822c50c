#include "models/import/torchscript_node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "models/import/torchscript_packed.hpp"

namespace papilio {
namespace {

using Sizes = std::vector<std::int64_t>;

/// Without the batch.
TensorShape without(const Sizes& sizes, std::optional<std::int64_t> batch) {
  Sizes left = sizes;
  if (batch) left.erase(left.begin() + *batch);
  if (left.size() > TensorShape::kMostAxes) {
    throw Unsupported{fmt::format("a tensor of {} dimensions", sizes.size())};
  }
  return {left.begin(), left.end()};
}

/// Where the batch stands in a tensor that was given other sizes.
std::optional<std::int64_t> batch_in(const Sizes& sizes, std::optional<std::int64_t> before) {
  const auto is_one = [&](std::int64_t axis) {
    return axis < static_cast<std::int64_t>(sizes.size()) &&
           sizes[static_cast<std::size_t>(axis)] == 1;
  };
  if (before && is_one(*before)) return before;
  const auto first = std::find(sizes.begin(), sizes.end(), 1);
  if (first == sizes.end()) return std::nullopt;
  return first - sizes.begin();
}

}  // namespace

const c10::IValue& TorchScriptLayers::argument(std::size_t input) const {
  if (input >= inputs_->size()) throw Unsupported{"fewer arguments than LibTorch 1.13 has"};
  return (*inputs_)[input];
}

bool TorchScriptLayers::has_argument(std::size_t input) const {
  return input < inputs_->size() && !(*inputs_)[input].isNone();
}

bool TorchScriptLayers::is_of_network(std::size_t input) const {
  return has_argument(input) && argument(input).isTensor() &&
         ledger_.has(argument(input).toTensor());
}

NetworkTensor TorchScriptLayers::known(const at::Tensor& tensor) {
  if (!ledger_.is_current(tensor)) {
    if (const auto part = part_of_whole(tensor)) return *part;
  }
  return ledger_.read(tensor);
}

NetworkTensor TorchScriptLayers::operand(std::size_t input) {
  const c10::IValue& value = argument(input);
  if (!value.isTensor() || !ledger_.has(value.toTensor())) {
    throw Unsupported{"a tensor that is not of the network"};
  }
  return known(value.toTensor());
}

Sizes TorchScriptLayers::numbers(std::size_t input) const {
  const c10::IValue& value = argument(input);
  if (value.isNone()) return {};
  if (value.isInt()) return {value.toInt()};
  if (value.isIntList()) return value.toIntVector();
  throw Unsupported{"numbers of another kind"};
}

double TorchScriptLayers::real(std::size_t input) const {
  const c10::IValue& value = argument(input);
  if (value.isTensor() && value.toTensor().numel() == 1 && !is_of_network(input)) {
    return value.toTensor().item<double>();
  }
  if (!value.isScalar()) throw Unsupported{"a number that is known in the run only"};
  return value.toScalar().toDouble();
}

std::int64_t TorchScriptLayers::axis_of(std::int64_t axis, std::size_t rank) {
  const auto all = static_cast<std::int64_t>(rank);
  const std::int64_t from_first = axis < 0 ? axis + all : axis;
  if (from_first < 0 || from_first >= all) throw Unsupported{"a dimension that is not there"};
  return from_first;
}

LayerId TorchScriptLayers::shaped(LayerId layer, const TensorShape& shape) {
  if (layers_.shape(layer) == shape) return layer;
  return layers_.add(ReshapeOp{shape}, {layer});
}

LayerId TorchScriptLayers::plain(std::size_t input) {
  return plain(operand(input), sizes(input));
}

LayerId TorchScriptLayers::plain(const NetworkTensor& what, const Sizes& sizes) {
  return shaped(what.layer, without(sizes, std::nullopt));
}

LayerId TorchScriptLayers::batched(std::size_t input) {
  const NetworkTensor what = operand(input);
  const Sizes all = sizes(input);
  if (all.empty() || all.front() != 1) throw Unsupported{"a batch that is not of one"};
  return what.batch == 0 ? what.layer : shaped(what.layer, without(all, 0));
}

std::pair<NetworkTensor, std::int64_t> TorchScriptLayers::with_axis(std::size_t input,
                                                                    std::int64_t axis) {
  const NetworkTensor what = operand(input);
  const std::int64_t at = axis_of(axis, sizes(input).size());
  if (what.batch == at) return {{plain(input), std::nullopt}, at};
  return {what, what.batch && *what.batch < at ? at - 1 : at};
}

LayerId TorchScriptLayers::stored(const at::Tensor& tensor, const TensorShape& shape) {
  std::string name = archive_.name_of(tensor);
  std::set<std::string> names = ledger_.weights_of(tensor);
  if (!name.empty()) names.insert(name);
  // Beside a layer that is called as its module, "fc.weight" would be taken for the layer's own.
  if (const std::size_t dot = name.rfind('.'); dot != std::string::npos) {
    const std::string_view part = std::string_view{name}.substr(dot + 1);
    if (part == "weight" || part == "bias") name[dot] = '_';
  }
  const std::int64_t trained = archive_.trained_numbers(names, tensor.numel());
  const bool overwritten = overwritten_ && overwritten_->first.is_same(tensor);
  const at::Tensor numbers = as_reals(overwritten ? overwritten_->second : tensor)
                                 .contiguous()
                                 .clone()
                                 .reshape(Sizes{shape.begin(), shape.end()});
  if (archive_.was_written(tensor)) throw Unsupported{"a weight that the program writes to"};
  // The same memory may hold other numbers later.
  const LayerId id =
      layers_.add(ParameterOp{shape, trained}, {}, name,
                  fmt::format("{} of {} after {} writes", ArchiveTensors::place_of(tensor),
                              text(shape), tensor._version()));
  weights_[id] = {{numbers, ""}};
  used_[id] = std::move(names);
  return id;
}

std::pair<std::vector<LayerId>, std::optional<std::int64_t>> TorchScriptLayers::repeated(
    const std::vector<c10::IValue>& operands) {
  struct Operand {
    at::Tensor tensor;
    std::optional<NetworkTensor> what;
  };
  std::vector<Operand> all;
  std::size_t rank = 0;
  for (const c10::IValue& value : operands) {
    const at::Tensor tensor =
        value.isTensor() ? value.toTensor() : kept(at::scalar_tensor(value.toScalar(), at::kFloat));
    all.push_back({tensor, {}});
    if (value.isTensor() && ledger_.has(tensor)) {
      all.back().what = known(tensor);
    }
    rank = std::max(rank, static_cast<std::size_t>(tensor.dim()));
  }
  // The batch counted from the last axis, as sizes that are repeated are; the same for all, or
  // none.
  constexpr std::int64_t kNowhere = 0;
  std::int64_t from_last = kNowhere;
  bool alike = true;
  bool first = true;
  for (const Operand& one : all) {
    if (!one.what) continue;
    const std::int64_t here = one.what->batch ? one.tensor.dim() - *one.what->batch : kNowhere;
    alike = alike && (first || here == from_last);
    from_last = here;
    first = false;
  }
  for (const Operand& one : all) {  // a constant must not be one of several samples
    if (one.what || one.tensor.dim() < from_last || from_last == kNowhere) continue;
    alike = alike && one.tensor.size(one.tensor.dim() - from_last) == 1;
  }
  if (!alike) from_last = kNowhere;
  std::vector<LayerId> result;
  for (const Operand& one : all) {
    Sizes sizes = one.tensor.sizes().vec();
    sizes.insert(sizes.begin(), rank - sizes.size(), 1);
    if (from_last != kNowhere) sizes.erase(sizes.end() - from_last);
    const TensorShape shape = without(sizes, std::nullopt);
    result.push_back(one.what ? shaped(one.what->layer, shape) : stored(one.tensor, shape));
  }
  if (from_last == kNowhere) return {std::move(result), std::nullopt};
  return {std::move(result), static_cast<std::int64_t>(rank) - from_last};
}

void TorchScriptLayers::make(std::size_t output, const NetworkTensor& what) {
  const at::Tensor& tensor = (*outputs_)[output].toTensor();
  const TensorShape shape = without(tensor.sizes().vec(), what.batch);
  if (!(shape == layers_.shape(what.layer))) {
    throw Unsupported{fmt::format("an answer of {}, where {} is inferred", text(shape),
                                  text(layers_.shape(what.layer)))};
  }
  const NetworkTensor held{held_as(tensor, what.layer), what.batch};
  if (!writes_ || !write_part(tensor, held)) ledger_.make(tensor, held);
}

LayerId TorchScriptLayers::held_as(const at::Tensor& tensor, LayerId layer) {
  if (!tensor.is_quantized()) return layer;
  const Levels levels = levels_of_tensor(tensor);
  if (layers_.levels(layer) == levels) return layer;
  const LayerId id = layers_.add(QuantizeOp{levels}, {layer});
  if (outputs_->front().isTensor() && tensor.is_same(answer())) {
    quantised_by_.emplace(id, operation_);
  }
  return id;
}

void TorchScriptLayers::make_reshaped(std::size_t output, const NetworkTensor& from) {
  const Sizes to = (*outputs_)[output].toTensor().sizes().vec();
  const std::optional<std::int64_t> batch = batch_in(to, from.batch);
  make(output, {shaped(from.layer, without(to, batch)), batch});
}

at::Tensor TorchScriptLayers::weight(std::size_t input) const {
  if (is_of_network(input)) throw Unsupported{"weights that the network computes"};
  return argument(input).toTensor();
}

std::vector<TorchScriptLayers::Weight> TorchScriptLayers::weights(
    const std::vector<std::pair<std::size_t, std::string>>& inputs) const {
  std::vector<Weight> result;
  for (const auto& [input, part] : inputs) {
    if (has_argument(input)) result.push_back({weight(input), part});
  }
  return result;
}

LayerId TorchScriptLayers::add_weighted(const LayerOp& op, LayerId from,
                                        const std::vector<Weight>& weights) {
  std::set<std::string> names;
  std::string place;
  for (const Weight& weight : weights) {
    if (const std::string name = archive_.name_of(weight.tensor); !name.empty()) names.insert(name);
    const std::set<std::string> more = ledger_.weights_of(weight.tensor);
    names.insert(more.begin(), more.end());
    place += ArchiveTensors::place_of(weight.tensor) + "\n";
    if (archive_.was_written(weight.tensor)) {
      throw Unsupported{"a weight that the program writes to"};
    }
  }
  const std::string first = weights.empty() ? "" : ArchiveTensors::place_of(weights.front().tensor);
  if (!weights.empty() && whole_places_.emplace(first, place).first->second != place) {
    return add_with_bias_apart(op, from, weights);
  }
  const LayerId id = layers_.add(op, {from}, module_of(weights, names), first);
  weights_[id] = weights;
  used_[id] = std::move(names);
  return id;
}

namespace {

/// The operation without its bias; nothing of those that cannot do without.
std::optional<LayerOp> without_bias(LayerOp op) {
  if (auto* conv = std::get_if<ConvOp>(&op)) {
    conv->bias = false;
  } else if (auto* transposed = std::get_if<ConvTransposeOp>(&op)) {
    transposed->bias = false;
  } else if (auto* linear = std::get_if<LinearOp>(&op)) {
    linear->bias = false;
  } else {
    return std::nullopt;
  }
  return op;
}

}  // namespace

LayerId TorchScriptLayers::add_with_bias_apart(const LayerOp& op, LayerId from,
                                               const std::vector<Weight>& weights) {
  const std::optional<LayerOp> alone = without_bias(op);
  if (!alone) throw Unsupported{"weights that another layer has too, with another bias"};
  const Weight& weight = weights.front();
  std::set<std::string> names = ledger_.weights_of(weight.tensor);
  if (std::string name = archive_.name_of(weight.tensor); !name.empty()) {
    names.insert(std::move(name));
  }
  const LayerId id = layers_.add(*alone, {from}, module_of(weights, names),
                                 ArchiveTensors::place_of(weight.tensor));
  weights_[id] = {weight};
  used_[id] = std::move(names);
  if (weights.size() == 1) return id;
  const bool of_features = std::holds_alternative<LinearOp>(op);
  const TensorShape& out = layers_.shape(id);
  Sizes sizes(out.rank(), 1);
  sizes[of_features ? out.rank() - 1 : 0] = weights[1].tensor.numel();
  const LayerId bias = stored(weights[1].tensor, {weights[1].tensor.numel()});
  return layers_.add(AddOp{}, {id, shaped(bias, {sizes.begin(), sizes.end()})});
}

std::string TorchScriptLayers::module_of(const std::vector<Weight>& weights,
                                         const std::set<std::string>& names) const {
  if (weights.empty()) return {};
  // "fc" of "fc.weight" and "fc.bias", "in_proj" of "in_proj_weight" and "in_proj_bias".
  for (const char* before : {".", "_"}) {
    const std::string first = archive_.name_of(weights.front().tensor);
    const std::string end = before + weights.front().part;
    if (!first.ends_with(end)) continue;
    const std::string module = first.substr(0, first.size() - end.size());
    const bool fit = std::all_of(weights.begin(), weights.end(), [&](const Weight& weight) {
      return archive_.name_of(weight.tensor) == module + before + weight.part;
    });
    if (fit) return module;
  }
  // "cell_ih" of "cell.weight_ih" and "cell.bias_ih": a step's weights of the input.
  for (const char* behind : {"_ih", "_hh"}) {
    const std::string first = archive_.name_of(weights.front().tensor);
    const std::string end = "." + weights.front().part + behind;
    if (!first.ends_with(end)) continue;
    const std::string module = first.substr(0, first.size() - end.size());
    const bool fit = std::all_of(weights.begin(), weights.end(), [&](const Weight& weight) {
      return archive_.name_of(weight.tensor) == module + "." + weight.part + behind;
    });
    if (fit && !archive_.has_module(module + behind)) return module + behind;
  }
  // Others than the archive's own must not be loaded from there.
  const std::string name = names.empty() ? "constant" : *names.begin();
  std::string module = name.substr(0, std::min(name.rfind('.'), name.size())) + "_computed";
  while (archive_.has_module(module)) module += '_';
  return module;
}

}  // namespace papilio
