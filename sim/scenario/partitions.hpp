#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/plan/accuracy_limit.hpp"
#include "sim/profiles/crossing.hpp"
#include "sim/profiles/measured_accuracy.hpp"
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
  std::string codec;                     ///< of what crosses; empty for `mobile-only`
  std::size_t item{0};                   ///< position of the strategy that it comes from

  /// What crosses the radio; nothing for `mobile-only`.
  [[nodiscard]] std::optional<Crossing> crossing() const;
};

/// A cut at which no measured unit is accurate enough for "smallest".
struct LeftOutCut {
  Crossing at;                 ///< without channels
  std::optional<double> best;  ///< accuracy of the best unit measured there, a fraction; or none
};

/// What the strategies of a scenario are about.
struct PartitionContext {
  const Graph& graph;
  /// The scenario's published tables; nullptr where it names none, or some that do not exist.
  const PublishedTables* published;
  bool names_published;  ///< whether it names some
  /// The scenario's measured accuracies; nullptr where it names none, or a file that is not there.
  const MeasuredAccuracies* accuracies{nullptr};
  bool names_accuracies{false};     ///< whether it names some
  AccuracyLimit limit_of_smallest;  ///< how accurate a unit of "smallest" must be
};

/// What tables call partitions, no two alike: "RB8" of a unit, "split RB8", "RB1>RB8" of three-way,
/// else the strategy; with "/D_r" and "/bits" where there are several of that name, and with the
/// codec, "RB8/zstd", where it is not raw.
/// @param edge_after `[partitions]`: of three-way, the last cut on the edge; else empty
/// @return `[partitions]`
std::vector<std::string> partition_labels(const std::vector<Partition>& partitions,
                                          const std::vector<std::string>& edge_after);

/// What the strategies of a scenario come to.
struct ResolvedPartitions {
  std::vector<Partition> partitions;
  std::vector<LeftOutCut> left_out;
};

/// Resolves a list of strategies: names of cuts, "blocks" and "all", the paper's channels, the
/// smallest ones that are accurate enough. What does not exist, is out of range or comes twice
/// becomes an error in `checker`, as does a strategy that accuracy leaves no cut of.
/// @param path of the list in the scenario, e.g. "strategies"
ResolvedPartitions resolve_partitions(const std::vector<StrategySpec>& strategies,
                                      const std::string& path, const PartitionContext& context,
                                      Checker& checker);

}  // namespace papilio
