#pragma once

#include <cstdint>
#include <vector>

#include "sim/fleet/meter.hpp"
#include "sim/fleet/spans.hpp"
#include "sim/fleet/state.hpp"

namespace papilio {

/// The part of a request's life behind the radio: the edge, its backhaul, the cloud, and the same
/// way back. It ends with the span kToMobile.
class Backend {
 public:
  /// @param fleet outlives the backend, as do the others
  Backend(FleetState& fleet, Spans& spans, Meter& meter)
      : fleet_{fleet}, spans_{spans}, meter_{meter} {}

  /// The upload has arrived where the radio ends.
  void reach_network(std::uint32_t id, double now);
  /// The upload has come to the cloud.
  void reach_server(std::uint32_t id, double now);
  /// The upload has crossed the backhaul's link.
  void end_backhaul_up(std::uint32_t id, double now);
  /// The answer has left the backhaul's link, and passes the edge after its delay. Crashes are
  /// known ahead, so that need not be an event of its own.
  void pass_edge_down(std::uint32_t id, double now);
  /// A server has computed a job.
  void end_job(const Job& job, double now);
  /// A server goes down or comes back. With it goes what it computes, what waits for it, and what
  /// it is sending: an edge's messages to the cloud, a cloud's answers to edges.
  void change_fault(std::uint32_t server, double now);

 private:
  void leave_edge(std::uint32_t id, double now);
  void answer(std::uint32_t id, double now);

  FleetState& fleet_;
  Spans& spans_;
  Meter& meter_;
  std::vector<Job> lost_;
};

}  // namespace papilio
