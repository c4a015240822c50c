// Claim: a packet's date is that of its sending, however late it is read; also behind packets that
// the device dropped. As root; skips itself otherwise.

#include "models/link/sending_dates.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "models/link/network_namespace.hpp"
#include "models/link/shaped_link.hpp"
#include "models/link/tun_device.hpp"

namespace papilio {
namespace {

std::int64_t now_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

/// Sends a datagram to the device's other side. @return dates before and after
std::pair<std::int64_t, std::int64_t> send_one(int socket, const std::string& text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(5201);
  ::inet_pton(AF_INET, "10.77.0.2", &address.sin_addr);
  const std::int64_t before_ns = now_ns();
  EXPECT_EQ(::sendto(socket, text.data(), text.size(), 0,
                     reinterpret_cast<const sockaddr*>(&address), sizeof address),
            static_cast<ssize_t>(text.size()));
  return {before_ns, now_ns()};
}

TEST(SendingDates, AreThoseOfTheSendingAndNotOfTheReading) {
  if (const std::optional<std::string> problem = find_link_problem()) GTEST_SKIP() << *problem;
  NetworkNamespace::create().run([] {
    const Descriptor tun = open_tun({.address = "10.77.0.1", .queue_packets = 2});
    SendingDates dates;
    const Descriptor socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    // The offset of the two clocks is as exact as readings of both can be had close together.
    constexpr std::int64_t kOffsetNs = 100'000;
    constexpr std::chrono::milliseconds kLater{2};
    std::array<char, 2000> packet{};
    const auto read_date_ns = [&] {
      const ssize_t size = ::read(tun.get(), packet.data(), packet.size());
      EXPECT_GT(size, 0);
      return dates.date_of(packet.data(), static_cast<std::size_t>(size), now_ns());
    };
    // The kernel sends a datagram to an idle device within send().
    for (int i = 0; i < 50; ++i) {
      const auto [before_ns, after_ns] = send_one(socket.get(), "number " + std::to_string(i));
      // Two have a place in the device's queue, and the others are dropped.
      const auto second = send_one(socket.get(), "second " + std::to_string(i));
      send_one(socket.get(), "third " + std::to_string(i));
      send_one(socket.get(), "fourth " + std::to_string(i));
      std::this_thread::sleep_for(kLater);
      for (const auto& [from_ns, to_ns] : {std::pair{before_ns, after_ns}, second}) {
        const std::int64_t date_ns = read_date_ns();
        EXPECT_GE(date_ns, from_ns - kOffsetNs);
        EXPECT_LE(date_ns, to_ns + kOffsetNs);
      }
    }
    EXPECT_EQ(dates.missing(), 0U);
    EXPECT_EQ(device_drops().sending, 100U);
    // What is dated after its reading came when it was read; and what was never sent has no date.
    const std::int64_t before_ns = send_one(socket.get(), "early").first;
    const ssize_t size = ::read(tun.get(), packet.data(), packet.size());
    ASSERT_GT(size, 0);
    const std::int64_t early_ns = before_ns - std::chrono::nanoseconds{kLater}.count();
    EXPECT_EQ(dates.date_of(packet.data(), static_cast<std::size_t>(size), early_ns), early_ns);
    EXPECT_EQ(dates.missing(), 1U);
    EXPECT_EQ(dates.date_of("nothing", 7, 42), 42);
    EXPECT_EQ(dates.missing(), 2U);
  });
}

}  // namespace
}  // namespace papilio
