// Claim: readers see whole files or none, and an abandoned set of files leaves nothing behind.

#include "sim/base/output_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
