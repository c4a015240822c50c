#include "sim/scenario/profile_cache.hpp"

#include <optional>

#include "models/networks/network_file.hpp"

namespace papilio {
namespace {

/// The entry of `key`, made by `make` when it is not there.
template <class Map, class Make>
const typename Map::mapped_type& remembered(Map& map, const typename Map::key_type& key,
                                            const Make& make) {
  const auto it = map.find(key);
  return it != map.end() ? it->second : map.emplace(key, make()).first->second;
}

}  // namespace

const Graph* ProfileCache::find_graph(const std::string& name) {
  if (const auto it = graphs_.find(name); it != graphs_.end()) return &it->second;
  std::optional<Graph> graph = find_network(library_, name);
  return graph ? &graphs_.emplace(name, std::move(*graph)).first->second : nullptr;
}

const LayerProfile& ProfileCache::layer_profile(const std::string& device, const Graph& graph) {
  return remembered(layer_profiles_, {device, graph.name()},
                    [&] { return load_layer_profile(library_, bibliography_, device, graph); });
}

const LayerPricer& ProfileCache::pricer(const std::string& device, const Graph& graph) {
  return remembered(pricers_, {device, graph.name()}, [&] {
    return LayerPricer{layer_profile(device, graph), graph};
  });
}

std::optional<IdlePower> ProfileCache::idle_power(const std::string& device, const Graph& graph) {
  const Device* file =
      library_.find("devices", device).empty() ? nullptr : &remembered(devices_, device, [&] {
        return load_device(library_, bibliography_, device);
      });
  return idle_power_of(file, layer_profile(device, graph));
}

const RadioProfile& ProfileCache::radio(const std::string& name) {
  return remembered(radios_, name, [&] { return load_radio(library_, bibliography_, name); });
}

const PublishedTables& ProfileCache::published(const std::string& name) {
  return remembered(published_, name,
                    [&] { return load_published(library_, bibliography_, name); });
}

const MeasuredPayloads& ProfileCache::payloads(const std::string& file, const Graph& graph) {
  return remembered(payloads_, {file, graph.name()}, [&] { return MeasuredPayloads{file, graph}; });
}

const MeasuredAccuracies& ProfileCache::accuracies(const std::string& file, const Graph& graph) {
  return remembered(accuracies_, {file, graph.name()}, [&] {
    return MeasuredAccuracies{file, graph};
  });
}

}  // namespace papilio
