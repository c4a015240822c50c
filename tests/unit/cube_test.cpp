// Claims: a cube has every option at every place, replicates taken together with Student's
// interval; what uses no radio stands on each network of its point alone; the best is one that may
// be chosen; of fleets totals alone count, and the oracle is no candidate; a page that grows with
// its study is thinned, and says so.

#include "sim/study/ask/cube.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "sim/base/error.hpp"
#include "sim/page/study_page.hpp"
#include "sim/study/store/columns.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Mode = StudyDatabase::Mode;
using Values = std::map<std::string, Value>;

class CubeTest : public ::testing::Test {
 protected:
  CubeTest() : database_{folder_.path() / "a.db", Mode::kWrite} {}

  void begin_study(const std::string& kind, std::vector<std::string> axes,
                   std::vector<std::string> keys) {
    StoredStudy study{.name = "some",
                      .digest = kind,
                      .kind = kind,
                      .method = "simulation",
                      .base = "{}",
                      .axes = std::move(axes),
                      .keys = std::move(keys),
                      .model_version = 1};
    study_ = database_.store(study);
    table_ = kind == "fleet" ? ResultTable::kFleetSummary : ResultTable::kSummary;
  }
  void point(const std::string& axes, const std::vector<Values>& rows, std::int64_t replicate = 0) {
    ResultWriter results;
    results.begin_point({.number = number_,
                         .hash = hash_of(std::to_string(number_)),
                         .replicate = replicate,
                         .axes = axes});
    ++number_;
    for (const Values& row : rows) {
      results.begin_row(table_, columns_of(table_).size());
      for (const Column& column : columns_of(table_)) {
        const auto found = row.find(std::string{column.name});
        results.add(found == row.end() ? Value{} : found->second);
      }
    }
    database_.store_results(study_, results.take());
  }
  StudyCube cube() {
    database_.commit();
    return read_cube(database_, database_.study(""));
  }

  testing::TemporaryFolder folder_;
  StudyDatabase database_;
  std::int64_t study_{0};
  std::uint64_t number_{0};
  ResultTable table_{ResultTable::kSummary};
};

Values cell(const std::string& partition, const std::string& network, double latency_s) {
  return {{"partition", partition}, {"network", text_value(network)}, {"latency_s", latency_s}};
}

TEST_F(CubeTest, PutsWhatUsesNoRadioOnEachNetworkOfItsPoint) {
  begin_study("cells", {"load"}, {"mobile.load_level"});
  point(R"({"load": 10})",
        {cell("mobile-only", "", 7), cell("RB1", "3g", 8), cell("RB1", "4g", 6)});
  point(R"({"load": 2})", {cell("mobile-only", "", 7), cell("RB1", "3g", 5), cell("RB1", "4g", 7)});
  const StudyCube cube = CubeTest::cube();
  ASSERT_EQ(cube.dimensions.size(), 2U);
  EXPECT_EQ(cube.dimensions[0].name, "load");
  EXPECT_TRUE(cube.dimensions[0].numeric);
  EXPECT_THAT(cube.dimensions[0].labels, ElementsAre("2", "10"));  // as numbers, not as they came
  EXPECT_EQ(cube.dimensions[1].name, "network");
  EXPECT_THAT(cube.dimensions[1].labels, ElementsAre("3g", "4g"));
  EXPECT_THAT(cube.options, ElementsAre("mobile-only", "RB1"));
  ASSERT_EQ(cube.rows.size(), 8U);
  // (2, 3g) RB1 5 < 7; (2, 4g) both 7, the first; (10, 3g) mobile-only 7 < 8; (10, 4g) RB1 6 < 7.
  std::vector<std::string> best;
  for (std::size_t first = 0; first < cube.rows.size(); first = cube.end_of_place(first)) {
    best.push_back(cube.options[cube.rows[*cube.best(0, first, cube.end_of_place(first))].option]);
  }
  EXPECT_THAT(best, ElementsAre("RB1", "mobile-only", "mobile-only", "RB1"));
}

// Where each point has a network of its own, its network is no dimension beside the axis.
TEST_F(CubeTest, LeavesOutWhatFollowsFromAnAxis) {
  begin_study("cells", {"networks"}, {"networks"});
  point(R"({"networks": ["3g"]})", {cell("mobile-only", "", 7), cell("RB1", "3g", 8)});
  point(R"({"networks": ["4g"]})", {cell("mobile-only", "", 7), cell("RB1", "4g", 6)});
  const StudyCube cube = CubeTest::cube();
  ASSERT_EQ(cube.dimensions.size(), 1U);
  EXPECT_EQ(cube.dimensions[0].name, "networks");
  EXPECT_FALSE(cube.dimensions[0].numeric);
  EXPECT_EQ(cube.rows.size(), 4U);
}

TEST_F(CubeTest, ChoosesAmongWhatTheLimitsAdmit) {
  begin_study("cells", {"rate"}, {"uplink_bit_per_s"});
  const auto with = [](Values row, std::int64_t admitted) {
    row["admitted"] = admitted;
    return row;
  };
  point(R"({"rate": 1})", {with(cell("a", "4g", 1), 0), with(cell("b", "4g", 2), 1)});
  point(R"({"rate": 2})", {with(cell("a", "4g", 1), 0), with(cell("b", "4g", 2), 0)});
  const StudyCube cube = CubeTest::cube();
  EXPECT_EQ(cube.best(0, 0, 2), std::optional<std::size_t>{1});
  EXPECT_EQ(cube.best(0, 2, 4), std::nullopt);
  // The unit is that of the key, whatever the axis is called.
  EXPECT_EQ(cube.dimensions[0].unit, "bit/s");
  EXPECT_EQ(cube.dimensions[0].title, "rate");
}

TEST_F(CubeTest, TakesReplicatesTogetherAndTotalsAlone) {
  begin_study("fleet", {"phones"}, {"mobiles.0.count"});
  const auto strategy = [](const std::string& name, const std::string& mobiles, double latency_s) {
    return Values{{"strategy", name}, {"strategy_kind", name},  {"mobiles", mobiles},
                  {"window", "all"},  {"latency_s", latency_s}, {"latency_ci_s", 0.5}};
  };
  for (int replicate = 0; replicate < 3; ++replicate) {
    point(R"({"phones": 5})",
          {strategy("oracle", "all", 1), strategy("oracle", "phones", 9),
           strategy("cloud-only", "all", 5 + 0.1 * replicate), strategy("cloud-only", "phones", 9)},
          replicate);
  }
  const StudyCube cube = CubeTest::cube();
  EXPECT_TRUE(cube.dimensions.empty());  // one label alone
  EXPECT_EQ(cube.replicates, 3U);
  ASSERT_EQ(cube.rows.size(), 2U);
  // 5, 5.1, 5.2: mean 5.1, deviation 0.1; t of 2 degrees of freedom at 97.5 % is 4.3027, so
  // ± 4.3027 · 0.1 / √3 = 0.2484.
  EXPECT_NEAR(cube.rows[1].values[0]->value, 5.1, 1e-12);
  EXPECT_NEAR(*cube.rows[1].values[0]->half_width, 0.2484, 1e-4);
  EXPECT_EQ(cube.best(0, 0, 2), std::optional<std::size_t>{1});
}

// Of one replicate there is the interval that its run has.
TEST_F(CubeTest, HasTheIntervalOfASingleRun) {
  begin_study("fleet", {"phones"}, {"mobiles.0.count"});
  for (const int phones : {5, 10}) {
    point(fmt::format(R"({{"phones": {}}})", phones),
          {{{"strategy", "cloud-only"}, {"latency_s", 5.0}, {"latency_ci_s", 0.5}}});
  }
  EXPECT_EQ(cube().rows[0].values[0]->half_width, std::optional<double>{0.5});
}

TEST_F(CubeTest, SaysThatThereIsNothing) {
  begin_study("cells", {"load"}, {"load"});
  database_.commit();
  try {
    cube();
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("no point of the study 'some' has results"));
  }
}

// 40,000 places with two options and two values: 80,000 · 2 numbers, too many for the page.
TEST_F(CubeTest, IsThinnedOnThePageWhichSaysSo) {
  begin_study("cells", {"a", "b"}, {"a", "b"});
  for (int a = 0; a < 400; ++a) {
    for (int b = 0; b < 100; ++b) {
      std::vector<Values> rows{cell("RB1", "4g", 1.0 / 3 + a), cell("RB2", "4g", 2.0 / 3 + b)};
      for (Values& row : rows) row["energy_j"] = 1.0 / 7 + a + b;
      point(fmt::format(R"({{"a": {}, "b": {}}})", a, b), rows);
    }
  }
  database_.commit();
  const nlohmann::ordered_json data = study_page_data(database_, database_.study(""));
  EXPECT_LT(data.dump().size(), 4'500'000U);
  EXPECT_THAT(data.at("notes").dump(), HasSubstr("of the 400 values of a"));
  // The first and the last label stay, and each value has all its digits.
  const auto& values = data.at("study").at("values");
  EXPECT_EQ(values.at("place").at(0).front(), 0);
  EXPECT_EQ(values.at("place").at(0).back(), 399);
  EXPECT_EQ(values.at("of").at("latency_s").at("value").at(0), "0.3333333333333333");
}

}  // namespace
}  // namespace papilio
