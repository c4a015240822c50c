#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <exception>
#include <limits>
#include <string>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/play/simgrid/kernel.hpp"
#include "sim/play/simgrid/module.hpp"

namespace papilio {
namespace {

namespace sg = simgrid::s4u;

/// The hosts of one world by tier, with links between them. A host's speed is 1, so one unit of
/// SimGrid's work is one second of profiled time on the device.
struct Site {
  std::array<sg::Host*, 3> hosts{};

  [[nodiscard]] sg::Host* at(Tier tier) const { return hosts[static_cast<std::size_t>(tier)]; }
  /// Where the radio ends: at the edge, if there is one.
  [[nodiscard]] sg::Host* behind_radio() const {
    return at(Tier::kEdge) != nullptr ? at(Tier::kEdge) : at(Tier::kCloud);
  }
};

/// Whether a world has an edge: its plan computes there, or all traffic passes a backhaul that
/// takes time.
bool has_edge(const World& world) {
  return std::isfinite(world.use.backhaul.rate.value()) ||
         std::any_of(world.plan.stages.begin(), world.plan.stages.end(), [](const Stage& stage) {
           const auto* layers = std::get_if<Compute>(&stage);
           return layers != nullptr && layers->at == Tier::kEdge;
         });
}

Site build_site(sg::NetZone* root, const World& world, std::size_t index) {
  const std::string suffix = fmt::format("-{}", index);
  sg::NetZone* zone = sg::create_full_zone("world" + suffix);
  zone->set_parent(root);
  const auto host = [&](const char* name) { return zone->create_host(name + suffix, 1.0); };
  const auto link = [&](const char* name, BytesPerSecond rate, const sg::Host* from,
                        const sg::Host* to) {
    sg::Link* made = zone->create_link(name + suffix, rate.value())->set_latency(0.0)->seal();
    zone->add_route(from->get_netpoint(), to->get_netpoint(), nullptr, nullptr,
                    {sg::LinkInRoute{made}}, false);
  };
  Site site{{host("mobile"), nullptr, host("cloud")}};
  if (has_edge(world)) site.hosts[static_cast<std::size_t>(Tier::kEdge)] = host("edge");
  const sg::Host* mobile = site.at(Tier::kMobile);
  const sg::Host* edge = site.at(Tier::kEdge);
  const sg::Host* cloud = site.at(Tier::kCloud);
  link("uplink", world.use.radio.uplink, mobile, site.behind_radio());
  link("downlink", world.use.radio.downlink, site.behind_radio(), mobile);
  const Backhaul& backhaul = world.use.backhaul;
  if (edge != nullptr && std::isfinite(backhaul.rate.value())) {
    link("backhaul-up", backhaul.rate, edge, cloud);
    link("backhaul-down", backhaul.rate, cloud, edge);
  }
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
  const double latency = closed_form(world.plan, world.use).latency().value();
  return std::frexp(latency, &exponent) > 0 ? std::ldexp(1.0, exponent) : 0;
}

/// One request on its site, stage by stage.
class Player {
 public:
  Player(const World& world, const Site& site) : world_{world}, use_{world.use}, site_{site} {}

  PlayedRequest play() {
    const double start = start_of(world_);
    sg::this_actor::sleep_until(start);
    sg::ActorPtr token;
    std::size_t played = 0;
    for (const Stage& stage : world_.plan.stages) {
      const auto* const transfer = std::get_if<Transfer>(&stage);
      const bool is_first = ++played == world_.plan.first_token;
      if (transfer == nullptr) {
        run(*std::get_if<Compute>(&stage));
      } else if (transfer->streamed) {
        stream(*transfer);
        if (is_first) token = await_first(*transfer, start);
      } else {
        send(*transfer);
      }
      if (is_first && !token) ledger_.first_token = Seconds{sg::Engine::get_clock() - start};
    }
    if (token) token->join();
    charge_radio();
    return {.finish = Seconds{sg::Engine::get_clock() - start}, .breakdown = ledger_};
  }

 private:
  void run(const Compute& layers) {
    const Seconds took = compute(site_.at(layers.at), layers.time);
    time_at(ledger_, layers.at) += took;
    ledger_.compute_energy += layers.power() * took;
  }

  /// A message is on one link at a time, and waits for light behind each on its way up; an answer
  /// passes the radio's delay before the radio.
  void send(const Transfer& transfer) {
    const bool timed = !transfer.answer || use_.download_takes_time;
    const Bytes size = timed ? transfer.size : Bytes{0};
    if (transfer.from == Tier::kMobile) {
      ledger_.uplink += papilio::transfer(site_.at(Tier::kMobile), site_.behind_radio(), size);
      ledger_.delay += propagate(radio_delay(use_.delay, transfer));
    }
    if (crosses_backhaul(transfer)) pass_backhaul(transfer.to == Tier::kCloud, size);
    if (transfer.to == Tier::kMobile) {
      if (!timed) untimed_ += transfer.size;
      ledger_.delay += propagate(radio_delay(use_.delay, transfer));
      ledger_.downlink += papilio::transfer(site_.behind_radio(), site_.at(Tier::kMobile), size);
    }
  }

  /// Takes the radio's energy; the request goes on meanwhile.
  void stream(const Transfer& transfer) {
    if (use_.download_takes_time) {
      beside_ += transfer.size / use_.radio.downlink;
    } else {
      untimed_ += transfer.size;
    }
  }

  /// Notes when the first token comes that is streamed.
  sg::ActorPtr await_first(const Transfer& transfer, double start) {
    return sg::Actor::create("first-token", site_.at(Tier::kMobile), [this, transfer, start] {
      propagate(arrival(transfer, use_));
      ledger_.first_token = Seconds{sg::Engine::get_clock() - start};
    });
  }

  void pass_backhaul(bool up, Bytes size) {
    const Backhaul& backhaul = use_.backhaul;
    if (std::isfinite(backhaul.rate.value())) {
      ledger_.backhaul += papilio::transfer(site_.at(up ? Tier::kEdge : Tier::kCloud),
                                            site_.at(up ? Tier::kCloud : Tier::kEdge), size);
    }
    ledger_.delay += propagate(backhaul.delay);
  }

  /// Charges each measured phase at the power that the radio and the waiting mobile draw in it.
  void charge_radio() {
    ledger_.uplink_energy = use_.uplink_power() * ledger_.uplink;
    ledger_.downlink_energy = use_.downlink_power() * (ledger_.downlink + beside_);
    ledger_.downlink_energy += use_.untimed_download_energy(untimed_);
    for (const Seconds phase : {ledger_.uplink, ledger_.edge, ledger_.backhaul, ledger_.cloud,
                                ledger_.delay, ledger_.downlink}) {
      ledger_.idle_energy += use_.idle_power * phase;
    }
  }

  const World& world_;
  const RadioUse& use_;
  const Site& site_;
  Breakdown ledger_;
  Bytes untimed_;   // of answers that take no time
  Seconds beside_;  // of the radio, for what is streamed
};

}  // namespace

std::vector<PlayedRequest> play_worlds(std::span<const World> worlds) {
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
    sg::Actor::create(fmt::format("request-{}", i), sites[i].at(Tier::kMobile), [&, i] {
      try {
        played[i] = Player{worlds[i], sites[i]}.play();
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
