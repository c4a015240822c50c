#pragma once

#include <string>
#include <vector>

#include "sim/base/document/document.hpp"
#include "sim/play/fleet/fleet.hpp"
#include "sim/report/fleet_summary.hpp"

namespace papilio {

/// What a fleet's report is made of. It owns nothing.
struct ReportedFleet {
  const FleetScenario& fleet;
  const std::vector<FleetResult>& results;  ///< a strategy's replications, strategy by strategy
  const std::vector<FleetSummary>& summaries;

  [[nodiscard]] const std::string& name_of(const FleetSummary& summary) const {
    return fleet.model.strategies[summary.strategy].name;
  }
  /// Whether a row has a place in the long tables: groups only while they are few.
  [[nodiscard]] bool shown(const FleetSummary& summary) const {
    constexpr std::size_t kMostRows = 12;
    return summary.window == "all" &&
           (summary.mobiles == "all" ||
            fleet.model.strategies.size() * fleet.model.groups.size() <= kMostRows);
  }
};

/// How many requests arrived, completed, were late, dropped, failed or computed on the mobile at
/// last, and whether none is missing.
Section fleet_ends_section(const ReportedFleet& runs);

/// Mobile energy of a request, with its server time, in mJ and ms; of the whole run, in J a mobile.
std::vector<Section> fleet_energy_sections(const ReportedFleet& runs);

}  // namespace papilio
