#include "sim/fleet/fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/base/error.hpp"
#include "sim/fleet/arrivals.hpp"
#include "sim/fleet/chooser.hpp"
#include "sim/fleet/job_kinds.hpp"
#include "sim/fleet/meter.hpp"
#include "sim/fleet/state.hpp"

namespace papilio {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

}  // namespace

class Fleet::Player {
 public:
  Player(const FleetModel& model, std::size_t strategy, int replication,
         const LinkFactory& make_link);

  double next_date() { return over() ? kNever : fleet_.calendar.next_date(); }
  void play_until(double date) {
    while (!over() && fleet_.calendar.next_date() <= date) play_event();
  }
  void play_events(std::uint64_t count) {
    for (; count > 0 && !over(); --count) play_event();
  }
  void play_link(double now, std::uint32_t link);
  void stop();
  FleetResult finish();

  [[nodiscard]] bool over() const { return arrivals_.pending() == 0 && meter_.in_system() == 0; }
  [[nodiscard]] double now() const { return now_; }
  [[nodiscard]] std::uint64_t requests() const { return meter_.ended(); }
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  void make_mobiles(std::uint64_t seed);

  void play_event();
  void fetch_ahead(const std::vector<Event>& events);

  // Arrivals.
  void arrive(std::uint32_t mobile, double now);
  void begin(std::uint32_t mobile, const Waiting& waiting, double now);
  void begin_waiting(std::uint32_t mobile, double now);

  // The life of a request.
  void step(std::uint32_t id, double now);
  void attempt(std::uint32_t id, double now);
  void start_upload(std::uint32_t id, double now);
  void reach_network(std::uint32_t id, double now);
  void leave_edge(std::uint32_t id, double now);
  void reach_server(std::uint32_t id, double now);
  void answer(std::uint32_t id, double now);
  void pass_edge_down(std::uint32_t id, double now);
  void reach_mobile(std::uint32_t id, double now);
  void hear_page(std::uint32_t id, double now);
  void start_download(std::uint32_t id, double now);
  void end_flow(const Flow& flow, double now);
  void end_job(const Job& job, double now);
  void end_answer(std::uint32_t id, double now);
  void time_out(std::uint32_t id, double now);
  std::uint32_t leave_behind(std::uint32_t id);
  void change_fault(std::uint32_t server, double now);
  void lose(std::uint32_t id);
  void end(std::uint32_t id, RequestEnd how, double now);

  void wait_fixed(std::uint32_t id, Stage stage, double length_s, double now);
  void start_flow(std::uint32_t id, Stage stage, std::uint32_t link, double bytes, double cap,
                  double now);
  void submit(std::uint32_t id, Stage stage, std::uint32_t server, double service_s, double now);
  void charge_uplink(Request& request, double bytes, double elapsed_s, double now);
  void charge_downlink(Request& request, double bytes, double elapsed_s, double now);
  /// Whom a mobile's radio is charged to: the request that it serves, or the time between requests.
  [[nodiscard]] EnergyLedger& payer(Mobile& mobile) {
    return mobile.current == kNothing ? fleet_.between_of(mobile)
                                      : fleet_.requests[mobile.current].energy;
  }
  /// Whom a request's answer is charged to: what an attempt left behind, to its request while that
  /// lasts.
  [[nodiscard]] EnergyLedger& payer(Request& request) {
    if (!request.abandoned) return request.energy;
    Mobile& mobile = fleet_.mobile_of(request);
    const bool lasts =
        mobile.current != kNothing && fleet_.requests[mobile.current].number == request.number;
    return lasts ? fleet_.requests[mobile.current].energy : fleet_.between_of(mobile);
  }

  void drop(std::uint32_t mobile, const Waiting& waiting, double now);
  void drop_queue(std::uint32_t mobile, double now);

  /// Told by mobile and number alone, so that every strategy, and within one every partition, meets
  /// the same picture at the same request.
  [[nodiscard]] std::uint32_t draw_image(std::uint32_t mobile, std::uint32_t number) const {
    if (model_.images.empty()) return 0;
    const auto count = static_cast<double>(model_.images.size());
    return static_cast<std::uint32_t>(Stream{images_, mobile, number}.uniform() * count);
  }

  const FleetModel& model_;
  StreamFamily losses_;
  StreamFamily images_;
  double now_{0};
  std::uint64_t events_{0};

  FleetState fleet_;
  JobKinds kinds_;
  Arrivals arrivals_;
  Meter meter_;

  Chooser chooser_;

  bool stopped_{false};
  std::vector<Flow> ended_flows_;
  std::vector<Job> ended_jobs_;
  std::vector<Job> lost_jobs_;
};

namespace {

/// A replication is a seed of its own; a strategy is not, so all meet the same conditions.
std::uint64_t seed_of(const FleetModel& model, int replication) {
  Stream seeds{StreamFamily{model.seed, "replications"}, static_cast<std::uint64_t>(replication)};
  return static_cast<std::uint64_t>(seeds.uniform() * 4294967296.0);
}

}  // namespace

Fleet::Player::Player(const FleetModel& model, std::size_t strategy, int replication,
                      const LinkFactory& make_link)
    : model_{model},
      losses_{model.seed, fmt::format("losses/{}", replication)},
      images_{model.seed, fmt::format("images/{}", replication)},
      fleet_{model, seed_of(model, replication), make_link},
      kinds_{model},
      arrivals_{fleet_.calendar, model.duration_s},
      meter_{model, replication},
      chooser_{fleet_, model.strategies.at(strategy), replication} {
  make_mobiles(seed_of(model, replication));
  fleet_.calendar.on_nearing([this](const std::vector<Event>& events) { fetch_ahead(events); });
  if (model_.sample_s > 0) fleet_.calendar.push(model_.sample_s, EventKind::kSample, 0, 0);
}

void Fleet::Player::make_mobiles(std::uint64_t seed) {
  fleet_.mobiles.reserve(model_.mobiles());
  std::vector<std::uint32_t> in_cell(model_.cells.size());
  std::vector<std::uint32_t> at_server(model_.servers.size());
  for (std::size_t g = 0; g < model_.groups.size(); ++g) {
    const GroupModel& group = model_.groups[g];
    const StreamFamily arrivals{seed, "arrivals " + group.name};
    const StreamFamily work{seed, "work " + group.name};
    // Equal cells and servers take the mobiles in turn, whatever groups these are of.
    const auto next_server = [&](std::uint32_t server) {
      return fleet_.resources.first_server(server) +
             at_server[server]++ % model_.servers[server].count;
    };
    for (std::uint32_t i = 0; i < group.count; ++i) {
      const std::uint32_t copy = in_cell[group.cell]++ % model_.cells[group.cell].count;
      const std::uint32_t uplink = fleet_.resources.uplink(group.cell, copy);
      fleet_.mobiles.push_back(Mobile{.arrivals = Stream{arrivals, i},
                                      .work = Stream{work, i},
                                      .group = static_cast<std::uint32_t>(g),
                                      .uplink = uplink,
                                      .downlink = uplink + 1,
                                      .server = next_server(group.server),
                                      .edge = group.edge ? next_server(*group.edge) : kNothing});
      arrivals_.schedule_next(static_cast<std::uint32_t>(fleet_.mobiles.size() - 1),
                              fleet_.mobiles.back(), group.workload, 0);
    }
  }
}

/// Mobiles ask in no order that memory knows: each of 100,000 is a wait for far memory, unless it
/// is asked for a few events ahead.
void Fleet::Player::fetch_ahead(const std::vector<Event>& events) {
  for (const Event& event : events) {
    if (event.kind() != EventKind::kArrival) continue;
    fleet_.mobiles[event.target].fetch_ahead();
  }
}

void Fleet::Player::play_event() {
  const Event event = fleet_.calendar.pop();
  now_ = event.date;
  ++events_;
  switch (event.kind()) {
    case EventKind::kArrival:
      arrive(event.target, now_);
      break;
    case EventKind::kStep:
      if (fleet_.requests[event.target].generation == event.generation) step(event.target, now_);
      break;
    case EventKind::kTimeout:
      if (fleet_.requests[event.target].generation == event.generation)
        time_out(event.target, now_);
      break;
    case EventKind::kLink:
      if (fleet_.resources.take_link_event(event)) play_link(now_, event.target);
      break;
    case EventKind::kServerDone:
      ended_jobs_.clear();
      fleet_.resources.server(event.target).end_batch(now_, event.generation, ended_jobs_);
      for (std::size_t i = 0; i < ended_jobs_.size(); ++i) end_job(ended_jobs_[i], now_);
      break;
    case EventKind::kServerBatch:
      fleet_.resources.server(event.target).begin_waiting_batch(now_);
      break;
    case EventKind::kServerFault:
      change_fault(event.target, now_);
      break;
    case EventKind::kBackground:
      fleet_.resources.play_background(event.target, now_);
      break;
    case EventKind::kPing:
      chooser_.ping(now_);
      break;
    case EventKind::kSample:
      meter_.sample(now_, fleet_.resources);
      if (meter_.samples_left())
        fleet_.calendar.push(now_ + model_.sample_s, EventKind::kSample, 0, 0);
      break;
  }
}

// Arrivals ---------------------------------------------------------------------------------------

void Fleet::Player::arrive(std::uint32_t id, double now) {
  Mobile& mobile = fleet_.mobiles[id];
  const GroupModel& group = fleet_.group_of(mobile);
  const Waiting waiting = arrivals_.take(mobile, group, now);
  meter_.arrive(mobile.group, now);
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

void Fleet::Player::begin(std::uint32_t mobile_id, const Waiting& waiting, double now) {
  const std::uint32_t id = fleet_.requests.take();
  Mobile& mobile = fleet_.mobiles[mobile_id];
  const GroupModel& group = fleet_.group_of(mobile);
  Request& request = fleet_.requests[id];
  request = Request{.generation = request.generation + 1,
                    .mobile = mobile_id,
                    .number = waiting.number,
                    .image = draw_image(mobile_id, waiting.number),
                    .service_factor = waiting.service_factor,
                    .arrival_s = waiting.arrival_s,
                    .upload_bytes = waiting.upload_factor};
  request.phases.queue = now - waiting.arrival_s;
  const CellModel& cell = fleet_.cell_of(mobile);
  if (cell.states) mobile.radio.charge(*cell.states, now, fleet_.between_of(mobile));
  mobile.current = id;
  meter_.begin_serving();
  request.partition = chooser_.choose(mobile, request, now);
  const ImageDemand demand = fleet_.demand_of(request);
  // What crosses a radio is whole bytes.
  request.upload_bytes = std::ceil(demand.upload_bytes * request.upload_bytes);
  wait_fixed(id, Stage::kMobile, demand.mobile_s * group.load_level, now);
}

void Fleet::Player::begin_waiting(std::uint32_t id, double now) {
  const std::optional<Waiting> waiting = arrivals_.next_of(fleet_.mobiles[id]);
  if (!waiting) return;
  meter_.end_waiting();
  begin(id, *waiting, now);
}

void Fleet::Player::drop(std::uint32_t id, const Waiting& waiting, double now) {
  Request dropped{.mobile = id,
                  .number = waiting.number,
                  .partition = kNoPartition,
                  .arrival_s = waiting.arrival_s};
  dropped.phases.queue = now - waiting.arrival_s;
  meter_.drop(dropped, fleet_.mobiles[id].group, now);
}

void Fleet::Player::drop_queue(std::uint32_t id, double now) {
  while (const std::optional<Waiting> waiting = arrivals_.next_of(fleet_.mobiles[id])) {
    meter_.end_waiting();
    drop(id, *waiting, now);
  }
}

// The life of a request --------------------------------------------------------------------------

void Fleet::Player::wait_fixed(std::uint32_t id, Stage stage, double length_s, double now) {
  Request& request = fleet_.requests[id];
  request.stage = stage;
  request.stage_begin_s = now;
  request.stage_length_s = length_s;
  if (length_s > 0) {
    fleet_.calendar.push(now + length_s, EventKind::kStep, id, request.generation);
  } else {
    step(id, now);
  }
}

/// A phase of fixed length has ended. Its length is charged as it was, not as a difference of
/// dates, which would lose digits late in a long run.
void Fleet::Player::step(std::uint32_t id, double now) {
  Request& request = fleet_.requests[id];
  const double length_s = request.stage_length_s;
  const double load_level = fleet_.group_of(fleet_.mobile_of(request)).load_level;
  switch (request.stage) {
    case Stage::kMobile: {
      const ImageDemand demand = fleet_.demand_of(request);
      request.phases.mobile += length_s;
      request.energy.compute += demand.mobile_j * load_level;
      if (demand.upload_bytes > 0) {
        attempt(id, now);
      } else {
        end(id, RequestEnd::kCompleted, now);
      }
      break;
    }
    case Stage::kPromotion:
      request.phases.promotion += length_s;
      start_upload(id, now);
      break;
    case Stage::kToEdge:
      request.phases.delay += length_s;
      reach_network(id, now);
      break;
    case Stage::kToServer:
      request.phases.delay += length_s;
      reach_server(id, now);
      break;
    case Stage::kToMobile:
      request.phases.delay += length_s;
      reach_mobile(id, now);
      break;
    case Stage::kPaging:
      request.phases.promotion += length_s;
      hear_page(id, now);
      break;
    case Stage::kListening:
    case Stage::kAnswerPromotion:
      request.phases.promotion += length_s;
      start_download(id, now);
      break;
    case Stage::kBackoff:
      request.phases.recovery += length_s;
      attempt(id, now);
      break;
    case Stage::kFallback:
      request.phases.mobile += length_s;
      request.energy.compute += fleet_.partition_of(request).fallback_j * load_level;
      request.fell_back = true;
      end(id, RequestEnd::kCompleted, now);
      break;
    default:
      PAPILIO_CHECK(!"a phase of fixed length");
  }
}

void Fleet::Player::attempt(std::uint32_t id, double now) {
  Request& request = fleet_.requests[id];
  Mobile& mobile = fleet_.mobile_of(request);
  const GroupModel& group = fleet_.group_of(mobile);
  const CellModel& cell = fleet_.cell_of(mobile);
  request.attempts += 1;
  request.via_backhaul = false;
  if (group.recovery.timeout_s > 0) request.before_attempt = request.phases;
  if (cell.loss > 0) {
    // A stream for each message, so that every strategy loses the same ones.
    Stream losses{losses_, request.mobile,
                  (std::uint64_t{request.number} << 16U) + request.attempts};
    request.lose_upload = losses.uniform() < cell.loss;
    request.lose_answer = losses.uniform() < cell.loss;
  }
  double promotion_s = 0;
  if (cell.states) promotion_s = mobile.radio.connect(*cell.states, now, request.energy);
  request.attempt_promotion_s = promotion_s;
  if (promotion_s > 0) {
    wait_fixed(id, Stage::kPromotion, promotion_s, now);
  } else {
    start_upload(id, now);
  }
}

void Fleet::Player::start_flow(std::uint32_t id, Stage stage, std::uint32_t link, double bytes,
                               double cap, double now) {
  Request& request = fleet_.requests[id];
  request.stage = stage;
  request.stage_begin_s = now;
  const auto level =
      static_cast<std::uint32_t>(fleet_.group_of(fleet_.mobile_of(request)).wifi_level);
  fleet_.resources.start(link, now, {id, request.generation, level}, bytes, cap);
}

void Fleet::Player::start_upload(std::uint32_t id, double now) {
  Request& request = fleet_.requests[id];
  Mobile& mobile = fleet_.mobile_of(request);
  const CellModel& cell = fleet_.cell_of(mobile);
  if (cell.states) mobile.radio.charge(*cell.states, now, request.energy);
  mobile.radio.begin_transfer(now);
  const double timeout_s = fleet_.group_of(mobile).recovery.timeout_s;
  if (timeout_s > 0) {
    fleet_.calendar.push(now + timeout_s, EventKind::kTimeout, id, request.generation);
  }
  start_flow(id, Stage::kUplink, mobile.uplink, request.upload_bytes,
             fleet_.group_of(mobile).uplink_cap_byte_per_s, now);
}

void Fleet::Player::submit(std::uint32_t id, Stage stage, std::uint32_t server, double service_s,
                           double now) {
  Request& request = fleet_.requests[id];
  const Mobile& mobile = fleet_.mobile_of(request);
  request.stage = stage;
  request.stage_begin_s = now;
  const Tier tier = stage == Stage::kEdge ? Tier::kEdge : Tier::kCloud;
  const bool taken = fleet_.resources.server(server).submit(
      now, {.request = id,
            .generation = request.generation,
            .kind = kinds_.of(mobile.group, request.partition, tier),
            .priority = fleet_.group_of(mobile).priority,
            .service_s = service_s * request.service_factor});
  if (!taken) lose(id);
}

/// The upload has arrived where the radio ends.
void Fleet::Player::reach_network(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  const double edge_s = fleet_.demand_of(request).edge_s;
  const Mobile& mobile = fleet_.mobile_of(request);
  if (mobile.edge == kNothing) {
    reach_server(id, now);
  } else if (fleet_.resources.server(mobile.edge).down(now)) {
    lose(id);  // a node that is down forwards nothing
  } else if (edge_s > 0) {
    submit(id, Stage::kEdge, mobile.edge, edge_s, now);
  } else {
    leave_edge(id, now);
  }
}

void Fleet::Player::leave_edge(std::uint32_t id, double now) {
  Request& request = fleet_.requests[id];
  const ImageDemand demand = fleet_.demand_of(request);
  const std::uint32_t edge = fleet_.mobile_of(request).edge;
  if (demand.server_s <= 0) {
    answer(id, now);
    return;
  }
  request.via_backhaul = true;
  const ServerModel& model = fleet_.resources.model_of(edge);
  const double bytes = demand.edge_s > 0 ? std::ceil(fleet_.partition_of(request).backhaul_bytes)
                                         : request.upload_bytes;
  const std::uint32_t link = fleet_.resources.backhaul(edge, 0);
  if (link != kNothing && bytes > 0) {
    start_flow(id, Stage::kBackhaulUp, link, bytes, kNever, now);
  } else {
    wait_fixed(id, Stage::kToServer, model.backhaul_delay_s, now);
  }
}

void Fleet::Player::reach_server(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  submit(id, Stage::kServer, fleet_.mobile_of(request).server, fleet_.demand_of(request).server_s,
         now);
}

void Fleet::Player::end_job(const Job& job, double now) {
  if (job.request == Job::kBackground) return;
  Request& request = fleet_.requests[job.request];
  PAPILIO_CHECK(request.generation == job.generation);
  request.phases.wait += job.begin_s - job.arrival_s;
  request.phases.service += job.time_s;
  if (request.stage == Stage::kEdge) {
    leave_edge(job.request, now);
    return;
  }
  if (request.abandoned) {
    // Its request may have ended, whose sums it is part of all the same.
    meter_.add_server_time(request, fleet_.mobile_of(request).group, job.gpu_s);
  }
  request.server_s += job.gpu_s;
  request.profiled_server_s += job.service_s;
  answer(job.request, now);
}

void Fleet::Player::answer(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  const Mobile& mobile = fleet_.mobile_of(request);
  const double delay_s = fleet_.cell_of(mobile).delay_s;
  if (!request.via_backhaul) {
    wait_fixed(id, Stage::kToMobile, delay_s, now);
    return;
  }
  const double bytes = std::ceil(fleet_.partition_of(request).result_bytes);
  const std::uint32_t link = fleet_.resources.backhaul(mobile.edge, 1);
  if (link != kNothing && bytes > 0) {
    start_flow(id, Stage::kBackhaulDown, link, bytes, kNever, now);
  } else {
    pass_edge_down(id, now);
  }
}

/// The answer has left the backhaul's link, and passes the edge after its delay. Crashes are known
/// ahead, so that need not be an event of its own.
void Fleet::Player::pass_edge_down(std::uint32_t id, double now) {
  const Mobile& mobile = fleet_.mobiles[fleet_.requests[id].mobile];
  const double delay_s = fleet_.resources.model_of(mobile.edge).backhaul_delay_s;
  if (fleet_.resources.server(mobile.edge).down(now + delay_s)) {
    lose(id);
  } else {
    wait_fixed(id, Stage::kToMobile, delay_s + fleet_.cell_of(mobile).delay_s, now);
  }
}

/// The answer is in the mobile's cell.
void Fleet::Player::reach_mobile(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  const Mobile& mobile = fleet_.mobile_of(request);
  const CellModel& cell = fleet_.cell_of(mobile);
  if (fleet_.partition_of(request).result_bytes <= 0) {
    end_answer(id, now);
  } else if (!cell.states || mobile.radio.active()) {
    start_download(id, now);
  } else if (now < mobile.radio.last_s()) {
    wait_fixed(id, Stage::kAnswerPromotion, mobile.radio.last_s() - now, now);
  } else {
    const Hearing hearing = cell.states->hearing(Seconds{now - mobile.radio.last_s()});
    wait_fixed(id, hearing.idle ? Stage::kPaging : Stage::kListening, hearing.wait.value(), now);
  }
}

/// An idle radio hears that an answer has come, and is promoted to take it.
void Fleet::Player::hear_page(std::uint32_t id, double now) {
  Request& request = fleet_.requests[id];
  Mobile& mobile = fleet_.mobile_of(request);
  const RadioStates& states = *fleet_.cell_of(mobile).states;
  double promotion_s = 0;
  if (mobile.radio.active() || mobile.radio.last_s() > request.stage_begin_s) {
    // Another attempt has woken the radio meanwhile.
    promotion_s = mobile.radio.connect(states, now, payer(mobile));
  } else {
    mobile.radio.charge(states, now, payer(mobile));
    promotion_s = mobile.radio.promote(states, now, payer(request));
  }
  wait_fixed(id, Stage::kAnswerPromotion, promotion_s, now);
}

void Fleet::Player::start_download(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  Mobile& mobile = fleet_.mobile_of(request);
  const CellModel& cell = fleet_.cell_of(mobile);
  if (cell.states) mobile.radio.charge(*cell.states, now, payer(mobile));
  mobile.radio.begin_transfer(now);
  start_flow(id, Stage::kDownlink, mobile.downlink,
             std::ceil(fleet_.partition_of(request).result_bytes),
             fleet_.group_of(mobile).downlink_cap_byte_per_s, now);
}

void Fleet::Player::charge_uplink(Request& request, double bytes, double elapsed_s, double now) {
  Mobile& mobile = fleet_.mobile_of(request);
  const CellModel& cell = fleet_.cell_of(mobile);
  const double active_s = mobile.radio.end_transfer(now, request.stage_begin_s, elapsed_s);
  request.energy.transmit += cell.radio.alpha_uplink.value() * bytes;
  if (cell.energy_model == EnergyModel::kStated) {
    request.energy.transmit += cell.radio.beta.value() * active_s;
  }
}

void Fleet::Player::charge_downlink(Request& request, double bytes, double elapsed_s, double now) {
  Mobile& mobile = fleet_.mobile_of(request);
  const CellModel& cell = fleet_.cell_of(mobile);
  const double active_s = mobile.radio.end_transfer(now, request.stage_begin_s, elapsed_s);
  EnergyLedger& ledger = payer(request);
  ledger.receive += cell.radio.alpha_downlink.value() * bytes;
  if (cell.energy_model == EnergyModel::kStated) {
    ledger.receive += cell.radio.beta.value() * active_s;
  }
}

void Fleet::Player::end_flow(const Flow& flow, double now) {
  Request& request = fleet_.requests[flow.request];
  PAPILIO_CHECK(request.generation == flow.generation);
  Mobile& mobile = fleet_.mobile_of(request);
  const CellModel& cell = fleet_.cell_of(mobile);
  const double elapsed_s = flow.elapsed_s;
  const auto seen_rate = [&](double bytes) { return elapsed_s > 0 ? bytes / elapsed_s : kNever; };
  switch (request.stage) {
    case Stage::kUplink:
      request.phases.uplink += elapsed_s;
      charge_uplink(request, request.upload_bytes, elapsed_s, now);
      mobile.seen_uplink = seen_rate(request.upload_bytes);
      mobile.seen_s = now;
      if (request.lose_upload) {
        lose(flow.request);
      } else {
        wait_fixed(flow.request, Stage::kToEdge, cell.delay_s, now);
      }
      break;
    case Stage::kBackhaulUp:
      request.phases.backhaul += elapsed_s;
      wait_fixed(flow.request, Stage::kToServer,
                 fleet_.resources.model_of(mobile.edge).backhaul_delay_s, now);
      break;
    case Stage::kBackhaulDown:
      request.phases.backhaul += elapsed_s;
      pass_edge_down(flow.request, now);
      break;
    case Stage::kDownlink: {
      request.phases.downlink += elapsed_s;
      const double bytes = std::ceil(fleet_.partition_of(request).result_bytes);
      charge_downlink(request, bytes, elapsed_s, now);
      if (!request.lose_answer) mobile.seen_downlink = seen_rate(bytes);
      end_answer(flow.request, now);
      break;
    }
    default:
      PAPILIO_CHECK(!"a request with a flow");
  }
}

/// The answer has crossed the last link, or there is none to cross.
void Fleet::Player::end_answer(std::uint32_t id, double now) {
  const Request& request = fleet_.requests[id];
  if (request.lose_answer) {
    lose(id);
  } else if (request.abandoned) {
    fleet_.requests.release(id);  // it comes too late: nobody takes it
  } else {
    end(id, RequestEnd::kCompleted, now);
  }
}

void Fleet::Player::time_out(std::uint32_t id, double now) {
  Mobile& mobile = fleet_.mobiles[fleet_.requests[id].mobile];
  const Recovery& recovery = fleet_.group_of(mobile).recovery;
  if (fleet_.requests[id].stage == Stage::kUplink) {
    // The mobile stops sending; what is on its way beyond it, nobody can call back.
    Request& request = fleet_.requests[id];
    const double sent = fleet_.resources.abort(mobile.uplink, now, {id, request.generation});
    charge_uplink(request, sent, recovery.timeout_s, now);
    // A mobile that got nothing through knows that the rate was as low as this.
    mobile.seen_uplink = 0;
    mobile.seen_s = now;
    request.stage = Stage::kLost;
  }
  if (fleet_.requests[id].stage != Stage::kLost) id = leave_behind(id);
  Request& request = fleet_.requests[id];
  ++request.generation;
  request.phases = request.before_attempt;
  request.phases.recovery += request.attempt_promotion_s + recovery.timeout_s;
  if (request.attempts <= static_cast<std::uint32_t>(recovery.retries)) {
    const double backoff_s =
        recovery.backoff_s * std::ldexp(1, static_cast<int>(request.attempts) - 1);
    wait_fixed(id, Stage::kBackoff, backoff_s, now);
  } else if (recovery.fallback) {
    wait_fixed(id, Stage::kFallback,
               fleet_.partition_of(request).fallback_s * fleet_.group_of(mobile).load_level, now);
  } else {
    end(id, RequestEnd::kFailed, now);
  }
}

/// Parts a request from what its attempt has on its way, which goes on in its old place with all
/// its events. @return the request's new place
std::uint32_t Fleet::Player::leave_behind(std::uint32_t id) {
  const std::uint32_t place = fleet_.requests.take();
  Request& left = fleet_.requests[id];
  const std::uint32_t generation = fleet_.requests[place].generation;
  fleet_.requests[place] = left;
  fleet_.requests[place].generation = generation;
  fleet_.mobiles[left.mobile].current = place;
  left.abandoned = true;
  return place;
}

/// A server goes down or comes back. With it goes what it computes, what waits for it, and what it
/// is sending: an edge's messages to the cloud, a cloud's answers to edges.
void Fleet::Player::change_fault(std::uint32_t server, double now) {
  lost_jobs_.clear();
  fleet_.resources.server(server).change_fault(now, lost_jobs_);
  for (const Job& job : lost_jobs_) {
    if (job.request != Job::kBackground) lose(job.request);
  }
  if (!fleet_.resources.server(server).down(now)) return;
  for (std::uint32_t id = 0; id < fleet_.requests.size(); ++id) {
    const Request& request = fleet_.requests[id];
    const Mobile& mobile = fleet_.mobile_of(request);
    const bool up = request.stage == Stage::kBackhaulUp && mobile.edge == server;
    const bool down = request.stage == Stage::kBackhaulDown && mobile.server == server;
    if (!up && !down) continue;
    fleet_.resources.abort(fleet_.resources.backhaul(mobile.edge, up ? 0 : 1), now,
                           {id, request.generation});
    lose(id);
  }
}

/// Nothing more comes of an attempt. Its mobile does not know and waits for its timeout.
void Fleet::Player::lose(std::uint32_t id) {
  if (fleet_.requests[id].abandoned) {
    fleet_.requests.release(id);
  } else {
    fleet_.requests[id].stage = Stage::kLost;
  }
}

void Fleet::Player::end(std::uint32_t id, RequestEnd how, double now) {
  Request& request = fleet_.requests[id];
  const std::uint32_t mobile_id = request.mobile;
  Mobile& mobile = fleet_.mobiles[mobile_id];
  const GroupModel& group = fleet_.group_of(mobile);
  const CellModel& cell = fleet_.cell_of(mobile);
  if (cell.states) mobile.radio.charge(*cell.states, now, request.energy);
  const double latency_s = request.phases.total();
  request.energy.idle +=
      group.idle_power_w * (latency_s - request.phases.queue - request.phases.mobile);
  meter_.end(request, mobile.group, how, now);
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

// The run ------------------------------------------------------------------------------------

void Fleet::Player::play_link(double now, std::uint32_t link) {
  now_ = std::max(now_, now);
  ended_flows_.clear();
  fleet_.resources.link(link).advance(now, ended_flows_);
  for (std::size_t i = 0; i < ended_flows_.size(); ++i) end_flow(ended_flows_[i], now);
  fleet_.resources.reschedule(link);
}

void Fleet::Player::stop() {
  if (std::exchange(stopped_, true)) return;
  for (std::uint32_t id = 0; id < fleet_.requests.size(); ++id) {
    Request& request = fleet_.requests[id];
    const Mobile& mobile = fleet_.mobile_of(request);
    const Flow flow{id, request.generation};
    if (request.stage == Stage::kDownlink) {
      const double elapsed_s = now_ - request.stage_begin_s;
      charge_downlink(request, fleet_.resources.link(mobile.downlink).abort(now_, flow), elapsed_s,
                      now_);
    } else if (request.stage == Stage::kBackhaulUp || request.stage == Stage::kBackhaulDown) {
      fleet_.resources
          .link(fleet_.resources.backhaul(mobile.edge, request.stage == Stage::kBackhaulUp ? 0 : 1))
          .abort(now_, flow);
    }
    request.stage = Stage::kLost;
  }
}

FleetResult Fleet::Player::finish() {
  stop();
  if (model_.sample_s > 0) meter_.sample(now_, fleet_.resources);
  // A radio goes on after the last answer: its tail belongs to the run where the run is that long.
  const double end_s = std::isfinite(model_.duration_s) ? std::max(now_, model_.duration_s) : now_;
  for (Mobile& mobile : fleet_.mobiles) {
    const CellModel& cell = fleet_.cell_of(mobile);
    if (cell.states) mobile.radio.charge(*cell.states, end_s, fleet_.between_of(mobile));
    meter_.add_mobile(mobile.energy, fleet_.between_of(mobile));
  }
  return meter_.finish(now_, end_s, events_, fleet_.resources);
}

Fleet::Fleet(const FleetModel& model, std::size_t strategy, int replication,
             const LinkFactory& make_link)
    : player_{std::make_unique<Player>(model, strategy, replication, make_link)} {}
Fleet::~Fleet() = default;
double Fleet::next_date() {
  return player_->next_date();
}
void Fleet::play_until(double date) {
  player_->play_until(date);
}
void Fleet::play_events(std::uint64_t count) {
  player_->play_events(count);
}
void Fleet::play_link(double now, std::uint32_t link) {
  player_->play_link(now, link);
}
std::uint64_t Fleet::requests() const {
  return player_->requests();
}
std::uint64_t Fleet::events() const {
  return player_->events();
}
bool Fleet::over() const {
  return player_->over();
}
double Fleet::now() const {
  return player_->now();
}
void Fleet::stop() {
  player_->stop();
}
FleetResult Fleet::finish() {
  return player_->finish();
}

}  // namespace papilio
