#include "sim/fleet/foresight.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace papilio {
double true_latency_s(const FleetState& fleet, const Mobile& mobile, const Request& request,
                      const FleetPartition& partition, double now) {
  const GroupModel& group = fleet.group_of(mobile);
  const CellModel& cell = fleet.cell_of(mobile);
  const ImageDemand demand = partition.demand(request.image);
  double date = now + demand.mobile_s * group.load_level;
  if (demand.upload_bytes <= 0) return date - now;
  if (cell.machine && !mobile.radio.active()) {
    if (date < mobile.radio.last_s()) {
      date = mobile.radio.last_s();
    } else if (!cell.machine->connected(Seconds{date - mobile.radio.last_s()})) {
      date += cell.machine->promotion_length().value();
    }
  }
  const auto transfer = [&](std::uint32_t link, double bytes, double cap, double signal) {
    if (bytes <= 0) return;
    const double flows = (fleet.resources.link(link).flows() + 1.0) / signal;
    date = fleet.resources.link(link).rate().finish_s(date, std::ceil(bytes), flows, cap);
  };
  const auto compute = [&](std::uint32_t server, double service_s) {
    if (date == kNever) return;
    date += fleet.resources.server(server).wait_at(now, date);
    if (date == kNever) return;
    const double begin_s = date;
    date += service_s * request.service_factor * fleet.resources.server(server).slowdown_at(date);
    if (fleet.resources.server(server).down_within(begin_s, date)) date = kNever;
  };
  // Until the choice is made, upload_bytes holds the request's factor on the upload.
  transfer(mobile.uplink, demand.upload_bytes * request.upload_bytes, group.uplink_cap_byte_per_s,
           fleet.signal_of(mobile));
  const double upload_end_s = date;
  date += cell.delay_s;
  if (mobile.edge != kNothing && fleet.resources.server(mobile.edge).down(date)) return kNever;
  if (partition.on_edge()) compute(mobile.edge, demand.edge_s);
  const bool via_backhaul = mobile.edge != kNothing && partition.on_cloud();
  const auto backhaul = [&](std::uint32_t direction, double bytes) {
    if (!via_backhaul || date == kNever) return;
    const std::uint32_t link = fleet.resources.backhaul(mobile.edge, direction);
    const Server& edge = fleet.resources.server(mobile.edge);
    const Server& sender = direction == 0 ? edge : fleet.resources.server(mobile.server);
    const double begin_s = date;
    if (link != kNothing) transfer(link, bytes, kNever, 1);
    const bool lost = sender.down_within(begin_s, date);
    date += fleet.resources.model_of(mobile.edge).backhaul_delay_s;
    if (lost || (direction == 1 && edge.down(date))) date = kNever;
  };
  backhaul(0, partition.on_edge() ? partition.backhaul_bytes : demand.upload_bytes);
  if (partition.on_cloud()) compute(mobile.server, demand.server_s);
  backhaul(1, partition.result_bytes);
  date += cell.delay_s;
  if (cell.machine && date != kNever && partition.result_bytes > 0) {
    const Hearing hearing = cell.machine->hearing(Seconds{date - upload_end_s});
    date += hearing.wait.value();
    if (hearing.idle) date += cell.machine->promotion_length().value();
  }
  if (date != kNever) {
    transfer(mobile.downlink, partition.result_bytes, group.downlink_cap_byte_per_s,
             fleet.signal_of(mobile));
  }
  return date - now;
}

}  // namespace papilio
