// Claim: events come out in the order of their dates, and those of one date in the order in which
// they were added, whatever the workload; the reference is a heap of all events.

#include "sim/play/fleet/calendar.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <queue>
#include <tuple>

#include "sim/base/random/stream.hpp"
#include "sim/play/fleet/request.hpp"
#include "tests/support/sanitized.hpp"

namespace papilio {
namespace {

/// A calendar and, beside it, a heap of (date, number of the event); every event that is popped is
/// compared. The event's target is the low half of its number, and its kind follows from it.
class Both {
 public:
  void push(double date) {
    calendar_.push(date, kind_of(added_), static_cast<std::uint32_t>(added_),
                   static_cast<std::uint32_t>(~added_));
    heap_.emplace(date, added_++);
  }

  /// Pops one event from each and returns its date.
  double pop() {
    const auto [date, number] = heap_.top();
    heap_.pop();
    EXPECT_EQ(calendar_.next_date(), date);
    const Event event = calendar_.pop();
    EXPECT_EQ(event.date, date);
    EXPECT_EQ(event.target, static_cast<std::uint32_t>(number))
        << "the order of adding, at " << date;
    EXPECT_EQ(event.generation, static_cast<std::uint32_t>(~number));
    EXPECT_EQ(event.kind(), kind_of(number));
    return date;
  }

  void pop_all() {
    while (!heap_.empty() && !::testing::Test::HasFailure()) pop();
    EXPECT_EQ(calendar_.next_date(), kNever);
  }

  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  using Entry = std::tuple<double, std::uint64_t>;

  static EventKind kind_of(std::uint64_t number) { return static_cast<EventKind>(number % 10); }

  Calendar calendar_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
  std::uint64_t added_{0};
};

TEST(Calendar, WithoutEventsHasNoNextDate) {
  Calendar calendar;
  EXPECT_EQ(calendar.next_date(), kNever);
  calendar.push(2, EventKind::kArrival, 0, 0);
  EXPECT_EQ(calendar.next_date(), 2);
  calendar.pop();
  EXPECT_EQ(calendar.next_date(), kNever);
}

TEST(Calendar, KeepsTheOrderOfAddingAtOneDate) {
  Both both;
  for (int i = 0; i < 1000; ++i) both.push(3);
  both.pop();
  // The rest of them is under way: what comes at that date now comes after them.
  for (int i = 0; i < 10; ++i) both.push(3);
  both.pop_all();
}

// An event's consequence at the same instant comes after what was there at that instant, and before
// all that is later.
TEST(Calendar, TakesEventsAtTheDateThatItPlays) {
  Both both;
  for (int i = 0; i < 200; ++i) both.push(i % 50);  // four at each date
  for (int i = 0; i < 200; ++i) both.push(both.pop());
  both.pop_all();
}

// The latest date of all is where one rung of the ladder ends and the next begins.
TEST(Calendar, TakesEventsAtTheLatestDate) {
  Both both;
  for (int i = 0; i <= 100; ++i) both.push(i);
  both.pop();
  for (int i = 0; i < 5; ++i) both.push(100);
  both.push(101);
  both.push(100);
  both.pop_all();
}

TEST(Calendar, ServesAgainAfterItWasEmpty) {
  Both both;
  double now = 0;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 40; ++i) both.push(now + (i * 7) % 40);
    while (both.size() > 0) now = both.pop();
  }
  both.pop_all();
}

// A date one bit after another is another date, however many buckets there are.
TEST(Calendar, TellsNeighbouringDoublesApart) {
  Both both;
  double date = 1e6;
  for (int i = 0; i < 300; ++i) {
    both.push(date);
    if (i % 3 == 0) both.push(1e6);
    date = std::nextafter(date, kNever);
  }
  both.push(1e12);
  both.pop_all();
}

/// How far ahead of now the next event lies.
using Ahead = double (*)(Stream&);

double exponential(Stream& draw) {
  return draw.exponential(1);
}
double on_a_grid(Stream& draw) {
  return std::floor(5 * draw.uniform());
}
double often_now(Stream& draw) {
  return draw.uniform() < 0.7 ? 0 : draw.exponential(1);
}
double over_many_scales(Stream& draw) {
  return std::pow(10, 18 * draw.uniform() - 9);
}
double far_outliers(Stream& draw) {
  return draw.uniform() < 0.02 ? 1e9 * draw.uniform() : 1e-3 * draw.uniform();
}
double all_the_same(Stream& /*draw*/) {
  return 1;
}

struct Load {
  const char* name;
  Ahead ahead;
};

std::ostream& operator<<(std::ostream& out, const Load& load) {
  return out << load.name;
}

constexpr Load kLoads[] = {
    {"Exponential", exponential},  {"OnAGrid", on_a_grid},
    {"OftenNow", often_now},       {"OverManyScales", over_many_scales},
    {"FarOutliers", far_outliers}, {"AllTheSame", all_the_same},
};

class RandomLoads : public ::testing::TestWithParam<Load> {};

// Phases of growth, balance and decay in turn, with bursts: the number of events swings between
// none and thousands, so rungs are made of few events and of many.
TEST_P(RandomLoads, ComeOutAsFromAHeap) {
  for (std::uint64_t seed = 1; seed <= fewer(5U, 1U); ++seed) {
    SCOPED_TRACE(seed);
    Stream draw{StreamFamily{seed, "calendar"}};
    Both both;
    double now = 0;
    for (int phase = 0; phase < 30 && !HasFailure(); ++phase) {
      const double pushes = 2 * draw.uniform();  // for each event that is popped, on average
      for (int i = 0; i < 400; ++i) {
        const bool burst = draw.uniform() < 0.01;
        const double date = now + GetParam().ahead(draw);
        if (burst) {
          for (int j = 0; j < 100; ++j) both.push(date);
        }
        if (draw.uniform() * 2 < pushes) both.push(now + GetParam().ahead(draw));
        if (draw.uniform() * 2 < 1 && both.size() > 0) now = both.pop();
      }
      if (phase % 10 == 9) {
        while (both.size() > 0 && !HasFailure()) now = both.pop();
      }
    }
    both.pop_all();
  }
}

INSTANTIATE_TEST_SUITE_P(Loads, RandomLoads, ::testing::ValuesIn(kLoads),
                         [](const auto& one) { return std::string{one.param.name}; });

// The hold model of a fleet: many mobiles that think for long, each event followed by another.
TEST(Calendar, HoldsManyThinkingMobiles) {
  for (std::uint64_t seed = 1; seed <= fewer(3U, 1U); ++seed) {
    Stream draw{StreamFamily{seed, "hold"}};
    Both both;
    for (int i = 0; i < 5000; ++i) both.push(draw.exponential(100));
    for (int i = 0; i < 50000 && !HasFailure(); ++i) {
      const double now = both.pop();
      // A third are short phases of a request.
      both.push(now + (draw.uniform() < 0.3 ? draw.exponential(1e-3) : draw.exponential(100)));
    }
    both.pop_all();
  }
}

}  // namespace
}  // namespace papilio
