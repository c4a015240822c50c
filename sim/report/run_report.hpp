#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/document/document.hpp"
#include "sim/report/outcome.hpp"
#include "sim/report/selections.hpp"
#include "sim/scenario/scenario.hpp"

namespace papilio {

/// What published results add to the report of a run that simulates them.
struct PublishedSections {
  /// Every published value beside the simulated one, in SI units: published.csv (docs/outputs.md).
  Table values;
  std::vector<Section> tables;   ///< published beside simulated, above the list of cells
  bool shows_all_cells{false};   ///< the tables show every cell: the list is left out
  PublishedChoices selected;     ///< beside the selected cuts
  std::vector<Section> remarks;  ///< below them
};
/// Looks for a publication's results in a run; nothing where the run does not simulate them whole.
using Publication =
    std::function<std::optional<PublishedSections>(const Scenario&, const Outcomes&)>;

/// What the first of the publications adds that finds its results in the run.
std::optional<PublishedSections> published_by(const std::vector<Publication>& publications,
                                              const Scenario& scenario, const Outcomes& outcomes);

/// What a run prints: its answer, a list of its cells and the partitions they select, and what a
/// publication adds.
/// @param engine how the cells were simulated, e.g. "SimGrid 3.32"
Document run_report(const Scenario& scenario, const Outcomes& outcomes, const std::string& engine,
                    const std::optional<PublishedSections>& published);

}  // namespace papilio
