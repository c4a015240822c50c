// Claim: the output that the README shows is the program's: each of its table rows stands in the
// golden tables, which another test compares with a run.

#include <gtest/gtest.h>

#include <string>

#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

TEST(Readme, ShowsRowsOfTheGoldenTables) {
  const std::filesystem::path root{PAPILIO_SOURCE_DIR};
  const std::string readme = testing::read_file(root / "README.md");
  std::string golden;
  for (const char* scenario : {"table4", "server-load"}) {
    golden += testing::read_file(root / "results/reference" / scenario / "tables.md");
  }
  golden += testing::read_file(root / "results/reference/studies/bandwidth.md");
  golden += testing::read_file(root / "results/reference/plans/table4.md");
  int rows = 0;
  for (std::size_t start = readme.find("\n| "); start != std::string::npos;
       start = readme.find("\n| ", start + 1)) {
    const std::string row = readme.substr(start, readme.find('\n', start + 1) - start + 1);
    EXPECT_NE(golden.find(row), std::string::npos) << row;
    ++rows;
  }
  EXPECT_GT(rows, 10);
}

}  // namespace
}  // namespace papilio
