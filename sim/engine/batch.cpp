#include "sim/engine/batch.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <exception>
#include <limits>
#include <string>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/engine/kernel.hpp"

namespace papilio {
namespace {

namespace sg = simgrid::s4u;

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

/// A propagation: it takes its time whatever crosses, and nothing contends for it.
Seconds propagate(Seconds delay) {
  if (delay <= Seconds{0}) return {};
  return timed([&] { sg::this_actor::sleep_for(delay.value()); });
}

Seconds transfer(sg::Host* from, sg::Host* to, Bytes size) {
  if (size <= Bytes{0}) return {};
  return timed([&] { sg::Comm::sendto(from, to, static_cast<std::uint64_t>(size.value())); });
}

/// When a world begins: at the least power of two above its latency, so that all of its dates lie
/// between that and twice that. SimGrid moves its clock by differences, and those of two numbers
/// within a factor of two are exact (Sterbenz), so the clock meets each date to the bit, whatever
/// other worlds did in between: a world is the same alone and in any company (ADR 0002).
double start_of(const World& world) {
  int exponent = 0;
  const double latency = closed_form(world.demand, world.use).latency().value();
  return std::frexp(latency, &exponent) > 0 ? std::ldexp(1.0, exponent) : 0;
}

/// The life of one request. The energy ledger charges each measured duration at the power that its
/// component draws, as the phase ends.
PlayedRequest play(const World& world, const Site& site) {
  const auto& [demand, use] = world;
  PlayedRequest played;
  Breakdown& ledger = played.breakdown;
  const double start = start_of(world);
  sg::this_actor::sleep_until(start);

  ledger.mobile = compute(site.mobile, demand.mobile_time);
  ledger.compute_energy = demand.mobile_power() * ledger.mobile;

  ledger.uplink = transfer(site.mobile, site.cloud, demand.upload);
  ledger.uplink_energy = use.uplink_power() * ledger.uplink;
  ledger.idle_energy = use.idle_power * ledger.uplink;
  const bool offloads = demand.upload > Bytes{0};
  if (offloads) ledger.delay = propagate(use.delay);

  ledger.cloud = compute(site.cloud, demand.cloud_time);
  ledger.idle_energy += use.idle_power * ledger.cloud;

  if (offloads) ledger.delay += propagate(use.delay);
  ledger.idle_energy += use.idle_power * ledger.delay;

  if (use.download_takes_time) {
    ledger.downlink = transfer(site.cloud, site.mobile, demand.result);
    ledger.downlink_energy = use.downlink_power() * ledger.downlink;
    ledger.idle_energy += use.idle_power * ledger.downlink;
  }
  ledger.downlink_energy += use.untimed_download_energy(demand.result);

  played.finish = Seconds{sg::Engine::get_clock() - start};
  return played;
}

}  // namespace

std::vector<PlayedRequest> play_batch(std::span<const World> worlds) {
  // Dates are met exactly, and no two different ones may end together: they would couple worlds.
  const std::unique_ptr<sg::Engine> engine = start_kernel(std::numeric_limits<double>::min());
  if (worlds.empty()) return {};

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
  engine->run();
  if (failure) std::rethrow_exception(failure);
  if (deadlocked) throw SimulationError{"the simulation deadlocked"};
  return played;
}

}  // namespace papilio
