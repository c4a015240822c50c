#pragma once

#include <cstdint>
#include <vector>

#include "sim/play/fleet/meter.hpp"
#include "sim/play/fleet/spans.hpp"
#include "sim/play/fleet/state.hpp"

namespace papilio {

/// The part of a request's life behind the radio: the edge, its backhaul and the cloud. What is
/// sent to the mobile leaves it with the span kToMobile.
class Backend {
 public:
  /// @param fleet outlives the backend, as do the others
  Backend(FleetState& fleet, Spans& spans, Meter& meter)
      : fleet_{fleet}, spans_{spans}, meter_{meter} {}

  /// A stage begins: layers on the edge or the cloud.
  void compute(std::uint32_t id, const Compute& layers, double now);
  /// A stage begins: a transfer from the edge or the cloud.
  void send(std::uint32_t id, const Transfer& transfer, double now);

  /// What goes to the edge, or from the mobile to the cloud, has arrived where the radio ends.
  void reach_network(std::uint32_t id, double now);
  /// A transfer to the cloud has crossed the backhaul's link.
  void end_backhaul_up(std::uint32_t id, double now);
  /// A transfer from the cloud has left the backhaul's link, and comes to the edge after its delay.
  /// Crashes are known ahead, so that passing it need not be an event of its own.
  void end_backhaul_down(std::uint32_t id, double now);
  /// A server has computed a job.
  void end_job(const Job& job, double now);
  /// A server goes down or comes back. With it goes what it computes, what waits for it, and what
  /// it is sending: an edge's messages to the cloud, a cloud's to edges.
  void change_fault(std::uint32_t server, double now);

 private:
  void cross_backhaul_up(std::uint32_t id, double now);

  FleetState& fleet_;
  Spans& spans_;
  Meter& meter_;
  std::vector<Job> lost_;
};

}  // namespace papilio
