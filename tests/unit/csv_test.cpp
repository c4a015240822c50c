#include "sim/data/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class Csv : public ::testing::Test {
 protected:
  CsvTable read(std::string_view text) {
    return {folder_.write("t.csv", text).string(), {"name", "size"}};
  }
  auto fails(std::string_view text, const std::string& message) {
    EXPECT_THAT([&] { read(text); }, ThrowsMessage<ConfigError>(HasSubstr(message)));
  }
  testing::TemporaryFolder folder_;
};

TEST_F(Csv, ReadsTextsNumbersAndQuotes) {
  const CsvTable table = read("name,size\n\"a, b\",1.5\nc,2e3\r\n");
  ASSERT_EQ(table.rows(), 2U);
  EXPECT_EQ(table.text(0, "name"), "a, b");
  EXPECT_EQ(table.number(0, "size"), 1.5);
  EXPECT_EQ(table.number(1, "size"), 2000);
}

TEST_F(Csv, TellsErrorsWithTheirLine) {
  fails("name,weight\na,1\n", "t.csv:1: error: expected the header 'name,size', got 'name,weight'");
  fails("name,size\na,1\nb\n", "t.csv:3: error: expected 2 cells, got 1");
  fails("name,size\n", "t.csv: error: the table has no rows");
  fails("name,size\na,\\q\n", "t.csv:2: error: not CSV");
  const CsvTable table = read("name,size\na,1\nb,nan\n");
  EXPECT_THAT([&] { (void)table.number(1, "size"); },
              ThrowsMessage<ConfigError>(HasSubstr("t.csv:3: error: size: expected a number")));
}

TEST_F(Csv, ChecksRanges) {
  const CsvTable table = read("name,size\na,0\nb,1.5\nc,7\n");
  EXPECT_EQ(table.count(2, "size", 7), 7);
  EXPECT_EQ(table.positive(1, "size"), 1.5);
  const auto message = [](const char* text) { return ThrowsMessage<ConfigError>(HasSubstr(text)); };
  EXPECT_THAT([&] { (void)table.positive(0, "size"); },
              message("t.csv:2: error: size: expected a number > 0, got '0'"));
  EXPECT_THAT([&] { (void)table.count(1, "size", 7); },
              message("t.csv:3: error: size: expected a whole number of 1 to 7, got '1.5'"));
  EXPECT_THAT([&] { (void)table.count(2, "size", 6); }, message("1 to 6, got '7'"));
  EXPECT_EQ(table.whole(0, "size", 0, 7), 0);
  EXPECT_EQ(table.at_most(1, "size", 1.5), 1.5);
  EXPECT_THAT([&] { (void)table.whole(0, "size", 2, 7); },
              message("t.csv:2: error: size: expected a whole number of 2 to 7, got '0'"));
  EXPECT_THAT([&] { (void)table.at_most(1, "size", 1); },
              message("t.csv:3: error: size: expected a number of 0 to 1, got '1.5'"));
  EXPECT_THAT([&] { table.fail(0, "name", "something else"); },
              message("t.csv:2: error: name: expected something else, got 'a'"));
}

}  // namespace
}  // namespace papilio
