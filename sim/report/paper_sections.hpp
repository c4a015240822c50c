#pragma once

#include <vector>

#include "sim/report/document.hpp"
#include "sim/report/outcome.hpp"

namespace papilio {

/// Whether radios, waiting and answer are as the published tables have them, so that a deviation
/// says something of the tables and not of the settings.
bool has_published_settings(const Scenario& scenario);

/// The published tables rebuilt from the simulation, printed beside simulated: Table IV a network,
/// Table V, the speedups with the reason of each deviation above 5 %.
/// @param scenario rebuilds its published tables
std::vector<Section> paper_table_sections(const Scenario& scenario, const Outcomes& outcomes);

/// Whether the published tables, if any, have this cell.
bool is_published(const Scenario& scenario, const Cell& cell);

/// Whether the scenario simulates every published split of its networks on the published devices,
/// so that the tables can be rebuilt; false where none of its networks is published.
bool rebuilds_published_tables(const Scenario& scenario);

/// Where the printed figures contradict each other, as far as this run exposes it.
/// @param scenario rebuilds the tables with the published settings
Section contradiction_section(const Scenario& scenario, const Outcomes& outcomes);

/// How the layer tables were obtained and how far they can be trusted; empty unless the mobile's
/// profile was derived from the published tables and all their networks are in the scenario.
std::vector<Section> provenance_sections(const Scenario& scenario);

}  // namespace papilio
