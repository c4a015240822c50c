#include "sim/compare/inputs.hpp"

#include <fmt/format.h>

#include <utility>

namespace papilio {

void add_inputs(std::vector<Input>& inputs, const std::string& prefix, Node root) {
  tidy_numbers(root);
  std::vector<std::pair<std::string, const Node*>> open{{prefix, &root}};
  while (!open.empty()) {
    const auto [path, node] = open.back();
    open.pop_back();
    const std::string stem = path.empty() || path == prefix ? path : path + ".";
    for (std::size_t i = 0; i < node->items.size(); ++i) {
      open.emplace_back(fmt::format("{}{}", stem, i), &node->items[i]);
    }
    for (const Node::Entry& entry : node->entries)
      open.emplace_back(stem + entry.key, &entry.value);
    if (!node->items.empty() || !node->entries.empty() || path == prefix) continue;
    inputs.push_back({path, node->scalar});
  }
}

}  // namespace papilio
