// Claim: a study that is killed again and again ends in the database of one that never was.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/program.hpp"
#include "tests/support/study.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using testing::expect_success;
using testing::Finished;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::study_contents;
using testing::TemporaryFolder;
using testing::write_fleet_study;
using testing::write_study;

/// The direct children of a process.
std::vector<pid_t> children_of(pid_t parent) {
  std::ifstream file{fmt::format("/proc/{0}/task/{0}/children", parent)};
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

// Under sanitizers all of it takes ten times as long: fewer points, fewer kills, longer between
// them.
#ifdef __SANITIZE_ADDRESS__
constexpr int kKills = 8;
constexpr int kPoints = 150;
constexpr int kFleetPoints = 40;
constexpr int kPause = 10;
#else
constexpr int kKills = 50;
constexpr int kPoints = 2500;
constexpr int kFleetPoints = 150;
constexpr int kPause = 1;
#endif

/// A study, killed so many times at random moments: the program, a worker of it, or (of fleets) a
/// worker's own worker. Then it is run once to the end, and must have left what a run in peace
/// leaves.
void kill_again_and_again(const TemporaryFolder& folder, const std::string& study, int points,
                          int kills) {
  const fs::path whole = folder.path() / "whole.db";
  expect_success({"study", "run", study, "-o", whole.string(), "-q"});
  const std::string expected = study_contents(whole);
  const fs::path database = folder.path() / "killed.db";
  boost::random::mt19937_64 generator{2026};
  const auto draw = [&](int low, int high) {
    return boost::random::uniform_int_distribution<int>{low, high}(generator);
  };
  const auto any_of = [&](const std::vector<pid_t>& some) {
    return some[static_cast<std::size_t>(draw(0, static_cast<int>(some.size()) - 1))];
  };
  int of_workers = 0;
  int of_programs = 0;
  for (int done = 0; done < kills;) {
    const pid_t program = ::fork();
    if (program == 0) {
      if (::chdir(PAPILIO_SOURCE_DIR) != 0) ::_exit(127);
      ::execl(PAPILIO_PROGRAM, PAPILIO_PROGRAM, "study", "run", study.c_str(), "-o",
              database.c_str(), "--jobs", "2", "-q", nullptr);
      ::_exit(127);
    }
    bool alive = true;
    while (alive && done < kills) {
      std::this_thread::sleep_for(milliseconds{kPause * draw(20, 250)});
      const std::vector<pid_t> workers = children_of(program);
      if (!workers.empty() && draw(0, 1) == 0) {
        pid_t victim = any_of(workers);
        if (const std::vector<pid_t> own = children_of(victim); !own.empty()) victim = any_of(own);
        ::kill(victim, SIGKILL);
        ++of_workers;
      } else {
        ::kill(program, SIGKILL);
        alive = false;
        ++of_programs;
      }
      ++done;
    }
    if (alive) ::kill(program, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(program, &status, 0), program);
    EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself: the study is too short for this test";
  }
  const Finished last = expect_success({"study", "run", study, "-o", database.string()});
  // Too few kills, too far apart, tell nothing of their kinds under sanitizers.
  if (kPause == 1) {
    EXPECT_GT(of_workers, kills / 10);
    EXPECT_GT(of_programs, kills / 10);
    EXPECT_THAT(last.out, Not(HasSubstr(fmt::format("{} computed now", points))))
        << "something was stored between the kills";
  }
  EXPECT_TRUE(study_contents(database) == expected);
}

TEST(StudyKilled, EndsInTheSameDatabase) {
  const TemporaryFolder folder;
  kill_again_and_again(folder, write_study(folder, kPoints), kPoints, kKills);
}

TEST(StudyKilled, OfFleetsToo) {
  const TemporaryFolder folder;
  kill_again_and_again(folder, write_fleet_study(folder, kFleetPoints), kFleetPoints, kKills / 2);
}

}  // namespace
}  // namespace papilio
