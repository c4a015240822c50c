#pragma once

#include "sim/document/document.hpp"
#include "sim/report/outcome.hpp"
#include "sim/scenario/scenario.hpp"

namespace papilio {

/// What a run prints: a list of its cells and the partitions they select. A scenario that simulates
/// published tables whole gets those tables rebuilt, printed beside simulated; the plain list then
/// follows only if there are other cells.
/// @param engine how the cells were simulated, e.g. "SimGrid 3.32"
Document run_report(const Scenario& scenario, const Outcomes& outcomes, const std::string& engine);

}  // namespace papilio
