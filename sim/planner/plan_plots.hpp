#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/planner/planner.hpp"
#include "sim/planner/robust_plan.hpp"
#include "sim/planner/sensitivity.hpp"

namespace papilio {

/// Scripts of gnuplot about the answer on one radio.
/// @param radio position in `answers`

/// The plans by latency and mobile energy; without energies by latency and bytes sent.
/// @throws ConfigError if no plan can be drawn
std::string front_script(const Planner& planner, const std::vector<PlanAnswer>& answers,
                         std::size_t radio);

/// The answer over a trace, the best plan at its mean rate, and the baselines: how much of the time
/// each takes at most how much. The planner's goal adds up.
std::string trace_script(const Planner& planner, const std::vector<PlanAnswer>& answers,
                         std::size_t radio, const OverTrace& over);

/// The best plans along an axis, and where they change. The planner's goal adds up.
/// @throws ConfigError if nothing keeps the limits anywhere on it
std::string changes_script(const Planner& planner, const std::vector<PlanAnswer>& answers,
                           std::size_t radio, const ConditionAxis& axis);

/// The best plans over two axes. The planner's goal adds up.
/// @throws ConfigError if both are one
std::string map_script(const Planner& planner, const std::vector<PlanAnswer>& answers,
                       std::size_t radio, const ConditionAxis& x, const ConditionAxis& y);

}  // namespace papilio
