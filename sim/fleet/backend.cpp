#include "sim/fleet/backend.hpp"

#include <cmath>
#include <limits>

#include "sim/base/error.hpp"

namespace papilio {
void Backend::reach_network(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  const Mobile& mobile = fleet_.mobile_of(request);
  if (mobile.edge == kNothing) {
    reach_server(id, now);
  } else if (fleet_.resources.server(mobile.edge).down(now)) {
    spans_.lose(id, now);  // a node that is down forwards nothing
  } else if (fleet_.partition_of(request).on_edge()) {
    spans_.serve(id, SpanKind::kEdgeWait, mobile.edge, fleet_.demand_of(request).edge_s, now);
  } else {
    leave_edge(id, now);
  }
}

void Backend::leave_edge(std::uint32_t id, double now) {
  Request& request = fleet_.requests[id];
  const FleetPartition& partition = fleet_.partition_of(request);
  const std::uint32_t edge = fleet_.mobile_of(request).edge;
  if (!partition.on_cloud()) {
    answer(id, now);
    return;
  }
  request.via_backhaul = true;
  const double bytes =
      partition.on_edge() ? std::ceil(partition.backhaul_bytes) : request.upload_bytes;
  const std::uint32_t link = fleet_.resources.backhaul(edge, 0);
  if (link != kNothing && bytes > 0) {
    spans_.transfer(id, SpanKind::kBackhaulUp, link, bytes, kNever, now);
  } else {
    end_backhaul_up(id, now);
  }
}

void Backend::end_backhaul_up(std::uint32_t id, double now) {
  const std::uint32_t edge = fleet_.mobile_of(fleet_.requests[id]).edge;
  spans_.wait(id, SpanKind::kToServer, fleet_.resources.model_of(edge).backhaul_delay_s, now);
}

void Backend::reach_server(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  spans_.serve(id, SpanKind::kServerWait, fleet_.mobile_of(request).server,
               fleet_.demand_of(request).server_s, now);
}

void Backend::end_job(const Job& job, double now) {
  if (job.request == Job::kBackground) return;
  Request& request = fleet_.requests[job.request];
  PAPILIO_CHECK(request.generation == job.generation);
  if (spans_.leave_server(request, job, now) == SpanKind::kEdge) {
    leave_edge(job.request, now);
    return;
  }
  // Its request may have ended, whose sums it is part of all the same.
  if (request.abandoned) meter_.add_server_time(request, job.gpu_s);
  request.server_s += job.gpu_s;
  request.profiled_server_s += job.service_s;
  answer(job.request, now);
}

void Backend::answer(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  const Mobile& mobile = fleet_.mobile_of(request);
  if (!request.via_backhaul) {
    spans_.wait(id, SpanKind::kToMobile, fleet_.cell_of(mobile).delay_s, now);
    return;
  }
  const double bytes = std::ceil(fleet_.partition_of(request).result_bytes);
  const std::uint32_t link = fleet_.resources.backhaul(mobile.edge, 1);
  if (link != kNothing && bytes > 0) {
    spans_.transfer(id, SpanKind::kBackhaulDown, link, bytes, kNever, now);
  } else {
    pass_edge_down(id, now);
  }
}

void Backend::pass_edge_down(std::uint32_t id, double now) {
  const Mobile& mobile = fleet_.mobile_of(fleet_.requests[id]);
  const double delay_s = fleet_.resources.model_of(mobile.edge).backhaul_delay_s;
  if (fleet_.resources.server(mobile.edge).down(now + delay_s)) {
    spans_.lose(id, now);
  } else {
    spans_.wait(id, SpanKind::kToMobile, delay_s + fleet_.cell_of(mobile).delay_s, now);
  }
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
