#include "sim/run/experiment.hpp"

#include <fmt/format.h>

#include "sim/play/engine/simulate.hpp"
#include "sim/run/kinds.hpp"
#include "sim/scenario/fleet_scenario.hpp"

namespace papilio {

std::unique_ptr<Experiment> load_experiment(const Node& root, const ScenarioSource& source,
                                            const std::vector<Publication>& publications) {
  return is_fleet(root) ? load_fleet_experiment(root, source)
                        : load_cells_experiment(root, source, publications);
}

std::string counted(std::size_t count, std::string_view thing) {
  if (count == 1) return fmt::format("1 {}", thing);
  const bool y = thing.ends_with('y');
  return fmt::format("{} {}{}", count, y ? thing.substr(0, thing.size() - 1) : thing,
                     y ? "ies" : "s");
}

std::string engine_name() {
  return fmt::format("SimGrid {}", simgrid_version());
}

}  // namespace papilio
