#include "sim/play/fleet/spans.hpp"

namespace papilio {

void Spans::wait(std::uint32_t id, SpanKind span, double length_s, double now) {
  Request& request = fleet_.requests[id];
  enter(request, span, now);
  request.span_length_s = length_s;
  if (length_s > 0) {
    fleet_.calendar.push(now + length_s, EventKind::kStep, id, request.generation);
  } else {
    go_on(id, now);
  }
}

void Spans::transfer(std::uint32_t id, SpanKind span, std::uint32_t link, double bytes, double cap,
                     double now) {
  Request& request = fleet_.requests[id];
  enter(request, span, now);
  const auto level =
      static_cast<std::uint32_t>(fleet_.group_of(fleet_.mobile_of(request)).wifi_level);
  fleet_.resources.start(link, now, {id, request.generation, level}, bytes, cap);
}

void Spans::serve(std::uint32_t id, SpanKind span, std::uint32_t server, double service_s,
                  double now) {
  Request& request = fleet_.requests[id];
  const Mobile& mobile = fleet_.mobile_of(request);
  const bool taken = fleet_.resources.server(server).submit(
      now, {.request = id,
            .generation = request.generation,
            .kind = kinds_.of(mobile.group, request.partition, request.stage),
            .priority = fleet_.group_of(mobile).priority,
            .service_s = service_s * request.service_factor});
  if (taken) {
    enter(request, span, now);
  } else {
    lose(id, now);
  }
}

SpanKind Spans::leave_server(Request& request, const Job& job, double now) {
  const SpanKind service =
      request.span == SpanKind::kEdgeWait ? SpanKind::kEdge : SpanKind::kServer;
  leave(request, job.begin_s - job.arrival_s, job.begin_s);
  enter(request, service, job.begin_s);
  leave(request, job.time_s, now);
  return service;
}

void Spans::lose(std::uint32_t id, double now) {
  Request& request = fleet_.requests[id];
  if (request.abandoned) {
    fleet_.requests.release(id);
  } else {
    enter(request, SpanKind::kLost, now);
  }
}

void Spans::tell(const Request& request, double length_s, double now, bool cut) {
  sink_->leave({.mobile = fleet_.mobile_of(request).number,
                .number = request.number,
                .attempt = request.attempts,
                .kind = request.span,
                .cut = cut,
                .abandoned = request.abandoned,
                .begin_s = request.span_begin_s,
                .end_s = now,
                .length_s = length_s,
                .request = &request});
}

}  // namespace papilio
