// Workload W in SimGrid alone: the program that Papilio's fleets are timed against.
//
// It is what a SimGrid user would write with s4u: an actor a mobile, Comm::sendto over shared
// links, sleeps for the rest. It shares no code with Papilio, so the two also check one another,
// and fleet.sh runs both in one call, so that they meet the same machine in the same state.
//
// Each mobile thinks (exponential, mean 36 s), sends a request up its cell's link, waits for the
// server's only GPU, first come first served, and gets the answer down its cell's link; then it
// thinks again. Where there was a choice, SimGrid got the cheaper way:
// - a host a cell and not a mobile, for a star of 10,000 hosts takes 1.7 GB;
// - the GPU's queue is the date at which it is free, which is exact and needs no lock;
// - propagation is a delay outside the flow (docs/adr/0004-explicit-network-model.md), and both
//   delays are added to the wait for the GPU: equal delays keep the order of arrival, and an
//   answer sent 1 ms later arrives 1 ms later.
#include <sys/resource.h>

#include <algorithm>
#include <boost/random/exponential_distribution.hpp>
#include <boost/random/seed_seq.hpp>
#include <boost/random/taus88.hpp>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

namespace {

namespace sg = simgrid::s4u;

constexpr double kLinkBytesPerSecond = 54e6 / 8;
constexpr double kPropagationSeconds = 1e-3;
constexpr double kThinkSeconds = 36;
constexpr double kServiceSeconds = 10e-3;
constexpr std::uint64_t kDownloadBytes = 1000;

struct Options {
  std::uint32_t mobiles{1};
  std::uint32_t requests_each{1};
  std::uint32_t upload_bytes{1};
  std::uint32_t cells{1};
  std::uint32_t servers{1};
};

struct Server {
  sg::Host* host{};
  double free_at_s{};
};

struct Totals {
  std::uint64_t requests{};
  double latency_s{};
};

/// One actor. It lives on its cell's host.
class Mobile {
 public:
  Mobile(std::uint32_t number, const Options& options, Server& server, Totals& totals)
      : requests_{options.requests_each},
        upload_bytes_{options.upload_bytes},
        server_{&server},
        totals_{&totals} {
    // Not taus88(number): the first ten or so draws of neighbouring numbers are then nearly equal.
    boost::random::seed_seq seeds{number};
    random_.seed(seeds);
  }

  void operator()() {
    boost::random::exponential_distribution<double> think{1 / kThinkSeconds};
    sg::Host* const cell = sg::this_actor::get_host();
    for (std::uint32_t request = 0; request < requests_; ++request) {
      sg::this_actor::sleep_for(think(random_));
      const double start_s = sg::Engine::get_clock();
      sg::Comm::sendto(cell, server_->host, upload_bytes_);
      const double arrival_s = sg::Engine::get_clock() + kPropagationSeconds;
      server_->free_at_s = std::max(server_->free_at_s, arrival_s) + kServiceSeconds;
      sg::this_actor::sleep_until(server_->free_at_s + kPropagationSeconds);
      sg::Comm::sendto(server_->host, cell, kDownloadBytes);
      ++totals_->requests;
      totals_->latency_s += sg::Engine::get_clock() - start_s;
    }
  }

 private:
  boost::random::taus88 random_;
  std::uint32_t requests_;
  std::uint32_t upload_bytes_;
  Server* server_;
  Totals* totals_;
};

bool read(const char* text, std::uint32_t& value) {
  const char* const end = text + std::strlen(text);
  const auto [last, error] = std::from_chars(text, end, value);
  return error == std::errc{} && last == end && value > 0;
}

void build(const Options& options, std::vector<Server>& servers, Totals& totals) {
  sg::NetZone* const zone = sg::create_star_zone("w");
  std::vector<sg::Host*> cells;
  for (std::uint32_t i = 0; i < options.cells; ++i) {
    const std::string name = "cell-" + std::to_string(i);
    sg::Host* const host = zone->create_host(name, 1.0);
    const sg::Link* const up = zone->create_link(name + "-up", kLinkBytesPerSecond)->seal();
    const sg::Link* const down = zone->create_link(name + "-down", kLinkBytesPerSecond)->seal();
    zone->add_route(host->get_netpoint(), nullptr, nullptr, nullptr, {sg::LinkInRoute{up}}, false);
    zone->add_route(nullptr, host->get_netpoint(), nullptr, nullptr, {sg::LinkInRoute{down}},
                    false);
    cells.push_back(host);
  }
  for (std::uint32_t i = 0; i < options.servers; ++i) {
    sg::Host* const host = zone->create_host("server-" + std::to_string(i), 1.0);
    zone->add_route(host->get_netpoint(), nullptr, nullptr, nullptr, {}, true);
    servers.push_back({host, 0.0});
  }
  zone->seal();
  for (std::uint32_t i = 0; i < options.mobiles; ++i) {
    sg::Actor::create("mobile", cells[i % cells.size()],
                      Mobile{i, options, servers[i % servers.size()], totals});
  }
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (argc != 6 || !read(argv[1], options.mobiles) || !read(argv[2], options.requests_each) ||
      !read(argv[3], options.upload_bytes) || !read(argv[4], options.cells) ||
      !read(argv[5], options.servers)) {
    std::fputs("usage: simgrid_fleet MOBILES REQUESTS_EACH UPLOAD_BYTES CELLS SERVERS\n", stderr);
    return 2;
  }

  const auto begin = std::chrono::steady_clock::now();
  // An actor's stack with its guard page is two memory maps, of which Linux allows a process
  // 65,530: with neither a guard nor the usual 8 MB of stack, 100,000 actors fit.
  std::vector<std::string> settings{"simgrid_fleet",
                                    "--log=root.thresh:warning",
                                    "--cfg=contexts/guard-size:0",
                                    "--cfg=contexts/stack-size:16",
                                    "--cfg=network/model:CM02",
                                    "--cfg=network/crosstraffic:0"};
  std::vector<char*> arguments;
  arguments.reserve(settings.size() + 1);
  for (std::string& setting : settings) arguments.push_back(setting.data());
  int argument_count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  sg::Engine engine{&argument_count, arguments.data()};
  std::vector<Server> servers;
  Totals totals;
  build(options, servers, totals);
  const double set_up_s = seconds_since(begin);

  const auto start = std::chrono::steady_clock::now();
  engine.run();
  const double wall_s = seconds_since(start);

  // A deadlock ends SimGrid's run() without an error.
  if (totals.requests != std::uint64_t{options.mobiles} * options.requests_each) {
    std::fputs("simgrid_fleet: not all requests were answered\n", stderr);
    return 1;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto requests = static_cast<double>(totals.requests);
  std::printf(
      "{\"mobiles\":%u,\"requests\":%.0f,\"wall_s\":%.6f,\"set_up_s\":%.6f,"
      "\"requests_per_s\":%.1f,\"peak_memory_bytes\":%lld,\"simulated_s\":%.6f,"
      "\"mean_latency_s\":%.9f}\n",
      options.mobiles, requests, wall_s, set_up_s, requests / wall_s,
      static_cast<long long>(usage.ru_maxrss) * 1024, sg::Engine::get_clock(),
      totals.latency_s / requests);
  return 0;
}
