// Claim: a training killed at random steps ends in the same table as one never killed, and one that
// is stopped says how to go on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <csignal>
#include <filesystem>
#include <map>

#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using testing::Finished;
using ::testing::HasSubstr;
using testing::read_file;
using testing::run_papilio;
using testing::TemporaryFolder;

/// Counts files below a folder that were written since this was made, each time anew.
class Written {
 public:
  explicit Written(fs::path folder) : folder_{std::move(folder)} {
    files();
    count_ = 0;
  }

  int files() {
    std::error_code ignored;  // files come and go while this looks
    for (fs::recursive_directory_iterator it{folder_, ignored}, end; it != end;
         it.increment(ignored)) {
      const auto time = fs::last_write_time(it->path(), ignored);
      if (ignored || !it->is_regular_file(ignored)) continue;
      fs::file_time_type& last = last_[it->path()];
      if (last != time) ++count_;
      last = time;
    }
    return count_;
  }

 private:
  fs::path folder_;
  std::map<fs::path, fs::file_time_type> last_;
  int count_{0};
};

std::vector<std::string> training(const fs::path& folder) {
  return {"train",
          "--model",
          "resnet20-cifar10",
          "--data",
          "synthetic",
          "--after",
          "RB1,RB7",
          "--channels",
          "1,2",
          "--epochs",
          "2",
          "--batch",
          "32",
          "--train-pictures",
          "192",
          "--test-pictures",
          "50",
          "-o",
          folder.string(),
          "--checkpoint-interval",
          "0"};
}

TEST(Train, KilledAtRandomStepsEndsInTheSameTable) {
  const TemporaryFolder folder;
  const Finished whole = run_papilio(training(folder.path() / "whole"));
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  boost::random::mt19937 random{3};
  boost::random::uniform_int_distribution<int> steps{1, 12};
  int kills = 0;
  while (true) {
    // It writes 60 checkpoints, and is killed some of them after each start.
    const testing::Stop stop{
        .signal = SIGKILL,
        .once = [written = Written{folder.path() / "killed"},
                 enough = steps(random)](pid_t) mutable { return written.files() >= enough; }};
    const Finished run = run_papilio(training(folder.path() / "killed"), stop);
    if (run.exit_code == 0) break;
    ASSERT_EQ(run.exit_code, 128 + SIGKILL) << run.err;
    ++kills;
  }
  EXPECT_GE(kills, 2);
  for (const char* file : {"accuracy.csv", "tables.md"}) {
    EXPECT_EQ(read_file(folder.path() / "killed" / file),
              read_file(folder.path() / "whole" / file));
  }
  for (const fs::directory_entry& unit : fs::directory_iterator{folder.path() / "whole/units"}) {
    EXPECT_EQ(read_file(folder.path() / "killed/units" / unit.path().filename()),
              read_file(unit.path()))
        << unit.path();
  }
}

TEST(Train, StoppedPolitelySaysHowToGoOn) {
  const TemporaryFolder folder;
  const Finished run = run_papilio(training(folder.path()), testing::Stop{.once = [&](pid_t) {
                                     return fs::exists(folder.path() / "settings.json");
                                   }});
  EXPECT_EQ(run.exit_code, 130);
  EXPECT_THAT(run.err, HasSubstr("start the same command again to go on"));
  EXPECT_FALSE(fs::exists(folder.path() / "accuracy.csv"));
  EXPECT_EQ(run_papilio(training(folder.path())).exit_code, 0);
}

}  // namespace
}  // namespace papilio
