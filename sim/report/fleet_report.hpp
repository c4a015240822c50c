#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/base/document/document.hpp"
#include "sim/base/document/rows.hpp"
#include "sim/report/fleet_summary.hpp"

namespace papilio {

/// What a run of a fleet prints.
/// @param engine how it was simulated, e.g. "SimGrid 3.32"
Document fleet_report(const FleetScenario& fleet, const std::vector<FleetResult>& results,
                      const std::vector<FleetSummary>& summaries, const std::string& engine);

/// The rows of `fleet.csv`.
std::vector<Row> fleet_rows(const FleetScenario& fleet, const std::vector<FleetSummary>& summaries);
/// `fleet.csv`: one row a strategy × group × window. Columns: docs/outputs.md.
Table fleet_table(const FleetScenario& fleet, const std::vector<FleetSummary>& summaries);
/// The same as JSON, numbers as numbers and absent values as null.
std::string fleet_json(const FleetScenario& fleet, const std::vector<FleetSummary>& summaries);

/// `energy.csv`: what the mobiles spent over the whole run, by component and by mobile.
Table energy_table(const FleetScenario& fleet, const std::vector<FleetResult>& results);

/// `choices.csv`: how many requests each partition completed.
Table choices_table(const FleetScenario& fleet, const std::vector<FleetSummary>& summaries);

/// `timeseries.csv`: utilisation and queues by interval, over the whole run where there are none.
std::string timeseries_csv(const FleetScenario& fleet, const std::vector<FleetResult>& results);

/// Hands on the rows of `records.csv`.
void each_fleet_record(const FleetScenario& fleet, const std::vector<FleetResult>& results,
                       const std::function<void(const Row&)>& take);
/// `records.csv`: one row a recorded request, by strategy and time of arrival.
std::string fleet_records_csv(const FleetScenario& fleet, const std::vector<FleetResult>& results);

}  // namespace papilio
