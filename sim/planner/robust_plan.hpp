#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/document/document.hpp"
#include "sim/plan/search/robust.hpp"
#include "sim/planner/planner.hpp"
#include "sim/radio/trace.hpp"

namespace papilio {

/// How the proposals fare on one radio whose uplink follows a trace: each request meets the rate of
/// its time, which lasts for all of it.
struct OverTrace {
  std::vector<double> weights;    ///< `[samples]`, s that the trace has each rate
  std::vector<double> costs;      ///< `[proposals × samples]`, of the goal; infinite where a limit
                                  ///< is missed, or the rate is 0 and the plan sends
  std::vector<Robustness> plans;  ///< `[proposals]`
  std::optional<std::size_t> best;  ///< nothing: no value is finite
  /// Who is best at the trace's mean rate, for comparison.
  std::optional<std::size_t> best_at_mean;
  std::optional<double> percentile;  ///< that was asked for, in (0, 1]; none: the mean
};

/// @param uplink     of the mobile, in place of the radio's rate
/// @param percentile in (0, 1]; none: the mean
OverTrace over_trace(const Planner& planner, std::size_t radio, const Trace& uplink,
                     std::optional<double> percentile);

/// The result as a section: the best few, those at the mean rate and the baselines.
/// @param file the trace's, for people
Section trace_section(const Planner& planner, const PlanAnswer& answer, const OverTrace& over,
                      const std::string& file);

}  // namespace papilio
