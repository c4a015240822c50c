#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <set>
#include <vector>

#include "sim/base/units/prefixes.hpp"
#include "sim/paper/published_match.hpp"
#include "sim/paper/sections.hpp"
#include "sim/report/answer.hpp"
#include "sim/report/format.hpp"

namespace papilio {
namespace {

using Split = PublishedTables::Split;

void add_energy_columns(Table& table, const std::vector<EnergyModel>& readings) {
  table.columns.push_back({"mJ, paper"});
  for (const EnergyModel reading : readings) {
    table.columns.push_back({fmt::format("mJ, {}", name(reading))});
    table.columns.push_back({"dev. %"});
  }
}

/// Largest deviation seen, and where.
struct Worst {
  double deviation{0};
  std::string where;
  void see(double simulated, double printed, const std::string& place) {
    const double current = simulated / printed - 1.0;
    if (std::abs(current) > std::abs(deviation)) *this = {current, place};
  }
  [[nodiscard]] std::string text() const {
    return fmt::format("{:+.1f} % at {}", deviation * 100.0, where);
  }
};

/// Marks the last row of a table where the run's answer names it under any reading.
/// @param find the row's outcome under a reading
template <class Find>
void mark_answer(Table& table, const std::vector<EnergyModel>& readings,
                 const std::set<const Outcome*>& answer, const Find& find) {
  for (const EnergyModel reading : readings) {
    if (const auto mark = mark_of(*find(reading), answer)) {
      table.marks.insert({table.rows.size() - 1, *mark});
    }
  }
}

std::optional<Section> table4_section(const Scenario& scenario, const Outcomes& outcomes,
                                      const std::string& network) {
  const std::set<const Outcome*> answer = answer_outcomes(scenario, outcomes);
  const std::vector<EnergyModel> readings = readings_of(scenario);
  Section section{.title = fmt::format("Table IV, {}", network)};
  Table table{.columns = {{"cut", true}, {"D_r"}, {"KB"}, {"ms, paper"}, {"ms"}, {"dev. %"}}};
  add_energy_columns(table, readings);
  Worst latency;
  std::vector<Worst> energy(readings.size());
  for (const Split& split : scenario.published->splits) {
    if (split.network != network) continue;
    const Outcome* simulated = find_simulated(outcomes, split, readings.front());
    if (simulated == nullptr) continue;
    const double time = simulated->simulated.latency().value();
    latency.see(time, split.latency.value(), split.block);
    Table::Row row{split.block,
                   split.channels,
                   decimals(split.offload.value() / kKilo, 1),
                   in_ms(split.latency),
                   in_ms(simulated->simulated.latency()),
                   deviation_percent(time, split.latency.value()),
                   in_mj(split.energy)};
    for (std::size_t i = 0; i < readings.size(); ++i) {
      const Joules joules = find_simulated(outcomes, split, readings[i])->simulated.energy();
      energy[i].see(joules.value(), split.energy.value(), split.block);
      row.push_back(in_mj(joules));
      row.push_back(deviation_percent(joules.value(), split.energy.value()));
    }
    table.rows.push_back(std::move(row));
    mark_answer(table, readings, answer,
                [&](EnergyModel reading) { return find_simulated(outcomes, split, reading); });
  }
  if (table.rows.empty()) return std::nullopt;
  section.table = std::move(table);
  section.remarks.push_back(fmt::format("Largest deviation of the latency: {}.", latency.text()));
  for (std::size_t i = 0; i < readings.size(); ++i) {
    section.remarks.push_back(fmt::format("Largest deviation of the energy, {}: {}.",
                                          name(readings[i]), energy[i].text()));
  }
  return section;
}

Section table5_section(const Scenario& scenario, const Outcomes& outcomes) {
  const std::set<const Outcome*> answer = answer_outcomes(scenario, outcomes);
  const std::vector<EnergyModel> readings = readings_of(scenario);
  Section section{.title = "Table V"};
  Table table{.columns = {{"setup", true},
                          {"network", true},
                          {"after", true},
                          {"bytes"},
                          {"ms, paper"},
                          {"ms"},
                          {"dev. %"}}};
  add_energy_columns(table, readings);
  table.columns.push_back({"accuracy, paper"});
  for (const PublishedTables::Strategy& printed : scenario.published->strategies) {
    const Outcome* simulated = find_simulated(scenario, outcomes, printed, readings.front());
    if (simulated == nullptr) continue;
    const Seconds latency = simulated->simulated.latency();
    Table::Row row{printed.strategy,
                   printed.network,
                   printed.block,
                   decimals(simulated->cell.plan.upload().value(), 0),
                   in_ms(printed.latency),
                   in_ms(latency),
                   deviation_percent(latency.value(), printed.latency.value()),
                   in_mj(printed.energy)};
    for (const EnergyModel reading : readings) {
      const Joules energy =
          find_simulated(scenario, outcomes, printed, reading)->simulated.energy();
      row.push_back(in_mj(energy));
      row.push_back(deviation_percent(energy.value(), printed.energy.value()));
    }
    row.push_back(accuracy_cell(printed.accuracy));
    table.rows.push_back(std::move(row));
    mark_answer(table, readings, answer, [&](EnergyModel reading) {
      return find_simulated(scenario, outcomes, printed, reading);
    });
  }
  section.table = std::move(table);
  return section;
}

}  // namespace

std::vector<Section> paper_table_sections(const Scenario& scenario, const Outcomes& outcomes) {
  std::vector<Section> sections;
  for (const std::string& network : published_networks(scenario)) {
    if (std::optional<Section> section = table4_section(scenario, outcomes, network)) {
      sections.push_back(std::move(*section));
    }
  }
  if (!sections.empty()) {
    sections.front().paragraphs = {
        "One row a cut, the paper's columns turned into rows; `paper` is printed there, dev. % is "
        "simulated over printed. ms is the latency end to end, mJ the mobile's energy under each "
        "reading of the radio's."};
  }
  sections.push_back(table5_section(scenario, outcomes));
  return sections;
}

Table published_values(const Scenario& scenario, const Outcomes& outcomes) {
  Table table{.columns = {{"table", true},
                          {"strategy", true},
                          {"network", true},
                          {"cut", true},
                          {"channels"},
                          {"energy_model", true},
                          {"published_latency_s"},
                          {"latency_s"},
                          {"published_energy_j"},
                          {"energy_j"},
                          {"published_accuracy"}}};
  const auto add = [&](const char* of, const auto& printed, const Outcome* simulated,
                       EnergyModel reading, const TableCell& accuracy) {
    if (simulated == nullptr) return;
    const Cell& cell = simulated->cell;
    table.rows.push_back({of, cell.strategy, printed.network, printed.block,
                          cell.channels ? TableCell{*cell.channels} : none(),
                          std::string{name(reading)}, printed.latency.value(),
                          simulated->simulated.latency().value(), printed.energy.value(),
                          simulated->simulated.energy().value(), accuracy});
  };
  for (const EnergyModel reading : readings_of(scenario)) {
    for (const Split& split : scenario.published->splits) {
      add("Table IV", split, find_simulated(outcomes, split, reading), reading, none());
    }
    for (const PublishedTables::Strategy& row : scenario.published->strategies) {
      add("Table V", row, find_simulated(scenario, outcomes, row, reading), reading, row.accuracy);
    }
  }
  return table;
}

}  // namespace papilio
