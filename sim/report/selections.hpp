#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sim/plan/select.hpp"
#include "sim/report/outcome.hpp"

namespace papilio {

/// The winner of the paper's selection phase on one network, for one target under one reading.
struct SelectedCut {
  std::string network;
  Target target{Target::kLatency};
  EnergyModel reading{EnergyModel::kStated};
  const Outcome* best{nullptr};         ///< among the cuts; nullptr: none is accurate enough
  const Outcome* runner_up{nullptr};    ///< the second among the cuts, or nullptr
  const Outcome* best_of_all{nullptr};  ///< with mobile-only and cloud-only; or nullptr, likewise
};

/// "latency", or "energy, stated": what was selected for.
std::string target_text(const SelectedCut& selected);

/// Selections for every network, target and reading that has a cut, among the partitions that the
/// scenario's limit of accuracy admits. The latency does not depend on
/// the reading, so it is selected once, under the first.
std::vector<SelectedCut> selected_cuts(const Scenario& scenario, const Outcomes& outcomes);

/// What a publication chose.
struct PublishedChoices {
  std::string heading;                       ///< of their column, e.g. "paper"
  std::map<std::string, std::string> block;  ///< by radio: the cut that it found the best
};

/// Them as a section.
/// @param published choices that get a column; nullptr: none
Section selection_section(const Scenario& scenario, const Outcomes& outcomes,
                          const PublishedChoices* published);

/// Them as JSON: a list of mappings, null where nothing is chosen.
nlohmann::ordered_json selections_json(const Scenario& scenario, const Outcomes& outcomes);

}  // namespace papilio
