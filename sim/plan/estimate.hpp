#pragma once

#include <algorithm>
#include <span>
#include <variant>

#include "sim/cost/cost.hpp"
#include "sim/plan/plan.hpp"

namespace papilio {

/// One request: its plan, and what it meets.
struct World {
  Plan plan;
  RadioUse use;
};

/// Whether a transfer crosses the backhaul between edge and cloud.
constexpr bool crosses_backhaul(const Transfer& transfer) {
  return transfer.from == Tier::kCloud || transfer.to == Tier::kCloud;
}

/// How long a message waits beside its transfer over the radio.
/// @param propagation of the radio, one way; >= 0
/// @return >= 0
inline Seconds radio_delay(Seconds propagation, const Transfer& transfer) {
  return std::max(Seconds{0}, propagation + transfer.handling);
}

/// The time at a tier, of a breakdown.
inline Seconds& time_at(Breakdown& breakdown, Tier tier) {
  if (tier == Tier::kMobile) return breakdown.mobile;
  return tier == Tier::kEdge ? breakdown.edge : breakdown.cloud;
}

/// Time and mobile energy of a plan by phase: the one sum over a plan's stages. What a stage takes
/// is up to the view, which says how the world is, or how somebody sees it.
///
/// A transfer between the mobile and another tier crosses the radio, one that reaches or leaves the
/// cloud crosses the backhaul too; where there is no edge, the backhaul takes no time. Each link
/// has its propagation delay, which an answer waits for even where its own transfer is not counted.
/// The mobile draws its idle power whenever the request is not on it. What is streamed takes the
/// radio's energy and holds nobody up.
///
/// @param view is asked in the order of a request's life, and may remember what has passed; gives
///        `compute(const Compute&)`: time at the tier;
///        `uplink(Bytes)`, `downlink(Bytes)`, `backhaul(const Transfer&)`: time on a link;
///        `times_answer()`: whether an answer takes time on its links;
///        `delay(const Transfer&)`: `radio_delay` of one message; `backhaul_delay()`: propagation;
///        `compute_energy(const Compute&)`, `uplink_energy(Bytes, Seconds)`,
///        `downlink_energy(Bytes timed, Seconds, Bytes untimed)`, `idle_energy(Seconds)`
template <class View>
Breakdown estimate(std::span<const Stage> stages, View&& view) {
  Breakdown sum;
  Bytes sent;
  Bytes received;
  Bytes untimed;
  Seconds beside;  // of the radio, for what is streamed while the request goes on
  for (const Stage& stage : stages) {
    if (const auto* compute = std::get_if<Compute>(&stage)) {
      const Seconds time = view.compute(*compute);
      time_at(sum, compute->at) += time;
      sum.compute_energy += view.compute_energy(*compute);
      continue;
    }
    const Transfer& transfer = *std::get_if<Transfer>(&stage);
    const bool timed = !transfer.answer || view.times_answer();
    if (transfer.streamed) {
      (timed ? received : untimed) += transfer.size;
      if (timed) beside += view.downlink(transfer.size);
      continue;
    }
    // From the mobile a transfer crosses the radio first, to the mobile it crosses it last.
    if (transfer.from == Tier::kMobile) {
      sum.uplink += view.uplink(transfer.size);
      sent += transfer.size;
      sum.delay += view.delay(transfer);
    }
    if (crosses_backhaul(transfer)) {
      if (timed) sum.backhaul += view.backhaul(transfer);
      sum.delay += view.backhaul_delay();
    }
    if (transfer.to == Tier::kMobile) {
      sum.delay += view.delay(transfer);
      if (timed) {
        sum.downlink += view.downlink(transfer.size);
        received += transfer.size;
      } else {
        untimed += transfer.size;
      }
    }
  }
  sum.uplink_energy = view.uplink_energy(sent, sum.uplink);
  sum.downlink_energy = view.downlink_energy(received, sum.downlink + beside, untimed);
  sum.idle_energy =
      view.idle_energy(sum.uplink + sum.delay + sum.edge + sum.backhaul + sum.cloud + sum.downlink);
  return sum;
}

/// A plan as its prices say: nobody else uses a tier or a link, and rates and powers are those of a
/// `RadioUse`.
/// Limits: no queueing, no contention, no radio states.
class Nominal {
 public:
  /// @param use must outlive this
  explicit Nominal(const RadioUse& use) : use_{use} {}

  [[nodiscard]] static Seconds compute(const Compute& layers) { return layers.time; }
  [[nodiscard]] Seconds uplink(Bytes size) const { return size / use_.radio.uplink; }
  [[nodiscard]] Seconds downlink(Bytes size) const { return size / use_.radio.downlink; }
  [[nodiscard]] Seconds backhaul(const Transfer& transfer) const {
    return transfer.size / use_.backhaul.rate;
  }
  [[nodiscard]] bool times_answer() const { return use_.download_takes_time; }
  [[nodiscard]] Seconds delay(const Transfer& transfer) const {
    return radio_delay(use_.delay, transfer);
  }
  [[nodiscard]] Seconds backhaul_delay() const { return use_.backhaul.delay; }

  [[nodiscard]] static Joules compute_energy(const Compute& layers) { return layers.energy; }
  [[nodiscard]] Joules uplink_energy(Bytes /*sent*/, Seconds time) const {
    return use_.uplink_power() * time;
  }
  [[nodiscard]] Joules downlink_energy(Bytes /*received*/, Seconds time, Bytes untimed) const {
    return use_.downlink_power() * time + use_.untimed_download_energy(untimed);
  }
  [[nodiscard]] Joules idle_energy(Seconds away) const { return use_.idle_power * away; }

 private:
  const RadioUse& use_;
};

/// How long something takes that is sent to the mobile and is there when it was waited for.
Seconds arrival(const Transfer& transfer, const RadioUse& use);

/// Latency and mobile energy in closed form, for a request that waits for nothing.
/// Source: butterfly paper, Algorithm 1 (profiling and selection phases).
Breakdown closed_form(const Plan& plan, const RadioUse& use);

}  // namespace papilio
