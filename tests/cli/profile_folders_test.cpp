// Claims: what 'papilio new' and 'papilio predict' write to results/profiles is found by every
// later command of that folder, and by what these leave behind from any other; it never changes
// what a name of the shipped profiles means, and whoever uses a name that both have is told.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using testing::Finished;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::read_file;
using testing::run_papilio_in;
using testing::TemporaryFolder;

/// A folder in which somebody made a device of a data sheet, its layer times and a radio, and a
/// scenario of them.
class ProfileFolders : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"new", "device", "phone", "--peak", "1e12", "--bandwidth", "30e9"},
             {"predict", "--model", "resnet18", "--device", "phone", "-o", "results/profiles"},
             {"predict", "--model", "resnet18", "--device", "gtx-1080-ti", "--precision", "fp32",
              "-o", "results/profiles"},
             {"new", "radio", "home", "--uplink", "40e6", "--downlink", "80e6"},
             {"new", "scenario", "mine", "--model", "resnet18", "--mobile", "phone", "--radio",
              "home"}}) {
      const Finished made = run(words);
      ASSERT_EQ(made.exit_code, 0) << made.err;
      EXPECT_THAT(made.out, Not(HasSubstr("--profiles")));
      EXPECT_THAT(made.err, Not(HasSubstr("note:")));
    }
  }

  [[nodiscard]] Finished run(const std::vector<std::string>& words) const {
    return run_papilio_in(folder_.path(), words);
  }

  const TemporaryFolder folder_;
  const TemporaryFolder elsewhere_;
};

TEST_F(ProfileFolders, EveryCommandFindsWhatOthersMade) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"devices", "show", "phone"},
                                             {"radios", "show", "home"},
                                             {"profiles", "show", "phone/resnet18"},
                                             {"check", "mine.yaml"},
                                             {"plan", "mine.yaml"},
                                             {"run", "mine.yaml", "-q"}}) {
    const Finished done = run(words);
    EXPECT_EQ(done.exit_code, 0) << words.front() << done.err;
  }
}

TEST_F(ProfileFolders, AnEffectiveScenarioFindsThemFromElsewhere) {
  ASSERT_EQ(run({"run", "mine.yaml", "-q"}).exit_code, 0);
  const fs::path made = folder_.path() / "results/mine";
  EXPECT_THAT(read_file(made / "scenario.effective.yaml"),
              HasSubstr(fmt::format("{}/profiles, {}/results/profiles]", PAPILIO_SOURCE_DIR,
                                    folder_.path().string())));
  const Finished again =
      run_papilio_in(elsewhere_.path(), {"run", (made / "scenario.effective.yaml").string(), "-q"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  const fs::path anew = elsewhere_.path() / "results/mine";
  EXPECT_EQ(read_file(anew / "summary.csv"), read_file(made / "summary.csv"));
  EXPECT_EQ(read_file(anew / "scenario.effective.yaml"),
            read_file(made / "scenario.effective.yaml"));
}

// What uses nothing of the folder does not name it: it can go.
TEST_F(ProfileFolders, AScenarioThatUsesNothingOfThemDoesNotNameThem) {
  ASSERT_EQ(run({"new", "scenario", "shipped"}).exit_code, 0);
  ASSERT_EQ(run({"run", "shipped.yaml", "-q"}).exit_code, 0);
  EXPECT_THAT(read_file(folder_.path() / "results/shipped/scenario.effective.yaml"),
              Not(HasSubstr("results/profiles")));
}

TEST_F(ProfileFolders, StudiesTheirWorkersAndTheirJobsFindThem) {
  ASSERT_EQ(run({"new", "study", "rates", "--base", "mine.yaml", "--count", "4"}).exit_code, 0);
  const Finished study = run({"study", "run", "rates.yaml", "--jobs", "2", "-q"});
  ASSERT_EQ(study.exit_code, 0) << study.err;
  const Finished job =
      run({"study", "submit", "rates.yaml", "--shards", "2", "-o", "shards", "--dry-run"});
  ASSERT_EQ(job.exit_code, 0) << job.err;
  // A task, wherever the cluster starts it.
  const std::string command =
      fmt::format("cd '{}' && SLURM_ARRAY_TASK_ID=1 sh '{}' 2>&1", elsewhere_.path().string(),
                  (folder_.path() / "shards/job.sh").string());
  EXPECT_EQ(std::system(command.c_str()), 0);
  EXPECT_TRUE(fs::exists(folder_.path() / "shards/shard-1.db"));
}

TEST_F(ProfileFolders, ANameOfTheShippedOnesKeepsItsMeaningAndThatIsTold) {
  const Finished refused = run({"new", "device", "jetson-tx2", "--peak", "1", "--bandwidth", "1"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("a device 'jetson-tx2' comes with Papilio, and that is what "
                                     "the name means; choose another name"));
  const fs::path mine = folder_.path() / "results/profiles/radios/wifi.yaml";
  fs::copy(folder_.path() / "results/profiles/radios/home.yaml", mine);
  const std::string note =
      "papilio: note: the radio 'wifi' comes with Papilio and lies in results/profiles too: the "
      "one "
      "that comes with Papilio is taken; rename yours, or give --profiles results/profiles\n";
  const Finished shown = run({"radios", "show", "wifi"});
  EXPECT_EQ(shown.err, note);
  EXPECT_THAT(shown.out, Not(HasSubstr("40")));
  const Finished other = run({"radios", "show", "4g"});
  EXPECT_THAT(other.err, IsEmpty());
  const std::vector<std::string> on_wifi{"check", "mine.yaml", "--set", "networks=[wifi]"};
  EXPECT_THAT(run(on_wifi).err, HasSubstr(note));
  EXPECT_THAT(run({"check", "mine.yaml"}).err, Not(HasSubstr("note:")));
  const Finished own = run({"radios", "show", "wifi", "--profiles", "results/profiles"});
  EXPECT_THAT(own.err, IsEmpty());
  EXPECT_THAT(own.out, HasSubstr("40"));
}

// What lies there and is something else is left alone.
TEST_F(ProfileFolders, AFolderOfSomethingElseIsNone) {
  fs::create_directories(elsewhere_.path() / "results/profiles/notes");
  const Finished listed = run_papilio_in(elsewhere_.path(), {"radios", "list"});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_THAT(listed.err, IsEmpty());
}

}  // namespace
}  // namespace papilio
