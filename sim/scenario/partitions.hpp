#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/plan/accuracy_limit.hpp"
#include "sim/plan/price.hpp"
#include "sim/profiles/crossing.hpp"
#include "sim/profiles/measured_accuracy.hpp"
#include "sim/profiles/published.hpp"
#include "sim/scenario/checker.hpp"
#include "sim/scenario/spec.hpp"

namespace papilio {

/// One way to run the network, independent of radio and energy reading.
struct Partition {
  std::string strategy;    ///< one of `strategy_names()`
  std::optional<Cut> cut;  ///< where it leaves the mobile; none: before the layers, or never
  Tier to{Tier::kCloud};   ///< who computes what follows
  std::vector<Hop> then;   ///< the hops after that, of `three-way` and `path`
  std::string edge_after;  ///< of `three-way`, as the strategy names it
  std::optional<std::int64_t> channels;  ///< D_r of a unit at `cut`
  std::optional<std::int64_t> bits;      ///< of a crossing element; none for `mobile-only`
  std::string codec;                     ///< of what crosses; empty for `mobile-only`
  std::size_t item{0};                   ///< position of the strategy that it comes from
  std::string label;                     ///< what tables call it: `name_partitions`
  /// Whether what crosses is the network's own input as the mobile has it: the 8 bits of a picture,
  /// or whole numbers.
  bool own_input{false};

  /// Where it goes, for people: "RB8", "RB1>RB8" of `three-way`, "RB3:cloud>RB7:mobile>RB12:cloud"
  /// of `path`; empty where it has no cut.
  [[nodiscard]] std::string route() const;
  /// Whether several tensors cross, one after another, so that no measurement of one says what they
  /// cost.
  [[nodiscard]] bool crosses_again() const { return strategy == "path" && !then.empty(); }
  /// Whether its answers are the uncut network's: nothing crosses, or the network's own input, or
  /// tensors as they are, 32 bits a number.
  [[nodiscard]] bool exact() const;
  /// What crosses the radio first; nothing for `mobile-only`.
  [[nodiscard]] std::optional<Crossing> crossing() const;
  /// Where its layers run.
  /// @param graph the network that it is of
  [[nodiscard]] Placement placement(const Graph& graph) const;
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
  bool names_accuracies{false};  ///< whether it names some
  /// What a strategy that needs an edge is told where there is none; nullptr: there is one.
  const char* without_edge{nullptr};
  AccuracyLimit limit_of_smallest;  ///< how accurate a unit of "smallest" must be
};

/// Size of the answer where a scenario does not say it: the network's output at the paper's 8 bits.
std::int64_t default_answer_bytes(const Graph& graph);

/// Labels partitions as tables call them, no two alike: "RB8" of a unit, "split RB8", "RB1>RB8" of
/// three-way, else the strategy; with "/D_r" and "/bits" where there are several of that name, and
/// with the codec, "RB8/zstd", where it is not raw.
void name_partitions(std::vector<Partition>& partitions);

/// What the strategies of a scenario come to.
struct ResolvedPartitions {
  std::vector<Partition> partitions;
  std::vector<LeftOutCut> left_out;
};

/// Resolves a list of strategies to labelled partitions: names of cuts, "blocks" and "all", the
/// paper's channels, the smallest ones that are accurate enough. What does not exist, is out of
/// range or comes twice becomes an error in `checker`, as does a strategy that accuracy leaves no
/// cut of.
/// @param path of the list in the scenario, e.g. "strategies"
ResolvedPartitions resolve_partitions(const std::vector<StrategySpec>& strategies,
                                      const std::string& path, const PartitionContext& context,
                                      Checker& checker);

}  // namespace papilio
