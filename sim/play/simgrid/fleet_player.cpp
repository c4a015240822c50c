#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <simgrid/kernel/Timer.hpp>

#include "sim/base/error.hpp"
#include "sim/play/fleet/fleet.hpp"
#include "sim/play/simgrid/kernel.hpp"
#include "sim/play/simgrid/module.hpp"
#include "sim/play/simgrid/simgrid_link.hpp"

namespace papilio {
namespace {

namespace sg = simgrid::s4u;
using simgrid::kernel::timer::Timer;

constexpr double kNever = std::numeric_limits<double>::infinity();

/// Makes the hosts and links that SimGrid plays, and none for those that it does not.
class Platform {
 public:
  Platform(const FleetModel& model, sg::NetZone* root, std::function<void(std::uint32_t)> on_end)
      : model_{model}, root_{root}, on_end_{std::move(on_end)} {}

  std::unique_ptr<Link> make(const LinkPlace& place) {
    const bool cell =
        place.kind == LinkPlace::Kind::kUplink || place.kind == LinkPlace::Kind::kDownlink;
    const bool wifi = cell && !model_.cells[place.owner].wifi_byte_per_s.empty();
    if (wifi) return make_wifi(place, model_.cells[place.owner]);
    if (!model_.simgrid_links) return std::make_unique<SharedLink>(place.rate);
    return make_wired(place);
  }

 private:
  [[nodiscard]] std::function<void()> ended(const LinkPlace& place) const {
    return [on_end = on_end_, index = place.index] { on_end(index); };
  }

  /// The limits that mobiles have on this link; infinity for none.
  [[nodiscard]] std::set<double> caps_on(const LinkPlace& place) const {
    std::set<double> caps;
    for (const GroupModel& group : model_.groups) {
      if (place.kind == LinkPlace::Kind::kUplink && group.cell == place.owner) {
        caps.insert(group.uplink_cap_byte_per_s);
      } else if (place.kind == LinkPlace::Kind::kDownlink && group.cell == place.owner) {
        caps.insert(group.downlink_cap_byte_per_s);
      }
    }
    if (caps.empty()) caps.insert(kNever);
    return caps;
  }

  /// SimGrid 3.32 does not heed the rate of a transfer between two hosts, so a cap is a link of its
  /// own that bounds each flow and is not shared (FATPIPE), and each cap has a host of its own.
  std::unique_ptr<Link> make_wired(const LinkPlace& place) {
    const std::string name = fmt::format("link-{}", place.index);
    sg::NetZone* zone = sg::create_full_zone(name);
    zone->set_parent(root_);
    sg::Host* to = zone->create_host(name + "-to", 1.0);
    // The rate is that of date 0; the link follows its timeline from the first flow on.
    const double rate = std::max(1.0, place.rate.rate_byte_per_s(0));
    sg::Link* link = zone->create_link(name, rate)->set_latency(0.0)->seal();
    std::map<double, SimGridLink::Ends> ends;
    for (const double cap : caps_on(place)) {
      const std::string own = fmt::format("{}-{}", name, ends.size());
      sg::Host* from = zone->create_host(own, 1.0);
      std::vector<sg::LinkInRoute> route;
      if (std::isfinite(cap)) {
        sg::Link* limit = zone->create_link(own + "-cap", cap)->set_latency(0.0);
        limit->set_sharing_policy(sg::Link::SharingPolicy::FATPIPE)->seal();
        route.emplace_back(limit);
      }
      route.emplace_back(link);
      zone->add_route(from->get_netpoint(), to->get_netpoint(), nullptr, nullptr, route, false);
      ends.emplace(cap, SimGridLink::Ends{from, to});
    }
    zone->seal();
    return std::make_unique<SimGridLink>(
        place.rate, link, [ends](const Flow&, double cap) { return ends.at(cap); }, ended(place));
  }

  /// Both directions of a Wi-Fi cell cross the same air: the uplink, made first, makes it.
  std::unique_ptr<Link> make_wifi(const LinkPlace& place, const CellModel& cell) {
    if (place.kind == LinkPlace::Kind::kUplink) {
      const std::string name = fmt::format("air-{}", place.index);
      sg::NetZone* zone = sg::create_wifi_zone(name);
      zone->set_parent(root_);
      zone->set_property("access_point", name + "-ap");
      sg::NetZone* wired = sg::create_full_zone(name + "-wired");
      wired->set_parent(root_);
      core_ = wired->create_host(name + "-core", 1.0);
      wired->seal();
      stations_.clear();
      for (std::size_t level = 0; level < cell.wifi_byte_per_s.size(); ++level) {
        stations_.push_back(zone->create_host(fmt::format("{}-station-{}", name, level), 1.0));
      }
      simgrid::kernel::routing::NetPoint* access_point = zone->create_router(name + "-ap");
      air_ = zone->create_link(name, cell.wifi_byte_per_s);
      air_->seal();
      for (std::size_t level = 0; level < stations_.size(); ++level) {
        air_->set_host_wifi_rate(stations_[level], static_cast<int>(level));
      }
      zone->seal();
      // SimGrid wants a link between the zones; this one never bounds a flow.
      constexpr double kUnbounded = 1e18;
      sg::Link* wire = root_->create_link(name + "-wire", kUnbounded)->set_latency(0.0)->seal();
      root_->add_route(zone->get_netpoint(), wired->get_netpoint(), access_point,
                       core_->get_netpoint(), {sg::LinkInRoute{wire}});
    }
    std::vector<SimGridLink::Ends> ends;
    for (sg::Host* station : stations_) {
      ends.push_back(place.kind == LinkPlace::Kind::kUplink ? SimGridLink::Ends{station, core_}
                                                            : SimGridLink::Ends{core_, station});
    }
    return std::make_unique<SimGridLink>(
        place.rate, air_, [ends](const Flow& flow, double) { return ends.at(flow.level); },
        ended(place));
  }

  const FleetModel& model_;
  sg::NetZone* root_;
  std::function<void(std::uint32_t)> on_end_;
  sg::Link* air_{nullptr};
  sg::Host* core_{nullptr};
  std::vector<sg::Host*> stations_;
};

bool uses_solver(const FleetModel& model) {
  return model.simgrid_links ||
         std::any_of(model.cells.begin(), model.cells.end(),
                     [](const CellModel& cell) { return !cell.wifi_byte_per_s.empty(); });
}

/// Moves fleets along SimGrid's clock by its kernel timers, which run outside of any actor: one
/// component after another. SimGrid's clock goes on from each to the next, which begins at its own
/// date 0; so what SimGrid plays a part in must come first, and be alone.
class Driver {
 public:
  using Clock = std::chrono::steady_clock;
  using LinkMaker = std::function<std::unique_ptr<Link>(const LinkPlace&)>;

  Driver(const FleetTask& task, const FleetListener& listener)
      : task_{task}, listener_{listener}, solver_{uses_solver(task.model)} {
    PAPILIO_CHECK(!solver_ || task.components.size() == 1);
  }

  /// Builds the first component; the others are built in their turn.
  void build_first(const LinkMaker& make_link, Clock::time_point started) {
    make_link_ = make_link;
    build(started);
  }
  /// Lets SimGrid's clock drive from now on, up to the end of the last component.
  /// @return whether there is anything to be played
  bool drive(const std::function<sg::ActorPtr()>& make_keeper) {
    pass_finished();
    if (fleet_->over()) return false;
    keeper_ = make_keeper();
    arm();
    return true;
  }
  /// Whether the last component is over.
  [[nodiscard]] bool over() const { return fleet_->over(); }
  /// Hands on what it left.
  void finish() { hand_on(); }

  /// Flows on this link have ended at the present date.
  void link_ended(std::uint32_t link) {
    ended_links_.push_back(link);
    // In a timer and not here, for an actor that starts or ends others gives up the processor.
    if (ended_links_.size() == 1) {
      Timer::set(sg::Engine::get_clock(), [this] { play_ended_links(); });
    }
  }

 private:
  static double seconds(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
  }

  void build(Clock::time_point started) {
    sink_ = task_.watch ? task_.watch(played_) : nullptr;
    fleet_.emplace(task_.model, *task_.components[played_], task_.strategy, task_.replication,
                   make_link_, sink_.get());
    begun_ = Clock::now();
    times_.set_up_s = seconds(started, begun_);
    began_s_ = sg::Engine::get_clock();
    armed_s_ = kNever;
  }

  void hand_on() {
    ComponentResult result = fleet_->finish();
    fleet_.reset();
    times_.wall_s = seconds(begun_, Clock::now());
    listener_.on_result(std::move(result), times_);
    ++played_;
  }

  /// Goes on to the next component that is not over, or to the last.
  void pass_finished() {
    while (fleet_->over() && played_ + 1 < task_.components.size()) {
      hand_on();
      build(Clock::now());
    }
  }

  void play_ended_links() {
    std::vector<std::uint32_t> links;
    links.swap(ended_links_);
    for (const std::uint32_t link : links) fleet_->play_link(sg::Engine::get_clock(), link);
    arm();
  }

  void play() {
    armed_s_ = kNever;
    if (solver_) {
      fleet_->play_until(fleet_->next_date());
    } else {
      // Nothing is pending in SimGrid but this timer: the events ahead cannot be disturbed.
      constexpr std::uint64_t kStride = 4096;
      fleet_->play_events(kStride);
    }
    if (++strides_ % (solver_ ? 1024 : 1) == 0) {
      listener_.on_stride(fleet_->requests(), fleet_->now());
    }
    arm();
  }

  void arm() {
    pass_finished();
    const double date = began_s_ + fleet_->next_date();
    if (date == kNever) {
      if (fleet_->over()) fleet_->stop();
      if (keeper_) std::exchange(keeper_, nullptr)->kill();
      return;
    }
    if (date >= armed_s_) return;  // the pending timer comes first and arms again
    armed_s_ = date;
    // A timer that a nearer one overtook finds nothing to do.
    Timer::set(date, [this, date] {
      if (date == armed_s_) play();
    });
  }

  const FleetTask& task_;
  const FleetListener& listener_;
  bool solver_;
  LinkMaker make_link_;
  std::unique_ptr<SpanSink> sink_;  // of the present component, or null
  std::optional<Fleet> fleet_;      // that
  std::size_t played_{0};           // components before it
  PlayTimes times_;
  Clock::time_point begun_;
  double began_s_{0};  // SimGrid's date when it began
  sg::ActorPtr keeper_;
  std::vector<std::uint32_t> ended_links_;
  double armed_s_{kNever};
  std::uint64_t strides_{0};
};

/// About how long the simulation lasts.
double horizon_s(const FleetModel& model) {
  if (std::isfinite(model.duration_s)) return model.duration_s;
  double longest = 1;
  for (const GroupModel& group : model.groups) {
    const Workload& work = group.workload;
    const double last = work.dates_s.empty() ? 0 : work.dates_s.back();
    const double gap = work.think_s + work.period_s +
                       (work.process == Workload::Process::kPoisson ? 1 / work.rate_per_s : 0);
    longest = std::max({longest, last, gap * static_cast<double>(work.requests)});
  }
  return longest;
}

}  // namespace

void play_components(const FleetTask& task, const FleetListener& listener) {
  const auto started = Driver::Clock::now();
  // What is due together must end together, and the clock has a last digit, 2e-16 of the date.
  // SimGrid's default, 1 ns, would be 1e-6 of a millisecond.
  constexpr double kClockDigits = 1e-14;
  const std::unique_ptr<sg::Engine> engine = start_kernel(kClockDigits * horizon_s(task.model));
  sg::NetZone* root = sg::create_full_zone("root");
  sg::Host* home = root->create_host("home", 1.0);
  Driver driver{task, listener};
  Platform platform{task.model, root, [&](std::uint32_t link) { driver.link_ended(link); }};
  driver.build_first([&](const LinkPlace& place) { return platform.make(place); }, started);
  root->seal();

  bool deadlocked = false;
  sg::Engine::on_deadlock_cb([&] { deadlocked = true; });
  // SimGrid goes on for as long as an actor lives. Where nobody asks there is nothing to play, and
  // SimGrid would call that a deadlock.
  const bool plays = driver.drive(
      [&] { return sg::Actor::create("keeper", home, [] { sg::this_actor::suspend(); }); });
  if (plays) engine->run();
  if (deadlocked) throw SimulationError{"the simulation deadlocked"};
  if (!driver.over()) {
    throw SimulationError{
        "requests wait for answers that will never come, for they have no timeout"};
  }
  driver.finish();
}

}  // namespace papilio
