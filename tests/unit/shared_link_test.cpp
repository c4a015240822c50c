// Claims: flows share a link max-min fair, each under its own cap; rates that change and outages
// move their ends as by hand; an abort tells what was sent; and on random flows all of it agrees
// with a fluid that is integrated by brute force.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "sim/base/random/stream.hpp"
#include "sim/play/fleet/link.hpp"
#include "tests/support/sanitized.hpp"

namespace papilio {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr double kNoCap = std::numeric_limits<double>::infinity();

RateTimeline constant(double byte_per_s) {
  return RateTimeline{BytesPerSecond{byte_per_s}};
}

Flow flow(std::uint32_t request) {
  return {request, 1};
}

struct Ended {
  std::uint32_t request;
  double date;
};

/// Plays the link's own dates up to `until`, it included.
std::vector<Ended> play(Link& link, double until = 1e9) {
  std::vector<Ended> all;
  std::vector<Flow> ended;
  while (link.flows() > 0 && link.next_date() <= until) {
    const double now = link.next_date();
    ended.clear();
    link.advance(now, ended);
    for (const Flow& one : ended) all.push_back({one.request, now});
  }
  return all;
}

void expect_ends(const std::vector<Ended>& found, const std::vector<Ended>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].request, expected[i].request);
    EXPECT_NEAR(found[i].date, expected[i].date, 1e-9);
  }
}

TEST(SharedLink, WithoutFlowsHasNothingToDo) {
  SharedLink link{constant(100)};
  EXPECT_EQ(link.next_date(), kNever);
  EXPECT_EQ(link.flows(), 0U);
  EXPECT_EQ(link.use(5).busy_s, 0);
}

// 1,000 bytes at 100 bytes/s from 2 s on: 10 s.
TEST(SharedLink, OneFlowGetsTheWholeRate) {
  SharedLink link{constant(100)};
  link.start(2, flow(7), 1000, kNoCap);
  EXPECT_EQ(link.flows(), 1U);
  EXPECT_DOUBLE_EQ(link.next_date(), 12);
  expect_ends(play(link), {{7, 12}});
  EXPECT_EQ(link.flows(), 0U);
  EXPECT_EQ(link.next_date(), kNever);
  const LinkUse use = link.use(20);
  EXPECT_DOUBLE_EQ(use.busy_s, 10);
  EXPECT_DOUBLE_EQ(use.flow_seconds, 10);
  EXPECT_DOUBLE_EQ(use.bytes, 1000);
}

// A alone sends 400 of its 1,000 bytes by 4 s. Then each gets 50 bytes/s: B's 500 bytes end at 14
// s, when A has sent 900; its last 100 take 1 s alone. Busy 15 s; 4·1 + 10·2 + 1·1 = 25 flow
// seconds.
TEST(SharedLink, TwoFlowsShareWhileBothLast) {
  SharedLink link{constant(100)};
  link.start(0, flow(0), 1000, kNoCap);
  link.start(4, flow(1), 500, kNoCap);
  expect_ends(play(link), {{1, 14}, {0, 15}});
  EXPECT_NEAR(link.use(15).busy_s, 15, 1e-9);
  EXPECT_NEAR(link.use(15).flow_seconds, 25, 1e-9);
  EXPECT_DOUBLE_EQ(link.use(15).bytes, 1500);
}

TEST(SharedLink, FlowsThatEndTogetherEndInTheOrderOfTheirStart) {
  SharedLink link{constant(100)};
  for (const std::uint32_t i : {3U, 1U, 2U}) link.start(0, flow(i), 100, kNoCap);
  expect_ends(play(link), {{3, 3}, {1, 3}, {2, 3}});
}

// Caps of 10 and 30 and none over 100 bytes/s: a third, 33.3, is more than 10 and 30, so these get
// their caps and the last gets the 60 that are left. 100, 300 and 600 bytes all end at 10 s.
TEST(SharedLink, CappedFlowsLeaveTheirRestToTheOthers) {
  SharedLink link{constant(100)};
  link.start(0, flow(0), 600, kNoCap);
  link.start(0, flow(1), 300, 30);
  link.start(0, flow(2), 100, 10);
  const std::vector<Ended> ended = play(link);
  ASSERT_EQ(ended.size(), 3U);
  for (const Ended& one : ended) EXPECT_NEAR(one.date, 10, 1e-9);
}

// Cap 20 and two without: 20, 40, 40. B (400 bytes) ends at 10 s, C (800) has 400 left and then
// gets 80: 15 s. A (400) never gets more than 20: 20 s.
TEST(SharedLink, WhatAFlowLeavesGoesToThoseWithoutACap) {
  SharedLink link{constant(100)};
  link.start(0, flow(0), 400, 20);
  link.start(0, flow(1), 400, kNoCap);
  link.start(0, flow(2), 800, kNoCap);
  expect_ends(play(link), {{1, 10}, {2, 15}, {0, 20}});
}

// A cap of 40 does not bind while four flows share 100 (25 each), and does when two are left: then
// 40 and 60. A (cap 40, 500 bytes), B (500), C and D (100 each). C and D end at 4 s; A and B have
// 400 left; B ends at 4 + 400/60 = 10.667 s, A at 4 + 400/40 = 14 s.
TEST(SharedLink, ACapBindsOnlyBelowTheFairShare) {
  SharedLink link{constant(100)};
  link.start(0, flow(0), 500, 40);
  for (const std::uint32_t i : {1U, 2U, 3U}) link.start(0, flow(i), i == 1 ? 500 : 100, kNoCap);
  expect_ends(play(link), {{2, 4}, {3, 4}, {1, 4 + 400.0 / 60}, {0, 14}});
}

// Rate 10 and caps far above it: 5 each.
TEST(SharedLink, CapsAboveTheRateDoNotMatter) {
  SharedLink link{constant(10)};
  link.start(0, flow(0), 50, 20);
  link.start(0, flow(1), 100, 1e6);
  expect_ends(play(link), {{0, 10}, {1, 15}});
}

// Both have sent 150 bytes by 3 s, when A is taken away; B's other 850 take 8.5 s alone.
TEST(SharedLink, AnAbortTellsWhatWasSent) {
  SharedLink link{constant(100)};
  link.start(0, flow(0), 1000, kNoCap);
  link.start(0, flow(1), 1000, kNoCap);
  EXPECT_NEAR(link.abort(3, flow(0)), 150, 1e-9);
  EXPECT_EQ(link.flows(), 1U);
  expect_ends(play(link), {{1, 11.5}});
  EXPECT_NEAR(link.use(12).bytes, 1150, 1e-9) << "what an aborted flow sent was carried";
  EXPECT_NEAR(link.use(12).busy_s, 11.5, 1e-9);
}

TEST(SharedLink, AnAbortAtTheStartHasSentNothing) {
  SharedLink link{constant(100)};
  link.start(1, flow(0), 1000, kNoCap);
  EXPECT_EQ(link.abort(1, flow(0)), 0);
  EXPECT_EQ(link.next_date(), kNever);
}

// A flow is told by its request and the attempt; the abort of another attempt finds nothing.
TEST(SharedLink, AnAbortNamesTheAttempt) {
  SharedLink link{constant(100)};
  link.start(0, {5, 2}, 1000, kNoCap);
  EXPECT_EQ(link.abort(1, {5, 1}), 0);
  EXPECT_EQ(link.flows(), 1U);
  EXPECT_NEAR(link.abort(2, {5, 2}), 200, 1e-9);
  EXPECT_EQ(link.flows(), 0U);
}

// 100 bytes/s for 5 s and 50 for 5 s, in a loop. 1,000 bytes: 500 by 5 s, 750 by 10 s, and 250 more
// at 100 again: 12.5 s.
TEST(SharedLink, FollowsATrace) {
  const Trace trace{.start_s = {0, 5}, .rate_byte_per_s = {100, 50}, .length_s = 10};
  SharedLink link{RateTimeline{trace, Seconds{0}}};
  link.start(0, flow(0), 1000, kNoCap);
  EXPECT_EQ(link.next_date(), 5) << "the rate changes before the flow ends";
  expect_ends(play(link), {{0, 12.5}});
}

// Two flows of 600 bytes over the same trace, one capped at 30. At 100: 30 and 70; at 50: 25 each.
// By 5 s: 150 and 350; by 10 s: 275 and 475; B's last 125 take 125/70 s, when A has 275 + 30·125/70
// = 328.571; alone A still gets 30, to 15 s: 275 + 150 = 425; then 30 of 50 (cap), 175/30 s more.
TEST(SharedLink, FollowsATraceUnderACap) {
  const Trace trace{.start_s = {0, 5}, .rate_byte_per_s = {100, 50}, .length_s = 10};
  SharedLink link{RateTimeline{trace, Seconds{0}}};
  link.start(0, flow(0), 600, 30);
  link.start(0, flow(1), 600, kNoCap);
  expect_ends(play(link), {{1, 10 + 125.0 / 70}, {0, 15 + 175.0 / 30}});
}

// An outage from 2 s to 6 s: 200 bytes before it, 800 after it: 14 s. The link is busy all the
// time, for it has a flow.
TEST(SharedLink, StandsStillDuringAnOutage) {
  RateTimeline rate = constant(100);
  rate.add_outage({2, 6});
  SharedLink link{rate};
  link.start(0, flow(0), 1000, kNoCap);
  EXPECT_TRUE(play(link, 2).empty());
  EXPECT_EQ(link.next_date(), 6);
  EXPECT_NEAR(link.use(4).bytes, 0, 1e-9) << "bytes count when their flow ends";
  expect_ends(play(link), {{0, 14}});
  EXPECT_NEAR(link.use(14).busy_s, 14, 1e-9);
}

// What begins in the outage waits for its end: 100 bytes from 3 s on, 6 s + 1 s. An abort during it
// finds that nothing was sent.
TEST(SharedLink, AFlowMayBeginInAnOutage) {
  RateTimeline rate = constant(100);
  rate.add_outage({2, 6});
  SharedLink link{rate};
  link.start(3, flow(0), 100, kNoCap);
  link.start(3, flow(1), 100, kNoCap);
  EXPECT_EQ(link.next_date(), 6);
  EXPECT_EQ(link.abort(5, flow(1)), 0);
  expect_ends(play(link), {{0, 7}});
}

// Late in a long run, after many busy periods, a flow still takes what it takes: the clocks begin
// anew in each.
TEST(SharedLink, ForgetsEarlierBusyPeriods) {
  SharedLink link{constant(1e6)};
  for (int i = 0; i < 1000; ++i) {
    const double now = 1000.0 * i;
    link.start(now, flow(0), 1e8, kNoCap);
    const std::vector<Ended> ended = play(link);
    ASSERT_EQ(ended.size(), 1U);
    ASSERT_NEAR(ended[0].date - now, 100, 1e-9);
  }
}

// Brute force ------------------------------------------------------------------------------------

struct Fluid {
  std::uint32_t request;
  double left;
  double bytes;
  double cap;
  double rate;
};

/// Max-min fair rates by raising all together: whoever reaches its cap stays, the others go on.
void fill(std::vector<Fluid>& flows, double capacity) {
  for (Fluid& one : flows) one.rate = -1;
  while (true) {
    double left = capacity;
    double open = 0;
    for (const Fluid& one : flows) {
      if (one.rate < 0) ++open;
      if (one.rate >= 0) left -= one.rate;
    }
    if (open == 0) return;
    const double fair = left / open;
    bool capped = false;
    for (Fluid& one : flows) {
      if (one.rate >= 0 || one.cap > fair) continue;
      one.rate = one.cap;
      capped = true;
    }
    if (capped) continue;
    for (Fluid& one : flows) {
      if (one.rate < 0) one.rate = fair;
    }
    return;
  }
}

struct Arrival {
  double date;
  double bytes;
  double cap;
  double abort_after;  // kNever: it is left to its end
};

struct Fate {
  double end;   // or the date of the abort
  double sent;  // of an aborted flow
};

/// Steps from event to event: arrivals, aborts, changes of rate, ends.
std::map<std::uint32_t, Fate> by_brute_force(const std::vector<Arrival>& arrivals,
                                             const RateTimeline& rate) {
  std::map<std::uint32_t, Fate> fates;
  std::vector<Fluid> flows;
  std::size_t next = 0;
  double now = 0;
  while (next < arrivals.size() || !flows.empty()) {
    fill(flows, rate.rate_byte_per_s(now));
    double date = rate.next_change(now);
    std::size_t ending = flows.size();
    if (next < arrivals.size()) date = std::min(date, arrivals[next].date);
    for (std::size_t i = 0; i < flows.size(); ++i) {
      const Arrival& arrival = arrivals[flows[i].request];
      date = std::min(date, arrival.date + arrival.abort_after);
      if (flows[i].rate > 0 && now + flows[i].left / flows[i].rate <= date) {
        date = now + flows[i].left / flows[i].rate;
        ending = i;
      }
    }
    for (Fluid& one : flows) one.left -= one.rate * (date - now);
    now = date;
    // Whose end it was has ended, whatever the last digit of what is left says; an abort that was
    // nearer has made `ending` out of date, as its date tells.
    if (ending < flows.size() && flows[ending].left <= 1e-9 * flows[ending].bytes) {
      fates[flows[ending].request] = {now, 0};
      flows.erase(flows.begin() + static_cast<std::ptrdiff_t>(ending));
      continue;
    }
    for (std::size_t i = 0; i < flows.size(); ++i) {
      const Arrival& arrival = arrivals[flows[i].request];
      if (arrival.date + arrival.abort_after != now) continue;
      fates[flows[i].request] = {now, flows[i].bytes - flows[i].left};
      flows.erase(flows.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    }
    if (next < arrivals.size() && arrivals[next].date == now) {
      const Arrival& arrival = arrivals[next];
      flows.push_back(
          {static_cast<std::uint32_t>(next), arrival.bytes, arrival.bytes, arrival.cap, 0});
      ++next;
    }
  }
  return fates;
}

std::map<std::uint32_t, Fate> by_shared_link(const std::vector<Arrival>& arrivals,
                                             const RateTimeline& rate) {
  SharedLink link{rate};
  std::map<std::uint32_t, Fate> fates;
  std::multimap<double, std::uint32_t> aborts;
  std::size_t next = 0;
  std::vector<Flow> ended;
  double carried = 0;
  double now = 0;
  while (next < arrivals.size() || link.flows() > 0) {
    double arrival = kNever;
    double abort = kNever;
    if (next < arrivals.size()) arrival = arrivals[next].date;
    if (!aborts.empty()) abort = aborts.begin()->first;
    const double own = link.next_date();
    now = std::min({arrival, abort, own});
    if (own <= now) {
      ended.clear();
      const double following = link.advance(now, ended);
      EXPECT_EQ(following, link.next_date());
      for (const Flow& one : ended) {
        fates[one.request] = {now, 0};
        carried += arrivals[one.request].bytes;
      }
    } else if (abort <= now) {
      const std::uint32_t request = aborts.begin()->second;
      aborts.erase(aborts.begin());
      if (fates.contains(request)) continue;
      fates[request] = {now, link.abort(now, flow(request))};
      carried += fates[request].sent;
    } else {
      const Arrival& one = arrivals[next];
      link.start(now, flow(static_cast<std::uint32_t>(next)), one.bytes, one.cap);
      if (one.abort_after < kNever) {
        aborts.emplace(one.date + one.abort_after, static_cast<std::uint32_t>(next));
      }
      ++next;
    }
  }
  EXPECT_NEAR(link.use(now).bytes / carried, 1, 1e-12);
  return fates;
}

class RandomFlows : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomFlows, EndAsTheFluidDoes) {
  Stream draw{StreamFamily{GetParam(), "shared link"}};
  const auto between = [&](double low, double high) { return low + (high - low) * draw.uniform(); };
  Trace trace;
  double start = 0;
  for (int i = 0; i < 8; ++i) {
    trace.start_s.push_back(start);
    trace.rate_byte_per_s.push_back(i > 0 && draw.uniform() < 0.2 ? 0 : between(100, 2000));
    start += between(0.1, 3);
  }
  trace.length_s = start;
  const bool traced = draw.uniform() < 0.7;
  RateTimeline rate = traced ? RateTimeline{trace, Seconds{between(0, start)}} : constant(1000);
  if (draw.uniform() < 0.5) rate.add_outage({between(5, 8), between(8, 12)});

  const double caps[] = {kNoCap, kNoCap, 50, 150, 400, between(10, 1000)};
  std::vector<Arrival> arrivals;
  double date = 0;
  for (int i = 0; i < 120; ++i) {
    date += draw.exponential(0.25);
    const auto cap = static_cast<std::size_t>(6 * draw.uniform());
    arrivals.push_back({date, between(1, 500), draw.uniform() < 0.1 ? between(5, 500) : caps[cap],
                        draw.uniform() < 0.15 ? draw.exponential(1) : kNever});
  }

  const std::map<std::uint32_t, Fate> expected = by_brute_force(arrivals, rate);
  const std::map<std::uint32_t, Fate> found = by_shared_link(arrivals, rate);
  ASSERT_EQ(found.size(), arrivals.size());
  ASSERT_EQ(expected.size(), arrivals.size());
  std::size_t aborted = 0;
  for (std::uint32_t i = 0; i < arrivals.size(); ++i) {
    SCOPED_TRACE(i);
    // Relative to the flow's own time, not to the date.
    const double length_s = expected.at(i).end - arrivals[i].date;
    EXPECT_NEAR((found.at(i).end - arrivals[i].date) / length_s, 1, 1e-9);
    EXPECT_NEAR(found.at(i).sent, expected.at(i).sent, 1e-9 * arrivals[i].bytes);
    if (expected.at(i).sent > 0) ++aborted;
  }
  EXPECT_GT(aborted, 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomFlows,
                         ::testing::Range<std::uint64_t>(1, fewer<std::uint64_t>(41, 9)));

}  // namespace
}  // namespace papilio
