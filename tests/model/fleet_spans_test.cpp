// Claim: every end of a span passes one place. A sink that listens there hears each request's
// spans without a gap from its arrival to its end, and their lengths sum to its latency, whatever
// happens to it: queues, losses, timeouts, crashes, radios that sleep, empty batteries.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "sim/play/fleet/spans.hpp"
#include "sim/radio/states.hpp"
#include "tests/model/fleets.hpp"

namespace papilio {
namespace {

using testing::play_whole;
using testing::random_fleet;

class Listener final : public SpanSink {
 public:
  using Key = std::pair<std::uint32_t, std::uint32_t>;  // mobile, number

  void leave(const Span& end) override {
    (end.abandoned ? left_behind : of_requests)[{end.mobile, end.number}].push_back(end);
  }

  std::map<Key, std::vector<Span>> of_requests;
  std::map<Key, std::vector<Span>> left_behind;
};

/// A random fleet, every second one with a radio that sleeps, every third with small batteries,
/// every fifth with plans of two uploads.
FleetModel eventful_fleet(std::uint64_t seed) {
  FleetModel model = random_fleet(seed);
  RadioStates states;
  states.promotion = Seconds{0.05};
  states.promotion_power = Watts{1};
  states.tail = {{"drx", Seconds{0.02}, Watts{0.1}, Watts{1}, Seconds{0.001}, Seconds{0.01}}};
  states.idle_on = Seconds{0.01};
  states.idle_cycle = Seconds{0.1};
  for (CellModel& cell : model.cells) {
    if (seed % 2 == 0) cell.machine = std::make_shared<RadioStates>(states);
  }
  for (GroupModel& group : model.groups) {
    if (seed % 3 == 0) group.battery_j = 0.5;
    if (seed % 5 == 0) testing::send_twice(group.partitions[0]);
  }
  return model;
}

TEST(Spans, FollowWithoutAGapAndSumToTheLatency) {
  std::map<SpanKind, int> heard;
  int cut = 0;
  int retried = 0;
  int dropped = 0;
  int left_behind = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const FleetModel model = eventful_fleet(seed);
    Listener listener;
    const FleetResult result = play_whole(model, &listener);
    ASSERT_EQ(listener.of_requests.size(), result.records.size()) << "every request is heard";
    for (const RequestRecord& record : result.records) {
      const std::vector<Span>& spans = listener.of_requests[{record.mobile, record.number}];
      ASSERT_FALSE(spans.empty());
      double date = record.arrival_s;
      double sum_s = 0;
      PhaseTimes phases;
      for (const Span& span : spans) {
        EXPECT_EQ(span.begin_s, date) << "no gap, no overlap";
        EXPECT_NEAR(span.length_s, span.end_s - span.begin_s, 1e-12);
        date = span.end_s;
        sum_s += span.length_s;
        phases[phase_of(span.kind)] += span.length_s;
        heard[span.kind] += 1;
        cut += span.cut ? 1 : 0;
      }
      EXPECT_NEAR(sum_s, record.latency_s, 1e-9);
      if (record.end == RequestEnd::kCompleted && record.attempts <= 1 && !record.fell_back) {
        EXPECT_EQ(phases[Phase::kUplink], record.phases[Phase::kUplink]);
        EXPECT_EQ(phases[Phase::kService], record.phases[Phase::kService]);
        EXPECT_EQ(phases[Phase::kPromotion], record.phases[Phase::kPromotion]);
      }
      retried += record.attempts > 1 ? 1 : 0;
      dropped += record.end == RequestEnd::kDropped ? 1 : 0;
    }
    // What an attempt leaves behind goes on from the span in which the timeout found it.
    for (const auto& [key, spans] : listener.left_behind) {
      left_behind += static_cast<int>(spans.size());
    }
  }
  for (int span = 0; span <= static_cast<int>(SpanKind::kFallback); ++span) {
    EXPECT_GT(heard[static_cast<SpanKind>(span)], 0) << span;
  }
  EXPECT_GT(cut, 100);
  EXPECT_GT(retried, 100);
  EXPECT_GT(dropped, 100);
  EXPECT_GT(left_behind, 100);
}

TEST(Spans, AListenerChangesNothing) {
  const FleetModel model = eventful_fleet(6);
  Listener listener;
  const FleetResult heard = play_whole(model, &listener);
  const FleetResult alone = play_whole(model, nullptr);
  ASSERT_EQ(heard.records.size(), alone.records.size());
  for (std::size_t i = 0; i < heard.records.size(); ++i) {
    EXPECT_EQ(heard.records[i].latency_s, alone.records[i].latency_s);
  }
  EXPECT_EQ(heard.energy.total(), alone.energy.total());
  EXPECT_EQ(heard.counts.events, alone.counts.events);
}

}  // namespace
}  // namespace papilio
