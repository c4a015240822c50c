// How exact the emulated link is against the clock, for docs/performance.md: run by hand, as root.
//   build/release/tests/link_accuracy
// Datagrams that find the link idle, and messages over TCP, each from the send() of the mobile to
// the recv() of the server, both read from one clock, beside what the link's arithmetic gives: wire
// bytes by the rate, plus the delay. The difference is all that the emulator and both kernels add.

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "models/link/shaped_link.hpp"
#include "sim/base/descriptor.hpp"
#include "sim/base/error.hpp"
#include "sim/base/stats/estimate.hpp"
#include "tests/support/link_sockets.hpp"

namespace papilio {
namespace {

double now_s() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Quantiles {
  double median{0};
  double p99{0};
  double max{0};
};

/// @param values at least one
Quantiles quantiles_of(std::vector<double> values) {
  Quantiles found;
  found.median = quantile(values, 0.5);
  found.p99 = quantile(values, 0.99);
  found.max = quantile(values, 1);
  return found;
}

std::string in_us(const Quantiles& of) {
  return fmt::format("{:.0f} | {:.0f} | {:.0f}", of.median * 1e6, of.p99 * 1e6, of.max * 1e6);
}

std::string in_us(const LatenessStats& of) {
  return in_us(Quantiles{of.median.value(), of.p99.value(), of.max.value()});
}

ShapedLinkSpec spec_of(double up_mbit_per_s, double down_mbit_per_s, double delay_s) {
  ShapedLinkSpec spec;
  spec.uplink.rate = bits_per_second(up_mbit_per_s * 1e6);
  spec.downlink.rate = bits_per_second(down_mbit_per_s * 1e6);
  spec.uplink.delay = Seconds{delay_s};
  spec.downlink.delay = Seconds{delay_s};
  return spec;
}

/// One datagram after another, each after the answer to the one before: the link is idle for each.
void datagrams(const ShapedLinkSpec& spec, const char* name, int count) {
  ShapedLink link{spec};
  const Datagrams sockets{link};
  const Descriptor& mobile = sockets.mobile;
  const Descriptor& server = sockets.server;
  link.start();
  constexpr std::size_t kSize = 1000;
  constexpr double kWire = kSize + 28;
  const double expected_s = kWire / spec.uplink.rate.value() + spec.uplink.delay.value();
  std::vector<double> received_s(static_cast<std::size_t>(count));
  std::future<void> answers = std::async(std::launch::async, [&] {
    std::string bytes(kSize, '\0');
    for (double& date_s : received_s) {
      receive_all(server.get(), bytes);
      date_s = now_s();
      send_all(server.get(), "x");
    }
  });
  std::vector<double> excess_s;
  std::string answer(1, '\0');
  const std::string datagram(kSize, 'x');
  for (int i = 0; i < count; ++i) {
    const double begin_s = now_s();
    send_all(mobile.get(), datagram);
    receive_all(mobile.get(), answer);
    excess_s.push_back(received_s[static_cast<std::size_t>(i)] - begin_s - expected_s);
  }
  answers.get();
  const LinkReport report = link.stop();
  fmt::print("| {} | {} | {} | {} | {:.0f} |\n", name, report.realtime ? "yes" : "no",
             in_us(report.uplink.lateness), in_us(quantiles_of(excess_s)),
             100 * report.processor / report.duration);
}

/// Messages over one TCP connection, each after the answer to the one before and a pause.
void messages(const ShapedLinkSpec& spec, const char* name, std::size_t size, int count) {
  ShapedLink link{spec};
  const Descriptor listener = socket_on(link, LinkEnd::kServer, SOCK_STREAM);
  ::listen(listener.get(), 1);
  const Descriptor mobile = socket_on(link, LinkEnd::kMobile, SOCK_STREAM);
  link.start();
  std::vector<double> received_s(static_cast<std::size_t>(count));
  std::future<void> answers = std::async(std::launch::async, [&] {
    const Descriptor peer = accept_at(listener);
    const int yes = 1;
    ::setsockopt(peer.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    std::string bytes(size, '\0');
    for (double& date_s : received_s) {
      receive_all(peer.get(), bytes);
      date_s = now_s();
      send_all(peer.get(), "x");
    }
  });
  connect_to(mobile, LinkEnd::kServer);
  const int yes = 1;
  ::setsockopt(mobile.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  constexpr std::size_t kSegment = 1448;
  constexpr std::size_t kHeaders = 52;
  const std::size_t wire = size + kHeaders * ((size + kSegment - 1) / kSegment);
  const double expected_s =
      static_cast<double>(wire) / spec.uplink.rate.value() + spec.uplink.delay.value();
  std::vector<double> excess_s;
  std::vector<double> after_start;
  std::string answer(1, '\0');
  const std::string message(size, 'x');
  for (int i = 0; i < count; ++i) {
    const double begin_s = now_s();
    send_all(mobile.get(), message);
    receive_all(mobile.get(), answer);
    excess_s.push_back(received_s[static_cast<std::size_t>(i)] - begin_s - expected_s);
    if (i >= count / 5) after_start.push_back(excess_s.back());
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  answers.get();
  const LinkReport report = link.stop();
  const Quantiles later = quantiles_of(after_start);
  fmt::print("| {} | {} | {:.3f} | {:+.2f} | {:+.2f} | {:+.2f} | {:.1f} | {} |\n", name, size,
             expected_s * 1e3, 100 * excess_s.front() / expected_s, 100 * later.median / expected_s,
             100 * later.p99 / expected_s,
             100 * (static_cast<double>(wire) / static_cast<double>(size) - 1),
             in_us(report.uplink.lateness));
}

/// As many bytes as pass over a link that is faster than the emulator.
void bulk() {
  ShapedLinkSpec spec = spec_of(10'000, 10'000, 0);
  // What waits is not to be dropped where it comes faster than it goes.
  spec.uplink.queue_bytes = std::uint64_t{1} << 30;
  ShapedLink link{spec};
  const Descriptor listener = socket_on(link, LinkEnd::kServer, SOCK_STREAM);
  ::listen(listener.get(), 1);
  const Descriptor mobile = socket_on(link, LinkEnd::kMobile, SOCK_STREAM);
  link.start();
  const std::string message(std::size_t{50} << 20, 'x');
  std::future<void> done = std::async(std::launch::async, [&] {
    const Descriptor peer = accept_at(listener);
    std::string bytes(message.size(), '\0');
    receive_all(peer.get(), bytes);
    send_all(peer.get(), "x");
  });
  connect_to(mobile, LinkEnd::kServer);
  const double begin_s = now_s();
  send_all(mobile.get(), message);
  std::string answer(1, '\0');
  receive_all(mobile.get(), answer);
  const double taken_s = now_s() - begin_s;
  done.get();
  const LinkReport report = link.stop();
  const std::uint64_t packets =
      report.uplink.counts.delivered.packets + report.downlink.counts.delivered.packets;
  fmt::print(
      "\n{} bytes over a link of 10 Gbit/s: {:.0f} Mbit/s, {:.1f} µs of a processor a packet ({} "
      "packets, {} dropped by the kernels)\n",
      message.size(), 8e-6 * static_cast<double>(message.size()) / taken_s,
      1e6 * report.processor.value() / static_cast<double>(packets), packets,
      report.uplink.kernel_drops + report.downlink.kernel_drops);
}

int bench() {
  // Both ends go before other programs as well: it is the link that is measured, and not what else
  // the machine does.
  sched_param priority{};
  priority.sched_priority = 1;
  const bool first = ::sched_setscheduler(0, SCHED_FIFO, &priority) == 0;
  fmt::print("both ends {} other programs\n\n", first ? "before" : "beside");
  fmt::print(
      "| datagrams | before others | late, median, µs | P99 | max | from end to end, median, µs | "
      "P99 | max | processor, % |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n");
  constexpr int kDatagrams = 500;
  ShapedLinkSpec spec = spec_of(8, 8, 0.001);
  datagrams(spec, "as it is by default", kDatagrams);
  spec.max_early = Seconds{0};
  datagrams(spec, "asleep until the date", kDatagrams);
  fmt::print(
      "\n| link | message, bytes | by the arithmetic, ms | first, % | median, % | P99, % | "
      "headers, "
      "% | late, median, µs | P99 | max |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
  struct Rates {
    const char* name;
    double up;
    double down;
    double delay_s;
  };
  for (const Rates& rates :
       {Rates{"3G", 1.1, 2.0275, 0}, Rates{"4G", 5.85, 13.76, 0}, Rates{"Wi-Fi", 18.88, 54.97, 0},
        Rates{"Wi-Fi, 10 ms", 18.88, 54.97, 0.01}}) {
    for (const std::size_t size : {std::size_t{196}, std::size_t{3136}, std::size_t{150'528}}) {
      const int count = size > 100'000 ? 10 : 50;
      messages(spec_of(rates.up, rates.down, rates.delay_s), rates.name, size, count);
    }
  }
  bulk();
  return 0;
}

}  // namespace
}  // namespace papilio

int main() {
  // A line as soon as it is known: the whole takes a minute.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    return papilio::bench();
  } catch (const papilio::ConfigError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return static_cast<int>(papilio::ExitCode::kUserError);
  } catch (const papilio::SimulationError& error) {
    fmt::print(stderr, "the link does not answer: {}\n", error.what());
    return static_cast<int>(papilio::ExitCode::kSimulationError);
  }
}
