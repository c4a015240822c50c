#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/run/experiment.hpp"

/// The two kinds of experiment, for `load_experiment`.
namespace papilio {

std::unique_ptr<Experiment> load_cells_experiment(const Node& root, const ScenarioSource& source,
                                                  const std::vector<Publication>& publications);
std::unique_ptr<Experiment> load_fleet_experiment(const Node& root, const ScenarioSource& source);

/// "1 strategy", "2 strategies".
std::string counted(std::size_t count, std::string_view thing);
/// What plays requests, as reports name it: "SimGrid 3.32".
std::string engine_name();

}  // namespace papilio
