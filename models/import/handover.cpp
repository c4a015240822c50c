#include "models/import/handover.hpp"

#include <fmt/format.h>

#include <cstring>
#include <map>
#include <utility>

#include "models/import/wire.hpp"
#include "models/networks/network_file.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// The weights that a network needs, by name.
std::map<std::string, std::vector<std::int64_t>> needed_by(const Graph& graph) {
  std::map<std::string, std::vector<std::int64_t>> needed;
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    if (graph.layer(id).weights_of) continue;
    const std::string& layer = graph.layer(id).name;
    for (WeightShape& weight : graph.weights_of(id)) {
      needed.emplace(weight.name.empty() ? layer : layer + "." + weight.name,
                     std::move(weight.sizes));
    }
  }
  return needed;
}

}  // namespace

std::string handover(const ImportedNetwork& network) {
  std::string bytes;
  put(bytes, graph_file(network.graph));
  put(bytes, network.opaque);
  for (const auto& [name, tensor] : network.weights) {
    put(bytes, name);
    put(bytes, tensor.shape);
    put(bytes, std::string_view{reinterpret_cast<const char*>(tensor.values.data()),
                                tensor.values.size() * sizeof(float)});
  }
  return bytes;
}

ImportedNetwork take_over(std::string_view bytes, const std::string& name) {
  Taker taker{bytes};
  ImportedNetwork network{parse_graph(taker.text(), "network", name), {}};
  network.opaque = taker.text();
  if (taker.is_empty()) return network;
  for (const auto& [weight, sizes] : needed_by(network.graph)) {
    if (taker.text() != weight) throw ConfigError{fmt::format("it lacks the weight '{}'", weight)};
    StoredTensor tensor{.shape = sizes, .values = {}};
    std::uint64_t numbers = 1;
    bool fits = taker.number() == sizes.size();
    for (std::size_t i = 0; fits && i < sizes.size(); ++i) {
      fits = taker.number() == static_cast<std::uint64_t>(sizes[i]);
      numbers *= static_cast<std::uint64_t>(sizes[i]);  // below 2^40, as the graph's are
    }
    const std::string_view values = fits ? taker.text() : std::string_view{};
    if (!fits || values.size() != numbers * sizeof(float)) {
      throw ConfigError{fmt::format("the weight '{}' has another size", weight)};
    }
    tensor.values.resize(numbers);
    std::memcpy(tensor.values.data(), values.data(), values.size());
    network.weights.emplace(weight, std::move(tensor));
  }
  if (!taker.is_empty()) throw ConfigError{"it has more weights than it needs"};
  return network;
}

}  // namespace papilio
