// Claims: a run and a fleet with measurements name the codecs in labels and columns, say where
// their numbers come from and what they left out, and run again from their effective scenarios to
// the same bytes; without measurements there is no such column.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  EXPECT_THAT(tables, HasSubstr("- RB2 is left out: its best unit reaches 50.0 %, and the uncut "
                                "network less the budget of 2 % is 78.0 %."));
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

TEST_F(MeasuredScenarios, OfOtherKindsHaveNoSuchColumn) {
  const fs::path out = run("scenarios/examples/plain-split.yaml", "run");
  EXPECT_THAT(columns_of(out / "summary.csv"), Not(Contains("codec")));
  EXPECT_THAT(read_file(out / "tables.md"), Not(HasSubstr("Measurements")));
}

}  // namespace
}  // namespace papilio
