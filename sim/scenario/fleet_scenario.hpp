#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/plan/limits.hpp"
#include "sim/play/fleet/model.hpp"
#include "sim/play/fleet/result.hpp"
#include "sim/profiles/device.hpp"
#include "sim/profiles/layer_profile.hpp"
#include "sim/scenario/calibration_file.hpp"
#include "sim/scenario/fleet_spec.hpp"
#include "sim/scenario/measurements.hpp"
#include "sim/scenario/profile_cache.hpp"
#include "sim/scenario/source.hpp"

namespace papilio {

/// A trace that a fleet plays, for its report.
struct TraceNote {
  std::string cell;
  std::string direction;  ///< "uplink" or "downlink"
  std::string file;       ///< as the scenario names it
  BytesPerSecond mean;
  Seconds length;
  Seconds longest_outage;
  std::string rates_hold;  ///< for what time a row's does; of packet deliveries nothing
};

/// A fleet that has been checked against the profiles, and what the engine needs of it.
struct FleetScenario {
  FleetSpec spec;
  std::vector<std::filesystem::path> folders;  ///< of profiles, as they were searched
  FleetModel model;
  std::vector<TraceNote> traces;
  Measurements measurements;
  CalibrationFile calibration;   ///< that it names; without, one that changes nothing
  Limits limits;                 ///< of what may be chosen
  std::set<TableOrigin> tables;  ///< of layer times
  std::set<std::string> opaque;  ///< `opaque_clauses` of the groups' networks
  /// What is known of the idle power of each group's device, used or not: `[mobiles]`.
  std::vector<std::optional<IdlePower>> idle;
};

/// Whether a scenario says that it is a fleet.
bool is_fleet(const Node& root);

/// Loads, checks and expands a fleet. Starts no work and writes nothing.
/// @throws ConfigError with every error found
FleetScenario load_fleet(const ScenarioSource& source);
/// As above, of a fleet that has been read and changed.
/// @param root   as `read_scenario` gives it
/// @param caches what other scenarios have read already
FleetScenario load_fleet(const Node& root, const ScenarioSource& source, ProfileCaches& caches);

/// Refuses a time series that was cut, for nobody could read it, and half of one tells nothing.
/// @throws ConfigError at the key `output.timeseries_s` if a run's was
void check_time_series(const ScenarioSource& source, const FleetScenario& fleet,
                       const std::vector<FleetResult>& results);

/// The fleet with all defaults and overrides in it, as YAML that runs to the same results.
std::string effective_yaml(const FleetScenario& fleet);

}  // namespace papilio
