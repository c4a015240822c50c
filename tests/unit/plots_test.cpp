// Claims: plots of lines, bars and scenarios show their numbers in the tables' units, hide nothing
// and are as wide as the data; names stay data; what cannot be drawn is refused by its option.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "sim/base/error.hpp"
#include "sim/report/lines_plot.hpp"
#include "sim/report/scenario_plots.hpp"
#include "tests/support/plot_files.hpp"

namespace papilio {
namespace {

using testing::commands_of;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::text_of;

/// The error of what is done, or nothing.
template <class Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return {};
}

LinesPlot two_lines() {
  LinesPlot plot;
  plot.x = {"load", false};
  plot.y = {"latency, ms", true};
  plot.numbers = {1, 2, 4};
  plot.lines = {{"selection", {3, 30, 300}, {1, {}, 600}, {}}, {"oracle", {2, 20, {}}, {}, {}}};
  return plot;
}

// From 2 to 300 + 600 with 4 % of room at both ends of a logarithmic axis: 450^0.04 = 1.2768, so
// 1.5664 to 1149.1; not the decades from 1 to 10000. 300 - 600 has no place there: the interval is
// drawn from the axis's end.
TEST(LinesPlot, AxesAreAsWideAsTheData) {
  const std::string files = text_of(lines_plot(two_lines(), {}));
  EXPECT_THAT(files, HasSubstr("set yrange [1.566"));
  EXPECT_THAT(files, HasSubstr(":1149."));
  EXPECT_THAT(files, HasSubstr("set xrange [1:4]"));
  EXPECT_THAT(files, HasSubstr("# x value low high\n1 3 2 4\n2 30 ? ?\n4 300 1.566"));
  EXPECT_THAT(files, HasSubstr("1 2 ? ?\n2 20 ? ?\n4 ? ? ?\n"));
  const std::string ranged =
      text_of(lines_plot(two_lines(), {.y = PlotRange{1, 500}, .log_y = false}));
  EXPECT_THAT(ranged, HasSubstr("set yrange [1:500]"));
  EXPECT_THAT(ranged, Not(HasSubstr("logscale")));
}

// Two lines of the same values would be one: it has both names.
TEST(LinesPlot, EqualLinesAreOneWithBothNames) {
  LinesPlot plot = two_lines();
  plot.lines.push_back({"best", {3, 30, 300 * (1 + 1e-12)}, {}, {}});
  const std::string files = text_of(lines_plot(plot, {}));
  EXPECT_THAT(files, HasSubstr("\"selection \\075 best\"\n"));
  EXPECT_THAT(files, Not(HasSubstr("table2.dat")));
  plot.lines.back().values[2] = 301;
  EXPECT_THAT(text_of(lines_plot(plot, {})), Not(HasSubstr("\\075")));
}

// Lines differ in dash and marker, not in colour alone.
TEST(LinesPlot, LinesAreToldApartWithoutColour) {
  std::set<std::string> styles;
  for (std::size_t i = 0; i < 24; ++i) {
    std::string style = line_style(i);
    const std::size_t colour = style.find(" lc ");
    ASSERT_NE(colour, std::string::npos);
    styles.insert(style.substr(0, colour));
  }
  EXPECT_EQ(styles.size(), 24U);
}

// Along names, values of a place stand beside each other: 0.1 apart of two lines.
TEST(LinesPlot, ValuesOfANameStandBesideEachOther) {
  LinesPlot plot = two_lines();
  plot.numbers.clear();
  plot.names = {"50 %", "b", "c"};
  plot.remedy = "choose with --strategy";
  const std::string files = text_of(lines_plot(plot, {}));
  EXPECT_THAT(files, HasSubstr("-0.05 3 "));
  EXPECT_THAT(files, HasSubstr("0.05 2 "));
  EXPECT_EQ(error_of([&] {
              lines_plot(plot, {.x = PlotRange{0, 1}});
            }),
            "papilio plot: error: --x-range: the axis has names and no numbers here; choose with "
            "--strategy");
  EXPECT_THAT(error_of([&] { lines_plot(plot, {.log_x = true}); }), HasSubstr("--log x: "));
}

TEST(LinesPlot, ALogarithmicAxisHasNoPlaceForZero) {
  LinesPlot plot = two_lines();
  plot.lines[0].values[0] = 0;
  EXPECT_THAT(error_of([&] { lines_plot(plot, {.log_y = true}); }),
              HasSubstr("--log y: the axis would have to show 0"));
  EXPECT_THAT(error_of([&] {
                lines_plot(plot, {.y = PlotRange{0, 5}, .log_y = true, .verb = "plan"});
              }),
              HasSubstr("papilio plan: error: --y-range: a logarithmic axis has no place for 0"));
  EXPECT_EQ(error_of([&] { lines_plot(plot, {.y = PlotRange{1, 5}, .log_y = true}); }), "");
}

// Bars are in the axis's unit, from 0, with their intervals and their numbers: 8 % of 24 above 24.
TEST(BarsPlot, HasIntervalsAndNumbers) {
  BarsPlot plot;
  plot.y.title = "latency, ms";
  plot.names = {"a", "b"};
  plot.values = {20, 0.5};
  plot.half_widths = {4, {}};
  const std::string files = text_of(bars_plot(plot, {}));
  EXPECT_THAT(files, HasSubstr("set yrange [0:25.92]"));
  EXPECT_THAT(files, HasSubstr("0 20 16 24 24 \"20\"\n1 0.5 ? ? 0.5 \"0\\056\\065\"\n"));
  EXPECT_THAT(error_of([&] { bars_plot(plot, {.log_y = true}); }),
              HasSubstr("--log y: bars begin"));
}

// Sizes for print, to a hundredth of a millimetre; letters of 7.5 points.
TEST(PlotLook, PagesAreAsWideAsColumns) {
  const auto page = [](PlotSize size) { return lines_plot(two_lines(), {.size = size}).page(); };
  EXPECT_DOUBLE_EQ(page(PlotSize::kOneColumn).width_cm, 8.4);
  EXPECT_DOUBLE_EQ(page(PlotSize::kTwoColumns).width_cm, 17.8);
  EXPECT_DOUBLE_EQ(page(PlotSize::kOneColumn).letter_pt, 7.5);
  // In one column the legend is below, and the page higher by its lines.
  EXPECT_GT(page(PlotSize::kOneColumn).height_cm, 6.3);
  EXPECT_THAT(commands_of(lines_plot(two_lines(), {.legend = PlotLegend::kNone})),
              HasSubstr("unset key"));
}

/// Results of a scenario as 'papilio run' writes them: two networks, mobile-only, a limit.
class ScenarioPlots : public ::testing::Test {
 protected:
  static constexpr const char* kHeader =
      "strategy,network,cut,channels,energy_model,payload_bytes,latency_s,mobile_s,uplink_s,cloud_"
      "s,"
      "downlink_s,energy_j,mobile_j,uplink_j,downlink_j,accuracy,partition,admitted\n";

  void SetUp() override {
    write(fmt::format(
        "{}mobile-only,,,,stated,0,0.02,0.02,0,0,0,0.03,0.03,0,0,0.76,mobile-only,1\n"
        "cloud-only,3g,,,stated,1000,0.9,0,0.8,0.1,0,0.8,0,0.8,0,0.76,cloud-only,1\n"
        "butterfly,3g,RB1,1,stated,100,0.016,0.001,0.014,0.001,0,0.02,0.002,0.018,0,0.74,RB1,1\n"
        "butterfly,3g,RB2,1,stated,100,0.012,0.004,0.007,0.001,0,0.01,0.006,0.004,0,0.70,RB2,0\n"
        "butterfly,wifi,RB1,1,stated,100,0.003,0.001,0.001,0.001,0,0.004,0.002,0.002,0,0.74,RB1,1\n"
        "butterfly,wifi,RB1,1,other,100,0.003,0.001,0.001,0.001,0,0.003,0.002,0.001,0,0.74,RB1,1\n",
        kHeader));
  }
  void write(const std::string& text) { folder_.write("summary.csv", text); }
  [[nodiscard]] SummaryCsv summary(const PlotChoices& where = {}) const {
    return {(folder_.path() / "summary.csv").string(), where};
  }

  testing::TemporaryFolder folder_;
};

// On 3g, in ms: the mobile's part of RB1 is from 0 to 1, the uplink's to 15, the cloud's to 16.
// Three times the second of 20 is 60 < 900, so cloud-only is cut at 20 · 1.25 = 25 and says its
// 900. The least that is admitted is RB1, of 16; RB2, of 12, is excluded. Marks stand 6 % of 25
// above: at 17.5 and 13.5.
TEST_F(ScenarioPlots, StagesAddUpAndMarksSayWhatIsChosen) {
  const std::string files = text_of(stages_plot(summary(), {.energy = false}, {}));
  EXPECT_THAT(files, HasSubstr("set yrange [0:25]"));
  EXPECT_THAT(files, HasSubstr("# place from to\n0 0 20\n2 0 1\n3 0 4\n=="));
  EXPECT_THAT(files, HasSubstr("# place from to\n1 0 25\n2 1 15\n3 4 11\n=="));
  EXPECT_THAT(files, HasSubstr("# place from to\n2 15 16\n3 11 12\n=="));
  EXPECT_THAT(files, HasSubstr("\"900 →\""));
  EXPECT_THAT(files, HasSubstr("# place height\n2 17.5\n=="));
  EXPECT_THAT(files, HasSubstr("# place height\n3 13.5\n=="));
  for (const char* text : {"\"latency\\054 ms\"", "\"3g\"", "\"wifi\"", "\"mobile\\055only\"",
                           "\"least within limits\"", "\"excluded by limits\""}) {
    EXPECT_THAT(files, HasSubstr(text)) << text;
  }
  EXPECT_THAT(files, Not(HasSubstr("mJ")));
}

// Of two readings the first, which the panel names; what stands beside is the energy.
TEST_F(ScenarioPlots, EnergyIsOfOneReading) {
  const std::string files = text_of(stages_plot(summary(), {}, {}));
  EXPECT_THAT(files, HasSubstr("\"3g\\054 stated\""));
  EXPECT_THAT(files, HasSubstr("\"energy\\054 mJ\""));
  EXPECT_THAT(text_of(stages_plot(summary({{"energy_model", {"other"}}}), {}, {})),
              HasSubstr("\"wifi\\054 other\""));
  EXPECT_THAT(error_of([&] {
                (void)summary({{"energy_model", {"others"}}});
              }),
              HasSubstr("--where: no row has the energy_model 'others'; did you mean 'other'?"));
  EXPECT_THAT(error_of([&] {
                (void)summary({{"netwrk", {"3g"}}});
              }),
              HasSubstr("--where: has no column 'netwrk'; did you mean 'network'?"));
}

// What the paper prints is beside what was simulated; of a bar that is cut, in its text.
TEST_F(ScenarioPlots, PrintedValuesStandBesideSimulated) {
  const StagesPlot plot{.energy = false,
                        .printed = {{"3g", "RB1", 0.0165, 0.03}, {"3g", "cloud-only", 0.95, 1}}};
  const std::string files = text_of(stages_plot(summary(), plot, {}));
  EXPECT_THAT(files, HasSubstr("# place value\n2 16.5\n=="));
  EXPECT_THAT(files, HasSubstr("\"900 ◇ 950 →\""));
  EXPECT_THAT(files, HasSubstr("\"printed in the paper\""));
}

TEST_F(ScenarioPlots, BarsRefuseWhatTheyCannotHave) {
  const auto error = [&](const PlotLook& look) {
    return error_of([&] { stages_plot(summary(), {}, look); });
  };
  EXPECT_THAT(error({.log_y = true}), HasSubstr("--log y: bars begin at 0"));
  EXPECT_THAT(error({.y = PlotRange{0, 5}}), HasSubstr("choose one with --value"));
  EXPECT_THAT(error({.x = PlotRange{0, 5}}), HasSubstr("--where partition="));
}

// 61 cuts have no room: of each the fastest that may be chosen is shown, and of too many cuts none.
TEST_F(ScenarioPlots, OfManyPartitionsTheFastestOfEachCutIsShown) {
  std::string rows = kHeader;
  for (int i = 0; i < 61; ++i) {
    rows += fmt::format(
        "butterfly,3g,RB{0},{1},stated,9,0.0{1},0,0.0{1},0,0,1,0,1,0,0.7,RB{0}/{1},{2}\n", i / 2,
        i % 2 + 1, i == 0 ? 0 : 1);
  }
  write(rows);
  const std::string files = text_of(stages_plot(summary(), {.bars = 40}, {}));
  EXPECT_THAT(files, HasSubstr("\"RB0\\057\\062\"")) << "the faster one is excluded";
  EXPECT_THAT(files, HasSubstr("\"RB1\\057\\061\""));
  EXPECT_THAT(files, Not(HasSubstr("\"RB1\\057\\062\"")));
  rows = kHeader;
  for (int i = 0; i < 81; ++i) {
    rows += fmt::format("butterfly,3g,RB{0},1,stated,9,0.1,0,0.1,0,0,1,0,1,0,0.7,RB{0},1\n", i);
  }
  write(rows);
  EXPECT_THAT(error_of([&] { stages_plot(summary(), {.bars = 81}, {}); }),
              HasSubstr("81 partitions in 2 panels have no room in one picture; choose with "
                        "--where partition=…"));
}

// Of 60 cuts a panel of one column, of 25.5 ems, has room for 23 bars of 1.1: the baselines, and of
// the cuts, each slower than the one before, the first 21. The least energy, of the last cut, is an
// answer too.
TEST_F(ScenarioPlots, OfManyPartitionsTheAnswersTheBaselinesAndTheNextBestAreShown) {
  std::string rows = fmt::format(
      "{}mobile-only,,,,stated,0,0.9,0.9,0,0,0,0.9,0.9,0,0,0.76,mobile-only,1\n"
      "cloud-only,3g,,,stated,1,0.8,0,0.8,0,0,0.8,0,0.8,0,0.76,cloud-only/8bit,1\n"
      "cloud-only,3g,,,stated,1,0.85,0,0.85,0,0,0.85,0,0.85,0,0.76,cloud-only/32bit,1\n",
      kHeader);
  for (int i = 0; i < 60; ++i) {
    rows += fmt::format("split,3g,C{0},,stated,9,0.{1},0,0.{1},0,0,{2},0,1,0,0.7,C{0},1\n", i,
                        i + 10, i == 59 ? 0.1 : 1);
  }
  write(rows);
  const PlotLook look{.size = PlotSize::kOneColumn};
  const GnuplotScript script = stages_plot(summary(), {}, look);
  const std::string files = text_of(script);
  for (const char* name :
       {"\"mobile\\055only\"", "\"cloud\\055only\\057\\070bit\"", "\"C0\"", "\"C59\"", "\"C10\""}) {
    EXPECT_THAT(files, HasSubstr(name)) << name;
  }
  EXPECT_THAT(files, Not(HasSubstr("\"C40\"")));
  EXPECT_THAT(files, Not(HasSubstr("32bit")));
  EXPECT_THAT(script.note(),
              HasSubstr("Shows 23 of 63 partitions: mobile-only, the best cloud-only, "
                        "the least of each panel and the next best; --bars N"));
  EXPECT_EQ(stages_plot(summary(), {.bars = 63}, look).note(), "");
}

// On 3g RB1 is the fastest that is admitted; RB2 is faster, but excluded. Mobile-only is as
// accurate as cloud-only, and faster. Accuracies in percent, milliseconds.
TEST_F(ScenarioPlots, TradeoffsHaveFrontsOfWhatMayBeChosen) {
  const std::string files = text_of(tradeoff_plot(summary(), {}, {}));
  EXPECT_THAT(files, HasSubstr("# x y partition\n16 74 \"RB1\"\n20 76 \"mobile\\055only\"\n=="));
  EXPECT_THAT(files, HasSubstr("# x y partition\n12 70 \"RB2\"\n=="));
  EXPECT_THAT(files, HasSubstr("with steps"));
  EXPECT_THAT(files, HasSubstr("\"accuracy\\054 \\045\""));
  EXPECT_THAT(text_of(tradeoff_plot(summary(), {.x = "payload_bytes", .y = "energy"}, {})),
              HasSubstr("\"payload\\054 B\""));
  EXPECT_THAT(error_of([&] { tradeoff_plot(summary(), {.x = "latncy"}, {}); }),
              HasSubstr("has no measure 'latncy'"));
  EXPECT_THAT(error_of([&] {
                tradeoff_plot(summary(), {}, {.x = PlotRange{1e6, 2e6}});
              }),
              HasSubstr("widen --x-range"));
}

TEST_F(ScenarioPlots, AccuracyHasALineForEachNumberOfChannels) {
  const std::string files = text_of(summary_accuracy_plot(summary(), {}));
  EXPECT_THAT(files, HasSubstr("\"D\\137r 1\""));
  EXPECT_THAT(files, HasSubstr("0 74 ? ?\n1 70 ? ?\n=="));
  EXPECT_THAT(files, HasSubstr("\"baseline\""));
}

TEST_F(ScenarioPlots, NamesStayDataAndGnuplotDrawsAll) {
  write(fmt::format(
      "{}split,\"`touch x` %s\",\"@a\",,stated,5,0.1,0.1,0,0,0,1,1,0,0,0.5,\"$(touch x) "
      "{{/Bold y}} 'z'\",1\n",
      kHeader));
  for (const PlotSize size : {PlotSize::kScreen, PlotSize::kOneColumn, PlotSize::kTwoColumns}) {
    const PlotLook look{.size = size, .title = "`touch x` @b \\n"};
    for (const GnuplotScript& plot :
         {stages_plot(summary(), {}, look), tradeoff_plot(summary(), {}, look),
          summary_accuracy_plot(summary(), look)}) {
      for (const char* part : {"touch", "Bold", "@"}) {
        EXPECT_THAT(commands_of(plot), Not(HasSubstr(part)));
      }
      for (const char* terminal : {"svg noenhanced", "pdfcairo noenhanced"}) {
        const Captured drawn = testing::drawn_by_gnuplot(plot, terminal);
        EXPECT_EQ(drawn.status, 0) << drawn.output;
        EXPECT_EQ(drawn.output, "");
      }
    }
  }
}

}  // namespace
}  // namespace papilio
