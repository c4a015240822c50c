// Claims: a timeline plays a trace in a loop from its offset; outages stop it; transfers end when
// stepping says so; every change is announced.

#include "sim/radio/timeline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/base/random/stream.hpp"

namespace papilio {
namespace {

constexpr double kNoChange = RateTimeline::kNever;
constexpr double kUncapped = std::numeric_limits<double>::infinity();

/// 100 in [0, 1), 0 in [1, 1.5), 300 in [1.5, 4).
Trace steps() {
  return {.start_s = {0, 1, 1.5}, .rate_byte_per_s = {100, 0, 300}, .length_s = 4};
}

TEST(RateTimeline, AConstantRateNeverChanges) {
  const RateTimeline rate{BytesPerSecond{7}};
  EXPECT_TRUE(rate.constant());
  for (const double date : {0.0, 1.0, 1e9}) {
    EXPECT_EQ(rate.rate_byte_per_s(date), 7);
    EXPECT_EQ(rate.next_change(date), kNoChange);
  }
  EXPECT_DOUBLE_EQ(rate.finish_s(3, 70, 1, kUncapped), 13);
  EXPECT_DOUBLE_EQ(rate.finish_s(3, 70, 2, kUncapped), 23) << "a half of it";
  EXPECT_DOUBLE_EQ(rate.finish_s(3, 70, 1, 3.5), 23) << "the cap binds";
  EXPECT_DOUBLE_EQ(rate.finish_s(3, 70, 2, 5), 23) << "the cap is above the share";
}

TEST(RateTimeline, PlaysATraceInALoop) {
  const Trace trace = steps();
  const RateTimeline rate{trace, Seconds{0}};
  EXPECT_FALSE(rate.constant());
  for (const double loop : {0.0, 4.0, 400.0}) {
    EXPECT_EQ(rate.rate_byte_per_s(loop), 100);
    EXPECT_EQ(rate.rate_byte_per_s(loop + 0.75), 100);
    EXPECT_EQ(rate.rate_byte_per_s(loop + 1), 0) << "a piece holds from its start on";
    EXPECT_EQ(rate.rate_byte_per_s(loop + 1.5), 300);
    EXPECT_EQ(rate.rate_byte_per_s(loop + 3.75), 300);
    EXPECT_EQ(rate.next_change(loop), loop + 1) << "a change at the date itself has happened";
    EXPECT_EQ(rate.next_change(loop + 1.25), loop + 1.5);
    EXPECT_EQ(rate.next_change(loop + 1.5), loop + 4);
  }
}

// From 1.25 s in the trace: 0 for 0.25 s, 300 for 2.5 s, then from the beginning.
TEST(RateTimeline, BeginsAtItsOffset) {
  const Trace trace = steps();
  const RateTimeline rate{trace, Seconds{1.25}};
  EXPECT_EQ(rate.rate_byte_per_s(0), 0);
  EXPECT_EQ(rate.next_change(0), 0.25);
  EXPECT_EQ(rate.rate_byte_per_s(0.25), 300);
  EXPECT_EQ(rate.next_change(0.25), 2.75);
  EXPECT_EQ(rate.rate_byte_per_s(2.75), 100);
  const RateTimeline whole{trace, Seconds{4}};
  EXPECT_EQ(whole.rate_byte_per_s(0), 100) << "an offset of the whole length is none";
}

TEST(RateTimeline, StopsDuringOutages) {
  RateTimeline rate{BytesPerSecond{100}};
  rate.add_outage({2, 3});
  rate.add_outage({5, 9});
  EXPECT_FALSE(rate.constant());
  EXPECT_EQ(rate.next_change(0), 2);
  EXPECT_EQ(rate.rate_byte_per_s(2), 0);
  EXPECT_EQ(rate.next_change(2), 3);
  EXPECT_EQ(rate.rate_byte_per_s(3), 100) << "an outage ends before its end";
  EXPECT_EQ(rate.next_change(3), 5);
  EXPECT_EQ(rate.next_change(8), 9);
  EXPECT_EQ(rate.next_change(9), kNoChange);
  // 200 bytes by 2 s, 200 from 3 s to 5 s, 100 from 9 s on.
  EXPECT_DOUBLE_EQ(rate.finish_s(0, 500, 1, kUncapped), 10);
  EXPECT_DOUBLE_EQ(rate.finish_s(6, 100, 1, kUncapped), 10) << "it may begin in an outage";
  EXPECT_DOUBLE_EQ(rate.finish_s(0, 200, 1, kUncapped), 2) << "or end where one begins";
}

// The outage stops the bytes, not the trace's time.
TEST(RateTimeline, AnOutageLiesOverATrace) {
  const Trace trace = steps();
  RateTimeline rate{trace, Seconds{0}};
  rate.add_outage({0.5, 2});
  EXPECT_EQ(rate.rate_byte_per_s(0.25), 100);
  EXPECT_EQ(rate.next_change(0.25), 0.5);
  EXPECT_EQ(rate.rate_byte_per_s(1.75), 0);
  EXPECT_EQ(rate.next_change(0.5), 2);
  EXPECT_EQ(rate.rate_byte_per_s(2), 300);
  // 50 bytes before it, 250 more at 300.
  EXPECT_DOUBLE_EQ(rate.finish_s(0, 300, 1, kUncapped), 2 + 250.0 / 300);
}

// 850 bytes a loop: ten loops carry 8,500 and no more is waited for.
TEST(RateTimeline, GivesUpAfterTenLoops) {
  const Trace trace = steps();
  const RateTimeline rate{trace, Seconds{0}};
  EXPECT_NEAR(rate.finish_s(0, 8500, 1, kUncapped), 40, 1e-9);
  EXPECT_EQ(rate.finish_s(0, 2 * 8500, 1, kUncapped), kNoChange);
}

// Every change that there is must be announced: a simulator that asks again only then must see the
// rate of every date. Late dates too, where a piece's end rounds to the date itself.
TEST(RateTimeline, AnnouncesEveryChange) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Stream draw{StreamFamily{seed, "changes"}};
    Trace trace;
    double start = 0;
    for (int i = 0; i < 6; ++i) {
      trace.start_s.push_back(start);
      trace.rate_byte_per_s.push_back(i + 1);
      start += draw.exponential(1) + 1e-3;
    }
    trace.length_s = start;
    RateTimeline rate{trace, Seconds{start * draw.uniform()}};
    rate.add_outage({3, 4});
    for (const double begin : {0.0, 1e3, 1e8}) {
      double date = begin;
      for (int i = 0; i < 50; ++i) {
        const double change = rate.next_change(date);
        ASSERT_GT(change, date);
        // The clock at 1e8 s resolves 1.5e-8 s; nothing is asked within that of a change.
        const double margin = 1e-15 * begin + 1e-12;
        for (const double share : {0.01, 0.5, 0.99}) {
          const double between = date + share * (change - date);
          if (between - date < 40 * margin || change - between < 40 * margin) continue;
          EXPECT_EQ(rate.rate_byte_per_s(between), rate.rate_byte_per_s((date + change) / 2))
              << between;
        }
        date = change;
      }
    }
  }
}

// finish_s against the crudest integration: steps of 1 ms, which every change of these rates is a
// whole number of, so no step has two rates.
TEST(RateTimeline, FinishesWhenSteppingDoes) {
  constexpr int kPerSecond = 1000;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    Stream draw{StreamFamily{seed, "finish"}};
    const auto whole = [&](double most) { return std::floor(most * draw.uniform()); };
    Trace trace;
    double start_ms = 0;
    for (int i = 0; i < 5; ++i) {
      trace.start_s.push_back(start_ms / kPerSecond);
      trace.rate_byte_per_s.push_back(i % 3 == 1 ? 0 : 100 + whole(1000));
      start_ms += 400 + whole(600);
    }
    trace.length_s = start_ms / kPerSecond;
    RateTimeline rate{trace, Seconds{whole(start_ms) / kPerSecond}};
    const double outage_ms = 500 + whole(1000);
    rate.add_outage({outage_ms / kPerSecond, (outage_ms + 1 + whole(800)) / kPerSecond});
    const double begin_ms = whole(2000);
    const double bytes = 1 + whole(300);  // within ten loops even at the least share
    const double flows = 1 + whole(3);
    const double cap = draw.uniform() < 0.5 ? kUncapped : 50 + whole(300);

    double left = bytes;
    double finish_s = kNoChange;
    for (double ms = begin_ms; finish_s == kNoChange; ++ms) {
      const double share =
          std::min(rate.rate_byte_per_s((ms + 0.5) / kPerSecond) / flows, cap) / kPerSecond;
      if (left <= share) finish_s = (ms + left / share) / kPerSecond;
      left -= share;
    }
    EXPECT_NEAR(rate.finish_s(begin_ms / kPerSecond, bytes, flows, cap), finish_s, 1e-9);
  }
}

}  // namespace
}  // namespace papilio
