// Claims: pictures of what a planner found hold its numbers, and every text only as data; labels
// stand where there is room; gnuplot draws them.

#include "sim/report/planner_plots.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/error.hpp"
#include "tests/support/plot_files.hpp"
#include "tests/support/special_numbers.hpp"

namespace papilio {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kEvil{"`touch x` $(touch x) \"'_^{}\nEND\nsystem 'touch x'\n@a"};

/// 4 by 4 places: the left half is the first's, the right the second's, but for its upper right
/// corner, where nobody is admitted.
MapPlot small_map() {
  return {.title = "",
          .x = {"uplink, Mbit/s", true},
          .y = {"load", false},
          .xs = {1, 4, 64, 256},
          .ys = {0, 1, 2, 3},
          .winners = {0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 9},
          .labels = {"mobile", "cloud", "nowhere the best"}};
}

FrontPlot small_front() {
  return {.title = "",
          .x = {"latency, s", false},
          .y = {"energy, J", false},
          .points = {{1, 4, "cloud", true},
                     {2, 2, "RB1", true},
                     {4, 1, "mobile", true},
                     {3, 3, "RB2", false},
                     {3, 4, "RB3", true},
                     {kUnknown, 1, "unknown", false}},
          .chosen = 1,
          .baselines = {0, 2}};
}

BreakPointPlot small_breaks() {
  return {.title = "",
          .x = {"uplink, Mbit/s", false},
          .y = {"latency, s", false},
          .is_reciprocal = true,
          .curves = {{"mobile", 3, 0}, {"cloud", 1, 4}},
          .segments = {{1, 2, 0}, {2, 8, 1}}};
}

/// The pictures' files as texts.
std::string map_text(const MapPlot& map, const PlotLook& look = {}) {
  return testing::text_of(map_plot(map, look));
}
std::string front_text(const FrontPlot& front, const PlotLook& look = {}) {
  return testing::text_of(front_plot(front, look));
}
std::string break_text(const BreakPointPlot& breaks, const PlotLook& look = {}) {
  return testing::text_of(break_point_plot(breaks, look));
}

// Each cell reaches half-way to its neighbours, on the logarithmic axis by ratio: to sqrt(1·4) = 2,
// sqrt(4·64) = 16, sqrt(64·256) = 128. The left half is one box over all rows, its middle
// sqrt(1·16) = 4, and from 0 to 3, 1.5. Nobody's box begins at 128 and 2.5.
TEST(MapPlot, HoldsBoxesAndTheLinesBetweenThem) {
  const std::string script = map_text(small_map());
  EXPECT_THAT(script, HasSubstr("== table0.dat\n# x y left right bottom top\n4 1.5 1 16 0 3\n=="));
  EXPECT_THAT(script, HasSubstr(" 2.75 128 256 2.5 3\n=="));
  EXPECT_THAT(script, HasSubstr("== table3.dat\n# x y\n16 0\n16 0.5\n\n"));
  EXPECT_THAT(script, HasSubstr("\"mobile\"\n"));
  EXPECT_THAT(script, HasSubstr("\"–  no plan\"\n"));
  EXPECT_THAT(script, Not(HasSubstr("nowhere"))) << "who wins nothing has no key";
  EXPECT_THAT(script, HasSubstr("set logscale x\n"));
  EXPECT_THAT(script, Not(HasSubstr("set logscale y\n")));
}

// In an area of a hundredth of the width no label has room, nor a letter.
TEST(MapPlot, LabelsWhatHasRoom) {
  MapPlot map = small_map();
  map.x.is_logarithmic = false;
  map.xs.clear();
  map.winners.clear();
  map.ys = {0, 1};
  for (unsigned i = 0; i <= 100; ++i) map.xs.push_back(i);
  for (unsigned row = 0; row < 2; ++row) {
    for (unsigned i = 0; i <= 100; ++i) map.winners.push_back(i == 0 ? 0 : i > 95 ? 1 : 2);
  }
  const std::string script = map_text(map);
  // Keys of three; labels: the second's letter and the third's whole label, first the larger.
  const auto labels_at = script.find("set label ");
  ASSERT_NE(labels_at, std::string::npos);
  const std::string labels = script.substr(labels_at);
  EXPECT_THAT(script, HasSubstr("\"nowhere the best\"\n\"B\"\n"));
  EXPECT_EQ(labels.find("set label", labels.find("set label", 1) + 1), std::string::npos);
}

// (1, 4), (2, 2) and (4, 1) are the steps; RB2 is dominated; RB3 is on the front by other criteria;
// who has an unknown coordinate is nowhere.
TEST(FrontPlot, HoldsStepsAndTheOthers) {
  const std::string script = front_text(small_front());
  EXPECT_THAT(script, HasSubstr("== table0.dat\n# x y\n3 3\n=="));
  EXPECT_THAT(script, HasSubstr("== table1.dat\n# x y\n3 4\n=="));
  EXPECT_THAT(script, HasSubstr("== table2.dat\n# x y\n1 4\n2 2\n4 1\n=="));
  EXPECT_THAT(script, HasSubstr("== table4.dat\n# x y\n1 4\n4 1\n=="));
  EXPECT_THAT(script, HasSubstr("== table5.dat\n# x y\n2 2\n=="));
  EXPECT_THAT(script, HasSubstr("'table2.dat' using 1:2 with steps"));
  for (const char* label : {"\"cloud\"", "\"RB1\"", "\"mobile\""}) {
    EXPECT_THAT(script, HasSubstr(label));
  }
  EXPECT_THAT(script, Not(HasSubstr("RB2")));
  EXPECT_THAT(script, Not(HasSubstr("unknown")));
}

TEST(FrontPlot, IsRefusedWithoutAPoint) {
  FrontPlot front = small_front();
  front.points.resize(1);
  front.points[0].y = kInfinite;
  EXPECT_THROW(front_text(front), ConfigError);
  front.points[0] = {1, 0, "cloud", true};
  EXPECT_NO_THROW(front_text(front)) << "one point, and a 0";
  front.y.is_logarithmic = true;
  EXPECT_THROW(front_text(front), ConfigError) << "a 0 has no place on a logarithmic axis";
}

// 1 + 4/x is 3 at x = 2, where the mobile's 3 ends to be the least.
TEST(BreakPointPlot, HoldsTheCurvesAndTheirMeeting) {
  const std::string script = break_text(small_breaks());
  EXPECT_THAT(script, HasSubstr("2 3\n2 3\n==")) << "the mark, of both sides";
  EXPECT_THAT(script, HasSubstr("set arrow from first 2, graph 0"));
  EXPECT_THAT(script, HasSubstr("\"2\"\n")) << "its number";
  EXPECT_THAT(script, HasSubstr("1 5\n")) << "the cloud at 1, where it does not win";
  EXPECT_THAT(script, Not(HasSubstr("no plan")));
  BreakPointPlot nobody = small_breaks();
  nobody.segments[0].winner.reset();
  EXPECT_THAT(break_text(nobody), HasSubstr("set object rectangle from first 1, graph 0 to"));
  EXPECT_THAT(break_text(nobody), HasSubstr("\"–  no plan\"\n"));
  for (auto& segment : nobody.segments) segment.winner.reset();
  EXPECT_THROW(break_text(nobody), ConfigError);
}

TEST(PlannerPlots, TextsStayData) {
  MapPlot map = small_map();
  FrontPlot front = small_front();
  BreakPointPlot breaks = small_breaks();
  map.title = front.title = breaks.title = kEvil;
  map.x.title = front.y.title = breaks.x.title = kEvil;
  for (auto& label : map.labels) label = kEvil;
  for (auto& point : front.points) point.label = kEvil;
  for (auto& curve : breaks.curves) curve.label = kEvil;
  for (const GnuplotScript& plot :
       {map_plot(map, {}), front_plot(front, {}), break_point_plot(breaks, {.title = kEvil})}) {
    const std::string files = testing::text_of(plot);
    for (const char* part : {"`", "$(", "\nsystem", "touch x'", "@"}) {
      EXPECT_THAT(files, Not(HasSubstr(part)));
    }
    EXPECT_THAT(files, HasSubstr("\"\\140touch"));
    EXPECT_THAT(testing::commands_of(plot), Not(HasSubstr("touch"))) << "not even quoted";
    const Captured drawn = testing::drawn_by_gnuplot(plot, "svg noenhanced");
    EXPECT_EQ(drawn.status, 0) << drawn.output;
    EXPECT_EQ(drawn.output, "");
  }
}

TEST(PlannerPlots, AreDrawnOnEachTerminalInEachSize) {
  for (const PlotSize size : {PlotSize::kScreen, PlotSize::kOneColumn, PlotSize::kTwoColumns}) {
    const PlotLook look{.size = size};
    for (const GnuplotScript& plot : {map_plot(small_map(), look), front_plot(small_front(), look),
                                      break_point_plot(small_breaks(), look)}) {
      for (const char* terminal :
           {"svg noenhanced", "pngcairo noenhanced", "pdfcairo noenhanced"}) {
        const Captured drawn = testing::drawn_by_gnuplot(plot, terminal);
        EXPECT_EQ(drawn.status, 0) << terminal << ": " << drawn.output;
        EXPECT_EQ(drawn.output, "") << terminal;
      }
    }
  }
}

// 4 to 64 of a map from 1 to 256: what is beyond has no part in the picture, and no label.
TEST(PlannerPlots, ShowWhatARangeHolds) {
  const std::string map = map_text(small_map(), {.x = PlotRange{4, 64}});
  EXPECT_THAT(map, HasSubstr("set xrange [4:64]"));
  EXPECT_THAT(front_text(small_front(), {.x = PlotRange{1.5, 5}}), Not(HasSubstr("\"cloud\"")))
      << "the point at 1";
  EXPECT_THAT(front_text(small_front(), {.log_x = true}), HasSubstr("set logscale x"));
  EXPECT_THAT(map_text(small_map(), {.log_x = false}), Not(HasSubstr("set logscale x")));
  const std::string breaks = break_text(small_breaks(), {.x = PlotRange{3, 8}});
  EXPECT_THAT(breaks, Not(HasSubstr("set arrow from first 2"))) << "the meeting is at 2";
  EXPECT_THROW(front_text(small_front(), {.x = PlotRange{100, 200}}), ConfigError);
}

TEST(PlotLayout, ShortensInTheMiddleByWholeCharacters) {
  EXPECT_EQ(shortened("RB1", 3), "RB1");
  EXPECT_EQ(shortened("abcdefgh", 5), "ab…gh");
  EXPECT_EQ(shortened("µµµµµµµµ", 5), "µµ…µµ");
  EXPECT_EQ(text_width("µ…"), text_width("ab"));
  EXPECT_EQ(letter_of(0), "A");
  EXPECT_EQ(letter_of(27), "B1");
  EXPECT_EQ(short_number(0.12649), "0.126");
  EXPECT_EQ(short_number(12649), "12649");
}

TEST(PlotLayout, ScalesByRatioOrByDifference) {
  const PlotScale linear{0, 8, false};
  EXPECT_EQ(linear.share(2), 0.25);
  EXPECT_EQ(linear.value(0.25), 2);
  EXPECT_EQ(linear.between(2, 4), 3);
  const PlotScale logarithmic{1, 16, true};
  EXPECT_DOUBLE_EQ(logarithmic.share(2), 0.25);
  EXPECT_DOUBLE_EQ(logarithmic.value(0.25), 2);
  EXPECT_DOUBLE_EQ(logarithmic.between(1, 4), 2);
  EXPECT_DOUBLE_EQ(logarithmic.widened(0.25, 0).low(), 0.5);
}

}  // namespace
}  // namespace papilio
