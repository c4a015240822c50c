// Claims: the emulator learns how much too long its sleeps last, so that nine in ten end before the
// date that they were for; it looks at the clock for no more than half of the time, and what it
// sleeps does not count as that.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "models/link/pump.hpp"
#include "sim/base/random/stream.hpp"

namespace papilio {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

/// Packets at dates, the machine waking up exponentially late.
struct Played {
  double in_time{0};  ///< share of the dates before which it was awake
  std::int64_t awake_ns{0};
  std::int64_t duration_ns{0};
};

Played play(WakeUpTimer timer, double mean_late_ns, std::int64_t gap_ns) {
  Stream stream{StreamFamily{5, "waking"}};
  constexpr int kSettling = 5000;
  constexpr int kPackets = 50'000;
  Played played;
  int in_time = 0;
  std::int64_t now_ns = 0;
  for (int i = 1; i <= kPackets; ++i) {
    const std::int64_t due_ns = i * gap_ns;
    bool slept_over = false;
    while (now_ns < due_ns) {
      const std::int64_t until_ns = timer.until_ns(now_ns, due_ns);
      if (until_ns > now_ns) {
        const auto late_ns = static_cast<std::int64_t>(stream.exponential(mean_late_ns));
        now_ns = until_ns + late_ns;
        timer.learn(late_ns);
        slept_over = now_ns > due_ns;
      } else {
        constexpr std::int64_t kLookNs = 1000;
        now_ns += kLookNs;
        played.awake_ns += kLookNs;
      }
    }
    if (!slept_over && i > kSettling) ++in_time;
  }
  played.in_time = static_cast<double>(in_time) / (kPackets - kSettling);
  played.duration_ns = now_ns;
  return played;
}

TEST(WakeUpTimer, NineInTenSleepsEndInTime) {
  // Its estimate moves by 0.5 and 4.5 µs about the quantile, which is at 2.3 means.
  EXPECT_NEAR(play(WakeUpTimer{kMillisecond}, 60'000, kMillisecond).in_time, 0.9, 0.02);
  EXPECT_NEAR(play(WakeUpTimer{kMillisecond}, 10'000, kMillisecond).in_time, 0.9, 0.03);
}

TEST(WakeUpTimer, IsNoEarlierThanItMayBe) {
  // Of exponential lateness, 50 of a mean of 60 µs hold 1 − e^(−5/6).
  EXPECT_NEAR(play(WakeUpTimer{50'000}, 60'000, kMillisecond).in_time, 1 - std::exp(-5. / 6), 0.02);
  EXPECT_LT(play(WakeUpTimer{0}, 60'000, kMillisecond).in_time, 0.001);
}

TEST(WakeUpTimer, LooksAtTheClockForHalfOfTheTimeAtMost) {
  // Packets every 100 µs: awake 138 µs before each, it would never sleep.
  const Played dense = play(WakeUpTimer{kMillisecond}, 60'000, 100'000);
  EXPECT_LE(dense.awake_ns, dense.duration_ns / 2 + 6 * kMillisecond);
  EXPECT_GT(dense.awake_ns, dense.duration_ns / 10);
}

TEST(WakeUpTimer, SleepingWithoutADateIsNoLookingAtTheClock) {
  constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
  WakeUpTimer timer{kMillisecond};
  std::int64_t now_ns = 10 * kMillisecond;
  EXPECT_LE(timer.until_ns(now_ns, now_ns), now_ns) << "it is to be awake";
  EXPECT_GT(timer.until_ns(now_ns, kNone), now_ns) << "it is to sleep";
  now_ns += 1000 * kMillisecond;
  const std::int64_t due_ns = now_ns + 2 * kMillisecond;
  EXPECT_LT(timer.until_ns(now_ns, due_ns), due_ns);
}

TEST(WakeUpTimer, WhatHeldItUpIsSoonForgotten) {
  WakeUpTimer timer{kMillisecond};
  std::int64_t now_ns = 10 * kMillisecond;
  EXPECT_LE(timer.until_ns(now_ns, now_ns), now_ns) << "it is to be awake";
  // The machine does something else for a second: it has looked at the clock for too long.
  now_ns += 1000 * kMillisecond;
  std::int64_t due_ns = now_ns + 2 * kMillisecond;
  EXPECT_EQ(timer.until_ns(now_ns, due_ns), due_ns);
  now_ns += 20 * kMillisecond;
  due_ns = now_ns + 2 * kMillisecond;
  EXPECT_LT(timer.until_ns(now_ns, due_ns), due_ns);
}

}  // namespace
}  // namespace papilio
