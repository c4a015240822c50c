#include "sim/play/fleet/backend.hpp"

#include <cmath>
#include <limits>

#include "sim/base/error.hpp"

namespace papilio {

void Backend::compute(std::uint32_t id, const Compute& layers, double now) {
  const Mobile& mobile = fleet_.mobile_of(fleet_.requests[id]);
  if (layers.at == Tier::kEdge) {
    spans_.serve(id, SpanKind::kEdgeWait, mobile.edge, layers.time.value(), now);
  } else {
    spans_.serve(id, SpanKind::kServerWait, mobile.server, layers.time.value(), now);
  }
}

void Backend::send(std::uint32_t id, const Transfer& transfer, double now) {
  Request& request = fleet_.requests[id];
  const Mobile& mobile = fleet_.mobile_of(request);
  request.bytes = std::ceil(transfer.size.value());
  if (transfer.to == Tier::kCloud) {
    cross_backhaul_up(id, now);
  } else if (transfer.from == Tier::kEdge || mobile.edge == kNothing) {
    spans_.wait(id, SpanKind::kToMobile, fleet_.radio_delay_s(mobile, transfer), now);
  } else {
    const std::uint32_t link = fleet_.resources.backhaul(mobile.edge, 1);
    if (link != kNothing && request.bytes > 0) {
      spans_.transfer(id, SpanKind::kBackhaulDown, link, request.bytes, kNever, now);
    } else {
      end_backhaul_down(id, now);
    }
  }
}

void Backend::reach_network(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  const std::uint32_t edge = fleet_.mobile_of(request).edge;
  if (edge != kNothing && fleet_.resources.server(edge).down(now)) {
    spans_.lose(id, now);  // a node that is down forwards nothing
  } else if (edge == kNothing || transfer_of(request).to == Tier::kEdge) {
    spans_.next_stage(id, now);
  } else {
    cross_backhaul_up(id, now);
  }
}

void Backend::cross_backhaul_up(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  const std::uint32_t link = fleet_.resources.backhaul(fleet_.mobile_of(request).edge, 0);
  if (link != kNothing && request.bytes > 0) {
    spans_.transfer(id, SpanKind::kBackhaulUp, link, request.bytes, kNever, now);
  } else {
    end_backhaul_up(id, now);
  }
}

void Backend::end_backhaul_up(std::uint32_t id, double now) {
  const std::uint32_t edge = fleet_.mobile_of(fleet_.requests[id]).edge;
  spans_.wait(id, SpanKind::kToServer, fleet_.resources.model_of(edge).backhaul_delay_s, now);
}

void Backend::end_backhaul_down(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  const Mobile& mobile = fleet_.mobile_of(request);
  const double delay_s = fleet_.resources.model_of(mobile.edge).backhaul_delay_s;
  if (transfer_of(request).to == Tier::kEdge) {
    spans_.wait(id, SpanKind::kToEdge, delay_s, now);
  } else if (fleet_.resources.server(mobile.edge).down(now + delay_s)) {
    spans_.lose(id, now);
  } else {
    spans_.wait(id, SpanKind::kToMobile,
                delay_s + fleet_.radio_delay_s(mobile, transfer_of(request)), now);
  }
}

void Backend::end_job(const Job& job, double now) {
  if (job.request == Job::kBackground) return;
  Request& request = fleet_.requests[job.request];
  PAPILIO_CHECK(request.generation == job.generation);
  if (spans_.leave_server(request, job, now) == SpanKind::kServer) {
    // Its request may have ended, whose sums it is part of all the same.
    if (request.abandoned) meter_.add_server_time(request, job.gpu_s);
    request.server_s += job.gpu_s;
    request.profiled_server_s += job.service_s;
  }
  spans_.next_stage(job.request, now);
}

void Backend::change_fault(std::uint32_t server, double now) {
  lost_.clear();
  fleet_.resources.server(server).change_fault(now, lost_);
  for (const Job& job : lost_) {
    if (job.request != Job::kBackground) spans_.cut_and_lose(job.request, now);
  }
  if (!fleet_.resources.server(server).down(now)) return;
  for (std::uint32_t id = 0; id < fleet_.requests.size(); ++id) {
    const Request& request = fleet_.requests[id];
    const Mobile& mobile = fleet_.mobile_of(request);
    const bool up = request.span == SpanKind::kBackhaulUp && mobile.edge == server;
    const bool down = request.span == SpanKind::kBackhaulDown && mobile.server == server;
    if (!up && !down) continue;
    fleet_.resources.abort(fleet_.resources.backhaul(mobile.edge, up ? 0 : 1), now,
                           {id, request.generation});
    spans_.cut_and_lose(id, now);
  }
}

}  // namespace papilio
