#include "sim/paper/paper.hpp"

#include <algorithm>
#include <utility>

#include "sim/paper/published_match.hpp"
#include "sim/paper/sections.hpp"

namespace papilio {

std::optional<PublishedSections> paper_sections(const Scenario& scenario,
                                                const Outcomes& outcomes) {
  if (!rebuilds_published_tables(scenario)) return std::nullopt;
  PublishedSections sections{.values = published_values(scenario, outcomes),
                             .tables = paper_table_sections(scenario, outcomes),
                             .selected = {.heading = "paper", .block = {}}};
  if (std::optional<Section> speedups = speedup_section(scenario, outcomes)) {
    sections.tables.push_back(std::move(*speedups));
  }
  // The rebuilt tables have no place for measured accuracies.
  sections.shows_all_cells =
      !scenario.measurements.accuracies &&
      std::all_of(scenario.cells.begin(), scenario.cells.end(),
                  [&](const Cell& cell) { return is_published(scenario, cell); });
  for (const Radio& radio : scenario.radios) {
    const auto* printed = scenario.published->find_strategy("butterfly", radio.name);
    if (printed != nullptr) sections.selected.block.emplace(radio.name, printed->block);
  }
  if (has_published_settings(scenario)) {
    sections.remarks.push_back(contradiction_section(scenario, outcomes));
    if (std::optional<Section> provenance = provenance_section(scenario)) {
      sections.remarks.push_back(std::move(*provenance));
    }
  }
  return sections;
}

}  // namespace papilio
