#pragma once

#include <set>
#include <string>

#include "sim/play/fleet/model.hpp"
#include "sim/profiles/layer_profile.hpp"
#include "sim/scenario/checker.hpp"
#include "sim/scenario/fleet_spec.hpp"
#include "sim/scenario/measurements.hpp"
#include "sim/scenario/profile_cache.hpp"
#include "sim/scenario/source.hpp"

namespace papilio {

/// What a fleet was priced by.
struct FleetPrices {
  Measurements measurements;     ///< that it names
  std::set<TableOrigin> tables;  ///< of layer times
  std::set<std::string> opaque;  ///< `opaque_clauses` of the groups' networks
  /// What is known of the idle power of each group's device, used or not: `[mobiles]`.
  std::vector<std::optional<IdlePower>> idle;
};

/// Resolves the strategies of a fleet against each group's network, prices every partition on the
/// group's mobile, edge and server, and fills in `strategies`, `images` and each group's
/// `partitions`. What is wrong is told to `checker`.
/// @param spec  its measurements get their defaults, and names that are found from any place
/// @param calibration corrects all partitions, once they are priced
/// @param model its groups have been made; those with a task have their one partition
FleetPrices price_fleet(FleetSpec& spec, const ScenarioSource& source, ProfileCache& profiles,
                        const Calibration& calibration, Checker& checker, FleetModel& model);

}  // namespace papilio
