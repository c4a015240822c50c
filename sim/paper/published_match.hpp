#pragma once

#include <string>
#include <vector>

#include "sim/report/outcome.hpp"

namespace papilio {

/// The scenario's readings of the radio's energy, in order.
std::vector<EnergyModel> readings_of(const Scenario& scenario);

/// The networks of the published tables that the scenario simulates.
std::vector<std::string> published_networks(const Scenario& scenario);

/// The simulated cell that a row of Table IV describes, or nullptr.
const Outcome* find_simulated(const Outcomes& outcomes, const PublishedTables::Split& split,
                              EnergyModel reading);

/// The simulated cell that a row of Table V describes, or nullptr.
const Outcome* find_simulated(const Scenario& scenario, const Outcomes& outcomes,
                              const PublishedTables::Strategy& row, EnergyModel reading);

/// Whether the published tables, if any, have this cell.
bool is_published(const Scenario& scenario, const Cell& cell);

/// Whether the scenario simulates every published split of its networks on the published devices,
/// so that the tables can be rebuilt; false where none of its networks is published.
bool rebuilds_published_tables(const Scenario& scenario);

/// Whether radios, waiting and answer are as the published tables have them, so that a deviation
/// says something of the tables and not of the settings.
bool has_published_settings(const Scenario& scenario);

}  // namespace papilio
