#include "models/import/layer_list.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace papilio {

std::int64_t square(const std::vector<std::int64_t>& numbers, const char* what) {
  if (numbers.empty() || std::any_of(numbers.begin(), numbers.end(), [&](std::int64_t number) {
        return number != numbers.front();
      })) {
    throw Unsupported{fmt::format("{} that differs in height and width", what)};
  }
  return numbers.front();
}

LayerList::LayerList(const TensorShape& input) {
  layers_.push_back({"input", InputOp{input}, {}, ""});
  shapes_.push_back(input);
}

LayerId LayerList::add(const LayerOp& op, std::vector<LayerId> inputs, const std::string& module) {
  std::string name = module;
  if (name.empty()) {
    const std::size_t dot = last_module_.rfind('.');
    name = (dot == std::string::npos ? "" : last_module_.substr(0, dot + 1)) +
           std::string{kind_name(op)};
  } else {
    last_module_ = module;
  }
  const int count = ++names_[name];
  if (count > 1) name += fmt::format("_{}", count);
  Graph one{"", ""};  // infers the shape
  std::vector<LayerId> operands;
  for (const LayerId input : inputs) {
    operands.push_back(one.add(fmt::format("{}", operands.size()), InputOp{shapes_[input]}, {}));
  }
  shapes_.push_back(one.layer(one.add("layer", op, operands)).shape);
  layers_.push_back({name, op, std::move(inputs), module});
  return layers_.size() - 1;
}

void LayerList::add_bias(LayerId id) {
  auto* linear = std::get_if<LinearOp>(&layers_[id].op);
  if (linear == nullptr || linear->bias || id + 1 != layers_.size()) {
    throw Unsupported{"a constant, which is no bias of the layer before"};
  }
  linear->bias = true;
}

Graph LayerList::graph(const std::string& name, const std::string& title) const {
  if (unknown_.empty()) return with_blocks(name, title, layers_);
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
