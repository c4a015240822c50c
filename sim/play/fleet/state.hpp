#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/plan/estimate.hpp"
#include "sim/play/fleet/calendar.hpp"
#include "sim/play/fleet/mobile.hpp"
#include "sim/play/fleet/model.hpp"
#include "sim/play/fleet/request.hpp"
#include "sim/play/fleet/resources.hpp"
#include "sim/play/fleet/result.hpp"

namespace papilio {

/// What the parts of a fleet share: the mobiles, their requests, the links and servers, and the
/// events to come; of one component. Mobiles are told by their places in it, and by their numbers
/// in the fleet where somebody outside hears of them or their random numbers are keyed.
struct FleetState {
  /// @param of        outlives the state, as does the component
  /// @param seed      of the replication
  /// @param make_link called once a link, in the order of their indices
  FleetState(const FleetModel& of, const FleetComponent& component, std::uint64_t seed,
             const LinkFactory& make_link)
      : model{of},
        resources{of, component, seed, make_link, calendar},
        between(component.mobiles.size()) {}

  const FleetModel& model;
  Calendar calendar;
  Resources resources;
  std::vector<Mobile> mobiles;
  RequestPool requests;
  /// `[mobiles]` what each draws while no request pays; apart, for without a radio machine nobody
  /// looks.
  std::vector<EnergyLedger> between;

  [[nodiscard]] const GroupModel& group_of(const Mobile& mobile) const {
    return model.groups[mobile.group];
  }
  [[nodiscard]] const CellModel& cell_of(const Mobile& mobile) const {
    return model.cells[group_of(mobile).cell];
  }
  [[nodiscard]] Mobile& mobile_of(const Request& request) { return mobiles[request.mobile]; }
  [[nodiscard]] const Mobile& mobile_of(const Request& request) const {
    return mobiles[request.mobile];
  }
  [[nodiscard]] const FleetPlan& plan_of(const Request& request) const {
    return group_of(mobile_of(request)).partitions[request.partition];
  }
  /// How long a message of a mobile waits beside its transfer over the radio, in s.
  [[nodiscard]] double radio_delay_s(const Mobile& mobile, const Transfer& transfer) const {
    return radio_delay(Seconds{cell_of(mobile).delay_s}, transfer).value();
  }
  /// What a mobile's signal makes of the rate of its cell: 1 but in Wi-Fi cells.
  [[nodiscard]] double signal_of(const Mobile& mobile) const {
    const std::vector<double>& levels = cell_of(mobile).wifi_byte_per_s;
    return levels.empty() ? 1 : levels[group_of(mobile).wifi_level] / levels.front();
  }
  [[nodiscard]] EnergyLedger& between_of(const Mobile& mobile) {
    return between[static_cast<std::size_t>(&mobile - mobiles.data())];
  }
  /// The share of a mobile's battery that is left, the request that it serves apart; below 0 where
  /// that drew more than there was.
  [[nodiscard]] double battery_left(const Mobile& mobile) const {
    const double capacity_j = group_of(mobile).battery_j;
    if (!std::isfinite(capacity_j)) return 1;
    const auto place = static_cast<std::size_t>(&mobile - mobiles.data());
    return 1 - (mobile.energy.total() + between[place].total()) / capacity_j;
  }
};

}  // namespace papilio
