// Claims: 'papilio validate' runs each cell live over the emulated link and simulates the same
// requests, with the same bytes, one after another and overlapping; what it writes can be simulated
// again without running anything; an adaptive mobile is run and simulated beside it; without the
// rights, or with what cannot be run live, it ends with 2 and one error.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/link/shaped_link.hpp"
#include "sim/base/data/csv.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kScenario = R"(name: small
model: resnet20-cifar10
mobile: {device: xeon-sse3-1-thread}
cloud: {device: xeon-1-thread}
networks: [wifi]
delay_s: 0.005
download_takes_time: true
strategies:
  - {strategy: cloud-only}
  - {strategy: split, after: [RB9]}
)";

std::vector<std::string> few_requests(const std::string& scenario, const std::string& output) {
  return {"validate", scenario,    "--data", "synthetic", "--pictures", "5",  "--requests",
          "5",        "--warm-up", "1",      "--limit",   "1",          "-o", output};
}

TEST(ValidateVerb, RunsAndSimulatesTheSameRequests) {
  if (const std::optional<std::string> problem = find_link_problem()) GTEST_SKIP() << *problem;
  const TemporaryFolder folder;
  const std::string scenario = folder.write("small.yaml", kScenario).string();
  const std::filesystem::path output = folder.path() / "out";
  std::vector<std::string> words = few_requests(scenario, output.string());
  words.insert(words.end(), {"--overlap", "1"});
  const Finished done = run_papilio(words);
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("Simulated without calibration"));
  const CsvTable cells{(output / "cells.csv").string()};
  ASSERT_EQ(cells.rows(), 4U);  // two partitions in two modes
  std::set<std::string> modes;
  for (std::size_t row = 0; row < cells.rows(); ++row) {
    modes.insert(cells.text(row, "mode"));
    EXPECT_EQ(cells.count(row, "requests", 100), 5);
    const std::string& name = cells.text(row, "folder");
    const CsvTable live{(output / "live" / name / "records.csv").string()};
    const CsvTable simulated{(output / "simulated" / name / "records.csv").string()};
    ASSERT_EQ(live.rows(), 6U);
    ASSERT_EQ(simulated.rows(), 6U);
    for (std::size_t i = 0; i < 6; ++i) {
      EXPECT_EQ(live.number(i, "payload_bytes"), simulated.number(i, "payload_bytes"));
      if (cells.text(row, "mode") == "overlapping") {
        EXPECT_NEAR(live.number(i, "arrival_s"), simulated.number(i, "arrival_s"), 1e-9);
      }
    }
  }
  EXPECT_EQ(modes, (std::set<std::string>{"overlapping", "sequential"}));

  // The same ledgers again: the same live numbers, and the same simulated ones.
  const Finished again =
      run_papilio({"validate", scenario, "--again", output.string(), "--requests", "5", "--warm-up",
                   "1", "--overlap", "1", "-o", (folder.path() / "again").string(), "-q"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(read_file(folder.path() / "again" / "cells.csv"), read_file(output / "cells.csv"));
}

TEST(ValidateVerb, SetsAnAdaptiveMobileBesideItsSimulation) {
  if (const std::optional<std::string> problem = find_link_problem()) GTEST_SKIP() << *problem;
  const TemporaryFolder folder;
  const std::string scenario = folder.write("small.yaml", kScenario).string();
  const std::string trace =
      folder.write("trace.csv", "time_s,uplink_mbit_per_s\n0,0\n1,20\n2,1\n").string();
  std::vector<std::string> words = few_requests(scenario, (folder.path() / "out").string());
  words.insert(words.end(),
               {"--adaptive", "--trace", trace, "--rate", "20", "--ping", "0.1", "--others", "5"});
  const Finished done = run_papilio(words);
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("both chose the same"));
  const CsvTable choices{(folder.path() / "out/choices.csv").string()};
  ASSERT_EQ(choices.rows(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_FALSE(choices.text(i, "live_partition").empty());
    EXPECT_FALSE(choices.text(i, "simulated_partition").empty());
  }
  EXPECT_THAT(read_file(folder.path() / "out/simulated/adaptive.yaml"), HasSubstr("background: "));
  EXPECT_EQ(
      CsvTable{(folder.path() / "out/live/adaptive-others/stages.csv").string()}.text(0, "end"),
      "completed");
}

TEST(ValidateVerb, RefusesWhatCannotBeRunLive) {
  const TemporaryFolder folder;
  const std::string scenario = folder.write("small.yaml", kScenario).string();
  const auto error_of = [&](std::vector<std::string> more) {
    std::vector<std::string> words = few_requests(scenario, (folder.path() / "out").string());
    words.insert(words.end(), more.begin(), more.end());
    const Finished done = run_papilio(words);
    EXPECT_EQ(done.exit_code, 2) << done.err;
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "out"));
    return done.err;
  };
  EXPECT_THAT(error_of({"--set", "strategies=[{strategy: mobile-only}]"}),
              HasSubstr("no partition that sends something"));
  EXPECT_THAT(error_of({"--cores", "3"}), HasSubstr("--cores names two processors"));
  // In any order; what is refused is a processor that is not there.
  EXPECT_THAT(error_of({"--cores", "100001,100000"}), HasSubstr("there is no processor 100001"));
  EXPECT_THAT(error_of({"--adaptive"}), HasSubstr("name --trace"));
  EXPECT_THAT(error_of({"--again", (folder.path() / "nowhere").string()}), HasSubstr("nowhere"));
}

}  // namespace
}  // namespace papilio::testing
