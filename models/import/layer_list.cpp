#include "models/import/layer_list.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

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

LayerList::LayerList(const TensorShape& input) {
  layers_.push_back({"", InputOp{input}, {}, "", {}});
  shapes_.push_back(input);
  parameters_.push_back(0);
  beside_.emplace_back();
}

LayerId LayerList::add(const LayerOp& op, std::vector<LayerId> inputs, const std::string& module,
                       const std::string& weights) {
  if (!module.empty()) last_module_ = module;
  std::optional<LayerId> weights_of;
  if (!weights.empty()) {
    const auto [owner, is_first] = owners_.emplace(weights, layers_.size());
    if (!is_first) weights_of = owner->second;
  }
  Graph one{"", ""};  // infers the shape
  std::vector<LayerId> operands;
  operands.reserve(inputs.size());
  for (const LayerId input : inputs) {
    operands.push_back(one.add(fmt::format("{}", operands.size()), InputOp{shapes_[input]}, {}));
  }
  const Layer& layer = one.layer(one.add("layer", op, operands));
  if (weights_of && (layers_[*weights_of].op.index() != op.index() ||
                     parameters_[*weights_of] != layer.parameters)) {
    throw Unsupported{"weights that a layer of another kind has too"};
  }
  shapes_.push_back(layer.shape);
  parameters_.push_back(layer.parameters);
  beside_.push_back(last_module_);
  layers_.push_back({"", op, std::move(inputs), module, weights_of});
  return layers_.size() - 1;
}

void LayerList::add_bias(LayerId id) {
  auto* linear = std::get_if<LinearOp>(&layers_[id].op);
  if (linear == nullptr || linear->bias || id + 1 != layers_.size()) {
    throw Unsupported{"a constant, which is no bias of the layer before"};
  }
  if (shares(id)) throw Unsupported{"a bias for weights that it shares"};
  linear->bias = true;
  parameters_[id] += linear->out_features;
}

void LayerList::name_layers(const std::vector<bool>& needed) {
  std::set<std::string> taken;
  const auto give = [&](PlainLayer& layer, const std::string& wanted) {
    layer.name = wanted;
    for (int count = 2; !taken.insert(layer.name).second; ++count) {
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

Graph LayerList::graph(LayerId output, const std::string& name, const std::string& title) {
  if (unknown_.empty()) {
    std::vector<bool> needed(layers_.size(), false);
    needed[0] = needed[output] = true;
    for (LayerId id = output; id > 0; --id) {
      if (!needed[id]) continue;
      for (const LayerId input : layers_[id].inputs) needed[input] = true;
    }
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
  std::string list;
  for (const auto& [operation, count] : unknown_) {
    list += fmt::format("\n  {} ({} time{})", operation, count, count == 1 ? "" : "s");
  }
  throw Unsupported{
      fmt::format("operations that Papilio does not know:{}\nReplace them in the model before it "
                  "is saved, or add them to models/graph (CONTRIBUTING.md)",
                  list)};
}

}  // namespace papilio
