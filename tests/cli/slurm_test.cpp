// Claims, against a real Slurm of this machine alone: a study handed over as 8 tasks, one of them
// killed and queued again, ends in databases that merge to the one of a run here, nothing lost and
// nothing double.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "tests/support/program.hpp"
#include "tests/support/stored_points.hpp"
#include "tests/support/study.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using testing::expect_success;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::read_file;
using testing::run_papilio;
using testing::stored_points;
using testing::study_contents;
using testing::TemporaryFolder;
using testing::write_study;

/// A cluster that ends with the object.
class Cluster {
 public:
  explicit Cluster(const fs::path& folder) : folder_{folder} {
    started = script("start") == 0;
    ::setenv("SLURM_CONF", (folder_ / "slurm.conf").c_str(), 1);
  }
  ~Cluster() {
    static_cast<void>(std::system("scancel --user=root 2>/dev/null"));
    static_cast<void>(script("stop"));
  }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  bool started{false};

 private:
  [[nodiscard]] int script(const std::string& action) const {
    return std::system(fmt::format("sh {}/tests/support/slurm_cluster.sh {} {} >&2",
                                   PAPILIO_SOURCE_DIR, action, folder_.string())
                           .c_str());
  }
  fs::path folder_;
};

/// Kills a task's papilio once it has stored something. @return whether it was there to be killed
bool kill_task(const fs::path& database) {
  for (int tries = 0; tries < 600; ++tries) {
    if (stored_points(database) > 0) {
      const std::string find = fmt::format("pkill -KILL -o -f 'study run .*{}'", database.string());
      return std::system(find.c_str()) == 0;
    }
    std::this_thread::sleep_for(milliseconds{50});
  }
  return false;
}

TEST(Slurm, AKilledTaskIsQueuedAgainAndNothingIsLostOrDouble) {
  const TemporaryFolder folder;
  Cluster cluster{folder.path() / "slurm"};
  if (!cluster.started) GTEST_SKIP() << read_file(folder.path() / "slurm/why");
#ifdef __SANITIZE_ADDRESS__
  const std::string study = write_study(folder, 160);
#else
  const std::string study = write_study(folder, 1600);
#endif
  const fs::path shards = folder.path() / "shards";
  EXPECT_THAT(
      expect_success({"study", "submit", study, "--shards", "8", "-o", shards.string()}).out,
      HasSubstr("Submitted job"));
  ASSERT_TRUE(kill_task(shards / "shard-2.db"));
  std::string status;
  for (int tries = 0; tries < 1200; ++tries) {
    status = expect_success({"study", "status", shards.string()}).out;
    if (status.find("All are stored") != std::string::npos) break;
    std::this_thread::sleep_for(milliseconds{200});
  }
  ASSERT_THAT(status, HasSubstr("All are stored")) << read_file(shards / "shard-2.log");
  EXPECT_THAT(read_file(shards / "shard-2.log"), HasSubstr("Killed"));

  std::vector<std::string> merge{"study", "merge", "-o", (folder.path() / "merged.db").string()};
  for (int i = 1; i <= 8; ++i) merge.push_back((shards / fmt::format("shard-{}.db", i)).string());
  expect_success(merge);
  expect_success(merge);  // twice is once
  const fs::path whole = folder.path() / "whole.db";
  expect_success({"study", "run", study, "-o", whole.string(), "--jobs", "2", "-q"});
  EXPECT_EQ(study_contents(folder.path() / "merged.db"), study_contents(whole));
  const auto exported = [](const fs::path& database) {
    return expect_success({"study", "export", database.string()}).out;
  };
  EXPECT_EQ(exported(folder.path() / "merged.db"), exported(whole));

  const testing::Finished other =
      run_papilio({"study", "submit", study, "--shards", "4", "-o", shards.string(), "--dry-run"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("holds the shards of another study, or another number of them"));
}

// A line end would begin a command of its own, and a quote end sbatch's name of the log.
TEST(Slurm, TheScriptTakesNoLineEndsAndQuotes) {
  const TemporaryFolder folder;
  const std::string study = write_study(folder, 4);
  const std::string shards = (folder.path() / "shards").string();
  const auto submit = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"study", "submit", study, "--dry-run"});
    return run_papilio(more);
  };
  for (const char* end : {"\n", "\r"}) {
    for (const std::vector<std::string>& more :
         {std::vector<std::string>{"-o", shards, fmt::format("--sbatch=--time=1{}touch x", end)},
          {"-o", shards + end + "touch x"},
          {"-o", shards, "--profiles", fmt::format("{}/profiles{}", PAPILIO_SOURCE_DIR, end)}}) {
      const testing::Finished run = submit(more);
      EXPECT_EQ(run.exit_code, 2);
      EXPECT_THAT(run.err, ::testing::AnyOf(HasSubstr("holds a line end or another control"),
                                            HasSubstr("not a folder of profiles")));
    }
  }
  EXPECT_THAT(submit({"-o", shards + "\" x"}).err, HasSubstr("a double quote cannot stand"));
  EXPECT_FALSE(fs::exists(shards));
}

TEST(Slurm, WithoutItTheScriptIsStillWritten) {
  const TemporaryFolder folder;
  const std::string study = write_study(folder, 4);
  const fs::path shards = folder.path() / "shards";
  expect_success({"study", "submit", study, "--shards", "2", "-o", shards.string(), "--dry-run",
                  "--sbatch=--time=01:00:00", "--set", "name=a"});
  const std::string script = read_file(shards / "job.sh");
  EXPECT_THAT(script, HasSubstr("#SBATCH --array=1-2\n"));
  EXPECT_THAT(script, HasSubstr("#SBATCH --time=01:00:00\n"));
  EXPECT_THAT(script, HasSubstr("--set \"name=a\""));
  EXPECT_EQ(std::system(fmt::format("sh -n {}", (shards / "job.sh").string()).c_str()), 0);
}

}  // namespace
}  // namespace papilio
