#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/base/stats/estimate.hpp"
#include "sim/foreign/foreign_profile.hpp"

namespace papilio {

/// Which layer an entry is, as the user says: a CSV file of the columns `measured` and `layer`.
struct EntryMap {
  struct Row {
    std::string measured;  ///< an entry's name, or what it ran within
    std::string layer;     ///< of the network; empty: none
    std::size_t line{0};   ///< in the file, from 1
  };
  std::string file;
  std::vector<Row> rows;
};

/// @throws ConfigError with file and line if the file cannot be read, has other columns, or says
///         something of one entry twice
EntryMap load_entry_map(const std::string& path);

/// How an entry came to its layer.
enum class MatchBy { kMap, kName, kOrder };

/// What of a file's times belongs to which layer of a network.
struct LayerMatch {
  /// An entry that counts at a layer.
  struct Source {
    std::size_t entry{0};  ///< in the profile
    MatchBy by{MatchBy::kName};
    bool elsewhere{false};  ///< it names this layer too, but all of its time is at another
  };
  std::vector<std::vector<Source>> sources;  ///< `[layers]`
  std::vector<Estimate> latencies;           ///< `[layers]`, s
  std::vector<std::size_t> unmapped;         ///< entries of no layer, in their order
  double mapped_s{0};                        ///< all entries of layers
  double unmapped_s{0};                      ///< the others

  /// The layers, but the input, that no entry names.
  [[nodiscard]] std::vector<LayerId> untimed(const Graph& graph) const;
  /// Those of them that multiply (`Layer::macs`), which surely take time.
  [[nodiscard]] std::vector<LayerId> unpriced(const Graph& graph) const;
};

/// Says which layer each entry of a profile is:
///
/// 1. what the user's map says; where a row has the entry's name and another what it ran within,
///    the name's counts;
/// 2. by the entry's names (`LayerNames`). Of several, which the tool fused, all of the time is put
///    on the first one that multiplies (`Layer::macs`), else on the first: what a fused kernel's
///    parts take, nobody measured;
/// 3. of those left over that have a kind, the k-th is the k-th layer of this kind that has no
///    entry yet, if there are as many of the one as of the other.
///
/// @throws ConfigError with file and line if the map names an entry or a layer that is not there,
///         or the input, or has two rows for one entry's name or one scope
LayerMatch match_layers(const ForeignProfile& profile, const Graph& graph,
                        const std::optional<EntryMap>& map);

/// @throws ConfigError naming `path`, the first entries and layers without each other, and the
///         remedy, if less than half of the time belongs to layers, or there is no time
void require_half(const LayerMatch& match, const ForeignProfile& profile, const Graph& graph,
                  const std::string& path);

/// @throws ConfigError naming `path`, how many there are, the first, and the remedy, if a layer
/// that
///         multiplies has no entry; one whose time is at another, fused with it, has one
void require_priced(const LayerMatch& match, const Graph& graph, const std::string& path);

}  // namespace papilio
