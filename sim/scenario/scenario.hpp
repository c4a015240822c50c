#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/plan/estimate.hpp"
#include "sim/plan/limits.hpp"
#include "sim/plan/price.hpp"
#include "sim/profiles/layer_profile.hpp"
#include "sim/profiles/published.hpp"
#include "sim/scenario/calibration_file.hpp"
#include "sim/scenario/conditions.hpp"
#include "sim/scenario/measurements.hpp"
#include "sim/scenario/profile_cache.hpp"
#include "sim/scenario/source.hpp"
#include "sim/scenario/spec.hpp"

namespace papilio {

/// One strategy × network × cut × energy reading: what is simulated, and one row of the summary.
struct Cell {
  std::string strategy;
  std::string network;                   ///< empty for mobile-only
  std::string cut;                       ///< empty for mobile-only and cloud-only
  std::string route;                     ///< `Partition::route`
  std::string edge_after;                ///< three-way: the last cut on the edge, or "output"
  std::optional<std::int64_t> channels;  ///< D_r of a butterfly unit
  std::optional<std::int64_t> bits;      ///< empty for mobile-only
  std::string codec;                     ///< of what crosses; empty for mobile-only
  bool measured{false};  ///< whether the payload was; else it follows from the shape
  Plan plan;             ///< under the scenario's conditions, as is `use`
  RadioUse use;
  bool exact{false};    ///< `Partition::exact`
  bool delayed{false};  ///< whether the scenario speaks of propagation
  bool edged{false};    ///< whether it has an edge
  /// Whether the mobile's energy is known: its layer table has energies, or it computes nothing.
  bool energy_known{true};
  /// Whether the stated limits let it be chosen; nothing where none is stated.
  std::optional<bool> admitted;
};

/// What a cell's request spends, which took this. An energy that nobody knows is NaN.
Spend spend_of(const Cell& cell, const Breakdown& took);

/// Whether limits let a cell be chosen, whose request took this; nothing where none is stated.
std::optional<bool> admitted(const Limits& limits, const Cell& cell, const Breakdown& took);

/// A scenario that has been checked against the profiles, with everything it refers to.
struct Scenario {
  ScenarioSpec spec;
  std::vector<std::filesystem::path> folders;  ///< of profiles, as they were searched
  Graph graph;
  LayerProfile mobile_profile;
  LayerProfile cloud_profile;
  std::optional<LayerProfile> edge_profile;  ///< where there is an edge
  std::optional<IdlePower> mobile_idle;      ///< what is known of the mobile's device, used or not
  std::vector<Radio> radios;                 ///< in the order of `spec.networks`
  std::optional<PublishedTables> published;
  Measurements measurements;
  CalibrationFile calibration;  ///< that it names; without, one that changes nothing
  Limits limits;                ///< of what may be chosen
  /// Whether the scenario's radios are those that lie beside the published tables, so that what the
  /// tables say of radios can be held against them.
  bool radios_of_published{false};
  std::vector<Cell> cells;
  std::vector<World> bases;  ///< `[cells]`: before the scenario's conditions

  /// Where its layer times come from.
  [[nodiscard]] std::set<TableOrigin> tables() const;
  /// The radio of this name, which is one of `spec.networks`.
  [[nodiscard]] const Radio& radio(const std::string& name) const;
};

/// Loads, checks and expands a scenario. Starts no work and writes nothing.
/// @throws ConfigError with every error found
Scenario load_scenario(const ScenarioSource& source);
/// As above, of a scenario that has been read and changed.
/// @param root   as `read_scenario` gives it
/// @param caches what other scenarios have read already
Scenario load_scenario(const Node& root, const ScenarioSource& source, ProfileCaches& caches);

/// What a scenario was loaded from.
ProfileCache& profiles_of(const Scenario& scenario, ProfileCaches& caches);

/// The same scenario with other strategies.
/// @param profiles what it was loaded from
/// @param devices  in place of the prices in the profiles; not of a decoder's later steps
/// @throws ConfigError if they do not fit the network or its measurements
Scenario with_strategies(const Scenario& scenario, std::vector<StrategySpec> strategies,
                         ProfileCache& profiles, const Devices* devices = nullptr);

/// The scenario with all defaults and overrides in it, as YAML that runs to the same results.
std::string effective_yaml(const Scenario& scenario);

}  // namespace papilio
