#include "sim/play/fleet/life.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>
#include <variant>

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

  const bool busy = mobile.busy(group.overlap);
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
                    .upload_factor = waiting.upload_factor,
                    .arrival_s = waiting.arrival_s,
                    .span_begin_s = waiting.arrival_s};
  leave(request, now - waiting.arrival_s, now);
  radios_.charge(mobile, now, fleet_.between_of(mobile));
  mobile.current = id;
  meter_.begin_serving();
  request.partition = chooser_.choose(mobile, request, now);
  request.stages = fleet_.plan_of(request).stages_of(request.image);
  begin_stage(id, now);
}

void Life::begin_waiting(std::uint32_t id, double now) {
  // What takes no time on the mobile has freed it again when `begin` returns, and asked for more.
  if (beginning_) return;
  beginning_ = true;
  const std::uint32_t overlap = fleet_.group_of(fleet_.mobiles[id]).overlap;
  while (!fleet_.mobiles[id].busy(overlap)) {
    const std::optional<Waiting> waiting = arrivals_.next_of(fleet_.mobiles[id]);
    if (!waiting) break;
    meter_.end_waiting();
    begin(id, *waiting, now);
  }
  beginning_ = false;
}

/// A mobile has computed its part of a request. Where requests may overlap it begins the next while
/// this one goes on.
void Life::leave_processor(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  const std::uint32_t mobile_id = request.mobile;
  Mobile& mobile = fleet_.mobiles[mobile_id];
  const bool frees =
      fleet_.group_of(mobile).overlap > 0 && request.stage + 1U < request.stages.size();
  if (!frees) {
    next_stage(id, now);
    return;
  }
  mobile.current = kNothing;
  ++mobile.away;
  next_stage(id, now);
  free_mobile(mobile_id, true, now);
}

/// A mobile has less to do than before: begins what waits, if that may begin.
void Life::free_mobile(std::uint32_t id, bool was_busy, double now) {
  const Mobile& mobile = fleet_.mobiles[id];
  if (was_busy && !mobile.busy(fleet_.group_of(mobile).overlap)) meter_.end_serving(now);
  begin_waiting(id, now);
}

void Life::drop(std::uint32_t id, const Waiting& waiting, double now) {
  Request dropped{.mobile = id,
                  .number = waiting.number,
                  .partition = kNoPartition,
                  .arrival_s = waiting.arrival_s,
                  .span_begin_s = waiting.arrival_s};
  leave(dropped, now - waiting.arrival_s, now, true);
  tell_end(dropped, now);
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
  const std::vector<std::uint32_t>& turns = fleet_.model.turns;
  if (!turns.empty()) return turns[number % turns.size()];
  const auto count = static_cast<double>(fleet_.model.images.size());
  return static_cast<std::uint32_t>(Stream{images_, mobile.number, number}.uniform() * count);
}

// Stages ----------------------------------------------------------------------------------------

void Life::begin_stage(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  const Stage& stage = stage_of(request);
  if (const auto* layers = std::get_if<Compute>(&stage)) {
    if (layers->at == Tier::kMobile) {
      const double load_level = fleet_.group_of(fleet_.mobile_of(request)).load_level;
      wait(id, SpanKind::kMobile, layers->time.value() * load_level, now);
    } else {
      backend_.compute(id, *layers, now);
    }
  } else if (const Transfer& transfer = transfer_of(request); transfer.from != Tier::kMobile) {
    backend_.send(id, transfer, now);
  } else {
    connect(id, now);
  }
}

void Life::next_stage(std::uint32_t id, double now) {
  Request& request = fleet_.requests[id];
  request.stage += 1;
  if (request.stage < request.stages.size()) {
    begin_stage(id, now);
  } else {
    end(id, RequestEnd::kCompleted, now);
  }
}

// Spans -----------------------------------------------------------------------------------------

void Life::go_on(std::uint32_t id, double now) {
  Request& request = fleet_.requests[id];
  const double length_s = request.span_length_s;
  const auto load_level = [&] { return fleet_.group_of(fleet_.mobile_of(request)).load_level; };
  // In each case, where the compiler knows the span and so its phase.
  switch (request.span) {
    case SpanKind::kMobile:
      leave(request, length_s, now);
      request.energy[EnergyPart::kCompute] +=
          std::get_if<Compute>(&stage_of(request))->energy.value() * load_level();
      leave_processor(id, now);
      break;
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
      next_stage(id, now);
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
      request.stage = kFirstTransfer;
      connect(id, now);
      break;
    case SpanKind::kFallback:
      leave(request, length_s, now);
      request.energy[EnergyPart::kCompute] += fallback_of(request).energy_j * load_level();
      request.fell_back = true;
      end(id, RequestEnd::kCompleted, now);
      break;
    default:
      PAPILIO_CHECK(!"a span of fixed length");
  }
}

/// Readies the radio for an upload, the first of which begins an attempt.
void Life::connect(std::uint32_t id, double now) {
  Request& request = fleet_.requests[id];
  const bool begins = request.stage == kFirstTransfer;
  if (begins) {
    request.attempts += 1;
    const GroupModel& group = fleet_.group_of(fleet_.mobile_of(request));
    if (group.recovery.timeout_s > 0) request.before_attempt = request.phases;
  }
  const double promotion_s = radios_.connect(request, now);
  if (begins) request.attempt_promotion_s = promotion_s;
  if (promotion_s > 0) {
    wait(id, SpanKind::kPromotion, promotion_s, now);
  } else {
    start_upload(id, now);
  }
}

/// A mobile's messages are on a link one after another, as on one connection. Where requests
/// overlap a message may have to wait for those before it. @return whether it need not
bool Life::takes_turn(Lanes& lanes, std::uint32_t id, SpanKind span, double now) {
  Request& request = fleet_.requests[id];
  if (fleet_.group_of(fleet_.mobile_of(request)).overlap == 0) return true;
  std::deque<std::uint32_t>& lane = lanes[request.mobile];
  lane.push_back(id);
  if (lane.size() == 1) return true;
  enter(request, span, now);
  return false;
}

/// A message has passed a link. @return the request whose message is next, which waits no longer
std::optional<std::uint32_t> Life::next_turn(Lanes& lanes, std::uint32_t mobile, double now) {
  const auto place = lanes.find(mobile);
  if (place == lanes.end()) return std::nullopt;
  place->second.pop_front();
  if (place->second.empty()) {
    lanes.erase(place);
    return std::nullopt;
  }
  const std::uint32_t next = place->second.front();
  Request& request = fleet_.requests[next];
  leave(request, now - request.span_begin_s, now);
  return next;
}

void Life::start_upload(std::uint32_t id, double now) {
  if (takes_turn(uploading_, id, SpanKind::kUplink, now)) send_upload(id, now);
}

void Life::send_upload(std::uint32_t id, double now) {
  Request& request = fleet_.requests[id];
  const Mobile& mobile = fleet_.mobile_of(request);
  const GroupModel& group = fleet_.group_of(mobile);
  radios_.begin_upload(request, now);
  const double timeout_s = group.recovery.timeout_s;
  if (timeout_s > 0 && request.stage == kFirstTransfer) {
    fleet_.calendar.push(now + timeout_s, EventKind::kTimeout, id, request.generation);
  }
  request.bytes = sent_bytes(request, transfer_of(request));
  transfer(id, SpanKind::kUplink, mobile.uplink, request.bytes, group.uplink_cap_byte_per_s, now);
}

/// What is sent to a mobile is in its cell.
void Life::reach_mobile(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  if (request.bytes <= 0) {
    end_download(id, loses(request), now);
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
  if (takes_turn(downloading_, id, SpanKind::kDownlink, now)) send_download(id, now);
}

void Life::send_download(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  const Mobile& mobile = fleet_.mobile_of(request);
  radios_.begin_download(request, now);
  transfer(id, SpanKind::kDownlink, mobile.downlink, request.bytes,
           fleet_.group_of(mobile).downlink_cap_byte_per_s, now);
}

void Life::end_flow(const Flow& flow, double now) {
  Request& request = fleet_.requests[flow.request];
  PAPILIO_CHECK(request.generation == flow.generation);
  Mobile& mobile = fleet_.mobile_of(request);
  const double elapsed_s = flow.elapsed_s;
  const auto seen_rate = [&] { return elapsed_s > 0 ? request.bytes / elapsed_s : kNever; };
  switch (request.span) {
    case SpanKind::kUplink:
      leave(request, elapsed_s, now);
      radios_.end_upload(request, request.bytes, elapsed_s, now);
      mobile.seen_uplink = seen_rate();
      mobile.seen_s = now;
      if (const auto next = next_turn(uploading_, request.mobile, now)) send_upload(*next, now);
      if (loses(request)) {
        lose(flow.request, now);
      } else {
        wait(flow.request, SpanKind::kToEdge, fleet_.radio_delay_s(mobile, transfer_of(request)),
             now);
      }
      break;
    case SpanKind::kBackhaulUp:
      leave(request, elapsed_s, now);
      backend_.end_backhaul_up(flow.request, now);
      break;
    case SpanKind::kBackhaulDown:
      leave(request, elapsed_s, now);
      backend_.end_backhaul_down(flow.request, now);
      break;
    case SpanKind::kDownlink: {
      leave(request, elapsed_s, now);
      radios_.end_download(request, request.bytes, elapsed_s, now);
      const bool lost = loses(request);
      if (!lost) mobile.seen_downlink = seen_rate();
      if (const auto next = next_turn(downloading_, request.mobile, now)) send_download(*next, now);
      end_download(flow.request, lost, now);
      break;
    }
    default:
      PAPILIO_CHECK(!"a request with a flow");
  }
}

/// What was sent to a mobile has crossed the last link, or there is none to cross.
void Life::end_download(std::uint32_t id, bool lost, double now) {
  Request& request = fleet_.requests[id];
  if (lost) {
    lose(id, now);
  } else if (request.abandoned) {
    fleet_.requests.release(id);  // it comes too late: nobody takes it
  } else {
    // Where only the mobile's own layers are left, nothing is awaited: the timeout finds another
    // number.
    if (request.stage + 2U == request.stages.size()) ++request.generation;
    next_stage(id, now);
  }
}

/// Whether a cell that loses messages loses the one that a request has over it. Every message has a
/// number of its own, so that every strategy loses the same ones.
bool Life::draw_loss(const Request& request) const {
  const Mobile& mobile = fleet_.mobile_of(request);
  const double loss = fleet_.cell_of(mobile).loss;
  Stream losses{losses_, mobile.number, (std::uint64_t{request.number} << 16U) + request.attempts};
  bool lost = false;
  for (std::size_t i = kFirstTransfer; i <= request.stage; ++i) {
    const auto* transfer = std::get_if<Transfer>(&request.stages[i]);
    if (transfer == nullptr) continue;
    if (transfer->from == Tier::kMobile || transfer->to == Tier::kMobile) {
      lost = losses.uniform() < loss;
    }
  }
  return lost;
}

// Recovery --------------------------------------------------------------------------------------

MobileCost Life::fallback_of(const Request& request) const {
  return fleet_.plan_of(request).fallback(request.stages, request.stage);
}

void Life::time_out(std::uint32_t id, double now) {
  const Recovery& recovery = fleet_.group_of(fleet_.mobile_of(fleet_.requests[id])).recovery;
  if (give_up_span(id, now)) id = leave_behind(id);
  Request& request = fleet_.requests[id];
  ++request.generation;
  // What the attempt took is told in one, whatever spans it came to, but for the mobile's own work.
  const double mobile_s = request.phases[Phase::kMobile];
  request.phases = request.before_attempt;
  request.phases[Phase::kRecovery] += request.attempt_promotion_s + recovery.timeout_s -
                                      (mobile_s - request.before_attempt[Phase::kMobile]);
  request.phases[Phase::kMobile] = mobile_s;
  if (request.attempts <= static_cast<std::uint32_t>(recovery.retries)) {
    const double backoff_s =
        recovery.backoff_s * std::ldexp(1, static_cast<int>(request.attempts) - 1);
    wait(id, SpanKind::kBackoff, backoff_s, now);
  } else if (recovery.fallback) {
    const double load_level = fleet_.group_of(fleet_.mobile_of(request)).load_level;
    wait(id, SpanKind::kFallback, fallback_of(request).time_s * load_level, now);
  } else {
    end(id, RequestEnd::kFailed, now);
  }
}

/// Leaves the span in which a timeout finds an attempt. The mobile stops what it does itself; what
/// is on its way beyond it, nobody can call back. @return whether there is anything on its way
bool Life::give_up_span(std::uint32_t id, double now) {
  Request& request = fleet_.requests[id];
  Mobile& mobile = fleet_.mobile_of(request);
  const GroupModel& group = fleet_.group_of(mobile);
  const double elapsed_s = now - request.span_begin_s;
  bool goes_on = true;
  switch (request.span) {
    case SpanKind::kLost:
      leave(request, elapsed_s, now);
      return false;
    case SpanKind::kUplink: {
      const double sent = fleet_.resources.abort(mobile.uplink, now, {id, request.generation});
      // The timeout began with the first upload.
      const bool first = request.stage == kFirstTransfer;
      radios_.end_upload(request, sent, first ? group.recovery.timeout_s : elapsed_s, now);
      // A mobile that got nothing through knows that the rate was as low as this.
      mobile.seen_uplink = 0;
      mobile.seen_s = now;
      goes_on = false;
      break;
    }
    case SpanKind::kMobile: {
      const auto* layers = std::get_if<Compute>(&stage_of(request));
      request.energy[EnergyPart::kCompute] +=
          layers->energy.value() * group.load_level * (elapsed_s / request.span_length_s);
      goes_on = false;
      break;
    }
    case SpanKind::kPromotion:
      goes_on = false;
      break;
    default:
      break;
  }
  cut(request, now);
  return goes_on;
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
  request.energy[EnergyPart::kIdle] +=
      group.idle_power_w *
      (request.phases.total() - request.phases[Phase::kQueue] - request.phases[Phase::kMobile]);
  tell_end(request, now);
  meter_.end(request, how, now);
  chooser_.end(request, how);
  mobile.energy += request.energy;
  const bool was_busy = mobile.busy(group.overlap);
  if (mobile.current == id) {
    mobile.current = kNothing;
  } else {
    --mobile.away;
  }
  fleet_.requests.release(id);

  if (!mobile.battery_empty && fleet_.battery_left(mobile) <= 0) {
    mobile.battery_empty = true;
    meter_.empty_battery();
    drop_queue(mobile_id, now);
  }
  free_mobile(mobile_id, was_busy, now);
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
    const auto lane = downloading_.find(request.mobile);
    const bool waits = lane != downloading_.end() && lane->second.front() != id;
    if (request.span == SpanKind::kDownlink && !waits) {
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
