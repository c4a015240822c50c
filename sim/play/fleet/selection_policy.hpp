#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/plan/select.hpp"
#include "sim/play/fleet/model.hpp"
#include "sim/play/fleet/policy.hpp"

namespace papilio {

/// What the load of a server does to the time of a job there.
enum class LoadRule {
  /// The wait that the ping found, and the slowdown times the profiled time: T = K_mobile·TM + TU +
  /// TC (butterfly paper, Algorithm 1, with both load levels).
  kWait,
  /// One factor on the profiled time, the ratio by which a job of the whole network would be slowed
  /// down (Neurosurgeon, ASPLOS'17, section 5, as recalled).
  kFactor,
};

/// How `choose_partition` compares.
struct SelectionRule {
  LoadRule load{LoadRule::kWait};
  Target target{Target::kLatency};
  double energy_below_battery{0};  ///< below this charge in 0..1 the target becomes energy
  std::optional<std::int64_t> latency_above_queue;  ///< above this queue it becomes latency
};

/// Latency and mobile energy that a mobile expects of a plan: T = K_mobile·TM + TU + TC, with
/// what it has seen of servers and links, and E = K_mobile·TM·PM + TU·PU, the answer's transfer and
/// the waiting (Algorithm 1). Times are infinite where it cannot be had.
Breakdown expected(const FleetPlan& plan, const GroupModel& group, const CellModel& cell,
                   const Observation& seen, LoadRule load);

/// Position in the group's partitions of the best candidate; the earlier one of equals.
std::uint32_t choose_partition(const SelectionRule& rule,
                               const std::vector<std::uint32_t>& candidates,
                               const GroupModel& group, const CellModel& cell,
                               const Observation& seen);

}  // namespace papilio
