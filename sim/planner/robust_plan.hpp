#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
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

/// Layer times as they may be: each that was measured with an interval is drawn anew, its mean the
/// measured time and its spread the interval's, times and energies of a layer together, layers
/// apart from each other. Times without an interval stay.
/// @param profiles what the planner's scenario was loaded from
/// @param samples >= 1; the scenario's seed draws them
/// @param percentile in (0, 1]; none: the mean
/// @return `[radios]`: `weights` are 1 each, `best_at_mean` is the best at the times as measured
/// @throws ConfigError if no layer of any of its tables has an interval, or the network generates
std::vector<OverTrace> over_spread(const Planner& planner, ProfileCache& profiles,
                                   std::size_t samples, std::optional<double> percentile);

/// The result as a section.
Section spread_section(const Planner& planner, const PlanAnswer& answer, const OverTrace& over);

/// Either result for machines: the best plan's name, null where there is none, and each plan's
/// numbers, null where they are infinite.
nlohmann::ordered_json samples_json(const PlanAnswer& answer, const OverTrace& over);

}  // namespace papilio
