// Claim: readers see whole files or none, and an abandoned set of files leaves nothing behind.

#include "sim/base/output_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "sim/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(OutputFolder, WritesNothingBeforeCommit) {
  const testing::TemporaryFolder temporary;
  const fs::path folder = temporary.path() / "a" / "b";
  OutputFolder out{folder};
  EXPECT_FALSE(fs::exists(folder));
  out.add("x.csv", "one\n");
  EXPECT_FALSE(fs::exists(folder / "x.csv"));
  out.commit();
  EXPECT_EQ(testing::read_file(folder / "x.csv"), "one\n");
}

TEST(OutputFolder, AbandonedFilesAndFoldersDisappear) {
  const testing::TemporaryFolder temporary;
  const fs::path folder = temporary.path() / "a" / "b";
  {
    OutputFolder out{folder};
    out.add("x.csv", "one\n");
  }
  EXPECT_TRUE(fs::is_empty(temporary.path()));
}

TEST(OutputFolder, ReplacesOldFilesAndKeepsForeignOnes) {
  const testing::TemporaryFolder temporary;
  temporary.write("x.csv", "old");
  temporary.write("notes.txt", "mine");
  OutputFolder out{temporary.path()};
  out.add("x.csv", "new");
  EXPECT_EQ(testing::read_file(temporary.path() / "x.csv"), "old");
  out.commit();
  EXPECT_EQ(testing::read_file(temporary.path() / "x.csv"), "new");
  EXPECT_EQ(testing::read_file(temporary.path() / "notes.txt"), "mine");
  EXPECT_EQ(std::distance(fs::directory_iterator{temporary.path()}, {}), 2);
}

TEST(OutputFolder, ReplacesAllFilesOrNone) {
  const testing::TemporaryFolder temporary;
  temporary.write("a.csv", "old");
  temporary.write("b.csv/in the way", "");
  {
    OutputFolder out{temporary.path()};
    out.add("a.csv", "new");
    out.add("b.csv", "new");
    EXPECT_THAT([&] { out.commit(); },
                ThrowsMessage<ConfigError>(HasSubstr("replace the folder by a file")));
  }
  EXPECT_EQ(testing::read_file(temporary.path() / "a.csv"), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator{temporary.path()}, {}), 2);
}

/// Names in a folder that are not of finished files.
std::vector<fs::path> staged_in(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator{folder}) {
    if (entry.path().filename().string().starts_with(".")) found.push_back(entry.path());
  }
  return found;
}

// A process that is killed with a file staged, while another is alive with one.
TEST(OutputFolder, RemovesWhatKilledProcessesLeftAndNothingElse) {
  const testing::TemporaryFolder temporary;
  temporary.write(".a.csv.papilio-", "a user's");
  temporary.write(".a.csv.123", "a user's");
  int ready[2];
  int end[2];
  ASSERT_EQ(::pipe(ready) + ::pipe(end), 0);
  const pid_t alive = ::fork();
  if (alive == 0) {
    OutputFolder out{temporary.path()};
    out.add("alive.csv", "alive");
    char byte = 'x';
    if (::write(ready[1], &byte, 1) != 1 || ::read(end[0], &byte, 1) != 1) ::_exit(1);
    out.commit();
    ::_exit(0);
  }
  char byte = 'x';
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const pid_t dies = ::fork();
  if (dies == 0) {
    OutputFolder out{temporary.path()};
    out.add("dead.csv", "dead");
    ::_exit(0);  // nothing is destroyed
  }
  ASSERT_EQ(::waitpid(dies, nullptr, 0), dies);
  ASSERT_EQ(staged_in(temporary.path()).size(), 4U);
  OutputFolder out{temporary.path()};
  out.add("b.csv", "new");
  out.commit();
  EXPECT_EQ(staged_in(temporary.path()).size(), 3U) << "the user's two and that of the living";
  ASSERT_EQ(::write(end[1], &byte, 1), 1);
  int status = 0;
  ASSERT_EQ(::waitpid(alive, &status, 0), alive);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(testing::read_file(temporary.path() / "alive.csv"), "alive");
  EXPECT_EQ(staged_in(temporary.path()).size(), 2U);
}

TEST(OutputFolder, FollowsNoLinkAndNamesNothingElsewhere) {
  const testing::TemporaryFolder temporary;
  const fs::path victim = temporary.write("victim", "mine");
  fs::create_directory(temporary.path() / "out");
  fs::create_symlink(victim, temporary.path() / "out/a.csv");
  OutputFolder out{temporary.path() / "out"};
  out.add("a.csv", "new");
  out.commit();
  EXPECT_EQ(testing::read_file(victim), "mine");
  EXPECT_FALSE(fs::is_symlink(temporary.path() / "out/a.csv"));
  EXPECT_EQ(testing::read_file(temporary.path() / "out/a.csv"), "new");
  for (const char* name : {"../victim", "/tmp/x", "a/b", ""}) {
    EXPECT_THAT([&] { out.add(name, "x"); },
                ThrowsMessage<ConfigError>(HasSubstr("cannot name a file")));
  }
}

TEST(OutputFolder, RefusesAPlaceThatIsAFileBeforeAnyWork) {
  const testing::TemporaryFolder temporary;
  const fs::path file = temporary.write("file", "x");
  EXPECT_THAT([&] { OutputFolder{file}; },
              ThrowsMessage<ConfigError>(HasSubstr("Not a directory; choose another folder")));
  EXPECT_THAT([&] { OutputFolder{file / "below"}; },
              ThrowsMessage<ConfigError>(HasSubstr("Not a directory")));
  EXPECT_THAT([&] { OutputFolder{""}; }, ThrowsMessage<ConfigError>(HasSubstr("an empty name")));
  EXPECT_THAT([&] { OutputFolder{temporary.path() / std::string(300, 'a')}; },
              ThrowsMessage<ConfigError>(HasSubstr("File name too long")));
}

}  // namespace
}  // namespace papilio
