#include "sim/fleet/life.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>

#include "sim/base/error.hpp"

namespace papilio {

Life::Life(FleetState& fleet, Arrivals& arrivals, Chooser& chooser, Meter& meter, int replication,
           SpanSink* sink)
    : Spans{fleet, sink},
      arrivals_{arrivals},
      chooser_{chooser},
      meter_{meter},
      radios_{fleet},
      backend_{fleet, *this, meter},
      losses_{fleet.model.seed, fmt::format("losses/{}", replication)},
      images_{fleet.model.seed, fmt::format("images/{}", replication)} {}

// Before the first span -------------------------------------------------------------------------

void Life::arrive(std::uint32_t id, double now) {
  Mobile& mobile = fleet_.mobiles[id];
  const GroupModel& group = fleet_.group_of(mobile);
  const Waiting waiting = arrivals_.take(mobile, group, now);
  meter_.arrive(mobile, now);
  if (group.workload.process != Workload::Process::kClosedLoop) {
    arrivals_.schedule_next(id, mobile, group.workload, now);
  }

  const bool busy = mobile.current != kNothing;
  if (mobile.battery_empty || (busy && group.workload.drop_when_busy)) {
    drop(id, waiting, now);
  } else if (!busy) {
    begin(id, waiting, now);
  } else {
    arrivals_.queue(mobile, waiting);
    meter_.begin_waiting();
  }
}

void Life::begin(std::uint32_t mobile_id, const Waiting& waiting, double now) {
  const std::uint32_t id = fleet_.requests.take();
  Mobile& mobile = fleet_.mobiles[mobile_id];
  Request& request = fleet_.requests[id];
  request = Request{.generation = request.generation + 1,
                    .mobile = mobile_id,
                    .number = waiting.number,
                    .image = draw_image(mobile, waiting.number),
                    .service_factor = waiting.service_factor,
                    .arrival_s = waiting.arrival_s,
                    .span_begin_s = waiting.arrival_s,
                    .upload_bytes = waiting.upload_factor};
  leave(request, now - waiting.arrival_s, now);
  radios_.charge(mobile, now, fleet_.between_of(mobile));
  mobile.current = id;
  meter_.begin_serving();
  request.partition = chooser_.choose(mobile, request, now);
  const ImageDemand demand = fleet_.demand_of(request);
  // What crosses a radio is whole bytes.
  request.upload_bytes = std::ceil(demand.upload_bytes * request.upload_bytes);
  wait(id, SpanKind::kMobile, demand.mobile_s * fleet_.group_of(mobile).load_level, now);
}

void Life::begin_waiting(std::uint32_t id, double now) {
  const std::optional<Waiting> waiting = arrivals_.next_of(fleet_.mobiles[id]);
  if (!waiting) return;
  meter_.end_waiting();
  begin(id, *waiting, now);
}

void Life::drop(std::uint32_t id, const Waiting& waiting, double now) {
  Request dropped{.mobile = id,
                  .number = waiting.number,
                  .partition = kNoPartition,
                  .arrival_s = waiting.arrival_s,
                  .span_begin_s = waiting.arrival_s};
  leave(dropped, now - waiting.arrival_s, now, true);
  meter_.drop(dropped, now);
}

void Life::drop_queue(std::uint32_t id, double now) {
  while (const std::optional<Waiting> waiting = arrivals_.next_of(fleet_.mobiles[id])) {
    meter_.end_waiting();
    drop(id, *waiting, now);
  }
}

/// Told by mobile and number alone, so that every strategy, and within one every partition, meets
/// the same picture at the same request.
std::uint32_t Life::draw_image(const Mobile& mobile, std::uint32_t number) const {
  if (fleet_.model.images.empty()) return 0;
  const auto count = static_cast<double>(fleet_.model.images.size());
  return static_cast<std::uint32_t>(Stream{images_, mobile.number, number}.uniform() * count);
}

// Spans -----------------------------------------------------------------------------------------

void Life::go_on(std::uint32_t id, double now) {
  Request& request = fleet_.requests[id];
  const double length_s = request.span_length_s;
  const auto load_level = [&] { return fleet_.group_of(fleet_.mobile_of(request)).load_level; };
  // In each case, where the compiler knows the span and so its phase.
  switch (request.span) {
    case SpanKind::kMobile: {
      leave(request, length_s, now);
      const ImageDemand demand = fleet_.demand_of(request);
      request.energy.compute += demand.mobile_j * load_level();
      if (demand.upload_bytes > 0) {
        attempt(id, now);
      } else {
        end(id, RequestEnd::kCompleted, now);
      }
      break;
    }
    case SpanKind::kPromotion:
      leave(request, length_s, now);
      start_upload(id, now);
      break;
    case SpanKind::kToEdge:
      leave(request, length_s, now);
      backend_.reach_network(id, now);
      break;
    case SpanKind::kToServer:
      leave(request, length_s, now);
      backend_.reach_server(id, now);
      break;
    case SpanKind::kToMobile:
      leave(request, length_s, now);
      reach_mobile(id, now);
      break;
    case SpanKind::kPaging:
      leave(request, length_s, now);
      wait(id, SpanKind::kAnswerPromotion, radios_.hear_page(request, now), now);
      break;
    case SpanKind::kListening:
    case SpanKind::kAnswerPromotion:
      leave(request, length_s, now);
      start_download(id, now);
      break;
    case SpanKind::kBackoff:
      leave(request, length_s, now);
      attempt(id, now);
      break;
    case SpanKind::kFallback:
      leave(request, length_s, now);
      request.energy.compute += fleet_.partition_of(request).fallback_j * load_level();
      request.fell_back = true;
      end(id, RequestEnd::kCompleted, now);
      break;
    default:
      PAPILIO_CHECK(!"a span of fixed length");
  }
}

void Life::attempt(std::uint32_t id, double now) {
  Request& request = fleet_.requests[id];
  const Mobile& mobile = fleet_.mobile_of(request);
  const double loss = fleet_.cell_of(mobile).loss;
  request.attempts += 1;
  request.via_backhaul = false;
  if (fleet_.group_of(mobile).recovery.timeout_s > 0) request.before_attempt = request.phases;
  if (loss > 0) {
    // A stream for each message, so that every strategy loses the same ones.
    Stream losses{losses_, mobile.number,
                  (std::uint64_t{request.number} << 16U) + request.attempts};
    request.lose_upload = losses.uniform() < loss;
    request.lose_answer = losses.uniform() < loss;
  }
  const double promotion_s = radios_.connect(request, now);
  request.attempt_promotion_s = promotion_s;
  if (promotion_s > 0) {
    wait(id, SpanKind::kPromotion, promotion_s, now);
  } else {
    start_upload(id, now);
  }
}

void Life::start_upload(std::uint32_t id, double now) {
  Request& request = fleet_.requests[id];
  const Mobile& mobile = fleet_.mobile_of(request);
  const GroupModel& group = fleet_.group_of(mobile);
  radios_.begin_upload(request, now);
  const double timeout_s = group.recovery.timeout_s;
  if (timeout_s > 0) {
    fleet_.calendar.push(now + timeout_s, EventKind::kTimeout, id, request.generation);
  }
  transfer(id, SpanKind::kUplink, mobile.uplink, request.upload_bytes, group.uplink_cap_byte_per_s,
           now);
}

/// The answer is in the mobile's cell.
void Life::reach_mobile(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  if (fleet_.partition_of(request).result_bytes <= 0) {
    end_answer(id, now);
    return;
  }
  const Radios::Reach reach = radios_.reach(fleet_.mobile_of(request), now);
  if (reach.span == SpanKind::kDownlink) {
    start_download(id, now);
  } else {
    wait(id, reach.span, reach.length_s, now);
  }
}

void Life::start_download(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  const Mobile& mobile = fleet_.mobile_of(request);
  radios_.begin_download(request, now);
  transfer(id, SpanKind::kDownlink, mobile.downlink,
           std::ceil(fleet_.partition_of(request).result_bytes),
           fleet_.group_of(mobile).downlink_cap_byte_per_s, now);
}

void Life::end_flow(const Flow& flow, double now) {
  Request& request = fleet_.requests[flow.request];
  PAPILIO_CHECK(request.generation == flow.generation);
  Mobile& mobile = fleet_.mobile_of(request);
  const double elapsed_s = flow.elapsed_s;
  const auto seen_rate = [&](double bytes) { return elapsed_s > 0 ? bytes / elapsed_s : kNever; };
  switch (request.span) {
    case SpanKind::kUplink:
      leave(request, elapsed_s, now);
      radios_.end_upload(request, request.upload_bytes, elapsed_s, now);
      mobile.seen_uplink = seen_rate(request.upload_bytes);
      mobile.seen_s = now;
      if (request.lose_upload) {
        lose(flow.request, now);
      } else {
        wait(flow.request, SpanKind::kToEdge, fleet_.cell_of(mobile).delay_s, now);
      }
      break;
    case SpanKind::kBackhaulUp:
      leave(request, elapsed_s, now);
      backend_.end_backhaul_up(flow.request, now);
      break;
    case SpanKind::kBackhaulDown:
      leave(request, elapsed_s, now);
      backend_.pass_edge_down(flow.request, now);
      break;
    case SpanKind::kDownlink: {
      leave(request, elapsed_s, now);
      const double bytes = std::ceil(fleet_.partition_of(request).result_bytes);
      radios_.end_download(request, bytes, elapsed_s, now);
      if (!request.lose_answer) mobile.seen_downlink = seen_rate(bytes);
      end_answer(flow.request, now);
      break;
    }
    default:
      PAPILIO_CHECK(!"a request with a flow");
  }
}

/// The answer has crossed the last link, or there is none to cross.
void Life::end_answer(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  if (request.lose_answer) {
    lose(id, now);
  } else if (request.abandoned) {
    fleet_.requests.release(id);  // it comes too late: nobody takes it
  } else {
    end(id, RequestEnd::kCompleted, now);
  }
}

void Life::time_out(std::uint32_t id, double now) {
  Mobile& mobile = fleet_.mobile_of(fleet_.requests[id]);
  const GroupModel& group = fleet_.group_of(mobile);
  const Recovery& recovery = group.recovery;
  bool goes_on = fleet_.requests[id].span != SpanKind::kLost;
  if (fleet_.requests[id].span == SpanKind::kUplink) {
    // The mobile stops sending; what is on its way beyond it, nobody can call back.
    Request& request = fleet_.requests[id];
    const double sent = fleet_.resources.abort(mobile.uplink, now, {id, request.generation});
    radios_.end_upload(request, sent, recovery.timeout_s, now);
    // A mobile that got nothing through knows that the rate was as low as this.
    mobile.seen_uplink = 0;
    mobile.seen_s = now;
    goes_on = false;
  }
  if (fleet_.requests[id].span == SpanKind::kLost) {
    leave(fleet_.requests[id], now - fleet_.requests[id].span_begin_s, now);
  } else {
    cut(fleet_.requests[id], now);
  }
  if (goes_on) id = leave_behind(id);
  Request& request = fleet_.requests[id];
  ++request.generation;
  // What the attempt took is told in one, whatever spans it came to.
  request.phases = request.before_attempt;
  request.phases.recovery += request.attempt_promotion_s + recovery.timeout_s;
  if (request.attempts <= static_cast<std::uint32_t>(recovery.retries)) {
    const double backoff_s =
        recovery.backoff_s * std::ldexp(1, static_cast<int>(request.attempts) - 1);
    wait(id, SpanKind::kBackoff, backoff_s, now);
  } else if (recovery.fallback) {
    wait(id, SpanKind::kFallback, fleet_.partition_of(request).fallback_s * group.load_level, now);
  } else {
    end(id, RequestEnd::kFailed, now);
  }
}

/// Parts a request from what its attempt has on its way, which goes on in its old place with all
/// its events. @return the request's new place
std::uint32_t Life::leave_behind(std::uint32_t id) {
  const std::uint32_t place = fleet_.requests.take();
  Request& left = fleet_.requests[id];
  const std::uint32_t generation = fleet_.requests[place].generation;
  fleet_.requests[place] = left;
  fleet_.requests[place].generation = generation;
  fleet_.mobile_of(left).current = place;
  left.abandoned = true;
  return place;
}

void Life::end(std::uint32_t id, RequestEnd how, double now) {
  Request& request = fleet_.requests[id];
  const std::uint32_t mobile_id = request.mobile;
  Mobile& mobile = fleet_.mobile_of(request);
  const GroupModel& group = fleet_.group_of(mobile);
  radios_.charge(mobile, now, request.energy);
  request.energy.idle +=
      group.idle_power_w * (request.phases.total() - request.phases.queue - request.phases.mobile);
  meter_.end(request, how, now);
  chooser_.end(request, how);
  mobile.energy += request.energy;
  mobile.current = kNothing;
  fleet_.requests.release(id);

  if (!mobile.battery_empty && fleet_.battery_left(mobile) <= 0) {
    mobile.battery_empty = true;
    meter_.empty_battery();
    drop_queue(mobile_id, now);
  }
  begin_waiting(mobile_id, now);
  if (group.workload.process == Workload::Process::kClosedLoop) {
    arrivals_.schedule_next(mobile_id, mobile, group.workload, now);
  }
}

void Life::stop(double now) {
  for (std::uint32_t id = 0; id < fleet_.requests.size(); ++id) {
    Request& request = fleet_.requests[id];
    if (request.span == SpanKind::kLost) continue;
    const Mobile& mobile = fleet_.mobile_of(request);
    const Flow flow{id, request.generation};
    if (request.span == SpanKind::kDownlink) {
      const double elapsed_s = now - request.span_begin_s;
      const double sent = fleet_.resources.link(mobile.downlink).abort(now, flow);
      radios_.end_download(request, sent, elapsed_s, now);
    } else if (request.span == SpanKind::kBackhaulUp || request.span == SpanKind::kBackhaulDown) {
      const std::uint32_t direction = request.span == SpanKind::kBackhaulUp ? 0 : 1;
      fleet_.resources.link(fleet_.resources.backhaul(mobile.edge, direction)).abort(now, flow);
    }
    cut_and_lose(id, now);
  }
}

}  // namespace papilio
