#include "sim/paper/published_match.hpp"

#include <algorithm>

namespace papilio {
namespace {

using Split = PublishedTables::Split;

/// Whether a cell is the one that a published split describes, under any reading. One whose payload
/// was measured is not: the paper codes nothing.
bool is_split(const Cell& cell, const Split& split) {
  return !cell.measured && cell.strategy == "butterfly" && cell.network == split.network &&
         cell.cut == split.block && cell.channels == split.channels &&
         cell.plan.upload() == split.offload;
}

/// Whether a cell that cuts nothing is the one of a row of Table V, under any reading.
bool is_strategy(const Cell& cell, const PublishedTables::Strategy& row) {
  return !cell.measured && cell.cut.empty() && cell.strategy == row.strategy &&
         cell.network == row.network && cell.plan.upload() == row.offload;
}

/// The same conditions, with what is stated to be 0 left out where that is the default.
ConditionsSpec without_zeros(ConditionsSpec conditions) {
  if (conditions.mobile_idle_power_w == 0.0) conditions.mobile_idle_power_w.reset();
  if (conditions.delay_s == 0.0) conditions.delay_s.reset();
  return conditions;
}

}  // namespace

std::vector<EnergyModel> readings_of(const Scenario& scenario) {
  std::vector<EnergyModel> readings;
  for (const std::string& reading : scenario.spec.energy_models) {
    readings.push_back(energy_model_by_name(reading));
  }
  return readings;
}

const Outcome* find_simulated(const Outcomes& outcomes, const Split& split, EnergyModel reading) {
  for (const Outcome& outcome : outcomes.all()) {
    if (outcome.cell.use.energy_model == reading && is_split(outcome.cell, split)) return &outcome;
  }
  return nullptr;
}

const Outcome* find_simulated(const Scenario& scenario, const Outcomes& outcomes,
                              const PublishedTables::Strategy& row, EnergyModel reading) {
  if (row.strategy == "butterfly") {
    const Split* split = scenario.published->find_split(row.network, row.block);
    return split == nullptr ? nullptr : find_simulated(outcomes, *split, reading);
  }
  for (const Outcome& outcome : outcomes.all()) {
    if (outcome.cell.use.energy_model == reading && is_strategy(outcome.cell, row)) {
      return &outcome;
    }
  }
  return nullptr;
}

std::vector<std::string> published_networks(const Scenario& scenario) {
  std::vector<std::string> networks = scenario.published->networks();
  std::erase_if(networks, [&](const std::string& network) {
    const std::vector<std::string>& simulated = scenario.spec.networks;
    return std::find(simulated.begin(), simulated.end(), network) == simulated.end();
  });
  return networks;
}

bool is_published(const Scenario& scenario, const Cell& cell) {
  if (!scenario.published) return false;
  const PublishedTables::Strategy* row =
      scenario.published->find_strategy(cell.strategy, cell.network);
  if (row != nullptr && is_strategy(cell, *row)) return true;
  const std::vector<Split>& splits = scenario.published->splits;
  return std::any_of(splits.begin(), splits.end(),
                     [&](const Split& split) { return is_split(cell, split); });
}

bool rebuilds_published_tables(const Scenario& scenario) {
  if (!scenario.published || !scenario.mobile_profile.has_energy() ||
      scenario.spec.mobile_device != scenario.published->mobile ||
      scenario.spec.cloud_device != scenario.published->cloud) {
    return false;
  }
  const std::vector<std::string> networks = published_networks(scenario);
  const auto is_simulated = [&](const Split& split) {
    return std::any_of(scenario.cells.begin(), scenario.cells.end(),
                       [&](const Cell& cell) { return is_split(cell, split); });
  };
  return !networks.empty() &&
         std::all_of(scenario.published->splits.begin(), scenario.published->splits.end(),
                     [&](const Split& split) {
                       const bool wanted = std::find(networks.begin(), networks.end(),
                                                     split.network) != networks.end();
                       return !wanted || is_simulated(split);
                     });
}

bool has_published_settings(const Scenario& scenario) {
  ConditionsSpec published;
  if (scenario.published) published.result_bytes = scenario.published->result_bytes;
  return scenario.published && scenario.radios_of_published &&
         without_zeros(scenario.spec.conditions) == published;
}

}  // namespace papilio
