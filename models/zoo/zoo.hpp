#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/graph/graph.hpp"

namespace papilio {

/// One network that the zoo can build.
struct ZooEntry {
  std::string name;    ///< as scenarios and the command line write it
  std::string source;  ///< where the architecture comes from
  std::function<Graph()> build;
};

/// Every network of the zoo, in the order that lists print.
const std::vector<ZooEntry>& zoo_entries();

/// The names in `zoo_entries()`, for suggestions.
std::vector<std::string> zoo_names();

/// Builds the network called `name`, or nothing if the zoo has none.
std::optional<Graph> find_model(std::string_view name);

}  // namespace papilio
