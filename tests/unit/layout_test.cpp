// Claims: a table is made as narrow as it must be and no narrower: first headings, then texts, then
// parts; texts break at blanks. On a terminal no text steers it, and colours mark rows.

#include "sim/base/document/layout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/document/terminal.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Parts = std::vector<std::vector<std::size_t>>;

Room room(std::size_t width) {
  return {.width = width, .gap = 2, .least_text = 6, .measure = display_cells};
}

TEST(Wrapped, BreaksAtBlanksAndWithinAWordOnlyWhereItIsTooWide) {
  EXPECT_THAT(wrapped("one two three", 7, display_cells), ElementsAre("one two", "three"));
  EXPECT_THAT(wrapped("one two three", 5, display_cells), ElementsAre("one", "two", "three"));
  EXPECT_THAT(wrapped("", 5, display_cells), ElementsAre(""));
  EXPECT_THAT(wrapped("abcdefgh i", 3, display_cells), ElementsAre("abc", "def", "gh", "i"));
  EXPECT_THAT(wrapped("a throughput-only b", 12, display_cells),
              ElementsAre("a", "throughput-", "only b"));
  EXPECT_THAT(wrapped("网络切分", 5, display_cells), ElementsAre("网络", "切分"))
      << "two cells each, two of them in five";
  EXPECT_THAT(wrapped("网络", 1, display_cells), ElementsAre("网", "络"))
      << "a character that does not fit stands alone";
}

// Texts of columns: "cut" 4 wide, "ms, paper" 9 (5 in two lines), a number of 3, a text of 17.
const TextRows kRows{{"cut", "ms, paper", "n", "note"},
                     {"RB1", "2.4", "100", "see the note here"},
                     {"RB16", "14.7", "2", ""}};
const std::vector<bool> kWraps{true, false, false, true};

TEST(Layout, GivesUpHeadingsThenTextsThenTheOneTable) {
  // 4 + 9 + 3 + 17 and three gaps of 2.
  EXPECT_THAT(lay_out(kRows, kWraps, room(39)).widths, ElementsAre(4, 9, 3, 17));
  // "ms," above "paper": 4 + 6 (of "paper", 5) …
  const TableLayout headings = lay_out(kRows, kWraps, room(38));
  EXPECT_THAT(headings.widths, ElementsAre(4, 5, 3, 17));
  EXPECT_EQ(headings.parts, (Parts{{0, 1, 2, 3}}));
  // 4 + 5 + 3 + 6 leave 12 of 30 for the note.
  const TableLayout texts = lay_out(kRows, kWraps, room(30));
  EXPECT_THAT(texts.widths, ElementsAre(4, 5, 3, 12));
  EXPECT_EQ(texts.parts, (Parts{{0, 1, 2, 3}}));
  // At 23 the note would have 5, less than 6: it goes on below, with the cut, in 23 - 4 - 2.
  const TableLayout parts = lay_out(kRows, kWraps, room(23));
  EXPECT_EQ(parts.parts, (Parts{{0, 1, 2}, {0, 3}}));
  EXPECT_EQ(parts.widths[3], 17U);
  EXPECT_THAT(parts.left_out, IsEmpty());
}

TEST(Layout, NamesRowsByAsManyColumnsAsTellThemApart) {
  const TextRows rows{{"net", "target", "value", "second", "behind"},
                      {"3g", "ms", "14.4", "RB4", "4.6"},
                      {"3g", "mJ", "21.7", "RB14", "3.9"}};
  const std::vector<bool> wraps{true, true, false, true, false};
  EXPECT_EQ(lay_out(rows, wraps, room(26)).parts, (Parts{{0, 1, 2, 3}, {0, 1, 4}}));
  // 3 + 2 + 6 are more than two thirds of 16: "net" alone names them, though it does not tell
  // apart.
  EXPECT_EQ(lay_out(rows, wraps, room(15)).parts, (Parts{{0, 1}, {0, 2}, {0, 3}, {0, 4}}));
}

TEST(Layout, LeavesOutOnlyWhatNoPartHasRoomFor) {
  const TextRows rows{{"name", "n", "number"}, {"abcd", "1", "123456789012345"}};
  const TableLayout layout = lay_out(rows, {true, false, false}, room(20));
  EXPECT_EQ(layout.parts, (Parts{{0, 1}}));
  EXPECT_THAT(layout.left_out, ElementsAre(2)) << "4 + 2 + 15 are 21";
}

Document document() {
  Table table{.columns = {{"cut", true}, {"ms"}}, .rows = {{"RB1", 2.5}, {"R\x1b[2J\t网", 14}}};
  table.marks = {{0, Table::Mark::kBest}, {1, Table::Mark::kExcluded}};
  return {.title = "t",
          .paragraphs = {"one two three four five"},
          .sections = {{.title = "s", .table = table, .remarks = {"more than one line has"}}}};
}

TEST(Terminal, ShowsADocumentWithinItsWidth) {
  EXPECT_EQ(to_terminal(document(), {.width = 20}),
            "# t\n"
            "\n"
            "one two three four\n"
            "five\n"
            "\n"
            "## s\n"
            "\n"
            "cut        ms\n"
            "--------  ---\n"
            "RB1       2.5\n"
            "R␛[2J 网   14\n"
            "\n"
            "- more than one line\n"
            "  has\n");
}

TEST(Terminal, ColoursMarkedRowsAndSaysWhatColoursMean) {
  const std::string text = to_terminal(document(), {.width = 60, .colour = true});
  EXPECT_THAT(text, HasSubstr("\033[1;32mRB1       2.5\033[0m\n"));
  EXPECT_THAT(text, HasSubstr("\033[31mR␛[2J 网   14\033[0m\n"));
  EXPECT_THAT(text, HasSubstr("(green: selected; red: outside the limits)\n"));
  EXPECT_THAT(to_terminal(document(), {.width = 40}), Not(HasSubstr("\033")));
}

TEST(Terminal, NamesWhatItLeavesOut) {
  const Table table{.columns = {{"name", true}, {"n"}, {"number"}},
                    .rows = {{"abcd", 1, 123456789012345}}};
  EXPECT_EQ(to_terminal(table, {.width = 5}),
            "name  n\n----  -\nabcd  1\n\n"
            "Left out, too wide\nfor 20 columns of\ntext: number. --wide\n"
            "shows all.\n")
      << "5 columns are taken for 20";
}

}  // namespace
}  // namespace papilio
