#include "models/app/models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "models/networks/network_file.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {

TensorShape shape_by_text(const std::string& verb, const std::string& text) {
  TensorShape shape{0, 0, 0};
  int end = 0;
  if (std::sscanf(text.c_str(), "%ldx%ldx%ld%n", &shape[0], &shape[1], &shape[2], &end) != 3 ||
      text.c_str()[end] != '\0') {
    throw ConfigError{fmt::format(
        "papilio {}: error: --input must be CHANNELSxHEIGHTxWIDTH, as 3x224x224, not '{}'", verb,
        text)};
  }
  return shape;
}

Graph model_by_name(const ProfileLibrary& library, const std::string& verb, const std::string& name,
                    const std::string& input, std::optional<std::int64_t> classes) {
  const std::optional<Graph> graph = find_network(library, name);
  if (!graph) {
    throw ConfigError{fmt::format("papilio {}: error: there is no network '{}'{}", verb, name,
                                  suggestion(name, network_names(library)))};
  }
  std::optional<TensorShape> shape;
  if (!input.empty()) shape = shape_by_text(verb, input);
  try {
    return adapted(*graph, shape, classes);
  } catch (const std::invalid_argument& error) {
    throw ConfigError{fmt::format("papilio {}: error: '{}' does not take the input {}: {}", verb,
                                  name, input, error.what())};
  }
}

void require_pictures(const Graph& graph, const std::string& verb) {
  if (takes_pictures(graph)) return;
  std::string takes;
  for (const LayerId id : graph.inputs()) {
    takes += (takes.empty() ? "" : " and ") + text(graph.layer(id).shape);
  }
  throw ConfigError{
      fmt::format("papilio {}: error: '{}' takes {}, not a picture; 'papilio profile', 'predict' "
                  "and 'run' take "
                  "any network",
                  verb, graph.name(), takes)};
}

std::vector<Cut> cuts_by_name(const std::string& verb, const Graph& graph,
                              const std::vector<std::string>& names) {
  std::vector<Cut> cuts;
  for (const std::string& name : names) {
    if (name == "blocks") {
      for (Cut& cut : graph.block_cuts()) cuts.push_back(std::move(cut));
      continue;
    }
    std::optional<Cut> cut = graph.find_cut(name);
    if (!cut || cut->of_inputs) {
      std::vector<std::string> known{"blocks"};
      for (const Cut& one : graph.block_cuts()) known.push_back(one.name);
      throw ConfigError{fmt::format("papilio {}: error: '{}' has no cut '{}'{}", verb, graph.name(),
                                    name, suggestion(name, known))};
    }
    if (cut->crossing.size() > 1) {
      throw ConfigError{fmt::format(
          "papilio {}: error: {} tensors cross at '{}', and real tensors are sent one at a time; "
          "name a cut of 'papilio models show {}'",
          verb, cut->crossing.size(), name, graph.name())};
    }
    cuts.push_back(*std::move(cut));
  }
  return cuts;
}

Transform transform_for(const Graph& graph) {
  const TensorShape& input = graph.layers().front().shape;
  Transform transform{.height = input.height(), .width = input.width()};
  const std::int64_t side = std::min(input.height(), input.width());
  constexpr std::int64_t kSmall = 32;
  if (side <= kSmall) {
    // CIFAR's usual preparation (He et al. 2016, section 4.2): crops of the padded picture.
    transform.shorter_side = side;
    transform.padding = side / 8;
  } else {
    // ImageNet's usual preparation: 224 of 256, and in proportion.
    transform.shorter_side = side * 256 / 224;
  }
  return transform;
}

}  // namespace papilio
