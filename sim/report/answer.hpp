#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/report/fleet_summary.hpp"
#include "sim/report/selections.hpp"

namespace papilio {

/// What a run found, for people: a paragraph for each radio, with what was selected there, of all
/// partitions, for each target, and what mobile-only and cloud-only take beside it; then one of the
/// limits. None where nothing is selected.
std::vector<std::string> answer_texts(const Scenario& scenario, const Outcomes& outcomes);

/// The same of a fleet: the strategies of the least mean latency and of the least mobile energy of
/// a request, over all mobiles and the whole counted time, with what mobile-only and cloud-only
/// take where they are among the strategies. What limits exclude, what overloads something and what
/// knows the future (an oracle) is no answer. None of fewer than two strategies.
std::vector<std::string> answer_texts(const FleetScenario& fleet,
                                      const std::vector<FleetSummary>& summaries);

/// What a scenario's answer names: to be marked in tables.
std::set<const Outcome*> answer_outcomes(const Scenario& scenario, const Outcomes& outcomes);

/// The mark of a row: what the answer names, or what the limits exclude.
std::optional<Table::Mark> mark_of(const Outcome& outcome, const std::set<const Outcome*>& answer);

}  // namespace papilio
