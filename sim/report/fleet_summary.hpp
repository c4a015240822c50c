#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/stats/estimate.hpp"
#include "sim/play/fleet/result.hpp"
#include "sim/report/overload.hpp"
#include "sim/scenario/fleet_scenario.hpp"

namespace papilio {

/// The percentiles that fleets report.
inline constexpr std::array<double, 3> kPercentiles{0.50, 0.95, 0.99};

/// What one strategy did for one group in one window, over all replications.
struct FleetSummary {
  std::size_t strategy;
  std::string mobiles;  ///< a group, or "all"
  std::string window;   ///< a window, or "all"
  RequestSums sums;     ///< over the replications
  double seconds{0};    ///< length of the window, once for each replication
  /// What these requests pass and is overloaded: then there are no intervals.
  std::optional<Overload> overload;
  /// Independent requests that a run's completed ones are worth (docs/models/fleet.md).
  double independent{0};
  /// What the mean is too low by because a run begins with nobody at work and its warm-up is short:
  /// about, as a share of the mean.
  double too_low{0};
  double memory_s{0};  ///< how long latencies are remembered, about
  Estimate latency;
  std::array<Estimate, kPercentiles.size()> percentiles;
  std::vector<std::uint64_t>
      choices;  ///< `[partitions]` of the group; of "all": of the first group
  /// Mean of latency minus the oracle's for the same request, over those that completed with both.
  std::optional<Estimate> regret;
  /// Mean measured accuracy of the partitions that the completed requests took, a fraction; nothing
  /// where one of them has none.
  std::optional<double> accuracy;
  /// Whether the stated limit of accuracy lets every partition be chosen that the strategy may take
  /// here; nothing where none is stated, or no mobile runs a network.
  std::optional<bool> admitted;
};

/// Every strategy × group × window, in this order; "all" first where there are several.
/// @param results `[strategies × replications]`
std::vector<FleetSummary> summarise(const FleetScenario& fleet,
                                    const std::vector<FleetResult>& results);

}  // namespace papilio
