#pragma once

#include <cstdint>
#include <vector>

#include "sim/play/fleet/job_kinds.hpp"
#include "sim/play/fleet/state.hpp"

namespace papilio {

/// A span of a request that has ended. The spans of a request follow each other without a gap,
/// from its arrival to its end, and their lengths sum to its latency.
struct Span {
  std::uint32_t mobile;
  std::uint32_t number;   ///< of the mobile's request, from 0
  std::uint32_t attempt;  ///< 1: the first; 0 before it
  SpanKind kind;
  /// It ended before its time: by a timeout, a crash, or the end of the run. At a server, what a
  /// timeout or a crash ends is all told as the wait.
  bool cut;
  /// It is of an attempt that timed out earlier and went on without its mobile: beside the spans
  /// that the request itself passes meanwhile.
  bool abandoned;
  double begin_s;          ///< date
  double end_s;            ///< date
  double length_s;         ///< their difference, to more digits than late dates have
  const Request* request;  ///< that it is of, as it leaves the span; during the call alone
};

/// Listens to the spans of all requests of a run. What it hears it must not change.
class SpanSink {
 public:
  SpanSink() = default;
  virtual ~SpanSink() = default;
  SpanSink(const SpanSink&) = delete;
  SpanSink& operator=(const SpanSink&) = delete;

  /// A span has ended; called in the order of `end_s`, but at a server, where a wait is told when
  /// the service that follows it has ended.
  virtual void leave(const Span& end) = 0;

  /// A component is about to be played. @param fleet outlives the call of `finish`
  virtual void begin(const FleetState& /*fleet*/) {}
  /// A request has ended, after its last span.
  virtual void end(const Request& /*request*/, double /*now*/) {}
  /// A server's GPU has computed these jobs, whose spans are told next.
  virtual void batch(std::uint32_t /*server*/, std::uint32_t /*gpu*/,
                     const std::vector<Job>& /*jobs*/, double /*now*/) {}
  /// An event has been played. @param ended requests so far
  virtual void pass(double /*now*/, std::uint64_t /*ended*/) {}
  /// The component is over.
  virtual void finish(double /*now*/) {}
};

/// Moves requests from span to span: each begins in one of the functions below, and every end
/// passes `leave`.
class Spans {
 public:
  /// @param fleet outlives the spans
  /// @param sink  listens, or null
  Spans(FleetState& fleet, SpanSink* sink) : fleet_{fleet}, kinds_{fleet.model}, sink_{sink} {}
  virtual ~Spans() = default;
  Spans(const Spans&) = delete;
  Spans& operator=(const Spans&) = delete;

  /// Begins a span of fixed length. After it comes `go_on`, at once where it has no length.
  void wait(std::uint32_t id, SpanKind span, double length_s, double now);
  /// Begins a transfer over a link.
  void transfer(std::uint32_t id, SpanKind span, std::uint32_t link, double bytes, double cap,
                double now);
  /// Begins the wait for a server and the service there; a server that is down loses the request.
  /// @param span kEdgeWait or kServerWait
  void serve(std::uint32_t id, SpanKind span, std::uint32_t server, double service_s, double now);
  /// Nothing more comes of an attempt that is in no span. Its mobile does not know and waits for
  /// its timeout.
  void lose(std::uint32_t id, double now);
  /// Ends the span that an attempt is in, and loses it.
  void cut_and_lose(std::uint32_t id, double now) {
    cut(fleet_.requests[id], now);
    lose(id, now);
  }

  /// Goes on with a request that has come to the end of its stage.
  virtual void next_stage(std::uint32_t id, double now) = 0;

  /// A server has ended a job: leaves the wait and the service. @return the span of the service
  SpanKind leave_server(Request& request, const Job& job, double now);

 protected:
  /// Goes on after a span of fixed length, which the request has not left yet.
  virtual void go_on(std::uint32_t id, double now) = 0;

  static void enter(Request& request, SpanKind span, double now) {
    request.span = span;
    request.span_begin_s = now;
  }
  /// The one place that every end of a span passes. Charges its length to the request's phases.
  /// @param length_s as it was, not as a difference of dates, which would lose digits late in a
  ///                 long run
  void leave(Request& request, double length_s, double now, bool cut = false) {
    request.phases[phase_of(request.span)] += length_s;
    if (sink_ != nullptr) [[unlikely]]
      tell(request, length_s, now, cut);
  }
  /// A request that has left its last span is over.
  void tell_end(const Request& request, double now) {
    if (sink_ != nullptr) [[unlikely]]
      sink_->end(request, now);
  }
  /// Leaves a span before its time.
  void cut(Request& request, double now) { leave(request, now - request.span_begin_s, now, true); }

  FleetState& fleet_;

 private:
  void tell(const Request& request, double length_s, double now, bool cut);

  JobKinds kinds_;
  SpanSink* sink_;
};

}  // namespace papilio
