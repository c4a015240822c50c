// Claims: a condition reads what people write and judges values with their intervals; the search
// finds an edge wherever it lies, to the precision that was asked, with each place judged once;
// where there is none it says so.

#include "sim/capacity/capacity.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "sim/base/document/document.hpp"
#include "sim/base/error.hpp"
#include "sim/capacity/report.hpp"

namespace papilio {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

Table rows() {
  Table table{.columns = {{"strategy", true},
                          {"mobiles", true},
                          {"window", true},
                          {"p95_s"},
                          {"p95_ci_s"},
                          {"late"},
                          {"arrived"},
                          {"energy_j"}}};
  table.rows.push_back({"RB1", "all", "all", 0.030, 0.002, 5, 1000, none()});
  return table;
}

Verdict judged(const std::string& condition) {
  const Table table = rows();
  return Condition{condition}.judge(table, table.rows.front()).verdict;
}

// 0.030 ± 0.002 lies whole below 0.0321, whole at or above 0.028, and around 0.031.
TEST(Conditions, JudgeByTheWholeInterval) {
  EXPECT_EQ(judged("p95_s < 0.0321"), Verdict::kKeeps);
  EXPECT_EQ(judged("p95_s<0.031"), Verdict::kUnsure);
  EXPECT_EQ(judged("p95_s < 0.0279"), Verdict::kBreaks);
  EXPECT_EQ(judged("p95_s >= 0.0279"), Verdict::kKeeps);
  EXPECT_EQ(judged("p95_s > 0.0321"), Verdict::kBreaks);
}

// 5 of 1000; a ratio has no interval.
TEST(Conditions, CompareRatios) {
  EXPECT_EQ(judged("late/arrived <= 0.005"), Verdict::kKeeps);
  EXPECT_EQ(judged("late / arrived < 0.005"), Verdict::kBreaks);
  EXPECT_EQ(Condition{" late /arrived<=5e-3 "}.text(), "late/arrived <= 0.005");
}

TEST(Conditions, AreUnknownWhereThereIsNoValue) {
  EXPECT_EQ(judged("energy_j < 1"), Verdict::kUnknown);
  EXPECT_EQ(judged("energy_j > 0"), Verdict::kUnknown);
}

TEST(Conditions, SayWhatIsAmiss) {
  for (const auto& [text, why] :
       std::map<std::string, std::string>{{"p95_s", "there is no relation"},
                                          {"p95_s < ", "'' is no number"},
                                          {"p95_s < 30ms", "'30ms' is no number"},
                                          {"p95_s < nan", "'nan' is no number"},
                                          {"< 3", "there is no column"},
                                          {"late/ < 3", "there is no column"}}) {
    EXPECT_THAT([text = text] { const Condition condition{text}; },
                ThrowsMessage<ConfigError>(HasSubstr(why)))
        << text;
  }
  EXPECT_THAT([] { Condition{"p59_s < 1"}.check(rows()); },
              ThrowsMessage<ConfigError>(HasSubstr("did you mean 'p95_s'?")));
  EXPECT_THAT([] { Condition{"strategy < 1"}.check(rows()); },
              ThrowsMessage<ConfigError>(HasSubstr("no column of numbers 'strategy'")));
}

/// The edge of what holds below a place, or above it, with an unsure stretch around it.
struct Drawn {
  double place;
  double unsure;  ///< half of the stretch, as a share
  bool below;

  [[nodiscard]] Verdict at(double value) const {
    if (std::abs(value - place) < unsure * place) return Verdict::kUnsure;
    return (value < place) == below ? Verdict::kKeeps : Verdict::kBreaks;
  }
};

// Of places from a thousandth to a thousand times the start, wherever they lie: what keeps does,
// and no place that is nearer to the edge by more than the precision does.
TEST(Edges, AreFoundWhereverTheyLie) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 draws{seed};
    const auto share = [&] { return static_cast<double>(draws()) / 4294967296.0; };
    const bool whole = draws() % 2 == 0;
    AxisRange range{.least = whole ? 1 : 1e-9,
                    .most = std::numeric_limits<double>::infinity(),
                    .whole = whole,
                    .precision = whole && draws() % 2 == 0 ? 0.0 : 0.01};
    const double start = whole ? std::ceil(1000 * share()) : std::pow(10, 6 * share() - 3);
    const Drawn drawn{.place = std::max(start * std::pow(10, 6 * share() - 3), 2.5),
                      .unsure = draws() % 3 == 0 ? 0.05 : 0.0,
                      .below = draws() % 2 == 0};
    std::map<double, int> asked;
    Verdicts verdicts;
    const Edge edge = find_edge(
        [&](double value) {
          ++asked[value];
          return drawn.at(value);
        },
        start, range, verdicts);
    ASSERT_TRUE(edge.keeps && edge.breaks);
    EXPECT_EQ(drawn.at(*edge.keeps), Verdict::kKeeps);
    EXPECT_EQ(drawn.at(*edge.breaks), Verdict::kBreaks);
    EXPECT_EQ(*edge.keeps < *edge.breaks, drawn.below);
    EXPECT_FALSE(edge.again);
    for (const double side : {*edge.keeps, *edge.breaks}) {
      const double away = std::abs(side - drawn.place) - drawn.unsure * drawn.place;
      const double step = whole ? 1 : 0;
      EXPECT_LE(away, std::max(step, range.precision * std::max(side, drawn.place)) * (1 + 1e-9));
      if (whole) {
        EXPECT_EQ(side, std::round(side));
      }
    }
    for (const auto& [value, times] : asked) EXPECT_EQ(times, 1) << value;
    EXPECT_LE(asked.size(), 60U);
  }
}

TEST(Edges, AreNotMadeUp) {
  const AxisRange range{.least = 1, .most = 64, .whole = true};
  Verdicts all;
  const Edge always = find_edge([](double) { return Verdict::kKeeps; }, 8, range, all);
  EXPECT_TRUE(always.keeps && !always.breaks);
  EXPECT_EQ(all.begin()->first, 1);
  EXPECT_EQ(all.rbegin()->first, 64);
  Verdicts none;
  const Edge never = find_edge([](double) { return Verdict::kUnsure; }, 8, range, none);
  EXPECT_TRUE(!never.keeps && !never.breaks);
}

// A load from 0, which halves of 1 never reach: nearer to it than 1/1024 nothing is told apart.
TEST(Edges, ReachZero) {
  const AxisRange range{.least = 0, .most = 100};
  Verdicts verdicts;
  const Edge edge =
      find_edge([](double value) { return value == 0 ? Verdict::kKeeps : Verdict::kBreaks; }, 1,
                range, verdicts);
  EXPECT_EQ(edge.keeps, 0);
  EXPECT_LT(edge.breaks.value_or(1), 1.0 / 1024);
  EXPECT_LT(verdicts.size(), 40U);
}

// A file's value of 0, searched between two ends: 0.3 is the edge.
TEST(Edges, BeginAtZero) {
  const AxisRange range{.least = 0, .most = 1};
  Verdicts verdicts;
  const Edge edge =
      find_edge([](double value) { return value < 0.3 ? Verdict::kKeeps : Verdict::kBreaks; }, 0,
                range, verdicts);
  EXPECT_NEAR(edge.keeps.value_or(0), 0.3, 0.003);
  EXPECT_NEAR(edge.breaks.value_or(0), 0.3, 0.003);
}

// At a low rate nothing is completed, which is no edge: that lies at 25, where the start is 0.1.
TEST(Edges, AreNotWhereNothingIsKnown) {
  for (const double start : {0.1, 3.0}) {
    const AxisRange range{.least = start / 1024, .most = start * 1024};
    Verdicts verdicts;
    const Edge edge = find_edge(
        [](double rate) {
          if (rate < 0.05) return Verdict::kUnknown;
          return rate < 25 ? Verdict::kKeeps : Verdict::kBreaks;
        },
        start, range, verdicts);
    EXPECT_NEAR(edge.keeps.value_or(0), 25, 0.25);
    EXPECT_NEAR(edge.breaks.value_or(0), 25, 0.25);
    EXPECT_FALSE(edge.again);
  }
}

// Up to 50 it keeps for sure; from there on the limit lies within the interval.
TEST(Edges, EndWhereItIsUnsure) {
  const AxisRange range{.least = 1, .most = 66, .whole = true, .precision = 0};
  Verdicts verdicts;
  const Edge edge =
      find_edge([](double value) { return value <= 50 ? Verdict::kKeeps : Verdict::kUnsure; }, 20,
                range, verdicts);
  EXPECT_EQ(edge.keeps, 50);
  EXPECT_FALSE(edge.breaks);
}

// 3 and 27 are edges; the start, 10, is nearer to 27 by its factor, and to 3 by the difference.
TEST(Edges, AreTheNearestByTheirFactor) {
  const AxisRange range{.least = 1, .most = 1000, .whole = true, .precision = 0};
  Verdicts verdicts;
  const auto judge = [](double value) {
    return value > 2.5 && value < 27 ? Verdict::kKeeps : Verdict::kBreaks;
  };
  for (const double known : {1.0, 10.0, 27.0}) verdicts.emplace(known, judge(known));
  const Edge edge = find_edge(judge, 10, range, verdicts);
  EXPECT_EQ(edge.keeps, 26);
  EXPECT_TRUE(edge.again);
}

// It keeps below 10 and from 100 on.
TEST(Edges, TellThatThereAreSeveral) {
  const AxisRange range{.least = 1, .most = 1000, .whole = true, .precision = 0};
  Verdicts verdicts;
  const auto judge = [](double value) {
    return value < 10 || value >= 100 ? Verdict::kKeeps : Verdict::kBreaks;
  };
  for (const double known : {4.0, 200.0}) verdicts.emplace(known, judge(known));
  const Edge edge = find_edge(judge, 16, range, verdicts);
  EXPECT_EQ(edge.keeps, 9);
  EXPECT_EQ(edge.breaks, 10);
  EXPECT_TRUE(edge.again);
}

constexpr const char* kShortFleet =
    "kind: fleet\nmobiles:\n  - count: 20\n    arrivals: {process: poisson, rate_per_s: 0.5}\n"
    "cells:\n  - {name: town, delay_s: 0}\n";

CapacityQuestion question(const std::string& key) {
  return {.key = key, .conditions = {Condition{"p95_s < 0.03"}}};
}

TEST(Axes, AreTheFilesOwn) {
  const CapacityAxis count = capacity_axis(question("mobiles.0.count"), kShortFleet);
  EXPECT_EQ(count.start, 20);
  EXPECT_TRUE(count.range.whole);
  EXPECT_EQ(count.range.least, 1);
  const CapacityAxis rate = capacity_axis(question("mobiles.0.arrivals.rate_per_s"), kShortFleet);
  EXPECT_EQ(rate.start, 0.5);
  EXPECT_FALSE(rate.range.whole);
}

TEST(Axes, TakeEndsThatAreWholeAndInRange) {
  CapacityQuestion asked = question("mobiles.0.count");
  asked.from = 2.5;
  asked.to = 30.5;
  const CapacityAxis axis = capacity_axis(asked, kShortFleet);
  EXPECT_EQ(axis.range.least, 3);
  EXPECT_EQ(axis.range.most, 30);
  asked = question("mobiles.0.arrivals.rate_per_s");
  for (const double amiss : {std::nan(""), 0.0, -1.0}) {
    asked.from = amiss;
    EXPECT_THAT([&] { capacity_axis(asked, kShortFleet); },
                ThrowsMessage<ConfigError>(HasSubstr("is above 0 to")));
  }
  asked = question("mobiles.0.count");
  asked.from = 30000;
  EXPECT_EQ(capacity_axis(asked, kShortFleet).start, 30000);
}

TEST(Axes, SayWhatIsAmiss) {
  for (const auto& [key, why] :
       std::map<std::string, std::string>{{"mobiles.count", "'count' stands in a list of 1"},
                                          {"mobiles.1.count", "'1' stands in a list of 1"},
                                          {"mobiles.0.cuont", "did you mean 'count'?"},
                                          {"kind", "what stands there is no number"},
                                          {"cells.0.delay_s", "is 0 there"}}) {
    EXPECT_THAT([key = key] { capacity_axis(question(key), kShortFleet); },
                ThrowsMessage<ConfigError>(HasSubstr(why)))
        << key;
  }
}

// Two strategies of which one bears 100 and one 1000. Only the first run is of both: the one that
// bears less is played up to twice its edge at most, and not up to the other's.
TEST(Capacity, IsOfEachStrategy) {
  CapacityQuestion asked = question("mobiles.0.count");
  asked.precision = 0;
  std::size_t runs = 0;
  double greatest_of_slow = 0;
  const CapacityAnswer answer = capacity_of(
      asked, capacity_axis(asked, kShortFleet), [&](double value, const std::string& strategy) {
        ++runs;
        if (strategy == "slow") greatest_of_slow = std::max(greatest_of_slow, value);
        Table table{
            .columns = {
                {"strategy", true}, {"mobiles", true}, {"window", true}, {"p95_s"}, {"p95_ci_s"}}};
        if (strategy != "fast")
          table.rows.push_back({"slow", "all", "all", value > 100 ? 1.0 : 0.01, 0.001});
        if (strategy != "slow")
          table.rows.push_back({"fast", "all", "all", value > 1000 ? 1.0 : 0.01, 0.001});
        return table;
      });
  ASSERT_EQ(answer.strategies.size(), 2U);
  EXPECT_EQ(answer.strategies[0].edge.keeps, 100);
  EXPECT_EQ(answer.strategies[0].edge.breaks, 101);
  EXPECT_EQ(answer.strategies[1].edge.keeps, 1000);
  EXPECT_EQ(answer.strategies[1].edge.breaks, 1001);
  EXPECT_EQ(answer.runs, runs);
  EXPECT_LE(greatest_of_slow, 202);
}

// From 500, of which 100 keep: 1000 strain more than 250, so 2000 are never played, and 100 are
// found. An end that was asked for is tried up to: of what never keeps, 16000 are too.
TEST(Edges, LeaveAnOpenSideThatLeadsAway) {
  const auto strain = [](double value) {
    return Strain{.value = value / 100 - 1, .half_width = 0};
  };
  for (const bool open : {true, false}) {
    const AxisRange range{
        .least = 1, .most = 16000, .whole = true, .precision = 0, .open_most = open};
    Verdicts verdicts;
    const Edge edge =
        find_edge([](double value) { return value <= 100 ? Verdict::kKeeps : Verdict::kBreaks; },
                  500, range, verdicts, strain);
    EXPECT_EQ(edge.keeps, 100);
    EXPECT_EQ(edge.breaks, 101);
    if (open) {
      EXPECT_EQ(verdicts.rbegin()->first, 1000);
    }
    Verdicts never;
    find_edge([](double) { return Verdict::kBreaks; }, 500, range, never, strain);
    EXPECT_EQ(never.begin()->first, 1);
    EXPECT_EQ(never.rbegin()->first, open ? 1000 : 16000);
  }
}

// What nothing troubles keeps at any number: after six doublings nobody looks farther unasked. What
// rises, however late it breaks, is followed.
TEST(Edges, LeaveAnOpenSideWhereNothingChanges) {
  const auto keeps = [](double) { return Verdict::kKeeps; };
  AxisRange range{.least = 1, .most = 512000, .whole = true, .open_most = true};
  Verdicts flat;
  const Edge none =
      find_edge(keeps, 500, range, flat, [](double) { return Strain{.value = -0.5}; });
  EXPECT_TRUE(none.keeps && !none.breaks);
  EXPECT_EQ(flat.rbegin()->first, 500 * 64);
  Verdicts noisy;  // a change within the intervals is none
  find_edge(keeps, 500, range, noisy, [](double value) {
    return Strain{.value = -0.5 + value / 512000 * 0.2, .half_width = 0.2};
  });
  EXPECT_EQ(noisy.rbegin()->first, 500 * 64);
  Verdicts rising;
  const Edge late = find_edge(
      [](double value) { return value < 300000 ? Verdict::kKeeps : Verdict::kBreaks; }, 500, range,
      rising, [](double value) { return Strain{.value = -0.5 + value / 32000 * 0.02}; });
  EXPECT_TRUE(late.keeps && late.breaks);
  range.open_most = false;
  Verdicts asked;
  find_edge(keeps, 500, range, asked, [](double) { return Strain{.value = -0.5}; });
  EXPECT_EQ(asked.rbegin()->first, 512000);
}

/// p95_s is 30 ms at 100 mobiles and in proportion to them, its interval 5 % of that; of a strategy
/// that nothing troubles, 4 ms.
Table proportional(double value, const std::string& strategy) {
  Table table{
      .columns = {
          {"strategy", true}, {"mobiles", true}, {"window", true}, {"p95_s"}, {"p95_ci_s"}}};
  if (strategy != "alone") {
    table.rows.push_back({"shared", "all", "all", 0.0003 * value, 0.000015 * value});
  }
  if (strategy != "shared") table.rows.push_back({"alone", "all", "all", 0.004, 0.0});
  return table;
}

std::string capacity_text(const CapacityQuestion& asked) {
  const std::string fleet = std::string{kShortFleet} + "duration_s: 600\nwarm_up_s: 60\n";
  return to_markdown(
      capacity_document(asked, capacity_of(asked, capacity_axis(asked, fleet), proportional)));
}

// N mobiles keep for sure below 100 / 1.05 = 95.2, and break for sure above 100 / 0.95 = 105.3: 95
// and 106, 11 apart. To be neighbours takes 11² = 121 times the 540 s that count: 65400, rounded
// up.
TEST(Capacity, NamesTheDurationThatTellsThemApart) {
  CapacityQuestion asked = question("mobiles.0.count");
  asked.precision = 0;
  const std::string text = capacity_text(asked);
  EXPECT_THAT(text, HasSubstr("shared: mobiles.0.count of up to 95 "));
  EXPECT_THAT(text, HasSubstr("from 95 to 106, 12 % apart, the limit lies within the interval. To "
                              "bring the two to neighbours takes about 1.2e+02 times as many "
                              "requests: --set duration_s=66000, where it is 600"));
  asked.precision = 0.2;
  EXPECT_THAT(capacity_text(asked), Not(HasSubstr("duration_s=")));
}

// One answer, in the sentence as in the table: from 1 to 64 times the file's 20.
TEST(Capacity, SaysOneThingOfWhatKeepsEverywhere) {
  const std::string text = capacity_text(question("mobiles.0.count"));
  EXPECT_THAT(text,
              HasSubstr("alone: every value tried, 1 to 1280, keeps p95_s < 0.03. Farther off "
                        "nothing was tried; --to 20480 does."));
  EXPECT_THAT(text,
              ::testing::ContainsRegex(R"(\| alone +\| 1 to 1280 \| +0.004 \| +none \| +\|)"));
  CapacityQuestion bounded = question("mobiles.0.count");
  bounded.to = 50;
  EXPECT_THAT(capacity_text(bounded),
              HasSubstr("alone: every value tried, 1 to 50, keeps p95_s < 0.03.\n"));
}

// As the text does; tests/cli/capacity_test.cpp asks a fleet for it.
TEST(Capacity, TellsMachinesTheSame) {
  CapacityQuestion asked = question("mobiles.0.count");
  asked.precision = 0;
  const nlohmann::ordered_json json =
      capacity_json(asked, capacity_of(asked, capacity_axis(asked, kShortFleet), proportional));
  const nlohmann::ordered_json& shared = json.at("strategies").at(0);
  EXPECT_EQ(shared.at("strategy").get<std::string>(), "shared");
  EXPECT_EQ(shared.at("keeps").get<double>(), 95);
}

}  // namespace
}  // namespace papilio
