#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/plan/accuracy_limit.hpp"
#include "sim/profiles/layer_profile.hpp"
#include "sim/profiles/measured_accuracy.hpp"
#include "sim/profiles/measured_payloads.hpp"
#include "sim/profiles/published.hpp"
#include "sim/scenario/checker.hpp"
#include "sim/scenario/partitions.hpp"
#include "sim/scenario/profile_cache.hpp"
#include "sim/scenario/source.hpp"
#include "sim/scenario/spec.hpp"

/// What scenarios of both kinds take from files of measurements: docs/models/payloads.md.
namespace papilio {

/// The measurements that a scenario names, and what its report is to say of them.
struct Measurements {
  std::string accuracy_file;  ///< as the scenario names it; empty: none
  std::optional<MeasuredAccuracies> accuracies;
  AccuracyLimit limit;               ///< of what may be chosen
  std::vector<LeftOutCut> left_out;  ///< by "smallest"

  bool names_payload{false};  ///< whether the scenario has the key 'payload'
  std::string payload_file;   ///< as the scenario names it
  std::optional<MeasuredPayloads> payloads;
  bool count_frame{false};
  std::optional<double> encode_power_w;
  bool in_turn{false};  ///< of a fleet: whether requests take the pictures one after another
  /// Raw crossings without rows, whose sizes follow from their shapes.
  std::vector<Crossing> analytic;
  /// The pictures of every measured crossing that the scenario uses, as positions in
  /// `payloads->images()`; none where it uses no measured one.
  std::vector<std::uint32_t> images;

  /// Samples of what crosses at a partition, or nullptr: its size follows from its shape.
  [[nodiscard]] const std::vector<MeasuredPayloads::Sample>* samples_of(
      const Partition& partition) const;
  /// Mean accuracy measured with a partition, a fraction; nothing where the file has no row of it.
  [[nodiscard]] std::optional<MeasuredAccuracies::Accuracy> accuracy_of(
      const Partition& partition) const;
  /// What `channels: smallest` must be: the stated limits, or else within a budget of 0.02.
  [[nodiscard]] AccuracyLimit limit_of_smallest() const;
  /// Seeds and pictures of the accuracies that the scenario's partitions have.
  struct Extent {
    std::size_t least_seeds{0};
    std::size_t most_seeds{0};
    std::int64_t least_images{0};
    std::int64_t most_images{0};
  };
  Extent extent;
};

/// Reads the files that a scenario names. What is missing or contradicts itself is told to
/// `checker`; a malformed file throws.
/// @param spec  gets the defaults, and the names by which the files are found from any place
/// @param graph     the network that they are about
/// @param published the scenario's published tables, or nullptr
/// @throws ConfigError with file and line for a malformed file
Measurements load_measurements(MeasurementsSpec& spec, const Graph& graph,
                               const PublishedTables* published, const ScenarioSource& source,
                               ProfileCache& profiles, Checker& checker);

/// Top-1 accuracy of a partition, a fraction: what was measured where the scenario names
/// measurements, else what is published of it, else nothing; of one that loses nothing the uncut
/// network's. Measured and published accuracies are of different networks and never stand in one
/// table.
/// @param published the scenario's published tables, or nullptr
std::optional<double> accuracy_of(const Partition& partition, const Measurements& measurements,
                                  const PublishedTables* published);

/// Power of a mobile while it encodes: the scenario's, else the mean over the mobile's layers.
Watts encode_power(const Measurements& measurements, const LayerProfile& mobile);

/// What strategies are resolved against: the graph, the published tables and the measurements, all
/// of which must outlive it.
PartitionContext context_of(const Graph& graph, const PublishedTables* published,
                            bool names_published, const Measurements& measurements);

/// Checks that what crosses at each partition can be had, and notes what the report says of it: a
/// codec other than raw needs rows of exactly its crossing, and all measured crossings the same
/// pictures.
/// @param path         of the list of strategies in the scenario, e.g. "strategies"
/// @param measurements completed
void use_measurements(const std::vector<Partition>& partitions, const std::string& path,
                      Measurements& measurements, Checker& checker);

}  // namespace papilio
