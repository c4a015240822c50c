#include "models/import/layer_list.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "sim/base/error.hpp"
#include "sim/base/text.hpp"

namespace papilio {

std::int64_t square(const std::vector<std::int64_t>& numbers, const char* what) {
  if (numbers.empty() || std::any_of(numbers.begin(), numbers.end(), [&](std::int64_t number) {
        return number != numbers.front();
      })) {
    throw Unsupported{fmt::format("{} that differs in height and width", what)};
  }
  return numbers.front();
}

std::string outputs_note(std::size_t left_out, const std::string& names) {
  return fmt::format(
      "The file has {} outputs; this is the network of the first. Left out, with the layers that "
      "nothing else needs: {}.",
      left_out + 1, names.empty() ? "the others" : names);
}

std::string unused_note(const std::set<std::string>& modules) {
  return fmt::format(
      "The file also has the weights of modules that no layer computes with, which do not count: "
      "{}.",
      fmt::join(modules, ", "));
}

LayerList::LayerList(const InputOp& input) {
  layers_.push_back({"", input, {}, "", {}});
  shapes_.push_back(input.shape);
  levels_.emplace_back();
  parameters_.push_back(0);
  beside_.emplace_back();
}

LayerId LayerList::add(const LayerOp& op, std::vector<LayerId> inputs, const std::string& module,
                       const std::string& weights) {
  if (find_unprintable(module) || module.find_first_of("\n\r\t") != std::string::npos) {
    throw Unsupported{fmt::format("a module's name that cannot be printed: {}", printable(module))};
  }
  if (!module.empty()) last_module_ = module;
  last_weights_ = weights;
  std::optional<LayerId> weights_of;
  if (!weights.empty()) {
    const auto [owner, is_first] = owners_.emplace(weights, layers_.size());
    if (!is_first) weights_of = owner->second;
  }
  std::vector<TensorShape> operands;
  operands.reserve(inputs.size());
  for (const LayerId input : inputs) operands.push_back(shapes_[input]);
  std::vector<std::optional<Levels>> levels;
  levels.reserve(inputs.size());
  for (const LayerId input : inputs) levels.push_back(levels_[input]);
  Inferred layer;
  try {
    layer = infer(op, operands);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument{fmt::format("layer: {}", error.what())};
  }
  const auto has_rows = [](const LayerOp& table) {  // a table of words may be a linear layer's too
    return std::holds_alternative<EmbeddingOp>(table) || std::holds_alternative<LinearOp>(table);
  };
  if (weights_of && ((layers_[*weights_of].op.index() != op.index() &&
                      !(has_rows(op) && has_rows(layers_[*weights_of].op))) ||
                     parameters_[*weights_of] < layer.parameters)) {
    throw Unsupported{"weights that a layer of another kind has too"};
  }
  shapes_.push_back(layer.shape);
  levels_.push_back(levels_of(op, levels));
  parameters_.push_back(layer.parameters);
  beside_.push_back(last_module_);
  layers_.push_back({"", op, std::move(inputs), module, weights_of});
  return layers_.size() - 1;
}

void LayerList::name_rows(LayerId input, std::int64_t rows) {
  auto* op = std::get_if<InputOp>(&layers_[input].op);
  if (op == nullptr) return;
  op->below = named_rows_.emplace(input, rows).second ? rows : std::min(op->below, rows);
}

void LayerList::alter_weights(LayerId id) {
  PAPILIO_CHECK(id + 1 == layers_.size() && !shares(id));
  owners_.erase(last_weights_);
}

void LayerList::add_bias(LayerId id) {
  alter_weights(id);
  if (auto* linear = std::get_if<LinearOp>(&layers_[id].op)) {
    PAPILIO_CHECK(!linear->bias);
    linear->bias = true;
    parameters_[id] += linear->out_features;
  } else {
    auto* conv = std::get_if<ConvOp>(&layers_[id].op);
    PAPILIO_CHECK(conv != nullptr && !conv->bias);
    conv->bias = true;
    parameters_[id] += conv->out_channels;
  }
}

void LayerList::name_layers(const std::vector<bool>& needed) {
  std::set<std::string> taken;
  std::map<std::string, int> counts;  // the last number behind a name: layers may be many
  const auto give = [&](PlainLayer& layer, const std::string& wanted) {
    layer.name = wanted;
    int& count = counts[wanted];
    while (!taken.insert(layer.name).second) {
      count = std::max(count + 1, 2);
      layer.name = fmt::format("{}_{}", wanted, count);
    }
  };
  // Weights are found by their module's name, so those come first, and of layers with the same
  // weights the one that has them.
  for (const bool owns : {true, false}) {
    for (LayerId id = 0; id < layers_.size(); ++id) {
      PlainLayer& layer = layers_[id];
      if (!needed[id] || layer.module.empty() || shares(id) == owns) continue;
      give(layer, layer.module);
    }
  }
  for (LayerId id = 0; id < layers_.size(); ++id) {
    PlainLayer& layer = layers_[id];
    if (!needed[id] || !layer.module.empty()) continue;
    const std::size_t dot = beside_[id].rfind('.');
    give(layer, (dot == std::string::npos ? "" : beside_[id].substr(0, dot + 1)) +
                    std::string{kind_name(layer.op)});
  }
}

std::vector<bool> LayerList::needed_by(const std::vector<LayerId>& outputs) const {
  std::vector<bool> needed(layers_.size(), false);
  needed[0] = true;
  for (const LayerId output : outputs) needed[output] = true;
  for (LayerId id = layers_.size() - 1; id > 0; --id) {
    if (!needed[id]) continue;
    for (const LayerId input : layers_[id].inputs) needed[input] = true;
  }
  return needed;
}

LayerId LayerList::without_unread_states(LayerId output) {
  const std::vector<bool> needed = needed_by({output});
  std::vector<LayerId> instead(layers_.size());
  for (LayerId id = 0; id < layers_.size(); ++id) instead[id] = id;
  std::vector<std::vector<LayerId>> readers(layers_.size());
  for (LayerId id = 0; id < layers_.size(); ++id) {
    for (const LayerId input : layers_[id].inputs) {
      if (needed[id]) readers[input].push_back(id);
    }
  }
  for (LayerId id = 0; id < layers_.size(); ++id) {
    auto* op = std::get_if<RecurrentOp>(&layers_[id].op);
    if (op == nullptr || !needed[id] || op->state_rows() == 0 || id == output) continue;
    const std::int64_t places = shapes_[id][0] - op->state_rows();
    const auto is_sequence = [&](LayerId reader) {
      const auto* slice = std::get_if<SliceOp>(&layers_[reader].op);
      return slice != nullptr && slice->axis == 0 && slice->begin == 0 && slice->end == places &&
             slice->step == 1;
    };
    if (!std::all_of(readers[id].begin(), readers[id].end(), is_sequence)) continue;
    op->states = false;
    for (const LayerId reader : readers[id]) instead[reader] = id;
  }
  for (PlainLayer& layer : layers_) {
    for (LayerId& input : layer.inputs) input = instead[input];
  }
  return instead[output];
}

Graph LayerList::graph(LayerId output, const std::string& name, const std::string& title) {
  if (unknown_.empty()) {
    output = without_unread_states(output);
    const std::vector<bool> needed = needed_by({output});
    // Weights belong to the first of the layers that are left.
    std::map<LayerId, LayerId> owner;
    for (LayerId id = 0; id < layers_.size(); ++id) {
      if (!needed[id] || !shares(id)) continue;
      const LayerId first = *layers_[id].weights_of;
      if (needed[first]) continue;
      if (const auto [it, is_first] = owner.emplace(first, id); is_first) {
        layers_[id].weights_of.reset();
      } else {
        layers_[id].weights_of = it->second;
      }
    }
    name_layers(needed);
    std::vector<LayerId> moved(layers_.size(), 0);
    std::vector<PlainLayer> left;
    for (LayerId id = 0; id < layers_.size(); ++id) {
      if (!needed[id]) continue;
      moved[id] = left.size();
      PlainLayer layer = layers_[id];
      for (LayerId& input : layer.inputs) input = moved[input];
      if (layer.weights_of) layer.weights_of = moved[*layer.weights_of];
      left.push_back(std::move(layer));
    }
    return with_blocks(name, title, left);
  }
  constexpr std::size_t kMostListed = 40;
  std::size_t listed = 0;
  std::string list;
  for (const auto& [operation, count] : unknown_) {
    if (++listed > kMostListed) {
      list += fmt::format("\n  and {} more", unknown_.size() - kMostListed);
      break;
    }
    list += fmt::format("\n  {} ({} time{})", printable(operation), count, count == 1 ? "" : "s");
  }
  throw Unsupported{
      fmt::format("operations that Papilio does not know:{}\nReplace them in the model before it "
                  "is saved, or add them to models/graph (CONTRIBUTING.md){}",
                  list, remedy_)};
}

}  // namespace papilio
