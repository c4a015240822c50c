// Claims: whatever text stands in a cell, the one writer and the one reader agree on it, alone and
// through a table; what is no CSV is refused with its line; a table says what is wrong with a cell.

#include "sim/base/data/csv.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/document/document.hpp"
#include "sim/base/error.hpp"
#include "sim/base/random/stream.hpp"
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
  fails("name,size,size\na,1,2\n", "t.csv:1: error: the column 'size' comes twice");
  fails("", "t.csv: error: the file is empty");
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

TEST_F(Csv, TakesColumnsInAnyOrder) {
  const CsvTable table = read("size,name\n1.5,a\n");
  EXPECT_EQ(table.number(0, "size"), 1.5);
  EXPECT_EQ(table.text(0, "name"), "a");
}

// What spreadsheets of other countries save.
TEST_F(Csv, TakesOtherSeparatorsAndAByteOrderMark) {
  for (const char* text : {"\xEF\xBB\xBFname,size\r\na,1\r\n", "name;size\na;1\n",
                           "\xEF\xBB\xBFname;size\r\n\"a\";1\r\n\r\n", "name\tsize\na\t1"}) {
    SCOPED_TRACE(text);
    const CsvTable table = read(text);
    ASSERT_EQ(table.rows(), 1U);
    EXPECT_EQ(table.text(0, "name"), "a");
    EXPECT_EQ(table.number(0, "size"), 1);
  }
  const CsvTable table = read("name;size\na;1,5\n");
  EXPECT_THAT(
      [&] { (void)table.number(0, "size"); },
      ThrowsMessage<ConfigError>(HasSubstr("t.csv:2: error: size: expected a number with a decimal "
                                           "point, got '1,5'")));
}

TEST_F(Csv, RefusesWhatIsNoCsvWithItsLine) {
  fails("name,size\na,\"1\n", "t.csv:2: error: a double quote is not closed");
  fails("name,size\n\"a\nb\",1\nc\"d,2\n", "t.csv:4: error: a double quote within a cell; put");
  fails("name,size\n\"a\"b,1\n", "t.csv:2: error: text after a quoted cell");
  fails("name,size\ra,1\r", "t.csv:1: error: a line ends in a lone carriage return");
  fails("\xFF\xFEn", "t.csv:1: error: the text is UTF-16; save it as UTF-8");
  EXPECT_THAT([&] { CsvTable{folder_.path().string()}; },
              ThrowsMessage<ConfigError>(HasSubstr("error: cannot read the file")));
}

// A cell of several lines does not move the places that errors tell.
TEST_F(Csv, CountsTheLinesOfTheFile) {
  const CsvTable table = read("name,size\n\"a\n\nb\",1\n\nc,x\n");
  EXPECT_EQ(table.text(0, "name"), "a\n\nb");
  EXPECT_THAT([&] { (void)table.number(1, "size"); },
              ThrowsMessage<ConfigError>(HasSubstr("t.csv:6: error: size: expected a number")));
}

/// Names that some dialect or other breaks.
const std::vector<std::string>& hostile_names() {
  static const std::vector<std::string> kNames{"",
                                               "a\\b",
                                               "\\",
                                               "\"",
                                               "say \"yes\"",
                                               "\"quoted\"",
                                               "a,b",
                                               ",",
                                               "a;b",
                                               "a\tb",
                                               "two\nlines",
                                               "\r\nb",
                                               "\r",
                                               "\n",
                                               " leading",
                                               "trailing ",
                                               "\t",
                                               "#comment",
                                               "=1+1",
                                               "+1",
                                               "-1",
                                               "@SUM(A1)",
                                               "µ × ±",
                                               "\xEF\xBB\xBFmark",
                                               "a`touch EXECUTED`b",
                                               "$(id)",
                                               "END",
                                               "'single'",
                                               "?",
                                               "%s",
                                               "\x01",
                                               "日本",
                                               "nan",
                                               "8",
                                               "\"\"\"",
                                               "a\"b,c\nd"};
  return kNames;
}

TEST_F(Csv, HostileNamesComeBackAsTheyWere) {
  for (const std::string& name : hostile_names()) {
    for (const std::vector<std::string>& cells :
         {std::vector{name}, {name, "x"}, {"x", name}, {name, name, name}}) {
      for (const CsvStyle style : {CsvStyle::kStrict, CsvStyle::kLoose}) {
        // A line without a comma is, in the loose style, separated by its blanks.
        if (style == CsvStyle::kLoose && cells.size() == 1) continue;
        const auto records = parse_csv(csv_line(cells) + csv_line(cells), "t", style);
        ASSERT_EQ(records.size(), 2U) << name;
        EXPECT_EQ(records[0].cells, cells);
        EXPECT_EQ(records[1].cells, cells);
      }
    }
  }
}

// As names of strategies, in a file as the program writes it: headers and cells.
TEST_F(Csv, TablesOfHostileNamesComeBackAsTheyWere) {
  Table table{.columns = {{"strategy", true}, {"latency_s"}, {"window", true}}};
  for (const std::string& name : hostile_names()) table.rows.push_back({name, 0.5, name});
  const CsvTable back{folder_.write("fleet.csv", to_csv(table)).string()};
  ASSERT_EQ(back.rows(), table.rows.size());
  for (std::size_t row = 0; row < back.rows(); ++row) {
    EXPECT_EQ(back.text(row, "strategy"), table.rows[row][0].text());
    EXPECT_EQ(back.number(row, "latency_s"), 0.5);
    EXPECT_EQ(back.text(row, "window"), table.rows[row][2].text());
  }
}

// Cells of the characters that matter, by the thousand.
TEST_F(Csv, RandomCellsComeBackAsTheyWere) {
  Stream draw{StreamFamily{1, "cells"}};
  constexpr std::string_view kCharacters{"\",\n\r;\t #a"};
  for (int i = 0; i < 3000; ++i) {
    std::vector<std::string> cells(1 + static_cast<std::size_t>(3 * draw.uniform()));
    for (std::string& cell : cells) {
      for (auto n = static_cast<int>(6 * draw.uniform()); n > 0; --n) {
        const double which = draw.uniform() * static_cast<double>(kCharacters.size());
        cell += kCharacters[static_cast<std::size_t>(which)];
      }
    }
    const auto records = parse_csv(csv_line(cells), "t", CsvStyle::kStrict);
    ASSERT_EQ(records.size(), 1U);
    ASSERT_EQ(records[0].cells, cells);
  }
}

}  // namespace
}  // namespace papilio
