#include "sim/engine/batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>

// SimGrid's C headers do not compile before its C++ one.
// clang-format off
#include <simgrid/s4u.hpp>
#include <simgrid/version.h>
// clang-format on

#include "sim/base/error.hpp"

namespace papilio {
namespace {

namespace sg = simgrid::s4u;

// SimGrid's own stacks are the fastest; AddressSanitizer can only follow those of threads.
#ifdef __SANITIZE_ADDRESS__
constexpr const char* kContextFactory = "thread";
#else
constexpr const char* kContextFactory = "raw";
#endif

/// The hosts and links of one world. A host's speed is 1, so one unit of SimGrid's work is one
/// second of profiled time on the device.
struct Site {
  sg::Host* mobile{nullptr};
  sg::Host* cloud{nullptr};
};

Site build_site(sg::NetZone* root, const World& world, std::size_t index) {
  const std::string suffix = fmt::format("-{}", index);
  sg::NetZone* zone = sg::create_full_zone("world" + suffix);
  zone->set_parent(root);
  Site site{zone->create_host("mobile" + suffix, 1.0), zone->create_host("cloud" + suffix, 1.0)};
  const auto link = [&](const char* name, BytesPerSecond rate) {
    return zone->create_link(name + suffix, rate.value())->set_latency(0.0)->seal();
  };
  const sg::LinkInRoute up{link("uplink", world.use.radio.uplink)};
  const sg::LinkInRoute down{link("downlink", world.use.radio.downlink)};
  zone->add_route(site.mobile->get_netpoint(), site.cloud->get_netpoint(), nullptr, nullptr, {up},
                  false);
  zone->add_route(site.cloud->get_netpoint(), site.mobile->get_netpoint(), nullptr, nullptr, {down},
                  false);
  zone->seal();
  return site;
}

/// Simulated duration of `activity`.
template <class Activity>
Seconds timed(const Activity& activity) {
  const double begin = sg::Engine::get_clock();
  activity();
  return Seconds{sg::Engine::get_clock() - begin};
}

Seconds compute(sg::Host* host, Seconds work) {
  if (work <= Seconds{0}) return {};
  return timed(
      [&] { sg::Exec::init()->set_flops_amount(work.value())->set_host(host)->start()->wait(); });
}

Seconds transfer(sg::Host* from, sg::Host* to, Bytes size) {
  if (size <= Bytes{0}) return {};
  return timed([&] { sg::Comm::sendto(from, to, static_cast<std::uint64_t>(size.value())); });
}

/// The life of one request. The energy ledger charges each measured duration at the power that its
/// component draws, as the phase ends.
PlayedRequest play(const World& world, const Site& site) {
  const auto& [demand, use] = world;
  PlayedRequest played;
  Breakdown& ledger = played.breakdown;
  played.start = Seconds{sg::Engine::get_clock()};

  ledger.mobile = compute(site.mobile, demand.mobile_time);
  ledger.compute_energy = demand.mobile_power() * ledger.mobile;

  ledger.uplink = transfer(site.mobile, site.cloud, demand.upload);
  ledger.uplink_energy = use.uplink_power() * ledger.uplink;
  ledger.idle_energy = use.idle_power * ledger.uplink;

  ledger.cloud = compute(site.cloud, demand.cloud_time);
  ledger.idle_energy += use.idle_power * ledger.cloud;

  if (use.download_takes_time) {
    ledger.downlink = transfer(site.cloud, site.mobile, demand.result);
    ledger.downlink_energy = use.downlink_power() * ledger.downlink;
    ledger.idle_energy += use.idle_power * ledger.downlink;
  }
  ledger.downlink_energy += use.untimed_download_energy(demand.result);

  played.finish = Seconds{sg::Engine::get_clock()};
  return played;
}

/// SimGrid ends activities that are due within this time of each other at once, the later ones
/// early. Its default, 1 ns, would couple independent worlds: 1e-6 of a millisecond. It cannot be 0
/// either, for the clock has a last digit, 2e-16 of the longest request.
double event_precision(std::span<const World> worlds) {
  constexpr double kClockDigits = 1e-14;
  double horizon = 0;
  for (const World& world : worlds) {
    horizon = std::max(horizon, closed_form(world.demand, world.use).latency().value());
  }
  return kClockDigits * horizon;
}

void configure(double precision_s) {
  // The exact serialisation time of a message is its size over the rate (ADR 0004).
  sg::Engine::set_config("network/model:CM02");
  sg::Engine::set_config("network/crosstraffic:0");
  sg::Engine::set_config(fmt::format("surf/precision:{}", precision_s));
}

}  // namespace

std::vector<PlayedRequest> play_batch(std::span<const World> worlds) {
  static bool played_before = false;
  if (std::exchange(played_before, true)) {
    throw SimulationError{"a process plays one simulation: SimGrid's clock cannot be set back"};
  }
  xbt_log_control_set("root.thresh:warning");
  std::string program{"papilio"};
  std::string contexts{fmt::format("--cfg=contexts/factory:{}", kContextFactory)};
  char* arguments[] = {program.data(), contexts.data(), nullptr};
  int argument_count = 2;
  sg::Engine engine{&argument_count, static_cast<char**>(arguments)};
  if (worlds.empty()) return {};
  configure(event_precision(worlds));

  sg::NetZone* root = sg::create_full_zone("root");
  std::vector<Site> sites;
  for (std::size_t i = 0; i < worlds.size(); ++i) sites.push_back(build_site(root, worlds[i], i));
  root->seal();

  bool deadlocked = false;
  sg::Engine::on_deadlock_cb([&] { deadlocked = true; });
  std::exception_ptr failure;
  std::vector<PlayedRequest> played(worlds.size());
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    // An exception must not leave an actor, for SimGrid would abort: it is kept, and rethrown
    // below.
    sg::Actor::create(fmt::format("request-{}", i), sites[i].mobile, [&, i] {
      try {
        played[i] = play(worlds[i], sites[i]);
      } catch (const std::exception&) {
        if (!failure) failure = std::current_exception();
      }
    });
  }
  engine.run();
  if (failure) std::rethrow_exception(failure);
  if (deadlocked) throw SimulationError{"the simulation deadlocked"};
  return played;
}

std::string simgrid_version() {
  int major = 0;
  int minor = 0;
  int patch = 0;
  sg_version_get(&major, &minor, &patch);
  return fmt::format("{}.{}", major, minor);
}

}  // namespace papilio
