// Claims: 'papilio plot' draws a fleet's strategies and windows, and the accuracies of units; names
// are data to it, whatever they hold; the suffix chooses the format; what cannot be drawn is told.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/data/csv.hpp"
#include "sim/base/document/document.hpp"
#include "tests/support/program.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using testing::Finished;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::read_file;
using testing::run_papilio;
using testing::run_to;
using testing::TemporaryFolder;

constexpr const char* kDrawn = "scenarios/fleets/faults.yaml";

TEST(Plot, DrawsTheWindows) {
  const TemporaryFolder folder;
  run_to(folder.path(), {kDrawn});
  const Finished plot = run_papilio({"plot", folder.path().string(), "--value", "p95_s"});
  ASSERT_EQ(plot.exit_code, 0) << plot.err;
  const std::string svg = read_file(folder.path() / "p95_s.svg");
  EXPECT_THAT(svg, HasSubstr("<svg"));
  for (const char* text :
       {"mobile-only", "selection", "oracle", "outage", "crash", "p95 latency, ms"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
}

// Which strategies are fixed cuts, the run says, whatever its network calls them: of VGG-16's only
// the best one is drawn.
TEST(Plot, KnowsTheFixedCutsOfAnyNetwork) {
  const TemporaryFolder folder;
  const fs::path file = folder.write(
      "f.yaml",
      "kind: fleet\nname: f\nduration_s: 30\ncells: [{name: c, radio: wifi}]\n"
      "servers: [{name: s, device: xeon-1-thread}]\nmobiles:\n"
      "  - {name: m, model: vgg16, device: xeon-1-thread, cell: c, server: s, arrivals: {process: "
      "poisson, rate_per_s: 0.2}}\nstrategies:\n  - {strategy: mobile-only}\n"
      "  - {strategy: butterfly, after: [conv1, conv2, conv3, conv4, conv5, fc6, fc7], channels: "
      "4}\n"
      "  - {strategy: oracle, name: RB-like}\n");
  run_to(folder.path(), {file.string()});
  const CsvTable table{(folder.path() / "fleet.csv").string()};
  std::vector<std::string> cuts;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (table.text(row, "strategy_kind") == "butterfly")
      cuts.push_back(table.text(row, "strategy"));
  }
  EXPECT_EQ(cuts.size(), 7U);
  EXPECT_THAT(cuts, Not(Contains("RB-like")));
  EXPECT_THAT(cuts, Not(Contains("mobile-only")));
  ASSERT_EQ(run_papilio({"plot", folder.path().string()}).exit_code, 0);
  const std::string svg = read_file(folder.path() / "latency_s.svg");
  std::size_t drawn = 0;
  for (const std::string& cut : cuts) {
    if (svg.find(">" + cut + "<") != std::string::npos) ++drawn;
  }
  EXPECT_EQ(drawn, 1U);
  EXPECT_THAT(svg, AllOf(HasSubstr(">RB-like<"), HasSubstr(">mobile-only<")));
}

/// Names that a shell or gnuplot would run, end a line or a block of data at, or change.
constexpr std::array<const char*, 8> kHostileNames{"50 %s %n 100 %",
                                                   "a`touch EXECUTED`b",
                                                   "$(touch EXECUTED)",
                                                   "END",
                                                   "\"; system 'touch EXECUTED' #",
                                                   "a\\b \\n \\043",
                                                   "'quoted' \"twice\"",
                                                   "x_1 {/Bold y} @z"};

// A strategy named a\b once made plot refuse Papilio's own file.
TEST(Plot, TakesNamesAsDataAndKeepsThem) {
  const TemporaryFolder folder;
  for (const bool windows : {false, true}) {
    Table table{
        .columns = {{"strategy", true}, {"mobiles", true}, {"window", true}, {"latency_s"}}};
    double latency_s = 0.5;  // each its own, or their lines would be one
    for (const char* name : kHostileNames) {
      table.rows.push_back({name, "all", "all", ++latency_s});
      if (!windows) continue;
      for (const char* window : kHostileNames) {
        table.rows.push_back({name, "all", window, latency_s});
      }
    }
    folder.write("fleet.csv", to_csv(table));
    std::vector<std::string> words{"plot", folder.path().string()};
    for (const char* name : kHostileNames) words.insert(words.end(), {"--strategy", name});
    const Finished plot = run_papilio(words);
    ASSERT_EQ(plot.exit_code, 0) << plot.err;
    const std::string svg = read_file(folder.path() / "latency_s.svg");
    for (const char* name : kHostileNames) EXPECT_THAT(svg, HasSubstr(fmt::format(">{}<", name)));
  }
  folder.write("units/accuracy.csv",
               "cut,channels,bits,codec,seed,images,accuracy\n"
               "a`touch EXECUTED`b,1,8,raw,1,10,0.5\nc,1,8,d`touch EXECUTED`e,1,10,0.5\n");
  ASSERT_EQ(run_papilio({"plot", (folder.path() / "units").string()}).exit_code, 0);
  const std::string svg = read_file(folder.path() / "units/accuracy.svg");
  EXPECT_THAT(svg, AllOf(HasSubstr(">a`touch EXECUTED`b<"), HasSubstr("d`touch EXECUTED`e")));
  EXPECT_FALSE(fs::exists(fs::path{PAPILIO_SOURCE_DIR} / "EXECUTED"));  // where the program runs
}

// A number that is none would reach gnuplot as a line of its script.
TEST(Plot, RefusesValuesThatAreNoNumbers) {
  const TemporaryFolder folder;
  folder.write(
      "fleet.csv",
      "strategy,mobiles,window,latency_s\nx,all,all,\"1\nEND\nsystem 'touch EXECUTED'\"\n");
  const Finished plot = run_papilio({"plot", folder.path().string()});
  EXPECT_EQ(plot.exit_code, 2);
  EXPECT_THAT(plot.err, HasSubstr("fleet.csv:2: error: latency_s: expected a number, got '1\n"));
}

// The suffix chooses; the same results make the same file, whenever.
TEST(Plot, WritesWhatTheSuffixSays) {
  const TemporaryFolder folder;
  folder.write("fleet.csv", "strategy,mobiles,window,latency_s\nmobile-only,all,all,0.5\n");
  const std::string dir = folder.path().string();
  for (const auto& [name, begin] :
       {std::pair{"a.pdf", "%PDF-"}, {"a.PNG", "\x89PNG"}, {"a.svg", "<?xml"}}) {
    const std::string file = folder.path() / name;
    ASSERT_EQ(run_papilio({"plot", dir, "-o", file}).exit_code, 0) << name;
    EXPECT_TRUE(read_file(file).starts_with(begin)) << name;
  }
  EXPECT_THAT(read_file(folder.path() / "a.pdf"), HasSubstr("/CreationDate (D:20000101000000"));
  for (const char* name : {"a.eps", "a", "a.svg.gz"}) {
    const Finished plot = run_papilio({"plot", dir, "-o", (folder.path() / name).string()});
    EXPECT_EQ(plot.exit_code, 2);
    EXPECT_THAT(plot.err,
                HasSubstr("a plot is SVG, PDF or PNG; end the name in .svg, .pdf or .png"));
    EXPECT_FALSE(fs::exists(folder.path() / name));
  }
}

TEST(Plot, TellsWhatItCannotDraw) {
  const TemporaryFolder folder;
  run_to(folder.path(), {kDrawn});
  const auto error = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "plot");
    const Finished plot = run_papilio(arguments);
    EXPECT_EQ(plot.exit_code, 2);
    return plot.err;
  };
  const std::string dir = folder.path().string();
  EXPECT_THAT(error({dir, "--value", "latncy_s"}),
              HasSubstr("has no column 'latncy_s'; did you mean 'latency_s'?"));
  EXPECT_THAT(error({dir, "--strategy", "orcle"}),
              HasSubstr("has no strategy 'orcle'; did you mean 'oracle'?"));
  EXPECT_THAT(error({dir, "--value", "mobiles"}), HasSubstr("mobiles")) << "not a number";
  EXPECT_THAT(error({dir + "/nowhere"}),
              HasSubstr("has none of summary.csv, fleet.csv, accuracy.csv and cells.csv"));
  EXPECT_THAT(error({}), HasSubstr("expected the folder or database of results"));
  folder.write("units/accuracy.csv",
               "cut,channels,bits,codec,seed,images,accuracy\n,0,32,raw,1,10,0.5\n");
  EXPECT_THAT(error({dir + "/units"}), HasSubstr("accuracy.csv: error: has no row with a cut"));
  EXPECT_THAT(error({dir + "/units", "--value", "latency_s"}),
              HasSubstr("--value applies only to fleets and studies"));
}

// The error in percent over the latency in ms, with the interval's ends; 0 is in the picture though
// no error is; a cell that tells none is said to be left out.
TEST(Plot, DrawsHowFarAValidationIsOff) {
  const TemporaryFolder folder;
  folder.write("cells.csv",
               "network,partition,mode,live_p50_s,p50_error,p50_error_least,p50_error_most\n"
               "wifi,RB3,sequential,0.05,-0.04,-0.0475,-0.03\n"
               "wifi,RB3,overlapping,0.0625,-0.125,-0.13,-0.12\n"
               "3g,a`touch EXECUTED`b,sequential,0.4,-0.01,-0.02,-0.005\n"
               "3g,cloud-only,overlapping,,,,\n");
  const std::string dir = folder.path().string();
  const std::string kept = (folder.path() / "kept").string();
  const Finished plot = run_papilio({"plot", dir, "--keep", kept});
  ASSERT_EQ(plot.exit_code, 0) << plot.err;
  EXPECT_THAT(plot.out, HasSubstr("too few requests were answered to tell p50_error: 1 of 4"));
  const std::string svg = read_file(folder.path() / "p50_error.svg");
  for (const char* text : {">wifi, sequential<", ">wifi, overlapping<", ">3g, sequential<", ">RB3<",
                           ">a`touch EXECUTED`b<", ">median latency live, ms<",
                           ">error of the simulated median, %<"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
  EXPECT_THAT(svg, Not(HasSubstr("3g, overlapping")));
  EXPECT_THAT(read_file(folder.path() / "kept/table0.dat"), HasSubstr("\n50 -4 -4.75 -3 \"RB3\""));
  EXPECT_THAT(read_file(folder.path() / "kept/plot.gp"), HasSubstr("0 with lines"));

  // Of a range what lies in it is drawn and named, and nothing else.
  const Finished ranged = run_papilio({"plot", dir, "--y-range", "-5:5", "-o", dir + "/near.svg"});
  ASSERT_EQ(ranged.exit_code, 0) << ranged.err;
  const std::string near = read_file(folder.path() / "near.svg");
  EXPECT_THAT(near, AllOf(HasSubstr(">wifi, sequential<"), HasSubstr(">3g, sequential<"),
                          Not(HasSubstr(">wifi, overlapping<"))));
  const Finished none = run_papilio({"plot", dir, "--x-range", "1:2"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("no cell is within the ranges"));

  const Finished other = run_papilio({"plot", dir, "--value", "p5_error"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("got 'p5_error'; did you mean 'p50_error'?"));
  const Finished missing = run_papilio({"plot", dir, "--value", "p90_error"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("cells.csv:1: error: "));
}

TEST(Plot, DrawsTheAccuraciesOfUnits) {
  const TemporaryFolder folder;
  folder.write("accuracy.csv",
               "cut,channels,bits,codec,seed,images,accuracy\n,0,32,raw,1,10,0.8\n"
               "RB1,1,8,raw,1,10,0.5\nRB1,1,8,raw,2,10,0.7\nRB2,1,8,raw,1,10,0.4\n"
               "RB2,4,8,raw,1,10,0.7\n");
  ASSERT_EQ(run_papilio({"plot", folder.path().string()}).exit_code, 0);
  const std::string svg = read_file(folder.path() / "accuracy.svg");
  for (const char* text : {"RB1", "RB2", "D_r 1", "D_r 4", "baseline", "accuracy, %"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
}

}  // namespace
}  // namespace papilio
