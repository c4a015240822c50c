#include "sim/foreign/layer_match.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <unordered_map>

#include "sim/base/data/csv.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/foreign/layer_names.hpp"
#include "sim/foreign/plain_text.hpp"

namespace papilio {
namespace {

using EntriesByText = std::unordered_multimap<std::string_view, std::size_t>;

/// Puts entries on layers, one way after the other.
class Matcher {
 public:
  Matcher(const ForeignProfile& profile, const Graph& graph)
      : profile_{profile}, graph_{graph}, settled_(profile.entries.size()) {
    match_.sources.resize(graph.layers().size());
  }

  void by_map(const EntryMap& map);
  void by_name();
  void by_order();
  [[nodiscard]] LayerMatch result() &&;

 private:
  void put(std::size_t entry, LayerId layer, MatchBy by, bool elsewhere = false) {
    match_.sources[layer].push_back({entry, by, elsewhere});
    settled_[entry] = true;
  }
  void by_rows(const EntryMap& map, const std::vector<std::optional<LayerId>>& layers,
               const EntriesByText& entries);
  [[nodiscard]] LayerId layer_of(const EntryMap& map, const EntryMap::Row& row) const;
  [[noreturn]] void refuse_entry(const EntryMap& map, const EntryMap::Row& row) const;

  const ForeignProfile& profile_;
  const Graph& graph_;
  LayerMatch match_;
  std::vector<bool> settled_;  // [entries]
};

LayerId Matcher::layer_of(const EntryMap& map, const EntryMap::Row& row) const {
  const std::optional<LayerId> layer = graph_.find_layer(row.layer);
  const bool input = layer && std::holds_alternative<InputOp>(graph_.layer(*layer).op);
  if (input) {
    throw ConfigError{fmt::format(
        "{}:{}: error: layer: '{}' is the input, which takes no time; leave the cell empty to keep "
        "the entry out of the table",
        map.file, row.line, row.layer)};
  }
  if (layer) return *layer;
  const std::string unknown = shortened(plain_line(row.layer));
  std::vector<std::string> names;
  for (const Layer& each : graph_.layers()) names.push_back(each.name);
  throw ConfigError{fmt::format("{}:{}: error: layer: the network '{}' has no layer '{}'{}",
                                map.file, row.line, graph_.name(), unknown,
                                suggestion(unknown, names))};
}

void Matcher::refuse_entry(const EntryMap& map, const EntryMap::Row& row) const {
  constexpr std::size_t kMostNames = 1000;  // that a suggestion is sought among
  std::vector<std::string> names;
  for (const MeasuredEntry& entry : profile_.entries) {
    if (names.size() < kMostNames) names.push_back(shortened(entry.name));
  }
  const std::string unknown = shortened(plain_line(row.measured));
  const std::string nearest = nearest_name(unknown, names);
  throw ConfigError{fmt::format("{}:{}: error: measured: {} has no entry '{}'; {}", map.file,
                                row.line, profile_.file, unknown,
                                nearest.empty() ? fmt::format("the first is '{}'", names.front())
                                                : fmt::format("did you mean '{}'?", nearest))};
}

void Matcher::by_map(const EntryMap& map) {
  std::vector<std::optional<LayerId>> layers;
  layers.reserve(map.rows.size());
  for (const EntryMap::Row& row : map.rows) {
    layers.push_back(row.layer.empty() ? std::nullopt : std::optional{layer_of(map, row)});
  }
  EntriesByText names;
  EntriesByText scopes;
  for (std::size_t i = 0; i < profile_.entries.size(); ++i) {
    const MeasuredEntry& entry = profile_.entries[i];
    names.emplace(entry.name, i);
    if (!entry.scope.empty() && entry.scope != entry.name) scopes.emplace(entry.scope, i);
  }
  for (const EntryMap::Row& row : map.rows) {
    if (!names.contains(row.measured) && !scopes.contains(row.measured)) refuse_entry(map, row);
  }
  by_rows(map, layers, names);
  by_rows(map, layers, scopes);
}

/// What the rows say of entries by one of their texts, where no row said anything before.
void Matcher::by_rows(const EntryMap& map, const std::vector<std::optional<LayerId>>& layers,
                      const EntriesByText& entries) {
  std::vector<const EntryMap::Row*> ruling(profile_.entries.size());
  for (std::size_t i = 0; i < map.rows.size(); ++i) {
    const EntryMap::Row& row = map.rows[i];
    const auto [first, last] = entries.equal_range(row.measured);
    for (auto it = first; it != last; ++it) {
      const std::size_t entry = it->second;
      if (ruling[entry] != nullptr) {
        throw ConfigError{fmt::format("{}:{}: error: measured: line {} says already what '{}' is",
                                      map.file, row.line, ruling[entry]->line,
                                      shortened(plain_line(row.measured)))};
      }
      ruling[entry] = &row;
      if (settled_[entry]) continue;
      settled_[entry] = true;
      if (layers[i]) put(entry, *layers[i], MatchBy::kMap);
    }
  }
}

void Matcher::by_name() {
  std::vector<std::string> all;
  for (const MeasuredEntry& entry : profile_.entries) {
    all.insert(all.end(), entry.parts.begin(), entry.parts.end());
  }
  const LayerNames names{graph_, all};
  for (std::size_t i = 0; i < profile_.entries.size(); ++i) {
    if (settled_[i]) continue;
    const bool fused =
        profile_.entries[i].parts.size() > 1 || profile_.tool == ForeignTool::kTfLite;
    std::vector<LayerId> layers;
    for (const std::string& part : profile_.entries[i].parts) {
      const std::optional<LayerId> layer = names.find(part, fused);
      if (layer && std::find(layers.begin(), layers.end(), *layer) == layers.end()) {
        layers.push_back(*layer);
      }
    }
    if (layers.empty()) continue;
    const auto multiplies = std::find_if(
        layers.begin(), layers.end(), [&](LayerId layer) { return graph_.layer(layer).macs > 0; });
    const LayerId taker = multiplies == layers.end() ? layers.front() : *multiplies;
    for (const LayerId layer : layers) put(i, layer, MatchBy::kName, layer != taker);
  }
}

void Matcher::by_order() {
  std::map<std::string_view, std::vector<std::size_t>> entries;
  for (std::size_t i = 0; i < profile_.entries.size(); ++i) {
    const std::string& kind = profile_.entries[i].kind;
    if (!settled_[i] && !kind.empty()) entries[kind].push_back(i);
  }
  std::map<std::string_view, std::vector<LayerId>> layers;
  for (LayerId id = 0; id < graph_.layers().size(); ++id) {
    if (match_.sources[id].empty()) layers[kind_name(graph_.layer(id).op)].push_back(id);
  }
  for (const auto& [kind, those] : entries) {
    const auto it = layers.find(kind);
    if (it == layers.end() || it->second.size() != those.size()) continue;
    for (std::size_t k = 0; k < those.size(); ++k) put(those[k], it->second[k], MatchBy::kOrder);
  }
}

LayerMatch Matcher::result() && {
  std::vector<bool> counted(profile_.entries.size());
  for (const std::vector<LayerMatch::Source>& sources : match_.sources) {
    std::vector<Estimate> parts;
    for (const LayerMatch::Source& source : sources) {
      if (source.elsewhere) continue;
      parts.push_back(profile_.entries[source.entry].latency);
      counted[source.entry] = true;
    }
    match_.latencies.push_back(sum_of(parts));
    match_.mapped_s += match_.latencies.back().value;
  }
  for (std::size_t i = 0; i < counted.size(); ++i) {
    if (counted[i]) continue;
    match_.unmapped.push_back(i);
    match_.unmapped_s += profile_.entries[i].latency.value;
  }
  return std::move(match_);
}

}  // namespace

EntryMap load_entry_map(const std::string& path) {
  const CsvTable table{path, {"measured", "layer"}};
  EntryMap map{.file = path, .rows = {}};
  std::set<std::string> seen;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string& measured = table.text(row, "measured");
    if (measured.empty()) table.fail(row, "measured", "an entry's name");
    if (!seen.insert(measured).second) table.fail(row, "measured", "each entry once");
    map.rows.push_back({measured, table.text(row, "layer"), table.line(row)});
  }
  return map;
}

std::vector<LayerId> LayerMatch::untimed(const Graph& graph) const {
  std::vector<LayerId> layers;
  for (LayerId id = 0; id < sources.size(); ++id) {
    const bool input = std::holds_alternative<InputOp>(graph.layer(id).op);
    if (sources[id].empty() && !input) layers.push_back(id);
  }
  return layers;
}

std::vector<LayerId> LayerMatch::unpriced(const Graph& graph) const {
  std::vector<LayerId> layers = untimed(graph);
  std::erase_if(layers, [&](LayerId layer) { return graph.layer(layer).macs == 0; });
  return layers;
}

void require_priced(const LayerMatch& match, const Graph& graph, const std::string& path) {
  const std::vector<LayerId> unpriced = match.unpriced(graph);
  if (unpriced.empty()) return;
  throw ConfigError{fmt::format(
      "{}: error: {} of the layers of '{}' that multiply {} no entry, the first is '{}'; say which "
      "entries they are with --map FILE, or take them for 0 s with --allow-untimed",
      path, unpriced.size(), graph.name(), unpriced.size() == 1 ? "has" : "have",
      graph.layer(unpriced.front()).name)};
}

LayerMatch match_layers(const ForeignProfile& profile, const Graph& graph,
                        const std::optional<EntryMap>& map) {
  Matcher matcher{profile, graph};
  if (map) matcher.by_map(*map);
  matcher.by_name();
  matcher.by_order();
  return std::move(matcher).result();
}

void require_half(const LayerMatch& match, const ForeignProfile& profile, const Graph& graph,
                  const std::string& path) {
  const double total_s = match.mapped_s + match.unmapped_s;
  if (total_s <= 0) {
    throw ConfigError{fmt::format("{}: error: its entries take no time at all", path)};
  }
  if (2 * match.mapped_s >= total_s) return;
  constexpr std::size_t kFirst = 5;
  constexpr double kMilli = 1e3;
  std::vector<std::string> entries;
  for (const std::size_t entry : match.unmapped) {
    if (entries.size() == kFirst) break;
    entries.push_back(fmt::format("'{}'", shortened(profile.entries[entry].name)));
  }
  std::vector<std::string> layers;
  const std::vector<LayerId> untimed = match.untimed(graph);
  for (const LayerId layer : untimed) {
    if (layers.size() == kFirst) break;
    layers.push_back(fmt::format("'{}'", graph.layer(layer).name));
  }
  const auto listed = [](const std::vector<std::string>& first, std::size_t all) {
    if (all == 0) return std::string{"none"};
    return fmt::format("{}{}", fmt::join(first, ", "),
                       all > first.size() ? fmt::format(" and {} more", all - first.size()) : "");
  };
  throw ConfigError{fmt::format(
      "{}: error: of {:.3f} ms, {:.3f} belong to layers of '{}', and a table takes at least half; "
      "entries of no layer: {}; layers without an entry: {}; say which is which in a CSV file of "
      "the columns measured,layer, with --map FILE",
      path, total_s * kMilli, match.mapped_s * kMilli, graph.name(),
      listed(entries, match.unmapped.size()), listed(layers, untimed.size()))};
}

}  // namespace papilio
