// Claims: 'papilio plot' draws each figure of a scenario in each format, as large as columns of
// print and with its fonts; its options do what they say, or are refused with what they take and
// nothing written; a title is drawn as it stands; what is kept draws the same picture.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/base/process/capture.hpp"
#include "tests/support/program.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using testing::Finished;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::read_file;
using testing::run_papilio;

/// The paper's scenario, run once.
class PlotOfScenario : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<testing::TemporaryFolder>();
    testing::run_to(results(), {"scenarios/paper/table4.yaml"});
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static fs::path results() { return folder_->path() / "table4"; }
  static Finished plot(std::vector<std::string> options) {
    options.insert(options.begin(), {"plot", results().string()});
    return run_papilio(options);
  }
  /// The picture that these options give. @param name of a file, whose suffix says its kind
  static std::string drawn(std::vector<std::string> options, const std::string& name) {
    const fs::path file = folder_->path() / name;
    options.insert(options.end(), {"-o", file.string()});
    const Finished finished = plot(std::move(options));
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return read_file(file);
  }

  static inline std::unique_ptr<testing::TemporaryFolder> folder_;
};

TEST_F(PlotOfScenario, DrawsEachFigureBesideTheResults) {
  for (const auto& [figure, texts] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"stages", {">mobile-only<", ">RB16<", ">latency, ms<", ">energy, mJ<", ">uplink<"}},
           {"published", {">printed in the paper<", ">1095 ◇ 1101 →<"}},
           {"tradeoff", {">accuracy, %<", ">wifi<", ">RB1<"}},
           {"accuracy", {">D_r 5<", ">baseline<"}}}) {
    const Finished finished = plot({"--figure", figure});
    ASSERT_EQ(finished.exit_code, 0) << finished.err;
    const std::string svg = read_file(results() / (figure + ".svg"));
    for (const std::string& text : texts) EXPECT_THAT(svg, HasSubstr(text)) << figure;
  }
}

// 8.4 cm are 238.1 points, 17.8 cm 504.6; gnuplot cuts to whole ones. At 300 dots an inch they are
// 992 and 2102. The font's own outlines are in the file.
TEST_F(PlotOfScenario, IsAsWideAsColumnsOfPrint) {
  for (const auto& [columns, points, dots] :
       {std::tuple{"1", "/MediaBox [ 0 0 238 ", 992}, {"2", "/MediaBox [ 0 0 504 ", 2102}}) {
    for (const char* figure : {"stages", "tradeoff"}) {
      const std::string pdf = drawn({"--figure", figure, "--columns", columns}, "a.pdf");
      EXPECT_THAT(pdf, HasSubstr(points)) << figure;
      EXPECT_THAT(pdf, HasSubstr("/FontFile"));
    }
    // A PNG's width is in its bytes 16 to 19.
    const std::string png = drawn({"--columns", columns}, "a.png");
    ASSERT_GT(png.size(), 24U);
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(png[i]); };
    EXPECT_EQ(byte(18) * 256 + byte(19), dots);
  }
}

TEST_F(PlotOfScenario, TitlesAreDrawnAsTheyStand) {
  const std::string title = "`touch EXECUTED` $(touch EXECUTED) @x {/Bold y} 'z' 5 %s \\n _a^b";
  for (const char* figure : {"stages", "tradeoff"}) {
    EXPECT_THAT(drawn({"--figure", figure, "--title", title}, "a.svg"),
                HasSubstr(">" + title + "<"));
  }
  EXPECT_FALSE(fs::exists(fs::path{PAPILIO_SOURCE_DIR} / "EXECUTED"));
}

TEST_F(PlotOfScenario, ChoosesRowsAndValues) {
  const std::string svg = drawn({"--where", "partition=RB1,RB8", "--where", "network=3g", "--value",
                                 "energy", "--y-range", "0:60", "--legend", "none"},
                                "a.svg");
  for (const char* there : {">RB1<", ">RB8<", ">3g, stated<", ">energy, mJ<", "> 60<"}) {
    EXPECT_THAT(svg, HasSubstr(there));
  }
  for (const char* gone : {">RB2<", ">wifi", ">latency, ms<", ">uplink<"}) {
    EXPECT_THAT(svg, Not(HasSubstr(gone)));
  }
  EXPECT_THAT(drawn({"--figure", "tradeoff", "--x", "payload_bytes", "--log", "none"}, "b.svg"),
              HasSubstr(">payload, B<"));
}

// What is kept is the script and its data, and gnuplot makes the same bytes of it.
TEST_F(PlotOfScenario, KeepsWhatDrawsTheSame) {
  const fs::path kept = folder_->path() / "kept";
  const std::string svg = drawn({"--title", "`a`", "--keep", kept.string()}, "c.svg");
  EXPECT_THAT(read_file(kept / "plot.gp"), Not(HasSubstr("`")));
  EXPECT_THAT(read_file(kept / "texts.dat"), HasSubstr("\"\\140a\\140\""));
  EXPECT_TRUE(fs::exists(kept / "table0.dat"));
  EXPECT_EQ(capture({"env", "-C", kept.string(), "gnuplot", "plot.gp"}).status, 0);
  EXPECT_EQ(read_file(kept / "plot.svg"), svg);
}

TEST_F(PlotOfScenario, RefusesWithWhatAnOptionTakes) {
  const fs::path file = folder_->path() / "none.svg";
  const fs::path kept = folder_->path() / "none";
  for (const auto& [options, error] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--columns", "3"}, "--columns: expected 1, which is 8.4 cm, or 2, 17.8 cm, got '3'"},
           {{"--legend", "left"}, "--legend: expected right, below or none, got 'left'"},
           {{"--y-range", "5:1"}, "--y-range: expected LOW:HIGH, two numbers in the unit"},
           {{"--y-range", "1:nan"}, "--y-range: expected LOW:HIGH"},
           {{"--x-range", "1"}, "--x-range: expected LOW:HIGH"},
           {{"--log", "z"}, "--log: expected x, y, x,y or none, got 'z'"},
           {{"--log", "y"}, "--log y: bars begin at 0; leave it out"},
           {{"--x-range", "1:2"}, "--x-range: the axis has names and no numbers here"},
           {{"--y-range", "1:2"}, "--y-range: latency and energy stand beside each other"},
           {{"--figure", "stage"}, "--figure: there is no figure 'stage'; did you mean 'stages'?"},
           {{"--value", "accuracy"}, "--value: bars have stages of latency or energy"},
           {{"--where", "partition=RB99"}, "--where: no row has the partition 'RB99'"},
           {{"--where", "colour=red"}, "--where: has no column 'colour'"},
           {{"--figure", "tradeoff", "--x", "cut"}, "has no measure 'cut'"},
           {{"--strategy", "RB1"}, "choose with --where partition=…"},
           {{"--x", "latency"}, "--x applies only to a study's database and --figure tradeoff"}}) {
    std::vector<std::string> words = options;
    words.insert(words.end(), {"-o", file.string(), "--keep", kept.string()});
    const Finished finished = plot(words);
    EXPECT_EQ(finished.exit_code, 2) << error;
    EXPECT_THAT(finished.err, HasSubstr(error));
    EXPECT_FALSE(fs::exists(file)) << error;
    EXPECT_FALSE(fs::exists(kept)) << error;
  }
}

TEST(Plot, PublishedNeedsPublishedTables) {
  const testing::TemporaryFolder folder;
  testing::run_to(folder.path() / "r", {"scenarios/examples/measured.yaml"});
  const Finished finished =
      run_papilio({"plot", (folder.path() / "r").string(), "--figure", "published"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("draw --figure stages"));
}

}  // namespace
}  // namespace papilio
