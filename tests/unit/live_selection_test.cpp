// Claims: the adaptive mobile chooses the least of mobile's time, upload and server's time, with
// the rate, the delay and the load that the last ping found; and computes alone while nobody
// answers.

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <optional>

#include "models/live/selection/selection.hpp"
#include "tests/support/live.hpp"

namespace papilio {
namespace {

TEST(LiveSelection, TakesTheLeastOfTheThreeTimes) {
  // Early: 10 ms + 100 kB + 20 ms. Late: 40 ms + 10 kB + 5 ms. Alone: 100 ms.
  LiveSelection selection{{{0.010, 0.020, 100'000}, {0.040, 0.005, 10'000}}, 0.100};
  EXPECT_EQ(selection.choose(), std::nullopt) << "nothing is known of the server yet";
  // 10 MB/s: 40 ms and 46 ms.
  selection.observe({.uplink_byte_per_s = 1e7});
  EXPECT_EQ(selection.choose(), 0U);
  // 1 MB/s: 130 ms and 55 ms.
  selection.observe({.uplink_byte_per_s = 1e6});
  EXPECT_EQ(selection.choose(), 1U);
  // 100 kB/s: 1.03 s, 145 ms and 100 ms.
  selection.observe({.uplink_byte_per_s = 1e5});
  EXPECT_EQ(selection.choose(), std::nullopt);
  // A server with 70 ms of work ahead: 110 ms, 116 ms and 100 ms.
  selection.observe({.uplink_byte_per_s = 1e7, .wait_s = 0.070});
  EXPECT_EQ(selection.choose(), std::nullopt);
  // A way of 35 ms each way: likewise.
  selection.observe({.uplink_byte_per_s = 1e7, .delay_s = 0.035});
  EXPECT_EQ(selection.choose(), std::nullopt);
  selection.observe(link_state({.failure = "gone"}, {}, 1000));
  EXPECT_EQ(selection.choose(), std::nullopt);
}

TEST(LiveSelection, ReadsTheWayFromTwoPings) {
  // 10 ms there and back without filling, 60 ms with 50 kB: 1 MB/s.
  const LinkState state =
      link_state({.round_trip_s = 0.010}, {.round_trip_s = 0.060, .wait_s = 0.5}, 50'000);
  EXPECT_NEAR(state.uplink_byte_per_s, 1e6, 1e-3);
  EXPECT_NEAR(state.delay_s, 0.005, 1e-12);
  EXPECT_EQ(state.wait_s, 0.5);
}

TEST(LiveSelection, IsToldByAPingerThatAsksAServer) {
  testing::AddingCloud cloud;
  auto server = std::make_unique<LiveServer>(testing::live_offer(), cloud, LiveServerOptions{});
  LiveClient client{{.to = server->address()}};
  // Whatever loopback takes, it is less than an hour.
  LiveSelection selection{{{0.001, 0.001, 1000}}, 3600};
  const LivePinger pinger{client, selection, 10'000, 0.01};
  EXPECT_EQ(selection.choose(), 0U);
  server.reset();
  while (selection.choose().has_value()) std::this_thread::yield();
}

}  // namespace
}  // namespace papilio
