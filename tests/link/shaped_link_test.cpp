// Claims: packets of real sockets pass the emulated link exactly as its arithmetic says, never
// sooner, and every one is counted; TCP works over it; nothing of it is left when it ends; who may
// not have one is told. No assertion bounds a time from above: what the emulator did is held
// against what LinkQueue says of the same arrivals. tests/bench/link_accuracy.cpp measures how late
// it is.

#include "models/link/shaped_link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "models/link/link_process.hpp"
#include "models/link/tun_device.hpp"
#include "sim/base/error.hpp"
#include "tests/support/link_sockets.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using End = PacketFate::End;

constexpr std::size_t kIpAndUdpHeaders = 28;

LinkDirection at_rate(double byte_per_s, double delay_s = 0.002) {
  LinkDirection direction;
  direction.rate = BytesPerSecond{byte_per_s};
  direction.delay = Seconds{delay_s};
  return direction;
}

ShapedLinkSpec recorded(LinkDirection uplink, LinkDirection downlink) {
  ShapedLinkSpec spec;
  spec.uplink = std::move(uplink);
  spec.downlink = std::move(downlink);
  spec.records = 100'000;
  return spec;
}

std::string receive_exactly(int socket, std::size_t size) {
  std::string bytes(size, '\0');
  receive_all(socket, bytes);
  return bytes;
}

std::string receive_datagram(int socket) {
  std::string bytes(2000, '\0');
  const ssize_t size = ::recv(socket, bytes.data(), bytes.size(), 0);
  require_done(size >= 0);
  bytes.resize(static_cast<std::size_t>(size));
  return bytes;
}

std::string made_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 2654435761U >> 11);
  return bytes;
}

/// Sends a message up and an answer down a fresh TCP connection. @return seconds for both
double exchange(const ShapedLink& link, std::size_t up, std::size_t down) {
  const Descriptor listener = socket_on(link, LinkEnd::kServer, SOCK_STREAM);
  ::listen(listener.get(), 1);
  const std::string message = made_bytes(up);
  const std::string answer = made_bytes(down);
  // What it throws, get() does; and whatever else is thrown before, its end is waited for.
  std::future<void> server = std::async(std::launch::async, [&] {
    const Descriptor peer = accept_at(listener);
    EXPECT_EQ(receive_exactly(peer.get(), up), message);
    send_all(peer.get(), answer);
  });
  const Descriptor socket = socket_on(link, LinkEnd::kMobile, SOCK_STREAM);
  const auto begin = std::chrono::steady_clock::now();
  connect_to(socket, LinkEnd::kServer);
  send_all(socket.get(), message);
  EXPECT_EQ(receive_exactly(socket.get(), down), answer);
  const auto end = std::chrono::steady_clock::now();
  server.get();
  return std::chrono::duration<double>(end - begin).count();
}

/// Every packet met the fate that the arithmetic gives to its arrival, and none came sooner.
void expect_as_computed(const LinkDirectionReport& report, const LinkDirection& direction,
                        const StreamFamily& losses) {
  LinkQueue queue{direction, losses};
  PacketCount delivered;
  double before_s = 0;
  ASSERT_EQ(report.packets.size(), report.counts.received.packets);
  for (const PacketRecord& packet : report.packets) {
    const PacketFate fate = queue.offer(packet.arrival_s, packet.bytes);
    ASSERT_EQ(packet.fate.end, fate.end);
    ASSERT_EQ(packet.fate.departure_s, fate.departure_s);
    ASSERT_EQ(packet.fate.delivery_s, fate.delivery_s);
    if (packet.delivered_s == RateTimeline::kNever) continue;
    EXPECT_EQ(fate.end, End::kDelivered);
    // Dates of the clock are whole nanoseconds.
    EXPECT_GE(packet.delivered_s, fate.delivery_s - 1e-9);
    EXPECT_GE(packet.delivered_s, before_s);
    before_s = packet.delivered_s;
    delivered.add(packet.bytes);
  }
  EXPECT_EQ(delivered, report.counts.delivered);
  EXPECT_EQ(report.lateness.count, delivered.packets);
}

void expect_balanced(const LinkCounts& counts) {
  const auto sum = [&](std::uint64_t PacketCount::*what) {
    return counts.delivered.*what + counts.lost.*what + counts.dropped.*what +
           counts.refused.*what + counts.in_flight.*what;
  };
  EXPECT_EQ(counts.received.packets, sum(&PacketCount::packets));
  EXPECT_EQ(counts.received.bytes, sum(&PacketCount::bytes));
}

void expect_as_computed(const LinkReport& report, const ShapedLinkSpec& spec) {
  {
    SCOPED_TRACE("uplink");
    expect_as_computed(report.uplink, spec.uplink, StreamFamily{spec.seed, "link.uplink"});
    expect_balanced(report.uplink.counts);
  }
  {
    SCOPED_TRACE("downlink");
    expect_as_computed(report.downlink, spec.downlink, StreamFamily{spec.seed, "link.downlink"});
    expect_balanced(report.downlink.counts);
  }
}

std::size_t open_descriptors() {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator{"/proc/self/fd"}, fs::directory_iterator{}));
}

std::string first_line(const std::string& path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

constexpr const char* kSlowStart = "/proc/sys/net/ipv4/tcp_slow_start_after_idle";

/// A test of a real link: skips itself where there can be none.
class ShapedLinkTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::optional<std::string> problem = find_link_problem()) GTEST_SKIP() << *problem;
  }
};

TEST_F(ShapedLinkTest, TcpTransfersAsTheArithmeticSays) {
  // 8 Mbit/s up, 16 Mbit/s down.
  const ShapedLinkSpec spec = recorded(at_rate(1e6, 0.005), at_rate(2e6, 0.005));
  ShapedLink link{spec};
  link.start();
  constexpr std::size_t kUp = 200'000;
  constexpr std::size_t kDown = 20'000;
  const double taken_s = exchange(link, kUp, kDown);
  const LinkReport report = link.stop();
  expect_as_computed(report, spec);
  for (const LinkDirectionReport* way : {&report.uplink, &report.downlink}) {
    EXPECT_EQ(way->counts.lost.packets, 0U);
    EXPECT_EQ(way->counts.dropped.packets, 0U);
    EXPECT_EQ(way->counts.refused.packets, 0U);
    EXPECT_EQ(way->kernel_drops, 0U);
    // One that is read at once may be dated after that, by what the two clocks' offset is wrong.
    EXPECT_LE(way->undated, 2U);
  }
  // Segments of 1,448 bytes with 52 of headers; beside them the handshake and acknowledgements.
  constexpr std::size_t kSegments = (kUp + 1447) / 1448;
  constexpr std::size_t kWireBytes = kUp + 52 * kSegments;
  EXPECT_GE(report.uplink.counts.delivered.bytes, kWireBytes);
  EXPECT_GE(report.uplink.counts.delivered.packets, kSegments);
  EXPECT_GE(report.downlink.counts.delivered.bytes, kDown + 52 * ((kDown + 1447) / 1448));
  // Nothing is faster than the link: a handshake and an exchange are four delays.
  EXPECT_GE(taken_s, static_cast<double>(kWireBytes) / 1e6 + kDown / 2e6 + 4 * 0.005);
}

TEST_F(ShapedLinkTest, TcpGetsThroughATraceWithOutagesAndLosses) {
  LinkDirection uplink = at_rate(0, 0.001);
  uplink.trace = std::make_shared<const Trace>(Trace{{0, 0.05, 0.1}, {4e6, 0, 1e6}, 0.2});
  uplink.loss = 0.02;
  uplink.outages.push_back({0.12, 0.15});
  LinkDirection downlink = at_rate(1e6, 0.001);
  downlink.loss = 0.02;
  ShapedLinkSpec spec = recorded(uplink, downlink);
  spec.seed = 3;
  ShapedLink link{spec};
  link.start();
  exchange(link, 300'000, 50'000);
  const LinkReport report = link.stop();
  expect_as_computed(report, spec);
  EXPECT_GT(report.uplink.counts.lost.packets, 0U);
}

TEST_F(ShapedLinkTest, DatagramsArriveInOrderButForThoseThatAreLost) {
  LinkDirection uplink = at_rate(1e6);
  uplink.loss = 0.25;
  ShapedLinkSpec spec = recorded(uplink, at_rate(1e6));
  spec.seed = 11;
  ShapedLink link{spec};
  const Datagrams sockets{link};
  const Descriptor& mobile = sockets.mobile;
  const Descriptor& server = sockets.server;
  link.start();
  // Which ones are lost follows from the seed; what else passed would move them.
  LinkQueue queue{uplink, StreamFamily{11, "link.uplink"}};
  constexpr std::uint32_t kCount = 60;  // as many as a socket holds unread by default
  std::vector<std::uint32_t> expected;
  std::uint64_t expected_bytes = 0;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const std::size_t size = sizeof i + i;
    std::string datagram(size, 'x');
    std::memcpy(datagram.data(), &i, sizeof i);
    send_all(mobile.get(), datagram);
    send_all(server.get(), "down");
    if (queue.offer(i, 100).end == End::kDelivered) {
      expected.push_back(i);
      expected_bytes += size + kIpAndUdpHeaders;
    }
  }
  std::vector<std::uint32_t> received;
  while (received.size() < expected.size()) {
    const std::string datagram = receive_datagram(server.get());
    std::uint32_t number = 0;
    ASSERT_GE(datagram.size(), sizeof number);
    std::memcpy(&number, datagram.data(), sizeof number);
    received.push_back(number);
    EXPECT_EQ(datagram.size(), sizeof number + number);
  }
  EXPECT_EQ(received, expected);
  for (std::uint32_t i = 0; i < kCount; ++i) EXPECT_EQ(receive_datagram(mobile.get()), "down");
  const LinkReport report = link.stop();
  expect_as_computed(report, spec);
  EXPECT_EQ(report.uplink.counts.received.packets, kCount);
  EXPECT_EQ(report.uplink.counts.lost.packets, kCount - expected.size());
  EXPECT_EQ(report.uplink.counts.delivered, (PacketCount{expected.size(), expected_bytes}));
  EXPECT_EQ(report.downlink.counts.delivered,
            (PacketCount{kCount, kCount * (4 + kIpAndUdpHeaders)}));
}

TEST_F(ShapedLinkTest, AFullQueueDropsAndWhatIsUnderWayStaysSoAtTheEnd) {
  // Up, ten seconds' worth of packets, and a queue of two; down, a quarter of an hour to the end.
  LinkDirection uplink = at_rate(1e4, 0);
  uplink.queue_bytes = 2500;
  const ShapedLinkSpec spec = recorded(uplink, at_rate(1e6, 1000));
  ShapedLink link{spec};
  const Datagrams sockets{link};
  const Descriptor& mobile = sockets.mobile;
  const Descriptor& server = sockets.server;
  link.start();
  constexpr std::uint64_t kCount = 100;
  for (std::uint64_t i = 0; i < kCount; ++i) send_all(mobile.get(), made_bytes(1000));
  send_all(server.get(), "down");
  // A small one finds a place behind two of the others. It is read after all that were sent before
  // it, so when it has come they are counted.
  send_all(mobile.get(), "last");
  EXPECT_EQ(receive_datagram(server.get()), made_bytes(1000));
  while (receive_datagram(server.get()) != "last") {
  }
  link.check();
  const LinkReport report = link.stop();
  expect_as_computed(report, spec);
  EXPECT_EQ(report.uplink.counts.received.packets, kCount + 1);
  EXPECT_GT(report.uplink.counts.dropped.packets, 0U);
  EXPECT_EQ(report.uplink.counts.in_flight, (PacketCount{0, 0}));
  EXPECT_EQ(report.uplink.kernel_drops, 0U);
  EXPECT_EQ(report.downlink.counts.in_flight, (PacketCount{1, 4 + kIpAndUdpHeaders}));
}

TEST_F(ShapedLinkTest, AnEmulatorThatEndsEarlySaysSo) {
  ShapedLink link{recorded(at_rate(1e6), at_rate(1e6))};
  link.start();
  link.check();
  // Somebody takes its device away.
  link.side(LinkEnd::kServer).run([] {
    struct {
      nlmsghdr header;
      ifinfomsg device;
    } message{};
    message.header.nlmsg_len = sizeof message;
    message.header.nlmsg_type = RTM_DELLINK;
    message.header.nlmsg_flags = NLM_F_REQUEST;
    message.device.ifi_index = static_cast<int>(::if_nametoindex(kTunName));
    const Descriptor socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
    require_done(::send(socket.get(), &message, sizeof message, 0) > 0);
  });
  std::string problem;
  const auto patience = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (problem.empty() && std::chrono::steady_clock::now() < patience) {
    try {
      link.check();
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    } catch (const SimulationError& error) {
      problem = error.what();
    }
  }
  EXPECT_THAT(problem, testing::StartsWith("cannot read from the link's device: "));
  EXPECT_THROW(link.stop(), SimulationError);
}

TEST_F(ShapedLinkTest, SidesHaveTheirOwnSettingsAndNoneOfTheMachines) {
  ShapedLinkSpec spec = recorded(at_rate(1e7), at_rate(1e7));
  spec.mtu = 1000;
  const std::string of_the_machine = first_line(kSlowStart);
  {
    ShapedLink link{spec};
    for (const LinkEnd end : {LinkEnd::kMobile, LinkEnd::kServer}) {
      link.side(end).run([] { EXPECT_EQ(first_line(kSlowStart), "0"); });
    }
    link.start();
    exchange(link, 10'000, 10'000);
    const LinkReport report = link.stop();
    for (const LinkDirectionReport* way : {&report.uplink, &report.downlink}) {
      std::uint32_t largest = 0;
      for (const PacketRecord& packet : way->packets) largest = std::max(largest, packet.bytes);
      EXPECT_EQ(largest, 1000U);
    }
  }
  EXPECT_EQ(first_line(kSlowStart), of_the_machine);
  spec.slow_start_after_idle = true;
  const ShapedLink link{spec};
  link.side(LinkEnd::kServer).run([] { EXPECT_EQ(first_line(kSlowStart), "1"); });
}

TEST_F(ShapedLinkTest, TcpBeginsAsItIsTold) {
  const auto begun = [](const ShapedLinkSpec& spec) {
    ShapedLink link{spec};
    const Descriptor listener = socket_on(link, LinkEnd::kServer, SOCK_STREAM);
    ::listen(listener.get(), 1);
    link.start();
    const Descriptor socket = socket_on(link, LinkEnd::kMobile, SOCK_STREAM);
    connect_to(socket, LinkEnd::kServer);
    std::array<char, 16> name{};
    socklen_t size = name.size();
    ::getsockopt(socket.get(), IPPROTO_TCP, TCP_CONGESTION, name.data(), &size);
    tcp_info info{};
    size = sizeof info;
    ::getsockopt(socket.get(), IPPROTO_TCP, TCP_INFO, &info, &size);
    return std::pair{std::string{name.data()}, info.tcpi_snd_cwnd};
  };
  ShapedLinkSpec spec = recorded(at_rate(1e6), at_rate(1e6));
  EXPECT_EQ(begun(spec), std::pair(std::string{"cubic"}, 10U));
  spec.congestion_control = "reno";
  spec.initial_window = 64;
  EXPECT_EQ(begun(spec), std::pair(std::string{"reno"}, 64U));
  spec.congestion_control = "nosuch";
  try {
    const ShapedLink link{spec};
    FAIL() << "took a congestion control that no kernel has";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "papilio: error: link: congestion_control: this kernel has no 'nosuch'; take one "
                 "of /proc/sys/net/ipv4/tcp_available_congestion_control");
  }
}

TEST_F(ShapedLinkTest, ProcessesRunOnTheirSidesAndProcessors) {
  ShapedLink link{recorded(at_rate(1e6), at_rate(1e6))};
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
  int cpu = 0;
  while (CPU_ISSET(static_cast<std::size_t>(cpu), &allowed) == 0) ++cpu;
  const Descriptor listener = socket_on(link, LinkEnd::kServer, SOCK_STREAM);
  ::listen(listener.get(), 1);
  // Forked before the link runs, as halves that compute are.
  LinkProcess server{
      link, LinkEnd::kServer, {cpu}, [&] {
        cpu_set_t set;
        CPU_ZERO(&set);
        ::sched_getaffinity(0, sizeof set, &set);
        if (CPU_COUNT(&set) != 1 || !CPU_ISSET(static_cast<std::size_t>(cpu), &set)) {
          return 10;
        }
        // Else a half that outlives the link would keep its device alive.
        for (const auto& entry : fs::directory_iterator{"/proc/self/fd"}) {
          std::error_code gone;
          const std::string target = fs::read_symlink(entry, gone).string();
          if (target == "/dev/net/tun" || target.starts_with("net:")) return 11;
        }
        const Descriptor peer = accept_at(listener);
        return receive_exactly(peer.get(), 5) == "hello" ? 7 : 12;
      }};
  LinkProcess mobile{link, LinkEnd::kMobile, {}, [] {
                       const Descriptor socket{::socket(AF_INET, SOCK_STREAM, 0)};
                       bound_waits(socket);
                       connect_to(socket, LinkEnd::kServer);
                       send_all(socket.get(), "hello");
                       return 0;
                     }};
  link.start();
  EXPECT_EQ(mobile.wait(), 0);
  EXPECT_EQ(server.wait(), 7);
  EXPECT_GT(link.stop().uplink.counts.delivered.packets, 0U);
}

TEST_F(ShapedLinkTest, AProcessThatFailsOrIsToldToEndSaysSoByItsExitCode) {
  ShapedLink link{recorded(at_rate(1e6), at_rate(1e6))};
  const auto code_of = [&](const std::function<int()>& work, const std::vector<int>& cpus = {}) {
    return LinkProcess{link, LinkEnd::kMobile, cpus, work}.wait();
  };
  EXPECT_EQ(code_of([]() -> int { throw ConfigError{"wrong input, as the test wants it"}; }), 2);
  EXPECT_EQ(code_of([]() -> int { throw SimulationError{"stuck, as the test wants it"}; }), 3);
  EXPECT_EQ(code_of([]() -> int { throw Interrupted{}; }), 130);
  EXPECT_EQ(code_of([]() -> int { throw Differs{}; }), 1);
  EXPECT_EQ(code_of([]() -> int { throw std::out_of_range{"as the test wants it"}; }), 3);
  EXPECT_EQ(code_of([]() -> int { throw 0; }), 128 + SIGABRT) << "it must not go on here";
  EXPECT_EQ(code_of([] { return 0; }, {0, 100'000}), 2);
  const auto sleep = [] {
    while (true) ::pause();
    return 0;
  };
  LinkProcess told{link, LinkEnd::kServer, {}, sleep};
  told.signal(SIGTERM);
  EXPECT_EQ(told.wait(), 128 + SIGTERM);
  pid_t pid = 0;
  {
    const LinkProcess left{link, LinkEnd::kServer, {}, sleep};
    pid = left.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST_F(ShapedLinkTest, AnEndOfWhichTheSystemDoesNotTellIsNoSuccess) {
  const ShapedLink link{recorded(at_rate(1e6), at_rate(1e6))};
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  LinkProcess process{link, LinkEnd::kMobile, {}, [] { return 0; }};
  EXPECT_THROW(process.wait(), SimulationError);
  std::signal(SIGCHLD, before);
}

TEST_F(ShapedLinkTest, NothingOfALinkIsLeft) {
  const std::size_t before = open_descriptors();
  const std::string here = fs::read_symlink("/proc/self/ns/net").string();
  for (int i = 0; i < 5; ++i) {
    ShapedLink never_started{recorded(at_rate(1e6), at_rate(1e6))};
    ShapedLink running{recorded(at_rate(1e6), at_rate(1e6))};
    running.start();
    exchange(running, 1000, 1000);
    ShapedLink stopped{recorded(at_rate(1e6), at_rate(1e6))};
    stopped.start();
    stopped.stop();
    EXPECT_NE(fs::read_symlink("/proc/self/fd/" +
                               std::to_string(running.side(LinkEnd::kMobile).descriptor()))
                  .string(),
              here);
  }
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(fs::read_symlink("/proc/self/ns/net").string(), here);
}

TEST_F(ShapedLinkTest, RefusesASpecThatIsWrong) {
  ShapedLinkSpec spec = recorded(at_rate(1e6), at_rate(1e6));
  spec.mtu = 100;
  EXPECT_THROW(ShapedLink{spec}, ConfigError);
  spec.mtu = 1500;
  spec.downlink.rate = BytesPerSecond{-1};
  EXPECT_THROW(ShapedLink{spec}, ConfigError);
  spec.downlink.rate = BytesPerSecond{1};
  spec.max_early = Seconds{1};
  EXPECT_THROW(ShapedLink{spec}, ConfigError);
  spec.max_early = Seconds{0};
  spec.congestion_control = std::string(440, 'c');
  EXPECT_THROW(ShapedLink{spec}, ConfigError);
  spec.congestion_control = "cubic";
  spec.initial_window = -1;
  EXPECT_THROW(ShapedLink{spec}, ConfigError);
  spec.initial_window = 0;
  spec.cpus = {100'000};
  ShapedLink link{spec};
  EXPECT_THROW(link.start(), ConfigError);
}

/// What a process without root's rights is told.
enum class Told { kRemedy, kNoRemedy, kNothing, kOfNoUser, kOfNoNamespaces };

/// To be called in a process that does nothing else.
Told told_without_root() noexcept {
  constexpr uid_t kNobody = 65534;
  // Who is not root already is as good as nobody.
  if (::geteuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0) return Told::kOfNoUser;
  const std::optional<std::string> problem = find_link_problem();
  if (!problem) return Told::kNothing;
  const std::string cannot = "papilio: error: cannot make a network namespace: ";
  for (const int number : {EINVAL, ENOSYS}) {
    if (*problem == cannot + std::strerror(number)) return Told::kOfNoNamespaces;
  }
  const bool remedy =
      problem->starts_with(cannot + std::strerror(EPERM) +
                           "; run as root, or with CAP_SYS_ADMIN, CAP_NET_ADMIN and") &&
      problem->find('\n') == std::string::npos;
  if (remedy) return Told::kRemedy;
  std::fputs(problem->c_str(), stderr);
  return Told::kNoRemedy;
}

TEST(ShapedLinkWithoutRoot, SaysWhatIsMissingAndWhatToDo) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(static_cast<int>(told_without_root()));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  switch (static_cast<Told>(WEXITSTATUS(status))) {
    case Told::kNothing:
      GTEST_SKIP() << "this user may make network namespaces";
    case Told::kOfNoUser:
      GTEST_SKIP() << "there is no user but root here";
    case Told::kOfNoNamespaces:
      GTEST_SKIP() << "this kernel has no network namespaces, or lets nobody make one";
    case Told::kRemedy:
      break;
    default:
      FAIL() << "not the error that was expected; see stderr";
  }
}

}  // namespace
}  // namespace papilio
