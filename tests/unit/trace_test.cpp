// Claims: both forms of a trace become the rates that they say and no byte is lost or made; a rate
// is played in the time that its row is about; names of columns say units, and what leaves a doubt
// is refused with its place and the remedy.

#include "sim/radio/trace.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "sim/base/error.hpp"
#include "sim/base/random/stream.hpp"
#include "tests/support/data.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;

constexpr double kPacket = 1500;

double bytes_of(const Trace& trace) {
  return trace.mean().value() * trace.length_s;
}

class TraceFiles : public ::testing::Test {
 protected:
  Trace load(std::string_view text, const TableFormat& format = {}, double bin_s = 0.5) {
    return load_trace(folder_.write("trace", text), Seconds{bin_s}, format);
  }

  /// What the file is refused with, its folder left out.
  std::string refusal(std::string_view text, double bin_s = 0.5, const TableFormat& format = {}) {
    const std::string path = folder_.write("trace", text);
    try {
      load_trace(path, Seconds{bin_s}, format);
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
      const Trace trace = load(text, {}, bin_s);
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
    const Trace trace = load(fmt::format("10\n{}\n", length.ms), {}, length.bin_s);
    EXPECT_LT(trace.start_s.back(), trace.length_s);
    for (const double rate : trace.rate_byte_per_s) EXPECT_TRUE(std::isfinite(rate));
    EXPECT_NEAR(bytes_of(trace), 2 * kPacket, 1e-6);
  }
}

// 8 Mbit/s are 1e6 bytes/s. A row holds what was received since the row before: 0 from 10 s to
// 11.5 s, 16 Mbit/s until 12.5 s, so 2e6 bytes in 2.5 s. What came before 10 s is nobody's.
TEST_F(TraceFiles, ReadATableOfWhatWasReceivedSinceTheRowBefore) {
  const Trace trace = load("10,8\n11.5,0\n12.5,16\n");
  EXPECT_EQ(trace.start_s, (std::vector<double>{0, 1.5}));
  EXPECT_EQ(trace.rate_byte_per_s, (std::vector<double>{0, 2e6}));
  EXPECT_EQ(trace.length_s, 2.5);
  EXPECT_DOUBLE_EQ(trace.mean().value(), 2e6 / 2.5);
  EXPECT_EQ(trace.longest_outage().value(), 1.5);
  EXPECT_EQ(trace.holds, RateHolds::kSinceRowBefore);
}

// The same rows, each from its time on; the last as long as the one before it.
TEST_F(TraceFiles, ReadATableOfWhatHoldsUntilTheNextRow) {
  for (const char* text : {"from_s,rate_mbit_per_s\n10,8\n11.5,0\n12.5,16\n",
                           "since_s,Mbit/s\n10,8\n11.5,0\n12.5,16\n"}) {
    SCOPED_TRACE(text);
    const Trace trace = load(text);
    EXPECT_EQ(trace.start_s, (std::vector<double>{0, 1.5, 2.5}));
    EXPECT_EQ(trace.rate_byte_per_s, (std::vector<double>{1e6, 0, 2e6}));
    EXPECT_EQ(trace.length_s, 3.5);
    EXPECT_DOUBLE_EQ(trace.mean().value(), (1.5e6 + 2e6) / 3.5);
    EXPECT_EQ(trace.holds, RateHolds::kUntilNextRow);
  }
  const Trace by_key = load("10,8\n11.5,0\n12.5,16\n", {.holds = RateHolds::kUntilNextRow});
  EXPECT_EQ(by_key.rate_byte_per_s, (std::vector<double>{1e6, 0, 2e6}));
}

// 8 Mbit/s for 1 s, 1 for 9 s, 8 for 1 s and 1 for 9 s: 34 Mbit in 20 s are 1.70 Mbit/s. Played
// from the rows on, the mean would be 5.34 Mbit/s.
TEST_F(TraceFiles, HaveTheMeanOfTheBitsByTheTime) {
  const Trace trace = load("0\t1\n1\t8\n10\t1\n11\t8\n20\t1\n");
  EXPECT_DOUBLE_EQ(trace.mean().value() * 8, 1.70e6);
}

// What was received since the row before is bytes that the file tells; a trace may neither make nor
// lose one, whatever the times. On 50 made files of uneven rows, in three forms.
TEST_F(TraceFiles, ConserveTheBytesOfAnyTable) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    Stream draw{StreamFamily{seed, "table"}};
    double ms = std::floor(1.7e12 * draw.uniform());  // as of a Unix clock
    const double begin_ms = ms;
    std::string bare;
    std::string named{"throughput_kbit_s;place;time_ms\r\n"};
    double since_bits = 0;
    double until_bits = 0;
    double before_kbit = 0;
    double step = 0;
    const int rows = 2 + static_cast<int>(40 * draw.uniform());
    for (int i = 0; i < rows; ++i) {
      const double kbit = std::floor(draw.exponential(2000));
      if (i > 0) {
        step = 1 + std::floor(draw.exponential(draw.uniform() < 0.2 ? 9000 : 300));
        ms += step;
        since_bits += kbit * step;  // kbit/s · ms = bits
        until_bits += before_kbit * step;
      }
      bare += fmt::format("{}\t{}\n", ms / 1e3, kbit / 1e3);
      named += fmt::format("{};{};{}\r\n", kbit, i % 2 == 0 ? "tram" : "\"bus; late\"", ms);
      before_kbit = kbit;
    }
    until_bits += before_kbit * step;
    const double length_s = (ms - begin_ms) / 1e3;
    if (since_bits == 0) continue;  // refused: nothing ever moves
    const Trace trace = load(named);
    EXPECT_NEAR(trace.length_s / length_s, 1, 1e-12);
    EXPECT_NEAR(8 * bytes_of(trace) / since_bits, 1, 1e-12);
    // Seconds since 1970 have 2e-7 s in a double.
    EXPECT_NEAR(8 * bytes_of(load(bare)) / since_bits, 1, 1e-3);
    const Trace until = load(named, {.holds = RateHolds::kUntilNextRow});
    EXPECT_NEAR(8 * bytes_of(until) / until_bits, 1, 1e-12);
    EXPECT_NEAR(until.length_s / (length_s + step / 1e3), 1, 1e-12);
  }
}

// The files of Riiser et al. (MMSys 2013): seconds and the Mbit/s since the row before. Their sum
// is made here by lines, apart from the reader.
TEST(HsdpaTraces, HaveTheMeanThatTheirRowsAddUpTo) {
  PAPILIO_NEEDS_DATA("traces/hsdpa_norway");
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{data_path("traces/hsdpa_norway")}) {
    if (!entry.path().filename().string().starts_with("norway_")) continue;
    SCOPED_TRACE(entry.path());
    std::ifstream file{entry.path()};
    double first_s = 0;
    double before_s = 0;
    double mbit = 0;
    double time_s = 0;
    double mbit_per_s = 0;
    for (int row = 0; file >> time_s >> mbit_per_s; ++row) {
      if (row == 0) first_s = time_s;
      if (row > 0) mbit += mbit_per_s * (time_s - before_s);
      before_s = time_s;
    }
    const Trace trace = load_trace(entry.path().string(), Seconds{0.1});
    EXPECT_NEAR(trace.mean().value() * 8e-6 / (mbit / (before_s - first_s)), 1, 1e-9);
    ++files;
  }
  EXPECT_EQ(files, 80);
}

TEST_F(TraceFiles, MaySeparateAsTheyLikeAndHaveCommentsAndAByteOrderMark) {
  const Trace expected = load("0,8\n1,16\n3,24\n");
  const std::string mark{"\xEF\xBB\xBF"};
  for (const std::string& text :
       {std::string{"0\t8\n1\t16\n3\t24\n"}, std::string{"0 8\n1 16\n3 24"},
        std::string{"# time, rate\n0, 8\r\n\n1 ,16\r\n3,24"}, std::string{"0;8\n1; 16\n3;24\n"},
        mark + "0;8\r\n1;16\r\n3;24\r\n",
        mark + "# made\ntime_s;rate_mbit_per_s\n0;8\n1;16\n3;24\n"}) {
    const Trace trace = load(text);
    EXPECT_EQ(trace.start_s, expected.start_s) << text;
    EXPECT_EQ(trace.rate_byte_per_s, expected.rate_byte_per_s) << text;
    EXPECT_EQ(trace.length_s, 3) << text;
  }
  EXPECT_EQ(load("# deliveries\n100\n# more\n1000\n").length_s, 1);
  EXPECT_EQ(load("\xEF\xBB\xBFtime_ms\n100\n1000\n").length_s, 1);
}

// One second at 1 Mbyte/s, told in every way.
TEST_F(TraceFiles, TakeColumnsAndUnitsByName) {
  for (const char* text : {
           "time_ms,throughput_kbit_s\n0,1\n1000,8000\n",
           "Throughput (kbit/s);Time [ms]\n1;0\n8000;1000\n",
           "\"timestamp_us\",\"place\",\"rate_bit_per_s\"\n0,\"a, b\",1\n1000000,c,8000000\n",
           "seconds\tMbit/s\n0\t1\n1\t8\n",
           "until_s,bandwidth_mbyte_per_s\n0,1\n1,1\n",
           "t_ms,latency_ms,kbytes_per_s\n0,5,1\n1000,7,1000\n",
       }) {
    SCOPED_TRACE(text);
    const Trace trace = load(text);
    EXPECT_EQ(trace.start_s, (std::vector<double>{0}));
    EXPECT_EQ(trace.rate_byte_per_s, (std::vector<double>{1e6}));
    EXPECT_EQ(trace.length_s, 1);
  }
  const Trace chosen =
      load("time,when_ms,down_kbit_s,up_kbit_s,DL_bitrate\nx,0,1,1,1\ny,1000,5,6,8\n",
           {.time = "when_ms", .rate = "DL_bitrate", .rate_unit = "mbit_per_s"});
  EXPECT_EQ(chosen.rate_byte_per_s, (std::vector<double>{1e6}));
  const Trace bare = load("0 1\n1000 8000\n", {.time_unit = "ms", .rate_unit = "kbit_per_s"});
  EXPECT_EQ(bare.rate_byte_per_s, (std::vector<double>{1e6}));
  EXPECT_EQ(bare.length_s, 1);
}

TEST_F(TraceFiles, AreRefusedWhereNamesLeaveADoubt) {
  EXPECT_THAT(
      refusal("time_s,throughput_mbps\n0,1\n1,1\n"),
      HasSubstr(":1: error: the unit of the column 'throughput_mbps' is of bits or of bytes; "
                "end its name in one of bit_per_s, kbit_per_s,"));
  EXPECT_THAT(refusal("time_s,rate (MB/s)\n0,1\n1,1\n"), HasSubstr("is of bits or of bytes"));
  EXPECT_THAT(refusal("# c\ntime_s,throughput\n0,1\n1,1\n"),
              HasSubstr(":2: error: the unit of the column 'throughput' is not known; end its name "
                        "in one of bit_per_s"));
  EXPECT_THAT(refusal("time,rate_kbit_s\n0,1\n1,1\n"),
              HasSubstr("the unit of the column 'time' is not known; end its name in one of s, ms, "
                        "us, ns, or give trace_table: {time_unit: UNIT}"));
  EXPECT_THAT(refusal("time_s,up_kbit_s,down_kbit_s\n0,1,1\n1,1,1\n"),
              HasSubstr("several columns may be the rates: up_kbit_s, down_kbit_s; choose with "
                        "trace_table: {rate: COLUMN}"));
  EXPECT_THAT(refusal("from_s,to_s,rate_kbit_s\n0,1,1\n1,2,1\n"),
              HasSubstr("several columns may be the times: from_s, to_s"));
  EXPECT_THAT(refusal("time_s,speed\n0,1\n1,1\n"),
              HasSubstr("no column's name says that it has rates; name one such as "
                        "'rate_mbit_per_s', or give trace_table: {rate: COLUMN, rate_unit: UNIT} "
                        "in the scenario; the columns are: time_s, speed"));
  EXPECT_THAT(refusal("time_s,kib_s\n0,1\n1,1\n"), HasSubstr("no column's name says that it has"));
  EXPECT_THAT(refusal("0,1,2\n1,1,2\n"),
              HasSubstr(":1: error: a table of more than two columns needs a header line"));
  EXPECT_THAT(refusal("time_s,up_kbit_s\n0,1\n1,1\n", 0.5, {.rate = "upp_kbit_s"}),
              HasSubstr("has no column 'upp_kbit_s', which trace_table.rate names; did you mean "
                        "'up_kbit_s'?"));
  EXPECT_THAT(refusal("time_s,up_kbit_s\n0,1\n1,1\n", 0.5, {.rate_unit = "mbit_per_s"}),
              HasSubstr("says kbit_per_s, and trace_table.rate_unit mbit_per_s; remove the key"));
  EXPECT_THAT(
      refusal("from_s,up_kbit_s\n0,1\n1,1\n", 0.5, {.holds = RateHolds::kSinceRowBefore}),
      HasSubstr("says that a rate holds from its row, and trace_table.rate_holds the other"));
  EXPECT_THAT(refusal("0,1\n1,1\n", 0.5, {.time = "t"}), HasSubstr("has no header"));
  EXPECT_THAT(refusal("1\n2\n", 0.5, {.time_unit = "ms"}),
              HasSubstr("lists packet deliveries; remove the key 'trace_table'"));
  EXPECT_THAT(refusal("time_s\n1\n2\n"), HasSubstr("name the only column of deliveries 'time_ms'"));
}

TEST_F(TraceFiles, AreRefusedWithTheirPlace) {
  EXPECT_EQ(refusal("1\n2\nabc\n"),
            ":3: error: expected a number as milliseconds of a packet delivery, got 'abc'");
  EXPECT_EQ(refusal("0,1\n1,x\n"), ":2: error: expected a number as rate, got 'x'");
  EXPECT_EQ(refusal("0;1\n1;2,5\n"),
            ":2: error: expected a number with a decimal point as rate, got '2,5'");
  EXPECT_EQ(refusal("-5\n"), ":1: error: a packet-delivery file has whole milliseconds from 0 on");
  EXPECT_EQ(refusal("# c\n\n0,1\n1,-1\n"), ":4: error: the rate is below 0");
  EXPECT_THAT(refusal("inf\n5\n"),
              HasSubstr(":1: error: expected milliseconds of packet deliveries"));
  EXPECT_THAT(refusal("1\n5ms\n"), HasSubstr(":2: error: expected a number as milliseconds"));

  EXPECT_EQ(refusal("0,1\n1\n"),
            ":2: error: one number where other lines have more, or the reverse");
  EXPECT_EQ(refusal("1\n# c\n2 3\n"),
            ":3: error: one number where other lines have more, or the reverse");
  EXPECT_EQ(refusal("0,1\n1,1\n1,2\n"),
            ":3: error: the time 1 comes a second time, and a rate needs a time to hold; join the "
            "two rows");
  EXPECT_EQ(refusal("0,1\n1,1\n0.5,2\n"), ":3: error: the times must increase");
  EXPECT_EQ(refusal("0,1\n1,1e30\n"), ":2: error: the rate is out of all range");
  EXPECT_EQ(refusal("1\n1.5\n"),
            ":2: error: a packet-delivery file has whole milliseconds from 0 on");
  EXPECT_EQ(refusal("1\n5\n4\n"), ":3: error: the times must not decrease");
  EXPECT_EQ(refusal("0\n0\n"), ":2: error: the last time must be above 0 and below 1e10 ms");
  EXPECT_EQ(refusal("1\n20000000000\n"),
            ":2: error: the last time must be above 0 and below 1e10 ms");
}

TEST_F(TraceFiles, AreRefusedAsAWhole) {
  EXPECT_EQ(refusal(""), ": error: the trace is empty");
  EXPECT_EQ(refusal("# nothing\n\n"), ": error: the trace is empty");
  EXPECT_EQ(refusal("time_s,rate_kbit_s\n"), ": error: the trace has a header and no rows");
  EXPECT_EQ(refusal("0,1\n"),
            ": error: a table needs two rows at least: a rate holds from one row to the next");
  EXPECT_EQ(refusal("0,8\n1,0\n"), ": error: the rate is 0 throughout");
}

// 300 ms are the fourth bin's first; 0.3 / 0.1 is 2.9999999999999996.
TEST_F(TraceFiles, CountADeliveryAtABinsBeginInThatBin) {
  for (const int ms : {300, 600, 700, 1200}) {
    SCOPED_TRACE(ms);
    const Trace trace = load(fmt::format("{}\n2000\n", ms), {}, 0.1);
    ASSERT_GE(trace.start_s.size(), 2U);
    EXPECT_NEAR(trace.start_s[1], ms / 1e3, 1e-12);
  }
}

// 0 from 1 s to 4 s, told in three rows.
TEST_F(TraceFiles, TellTheLongestOutageOverSeveralRows) {
  EXPECT_EQ(load("0,1\n1,8\n2,0\n3,0\n4,0\n5,8\n6,0\n").longest_outage().value(), 3);
}

TEST(TraceFile, ThatIsNotThereIsRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "none";
  try {
    load_trace(path, Seconds{1});
    FAIL() << "not refused";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string{error.what()}, path + ": error: cannot read the file; check the path");
  }
}

}  // namespace
}  // namespace papilio
