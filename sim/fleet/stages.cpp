#include "sim/fleet/stages.hpp"

namespace papilio {

void Stages::wait(std::uint32_t id, Stage stage, double length_s, double now) {
  Request& request = fleet_.requests[id];
  enter(request, stage, now);
  request.stage_length_s = length_s;
  if (length_s > 0) {
    fleet_.calendar.push(now + length_s, EventKind::kStep, id, request.generation);
  } else {
    go_on(id, now);
  }
}

void Stages::transfer(std::uint32_t id, Stage stage, std::uint32_t link, double bytes, double cap,
                      double now) {
  Request& request = fleet_.requests[id];
  enter(request, stage, now);
  const auto level =
      static_cast<std::uint32_t>(fleet_.group_of(fleet_.mobile_of(request)).wifi_level);
  fleet_.resources.start(link, now, {id, request.generation, level}, bytes, cap);
}

void Stages::serve(std::uint32_t id, Stage stage, std::uint32_t server, double service_s,
                   double now) {
  Request& request = fleet_.requests[id];
  const Mobile& mobile = fleet_.mobile_of(request);
  const Tier tier = stage == Stage::kEdgeWait ? Tier::kEdge : Tier::kCloud;
  const bool taken = fleet_.resources.server(server).submit(
      now, {.request = id,
            .generation = request.generation,
            .kind = kinds_.of(mobile.group, request.partition, tier),
            .priority = fleet_.group_of(mobile).priority,
            .service_s = service_s * request.service_factor});
  if (taken) {
    enter(request, stage, now);
  } else {
    lose(id, now);
  }
}

Stage Stages::leave_server(Request& request, const Job& job, double now) {
  const Stage service = request.stage == Stage::kEdgeWait ? Stage::kEdge : Stage::kServer;
  leave(request, job.begin_s - job.arrival_s, job.begin_s);
  enter(request, service, job.begin_s);
  leave(request, job.time_s, now);
  return service;
}

void Stages::lose(std::uint32_t id, double now) {
  Request& request = fleet_.requests[id];
  if (request.abandoned) {
    fleet_.requests.release(id);
  } else {
    enter(request, Stage::kLost, now);
  }
}

void Stages::tell(const Request& request, double length_s, double now, bool cut) {
  sink_->leave({.mobile = request.mobile,
                .number = request.number,
                .attempt = request.attempts,
                .stage = request.stage,
                .cut = cut,
                .abandoned = request.abandoned,
                .begin_s = request.stage_begin_s,
                .end_s = now,
                .length_s = length_s});
}

}  // namespace papilio
