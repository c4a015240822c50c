#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/planner/planner.hpp"
#include "sim/planner/robust_plan.hpp"
#include "sim/planner/sensitivity.hpp"
#include "sim/report/gnuplot.hpp"

namespace papilio {

/// Scripts of gnuplot about the answer on one radio.
/// @param radio position in `answers`

/// The plans by latency and mobile energy; without energies by latency and bytes sent.
/// @throws ConfigError if no plan can be drawn
GnuplotScript front_script(const Planner& planner, const std::vector<PlanAnswer>& answers,
                           std::size_t radio, const PlotLook& look);

/// The answer over a trace, the best plan at its mean rate, and the baselines: how much of the time
/// each takes at most how much. The planner's goal adds up.
GnuplotScript trace_script(const Planner& planner, const std::vector<PlanAnswer>& answers,
                           std::size_t radio, const OverTrace& over, const PlotLook& look);

/// The best plans along an axis, and where they change. The planner's goal adds up.
/// @throws ConfigError if nothing keeps the limits anywhere on it
GnuplotScript changes_script(const Planner& planner, const std::vector<PlanAnswer>& answers,
                             std::size_t radio, const ConditionAxis& axis, const PlotLook& look);

/// The best plans over two axes. The planner's goal adds up.
/// @throws ConfigError if both are one
GnuplotScript map_script(const Planner& planner, const std::vector<PlanAnswer>& answers,
                         std::size_t radio, const ConditionAxis& x, const ConditionAxis& y,
                         const PlotLook& look);

}  // namespace papilio
