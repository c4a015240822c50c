#include "models/import/handover.hpp"

#include <fmt/format.h>

#include <cstring>
#include <map>
#include <utility>

#include "models/networks/network_file.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

void put(std::string& bytes, std::uint64_t number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}
void put(std::string& bytes, std::string_view text) {
  put(bytes, text.size());
  bytes.append(text);
}

/// Takes numbers and texts off the front.
class Taker {
 public:
  explicit Taker(std::string_view bytes) : bytes_{bytes} {}

  [[nodiscard]] bool is_empty() const { return bytes_.empty(); }
  std::uint64_t number() {
    std::uint64_t result = 0;
    std::memcpy(&result, text(sizeof result).data(), sizeof result);
    return result;
  }
  std::string_view text() { return text(number()); }
  std::string_view text(std::uint64_t size) {
    if (size > bytes_.size()) throw ConfigError{"it ends too early"};
    const std::string_view result = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return result;
  }

 private:
  std::string_view bytes_;
};

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
  for (const auto& [name, tensor] : network.weights) {
    put(bytes, name);
    put(bytes, tensor.shape.size());
    for (const std::int64_t size : tensor.shape) put(bytes, static_cast<std::uint64_t>(size));
    put(bytes, std::string_view{reinterpret_cast<const char*>(tensor.values.data()),
                                tensor.values.size() * sizeof(float)});
  }
  return bytes;
}

ImportedNetwork take_over(std::string_view bytes, const std::string& name) {
  Taker taker{bytes};
  ImportedNetwork network{parse_graph(taker.text(), "network", name), {}};
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
