#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/profiles/published.hpp"
#include "sim/scenario/checker.hpp"
#include "sim/scenario/spec.hpp"

namespace papilio {

/// One way to run the network, independent of radio and energy reading.
struct Partition {
  std::string strategy;                  ///< one of `strategy_names()`
  std::optional<Cut> cut;                ///< of `butterfly` and `split`
  std::optional<std::int64_t> channels;  ///< D_r of `butterfly`
  std::optional<std::int64_t> bits;      ///< of a crossing element; none for `mobile-only`
  std::size_t item{0};                   ///< position of the strategy that it comes from
};

/// What the strategies of a scenario are about.
struct PartitionContext {
  const Graph& graph;
  /// The scenario's published tables; nullptr where it names none, or some that do not exist.
  const PublishedTables* published;
  bool names_published;  ///< whether it names some
};

/// Resolves a list of strategies: names of cuts, "blocks" and "all", the paper's channels. What
/// does not exist, is out of range or comes twice becomes an error in `checker`.
/// @param path of the list in the scenario, e.g. "strategies"
std::vector<Partition> resolve_partitions(const std::vector<StrategySpec>& strategies,
                                          const std::string& path, const PartitionContext& context,
                                          Checker& checker);

}  // namespace papilio
