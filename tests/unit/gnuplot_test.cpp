// Claims: no text of a file stands in a script as it is, so that nothing in it can be a command,
// end a line or a block of data; what is no number does not reach it.

#include "sim/report/gnuplot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "sim/report/plot_quantity.hpp"

namespace papilio {
namespace {

using ::testing::EndsWith;
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
  const std::string table = script.table(
      {{GnuplotScript::number_cell(1), GnuplotScript::text_cell(evil)}}, "number name");
  EXPECT_EQ(table, "'table0.dat'");
  script.add("plot " + table + " using 1 title " + label + "\n");
  const std::vector<PlotFile> files = script.files("set output 'x'\n");
  ASSERT_EQ(files.size(), 3U);
  for (const PlotFile& file : files) {
    for (const char* part : {"`", "$(", "\nsystem"}) EXPECT_THAT(file.text, Not(HasSubstr(part)));
  }
  EXPECT_EQ(files[0].name, "plot.gp");
  EXPECT_THAT(files[0].text, StartsWith("set output 'x'\n"));
  EXPECT_THAT(files[0].text, HasSubstr("\narray T[2]\nstats 'texts.dat' using"));
  EXPECT_THAT(files[0].text, HasSubstr("\nplot 'table0.dat' using 1 title T[2]\n"));
  for (const char* word : {"touch", "END"}) EXPECT_THAT(files[0].text, Not(HasSubstr(word)));
  // One line a text: \n of a text ends none.
  EXPECT_EQ(files[1].name, "texts.dat");
  EXPECT_EQ(std::count(files[1].text.begin(), files[1].text.end(), '\n'), 2);
  EXPECT_THAT(files[1].text, EndsWith("\n\"END\"\n"));
  EXPECT_EQ(files[2].name, "table0.dat");
  EXPECT_THAT(files[2].text, StartsWith("# number name\n1 \"\\140touch x\\140"));
}

// gnuplot takes the text at a tic for a format of numbers.
TEST(Gnuplot, TextsAtTicsAreNoFormats) {
  GnuplotScript script;
  EXPECT_EQ(script.tic("50 %s"), "T[1]");
  EXPECT_EQ(script.files("")[1].text, "\"50 \\045\\045s\"\n");
}

// What is declared has its unit; else the end of a name says it, the longest one that is known.
TEST(PlotQuantity, HasTheUnitsOfTables) {
  const auto expect = [](const PlotQuantity& quantity, const char* label, double factor) {
    EXPECT_EQ(quantity.label, label);
    EXPECT_DOUBLE_EQ(quantity.factor, factor);
  };
  expect(quantity_of("uplink_bit_per_s"), "uplink, Mbit/s", 1e-6);
  expect(quantity_of("throughput_per_s"), "throughput, 1/s", 1);
  expect(quantity_of("delay_s"), "delay, ms", 1e3);
  expect(quantity_of("phones"), "phones", 1);
  const auto column = [](const char* name, const char* unit) {
    return Column{name, ValueType::kReal, unit, ColumnKind::kMeasure, Better::kLess, ""};
  };
  expect(quantity_of(column("p95_s", "s")), "p95 latency, ms", 1e3);
  expect(quantity_of(column("energy_j", "J")), "mobile energy, mJ", 1e3);
  expect(quantity_of(column("mean_power_w", "W")), "mean power, W", 1);
  expect(quantity_of(column("accuracy", "")), "accuracy, %", 100);
}

}  // namespace
}  // namespace papilio
