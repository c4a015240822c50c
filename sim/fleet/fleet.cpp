#include "sim/fleet/fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/base/error.hpp"
#include "sim/fleet/job_kinds.hpp"
#include "sim/fleet/mobile_radio.hpp"

namespace papilio {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// Where a request is. The order is that of a request's life.
enum class Phase : std::uint8_t {
  kMobile,
  kPromotion,
  kUplink,
  kToEdge,
  kEdge,
  kBackhaulUp,
  kToServer,
  kServer,
  kBackhaulDown,
  kToMobile,
  kListening,        // a connected radio's next listening time
  kPaging,           // an idle radio's
  kAnswerPromotion,  // the page was heard
  kDownlink,
  kLost,  // nothing will come but the timeout
  kBackoff,
  kFallback,
};

/// A request that has arrived and not begun.
struct Waiting {
  double arrival_s;
  float service_factor;
  float upload_factor;
  std::uint32_t number;
  std::uint32_t next;  // in its mobile's queue, or in the free list
};

struct Mobile {
  Stream arrivals;
  Stream work;
  std::uint32_t group;
  std::uint32_t uplink;
  std::uint32_t downlink;
  std::uint32_t server;
  std::uint32_t edge;
  std::uint32_t issued{0};
  std::uint32_t current{kNone};  // the request being served
  std::uint32_t queue_head{kNone};
  std::uint32_t queue_tail{kNone};
  std::uint32_t queue_length{0};
  // Of its last transfers, which tell it the rates.
  double seen_uplink{0};
  double seen_downlink{0};
  double seen_s{-1};
  MobileRadio radio;
  double frame_s{0};      // date of its last periodic frame, before jitter
  EnergyLedger energy{};  // of the requests that have ended
  bool battery_empty{false};
};

/// A request from its beginning to its end; or what an attempt that timed out has left on its way.
struct Request {
  std::uint32_t generation{0};  // counts the attempts and the uses of the slot
  std::uint32_t mobile{0};
  std::uint32_t number{0};
  std::uint32_t partition{0};
  std::uint32_t image{0};
  std::uint32_t attempts{0};
  std::uint32_t next_free{kNone};
  Phase phase{Phase::kMobile};
  bool lose_upload{false};
  bool lose_answer{false};
  bool via_backhaul{false};
  bool fell_back{false};
  bool abandoned{false};  // nobody waits for it any more
  double service_factor{1};
  double arrival_s{0};
  double phase_begin_s{0};
  double phase_length_s{0};
  double upload_bytes{0};
  double attempt_promotion_s{0};  // before the upload of this attempt
  double server_s{0};             // GPU time taken
  double profiled_server_s{0};    // the same without load levels and batching
  PhaseTimes phases{};
  PhaseTimes before_attempt{};
  EnergyLedger energy{};
};

/// Totals of one kind of resource at one date.
struct Totals {
  double busy{0};
  double queue{0};
  double done{0};
};

}  // namespace

EnergyLedger& EnergyLedger::operator+=(const EnergyLedger& other) {
  compute += other.compute;
  promotion += other.promotion;
  transmit += other.transmit;
  receive += other.receive;
  tail += other.tail;
  idle += other.idle;
  return *this;
}

PhaseTimes& PhaseTimes::operator+=(const PhaseTimes& other) {
  queue += other.queue;
  mobile += other.mobile;
  promotion += other.promotion;
  uplink += other.uplink;
  delay += other.delay;
  wait += other.wait;
  service += other.service;
  backhaul += other.backhaul;
  downlink += other.downlink;
  recovery += other.recovery;
  return *this;
}

RequestSums& RequestSums::operator+=(const RequestSums& other) {
  arrived += other.arrived;
  completed += other.completed;
  dropped += other.dropped;
  failed += other.failed;
  late += other.late;
  retries += other.retries;
  fell_back += other.fell_back;
  phases += other.phases;
  energy += other.energy;
  server_s += other.server_s;
  saved_s += other.saved_s;
  mobile_share += other.mobile_share;
  return *this;
}

std::uint32_t FleetModel::mobiles() const {
  std::uint32_t count = 0;
  for (const GroupModel& group : groups) count += group.count;
  return count;
}

std::vector<std::string> resource_names(const FleetModel& model) {
  std::vector<std::string> names{"mobiles"};
  for (const CellModel& cell : model.cells) {
    names.push_back(cell.name + " uplink");
    names.push_back(cell.name + " downlink");
  }
  for (const ServerModel& server : model.servers) {
    names.push_back(server.name);
    if (std::isfinite(server.backhaul_byte_per_s)) {
      names.push_back(server.name + " backhaul up");
      names.push_back(server.name + " backhaul down");
    }
  }
  return names;
}

class Fleet::Player {
 public:
  Player(const FleetModel& model, std::size_t strategy, int replication,
         const LinkFactory& make_link);

  double next_date() { return over() ? kNever : calendar_.next_date(); }
  void play_until(double date) {
    while (!over() && calendar_.next_date() <= date) play_event();
  }
  void play_events(std::uint64_t count) {
    for (; count > 0 && !over(); --count) play_event();
  }
  void play_link(double now, std::uint32_t link);
  void stop();
  FleetResult finish();

  [[nodiscard]] bool over() const { return pending_arrivals_ == 0 && in_system_ == 0; }
  [[nodiscard]] double now() const { return now_; }
  [[nodiscard]] std::uint64_t requests() const { return ended_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  // Set-up.
  void make_links(const LinkFactory& make_link);
  void make_servers(std::uint64_t seed);
  void make_mobiles(std::uint64_t seed);

  void play_event();
  void fetch_ahead(const std::vector<Event>& events);

  // Arrivals.
  void schedule_next_arrival(std::uint32_t mobile, double now);
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
  void release(std::uint32_t id);
  std::uint32_t free_slot();
  void end(std::uint32_t id, RequestEnd how, double now);

  void wait_fixed(std::uint32_t id, Phase phase, double length_s, double now);
  void start_flow(std::uint32_t id, Phase phase, std::uint32_t link, double bytes, double cap,
                  double now);
  void submit(std::uint32_t id, Phase phase, std::uint32_t server, double service_s, double now);
  void charge_uplink(Request& request, double bytes, double elapsed_s, double now);
  void charge_downlink(Request& request, double bytes, double elapsed_s, double now);
  /// What a mobile draws while no request pays.
  [[nodiscard]] EnergyLedger& between(const Mobile& mobile) {
    return between_[static_cast<std::size_t>(&mobile - mobiles_.data())];
  }
  /// The share of a mobile's battery that is left, the request that it serves apart; below 0 where
  /// that drew more than there was.
  [[nodiscard]] double battery_left(const Mobile& mobile, const GroupModel& group) {
    if (!std::isfinite(group.battery_j)) return 1;
    return 1 - (mobile.energy.total() + between(mobile).total()) / group.battery_j;
  }
  /// Whom a mobile's radio is charged to: the request that it serves, or the time between requests.
  [[nodiscard]] EnergyLedger& payer(Mobile& mobile) {
    return mobile.current == kNone ? between(mobile) : requests_[mobile.current].energy;
  }
  /// Whom a request's answer is charged to: what an attempt left behind, to its request while that
  /// lasts.
  [[nodiscard]] EnergyLedger& payer(Request& request) {
    if (!request.abandoned) return request.energy;
    Mobile& mobile = mobiles_[request.mobile];
    const bool lasts =
        mobile.current != kNone && requests_[mobile.current].number == request.number;
    return lasts ? requests_[mobile.current].energy : between(mobile);
  }

  // Choice.
  [[nodiscard]] std::uint32_t choose(const Mobile& mobile, const Request& request, double now);
  [[nodiscard]] double true_latency_s(const Mobile& mobile, const Request& request,
                                      const FleetPartition& partition, double now);
  void ping(double now);

  // Bookkeeping.
  [[nodiscard]] bool counted(double arrival_s) const { return arrival_s >= model_.warm_up_s; }
  [[nodiscard]] std::size_t bucket_of(std::uint32_t group, double arrival_s) const;
  RequestSums& sums_of(std::uint32_t group, double arrival_s);
  void record(const Request& request, RequestEnd how, bool late);
  void drop(std::uint32_t mobile, const Waiting& waiting, double now);
  void drop_queue(std::uint32_t mobile, double now);
  void leave_system(double now);
  void integrate(double now);
  /// An edge server's link to (0) or from (1) the cloud, or kNone where it is unbounded.
  [[nodiscard]] std::uint32_t backhaul_link(std::uint32_t edge, std::uint32_t direction) const {
    const std::uint32_t model = server_models_[edge];
    if (backhaul_links_[model] == kNone) return kNone;
    return backhaul_links_[model] + 2 * (edge - first_server_[model]) + direction;
  }
  void reschedule(std::uint32_t link);
  void schedule_background(std::uint32_t server, double now);
  void sample(double now);
  [[nodiscard]] std::vector<Totals> totals(double now);

  [[nodiscard]] const GroupModel& group_of(const Mobile& mobile) const {
    return model_.groups[mobile.group];
  }
  [[nodiscard]] const CellModel& cell_of(const Mobile& mobile) const {
    return model_.cells[group_of(mobile).cell];
  }
  /// What a mobile's signal makes of the rate of its cell: 1 but in Wi-Fi cells.
  [[nodiscard]] double signal_of(const Mobile& mobile) const {
    const std::vector<double>& levels = cell_of(mobile).wifi_byte_per_s;
    return levels.empty() ? 1 : levels[group_of(mobile).wifi_level] / levels.front();
  }
  [[nodiscard]] const FleetPartition& partition_of(const Request& request) const {
    return group_of(mobiles_[request.mobile]).partitions[request.partition];
  }
  [[nodiscard]] ImageDemand demand_of(const Request& request) const {
    return partition_of(request).demand(request.image);
  }
  /// Told by mobile and number alone, so that every strategy, and within one every partition, meets
  /// the same picture at the same request.
  [[nodiscard]] std::uint32_t draw_image(std::uint32_t mobile, std::uint32_t number) const {
    if (model_.images.empty()) return 0;
    const auto count = static_cast<double>(model_.images.size());
    return static_cast<std::uint32_t>(Stream{images_, mobile, number}.uniform() * count);
  }

  const FleetModel& model_;
  const FleetStrategy& strategy_;
  StreamFamily losses_;
  StreamFamily sampling_;
  StreamFamily images_;
  Calendar calendar_;
  double now_{0};
  std::uint64_t events_{0};
  std::uint64_t ended_{0};

  std::vector<std::unique_ptr<Link>> links_;
  std::vector<double> link_event_s_;       // date of each link's pending event
  std::vector<std::uint32_t> cell_links_;  // [cells] first link: uplink, downlink of copy 0, …
  std::vector<std::uint32_t> backhaul_links_;  // [servers] likewise, or kNone
  std::vector<std::unique_ptr<Server>> servers_;
  std::vector<std::uint32_t> server_models_;  // [servers and their copies] position in the model
  std::vector<std::uint32_t> first_server_;   // [servers of the model]
  JobKinds kinds_;
  struct Background {
    Stream arrivals;
    Stream work;
  };
  std::vector<Background> background_;

  std::vector<Mobile> mobiles_;
  std::vector<EnergyLedger> between_;  // [mobiles], apart: without radio states nobody looks
  std::vector<Request> requests_;
  std::uint32_t free_request_{kNone};
  std::vector<Waiting> waiting_;
  std::uint32_t free_waiting_{kNone};
  std::uint64_t pending_arrivals_{0};
  std::uint64_t in_system_{0};

  double ping_s_{-1};
  std::vector<ServerView> server_views_;
  std::vector<double> link_views_;  // rate that one more flow would have got

  FleetResult result_;
  std::uint64_t waiting_count_{0};
  std::uint64_t busy_count_{0};
  Totals mobile_totals_;
  double integrated_s_{0};
  double in_flight_s_{0};
  std::vector<Totals> sampled_;
  double sampled_s_{0};
  bool stopped_{false};
  std::vector<Flow> ended_flows_;
  std::vector<Job> ended_jobs_;
  std::vector<Job> lost_jobs_;
};

Fleet::Player::Player(const FleetModel& model, std::size_t strategy, int replication,
                      const LinkFactory& make_link)
    : model_{model},
      strategy_{model.strategies.at(strategy)},
      losses_{model.seed, fmt::format("losses/{}", replication)},
      sampling_{model.seed, fmt::format("records/{}", replication)},
      images_{model.seed, fmt::format("images/{}", replication)},
      kinds_{model} {
  // A replication is a seed of its own; a strategy is not, so all meet the same conditions.
  Stream seeds{StreamFamily{model.seed, "replications"}, static_cast<std::uint64_t>(replication)};
  const auto seed = static_cast<std::uint64_t>(seeds.uniform() * 4294967296.0);
  make_links(make_link);
  make_servers(seed);
  make_mobiles(seed);
  calendar_.on_nearing([this](const std::vector<Event>& events) { fetch_ahead(events); });
  result_.buckets.resize(model.groups.size() * (model.windows.size() + 1));
  for (std::size_t i = 0; i < result_.buckets.size(); ++i) {
    const GroupModel& group = model.groups[i / (model.windows.size() + 1)];
    result_.buckets[i].choices.resize(group.partitions.size());
  }
  if (model_.sample_s > 0) {
    sampled_ = totals(0);
    calendar_.push(model_.sample_s, EventKind::kSample, 0, 0);
  }
  const bool pings =
      strategy_.policy == PolicyKind::kSelection || strategy_.policy == PolicyKind::kNeurosurgeon;
  if (pings) ping(0);
}

void Fleet::Player::make_links(const LinkFactory& make_link) {
  const auto add = [&](LinkPlace::Kind kind, std::size_t owner, std::uint32_t copy,
                       const RateTimeline& rate) {
    const auto index = static_cast<std::uint32_t>(links_.size());
    links_.push_back(make_link({kind, index, static_cast<std::uint32_t>(owner), copy, rate}));
  };
  for (std::size_t c = 0; c < model_.cells.size(); ++c) {
    const CellModel& cell = model_.cells[c];
    cell_links_.push_back(static_cast<std::uint32_t>(links_.size()));
    for (std::uint32_t copy = 0; copy < cell.count; ++copy) {
      add(LinkPlace::Kind::kUplink, c, copy, cell.uplink[copy]);
      add(LinkPlace::Kind::kDownlink, c, copy, cell.downlink[copy]);
    }
  }
  for (std::size_t s = 0; s < model_.servers.size(); ++s) {
    const ServerModel& server = model_.servers[s];
    if (!std::isfinite(server.backhaul_byte_per_s)) {
      backhaul_links_.push_back(kNone);
      continue;
    }
    backhaul_links_.push_back(static_cast<std::uint32_t>(links_.size()));
    const RateTimeline rate{BytesPerSecond{server.backhaul_byte_per_s}};
    for (std::uint32_t copy = 0; copy < server.count; ++copy) {
      add(LinkPlace::Kind::kBackhaulUp, s, copy, rate);
      add(LinkPlace::Kind::kBackhaulDown, s, copy, rate);
    }
  }
  link_event_s_.assign(links_.size(), kNever);
  link_views_.assign(links_.size(), 0);
}

void Fleet::Player::make_servers(std::uint64_t seed) {
  for (std::size_t s = 0; s < model_.servers.size(); ++s) {
    const ServerModel& server = model_.servers[s];
    first_server_.push_back(static_cast<std::uint32_t>(servers_.size()));
    const StreamFamily arrivals{seed, "background arrivals " + server.name};
    const StreamFamily work{seed, "background work " + server.name};
    for (std::uint32_t copy = 0; copy < server.count; ++copy) {
      const auto index = static_cast<std::uint32_t>(servers_.size());
      servers_.push_back(std::make_unique<Server>(server, index, calendar_));
      server_models_.push_back(static_cast<std::uint32_t>(s));
      background_.push_back({Stream{arrivals, copy}, Stream{work, copy}});
      if (!server.background.empty()) schedule_background(index, 0);
    }
  }
  server_views_.resize(servers_.size());
}

void Fleet::Player::make_mobiles(std::uint64_t seed) {
  mobiles_.reserve(model_.mobiles());
  between_.resize(model_.mobiles());
  std::vector<std::uint32_t> in_cell(model_.cells.size());
  std::vector<std::uint32_t> at_server(model_.servers.size());
  for (std::size_t g = 0; g < model_.groups.size(); ++g) {
    const GroupModel& group = model_.groups[g];
    const StreamFamily arrivals{seed, "arrivals " + group.name};
    const StreamFamily work{seed, "work " + group.name};
    // Equal cells and servers take the mobiles in turn, whatever groups these are of.
    const auto next_server = [&](std::uint32_t server) {
      return first_server_[server] + at_server[server]++ % model_.servers[server].count;
    };
    for (std::uint32_t i = 0; i < group.count; ++i) {
      const std::uint32_t copy = in_cell[group.cell]++ % model_.cells[group.cell].count;
      const std::uint32_t uplink = cell_links_[group.cell] + 2 * copy;
      mobiles_.push_back(Mobile{.arrivals = Stream{arrivals, i},
                                .work = Stream{work, i},
                                .group = static_cast<std::uint32_t>(g),
                                .uplink = uplink,
                                .downlink = uplink + 1,
                                .server = next_server(group.server),
                                .edge = group.edge ? next_server(*group.edge) : kNone});
      schedule_next_arrival(static_cast<std::uint32_t>(mobiles_.size() - 1), 0);
    }
  }
}

/// Mobiles ask in no order that memory knows: each of 100,000 is a wait for far memory, unless it
/// is asked for a few events ahead. The members lie in the three cache lines of a mobile.
void Fleet::Player::fetch_ahead(const std::vector<Event>& events) {
  for (const Event& event : events) {
    if (event.kind() != EventKind::kArrival) continue;
    const Mobile& mobile = mobiles_[event.target];
    __builtin_prefetch(&mobile.arrivals);
    __builtin_prefetch(&mobile.seen_s);
    __builtin_prefetch(&mobile.battery_empty);
  }
}

void Fleet::Player::play_event() {
  const Event event = calendar_.pop();
  now_ = event.date;
  ++events_;
  switch (event.kind()) {
    case EventKind::kArrival:
      arrive(event.target, now_);
      break;
    case EventKind::kStep:
      if (requests_[event.target].generation == event.generation) step(event.target, now_);
      break;
    case EventKind::kTimeout:
      if (requests_[event.target].generation == event.generation) time_out(event.target, now_);
      break;
    case EventKind::kLink:
      if (link_event_s_[event.target] == event.date) {
        link_event_s_[event.target] = kNever;
        play_link(now_, event.target);
      }
      break;
    case EventKind::kServerDone:
      ended_jobs_.clear();
      servers_[event.target]->end_batch(now_, event.generation, ended_jobs_);
      for (std::size_t i = 0; i < ended_jobs_.size(); ++i) end_job(ended_jobs_[i], now_);
      break;
    case EventKind::kServerBatch:
      servers_[event.target]->begin_waiting_batch(now_);
      break;
    case EventKind::kServerFault:
      change_fault(event.target, now_);
      break;
    case EventKind::kBackground: {
      const ServerModel& server = model_.servers[server_models_[event.target]];
      const double factor = server.background_variation.draw(background_[event.target].work);
      servers_[event.target]->submit(
          now_, {.request = Job::kBackground, .service_s = server.background_s * factor});
      schedule_background(event.target, now_);
      break;
    }
    case EventKind::kPing:
      ping(now_);
      break;
    case EventKind::kSample:
      sample(now_);
      if (result_.samples.size() < model_.most_samples) {
        calendar_.push(now_ + model_.sample_s, EventKind::kSample, 0, 0);
      } else {
        result_.samples_cut = 1;
      }
      break;
  }
}

// Arrivals ---------------------------------------------------------------------------------------

void Fleet::Player::schedule_next_arrival(std::uint32_t id, double now) {
  Mobile& mobile = mobiles_[id];
  const Workload& workload = group_of(mobile).workload;
  // Without a battery nothing is asked in a closed loop; other requests come, and are dropped.
  if (mobile.battery_empty && workload.process == Workload::Process::kClosedLoop) return;
  if (workload.requests > 0 && mobile.issued >= workload.requests) return;
  double date = kNever;
  switch (workload.process) {
    case Workload::Process::kClosedLoop:
      date = now + (workload.think_exponential ? mobile.arrivals.exponential(workload.think_s)
                                               : workload.think_s);
      break;
    case Workload::Process::kPoisson:
      date = now + mobile.arrivals.exponential(1 / workload.rate_per_s);
      break;
    case Workload::Process::kPeriodic:
      mobile.frame_s += workload.period_s * (mobile.issued == 0 ? mobile.arrivals.uniform() : 1);
      date = mobile.frame_s;
      if (workload.jitter_s > 0) date += workload.jitter_s * mobile.arrivals.uniform();
      break;
    case Workload::Process::kTrace:
      if (mobile.issued < workload.dates_s.size()) date = workload.dates_s[mobile.issued];
      break;
  }
  if (date >= model_.duration_s || date == kNever) return;
  ++pending_arrivals_;
  calendar_.push(date, EventKind::kArrival, id, 0);
}

void Fleet::Player::arrive(std::uint32_t id, double now) {
  Mobile& mobile = mobiles_[id];
  const GroupModel& group = group_of(mobile);
  --pending_arrivals_;
  integrate(now);
  ++in_system_;
  Waiting waiting{.arrival_s = now, .number = mobile.issued++, .next = kNone};
  // Drawn whether or not the request is served, so that the next one's numbers do not depend on it.
  waiting.service_factor = static_cast<float>(group.service_variation.draw(mobile.work));
  waiting.upload_factor = static_cast<float>(group.upload_variation.draw(mobile.work));
  sums_of(mobile.group, now).arrived += 1;
  if (group.workload.process != Workload::Process::kClosedLoop) schedule_next_arrival(id, now);

  const bool busy = mobile.current != kNone;
  if (mobile.battery_empty || (busy && group.workload.drop_when_busy)) {
    drop(id, waiting, now);
  } else if (!busy) {
    begin(id, waiting, now);
  } else {
    std::uint32_t place = free_waiting_;
    if (place == kNone) {
      place = static_cast<std::uint32_t>(waiting_.size());
      waiting_.push_back(waiting);
    } else {
      free_waiting_ = waiting_[place].next;
      waiting_[place] = waiting;
    }
    (mobile.queue_tail == kNone ? mobile.queue_head : waiting_[mobile.queue_tail].next) = place;
    mobile.queue_tail = place;
    ++mobile.queue_length;
    ++waiting_count_;
  }
}

void Fleet::Player::begin(std::uint32_t mobile_id, const Waiting& waiting, double now) {
  const std::uint32_t id = free_slot();
  Mobile& mobile = mobiles_[mobile_id];
  const GroupModel& group = group_of(mobile);
  Request& request = requests_[id];
  request = Request{.generation = request.generation + 1,
                    .mobile = mobile_id,
                    .number = waiting.number,
                    .image = draw_image(mobile_id, waiting.number),
                    .service_factor = waiting.service_factor,
                    .arrival_s = waiting.arrival_s,
                    .upload_bytes = waiting.upload_factor};
  request.phases.queue = now - waiting.arrival_s;
  const CellModel& cell = cell_of(mobile);
  if (cell.states) mobile.radio.charge(*cell.states, now, between(mobile));
  mobile.current = id;
  ++busy_count_;
  request.partition = choose(mobile, request, now);
  const ImageDemand demand = demand_of(request);
  // What crosses a radio is whole bytes.
  request.upload_bytes = std::ceil(demand.upload_bytes * request.upload_bytes);
  wait_fixed(id, Phase::kMobile, demand.mobile_s * group.load_level, now);
}

void Fleet::Player::begin_waiting(std::uint32_t id, double now) {
  Mobile& mobile = mobiles_[id];
  const std::uint32_t place = mobile.queue_head;
  if (place == kNone) return;
  const Waiting waiting = waiting_[place];
  mobile.queue_head = waiting.next;
  if (mobile.queue_head == kNone) mobile.queue_tail = kNone;
  --mobile.queue_length;
  --waiting_count_;
  waiting_[place].next = free_waiting_;
  free_waiting_ = place;
  begin(id, waiting, now);
}

void Fleet::Player::drop(std::uint32_t id, const Waiting& waiting, double now) {
  const Mobile& mobile = mobiles_[id];
  sums_of(mobile.group, waiting.arrival_s).dropped += 1;
  Request dropped{.mobile = id,
                  .number = waiting.number,
                  .partition = kNoPartition,
                  .arrival_s = waiting.arrival_s};
  dropped.phases.queue = now - waiting.arrival_s;
  record(dropped, RequestEnd::kDropped, false);
  leave_system(now);
}

void Fleet::Player::drop_queue(std::uint32_t id, double now) {
  Mobile& mobile = mobiles_[id];
  for (std::uint32_t place = mobile.queue_head; place != kNone;) {
    const Waiting waiting = waiting_[place];
    waiting_[place].next = free_waiting_;
    free_waiting_ = place;
    --waiting_count_;
    place = waiting.next;
    drop(id, waiting, now);
  }
  mobile.queue_head = mobile.queue_tail = kNone;
  mobile.queue_length = 0;
}

// The life of a request --------------------------------------------------------------------------

void Fleet::Player::wait_fixed(std::uint32_t id, Phase phase, double length_s, double now) {
  Request& request = requests_[id];
  request.phase = phase;
  request.phase_begin_s = now;
  request.phase_length_s = length_s;
  if (length_s > 0) {
    calendar_.push(now + length_s, EventKind::kStep, id, request.generation);
  } else {
    step(id, now);
  }
}

/// A phase of fixed length has ended. Its length is charged as it was, not as a difference of
/// dates, which would lose digits late in a long run.
void Fleet::Player::step(std::uint32_t id, double now) {
  Request& request = requests_[id];
  const double length_s = request.phase_length_s;
  const double load_level = group_of(mobiles_[request.mobile]).load_level;
  switch (request.phase) {
    case Phase::kMobile: {
      const ImageDemand demand = demand_of(request);
      request.phases.mobile += length_s;
      request.energy.compute += demand.mobile_j * load_level;
      if (demand.upload_bytes > 0) {
        attempt(id, now);
      } else {
        end(id, RequestEnd::kCompleted, now);
      }
      break;
    }
    case Phase::kPromotion:
      request.phases.promotion += length_s;
      start_upload(id, now);
      break;
    case Phase::kToEdge:
      request.phases.delay += length_s;
      reach_network(id, now);
      break;
    case Phase::kToServer:
      request.phases.delay += length_s;
      reach_server(id, now);
      break;
    case Phase::kToMobile:
      request.phases.delay += length_s;
      reach_mobile(id, now);
      break;
    case Phase::kPaging:
      request.phases.promotion += length_s;
      hear_page(id, now);
      break;
    case Phase::kListening:
    case Phase::kAnswerPromotion:
      request.phases.promotion += length_s;
      start_download(id, now);
      break;
    case Phase::kBackoff:
      request.phases.recovery += length_s;
      attempt(id, now);
      break;
    case Phase::kFallback:
      request.phases.mobile += length_s;
      request.energy.compute += partition_of(request).fallback_j * load_level;
      request.fell_back = true;
      end(id, RequestEnd::kCompleted, now);
      break;
    default:
      PAPILIO_CHECK(!"a phase of fixed length");
  }
}

void Fleet::Player::attempt(std::uint32_t id, double now) {
  Request& request = requests_[id];
  Mobile& mobile = mobiles_[request.mobile];
  const GroupModel& group = group_of(mobile);
  const CellModel& cell = cell_of(mobile);
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
    wait_fixed(id, Phase::kPromotion, promotion_s, now);
  } else {
    start_upload(id, now);
  }
}

void Fleet::Player::start_flow(std::uint32_t id, Phase phase, std::uint32_t link, double bytes,
                               double cap, double now) {
  Request& request = requests_[id];
  request.phase = phase;
  request.phase_begin_s = now;
  const auto level = static_cast<std::uint32_t>(group_of(mobiles_[request.mobile]).wifi_level);
  links_[link]->start(now, {id, request.generation, level}, bytes, cap);
  reschedule(link);
}

void Fleet::Player::start_upload(std::uint32_t id, double now) {
  Request& request = requests_[id];
  Mobile& mobile = mobiles_[request.mobile];
  const CellModel& cell = cell_of(mobile);
  if (cell.states) mobile.radio.charge(*cell.states, now, request.energy);
  mobile.radio.begin_transfer(now);
  const double timeout_s = group_of(mobile).recovery.timeout_s;
  if (timeout_s > 0) {
    calendar_.push(now + timeout_s, EventKind::kTimeout, id, request.generation);
  }
  start_flow(id, Phase::kUplink, mobile.uplink, request.upload_bytes,
             group_of(mobile).uplink_cap_byte_per_s, now);
}

void Fleet::Player::submit(std::uint32_t id, Phase phase, std::uint32_t server, double service_s,
                           double now) {
  Request& request = requests_[id];
  const Mobile& mobile = mobiles_[request.mobile];
  request.phase = phase;
  request.phase_begin_s = now;
  const Tier tier = phase == Phase::kEdge ? Tier::kEdge : Tier::kCloud;
  const bool taken =
      servers_[server]->submit(now, {.request = id,
                                     .generation = request.generation,
                                     .kind = kinds_.of(mobile.group, request.partition, tier),
                                     .priority = group_of(mobile).priority,
                                     .service_s = service_s * request.service_factor});
  if (!taken) lose(id);
}

/// The upload has arrived where the radio ends.
void Fleet::Player::reach_network(std::uint32_t id, double now) {
  const Request& request = requests_[id];
  const double edge_s = demand_of(request).edge_s;
  const Mobile& mobile = mobiles_[request.mobile];
  if (mobile.edge == kNone) {
    reach_server(id, now);
  } else if (servers_[mobile.edge]->down(now)) {
    lose(id);  // a node that is down forwards nothing
  } else if (edge_s > 0) {
    submit(id, Phase::kEdge, mobile.edge, edge_s, now);
  } else {
    leave_edge(id, now);
  }
}

void Fleet::Player::leave_edge(std::uint32_t id, double now) {
  Request& request = requests_[id];
  const ImageDemand demand = demand_of(request);
  const std::uint32_t edge = mobiles_[request.mobile].edge;
  if (demand.server_s <= 0) {
    answer(id, now);
    return;
  }
  request.via_backhaul = true;
  const ServerModel& model = model_.servers[server_models_[edge]];
  const double bytes =
      demand.edge_s > 0 ? std::ceil(partition_of(request).backhaul_bytes) : request.upload_bytes;
  const std::uint32_t link = backhaul_link(edge, 0);
  if (link != kNone && bytes > 0) {
    start_flow(id, Phase::kBackhaulUp, link, bytes, kNever, now);
  } else {
    wait_fixed(id, Phase::kToServer, model.backhaul_delay_s, now);
  }
}

void Fleet::Player::reach_server(std::uint32_t id, double now) {
  const Request& request = requests_[id];
  submit(id, Phase::kServer, mobiles_[request.mobile].server, demand_of(request).server_s, now);
}

void Fleet::Player::end_job(const Job& job, double now) {
  if (job.request == Job::kBackground) return;
  Request& request = requests_[job.request];
  PAPILIO_CHECK(request.generation == job.generation);
  request.phases.wait += job.begin_s - job.arrival_s;
  request.phases.service += job.time_s;
  if (request.phase == Phase::kEdge) {
    leave_edge(job.request, now);
    return;
  }
  if (request.abandoned) {
    // Its request may have ended, whose sums it is part of all the same.
    sums_of(mobiles_[request.mobile].group, request.arrival_s).server_s += job.gpu_s;
  }
  request.server_s += job.gpu_s;
  request.profiled_server_s += job.service_s;
  answer(job.request, now);
}

void Fleet::Player::answer(std::uint32_t id, double now) {
  const Request& request = requests_[id];
  const Mobile& mobile = mobiles_[request.mobile];
  const double delay_s = cell_of(mobile).delay_s;
  if (!request.via_backhaul) {
    wait_fixed(id, Phase::kToMobile, delay_s, now);
    return;
  }
  const double bytes = std::ceil(partition_of(request).result_bytes);
  const std::uint32_t link = backhaul_link(mobile.edge, 1);
  if (link != kNone && bytes > 0) {
    start_flow(id, Phase::kBackhaulDown, link, bytes, kNever, now);
  } else {
    pass_edge_down(id, now);
  }
}

/// The answer has left the backhaul's link, and passes the edge after its delay. Crashes are known
/// ahead, so that need not be an event of its own.
void Fleet::Player::pass_edge_down(std::uint32_t id, double now) {
  const Mobile& mobile = mobiles_[requests_[id].mobile];
  const double delay_s = model_.servers[server_models_[mobile.edge]].backhaul_delay_s;
  if (servers_[mobile.edge]->down(now + delay_s)) {
    lose(id);
  } else {
    wait_fixed(id, Phase::kToMobile, delay_s + cell_of(mobile).delay_s, now);
  }
}

/// The answer is in the mobile's cell.
void Fleet::Player::reach_mobile(std::uint32_t id, double now) {
  const Request& request = requests_[id];
  const Mobile& mobile = mobiles_[request.mobile];
  const CellModel& cell = cell_of(mobile);
  if (partition_of(request).result_bytes <= 0) {
    end_answer(id, now);
  } else if (!cell.states || mobile.radio.active()) {
    start_download(id, now);
  } else if (now < mobile.radio.last_s()) {
    wait_fixed(id, Phase::kAnswerPromotion, mobile.radio.last_s() - now, now);
  } else {
    const Hearing hearing = cell.states->hearing(Seconds{now - mobile.radio.last_s()});
    wait_fixed(id, hearing.idle ? Phase::kPaging : Phase::kListening, hearing.wait.value(), now);
  }
}

/// An idle radio hears that an answer has come, and is promoted to take it.
void Fleet::Player::hear_page(std::uint32_t id, double now) {
  Request& request = requests_[id];
  Mobile& mobile = mobiles_[request.mobile];
  const RadioStates& states = *cell_of(mobile).states;
  double promotion_s = 0;
  if (mobile.radio.active() || mobile.radio.last_s() > request.phase_begin_s) {
    // Another attempt has woken the radio meanwhile.
    promotion_s = mobile.radio.connect(states, now, payer(mobile));
  } else {
    mobile.radio.charge(states, now, payer(mobile));
    promotion_s = mobile.radio.promote(states, now, payer(request));
  }
  wait_fixed(id, Phase::kAnswerPromotion, promotion_s, now);
}

void Fleet::Player::start_download(std::uint32_t id, double now) {
  const Request& request = requests_[id];
  Mobile& mobile = mobiles_[request.mobile];
  const CellModel& cell = cell_of(mobile);
  if (cell.states) mobile.radio.charge(*cell.states, now, payer(mobile));
  mobile.radio.begin_transfer(now);
  start_flow(id, Phase::kDownlink, mobile.downlink, std::ceil(partition_of(request).result_bytes),
             group_of(mobile).downlink_cap_byte_per_s, now);
}

void Fleet::Player::charge_uplink(Request& request, double bytes, double elapsed_s, double now) {
  Mobile& mobile = mobiles_[request.mobile];
  const CellModel& cell = cell_of(mobile);
  const double active_s = mobile.radio.end_transfer(now, request.phase_begin_s, elapsed_s);
  request.energy.transmit += cell.radio.alpha_uplink.value() * bytes;
  if (cell.energy_model == EnergyModel::kStated) {
    request.energy.transmit += cell.radio.beta.value() * active_s;
  }
}

void Fleet::Player::charge_downlink(Request& request, double bytes, double elapsed_s, double now) {
  Mobile& mobile = mobiles_[request.mobile];
  const CellModel& cell = cell_of(mobile);
  const double active_s = mobile.radio.end_transfer(now, request.phase_begin_s, elapsed_s);
  EnergyLedger& ledger = payer(request);
  ledger.receive += cell.radio.alpha_downlink.value() * bytes;
  if (cell.energy_model == EnergyModel::kStated) {
    ledger.receive += cell.radio.beta.value() * active_s;
  }
}

void Fleet::Player::end_flow(const Flow& flow, double now) {
  Request& request = requests_[flow.request];
  PAPILIO_CHECK(request.generation == flow.generation);
  Mobile& mobile = mobiles_[request.mobile];
  const CellModel& cell = cell_of(mobile);
  const double elapsed_s = flow.elapsed_s;
  const auto seen_rate = [&](double bytes) { return elapsed_s > 0 ? bytes / elapsed_s : kNever; };
  switch (request.phase) {
    case Phase::kUplink:
      request.phases.uplink += elapsed_s;
      charge_uplink(request, request.upload_bytes, elapsed_s, now);
      mobile.seen_uplink = seen_rate(request.upload_bytes);
      mobile.seen_s = now;
      if (request.lose_upload) {
        lose(flow.request);
      } else {
        wait_fixed(flow.request, Phase::kToEdge, cell.delay_s, now);
      }
      break;
    case Phase::kBackhaulUp:
      request.phases.backhaul += elapsed_s;
      wait_fixed(flow.request, Phase::kToServer,
                 model_.servers[server_models_[mobile.edge]].backhaul_delay_s, now);
      break;
    case Phase::kBackhaulDown:
      request.phases.backhaul += elapsed_s;
      pass_edge_down(flow.request, now);
      break;
    case Phase::kDownlink: {
      request.phases.downlink += elapsed_s;
      const double bytes = std::ceil(partition_of(request).result_bytes);
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
  const Request& request = requests_[id];
  if (request.lose_answer) {
    lose(id);
  } else if (request.abandoned) {
    release(id);  // it comes too late: nobody takes it
  } else {
    end(id, RequestEnd::kCompleted, now);
  }
}

void Fleet::Player::time_out(std::uint32_t id, double now) {
  Mobile& mobile = mobiles_[requests_[id].mobile];
  const Recovery& recovery = group_of(mobile).recovery;
  if (requests_[id].phase == Phase::kUplink) {
    // The mobile stops sending; what is on its way beyond it, nobody can call back.
    Request& request = requests_[id];
    const double sent = links_[mobile.uplink]->abort(now, {id, request.generation});
    reschedule(mobile.uplink);
    charge_uplink(request, sent, recovery.timeout_s, now);
    // A mobile that got nothing through knows that the rate was as low as this.
    mobile.seen_uplink = 0;
    mobile.seen_s = now;
    request.phase = Phase::kLost;
  }
  if (requests_[id].phase != Phase::kLost) id = leave_behind(id);
  Request& request = requests_[id];
  ++request.generation;
  request.phases = request.before_attempt;
  request.phases.recovery += request.attempt_promotion_s + recovery.timeout_s;
  if (request.attempts <= static_cast<std::uint32_t>(recovery.retries)) {
    const double backoff_s =
        recovery.backoff_s * std::ldexp(1, static_cast<int>(request.attempts) - 1);
    wait_fixed(id, Phase::kBackoff, backoff_s, now);
  } else if (recovery.fallback) {
    wait_fixed(id, Phase::kFallback, partition_of(request).fallback_s * group_of(mobile).load_level,
               now);
  } else {
    end(id, RequestEnd::kFailed, now);
  }
}

/// Parts a request from what its attempt has on its way, which goes on in its old place with all
/// its events. @return the request's new place
std::uint32_t Fleet::Player::leave_behind(std::uint32_t id) {
  const std::uint32_t place = free_slot();
  Request& left = requests_[id];
  const std::uint32_t generation = requests_[place].generation;
  requests_[place] = left;
  requests_[place].generation = generation;
  mobiles_[left.mobile].current = place;
  left.abandoned = true;
  return place;
}

/// A server goes down or comes back. With it goes what it computes, what waits for it, and what it
/// is sending: an edge's messages to the cloud, a cloud's answers to edges.
void Fleet::Player::change_fault(std::uint32_t server, double now) {
  lost_jobs_.clear();
  servers_[server]->change_fault(now, lost_jobs_);
  for (const Job& job : lost_jobs_) {
    if (job.request != Job::kBackground) lose(job.request);
  }
  if (!servers_[server]->down(now)) return;
  for (std::uint32_t id = 0; id < requests_.size(); ++id) {
    const Request& request = requests_[id];
    const Mobile& mobile = mobiles_[request.mobile];
    const bool up = request.phase == Phase::kBackhaulUp && mobile.edge == server;
    const bool down = request.phase == Phase::kBackhaulDown && mobile.server == server;
    if (!up && !down) continue;
    const std::uint32_t link = backhaul_link(mobile.edge, up ? 0 : 1);
    links_[link]->abort(now, {id, request.generation});
    reschedule(link);
    lose(id);
  }
}

/// Nothing more comes of an attempt. Its mobile does not know and waits for its timeout.
void Fleet::Player::lose(std::uint32_t id) {
  if (requests_[id].abandoned) {
    release(id);
  } else {
    requests_[id].phase = Phase::kLost;
  }
}

void Fleet::Player::release(std::uint32_t id) {
  Request& request = requests_[id];
  request.phase = Phase::kLost;
  request.generation += 1;
  request.next_free = free_request_;
  free_request_ = id;
}

std::uint32_t Fleet::Player::free_slot() {
  const std::uint32_t id = free_request_;
  if (id != kNone) {
    free_request_ = requests_[id].next_free;
    return id;
  }
  requests_.emplace_back();
  return static_cast<std::uint32_t>(requests_.size() - 1);
}

void Fleet::Player::end(std::uint32_t id, RequestEnd how, double now) {
  Request& request = requests_[id];
  const std::uint32_t mobile_id = request.mobile;
  Mobile& mobile = mobiles_[mobile_id];
  const GroupModel& group = group_of(mobile);
  const CellModel& cell = cell_of(mobile);
  if (cell.states) mobile.radio.charge(*cell.states, now, request.energy);
  const double latency_s = request.phases.total();
  request.energy.idle +=
      group.idle_power_w * (latency_s - request.phases.queue - request.phases.mobile);
  const bool completed = how == RequestEnd::kCompleted;
  const bool late =
      completed && group.workload.deadline_s > 0 && latency_s > group.workload.deadline_s;

  RequestSums& sums = sums_of(mobile.group, request.arrival_s);
  sums.energy += request.energy;
  sums.retries += request.attempts > 1 ? request.attempts - 1 : 0;
  sums.server_s += request.server_s;
  if (completed) {
    const FleetPartition& partition = partition_of(request);
    sums.completed += 1;
    sums.late += late ? 1 : 0;
    sums.fell_back += request.fell_back ? 1 : 0;
    sums.phases += request.phases;
    sums.saved_s += partition.cloud_only_s * request.service_factor - request.profiled_server_s;
    sums.mobile_share += request.fell_back ? 1 : partition.mobile_share;
    if (counted(request.arrival_s)) {
      Bucket& bucket = result_.buckets[bucket_of(mobile.group, request.arrival_s)];
      bucket.latencies_s.push_back(latency_s);
      bucket.mobiles.push_back(mobile_id);
      bucket.choices[request.partition] += 1;
    }
  } else {
    sums.failed += 1;
  }
  record(request, how, late);
  mobile.energy += request.energy;
  mobile.current = kNone;
  leave_system(now);
  --busy_count_;
  release(id);

  if (!mobile.battery_empty && battery_left(mobile, group) <= 0) {
    mobile.battery_empty = true;
    result_.batteries_empty += 1;
    drop_queue(mobile_id, now);
  }
  begin_waiting(mobile_id, now);
  if (group.workload.process == Workload::Process::kClosedLoop) {
    schedule_next_arrival(mobile_id, now);
  }
}

// Choice -----------------------------------------------------------------------------------------

void Fleet::Player::ping(double now) {
  ping_s_ = now;
  for (std::size_t i = 0; i < servers_.size(); ++i) server_views_[i] = servers_[i]->view(now);
  for (std::size_t i = 0; i < links_.size(); ++i) {
    link_views_[i] = links_[i]->rate().rate_byte_per_s(now) / (links_[i]->flows() + 1);
  }
  calendar_.push(now + strategy_.ping_s, EventKind::kPing, 0, 0);
}

std::uint32_t Fleet::Player::choose(const Mobile& mobile, const Request& request, double now) {
  const std::vector<std::uint32_t>& candidates = strategy_.candidates[mobile.group];
  if (candidates.size() == 1) return candidates.front();
  const GroupModel& group = group_of(mobile);
  if (strategy_.policy == PolicyKind::kOracle) {
    std::uint32_t best = candidates.front();
    double least = kNever;
    for (const std::uint32_t candidate : candidates) {
      const double latency_s = true_latency_s(mobile, request, group.partitions[candidate], now);
      if (latency_s >= least) continue;
      least = latency_s;
      best = candidate;
    }
    return best;
  }
  const double signal = signal_of(mobile);
  Observation seen{.uplink_byte_per_s =
                       std::min(link_views_[mobile.uplink] * signal, group.uplink_cap_byte_per_s),
                   .downlink_byte_per_s = std::min(link_views_[mobile.downlink] * signal,
                                                   group.downlink_cap_byte_per_s),
                   .delay_s = cell_of(mobile).delay_s,
                   .server = server_views_[mobile.server],
                   .battery = std::max(0.0, battery_left(mobile, group)),
                   .queue = mobile.queue_length};
  if (mobile.edge != kNone) {
    seen.edge = server_views_[mobile.edge];
    seen.backhaul_delay_s = model_.servers[server_models_[mobile.edge]].backhaul_delay_s;
    const std::uint32_t link = backhaul_link(mobile.edge, 0);
    if (link != kNone) seen.backhaul_byte_per_s = link_views_[link];
  }
  if (mobile.seen_s > ping_s_) {
    seen.uplink_byte_per_s = mobile.seen_uplink;
    if (mobile.seen_downlink > 0) seen.downlink_byte_per_s = mobile.seen_downlink;
  }
  return choose_partition(strategy_, candidates, group, cell_of(mobile), seen);
}

/// What the request will take if nothing but what is here now contends: the links' rates are known
/// for all time, their flows and the servers' queues as they are.
double Fleet::Player::true_latency_s(const Mobile& mobile, const Request& request,
                                     const FleetPartition& partition, double now) {
  const GroupModel& group = group_of(mobile);
  const CellModel& cell = cell_of(mobile);
  const ImageDemand demand = partition.demand(request.image);
  double date = now + demand.mobile_s * group.load_level;
  if (demand.upload_bytes <= 0) return date - now;
  if (cell.states && !mobile.radio.active()) {
    if (date < mobile.radio.last_s()) {
      date = mobile.radio.last_s();
    } else if (date - mobile.radio.last_s() >= cell.states->tail_length().value()) {
      date += cell.states->promotion.value();
    }
  }
  const auto transfer = [&](std::uint32_t link, double bytes, double cap, double signal) {
    if (bytes <= 0) return;
    const double flows = (links_[link]->flows() + 1.0) / signal;
    date = links_[link]->rate().finish_s(date, std::ceil(bytes), flows, cap);
  };
  const auto compute = [&](std::uint32_t server, double service_s) {
    if (date == kNever) return;
    date += servers_[server]->wait_at(now, date);
    if (date == kNever) return;
    const double begin_s = date;
    date += service_s * request.service_factor * servers_[server]->slowdown_at(date);
    if (servers_[server]->down_within(begin_s, date)) date = kNever;
  };
  // Until the choice is made, upload_bytes holds the request's factor on the upload.
  transfer(mobile.uplink, demand.upload_bytes * request.upload_bytes, group.uplink_cap_byte_per_s,
           signal_of(mobile));
  const double upload_end_s = date;
  date += cell.delay_s;
  if (mobile.edge != kNone && servers_[mobile.edge]->down(date)) return kNever;
  if (demand.edge_s > 0) compute(mobile.edge, demand.edge_s);
  const bool via_backhaul = mobile.edge != kNone && demand.server_s > 0;
  const auto backhaul = [&](std::uint32_t direction, double bytes) {
    if (!via_backhaul || date == kNever) return;
    const std::uint32_t link = backhaul_link(mobile.edge, direction);
    const Server& edge = *servers_[mobile.edge];
    const Server& sender = direction == 0 ? edge : *servers_[mobile.server];
    const double begin_s = date;
    if (link != kNone) transfer(link, bytes, kNever, 1);
    const bool lost = sender.down_within(begin_s, date);
    date += model_.servers[server_models_[mobile.edge]].backhaul_delay_s;
    if (lost || (direction == 1 && edge.down(date))) date = kNever;
  };
  backhaul(0, demand.edge_s > 0 ? partition.backhaul_bytes : demand.upload_bytes);
  if (demand.server_s > 0) compute(mobile.server, demand.server_s);
  backhaul(1, partition.result_bytes);
  date += cell.delay_s;
  if (cell.states && date != kNever && partition.result_bytes > 0) {
    const Hearing hearing = cell.states->hearing(Seconds{date - upload_end_s});
    date += hearing.wait.value();
    if (hearing.idle) date += cell.states->promotion.value();
  }
  if (date != kNever) {
    transfer(mobile.downlink, partition.result_bytes, group.downlink_cap_byte_per_s,
             signal_of(mobile));
  }
  return date - now;
}

// Bookkeeping ------------------------------------------------------------------------------------

std::size_t Fleet::Player::bucket_of(std::uint32_t group, double arrival_s) const {
  const std::vector<Window>& windows = model_.windows;
  const std::size_t base = group * (windows.size() + 1);
  const auto after =
      std::upper_bound(windows.begin(), windows.end(), arrival_s,
                       [](double date, const Window& window) { return date < window.from_s; });
  if (after == windows.begin() || arrival_s >= (after - 1)->to_s) return base + windows.size();
  return base + static_cast<std::size_t>(after - windows.begin()) - 1;
}

RequestSums& Fleet::Player::sums_of(std::uint32_t group, double arrival_s) {
  if (!counted(arrival_s)) return result_.warm_up;
  return result_.buckets[bucket_of(group, arrival_s)].sums;
}

void Fleet::Player::record(const Request& request, RequestEnd how, bool late) {
  ++ended_;
  if (!counted(request.arrival_s)) return;
  const std::uint32_t group = mobiles_[request.mobile].group;
  if (model_.keep_latencies_by_request) {
    const double latency_s = how == RequestEnd::kCompleted
                                 ? request.phases.total()
                                 : std::numeric_limits<double>::quiet_NaN();
    result_.keyed.push_back(
        {request.mobile, request.number, bucket_of(group, request.arrival_s), latency_s});
  }
  if (model_.record_share <= 0) return;
  if (model_.record_share < 1 &&
      Stream{sampling_, request.mobile, request.number}.uniform() >= model_.record_share) {
    return;
  }
  result_.records.push_back({group, request.mobile, request.number, request.partition,
                             request.attempts, request.image, how, request.fell_back, late,
                             request.arrival_s, request.phases.total(),
                             request.partition == kNoPartition ? 0 : request.upload_bytes,
                             request.phases, request.energy});
}

void Fleet::Player::leave_system(double now) {
  integrate(now);
  --in_system_;
}

/// Integrates what the fleet as a whole does, up to `now`.
void Fleet::Player::integrate(double now) {
  const double elapsed = now - integrated_s_;
  if (elapsed <= 0) return;
  mobile_totals_.busy += elapsed * static_cast<double>(busy_count_);
  mobile_totals_.queue += elapsed * static_cast<double>(waiting_count_);
  const double counted_from = std::max(integrated_s_, model_.warm_up_s);
  const double counted_to = std::min(now, model_.duration_s);
  if (counted_to > counted_from) {
    in_flight_s_ += (counted_to - counted_from) * static_cast<double>(in_system_);
  }
  integrated_s_ = now;
}

void Fleet::Player::reschedule(std::uint32_t link) {
  const double date = links_[link]->next_date();
  // An event that comes too early finds nothing to do and asks again; that is rarer than a change.
  if (date < link_event_s_[link]) {
    link_event_s_[link] = date;
    calendar_.push(date, EventKind::kLink, link, 0);
  }
}

void Fleet::Player::play_link(double now, std::uint32_t link) {
  now_ = std::max(now_, now);
  ended_flows_.clear();
  links_[link]->advance(now, ended_flows_);
  for (std::size_t i = 0; i < ended_flows_.size(); ++i) end_flow(ended_flows_[i], now);
  reschedule(link);
}

void Fleet::Player::schedule_background(std::uint32_t server, double now) {
  const ServerModel& model = model_.servers[server_models_[server]];
  // The hazard of the next arrival is used up at the rate that holds from step to step.
  double hazard = background_[server].arrivals.exponential(1);
  double date = now;
  while (true) {
    const double load = value_at(model.background, date, 0);
    const double rate = load * model.gpus / model.background_s;
    const auto next = std::find_if(model.background.begin(), model.background.end(),
                                   [&](const Step& step) { return step.from_s > date; });
    double until = kNever;
    if (next != model.background.end()) until = next->from_s;
    if (rate > 0 && date + hazard / rate <= until) {
      calendar_.push(date + hazard / rate, EventKind::kBackground, server, 0);
      return;
    }
    if (until == kNever) return;
    hazard -= rate * (until - date);
    date = until;
  }
}

std::vector<Totals> Fleet::Player::totals(double now) {
  integrate(now);
  std::vector<Totals> all;
  mobile_totals_.done = static_cast<double>(ended_);
  all.push_back(mobile_totals_);
  const auto add_links = [&](std::uint32_t first, std::uint32_t copies) {
    for (std::uint32_t direction = 0; direction < 2; ++direction) {
      Totals sum;
      for (std::uint32_t copy = 0; copy < copies; ++copy) {
        const LinkUse& use = links_[first + 2 * copy + direction]->use(now);
        sum.busy += use.busy_s;
        sum.queue += use.flow_seconds;
        sum.done += use.bytes;
      }
      all.push_back(sum);
    }
  };
  for (std::size_t c = 0; c < model_.cells.size(); ++c) {
    add_links(cell_links_[c], model_.cells[c].count);
  }
  for (std::size_t s = 0; s < model_.servers.size(); ++s) {
    Totals sum;
    for (std::uint32_t copy = 0; copy < model_.servers[s].count; ++copy) {
      const ServerUse& use = servers_[first_server_[s] + copy]->use(now);
      sum.busy += use.busy_gpu_s / model_.servers[s].gpus;
      sum.queue += use.queue_seconds;
      sum.done += use.served;
    }
    all.push_back(sum);
    if (backhaul_links_[s] != kNone) add_links(backhaul_links_[s], model_.servers[s].count);
  }
  return all;
}

namespace {

/// How many equal copies each kind of resource has, in the order of `resource_names`.
std::vector<double> copies_of(const FleetModel& model) {
  std::vector<double> copies{static_cast<double>(model.mobiles())};
  for (const CellModel& cell : model.cells) copies.insert(copies.end(), 2, cell.count);
  for (const ServerModel& server : model.servers) {
    copies.insert(copies.end(), std::isfinite(server.backhaul_byte_per_s) ? 3 : 1, server.count);
  }
  return copies;
}

}  // namespace

void Fleet::Player::sample(double now) {
  const double elapsed = now - sampled_s_;
  if (elapsed <= 0) return;
  std::vector<Totals> current = totals(now);
  const std::vector<double> copies = copies_of(model_);
  for (std::size_t i = 0; i < current.size(); ++i) {
    result_.samples.push_back({sampled_s_, now, static_cast<std::uint32_t>(i),
                               (current[i].busy - sampled_[i].busy) / elapsed / copies[i],
                               (current[i].queue - sampled_[i].queue) / elapsed,
                               (current[i].done - sampled_[i].done) / elapsed});
  }
  sampled_ = std::move(current);
  sampled_s_ = now;
}

void Fleet::Player::stop() {
  if (std::exchange(stopped_, true)) return;
  for (std::uint32_t id = 0; id < requests_.size(); ++id) {
    Request& request = requests_[id];
    const Mobile& mobile = mobiles_[request.mobile];
    const Flow flow{id, request.generation};
    if (request.phase == Phase::kDownlink) {
      const double elapsed_s = now_ - request.phase_begin_s;
      charge_downlink(request, links_[mobile.downlink]->abort(now_, flow), elapsed_s, now_);
    } else if (request.phase == Phase::kBackhaulUp || request.phase == Phase::kBackhaulDown) {
      links_[backhaul_link(mobile.edge, request.phase == Phase::kBackhaulUp ? 0 : 1)]->abort(now_,
                                                                                             flow);
    }
    request.phase = Phase::kLost;
  }
}

FleetResult Fleet::Player::finish() {
  stop();
  if (model_.sample_s > 0) sample(now_);
  const std::vector<double> copies = copies_of(model_);
  const std::vector<Totals> all = totals(now_);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double elapsed = std::max(now_, std::numeric_limits<double>::min());
    result_.resources.push_back(
        {all[i].busy / elapsed / copies[i], all[i].queue / elapsed, all[i].done / elapsed});
  }
  // A radio goes on after the last answer: its tail belongs to the run where the run is that long.
  const double end_s = std::isfinite(model_.duration_s) ? std::max(now_, model_.duration_s) : now_;
  result_.mobiles.reserve(mobiles_.size());
  for (Mobile& mobile : mobiles_) {
    const CellModel& cell = cell_of(mobile);
    if (cell.states) mobile.radio.charge(*cell.states, end_s, between(mobile));
    result_.energy += between(mobile);
    mobile.energy += between(mobile);
    result_.mobiles.push_back(mobile.energy);
  }
  result_.energy += result_.warm_up.energy;
  for (const Bucket& bucket : result_.buckets) result_.energy += bucket.sums.energy;
  const double counted_to = std::isfinite(model_.duration_s) ? model_.duration_s : now_;
  result_.counted_s = std::max(0.0, counted_to - model_.warm_up_s);
  result_.mean_in_flight = result_.counted_s > 0 ? in_flight_s_ / result_.counted_s : 0;
  result_.counts.requests = ended_;
  result_.counts.events = events_;
  result_.counts.end_s = end_s;
  return std::move(result_);
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
