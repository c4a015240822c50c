// Claims: a direction of a link sends packet k from max(its arrival, the departure of the packet
// before it) for as long as the integral of the rate takes to carry its bytes, and delivers it the
// delay later; nothing else. Closed forms first, each derived beside it; then properties over
// seeds.

#include "models/link/link_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sim/base/error.hpp"
#include "sim/base/random/stream.hpp"

namespace papilio {
namespace {

using End = PacketFate::End;

const StreamFamily kLosses{1, "losses"};
constexpr std::uint32_t kMtu = 1500;

LinkDirection constant(double byte_per_s, double delay_s = 0) {
  LinkDirection direction;
  direction.rate = BytesPerSecond{byte_per_s};
  direction.delay = Seconds{delay_s};
  return direction;
}

LinkDirection traced(std::vector<double> start_s, std::vector<double> rates, double length_s,
                     double offset_s = 0) {
  LinkDirection direction;
  Trace trace;
  trace.start_s = std::move(start_s);
  trace.rate_byte_per_s = std::move(rates);
  trace.length_s = length_s;
  direction.trace = std::make_shared<const Trace>(std::move(trace));
  direction.trace_offset = Seconds{offset_s};
  return direction;
}

// ---- Closed forms. ----

TEST(LinkQueue, APacketTakesItsBytesByTheRateAndThenTheDelay) {
  LinkQueue queue{constant(1e6, 0.020), kLosses};
  // 1500 B / 1e6 B/s = 1.5 ms
  const PacketFate fate = queue.offer(2, 1500);
  EXPECT_EQ(fate.end, End::kDelivered);
  EXPECT_DOUBLE_EQ(fate.departure_s, 2.0015);
  EXPECT_DOUBLE_EQ(fate.delivery_s, 2.0215);
}

TEST(LinkQueue, PacketsBackToBackAreSentOneAfterAnother) {
  LinkQueue queue{constant(1e6, 0.020), kLosses};
  // The k-th of a burst at 0 departs at k · 1.5 ms; the delay is that of each, not of the sum.
  for (int k = 1; k <= 5; ++k) {
    const PacketFate fate = queue.offer(0, 1500);
    EXPECT_DOUBLE_EQ(fate.departure_s, k * 0.0015);
    EXPECT_DOUBLE_EQ(fate.delivery_s, k * 0.0015 + 0.020);
  }
  // One that comes while the fourth is in sending waits for the fifth: from 7.5 ms on, 100 µs.
  EXPECT_DOUBLE_EQ(queue.offer(0.005, 100).departure_s, 0.0076);
}

TEST(LinkQueue, NoPacketIsFreeAfterAnIdleTime) {
  LinkQueue queue{constant(1e6), kLosses};
  queue.offer(0, 1500);
  // A token bucket has filled in ten seconds, and would let this one depart at once.
  EXPECT_DOUBLE_EQ(queue.offer(10, 1500).departure_s, 10.0015);
}

TEST(LinkQueue, AnUploadOf3136BytesTakesItsWireBytesByTheRate) {
  // Table IV's smallest upload in three segments of 1,448 bytes at most and 52 of headers each:
  // (3136 + 3 · 52) B · 8 / 1.1 Mbit/s = 23.94 ms; by tbf with a bucket of 1,600 bytes it would
  // be (3292 − 1600) · 8 / 1.1e6 = 12.3 ms.
  LinkQueue queue{constant(1.1e6 / 8), kLosses};
  queue.offer(5, 1500);
  queue.offer(5, 1500);
  EXPECT_NEAR(queue.offer(5, 292).departure_s - 5, 3292 * 8 / 1.1e6, 1e-12);
}

TEST(LinkQueue, ARateThatStepsIsIntegrated) {
  // 1000 B/s in 0..1 s, 4000 B/s in 1..2 s, and again.
  const LinkDirection direction = traced({0, 1}, {1000, 4000}, 2);
  {
    LinkQueue queue{direction, kLosses};
    // From 0.5 s: 500 B by 1 s, the other 1500 B at 4000 B/s: 1.375 s.
    EXPECT_DOUBLE_EQ(queue.offer(0.5, 2000).departure_s, 1.375);
    // Then 2500 B by 2 s where the trace begins again, the other 500 B at 1000 B/s: 2.5 s.
    EXPECT_DOUBLE_EQ(queue.offer(1, 3000).departure_s, 2.5);
  }
  {
    LinkQueue queue{direction, kLosses};
    // A loop carries 5000 B: 30 of them take 60 s, more than the simulator's ten.
    EXPECT_NEAR(queue.offer(0, 150'000).departure_s, 60, 1e-9);
  }
  {
    LinkQueue queue{traced({0, 1}, {1000, 4000}, 2, 0.75), kLosses};
    // Offset 0.75: 250 B by date 0.25, the other 1000 B at 4000 B/s: 0.5 s.
    EXPECT_DOUBLE_EQ(queue.offer(0, 1250).departure_s, 0.5);
  }
}

TEST(LinkQueue, NothingIsSentAtARateOfZero) {
  // An outage of the trace, 1..3 s: 1000 B by 1 s, the other 500 from 3 s on at 1000 B/s.
  LinkQueue queue{traced({0, 1, 3}, {1000, 0, 1000}, 5), kLosses};
  EXPECT_DOUBLE_EQ(queue.offer(0, 1500).departure_s, 3.5);
  // One that is scheduled, 0.5..2 s: 500 B before it and 1000 after it, at 1000 B/s.
  LinkDirection direction = constant(1000);
  direction.outages.push_back({0.5, 2});
  EXPECT_DOUBLE_EQ((LinkQueue{direction, kLosses}.offer(0, 1500).departure_s), 3);
}

TEST(LinkQueue, BehindALinkThatStaysCutNothingEnds) {
  LinkDirection direction = constant(1000, 1);
  direction.outages.push_back({1, RateTimeline::kNever});
  LinkQueue queue{direction, kLosses};
  EXPECT_DOUBLE_EQ(queue.offer(0, 500).departure_s, 0.5);
  EXPECT_EQ(queue.offer(0, 1500).departure_s, RateTimeline::kNever);
  const PacketFate last = queue.offer(100, 40);
  EXPECT_EQ(last.departure_s, RateTimeline::kNever);
  EXPECT_EQ(last.delivery_s, RateTimeline::kNever);
  EXPECT_EQ(queue.backlog(1e6), (PacketCount{2, 1540}));
}

TEST(LinkQueue, AFullQueueDropsWhatComesLast) {
  LinkDirection direction = constant(1000);
  direction.queue_bytes = 3000;
  LinkQueue queue{direction, kLosses};
  EXPECT_EQ(queue.offer(0, 1500).end, End::kDelivered);
  EXPECT_EQ(queue.offer(0, 1500).end, End::kDelivered);
  const PacketFate third = queue.offer(0, 1500);
  EXPECT_EQ(third.end, End::kDropped);
  EXPECT_EQ(third.departure_s, RateTimeline::kNever);
  // The first departs at 1.5 s. Before, there is no place; from then on, one; a small packet takes
  // what place there is. What was dropped takes no time of the link: the next departs at 4.5 s.
  EXPECT_EQ(queue.offer(1.4, 1).end, End::kDropped);
  const PacketFate after = queue.offer(1.5, 1500);
  EXPECT_EQ(after.end, End::kDelivered);
  EXPECT_DOUBLE_EQ(after.departure_s, 4.5);
  EXPECT_EQ(queue.backlog(1.5), (PacketCount{2, 3000}));
  EXPECT_EQ(queue.backlog(4.5), (PacketCount{0, 0}));
}

TEST(LinkQueue, LostPacketsTakeTheirTimeOnTheLink) {
  LinkDirection direction = constant(1000);
  direction.loss = 1;
  LinkQueue queue{direction, kLosses};
  EXPECT_EQ(queue.offer(0, 1000).end, End::kLost);
  EXPECT_DOUBLE_EQ(queue.offer(0, 1000).departure_s, 2);
}

TEST(LinkQueue, LosesTheShareThatItIsToldTo) {
  LinkDirection direction = constant(1e9);
  direction.loss = 0.02;
  LinkQueue queue{direction, kLosses};
  constexpr int kPackets = 100'000;
  int lost = 0;
  for (int i = 0; i < kPackets; ++i) {
    if (queue.offer(i, 100).end == End::kLost) ++lost;
  }
  // Binomial: mean 2000, standard deviation 44; five of them, once in two million seeds.
  EXPECT_NEAR(lost, 2000, 221);
}

TEST(LinkQueue, WhichPacketIsLostDoesNotDependOnTheQueue) {
  LinkDirection wide = constant(1e9);
  wide.loss = 0.3;
  LinkDirection narrow = wide;
  narrow.rate = BytesPerSecond{1000};
  narrow.queue_bytes = 4000;
  LinkQueue in_time{wide, kLosses};
  LinkQueue overfull{narrow, kLosses};
  int dropped = 0;
  for (int i = 0; i < 1000; ++i) {
    const End end = in_time.offer(i, 1500).end;
    const End other = overfull.offer(i, 1500).end;
    if (other == End::kDropped) {
      ++dropped;
    } else {
      EXPECT_EQ(end, other) << "packet " << i;
    }
  }
  EXPECT_GT(dropped, 100);
}

TEST(LinkQueue, RefusesWhatHasNoMeaning) {
  const auto problem_of = [](const LinkDirection& direction) -> std::string {
    try {
      check_link_direction(direction, "uplink", kMtu);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(problem_of(constant(1e6)), "");
  EXPECT_EQ(problem_of(constant(0)),
            "papilio: error: uplink: rate: expected bytes a second above 0, got 0");
  EXPECT_EQ(problem_of(constant(1e6, -1)),
            "papilio: error: uplink: delay_s: expected seconds from 0 on, got -1");
  LinkDirection direction = constant(1e6);
  direction.loss = 1.5;
  EXPECT_EQ(problem_of(direction),
            "papilio: error: uplink: loss: expected a probability from 0 to 1, got 1.5");
  direction = constant(1e6);
  direction.queue_bytes = 1000;
  EXPECT_EQ(problem_of(direction),
            "papilio: error: uplink: queue_bytes: 1000 bytes hold no packet of 1500; take as many "
            "at least");
  direction = constant(1e6);
  direction.outages.push_back({2, 1});
  EXPECT_THAT(problem_of(direction), testing::HasSubstr("each begin before its end, got 2 to 1"));
  EXPECT_EQ(problem_of(traced({0}, {0}, 1)),
            "papilio: error: uplink: trace: its rate is 0 throughout");
  EXPECT_THAT(problem_of(traced({0}, {5}, 1, 2)), testing::HasSubstr("expected 0 to 1 s"));
  // 1500 B by 86,400 s are 0.0174 B/s.
  EXPECT_EQ(problem_of(constant(0.018)), "");
  EXPECT_EQ(problem_of(constant(0.017)),
            "papilio: error: uplink: rate: a packet of 1500 bytes takes more than a day at 0.017 "
            "bytes a second; take a faster link");
  EXPECT_THAT(problem_of(traced({0, 0.001}, {10, 0}, 1)),
              testing::HasSubstr("uplink: trace: a packet of 1500 bytes takes more than a day"));
}

// ---- Properties. ----

/// A direction with all that may vary, its trace apart, and what comes to it.
struct Case {
  LinkDirection direction;
  std::vector<std::pair<double, std::uint32_t>> arrivals;
};

Case random_case(std::uint64_t seed) {
  Stream stream{StreamFamily{seed, "link case"}};
  const auto draw = [&stream](double from, double to) {
    const double share = stream.uniform();
    return from + share * (to - from);
  };
  Case made;
  Trace trace;
  const int pieces = 1 + static_cast<int>(draw(0, 6));
  for (int i = 0; i < pieces; ++i) {
    trace.start_s.push_back(trace.length_s);
    trace.length_s += draw(0.01, 0.5);
    // A third of them are outages, the first is none.
    const bool none = draw(0, 1) < 1. / 3 && i > 0;
    trace.rate_byte_per_s.push_back(none ? 0 : draw(1e4, 1e6));
  }
  made.direction.trace_offset = Seconds{draw(0, trace.length_s)};
  made.direction.trace = std::make_shared<const Trace>(std::move(trace));
  made.direction.delay = Seconds{draw(0, 0.1)};
  made.direction.loss = draw(0, 1) < 0.5 ? 0 : draw(0, 0.3);
  made.direction.queue_bytes = static_cast<std::uint64_t>(draw(kMtu, 40'000));
  double now = 0;
  constexpr std::size_t kPackets = 400;
  made.arrivals.reserve(kPackets);
  for (std::size_t i = 0; i < kPackets; ++i) {
    // Bursts and pauses.
    if (draw(0, 1) < 0.3) now += stream.exponential(0.02);
    made.arrivals.emplace_back(now, static_cast<std::uint32_t>(draw(40, kMtu)));
  }
  return made;
}

/// The bytes that a trace carries between two dates, added up piece by piece: not by the code that
/// is tested.
double carried_bytes(const LinkDirection& direction, double from_s, double to_s) {
  const Trace& trace = *direction.trace;
  const auto until = [&](double time_s) {
    double bytes = 0;
    double begin = 0;
    while (begin < time_s) {
      for (std::size_t i = 0; i < trace.start_s.size(); ++i) {
        const double piece_end =
            i + 1 < trace.start_s.size() ? trace.start_s[i + 1] : trace.length_s;
        const double from = begin + trace.start_s[i];
        const double to = std::min(time_s, begin + piece_end);
        if (to > from) bytes += trace.rate_byte_per_s[i] * (to - from);
      }
      begin += trace.length_s;
    }
    return bytes;
  };
  const double offset = direction.trace_offset.value();
  return until(offset + to_s) - until(offset + from_s);
}

class LinkQueueProperties : public testing::TestWithParam<std::uint64_t> {};

TEST_P(LinkQueueProperties, SendsInOrderAllThatTheRateCarriesAndNoMore) {
  const Case made = random_case(GetParam());
  LinkQueue queue{made.direction, kLosses};
  const double greatest = *std::max_element(made.direction.trace->rate_byte_per_s.begin(),
                                            made.direction.trace->rate_byte_per_s.end());
  double before_s = 0;
  for (const auto& [arrival_s, bytes] : made.arrivals) {
    const PacketFate fate = queue.offer(arrival_s, bytes);
    if (fate.end == End::kDropped) continue;
    // In order, with no pause while something waits, and the link carries exactly its bytes.
    const double begin_s = std::max(arrival_s, before_s);
    ASSERT_GE(fate.departure_s, begin_s);
    EXPECT_NEAR(carried_bytes(made.direction, begin_s, fate.departure_s), bytes, 1e-6 * bytes);
    // Never sooner than the greatest rate would have it.
    EXPECT_GE(fate.departure_s, arrival_s + bytes / greatest - 1e-12);
    EXPECT_DOUBLE_EQ(fate.delivery_s, fate.departure_s + made.direction.delay.value());
    before_s = fate.departure_s;
  }
  EXPECT_GT(before_s, 0);
}

TEST_P(LinkQueueProperties, EveryPacketEndsOrIsStillThere) {
  const Case made = random_case(GetParam());
  LinkQueue queue{made.direction, kLosses};
  std::vector<double> departures;
  PacketCount received;
  PacketCount dropped;
  PacketCount sent;
  std::size_t next_sent = 0;
  std::vector<std::uint32_t> sizes;
  for (const auto& [arrival_s, bytes] : made.arrivals) {
    const PacketFate fate = queue.offer(arrival_s, bytes);
    received.add(bytes);
    if (fate.end == End::kDropped) {
      dropped.add(bytes);
    } else {
      departures.push_back(fate.departure_s);
      sizes.push_back(bytes);
    }
    while (next_sent < departures.size() && departures[next_sent] <= arrival_s) {
      sent.add(sizes[next_sent]);
      ++next_sent;
    }
    const PacketCount waiting = queue.backlog(arrival_s);
    ASSERT_EQ(received.packets, sent.packets + dropped.packets + waiting.packets);
    ASSERT_EQ(received.bytes, sent.bytes + dropped.bytes + waiting.bytes);
    ASSERT_LE(waiting.bytes, made.direction.queue_bytes);
    // A packet is dropped only where there is no place for it.
    if (fate.end == End::kDropped) {
      EXPECT_GT(waiting.bytes + bytes, made.direction.queue_bytes);
    }
  }
  EXPECT_EQ(queue.backlog(1e9), (PacketCount{0, 0}));
}

TEST_P(LinkQueueProperties, TheSamePacketsMeetTheSameFates) {
  const Case made = random_case(GetParam());
  LinkQueue one{made.direction, kLosses};
  LinkQueue other{made.direction, kLosses};
  for (const auto& [arrival_s, bytes] : made.arrivals) {
    const PacketFate first = one.offer(arrival_s, bytes);
    other.backlog(arrival_s);  // asking changes nothing
    const PacketFate second = other.offer(arrival_s, bytes);
    EXPECT_EQ(first.end, second.end);
    EXPECT_EQ(first.departure_s, second.departure_s);
    EXPECT_EQ(first.delivery_s, second.delivery_s);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LinkQueueProperties, testing::Range<std::uint64_t>(0, 40));

}  // namespace
}  // namespace papilio
