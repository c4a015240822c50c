#include "sim/play/fleet/selection_policy.hpp"

#include <cmath>
#include <memory>
#include <string>

#include "sim/base/error.hpp"
#include "sim/base/yaml/fields.hpp"
#include "sim/plan/choose.hpp"
#include "sim/plan/estimate.hpp"
#include "sim/play/fleet/request.hpp"

namespace papilio {
namespace {

Seconds transfer_time(double bytes, double rate) {
  return Seconds{bytes > 0 ? bytes / rate : 0};  // infinite over a link that is down
}

/// A partition as a mobile sees it that goes by what pings and its own transfers have told.
class Observed {
 public:
  /// @param whole_network_s server time that cloud-only would take
  Observed(const GroupModel& group, const CellModel& cell, const Observation& seen, LoadRule load,
           double whole_network_s)
      : group_{group}, cell_{cell}, seen_{seen}, load_{load}, whole_network_s_{whole_network_s} {}

  [[nodiscard]] Seconds compute(const Compute& layers) const {
    if (layers.at == Tier::kMobile) return group_.load_level * layers.time;
    const ServerView& server = layers.at == Tier::kEdge ? seen_.edge : seen_.server;
    if (std::isinf(server.wait_s)) return Seconds{kNever};  // it is down
    if (load_ == LoadRule::kFactor && whole_network_s_ > 0) {
      return layers.time * (server.wait_s / whole_network_s_ + server.slowdown);
    }
    return Seconds{server.wait_s} + layers.time * server.slowdown;
  }
  [[nodiscard]] Seconds uplink(Bytes size) const {
    // Everything passes the edge, whether or not it computes.
    if (std::isinf(seen_.edge.wait_s)) return Seconds{kNever};
    return transfer_time(size.value(), seen_.uplink_byte_per_s);
  }
  [[nodiscard]] Seconds downlink(Bytes size) const {
    return transfer_time(size.value(), seen_.downlink_byte_per_s);
  }
  [[nodiscard]] Seconds backhaul(const Transfer& transfer) const {
    return transfer_time(transfer.size.value(), transfer.from == Tier::kCloud
                                                    ? seen_.backhaul_down_byte_per_s
                                                    : seen_.backhaul_up_byte_per_s);
  }
  [[nodiscard]] static bool times_answer() { return true; }
  [[nodiscard]] Seconds delay(const Transfer& transfer) const {
    return radio_delay(Seconds{seen_.delay_s}, transfer);
  }
  [[nodiscard]] Seconds backhaul_delay() const { return Seconds{seen_.backhaul_delay_s}; }

  [[nodiscard]] Joules compute_energy(const Compute& layers) const {
    return group_.load_level * layers.energy;
  }
  [[nodiscard]] Joules uplink_energy(Bytes sent, Seconds time) const {
    return cell_.radio.alpha_uplink * sent + while_active(time);
  }
  [[nodiscard]] Joules downlink_energy(Bytes received, Seconds time, Bytes /*untimed*/) const {
    return cell_.radio.alpha_downlink * received + while_active(time);
  }
  [[nodiscard]] Joules idle_energy(Seconds away) const {
    return group_.idle_power_w > 0 ? Watts{group_.idle_power_w} * away : Joules{0};
  }

 private:
  [[nodiscard]] Joules while_active(Seconds time) const {
    return cell_.energy_model == EnergyModel::kStated ? cell_.radio.beta * time : Joules{0};
  }

  const GroupModel& group_;
  const CellModel& cell_;
  const Observation& seen_;
  LoadRule load_;
  double whole_network_s_;
};

}  // namespace

Breakdown expected(const FleetPlan& plan, const GroupModel& group, const CellModel& cell,
                   const Observation& seen, LoadRule load) {
  return estimate({plan.stages.data(), plan.stages.size()},
                  Observed{group, cell, seen, load, plan.cloud_only_s});
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
  const auto value = [&](std::size_t i) {
    const Breakdown took = expected(group.partitions[candidates[i]], group, cell, seen, rule.load);
    const double latency_s = took.latency().value();
    // A partition that never ends costs no finite energy, whatever its power.
    return target == Target::kLatency || latency_s == kNever ? latency_s : took.energy().value();
  };
  return candidates[choose(candidates.size(), value).best];
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
