#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/report/fleet_summary.hpp"
#include "sim/report/selections.hpp"

namespace papilio {

/// What a run found, for people: a sentence for each radio, with what was selected there, of all
/// partitions, for each target, and what mobile-only and cloud-only take beside it; then the
/// limits. Nothing where nothing is selected.
std::optional<std::string> answer_text(const Scenario& scenario, const Outcomes& outcomes);

/// The same of a fleet: the strategies of the least mean latency and of the least mobile energy of
/// a request, over all mobiles and the whole counted time, with what mobile-only and cloud-only
/// take where they are among the strategies. What limits exclude, what overloads something and what
/// knows the future (an oracle) is no answer. Nothing of fewer than two strategies.
std::optional<std::string> fleet_answer_text(const FleetScenario& fleet,
                                             const std::vector<FleetSummary>& summaries);

/// What a scenario's answer names: to be marked in tables.
std::set<const Outcome*> answer_outcomes(const Scenario& scenario, const Outcomes& outcomes);

/// The mark of a row: what the answer names, or what the limits exclude.
std::optional<Table::Mark> mark_of(const Outcome& outcome, const std::set<const Outcome*>& answer);

}  // namespace papilio
