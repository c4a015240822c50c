// Claims: both forms of a trace become the rates that they say and no byte is lost or made; a trace
// is played in a loop from its offset; outages stop it; transfers end when stepping says so; a
// malformed file is refused with its place.

#include "sim/radio/timeline.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/base/error.hpp"
#include "sim/random/stream.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using testing::TemporaryFolder;

constexpr double kNever = RateTimeline::kNever;
constexpr double kNoCap = std::numeric_limits<double>::infinity();
constexpr double kPacket = 1500;

double bytes_of(const Trace& trace) {
  return trace.mean().value() * trace.length_s;
}

// Files ------------------------------------------------------------------------------------------

class TraceFiles : public ::testing::Test {
 protected:
  Trace load(std::string_view text, double bin_s = 0.5) {
    return load_trace(folder_.write("trace", text), Seconds{bin_s});
  }

  /// What the file is refused with, its folder left out.
  std::string refusal(std::string_view text, double bin_s = 0.5) {
    const std::string path = folder_.write("trace", text);
    try {
      load_trace(path, Seconds{bin_s});
    } catch (const ConfigError& error) {
      const std::string what = error.what();
      EXPECT_TRUE(what.starts_with(path)) << what;
      return what.substr(std::min(path.size(), what.size()));
    }
    return "not refused";
  }

 private:
  TemporaryFolder folder_;
};

// 2 packets in [0, 0.5), 1 in [0.5, 1), none in [1, 1.5), 3 in [1.5, 2], for what comes at the very
// end counts in the last bin.
TEST_F(TraceFiles, CountTheDeliveriesOfAMahimahiFile) {
  const Trace trace = load("1\n499\n500\n1600\n1999\n2000\n");
  EXPECT_EQ(trace.length_s, 2);
  EXPECT_EQ(trace.start_s, (std::vector<double>{0, 0.5, 1, 1.5}));
  EXPECT_EQ(trace.rate_byte_per_s,
            (std::vector<double>{2 * kPacket / 0.5, kPacket / 0.5, 0, 3 * kPacket / 0.5}));
  EXPECT_DOUBLE_EQ(bytes_of(trace), 6 * kPacket);
  EXPECT_EQ(trace.longest_outage().value(), 0.5);
}

TEST_F(TraceFiles, JoinBinsOfOneRate) {
  const Trace trace = load("100\n600\n1100\n1600\n1700\n2000\n");
  EXPECT_EQ(trace.start_s, (std::vector<double>{0, 1.5}));
  EXPECT_EQ(trace.rate_byte_per_s, (std::vector<double>{kPacket / 0.5, 3 * kPacket / 0.5}));
}

// The last bin of 1.2 s in bins of 0.5 s is 0.2 s long.
TEST_F(TraceFiles, CloseALastBinThatIsNotFull) {
  const Trace trace = load("100\n600\n1200\n");
  EXPECT_DOUBLE_EQ(trace.length_s, 1.2);
  ASSERT_EQ(trace.start_s.size(), 2U) << "the first two bins have one rate";
  EXPECT_NEAR(trace.rate_byte_per_s[1], kPacket / 0.2, 1e-9 * kPacket);
  EXPECT_DOUBLE_EQ(bytes_of(trace), 3 * kPacket);
}

// Packets are bytes: whatever the bins, the trace carries 1,500 for each line.
TEST_F(TraceFiles, ConserveTheBytesOfAnyMahimahiFile) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Stream draw{StreamFamily{seed, "deliveries"}};
    std::string text;
    double ms = 0;
    const int packets = 1 + static_cast<int>(300 * draw.uniform());
    for (int i = 0; i < packets; ++i) {
      ms += std::floor(draw.exponential(draw.uniform() < 0.1 ? 500 : 10));
      text += fmt::format("{:.0f}\n", ms + 1);
    }
    for (const double bin_s : {0.05, 0.1, 0.37, 1.0, 1e4}) {
      const Trace trace = load(text, bin_s);
      EXPECT_NEAR(bytes_of(trace) / (packets * kPacket), 1, 1e-9) << bin_s;
      EXPECT_EQ(trace.start_s.front(), 0);
      EXPECT_TRUE(std::is_sorted(trace.start_s.begin(), trace.start_s.end()));
      EXPECT_LT(trace.start_s.back(), trace.length_s);
    }
  }
}

// Lengths that are whole numbers of bins, whose quotients are not whole in binary: 0.07/0.01 =
// 7.000000000000001. There is no eighth bin, of no length, for the last packet.
TEST_F(TraceFiles, HaveNoBinOfNoLength) {
  struct Length {
    int ms;
    double bin_s;
  };
  for (const Length length : {Length{70, 0.01}, Length{2100, 0.3}, Length{4001, 0.001}}) {
    SCOPED_TRACE(length.ms);
    const Trace trace = load(fmt::format("10\n{}\n", length.ms), length.bin_s);
    EXPECT_LT(trace.start_s.back(), trace.length_s);
    for (const double rate : trace.rate_byte_per_s) EXPECT_TRUE(std::isfinite(rate));
    EXPECT_NEAR(bytes_of(trace), 2 * kPacket, 1e-6);
  }
}

// 8 Mbit/s are 1e6 bytes/s. The last row lasts as long as the one before it; the first is date 0.
TEST_F(TraceFiles, ReadATable) {
  const Trace trace = load("10,8\n11.5,0\n12.5,16\n");
  EXPECT_EQ(trace.start_s, (std::vector<double>{0, 1.5, 2.5}));
  EXPECT_EQ(trace.rate_byte_per_s, (std::vector<double>{1e6, 0, 2e6}));
  EXPECT_EQ(trace.length_s, 3.5);
  EXPECT_DOUBLE_EQ(bytes_of(trace), 1.5e6 + 2e6);
  EXPECT_DOUBLE_EQ(trace.mean().value(), 1e6);
  EXPECT_EQ(trace.longest_outage().value(), 1);
}

TEST_F(TraceFiles, MaySeparateByCommaTabOrBlankAndHaveComments) {
  const Trace expected = load("0,8\n1,16\n");
  for (const char* text : {"0\t8\n1\t16\n", "0 8\n1 16", "# time, rate\n0, 8\r\n\n1 ,16\r\n"}) {
    const Trace trace = load(text);
    EXPECT_EQ(trace.start_s, expected.start_s) << text;
    EXPECT_EQ(trace.rate_byte_per_s, expected.rate_byte_per_s) << text;
  }
  EXPECT_EQ(load("# deliveries\n100\n# more\n1000\n").length_s, 1);
}

TEST_F(TraceFiles, AreRefusedWithTheirPlace) {
  constexpr const char* kExpected =
      ":{}: error: expected milliseconds, or seconds and Mbit/s, got '{}'";
  EXPECT_EQ(refusal("1\n2\nabc\n"), fmt::format(fmt::runtime(kExpected), 3, "abc"));
  EXPECT_EQ(refusal("0,1\n1,x\n"), fmt::format(fmt::runtime(kExpected), 2, "1,x"));
  EXPECT_EQ(refusal("0,1,2\n"), fmt::format(fmt::runtime(kExpected), 1, "0,1,2"));
  EXPECT_EQ(refusal("-5\n"), fmt::format(fmt::runtime(kExpected), 1, "-5"));
  EXPECT_EQ(refusal("# c\n\n0,-1\n"), fmt::format(fmt::runtime(kExpected), 3, "0,-1"));
  EXPECT_EQ(refusal("inf\n"), fmt::format(fmt::runtime(kExpected), 1, "inf"));
  EXPECT_EQ(refusal("5ms\n"), fmt::format(fmt::runtime(kExpected), 1, "5ms"));

  EXPECT_EQ(refusal("0,1\n1\n"),
            ":2: error: one number where other lines have two, or the reverse");
  EXPECT_EQ(refusal("1\n# c\n2,3\n"),
            ":3: error: one number where other lines have two, or the reverse");
  EXPECT_EQ(refusal("0,1\n1,1\n1,2\n"), ":3: error: the times must increase");
  EXPECT_EQ(refusal("0,1\n1,1e30\n"), ":2: error: the rate is out of all range");
  EXPECT_EQ(refusal("1\n1.5\n"), ":2: error: a packet-delivery file has whole milliseconds");
  EXPECT_EQ(refusal("1\n5\n4\n"), ":3: error: the times must not decrease");
  EXPECT_EQ(refusal("0\n0\n"), ":2: error: the last time must be above 0 and below 1e10 ms");
  EXPECT_EQ(refusal("1\n20000000000\n"),
            ":2: error: the last time must be above 0 and below 1e10 ms");
}

TEST_F(TraceFiles, AreRefusedAsAWhole) {
  EXPECT_EQ(refusal(""), ": error: the trace is empty");
  EXPECT_EQ(refusal("# nothing\n\n"), ": error: the trace is empty");
  EXPECT_EQ(
      refusal("0,1\n"),
      ": error: a table needs two rows at least, for the last lasts as long as the one before");
  EXPECT_EQ(refusal("0,0\n1,0\n"), ": error: the rate is 0 throughout");
}

TEST(TraceFile, ThatIsNotThereIsRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "none";
  try {
    load_trace(path, Seconds{1});
    FAIL() << "not refused";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string{error.what()}, path + ": error: cannot be read; check the path");
  }
}

// Timelines --------------------------------------------------------------------------------------

/// 100 in [0, 1), 0 in [1, 1.5), 300 in [1.5, 4).
Trace steps() {
  return {.start_s = {0, 1, 1.5}, .rate_byte_per_s = {100, 0, 300}, .length_s = 4};
}

TEST(RateTimeline, AConstantRateNeverChanges) {
  const RateTimeline rate{BytesPerSecond{7}};
  EXPECT_TRUE(rate.constant());
  for (const double date : {0.0, 1.0, 1e9}) {
    EXPECT_EQ(rate.rate_byte_per_s(date), 7);
    EXPECT_EQ(rate.next_change(date), kNever);
  }
  EXPECT_DOUBLE_EQ(rate.finish_s(3, 70, 1, kNoCap), 13);
  EXPECT_DOUBLE_EQ(rate.finish_s(3, 70, 2, kNoCap), 23) << "a half of it";
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
  EXPECT_EQ(rate.next_change(9), kNever);
  // 200 bytes by 2 s, 200 from 3 s to 5 s, 100 from 9 s on.
  EXPECT_DOUBLE_EQ(rate.finish_s(0, 500, 1, kNoCap), 10);
  EXPECT_DOUBLE_EQ(rate.finish_s(6, 100, 1, kNoCap), 10) << "it may begin in an outage";
  EXPECT_DOUBLE_EQ(rate.finish_s(0, 200, 1, kNoCap), 2) << "or end where one begins";
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
  EXPECT_DOUBLE_EQ(rate.finish_s(0, 300, 1, kNoCap), 2 + 250.0 / 300);
}

// 850 bytes a loop: ten loops carry 8,500 and no more is waited for.
TEST(RateTimeline, GivesUpAfterTenLoops) {
  const Trace trace = steps();
  const RateTimeline rate{trace, Seconds{0}};
  EXPECT_NEAR(rate.finish_s(0, 8500, 1, kNoCap), 40, 1e-9);
  EXPECT_EQ(rate.finish_s(0, 2 * 8500, 1, kNoCap), kNever);
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
    const double cap = draw.uniform() < 0.5 ? kNoCap : 50 + whole(300);

    double left = bytes;
    double finish_s = kNever;
    for (double ms = begin_ms; finish_s == kNever; ++ms) {
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
