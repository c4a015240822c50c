#include "sim/engine/fleet_player.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <set>
#include <simgrid/kernel/Timer.hpp>

#include "sim/base/error.hpp"
#include "sim/engine/kernel.hpp"
#include "sim/engine/simgrid_link.hpp"

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

/// Moves a fleet along SimGrid's clock by its kernel timers, which run outside of any actor.
class Driver {
 public:
  Driver(const FleetModel& model, const std::function<void(std::uint64_t, double)>& on_stride)
      : on_stride_{on_stride}, solver_{uses_solver(model)} {}

  void drive(Fleet& fleet, sg::ActorPtr keeper) {
    fleet_ = &fleet;
    keeper_ = std::move(keeper);
    arm();
  }

  /// Flows on this link have ended at the present date.
  void link_ended(std::uint32_t link) {
    ended_links_.push_back(link);
    // In a timer and not here, for an actor that starts or ends others gives up the processor.
    if (ended_links_.size() == 1) {
      Timer::set(sg::Engine::get_clock(), [this] { play_ended_links(); });
    }
  }

 private:
  static bool uses_solver(const FleetModel& model) {
    return model.simgrid_links ||
           std::any_of(model.cells.begin(), model.cells.end(),
                       [](const CellModel& cell) { return !cell.wifi_byte_per_s.empty(); });
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
    if (++strides_ % (solver_ ? 1024 : 1) == 0) on_stride_(fleet_->requests(), fleet_->now());
    arm();
  }

  void arm() {
    const double date = fleet_->next_date();
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

  const std::function<void(std::uint64_t, double)>& on_stride_;
  bool solver_;
  Fleet* fleet_{nullptr};
  sg::ActorPtr keeper_;
  std::vector<std::uint32_t> ended_links_;
  double armed_s_{kNever};
  std::uint64_t strides_{0};
};

std::uint64_t peak_memory_bytes() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  constexpr std::uint64_t kKibibyte = 1024;
  return static_cast<std::uint64_t>(usage.ru_maxrss) * kKibibyte;
}

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

FleetResult play_fleet(const FleetModel& model, std::size_t strategy, int replication,
                       const std::function<void(std::uint64_t, double)>& on_stride) {
  using Clock = std::chrono::steady_clock;
  const auto started = Clock::now();
  // What is due together must end together, and the clock has a last digit, 2e-16 of the date.
  // SimGrid's default, 1 ns, would be 1e-6 of a millisecond.
  constexpr double kClockDigits = 1e-14;
  const std::unique_ptr<sg::Engine> engine = start_kernel(kClockDigits * horizon_s(model));
  sg::NetZone* root = sg::create_full_zone("root");
  sg::Host* home = root->create_host("home", 1.0);
  Driver driver{model, on_stride};
  Platform platform{model, root, [&](std::uint32_t link) { driver.link_ended(link); }};
  Fleet fleet{model, strategy, replication,
              [&](const LinkPlace& place) { return platform.make(place); }};
  root->seal();

  const auto set_up = Clock::now();
  // Where nobody asks there is nothing to play, and SimGrid would call that a deadlock.
  if (!fleet.over()) {
    bool deadlocked = false;
    sg::Engine::on_deadlock_cb([&] { deadlocked = true; });
    // SimGrid goes on for as long as an actor lives.
    sg::ActorPtr keeper = sg::Actor::create("keeper", home, [] { sg::this_actor::suspend(); });
    driver.drive(fleet, keeper);
    engine->run();
    if (deadlocked) throw SimulationError{"the simulation deadlocked"};
  }

  if (!fleet.over()) {
    throw SimulationError{
        "requests wait for answers that will never come, for they have no timeout"};
  }

  FleetResult result = fleet.finish();
  result.counts.set_up_s = std::chrono::duration<double>(set_up - started).count();
  result.counts.wall_s = std::chrono::duration<double>(Clock::now() - set_up).count();
  result.counts.peak_memory_bytes = peak_memory_bytes();
  return result;
}

}  // namespace papilio
