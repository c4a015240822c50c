#include "sim/run/experiment.hpp"

#include <fmt/format.h>

#include <utility>

#include "sim/base/error.hpp"
#include "sim/play/engine/simulate.hpp"
#include "sim/run/kinds.hpp"
#include "sim/scenario/fleet_scenario.hpp"

namespace papilio {

std::unique_ptr<Experiment> load_experiment(const Node& root, const ScenarioSource& source,
                                            const std::vector<Publication>& publications) {
  return is_fleet(root) ? load_fleet_experiment(root, source)
                        : load_cells_experiment(root, source, publications);
}

std::unique_ptr<Experiment> load_experiment(const ScenarioSource& source,
                                            const std::vector<Publication>& publications,
                                            std::string_view for_studies) {
  const Node root = read_scenario(source);
  const Node::Entry* kind = root.find("kind");
  if (kind != nullptr && kind->value.scalar == "study") {
    Diagnostics diagnostics;
    diagnostics.error(kind->value.mark, "kind", fmt::format("this is a study; {}", for_studies));
    diagnostics.throw_if_any();
  }
  return load_experiment(root, source, publications);
}

FleetRuns::FleetRuns(ScenarioSource source, std::string key)
    : source_{std::move(source)}, key_{std::move(key)}, effective_{load(source_)->effective()} {}

std::unique_ptr<Experiment> FleetRuns::load(const ScenarioSource& source) const {
  const Node root = read_scenario(source);
  const Node::Entry* kind = root.find("kind");
  if (kind == nullptr || kind->value.scalar != "fleet") {
    throw ConfigError{
        fmt::format("{}: error: capacity is a fleet's; give it a file of 'kind: fleet' (for one "
                    "request at a time 'papilio plan' tells where the best plan changes)",
                    source.file)};
  }
  return load_experiment(root, source, {});
}

Table FleetRuns::play(double value, bool whole, const PlayOptions& options) {
  ++count_;
  last_ = whole ? fmt::format("{}={:.0f}", key_, value) : fmt::format("{}={}", key_, value);
  const std::string assignment = last_;
  if (!options.strategy.empty()) last_ += fmt::format(", {}", options.strategy);
  ScenarioSource source = source_;
  source.overrides.push_back(assignment);
  return load(source)->play(options)->rows();
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
