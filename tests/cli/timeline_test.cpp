// Claim: `papilio run --trace` writes a timeline that says that it is a sample, the same bytes on
// any number of jobs, and changes no result.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/run.hpp"

namespace papilio {
namespace {

using nlohmann::json;
using testing::expect_same_files;
using testing::read_file;
using testing::run_papilio;
using testing::run_to;
using testing::TemporaryFolder;

TEST(Timeline, IsTheSameOnAnyNumberOfJobsAndChangesNoResult) {
  const TemporaryFolder folder;
  const std::string fleet = "scenarios/fleets/server-load.yaml";
  run_to(folder.path() / "plain", {fleet, "--set", "duration_s=30"});
  for (const std::string jobs : {"1", "4"}) {
    const auto to = folder.path() / jobs;
    run_to(to, {fleet, "--set", "duration_s=30", "--jobs", jobs, "--trace",
                (to / "timeline.json").string()});
    expect_same_files(folder.path() / "plain", to, {"fleet.csv", "energy.csv", "tables.md"});
  }
  expect_same_files(folder.path() / "1", folder.path() / "4", {"timeline.json"});
  const json file = json::parse(read_file(folder.path() / "1" / "timeline.json"));
  EXPECT_EQ(file["otherData"]["mobiles"], 8);
  EXPECT_NE(file["otherData"]["sample"].get<std::string>().find("8 of "), std::string::npos);
  EXPECT_GT(file["traceEvents"].size(), 100U);
}

TEST(Timeline, DrawsTheCellsOfAScenario) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "t.json";
  run_to(folder.path() / "run", {"scenarios/paper/table4.yaml", "--trace", file.string(),
                                 "--trace-strategy", "butterfly", "--trace-mobiles", "3"});
  const json timeline = json::parse(read_file(file));
  EXPECT_EQ(timeline["otherData"]["cells"], 3);
  // Each cell's slices sum to its request's latency.
  std::map<int, double> sums;
  std::map<int, double> latencies;
  for (const json& event : timeline["traceEvents"]) {
    if (event["ph"] == "X") sums[event["pid"]] += event["args"]["length_s"].get<double>();
    if (event["ph"] == "b") latencies[event["pid"]] = event["args"]["latency_s"];
  }
  ASSERT_EQ(latencies.size(), 3U);
  for (const auto& [cell, latency] : latencies) EXPECT_NEAR(sums[cell], latency, 1e-9 * latency);
}

TEST(Timeline, RefusesWhatItCannotDraw) {
  const std::string fleet = "scenarios/fleets/radio-states.yaml";
  const auto error_of = [](std::vector<std::string> words) {
    words.insert(words.begin(), "run");
    const testing::Finished run = run_papilio(words);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_EQ(run.out, "");
    return run.err;
  };
  EXPECT_EQ(error_of({fleet, "--trace", "/tmp/a.pftrace"}),
            "papilio run: error: --trace writes JSON; name the file .json, not 'a.pftrace'\n");
  EXPECT_EQ(error_of({fleet, "--trace-mobiles", "3"}),
            "papilio run: error: --trace-mobiles needs --trace FILE.json\n");
  EXPECT_EQ(error_of({fleet, "--trace", "a.json", "--trace-mobiles", "0"}),
            "papilio run: error: --trace-mobiles must be 1 to 10000\n");
  EXPECT_NE(error_of({fleet, "--trace", "/proc/none/a.json"}).find("/proc"), std::string::npos);
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "a.json").string();
  EXPECT_NE(error_of({fleet, "--trace", file, "--trace-strategy", "nobody"})
                .find("unknown strategy 'nobody'"),
            std::string::npos);
  EXPECT_NE(error_of({fleet, "--trace", file, "--trace-from", "9", "--trace-to", "9"})
                .find("give a later --trace-to"),
            std::string::npos);
  EXPECT_NE(error_of({"scenarios/paper/table4.yaml", "--trace", file, "--trace-from", "9"})
                .find("apply only to fleets"),
            std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "nothing half is left";
}

}  // namespace
}  // namespace papilio
