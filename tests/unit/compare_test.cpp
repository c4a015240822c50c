// Claims: values differ beyond the tolerance and beyond the intervals, and not otherwise; rows are
// matched by their dimensions; what is found is bounded; each reference folder equals itself.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "sim/base/document/document.hpp"
#include "sim/base/error.hpp"
#include "sim/compare/comparison.hpp"
#include "sim/compare/report.hpp"
#include "sim/compare/things.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

/// A thing of one dimension, "row", and the measures given.
Comparable table_of(const std::string& name, const std::vector<std::string>& measures,
                    std::vector<ComparedRow> rows, Comparable::Kind kind = Comparable::Kind::kRun) {
  const std::vector<std::string> dimensions{"row"};
  return {.name = name,
          .kind = kind,
          .dimensions = dimensions,
          .measures = measures,
          .inputs = {},
          .remarks = {},
          .rows = rows_in_memory(dimensions, measures, std::move(rows))};
}

/// One row of one measure.
Comparable single(Value value) {
  return table_of("x", {"latency_s"}, {{{std::string{"r"}}, {std::move(value)}}});
}

std::uint64_t differing(const Value& a, const Value& b, const CompareRules& rules = {}) {
  return compare(single(a), single(b), rules).total().differ;
}

TEST(Tolerance, IsRelativeToTheGreater) {
  // 1 of 100 is 0.01 of the greater, whichever comes first; 0.0099 is less, 0.0101 more.
  EXPECT_EQ(differing(100.0, 99.0, {.tolerance = 0.0101}), 0U);
  EXPECT_EQ(differing(99.0, 100.0, {.tolerance = 0.0101}), 0U);
  EXPECT_EQ(differing(100.0, 99.0, {.tolerance = 0.0099}), 1U);
  EXPECT_EQ(differing(99.0, 100.0, {.tolerance = 0.0099}), 1U);
  // Of opposite signs they are twice the greater apart; of 0 and anything, the whole of it.
  EXPECT_EQ(compare(single(-1.0), single(1.0), {}).differences[0].relative, 2.0);
  EXPECT_EQ(compare(single(0.0), single(1e-300), {}).differences[0].relative, 1.0);
}

TEST(Tolerance, OfWhatIsNoUsualNumber) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInf = std::numeric_limits<double>::infinity();
  constexpr double kMost = std::numeric_limits<double>::max();
  EXPECT_EQ(differing(Value{}, kNan), 0U);
  EXPECT_EQ(differing(kNan, kNan), 0U);
  EXPECT_EQ(differing(Value{}, 0.0), 1U);
  EXPECT_EQ(differing(0.0, kNan), 1U);
  EXPECT_EQ(differing(kInf, kInf), 0U);
  EXPECT_EQ(differing(kInf, -kInf), 1U);
  EXPECT_EQ(differing(kInf, 1.0, {.tolerance = 1}), 1U);
  EXPECT_EQ(differing(kMost, -kMost), 1U);  // whose difference is no double
  EXPECT_EQ(differing(0.0, -0.0, {.tolerance = 0}), 0U);
  EXPECT_EQ(differing(std::int64_t{1}, 1.0, {.tolerance = 0}), 0U);
  EXPECT_EQ(differing(std::string{"a"}, std::string{"a"}), 0U);
  EXPECT_EQ(differing(std::string{"a"}, 1.0), 1U);
}

TEST(Tolerance, OfOneMeasureReplacesTheOthers) {
  EXPECT_EQ(differing(100.0, 99.0, {.of_measure = {{"latency_s", 0.02}}}), 0U);
  EXPECT_EQ(differing(100.0, 99.0, {.tolerance = 1, .of_measure = {{"latency_s", 0}}}), 1U);
  EXPECT_THROW(differing(1.0, 1.0, {.of_measure = {{"latency", 0.02}}}), ConfigError);
}

/// A fleet's row with a mean, its interval, and a count without one.
Comparable fleet_of(double latency, Value half_width, std::int64_t failed) {
  return table_of("fleet", {"latency_s", "latency_ci_s", "failed"},
                  {{{std::string{"r"}}, {latency, std::move(half_width), failed}}},
                  Comparable::Kind::kFleet);
}

TEST(Intervals, ExcuseWhatLiesWithinBoth) {
  // sqrt(3² + 4²) = 5: 10 and 15 may be one mean, 10 and 15.01 not.
  const Comparable a = fleet_of(10, 3.0, 7);
  const Comparison within = compare(a, fleet_of(15, 4.0, 7), {});
  EXPECT_FALSE(within.differs());
  EXPECT_EQ(within.total().excused, 1U);
  EXPECT_TRUE(compare(a, fleet_of(15.01, 4.0, 7), {}).differs());
  // Exact: the mean, and the interval, which is a value then.
  EXPECT_EQ(compare(a, fleet_of(15, 4.0, 7), {.exact = true}).total().differ, 2U);
}

TEST(Intervals, JudgeFleetsAlone) {
  // Nobody can tell 7 failures from 9 without an interval, and nobody is told that they are equal.
  const Comparison found = compare(fleet_of(10, 3.0, 7), fleet_of(10, 3.0, 9), {});
  EXPECT_FALSE(found.differs());
  EXPECT_EQ(found.total().unjudged, 1U);
  EXPECT_TRUE(compare(fleet_of(10, 3.0, 7), fleet_of(10, 3.0, 9), {.exact = true}).differs());
  EXPECT_TRUE(compare(fleet_of(10, 3.0, 7), fleet_of(10, 3.0, 9), {.of_measure = {{"failed", 0.1}}})
                  .differs());
  EXPECT_EQ(compare(fleet_of(10, Value{}, 7), fleet_of(11, 3.0, 7), {}).total().unjudged, 1U);
}

TEST(Rows, AreMatchedByTheirDimensions) {
  const auto row = [](const char* key, double value) {
    return ComparedRow{{std::string{key}}, {value}};
  };
  const Comparable a = table_of("a", {"x"}, {row("c", 3), row("a", 1), row("b", 2)});
  const Comparable b = table_of("b", {"x", "new"}, {});
  Comparable c = b;
  c.rows = rows_in_memory({"row"}, {"x"}, {row("b", 2), row("d", 4), row("c", 3.5)});
  const Comparison found = compare(a, c, {});
  EXPECT_EQ(found.rows, 2U);
  EXPECT_EQ(found.total().differ, 1U);  // of c
  EXPECT_EQ(found.differences.at(0).key, (std::vector<Value>{std::string{"c"}}));
  EXPECT_EQ(found.only_a.first, (std::vector<std::vector<Value>>{{std::string{"a"}}}));
  EXPECT_EQ(found.only_b.first, (std::vector<std::vector<Value>>{{std::string{"d"}}}));
  EXPECT_THAT(found.columns_only_b, ElementsAre("new"));
}

TEST(Rows, ThatComeTwiceAreRefused) {
  const ComparedRow row{{std::string{"r"}}, {1.0}};
  try {
    compare(table_of("twins", {"x"}, {row, row}), table_of("b", {"x"}, {row}), {});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("twins: error: two rows have row=r;"));
  }
}

TEST(Rows, AreKeptUpToABound) {
  std::vector<ComparedRow> rows_a;
  std::vector<ComparedRow> rows_b;
  constexpr std::int64_t kRows = 1000;
  for (std::int64_t i = 1; i <= kRows; ++i) {
    rows_a.push_back({{i}, {1.0}});
    rows_b.push_back({{i}, {1.0 + static_cast<double>(i)}});
  }
  const Comparison found =
      compare(table_of("a", {"x"}, rows_a), table_of("b", {"x"}, rows_b), {.listed = 2});
  EXPECT_EQ(found.total().differ, 1000U);
  // 1 against 1 + i is i / (1 + i) apart: the last two are the greatest.
  ASSERT_EQ(found.differences.size(), 2U);
  EXPECT_EQ(found.differences[0].key, (std::vector<Value>{kRows}));
  EXPECT_EQ(found.differences[1].key, (std::vector<Value>{kRows - 1}));
}

TEST(Inputs, ThatDifferAreNamedWithTheirKind) {
  Comparable a = single(1.0);
  Comparable b = single(1.0);
  a.inputs = {{"seed", "1"}, {"cloud.load_level", "2"}, {"name", "x"}, {"bits", "8"}};
  b.inputs = {{"seed", "2"}, {"cloud.load_level", "3"}, {"name", "x"}};
  const std::vector<InputDifference> found = input_differences(a, b);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].path, "bits");
  EXPECT_EQ(found[0].b, std::nullopt);
  EXPECT_EQ(found[1].path, "cloud.load_level");
  EXPECT_EQ(found[2].what, "seed");
}

TEST(Reference, EveryFolderEqualsItself) {
  int folders = 0;
  const std::filesystem::path reference{PAPILIO_SOURCE_DIR "/results/reference"};
  for (const auto& entry : std::filesystem::directory_iterator{reference}) {
    const bool run = std::filesystem::exists(entry.path() / "summary.csv") ||
                     std::filesystem::exists(entry.path() / "fleet.csv");
    if (!run) continue;
    ++folders;
    const Comparable thing = run_folder(entry.path().string());
    const Comparison found =
        compare(thing, thing, {.tolerance = 0, .of_measure = {}, .exact = true});
    EXPECT_FALSE(found.differs()) << entry.path();
    EXPECT_GT(found.total().values, 0U) << entry.path();
  }
  EXPECT_GT(folders, 25);
}

TEST(Folder, OneDigitIsFoundAndNamed) {
  const TemporaryFolder folder;
  const std::string header = "strategy,network,partition,latency_s,energy_j,later_s\n";
  const std::string hostile = "\"a|b\n\"\"=1+1\"";
  folder.write("a/summary.csv",
               header + "split," + hostile + ",RB1,0.125,0.5,1\nsplit,,RB2,1,,1\n");
  folder.write("b/summary.csv",
               header + "split,,RB2,1,,1\nsplit," + hostile + ",RB1,0.126,0.5,1\n");
  const Comparable a = run_folder((folder.path() / "a").string());
  const Comparable b = run_folder((folder.path() / "b").string());
  const CompareRules rules;
  const Comparison found = compare(a, b, rules);
  EXPECT_EQ(found.total().differ, 1U);
  EXPECT_EQ(found.total().values, 6U);
  // (0.126 - 0.125) / 0.126 = 1/126 = 0.794 %
  const std::string text = to_markdown(comparison_report(a, b, rules, found, false));
  EXPECT_THAT(text,
              HasSubstr("1 of 6 values in 2 rows differs, the largest in latency_s by 0.794 %"));
}

}  // namespace
}  // namespace papilio
