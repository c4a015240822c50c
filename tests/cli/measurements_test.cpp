// Claims: a run and a fleet with measurements name the codecs in labels and columns, say where
// their numbers come from and what they left out, and run again from their effective scenarios to
// the same bytes; without measurements there is no such column.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/run.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using testing::columns_of;
using ::testing::Contains;
using testing::expect_same_files;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::read_file;
using testing::run_to;

class MeasuredScenarios : public ::testing::Test {
 protected:
  fs::path run(const std::string& scenario, const std::string& name) {
    run_to(folder_.path() / name, {scenario});
    return folder_.path() / name;
  }
  testing::TemporaryFolder folder_;
};

TEST_F(MeasuredScenarios, OfCellsTellCodecsApart) {
  const fs::path out = run("tests/scenario/measured/run.yaml", "run");
  const std::string tables = read_file(out / "tables.md");
  EXPECT_THAT(tables, HasSubstr("RB1 (D_r 2, zstd)"));
  EXPECT_THAT(tables, HasSubstr("RB1 (D_r 2) "));
  EXPECT_THAT(tables,
              HasSubstr("- Accuracies are means over 1 to 2 seeds of each network, measured on "
                        "1000 test pictures: accuracy.csv."));
  EXPECT_THAT(
      tables,
      HasSubstr(
          "- RB2 is left out: its best unit reaches 50.0 %, and 'smallest' takes at "
          "least 78 % (accuracy_budget: a loss of at most 0.02 from the uncut network's 80 %)."));
  EXPECT_THAT(tables, HasSubstr("No accuracy limit stated."));
  EXPECT_THAT(tables, HasSubstr("- RB3 is left out: no unit was measured there."));
  EXPECT_THAT(tables, HasSubstr("- Payloads were measured on 4 pictures, the codec's bytes without "
                                "the frame: payloads.csv."));
  EXPECT_THAT(tables, HasSubstr("coded in no time: the picture at 8 bits."));
  EXPECT_THAT(columns_of(out / "summary.csv"), Contains("codec"));
  EXPECT_THAT(columns_of(out / "records.csv"), Contains("codec"));
  EXPECT_THAT(read_file(out / "summary.csv"),
              HasSubstr("butterfly,wifi,RB1,2,8,zstd,stated,2501,1,"));
  const fs::path again = run((out / "scenario.effective.yaml").string(), "again");
  expect_same_files(out, again, {"summary.csv", "records.csv", "tables.md", "tables.tex"});
}

TEST_F(MeasuredScenarios, OfFleetsTellCodecsApart) {
  const fs::path out = run("tests/scenario/measured/fleet.yaml", "fleet");
  const std::string tables = read_file(out / "tables.md");
  EXPECT_THAT(tables, HasSubstr("the codec's bytes with the frame: payloads.csv. Encoding is part "
                                "of the mobile's computing, at 2 W"));
  EXPECT_THAT(tables, HasSubstr("| RB1/zstd           | all     |   78.0 % |"));
  EXPECT_THAT(tables, HasSubstr("- RB2 is left out"));
  EXPECT_THAT(columns_of(out / "fleet.csv"), Contains("accuracy"));
  EXPECT_THAT(columns_of(out / "records.csv"), Contains("image"));
  const fs::path again = run((out / "scenario.effective.yaml").string(), "again");
  expect_same_files(out, again, {"fleet.csv", "records.csv", "choices.csv", "tables.md"});
}

// 80 % uncut, 71 % with one channel after RB1, 78 % with two, and the split of zstd alone known.
// The unit of one channel sends less and is the fastest.
TEST_F(MeasuredScenarios, SelectNothingBelowTheStatedLimit) {
  const std::string strategies =
      "strategies=[{strategy: cloud-only}, {strategy: butterfly, after: RB1, channels: [1, 2]}, "
      "{strategy: split, after: RB1}]";
  const auto selected = [&](const std::string& limit) {
    std::vector<std::string> words{"run",      "tests/scenario/measured/run.yaml",
                                   "--set",    strategies,
                                   "--set",    "networks=[wifi]",
                                   "-o",       (folder_.path() / "x").string(),
                                   "--format", "json"};
    if (!limit.empty()) words.insert(words.end(), {"--set", limit});
    const testing::Finished run = testing::run_papilio(words);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    const auto json = nlohmann::json::parse(run.out);
    return json["selected"][0]["cut"].dump() + " " + json["selected"][0]["best_of_all"].dump() +
           " " + json["least_accuracy"].dump();
  };
  EXPECT_EQ(selected(""), "\"RB1/1/8bit\" \"RB1/1/8bit\" null");
  EXPECT_EQ(selected("least_accuracy=0.78"), "\"RB1/2/8bit\" \"RB1/2/8bit\" 0.78");
  EXPECT_EQ(selected("least_accuracy=0.79"), "null \"cloud-only\" 0.79");
  EXPECT_THAT(read_file(folder_.path() / "x/tables.md"),
              ::testing::ContainsRegex("\\| wifi +\\| latency +\\| none +\\|"));
  EXPECT_THAT(read_file(folder_.path() / "x/tables.md"),
              HasSubstr("Of an accuracy of at least 79 % (least_accuracy: 0.79): 2 partitions have "
                        "less, and 1 of unknown accuracy is not chosen either."));
  EXPECT_THAT(columns_of(folder_.path() / "x/summary.csv"), Contains("admitted"));
  EXPECT_EQ(selected("least_accuracy=0.81"), "null null 0.81") << "nothing fits, and the run ends";
}

TEST_F(MeasuredScenarios, OfFleetsSayWhatThePoliciesChooseAmong) {
  run_to(folder_.path() / "free", {"tests/scenario/measured/fleet.yaml"});
  EXPECT_THAT(read_file(folder_.path() / "free/tables.md"),
              HasSubstr("- No accuracy limit stated."));
  EXPECT_THAT(columns_of(folder_.path() / "free/fleet.csv"), Not(Contains("admitted")));
  const std::string strategies =
      "strategies=[{strategy: mobile-only}, {strategy: butterfly, after: RB1, channels: [1, 2]}, "
      "{strategy: selection}]";
  run_to(folder_.path() / "bound", {"tests/scenario/measured/fleet.yaml", "--set",
                                    "least_accuracy=0.78", "--set", strategies});
  const std::string tables = read_file(folder_.path() / "bound/tables.md");
  EXPECT_THAT(tables, HasSubstr("- Chosen among partitions of an accuracy of at least 78 % "
                                "(least_accuracy: 0.78)."));
  EXPECT_THAT(tables, HasSubstr("- Measured, but never chosen, for the scenario wants an accuracy "
                                "of at least 78 % (least_accuracy: 0.78): RB1/1/8bit."));
  EXPECT_THAT(columns_of(folder_.path() / "bound/fleet.csv"), Contains("admitted"));
}

TEST_F(MeasuredScenarios, OfOtherKindsHaveNoSuchColumn) {
  const fs::path out = run("scenarios/examples/plain-split.yaml", "run");
  EXPECT_THAT(columns_of(out / "summary.csv"), Not(Contains("codec")));
  EXPECT_THAT(read_file(out / "tables.md"), Not(HasSubstr("Measurements")));
}

}  // namespace
}  // namespace papilio
