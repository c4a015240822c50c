#include "sim/report/selections.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/report/format.hpp"
#include "sim/report/published_match.hpp"

namespace papilio {
namespace {

std::vector<Breakdown> breakdowns(const std::vector<const Outcome*>& outcomes) {
  std::vector<Breakdown> result;
  result.reserve(outcomes.size());
  for (const Outcome* outcome : outcomes) result.push_back(outcome->simulated);
  return result;
}

std::string value_text(const Outcome& outcome, Target target) {
  return target == Target::kLatency ? in_ms(outcome.simulated.latency()) + " ms"
                                    : in_mj(outcome.simulated.energy()) + " mJ";
}

}  // namespace

std::string target_text(const SelectedCut& selected) {
  if (selected.target == Target::kLatency) return "latency";
  return fmt::format("energy, {}", name(selected.reading));
}

std::vector<SelectedCut> selected_cuts(const Scenario& scenario, const Outcomes& outcomes) {
  std::vector<SelectedCut> result;
  const auto add = [&](const std::string& network, Target target, EnergyModel reading) {
    const std::vector<const Outcome*> cuts = outcomes.cuts(network, reading);
    if (cuts.empty()) return;
    const Selection selection = select(breakdowns(cuts), target);
    const std::vector<const Outcome*> choices = outcomes.choices(network, reading);
    result.push_back({network, target, reading, cuts[selection.best],
                      selection.runner_up ? cuts[*selection.runner_up] : nullptr,
                      choices[select(breakdowns(choices), target).best]});
  };
  for (const Radio& radio : scenario.radios) {
    const std::vector<std::string>& readings = scenario.spec.energy_models;
    add(radio.name, Target::kLatency, energy_model_by_name(readings.front()));
    if (!scenario.mobile_profile.has_energy()) continue;
    for (const std::string& reading : readings) {
      add(radio.name, Target::kEnergy, energy_model_by_name(reading));
    }
  }
  return result;
}

Section selection_section(const Scenario& scenario, const Outcomes& outcomes) {
  Section section{.title = "Selected cuts"};
  section.paragraphs = {
      "Selection phase of Algorithm 1: the cut of least latency, or of least mobile energy, "
      "whatever "
      "its accuracy."};
  const bool whole = std::any_of(scenario.cells.begin(), scenario.cells.end(),
                                 [](const Cell& cell) { return cell.cut.empty(); });
  if (whole) {
    section.paragraphs[0] += " The last column also weighs the strategies that do not cut.";
  }
  const bool published = rebuilds_published_tables(scenario);
  Table table{.columns = {{"network", true},
                          {"target", true},
                          {"cut", true},
                          {"value", false, Table::Type::kText},
                          {"accuracy"}}};
  if (published) table.columns.push_back({"paper", true});
  table.columns.push_back({"second best", true});
  table.columns.push_back({"behind", false, Table::Type::kText});
  if (whole) table.columns.push_back({"best of all", true});
  for (const SelectedCut& selected : selected_cuts(scenario, outcomes)) {
    std::vector<std::string> row{
        selected.network, target_text(selected), partition_name(selected.best->cell),
        value_text(*selected.best, selected.target), accuracy_text(selected.best->cell.accuracy)};
    if (published) {
      const auto* printed = scenario.published->find_strategy("butterfly", selected.network);
      row.push_back(printed != nullptr ? printed->block : "");
    }
    const double best = value(selected.best->simulated, selected.target);
    row.push_back(selected.runner_up == nullptr ? "" : partition_name(selected.runner_up->cell));
    row.push_back(
        selected.runner_up == nullptr
            ? ""
            : deviation_percent(value(selected.runner_up->simulated, selected.target), best) +
                  " %");
    if (whole) {
      row.push_back(fmt::format("{}, {}", partition_name(selected.best_of_all->cell),
                                value_text(*selected.best_of_all, selected.target)));
    }
    table.rows.push_back(std::move(row));
  }
  section.table = std::move(table);
  return section;
}

}  // namespace papilio
