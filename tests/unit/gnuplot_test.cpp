// Claims: no text of a file stands in a script as it is, so that nothing in it can be a command,
// end a line or a block of data; what is no number does not reach it.

#include "sim/report/gnuplot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace papilio {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Gnuplot, TextsAreDataByTheirNumbers) {
  EXPECT_EQ(GnuplotScript::text_cell("RB1 µ"), "\"RB1 µ\"");
  EXPECT_EQ(GnuplotScript::text_cell("a`b\"\\n"), "\"a\\140b\\042\\134n\"");
  EXPECT_EQ(GnuplotScript::text_cell("a\nEND\r\tb\x7F"), "\"a END  b \"") << "one line";
  EXPECT_EQ(GnuplotScript::text_cell("-50-a5"), "\"\\055\\065\\060\\055a5\"") << "no \\05550";
  EXPECT_EQ(GnuplotScript::text_cell("?"), "\"\\077\"") << "no missing number";
  EXPECT_EQ(GnuplotScript::number_cell(0.25), "0.25");
  EXPECT_EQ(GnuplotScript::number_cell({}), "?");
  EXPECT_EQ(GnuplotScript::number_cell(std::numeric_limits<double>::quiet_NaN()), "?");
}

TEST(Gnuplot, CommandsHaveExpressionsForTexts) {
  const std::string evil{"`touch x` $(touch x)\nEND\nsystem \"touch x\""};
  GnuplotScript script;
  EXPECT_EQ(script.text(evil), "T[1]");
  const std::string label = script.text("END");
  EXPECT_EQ(label, "T[2]");
  const std::string table =
      script.table({{GnuplotScript::number_cell(1), GnuplotScript::text_cell(evil)}});
  script.add("plot " + table + " using 1 title " + label + "\n");
  const std::string text = script.script();
  for (const char* part : {"`", "$(", "\nsystem"}) EXPECT_THAT(text, Not(HasSubstr(part)));
  // Two blocks, each ended once, after which come commands.
  EXPECT_THAT(text, HasSubstr("\n\"END\"\nEND\narray T[2]\nstats $texts"));
  EXPECT_THAT(text.substr(text.find("$table0 << END\n")),
              StartsWith("$table0 << END\n1 \"\\140touch x\\140"));
  EXPECT_THAT(text, HasSubstr("\nEND\nplot $table0 using 1 title T[2]\n"));
}

}  // namespace
}  // namespace papilio
