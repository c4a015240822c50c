#pragma once

#include <cstdint>
#include <vector>

#include "sim/fleet/job_kinds.hpp"
#include "sim/fleet/state.hpp"

namespace papilio {

/// A stage of a request that has ended. The stages of a request follow each other without a gap,
/// from its arrival to its end, and their lengths sum to its latency.
struct StageEnd {
  std::uint32_t mobile;
  std::uint32_t number;   ///< of the mobile's request, from 0
  std::uint32_t attempt;  ///< 1: the first; 0 before it
  Stage stage;
  /// It ended before its time: by a timeout, a crash, or the end of the run. At a server, what a
  /// timeout or a crash ends is all told as the wait.
  bool cut;
  /// It is of an attempt that timed out earlier and went on without its mobile: beside the stages
  /// that the request itself passes meanwhile.
  bool abandoned;
  double begin_s;   ///< date
  double end_s;     ///< date
  double length_s;  ///< their difference, to more digits than late dates have
};

/// Listens to the stages of all requests of a run.
class StageSink {
 public:
  StageSink() = default;
  virtual ~StageSink() = default;
  StageSink(const StageSink&) = delete;
  StageSink& operator=(const StageSink&) = delete;

  /// A stage has ended; called in the order of `end_s`, but at a server, where a wait is told when
  /// the service that follows it has ended.
  virtual void leave(const StageEnd& end) = 0;
};

/// Moves requests from stage to stage: each begins in one of the functions below, and every end
/// passes `leave`.
class Stages {
 public:
  /// @param fleet outlives the stages
  /// @param sink  listens, or null
  Stages(FleetState& fleet, StageSink* sink) : fleet_{fleet}, kinds_{fleet.model}, sink_{sink} {}
  virtual ~Stages() = default;
  Stages(const Stages&) = delete;
  Stages& operator=(const Stages&) = delete;

  /// Begins a stage of fixed length. After it comes `go_on`, at once where it has no length.
  void wait(std::uint32_t id, Stage stage, double length_s, double now);
  /// Begins a transfer over a link.
  void transfer(std::uint32_t id, Stage stage, std::uint32_t link, double bytes, double cap,
                double now);
  /// Begins the wait for a server and the service there; a server that is down loses the request.
  /// @param stage kEdgeWait or kServerWait
  void serve(std::uint32_t id, Stage stage, std::uint32_t server, double service_s, double now);
  /// Nothing more comes of an attempt that is in no stage. Its mobile does not know and waits for
  /// its timeout.
  void lose(std::uint32_t id, double now);
  /// Ends the stage that an attempt is in, and loses it.
  void cut_and_lose(std::uint32_t id, double now) {
    cut(fleet_.requests[id], now);
    lose(id, now);
  }

  /// A server has ended a job: leaves the wait and the service. @return the stage of the service
  Stage leave_server(Request& request, const Job& job, double now);

 protected:
  /// Goes on after a stage of fixed length, which the request has not left yet.
  virtual void go_on(std::uint32_t id, double now) = 0;

  static void enter(Request& request, Stage stage, double now) {
    request.stage = stage;
    request.stage_begin_s = now;
  }
  /// The one place that every end of a stage passes. Charges its length to the request's phases.
  /// @param length_s as it was, not as a difference of dates, which would lose digits late in a
  ///                 long run
  void leave(Request& request, double length_s, double now, bool cut = false) {
    request.phases.*phase_of(request.stage) += length_s;
    if (sink_ != nullptr) [[unlikely]]
      tell(request, length_s, now, cut);
  }
  /// Leaves a stage before its time.
  void cut(Request& request, double now) { leave(request, now - request.stage_begin_s, now, true); }

  FleetState& fleet_;

 private:
  void tell(const Request& request, double length_s, double now, bool cut);

  JobKinds kinds_;
  StageSink* sink_;
};

}  // namespace papilio
