// Claims: what a file of another tool says in a way that may be misread, several passes in one,
// runs that differ, nodes within nodes, and counts that were rounded, is counted once and where it
// belongs, or is refused or told.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "sim/base/error.hpp"
#include "sim/foreign/foreign_profile.hpp"
#include "sim/foreign/run_times.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

ForeignProfile read_text(const std::string& text, ForeignTool tool) {
  const TemporaryFolder folder;
  return read_foreign_profile(folder.write("file", text).string(), tool);
}

void expect_refusal(const std::string& text, ForeignTool tool, const std::string& message) {
  EXPECT_THAT([&] { read_text(text, tool); }, ThrowsMessage<ConfigError>(HasSubstr(message)));
}

/// Microseconds by an entry's name and what it ran within.
std::map<std::string, double> times_in(const ForeignProfile& profile) {
  std::map<std::string, double> times;
  for (const MeasuredEntry& entry : profile.entries) {
    times[entry.scope.empty() ? entry.name : entry.name + " in " + entry.scope] +=
        entry.latency.value * 1e6;
  }
  return times;
}

void expect_microseconds(const ForeignProfile& profile,
                         const std::map<std::string, double>& expected) {
  const std::map<std::string, double> found = times_in(profile);
  std::vector<std::string> names;
  names.reserve(found.size());
  for (const auto& [name, us] : found) names.push_back(name);
  ASSERT_EQ(found.size(), expected.size()) << ::testing::PrintToString(names);
  for (const auto& [name, us] : expected) {
    ASSERT_TRUE(found.contains(name)) << name;
    EXPECT_NEAR(found.at(name), us, 1e-9) << name;
  }
}

/// One event of a trace.
std::string traced(const std::string& category, const std::string& name, int ts, int dur,
                   const std::string& args = "") {
  return fmt::format(
      R"({{"ph":"X","cat":"{}","name":"{}","pid":1,"tid":1,"ts":{},"dur":{},"args":{{{}}}}},)",
      category, name, ts, dur, args);
}

std::string operation(const std::string& name, int ts, int dur, const std::string& args = "") {
  return traced("cpu_op", "aten::" + name, ts, dur, args);
}

std::string annotation(const std::string& name, int ts, int dur) {
  return traced("user_annotation", name, ts, dur);
}

std::string whole_trace(std::string events) {
  events.pop_back();
  return R"({"traceEvents":[)" + events + "]}";
}

ForeignProfile torch_profile(const std::string& events) {
  return read_text(whole_trace(events), ForeignTool::kTorch);
}

// Ten passes of two annotated layers, of which the second comes twice a pass: the first comes ten
// times, the least. Together they would count tenfold.
TEST(TorchReader, PassesWithoutStepsAreNotAddedUp) {
  std::string events;
  for (int pass = 0; pass < 10; ++pass) {
    const int ts = pass * 100;
    events += annotation("conv1", ts, 20) + operation("conv2d", ts + 1, 10);
    events += annotation("relu1", ts + 30, 9) + operation("relu", ts + 31, 2);
    events += annotation("relu1", ts + 40, 9) + operation("relu", ts + 41, 2);
  }
  expect_refusal(whole_trace(events), ForeignTool::kTorch,
                 "file: error: has no steps, and each annotation comes 10 times or more: several "
                 "passes would be added up; call the profiler's step() after each pass, or trace "
                 "one pass");
}

// One pass calls a layer that it shares twice, 2 + 3 us, and another once, 10 us. An annotation
// that holds no operation but within another's says nothing of passes.
TEST(TorchReader, OnePassWithoutStepsIsReadWithACaution) {
  const ForeignProfile profile = torch_profile(
      annotation("all", 0, 99) + annotation("conv1", 1, 20) + operation("conv2d", 2, 10) +
      annotation("relu1", 30, 9) + operation("relu", 31, 2) + annotation("relu1", 40, 9) +
      operation("relu", 41, 3));
  expect_microseconds(profile, {{"aten::conv2d#1 in conv1", 10},
                                {"aten::relu#1 in relu1", 2},
                                {"aten::relu#2 in relu1", 3}});
  EXPECT_THAT(profile.cautions,
              ElementsAre("The trace marks no steps: all of it counts as one pass."));
}

/// Steps of 90 us, with what each holds by its beginning.
template <typename Events>
ForeignProfile torch_steps(int count, const Events& events_at) {
  std::string events;
  for (int step = 0; step < count; ++step) {
    const int ts = (step + 1) * 100;
    events += annotation(fmt::format("ProfilerStep#{}", step), ts, 90) + events_at(step, ts);
  }
  return torch_profile(events);
}

// Four steps, the first left out. Step 2 alone has a further activation of 50 us, in front, in an
// annotation of its own. "relu1" takes 2, 3 and 4 us: 3; "relu2" 20, 30 and 40: 30. Counted by the
// number in the step alone, the first would be of 2, 50 and 4 us, and the second of 20, 3 and 40.
TEST(TorchReader, ACallOfOneRunShiftsNoOther) {
  const ForeignProfile profile = torch_steps(4, [](int step, int ts) {
    std::string events;
    if (step == 2) events += annotation("extra", ts, 55) + operation("relu", ts + 1, 50);
    events += annotation("relu1", ts + 60, 6) + operation("relu", ts + 61, 1 + step);
    return events + annotation("relu2", ts + 70, 9) + operation("relu", ts + 71, 10 + 10 * step);
  });
  expect_microseconds(
      profile,
      {{"aten::relu#1 in relu1", 3}, {"aten::relu#2 in relu2", 30}, {"aten::relu#3 in extra", 0}});
  EXPECT_THAT(profile.entries[2].kind, IsEmpty()) << "which most runs lack is no layer by order";
  EXPECT_EQ(profile.entries[0].kind, "relu");
}

// The warm-up's annotations are not the later ones', and what it alone calls is no entry: of 5 and
// 7 us the median is 6.
TEST(TorchReader, TheRunLeftOutNamesNothing) {
  const ForeignProfile profile = torch_steps(3, [](int step, int ts) {
    if (step == 0) {
      return annotation("warm", ts, 80) + operation("relu", ts + 1, 30) +
             operation("randn", ts + 40, 30);
    }
    return annotation("relu1", ts, 80) + operation("relu", ts + 1, 3 + 2 * step);
  });
  expect_microseconds(profile, {{"aten::relu#1 in relu1", 6}});
}

// The convolution's kernel takes 30 us, its span of 9 does not count; two operations start no
// kernel: 4 + 3 us of the processor are kept, and told.
TEST(TorchReader, WithAGpuOperationsWithoutKernelsKeepTheirTime) {
  const ForeignProfile profile =
      torch_profile(operation("conv2d", 0, 9, R"("External id":1)") +
                    operation("nms", 10, 4, R"("External id":2)") + operation("flatten", 20, 3) +
                    traced("kernel", "gemm", 100, 30, R"("External id":1)"));
  expect_microseconds(profile,
                      {{"aten::conv2d#1", 30}, {"aten::nms#1", 4}, {"aten::flatten#1", 3}});
  EXPECT_THAT(profile.cautions,
              Contains(HasSubstr("no kernel count with the processor's time, 0.0070 ms a run")));
}

// All operations started kernels: nothing is told of the processor.
TEST(TorchReader, WithAGpuOnlyKernelsMayCount) {
  const ForeignProfile profile =
      torch_profile(operation("conv2d", 0, 9, R"("External id":1)") +
                    traced("kernel", "gemm", 100, 30, R"("External id":1)"));
  EXPECT_THAT(profile.cautions, Each(Not(HasSubstr("processor"))));
}

/// A node's event, on a thread.
std::string ort_node(const std::string& name, int ts, int dur, int thread = 1) {
  return fmt::format(
      R"({{"cat":"Node","name":"{}_kernel_time","pid":1,"tid":{},"ts":{},"dur":{}}},)", name,
      thread, ts, dur);
}

std::string ort_run(int ts, int dur) {
  return fmt::format(R"({{"cat":"Session","name":"model_run","pid":1,"tid":1,"ts":{},"dur":{}}},)",
                     ts, dur);
}

std::string ort_file(std::string events) {
  events.pop_back();
  return "[" + events + "]";
}

ForeignProfile ort_profile(const std::string& events) {
  return read_text(ort_file(events), ForeignTool::kOnnxRuntime);
}

// Runs at 100..150 and 200..250 us. The node at 90 is before both, the ones at 150 and 170 are
// after the first and before the second: 7 + 8 + 9 = 24 us are of no run. Of 4 and 6 us the median
// is 5.
TEST(OrtReader, WhatBeginsInNoRunIsLeftOutAndTold) {
  const ForeignProfile profile = ort_profile(
      ort_node("a", 90, 7) + ort_node("a", 101, 4) + ort_run(100, 50) + ort_node("a", 150, 8) +
      ort_node("b", 170, 9) + ort_node("a", 201, 6) + ort_run(200, 50));
  expect_microseconds(profile, {{"a", 5}});
  EXPECT_THAT(profile.cautions,
              ElementsAre("Left out, for they begin in no run: 3 events of nodes, 0.0240 ms "
                          "together."));
  expect_refusal(ort_file(ort_node("a", 90, 7) + ort_run(100, 50)), ForeignTool::kOnnxRuntime,
                 "file: error: none of its nodes begins in a run");
}

// The second run begins at 149, the first ends at 150.
TEST(OrtReader, RunsAtOneTimeAreRefused) {
  const std::string first = ort_node("a", 101, 4) + ort_run(100, 50) + ort_node("a", 151, 4);
  expect_refusal(ort_file(first + ort_run(149, 50)), ForeignTool::kOnnxRuntime,
                 "file: error: the run that begins at 149 us begins before the one of 100 us ends, "
                 "and nothing tells whose a node is; profile one Run at a time");
  expect_microseconds(ort_profile(first + ort_run(150, 50)), {{"a", 4}});
}

// A loop of 40 us runs its body twice, 10 + 12 us, in which an If of 12 holds a node of 5: the
// loop's own are 40 - 10 - 12 = 18, the If's 12 - 5 = 7. What another thread computes meanwhile
// and what follows on this one is not within. The sum is what passed: 18 + 10 + 7 + 5 + 6 + 3.
TEST(OrtReader, ANodeDoesNotCountTheNodesWithinIt) {
  const std::string events = ort_node("body", 105, 10) + ort_node("then", 120, 5) +
                             ort_node("if", 118, 12) + ort_node("loop", 101, 40) +
                             ort_node("other", 110, 6, 2) + ort_node("next", 141, 3);
  const ForeignProfile profile = ort_profile(events + ort_run(100, 50));
  expect_microseconds(
      profile, {{"loop", 18}, {"body", 10}, {"if", 7}, {"then", 5}, {"other", 6}, {"next", 3}});
  EXPECT_NEAR(profile.total_s(), 49e-6, 1e-15);
  EXPECT_THAT(profile.cautions, IsEmpty());
  expect_refusal(ort_file(events), ForeignTool::kOnnxRuntime, "has nodes within others");
}

// Beginning and length are rounded down, so a body may seem to end 1 us after its loop. Of two with
// the same times the one that was written first ended first: 9 - 9 = 0 us are the loop's own.
TEST(OrtReader, RoundedTimesStillNest) {
  expect_microseconds(
      ort_profile(ort_node("body", 102, 9) + ort_node("loop", 101, 9) + ort_run(100, 50)),
      {{"loop", 0}, {"body", 9}});
  expect_microseconds(
      ort_profile(ort_node("body", 101, 9) + ort_node("loop", 101, 9) + ort_run(100, 50)),
      {{"loop", 0}, {"body", 9}});
}

const std::string kRunOrder =
    "= Run Order =\nnode type, first, avg_ms, %, cdf%, mem KB, times called, name\n";

std::string tflite_row(const std::string& name, int calls) {
  return fmt::format("CONV_2D, 0.1, 0.09, 10%, 10%, 0, {}, {}\n", calls, name);
}

// 90 us each: called twice 180, once 90, and of less than one call a run nobody knows how many.
TEST(TfLiteReader, WhatWasCalledInFewRunsCountsAsNothingAndIsTold) {
  const ForeignProfile profile = read_text(
      kRunOrder + tflite_row("[a]:0", 2) + tflite_row("[b]:1", 0) + tflite_row("[c]:2", 1),
      ForeignTool::kTfLite);
  expect_microseconds(profile, {{"[a]:0", 180}, {"[b]:1", 0}, {"[c]:2", 90}});
  EXPECT_THAT(profile.cautions,
              ElementsAre("Written as called 0 times, for the tool rounds calls per run down, and "
                          "counted as 0 s: [b]:1."));
  std::string rows = tflite_row("[a]:0", 1);
  for (int i = 1; i <= 5; ++i) rows += tflite_row(fmt::format("[b]:{}", i), 0);
  EXPECT_THAT(read_text(kRunOrder + rows, ForeignTool::kTfLite).cautions,
              ElementsAre(HasSubstr("0 s: [b]:1, [b]:2, [b]:3 and 2 more.")));
}

// The third line has 1,000 cells, of which 8 are needed and the name has 993 in it, or one more;
// 65,536 bytes, or one more.
TEST(TfLiteReader, WhatTheToolWouldNotWriteIsRefused) {
  const std::string row = "CONV_2D, 0.1, 0.09, 10%, 10%, 0, 1, a";
  const auto file = [&](const std::string& more) { return kRunOrder + row + more + "\n"; };
  EXPECT_EQ(read_text(file(std::string(992, ',')), ForeignTool::kTfLite).entries.size(), 1U);
  expect_refusal(file(std::string(993, ',')), ForeignTool::kTfLite,
                 "file:3: error: the line has more than 1000 cells");
  constexpr std::size_t kLine = std::size_t{64} << 10U;
  const std::string longest(kLine - row.size(), ' ');  // names have a bound of their own
  EXPECT_EQ(read_text(file(longest), ForeignTool::kTfLite).entries.size(), 1U);
  expect_refusal(file(longest + " "), ForeignTool::kTfLite,
                 "file:3: error: the line is above 64 KiB");
  constexpr std::size_t kFile = std::size_t{16} << 20U;
  std::string largest = file("");
  largest.resize(kFile, '\n');
  EXPECT_EQ(read_text(largest, ForeignTool::kTfLite).entries.size(), 1U);
  expect_refusal(largest + "\n", ForeignTool::kTfLite, "file: error: is above 16 MiB");
}

// Eleven runs, the first left out; four of the ten have 9 us, six 0. Of ten throws fewer than two
// are tails with 11/1024 = 1.1 %, fewer than three with 56/1024 = 5.5 %: the interval goes from the
// second value, 0, to the ninth, 9 us, and half of that is 4.5.
TEST(RunTimes, WhatFewRunsHaveHasAnInterval) {
  RunTimes times;
  for (const std::size_t run : {2U, 5U, 6U, 9U}) times.add(run, 9e-6);
  const Estimate estimate = times.median_over(11);
  EXPECT_EQ(estimate.value, 0);
  ASSERT_TRUE(estimate.half_width.has_value());
  EXPECT_NEAR(estimate.half_width.value(), 4.5e-6, 1e-18);
}

// In one of ten runs: the ninth value is 0 too. In two of four: too few for an interval. As many
// runs as not, 3 of 6, are no few: of 0, 0, 0, 2, 4 and 6 us the median is 1, and the interval goes
// from the first to the last, for fewer than one of six throws is tails with 1/64 = 1.6 %.
TEST(RunTimes, RanksDecideHowMuchOfItIsZero) {
  RunTimes once;
  once.add(4, 9e-6);
  EXPECT_EQ(once.median_over(11).half_width, 0.0);
  EXPECT_FALSE(once.median_over(5).half_width.has_value());
  RunTimes half;
  for (const std::size_t run : {1U, 2U, 3U}) half.add(run, static_cast<double>(run) * 2e-6);
  EXPECT_NEAR(half.median_over(7).value, 1e-6, 1e-18);
  EXPECT_NEAR(half.median_over(7).half_width.value(), 3e-6, 1e-18);
  // The second and the ninth of 0, …, 0, 2, 4 and 6 us: 0 and 4.
  EXPECT_NEAR(half.median_over(11).half_width.value(), 2e-6, 1e-18);
}

}  // namespace
}  // namespace papilio
