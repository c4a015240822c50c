#include "sim/fleet/selection_policy.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "sim/base/error.hpp"
#include "sim/plan/choose.hpp"
#include "sim/yaml/fields.hpp"

namespace papilio {
namespace {

double transfer_s(double bytes, double rate) {
  return bytes > 0 ? bytes / rate : 0;  // infinite over a link that is down
}

/// Time at one tier, its queue included.
double tier_s(bool visited, double service_s, const ServerView& view, double whole_network_s,
              LoadRule load) {
  if (!visited) return 0;
  if (load == LoadRule::kFactor && whole_network_s > 0) {
    return service_s * (view.wait_s / whole_network_s + view.slowdown);
  }
  return view.wait_s + service_s * view.slowdown;
}

/// After the mobile's own layers.
double away_s(const FleetPartition& partition, const Observation& seen, LoadRule load) {
  if (partition.upload_bytes <= 0) return 0;
  // Everything passes the edge, whether or not it computes.
  if (std::isinf(seen.edge.wait_s)) return std::numeric_limits<double>::infinity();
  double backhaul_s = 0;
  if (partition.on_cloud()) {
    backhaul_s = 2 * seen.backhaul_delay_s +
                 transfer_s(partition.bytes_to_cloud(), seen.backhaul_byte_per_s) +
                 transfer_s(partition.result_bytes, seen.backhaul_byte_per_s);
  }
  return transfer_s(partition.upload_bytes, seen.uplink_byte_per_s) + 2 * seen.delay_s +
         backhaul_s +
         tier_s(partition.on_edge(), partition.edge_s, seen.edge, partition.cloud_only_s, load) +
         tier_s(partition.on_cloud(), partition.server_s, seen.server, partition.cloud_only_s,
                load) +
         transfer_s(partition.result_bytes, seen.downlink_byte_per_s);
}

}  // namespace

double expected_latency_s(const FleetPartition& partition, const GroupModel& group,
                          const Observation& seen, LoadRule load) {
  return group.load_level * partition.mobile_s + away_s(partition, seen, load);
}

double expected_energy_j(const FleetPartition& partition, const GroupModel& group,
                         const CellModel& cell, const Observation& seen, LoadRule load) {
  double energy = group.load_level * partition.mobile_j;
  if (partition.upload_bytes <= 0) return energy;
  const double up_s = transfer_s(partition.upload_bytes, seen.uplink_byte_per_s);
  const double down_s = transfer_s(partition.result_bytes, seen.downlink_byte_per_s);
  energy += cell.radio.alpha_uplink.value() * partition.upload_bytes +
            cell.radio.alpha_downlink.value() * partition.result_bytes;
  if (cell.energy_model == EnergyModel::kStated) {
    energy += cell.radio.beta.value() * (up_s + down_s);
  }
  const double whole_s = away_s(partition, seen, load);
  if (group.idle_power_w > 0) energy += group.idle_power_w * whole_s;
  // A partition that never ends costs no finite energy, whatever its power.
  return whole_s < std::numeric_limits<double>::infinity()
             ? energy
             : std::numeric_limits<double>::infinity();
}

std::uint32_t choose_partition(const SelectionRule& rule,
                               const std::vector<std::uint32_t>& candidates,
                               const GroupModel& group, const CellModel& cell,
                               const Observation& seen) {
  PAPILIO_CHECK(!candidates.empty());
  Target target = rule.target;
  if (seen.battery < rule.energy_below_battery) target = Target::kEnergy;
  if (rule.latency_above_queue && seen.queue > *rule.latency_above_queue) {
    target = Target::kLatency;
  }
  const auto expected = [&](std::size_t i) {
    const FleetPartition& partition = group.partitions[candidates[i]];
    return target == Target::kLatency ? expected_latency_s(partition, group, seen, rule.load)
                                      : expected_energy_j(partition, group, cell, seen, rule.load);
  };
  return candidates[choose(candidates.size(), expected).best];
}

namespace {

class SelectionPolicy final : public Policy {
 public:
  explicit SelectionPolicy(const SelectionRule& rule) : rule_{rule} {}

  std::uint32_t decide(const Question& question) override {
    return choose_partition(rule_, question.candidates, question.group, question.cell,
                            question.outlook.observation());
  }

 private:
  SelectionRule rule_;
};

class SelectionSettings final : public PolicySettings {
 public:
  explicit SelectionSettings(LoadRule load) : load_{load} {}

  void describe(FieldVisitor& visitor) override {
    visitor.text("target", target_, {.choices = {"latency", "energy"}}, Presence::kOptional,
                 "What it makes small.");
    visitor.number("ping_s", ping_s_, {.min = 0, .max = 1e9, .min_excluded = true},
                   Presence::kOptional, "How often servers and cells are asked for their state.");
    visitor.number("energy_below_battery", energy_below_battery_, {.min = 0, .max = 1},
                   Presence::kOptional, "Below this charge the target is energy.");
    visitor.integer("latency_above_queue", latency_above_queue_, {.min = 0, .max = 1e6},
                    "Above this many waiting requests the target is latency.");
  }
  [[nodiscard]] std::unique_ptr<Policy> make(const FleetModel& /*model*/, int /*replication*/,
                                             std::uint32_t /*mobiles*/) const override {
    return std::make_unique<SelectionPolicy>(
        SelectionRule{.load = load_,
                      .target = target_ == "energy" ? Target::kEnergy : Target::kLatency,
                      .energy_below_battery = energy_below_battery_,
                      .latency_above_queue = latency_above_queue_});
  }
  [[nodiscard]] std::optional<double> ping_s() const override { return ping_s_; }
  /// Neurosurgeon knows the network's own layers only.
  [[nodiscard]] bool takes_units() const override { return load_ == LoadRule::kWait; }
  [[nodiscard]] std::vector<std::string> energy_keys() const override {
    std::vector<std::string> keys;
    if (target_ == "energy") keys.emplace_back("target");
    if (energy_below_battery_ > 0) keys.emplace_back("energy_below_battery");
    return keys;
  }

 private:
  LoadRule load_;
  std::string target_{"latency"};
  double ping_s_{1};
  double energy_below_battery_{0};
  std::optional<std::int64_t> latency_above_queue_;
};

}  // namespace

std::unique_ptr<PolicySettings> selection_policy() {
  return std::make_unique<SelectionSettings>(LoadRule::kWait);
}

std::unique_ptr<PolicySettings> neurosurgeon_policy() {
  return std::make_unique<SelectionSettings>(LoadRule::kFactor);
}

}  // namespace papilio
