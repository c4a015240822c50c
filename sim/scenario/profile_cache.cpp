#include "sim/scenario/profile_cache.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "models/networks/network_file.hpp"
#include "sim/base/error.hpp"

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

const ProfileCache::Lengths& ProfileCache::lengths_of(const std::string& device,
                                                      const std::string& model) {
  const std::string base = without_length(model);
  return remembered(lengths_, {device, base}, [&] {
    Lengths lengths;
    const std::string usual = device + "/" + base;
    for (const std::string& table : library_.names("layers")) {
      if (table != usual && !table.starts_with(usual + "@")) continue;
      const Graph* graph = find_graph(table.substr(device.size() + 1));
      if (graph == nullptr) continue;
      LayerProfile profile = load_layer_profile(library_, bibliography_, device, *graph);
      // Of several precisions none is nearer.
      const std::string& precision = lengths.tables.empty()
                                         ? profile.precision
                                         : lengths.tables.front().known.profile.precision;
      if (profile.precision == precision) {
        lengths.tables.push_back({.known = {*graph, std::move(profile)}});
      }
    }
    if (lengths.tables.empty()) return lengths;
    const KnownTable& first = lengths.tables.front().known;
    const std::vector<KnownTable> known = known_tables(device, first.profile.precision);
    std::set<std::string> networks;
    for (const KnownTable& one : known) networks.insert(without_length(one.graph.name()));
    try {
      lengths.law =
          networks.size() >= kEnoughToLearn
              ? regression_law(known)
              : roofline_law(roofline_of(this->device(device), first.profile.precision), first);
    } catch (const ConfigError& error) {
      lengths.problem = error.what();
      return lengths;
    }
    for (Lengths::Table& table : lengths.tables) {
      table.by_law_s = whole_s(*lengths.law, table.known.graph);
    }
    return lengths;
  });
}

std::vector<KnownTable> ProfileCache::known_tables(const std::string& device,
                                                   const std::string& precision) {
  std::vector<KnownTable> tables;
  for (const std::string& table : library_.names("layers")) {
    if (!table.starts_with(device + "/")) continue;
    const Graph* graph = find_graph(table.substr(device.size() + 1));
    if (graph == nullptr) continue;
    LayerProfile profile = load_layer_profile(library_, bibliography_, device, *graph);
    if (profile.provenance.kind == "predicted" || profile.precision != precision) continue;
    tables.push_back({*graph, std::move(profile)});
  }
  return tables;
}

bool ProfileCache::has_layers(const std::string& device, const std::string& model) {
  return !library_.find("layers", device + "/" + model).empty() ||
         (model.find('@') != std::string::npos && !lengths_of(device, model).tables.empty());
}

std::string ProfileCache::problem_with_rescaling(const std::string& device, const Graph& graph) {
  if (!library_.find("layers", device + "/" + graph.name()).empty()) return {};
  return lengths_of(device, graph.name()).problem;
}

LayerProfile ProfileCache::passing_profile(const std::string& device, const Graph& graph) {
  if (graph.name().find('@') == std::string::npos) {
    return load_layer_profile(library_, bibliography_, device, graph);
  }
  const Lengths& lengths = lengths_of(device, graph.name());
  PAPILIO_CHECK(!lengths.tables.empty());  // checked before
  for (const Lengths::Table& table : lengths.tables) {
    if (table.known.graph.name() == graph.name()) return table.known.profile;
  }
  PAPILIO_CHECK(lengths.law.has_value());  // likewise
  const double own_s = whole_s(*lengths.law, graph);
  const auto distance = [&](const Lengths::Table& table) {
    return std::abs(std::log(table.by_law_s / own_s));
  };
  const auto nearest =
      std::min_element(lengths.tables.begin(), lengths.tables.end(),
                       [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
  return rescaled(nearest->known, graph, *lengths.law);
}

const LayerProfile& ProfileCache::layer_profile(const std::string& device, const Graph& graph) {
  return remembered(layer_profiles_, {device, graph.name()},
                    [&] { return passing_profile(device, graph); });
}

const Device& ProfileCache::device(const std::string& name) {
  return remembered(devices_, name, [&] { return load_device(library_, bibliography_, name); });
}

const LayerPricer& ProfileCache::pricer(const std::string& device, const Graph& graph) {
  return remembered(pricers_, {device, graph.name()}, [&] {
    return LayerPricer{layer_profile(device, graph), graph};
  });
}

std::optional<IdlePower> ProfileCache::idle_power(const std::string& device, const Graph& graph) {
  const Device* file = library_.find("devices", device).empty() ? nullptr : &this->device(device);
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
