#pragma once

#include "sim/report/document.hpp"
#include "sim/report/outcome.hpp"
#include "sim/scenario/scenario.hpp"

namespace papilio {

/// What a run prints: the tables of its cells and the partitions they select. A scenario that names
/// published tables gets those tables rebuilt, printed beside simulated, instead of the plain list.
/// @param engine how the cells were simulated, e.g. "SimGrid 3.32"
Document run_report(const Scenario& scenario, const Outcomes& outcomes, const std::string& engine);

}  // namespace papilio
