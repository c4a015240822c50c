// Claims: the adaptive mobile chooses the least of mobile's time, upload and server's time, with
// the rate, the delay and the load that the last pings found, also where these had to wait for an
// upload; and computes alone while nobody answers.

#include <gtest/gtest.h>

#include <memory>
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
  selection.observe({.uplink_byte_per_s = 1e7});
  selection.observe(LinkMeter{1000}.after({.failure = "gone"}, {}));
  EXPECT_EQ(selection.choose(), std::nullopt);
}

TEST(LiveSelection, ReadsTheWayFromPairsOfPings) {
  // 10 ms there and back without filling, 60 ms with 50 kB: 1 MB/s.
  LinkMeter meter{50'000};
  const LinkState state =
      meter.after({.round_trip_s = 0.010}, {.round_trip_s = 0.060, .wait_s = 0.5});
  EXPECT_NEAR(state.uplink_byte_per_s, 1e6, 1e-3);
  EXPECT_NEAR(state.delay_s, 0.005, 1e-12);
  EXPECT_EQ(state.wait_s, 0.5);
  // An empty ping that waits for an upload tells nothing of the rate, whatever the full one takes.
  for (const double full_s : {0.060, 0.010, 0.009}) {
    EXPECT_NEAR(meter.after({.round_trip_s = 0.200}, {.round_trip_s = full_s}).uplink_byte_per_s,
                1e6, 1e-3);
  }
  // Nor at the beginning: the filling took as long as the two differ by, or less.
  EXPECT_NEAR(
      LinkMeter{50'000}.after({.round_trip_s = 0.200}, {.round_trip_s = 0.100}).uplink_byte_per_s,
      5e5, 1e-3);
  // A rate that falls far is seen at once.
  EXPECT_NEAR(meter.after({.round_trip_s = 0.009}, {.round_trip_s = 0.309}).uplink_byte_per_s,
              50'000 / 0.3, 1e-3);
}

TEST(LiveSelection, IsToldByAPingerThatAsksAServer) {
  testing::AddingCloud cloud;
  auto server = std::make_unique<LiveServer>(testing::live_offer(), cloud, LiveServerOptions{});
  LiveClient client{{.to = server->address()}};
  // Whatever loopback takes, it is less than an hour.
  LiveSelection selection{{{0.001, 0.001, 1000}}, 3600};
  const LivePinger pinger{client, selection, 10'000, 0.01, 5};
  EXPECT_EQ(selection.choose(), 0U);
  server.reset();
  EXPECT_TRUE(testing::wait_for([&] { return !selection.choose().has_value(); }));
}

}  // namespace
}  // namespace papilio
