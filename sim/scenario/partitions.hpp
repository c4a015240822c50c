#pragma once

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
};

/// Resolves the strategies of a scenario: names of cuts, "blocks" and "all", the paper's channels.
/// What does not exist, is out of range or comes twice becomes an error in `checker`.
/// @param published the scenario's published tables, or nullptr where it names none, or names some
/// that
///                  do not exist, which has been told
std::vector<Partition> resolve_partitions(const ScenarioSpec& spec, const Graph& graph,
                                          const PublishedTables* published, Checker& checker);

}  // namespace papilio
