#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "sim/fleet/model.hpp"
#include "sim/fleet/server.hpp"

namespace papilio {

/// What a mobile can know when a request begins: nothing that a real one could not measure.
struct Observation {
  double uplink_byte_per_s{0};    ///< of its last transfer, or of the last ping if that is newer
  double downlink_byte_per_s{0};  ///< likewise
  double delay_s{0};              ///< propagation each way
  /// From the edge to the cloud, as a ping through the edge finds it; no edge: infinite and 0.
  double backhaul_byte_per_s{std::numeric_limits<double>::infinity()};
  double backhaul_delay_s{0};
  ServerView server;  ///< as the last ping found it
  ServerView edge;
  double battery{1};       ///< charge left, in 0..1
  std::uint32_t queue{0};  ///< its requests that wait
};

/// Latency that a mobile expects of a partition, in s; infinite if it cannot be had.
/// kSelection: T = K_mobile·TM + TU + TC, where the cloud takes the wait that the ping found and
/// its slowdown times the profiled time (butterfly paper, Algorithm 1, with both load levels).
/// kNeurosurgeon: the same with the load as one factor on the cloud's time, the ratio by which a
/// job of the whole network would be slowed down (Neurosurgeon, ASPLOS'17, section 5, as recalled).
double expected_latency_s(const FleetPartition& partition, const GroupModel& group,
                          const Observation& seen, PolicyKind policy);

/// Mobile energy that a mobile expects, in J: K_mobile·TM·PM + TU·PU (Algorithm 1), the answer's
/// transfer, and the waiting.
double expected_energy_j(const FleetPartition& partition, const GroupModel& group,
                         const CellModel& cell, const Observation& seen, PolicyKind policy);

/// Position in the group's partitions of the best candidate; the earlier one of equals.
/// @param policy kSelection or kNeurosurgeon
std::uint32_t choose_partition(const FleetStrategy& strategy,
                               const std::vector<std::uint32_t>& candidates,
                               const GroupModel& group, const CellModel& cell,
                               const Observation& seen);

}  // namespace papilio
