#include "sim/play/fleet/fleet.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "sim/play/fleet/arrivals.hpp"
#include "sim/play/fleet/chooser.hpp"
#include "sim/play/fleet/life.hpp"
#include "sim/play/fleet/meter.hpp"
#include "sim/play/fleet/state.hpp"

namespace papilio {
namespace {

/// A replication is a seed of its own; a strategy is not, so all meet the same conditions.
std::uint64_t seed_of(const FleetModel& model, int replication) {
  Stream seeds{StreamFamily{model.seed, "replications"}, static_cast<std::uint64_t>(replication)};
  return static_cast<std::uint64_t>(seeds.uniform() * 4294967296.0);
}

}  // namespace

/// Plays the events of the calendar: hands each to the part that it is for.
class Fleet::Player {
 public:
  Player(const FleetModel& model, const FleetComponent& component, std::size_t strategy,
         int replication, const LinkFactory& make_link, SpanSink* sink);

  double next_date() { return over() ? kNever : fleet_.calendar.next_date(); }
  void play_until(double date) {
    while (!over() && fleet_.calendar.next_date() <= date) play_event();
  }
  void play_events(std::uint64_t count) {
    for (; count > 0 && !over(); --count) play_event();
  }
  void play_link(double now, std::uint32_t link);
  void stop() {
    if (!std::exchange(stopped_, true)) life_.stop(now_);
  }
  ComponentResult finish();

  [[nodiscard]] bool over() const { return arrivals_.pending() == 0 && meter_.in_system() == 0; }
  [[nodiscard]] double now() const { return now_; }
  [[nodiscard]] std::uint64_t requests() const { return meter_.ended(); }
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  void make_mobiles(const FleetComponent& component, std::uint64_t seed);
  void play_event();
  void fetch_ahead(const std::vector<Event>& events) const;
  [[nodiscard]] bool holds(const Event& event) const {
    return fleet_.requests[event.target].generation == event.generation;
  }

  FleetState fleet_;
  SpanSink* sink_;
  Arrivals arrivals_;
  Meter meter_;
  Chooser chooser_;
  Life life_;
  double now_{0};
  std::uint64_t events_{0};
  bool stopped_{false};
  std::vector<Flow> ended_flows_;
  std::vector<Job> ended_jobs_;
};

Fleet::Player::Player(const FleetModel& model, const FleetComponent& component,
                      std::size_t strategy, int replication, const LinkFactory& make_link,
                      SpanSink* sink)
    : fleet_{model, component, seed_of(model, replication), make_link},
      sink_{sink},
      arrivals_{fleet_.calendar, model.duration_s},
      meter_{model, fleet_.mobiles, replication},
      chooser_{fleet_, model.strategies.at(strategy), replication},
      life_{fleet_, arrivals_, chooser_, meter_, replication, sink} {
  for (const GroupModel& group : model.groups) {
    group.check_overlap(model.cells[group.cell]);
    for (const FleetPlan& plan : group.partitions) {
      plan.check(group.edge.has_value(), model.images.size());
    }
  }
  make_mobiles(component, seed_of(model, replication));
  fleet_.calendar.on_nearing([this](const std::vector<Event>& events) { fetch_ahead(events); });
  if (model.sample_s > 0) fleet_.calendar.push(model.sample_s, EventKind::kSample, 0, 0);
  if (sink_ != nullptr) sink_->begin(fleet_);
}

void Fleet::Player::make_mobiles(const FleetComponent& component, std::uint64_t seed) {
  fleet_.mobiles.reserve(component.mobiles.size());
  const Attachments attachments{fleet_.model};
  auto number = component.mobiles.begin();
  std::uint32_t first = 0;  // number of the group's first mobile
  for (std::size_t g = 0; g < fleet_.model.groups.size(); ++g) {
    const GroupModel& group = fleet_.model.groups[g];
    const StreamFamily arrivals{seed, "arrivals " + group.name};
    const StreamFamily work{seed, "work " + group.name};
    for (; number != component.mobiles.end() && *number < first + group.count; ++number) {
      const std::uint32_t i = *number - first;
      const Attachment to = attachments.of(g, i);
      const std::uint32_t uplink = fleet_.resources.uplink(group.cell, to.cell);
      fleet_.mobiles.push_back(
          Mobile{.arrivals = Stream{arrivals, i},
                 .work = Stream{work, i},
                 .group = static_cast<std::uint32_t>(g),
                 .uplink = uplink,
                 .downlink = uplink + 1,
                 .server = fleet_.resources.server_of(group.server, to.server),
                 .edge = group.edge ? fleet_.resources.server_of(*group.edge, to.edge) : kNothing,
                 .number = *number});
      arrivals_.schedule_next(static_cast<std::uint32_t>(fleet_.mobiles.size() - 1),
                              fleet_.mobiles.back(), group.workload, 0);
    }
    first += group.count;
  }
}

/// Mobiles ask in no order that memory knows: each of 100,000 is a wait for far memory, unless it
/// is asked for a few events ahead.
void Fleet::Player::fetch_ahead(const std::vector<Event>& events) const {
  for (const Event& event : events) {
    if (event.kind() == EventKind::kArrival) fleet_.mobiles[event.target].fetch_ahead();
  }
}

void Fleet::Player::play_event() {
  const Event event = fleet_.calendar.pop();
  now_ = event.date;
  ++events_;
  switch (event.kind()) {
    case EventKind::kArrival:
      life_.arrive(event.target, now_);
      break;
    case EventKind::kStep:
      if (holds(event)) life_.step(event.target, now_);
      break;
    case EventKind::kTimeout:
      if (holds(event)) life_.time_out(event.target, now_);
      break;
    case EventKind::kLink:
      if (fleet_.resources.take_link_event(event)) play_link(now_, event.target);
      break;
    case EventKind::kServerDone:
      ended_jobs_.clear();
      fleet_.resources.server(event.target).end_batch(now_, event.generation, ended_jobs_);
      if (sink_ != nullptr) [[unlikely]]
        sink_->batch(event.target, Server::gpu_of(event.generation), ended_jobs_, now_);
      for (const Job& job : ended_jobs_) life_.end_job(job, now_);
      break;
    case EventKind::kServerBatch:
      fleet_.resources.server(event.target).begin_waiting_batch(now_);
      break;
    case EventKind::kServerFault:
      life_.change_fault(event.target, now_);
      break;
    case EventKind::kBackground:
      fleet_.resources.play_background(event.target, now_);
      break;
    case EventKind::kPing:
      chooser_.ping(now_);
      break;
    case EventKind::kSample:
      meter_.sample(now_, fleet_.resources);
      if (meter_.samples_left()) {
        fleet_.calendar.push(now_ + fleet_.model.sample_s, EventKind::kSample, 0, 0);
      }
      break;
  }
  if (sink_ != nullptr) [[unlikely]]
    sink_->pass(now_, meter_.ended());
}

void Fleet::Player::play_link(double now, std::uint32_t link) {
  now_ = std::max(now_, now);
  ended_flows_.clear();
  fleet_.resources.link(link).advance(now, ended_flows_);
  for (const Flow& flow : ended_flows_) life_.end_flow(flow, now);
  fleet_.resources.reschedule(link);
}

ComponentResult Fleet::Player::finish() {
  stop();
  if (sink_ != nullptr) sink_->finish(now_);
  return meter_.finish(now_, events_, fleet_.resources, fleet_.between);
}

Fleet::Fleet(const FleetModel& model, const FleetComponent& component, std::size_t strategy,
             int replication, const LinkFactory& make_link, SpanSink* sink)
    : player_{std::make_unique<Player>(model, component, strategy, replication, make_link, sink)} {}
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
ComponentResult Fleet::finish() {
  return player_->finish();
}

}  // namespace papilio
