// Claims: 'papilio compare' ends with 0, 1 or 2; it reads folders, databases of two versions, and
// layer tables; it names the inputs that differ.

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using testing::Finished;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::run_papilio;
using ::testing::StartsWith;
using testing::TemporaryFolder;

constexpr const char* kTable4 = "results/reference/table4";

/// A study of two points, by closed form.
std::string write_small_study(const TemporaryFolder& folder, const std::string& levels) {
  return folder
      .write(levels + ".yaml",
             "kind: study\nname: small\nmethod: closed-form\nbase: " PAPILIO_SOURCE_DIR
             "/scenarios/paper/table4.yaml\ngrid:\n  - {axis: list, key: cloud.load_level, "
             "values: [" +
                 levels + "]}\n")
      .string();
}

std::string study_of(const TemporaryFolder& folder, const std::string& levels) {
  std::string database = (folder.path() / (levels + ".db")).string();
  const Finished run =
      run_papilio({"study", "run", write_small_study(folder, levels), "-o", database, "-q"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return database;
}

TEST(Compare, EqualRunsEndWith0) {
  const Finished run = run_papilio({"compare", kTable4, kTable4});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("Equal: "));
  EXPECT_EQ(run_papilio({"compare", kTable4, kTable4, "-q"}).out, "");
}

TEST(Compare, NamesTheInputAndTheValuesThatDiffer) {
  const TemporaryFolder folder;
  const auto run_with = [&](const char* name, const char* level) {
    std::string to = (folder.path() / name).string();
    EXPECT_EQ(run_papilio({"run", "scenarios/paper/table4.yaml", "--set",
                           std::string{"cloud.load_level="} + level, "-o", to, "-q"})
                  .exit_code,
              0);
    return to;
  };
  const std::string a = run_with("a", "1");
  const std::string b = run_with("b", "2");
  const Finished found = run_papilio({"compare", a, b, "--json"});
  EXPECT_EQ(found.exit_code, 1) << found.err;
  EXPECT_EQ(found.err, "");
  const auto json = nlohmann::json::parse(found.out);
  const auto& inputs = json["sections"].back()["rows"];
  ASSERT_EQ(inputs.size(), 1U) << inputs;
  EXPECT_EQ(inputs[0]["input"], "cloud.load_level");
  EXPECT_EQ(inputs[0]["A"], "1");
  EXPECT_EQ(inputs[0]["B"], "2");
  // Twice the load is twice the cloud's time: half of the greater apart.
  const Finished cloud = run_papilio({"compare", a, b, "--tolerance", "1", "--tolerance",
                                      "cloud_s=0.49", "--format", "csv", "--all"});
  EXPECT_EQ(cloud.exit_code, 1);
  EXPECT_THAT(cloud.out, HasSubstr(",cloud_s,"));
  EXPECT_THAT(cloud.out, Not(HasSubstr(",latency_s,")));
  EXPECT_EQ(run_papilio({"compare", a, b, "--tolerance", "0.51", "-q"}).exit_code, 0);
}

TEST(Compare, RefusesWhatCannotBeCompared) {
  for (const auto& [words, message] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"compare", kTable4}, "expected two things, got 1"},
           {{"compare", kTable4, "results/reference/bandit"}, "give two things of one kind"},
           {{"compare", kTable4, "nowhere"}, "'nowhere' is no folder, no file"},
           {{"compare", kTable4, "README.md"}, "README.md: error: is no database"},
           {{"compare", kTable4, "results/reference/figure7-cifar10"}, "holds neither"},
           {{"compare", kTable4, kTable4, "--tolerance", "latency=1"}, "did you mean 'latency_s'?"},
           {{"compare", kTable4, kTable4, "--tolerance", "-1"}, "expected a number >= 0"},
           {{"compare", kTable4, kTable4, "--tolerance", "nan"}, "expected a number >= 0"},
           {{"compare", "xeon-1-thread/resnet50", "jetson-tx2/resnet50-paper"},
            "are of two networks"}}) {
    const Finished run = run_papilio(words);
    EXPECT_EQ(run.exit_code, 2) << message;
    EXPECT_THAT(run.err, HasSubstr(message));
    EXPECT_EQ(run.out, "");
  }
}

TEST(Compare, StudiesAreMatchedByTheirAxesNotTheirNumbers) {
  const TemporaryFolder folder;
  const std::string a = study_of(folder, "1, 2");
  const std::string b = study_of(folder, "2, 1, 3");
  EXPECT_EQ(run_papilio({"compare", a, a, "--exact", "-q"}).exit_code, 0);
  const Finished found = run_papilio({"compare", a, b});
  EXPECT_EQ(found.exit_code, 1) << found.err;
  // Two loads of three are in both, and equal; the third is B's alone.
  EXPECT_THAT(found.out, HasSubstr("What both have is equal: "));
  EXPECT_THAT(found.out, HasSubstr("Rows only in B"));
  EXPECT_THAT(found.out, Not(HasSubstr("Rows only in A")));
  EXPECT_THAT(found.out, HasSubstr("study.grid.0.values.2"));
}

TEST(Compare, AnOlderDatabaseIsComparedAndLeftAsItWas) {
  const TemporaryFolder folder;
  const std::string now = study_of(folder, "1, 2");
  const std::string older = (folder.path() / "older.db").string();
  std::filesystem::copy_file(now, older);
  {
    // As schema 6 had it: what later steps add, taken away.
    SQLite::Database database{older, SQLite::OPEN_READWRITE};
    database.exec("DROP VIEW \"small\"");
    for (const char* column : {"first_token_s", "per_token_s", "token_bytes"}) {
      database.exec(std::string{"ALTER TABLE summary DROP COLUMN "} + column);
    }
    database.exec("PRAGMA user_version = 6");
  }
  const std::string before = testing::read_file(older);
  const Finished found = run_papilio({"compare", older, now});
  EXPECT_EQ(found.exit_code, 0) << found.out << found.err;
  EXPECT_THAT(found.out, HasSubstr("has the older schema 6"));
  EXPECT_EQ(testing::read_file(older), before);
}

TEST(Compare, OneChangedValueOfADatabaseIsFound) {
  const TemporaryFolder folder;
  const std::string a = study_of(folder, "1, 2");
  const std::string b = (folder.path() / "b.db").string();
  std::filesystem::copy_file(a, b);
  SQLite::Database{b, SQLite::OPEN_READWRITE}.exec(
      "UPDATE summary SET energy_j = energy_j * 2 WHERE study = 1 AND number = 1 AND row = 3");
  const Finished found = run_papilio({"compare", a, b});
  EXPECT_EQ(found.exit_code, 1) << found.err;
  EXPECT_THAT(found.out, HasSubstr("differs, the largest in energy_j by 50 %"));
}

TEST(Compare, LayerTablesByTheirIntervalsAndConditions) {
  const char* a = "xeon-1-thread/resnet20-cifar10";
  const Finished found =
      run_papilio({"compare", a, "xeon-sse3-1-thread/resnet20-cifar10", "--all"});
  EXPECT_EQ(found.exit_code, 1) << found.err;
  // The same core with and without its wide instructions: 163.32 ± 0.69 and 392.46 ± 0.94 us after
  // RB8, as the sums of the two files' rows.
  EXPECT_THAT(found.out, HasSubstr("| block"));
  EXPECT_THAT(found.out, HasSubstr("RB8"));
  EXPECT_THAT(found.out, HasSubstr("SkylakeX"));
  EXPECT_THAT(found.out, HasSubstr("Prescott"));
  EXPECT_THAT(found.out, Not(HasSubstr("conditions.threads")));  // the same
  EXPECT_EQ(run_papilio({"compare", a, std::string{"profiles/layers/"} + a + ".yaml"}).exit_code, 0)
      << "by its name and by its file";
}

TEST(Compare, HelpTellsTheExitCodes) {
  EXPECT_THAT(run_papilio({"compare", "--help"}).out, StartsWith("Usage: papilio compare A B"));
  EXPECT_THAT(run_papilio({"--help"}).out, HasSubstr("1 a comparison found differences"));
}

}  // namespace
}  // namespace papilio
