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
#include <thread>

#include "tests/support/program.hpp"
#include "tests/support/stored_points.hpp"
#include "tests/support/study.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using testing::children_of;
using testing::expect_success;
using testing::stored_points;
using testing::study_contents;
using testing::TemporaryFolder;
using testing::write_fleet_study;
using testing::write_study;

// Under sanitizers all of it takes ten times as long: fewer points and kills.
#ifdef __SANITIZE_ADDRESS__
constexpr int kKills = 8;
constexpr int kPoints = 150;
constexpr int kFleetPoints = 20;
#else
constexpr int kKills = 40;
constexpr int kPoints = 1500;
constexpr int kFleetPoints = 150;
#endif

/// Whether a child has ended; it stays to be waited for.
bool has_ended(pid_t child) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == child;
}

/// A study, killed so many times at random moments: the program, a worker of it, or (of fleets) a
/// worker's own worker, in turn. The moments follow what it has stored, so that a slow machine gets
/// as far between them as a fast one; where a fast one comes to the end, what it made is compared,
/// and it starts anew. At last it is run to the end, and must have left what a run in peace leaves.
/// @param most points between two kills
void kill_again_and_again(const TemporaryFolder& folder, const std::string& study, int kills,
                          int most) {
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
  int of_programs = 0;  // as many, or one fewer
  while (of_workers + of_programs < kills) {
    const pid_t program = ::fork();
    if (program == 0) {
      if (::chdir(PAPILIO_SOURCE_DIR) != 0) ::_exit(127);
      ::execl(PAPILIO_PROGRAM, PAPILIO_PROGRAM, "study", "run", study.c_str(), "-o",
              database.c_str(), "--jobs", "2", "-q", nullptr);
      ::_exit(127);
    }
    bool alive = true;
    while (alive && of_workers + of_programs < kills) {
      const int enough = stored_points(database) + draw(1, most);
      while (stored_points(database) < enough && !has_ended(program)) {
        std::this_thread::sleep_for(milliseconds{2});
      }
      // Points are seen when they are all stored that came with them: any moment after.
      std::this_thread::sleep_for(milliseconds{draw(0, 100)});
      if (has_ended(program)) break;
      const std::vector<pid_t> workers = children_of(program);
      if (of_workers <= of_programs) {
        if (workers.empty()) continue;
        pid_t victim = any_of(workers);
        if (const std::vector<pid_t> own = children_of(victim); !own.empty()) victim = any_of(own);
        ::kill(victim, SIGKILL);
        ++of_workers;
      } else {
        ::kill(program, SIGKILL);
        alive = false;
        ++of_programs;
      }
    }
    if (alive && !has_ended(program)) ::kill(program, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(program, &status, 0), program);
    if (WIFSIGNALED(status)) {
      ASSERT_EQ(WTERMSIG(status), SIGKILL);
      continue;
    }
    // 3: a point was left out, for its worker was killed each time.
    ASSERT_TRUE(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3) << WEXITSTATUS(status);
    if (WEXITSTATUS(status) == 3) continue;
    ASSERT_TRUE(study_contents(database) == expected);
    fs::remove(database);
  }
  expect_success({"study", "run", study, "-o", database.string(), "-q"});
  EXPECT_TRUE(study_contents(database) == expected);
}

TEST(StudyKilled, EndsInTheSameDatabase) {
  const TemporaryFolder folder;
  kill_again_and_again(folder, write_study(folder, kPoints), kKills, 30);
}

TEST(StudyKilled, OfFleetsToo) {
  const TemporaryFolder folder;
  kill_again_and_again(folder, write_fleet_study(folder, kFleetPoints), kKills / 2, 3);
}

}  // namespace
}  // namespace papilio
