#pragma once

#include <optional>
#include <vector>

#include "sim/base/document/document.hpp"
#include "sim/report/outcome.hpp"

namespace papilio {

/// The published Tables IV, one a network, and V, printed beside simulated.
/// @param scenario rebuilds its published tables
std::vector<Section> paper_table_sections(const Scenario& scenario, const Outcomes& outcomes);

/// Each row of Tables IV and V that was simulated, under each reading of the radio's energy: what
/// is printed and what was simulated, in SI units.
/// @param scenario rebuilds its published tables
Table published_values(const Scenario& scenario, const Outcomes& outcomes);

/// The speedups over cloud-only, claimed beside simulated, at the paper's cut and at ours, with the
/// reason of each deviation above 5 %; nothing where cloud-only was not simulated as published.
/// @param scenario rebuilds its published tables
std::optional<Section> speedup_section(const Scenario& scenario, const Outcomes& outcomes);

/// Where the printed figures contradict each other, as far as this run exposes it.
/// @param scenario rebuilds the tables with the published settings
Section contradiction_section(const Scenario& scenario, const Outcomes& outcomes);

/// How the layer tables were obtained and how far they can be trusted; nothing unless the mobile's
/// profile was derived from the published tables and all their networks are in the scenario.
std::optional<Section> provenance_section(const Scenario& scenario);

}  // namespace papilio
