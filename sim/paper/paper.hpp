#pragma once

#include <optional>

#include "sim/report/run_report.hpp"

namespace papilio {

/// What the paper adds to the report of a run that rebuilds its tables: a `Publication`.
std::optional<PublishedSections> paper_sections(const Scenario& scenario, const Outcomes& outcomes);

}  // namespace papilio
