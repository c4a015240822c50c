#include "sim/fleet/policy.hpp"

#include <cmath>
#include <limits>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

double transfer_s(double bytes, double rate) {
  return bytes > 0 ? bytes / rate : 0;  // infinite over a link that is down
}

/// Time at one tier, its queue included.
double tier_s(double service_s, const ServerView& view, double whole_network_s, PolicyKind policy) {
  if (service_s <= 0) return 0;
  if (policy == PolicyKind::kNeurosurgeon && whole_network_s > 0) {
    return service_s * (view.wait_s / whole_network_s + view.slowdown);
  }
  return view.wait_s + service_s * view.slowdown;
}

/// After the mobile's own layers.
double away_s(const FleetPartition& partition, const Observation& seen, PolicyKind policy) {
  if (partition.upload_bytes <= 0) return 0;
  // Everything passes the edge, whether or not it computes.
  if (std::isinf(seen.edge.wait_s)) return std::numeric_limits<double>::infinity();
  double backhaul_s = 0;
  if (partition.server_s > 0) {
    backhaul_s = 2 * seen.backhaul_delay_s +
                 transfer_s(partition.bytes_to_cloud(), seen.backhaul_byte_per_s) +
                 transfer_s(partition.result_bytes, seen.backhaul_byte_per_s);
  }
  return transfer_s(partition.upload_bytes, seen.uplink_byte_per_s) + 2 * seen.delay_s +
         backhaul_s + tier_s(partition.edge_s, seen.edge, partition.cloud_only_s, policy) +
         tier_s(partition.server_s, seen.server, partition.cloud_only_s, policy) +
         transfer_s(partition.result_bytes, seen.downlink_byte_per_s);
}

}  // namespace

double expected_latency_s(const FleetPartition& partition, const GroupModel& group,
                          const Observation& seen, PolicyKind policy) {
  return group.load_level * partition.mobile_s + away_s(partition, seen, policy);
}

double expected_energy_j(const FleetPartition& partition, const GroupModel& group,
                         const CellModel& cell, const Observation& seen, PolicyKind policy) {
  double energy = group.load_level * partition.mobile_j;
  if (partition.upload_bytes <= 0) return energy;
  const double up_s = transfer_s(partition.upload_bytes, seen.uplink_byte_per_s);
  const double down_s = transfer_s(partition.result_bytes, seen.downlink_byte_per_s);
  energy += cell.radio.alpha_uplink.value() * partition.upload_bytes +
            cell.radio.alpha_downlink.value() * partition.result_bytes;
  if (cell.energy_model == EnergyModel::kStated) {
    energy += cell.radio.beta.value() * (up_s + down_s);
  }
  const double whole_s = away_s(partition, seen, policy);
  if (group.idle_power_w > 0) energy += group.idle_power_w * whole_s;
  // A partition that never ends costs no finite energy, whatever its power.
  return whole_s < std::numeric_limits<double>::infinity()
             ? energy
             : std::numeric_limits<double>::infinity();
}

std::uint32_t choose_partition(const FleetStrategy& strategy,
                               const std::vector<std::uint32_t>& candidates,
                               const GroupModel& group, const CellModel& cell,
                               const Observation& seen) {
  PAPILIO_CHECK(!candidates.empty());
  Target target = strategy.target;
  if (seen.battery < strategy.energy_below_battery) target = Target::kEnergy;
  if (strategy.latency_above_queue &&
      seen.queue > static_cast<std::uint32_t>(*strategy.latency_above_queue)) {
    target = Target::kLatency;
  }
  std::uint32_t best = candidates.front();
  double least = std::numeric_limits<double>::infinity();
  for (const std::uint32_t candidate : candidates) {
    const FleetPartition& partition = group.partitions[candidate];
    const double value = target == Target::kLatency
                             ? expected_latency_s(partition, group, seen, strategy.policy)
                             : expected_energy_j(partition, group, cell, seen, strategy.policy);
    if (value < least) {
      least = value;
      best = candidate;
    }
  }
  return best;
}

}  // namespace papilio
