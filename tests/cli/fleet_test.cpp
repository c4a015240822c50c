// Claims: a fleet's run writes its files whole, the same bytes each time and on any number of
// workers; every strategy meets the same arrivals, sizes and losses; every column is documented.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "sim/base/data/csv.hpp"
#include "tests/support/program.hpp"
#include "tests/support/run.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using testing::columns_of;
using testing::expect_same_files;
using testing::Finished;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::read_file;
using testing::run_papilio;
using testing::run_to;
using testing::TemporaryFolder;

constexpr const char* kFaults = "scenarios/fleets/faults.yaml";
const std::vector<std::string> kFleetFiles{"fleet.csv",      "energy.csv",  "choices.csv",
                                           "timeseries.csv", "records.csv", "tables.md",
                                           "tables.tex"};

/// A run of the fleet of faults; under the sanitizers all that goes wrong, ten times as soon.
std::vector<std::string> faults(const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{kFaults};
  if (kSanitized) {
    const char* windows =
        "windows=[{name: before, from_s: 0, to_s: 20}, {name: outage, from_s: 20, to_s: 26}, "
        "{name: crash, from_s: 40, to_s: 50}, {name: slow, from_s: 60, to_s: 70}, "
        "{name: after, from_s: 80, to_s: 100}]";
    for (const char* sooner :
         {"duration_s=100", windows, "cells.0.outages=[{from_s: 20, to_s: 26}]",
          "servers.0.crashes=[{from_s: 40, to_s: 50}]",
          "servers.0.slow=[{from_s: 60, to_s: 70, factor: 400}]", "mobiles.0.battery_j=8"}) {
      words.insert(words.end(), {"--set", sooner});
    }
  }
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

CsvTable table_of(const fs::path& file) {
  return CsvTable{file.string()};
}

TEST(FleetRun, TheNumberOfJobsChangesNoByte) {
  const TemporaryFolder folder;
  run_to(folder.path() / "a", faults());
  run_to(folder.path() / "b", faults());
  run_to(folder.path() / "c", faults({"--jobs", "3"}));
  expect_same_files(folder.path() / "a", folder.path() / "b", kFleetFiles);
  expect_same_files(folder.path() / "a", folder.path() / "c", kFleetFiles);
}

// What a bandit learns is of its own run: neither other runs nor the workers' order move it.
TEST(FleetRun, ABanditLearnsTheSameOnAnyNumberOfJobs) {
  const TemporaryFolder folder;
  const std::vector<std::string> run{"scenarios/fleets/bandit.yaml",
                                     "--set",
                                     fewer("replications=3", "replications=2"),
                                     "--set",
                                     fewer("duration_s=60", "duration_s=15"),
                                     "--set",
                                     fewer("windows=[{name: all of it, from_s: 0, to_s: 60}]",
                                           "windows=[{name: all of it, from_s: 0, to_s: 15}]"),
                                     "--set",
                                     "output.records=1"};
  const auto with_jobs = [&](const char* jobs) {
    std::vector<std::string> words = run;
    words.insert(words.end(), {"--jobs", jobs});
    return words;
  };
  run_to(folder.path() / "a", with_jobs("1"));
  run_to(folder.path() / "b", with_jobs("3"));
  run_to(folder.path() / "c", {(folder.path() / "a/scenario.effective.yaml").string()});
  const std::vector<std::string> files{"fleet.csv", "choices.csv", "records.csv", "tables.md"};
  expect_same_files(folder.path() / "a", folder.path() / "b", files);
  expect_same_files(folder.path() / "a", folder.path() / "c", files);
}

TEST(FleetRun, TheEffectiveScenarioRunsToTheSameBytes) {
  const TemporaryFolder folder;
  run_to(folder.path() / "a", faults({"--set", "seed=7", "--set", "replications=2"}));
  run_to(folder.path() / "b", {(folder.path() / "a/scenario.effective.yaml").string()});
  expect_same_files(folder.path() / "a", folder.path() / "b", kFleetFiles);
}

TEST(FleetRun, TheEffectiveScenarioFindsItsTracesAndDates) {
  const TemporaryFolder folder;
  run_to(folder.path() / "a", {"scenarios/fleets/workloads.yaml"});
  run_to(folder.path() / "b", {(folder.path() / "a/scenario.effective.yaml").string()});
  // The tables name the trace: its whole path in b.
  expect_same_files(folder.path() / "a", folder.path() / "b",
                    {"fleet.csv", "energy.csv", "choices.csv"});
}

TEST(FleetRun, AnotherSeedIsAnotherRun) {
  const TemporaryFolder folder;
  run_to(folder.path() / "a", faults());
  run_to(folder.path() / "b", faults({"--set", "seed=2"}));
  EXPECT_NE(read_file(folder.path() / "a/fleet.csv"), read_file(folder.path() / "b/fleet.csv"));
}

// Common random numbers: the k-th request of each mobile arrives at the same date under every
// strategy, whatever became of those before it, and the requests with a record are the same ones.
TEST(FleetRun, EveryStrategyMeetsTheSameRequests) {
  const TemporaryFolder folder;
  run_to(folder.path(), {kFaults});
  const CsvTable records = table_of(folder.path() / "records.csv");
  using Key = std::pair<std::string, std::string>;
  std::map<std::string, std::map<Key, std::string>> arrivals;
  for (std::size_t row = 0; row < records.rows(); ++row) {
    arrivals[records.text(row, "strategy")]
            [{records.text(row, "mobile"), records.text(row, "request")}] =
                records.text(row, "arrival_s");
  }
  ASSERT_EQ(arrivals.size(), 5U);
  const auto& first = arrivals.begin()->second;
  EXPECT_GT(first.size(), 1000U);
  for (const auto& [strategy, dates] : arrivals) EXPECT_EQ(dates, first) << strategy;
}

// Sizes and losses too: two cuts whose payloads differ by a factor get the same factor on each
// request, and what is lost on the first attempt is lost under both.
TEST(FleetRun, EveryStrategyMeetsTheSameSizesAndLosses) {
  const TemporaryFolder folder;
  run_to(
      folder.path(),
      {kFaults, "--set", "output.records=1", "--set", "cells.0.outages=[{from_s: 1, to_s: 1.001}]",
       "--set", "servers.0.crashes=[{from_s: 2000, to_s: 2001}]", "--set",
       "servers.0.slow=[{from_s: 2000, to_s: 2001, factor: 2}]", "--set",
       "mobiles.0.upload_variation={distribution: exponential}", "--set", "duration_s=100", "--set",
       "windows=[{name: all of it, from_s: 0, to_s: 100}]"});
  const CsvTable records = table_of(folder.path() / "records.csv");
  std::map<std::pair<std::string, std::string>, std::pair<double, std::string>> of_rb1;
  int compared = 0;
  int retried = 0;
  for (std::size_t row = 0; row < records.rows(); ++row) {
    if (records.text(row, "mobiles") != "falls-back" || records.text(row, "end") == "dropped") {
      continue;
    }
    const std::pair key{records.text(row, "mobile"), records.text(row, "request")};
    const double bytes = records.number(row, "payload_bytes");
    if (records.text(row, "strategy") == "RB1") {
      of_rb1[key] = {bytes, records.text(row, "attempts")};
    } else if (records.text(row, "strategy") == "RB8" && of_rb1.contains(key)) {
      const auto& [bytes_of_rb1, attempts] = of_rb1[key];
      // 3136 and 980 bytes times the same factor, each rounded up to a whole byte.
      EXPECT_NEAR(bytes / 980, bytes_of_rb1 / 3136, 1.0 / 980);
      EXPECT_EQ(records.text(row, "attempts"), attempts);
      retried += attempts == "1" ? 0 : 1;
      ++compared;
    }
  }
  EXPECT_GT(compared, 900);
  EXPECT_GT(retried, 5) << "1 % of the messages are lost";
}

TEST(FleetRun, EveryColumnIsDocumented) {
  const TemporaryFolder folder;
  run_to(folder.path(), faults());
  const std::string documentation = read_file(fs::path{PAPILIO_SOURCE_DIR} / "docs/outputs.md");
  for (const char* file :
       {"fleet.csv", "energy.csv", "choices.csv", "timeseries.csv", "records.csv"}) {
    EXPECT_THAT(documentation, HasSubstr(fmt::format("`{}`", file)));
    for (const std::string& column : columns_of(folder.path() / file)) {
      EXPECT_TRUE(documentation.find(fmt::format("`{}`", column)) != std::string::npos)
          << file << ": " << column;
    }
  }
}

TEST(FleetRun, PrintsEachFormat) {
  const TemporaryFolder folder;
  const auto print = [&](const std::string& format) {
    std::vector<std::string> words = faults({"-o", folder.path().string(), "--format", format});
    words.insert(words.begin(), "run");
    const Finished run = run_papilio(words);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return run.out;
  };
  const std::string csv = print("csv");
  EXPECT_TRUE(csv == read_file(folder.path() / "fleet.csv"));
  const std::string md = print("md");
  EXPECT_TRUE(md == read_file(folder.path() / "tables.md"));
  const auto json = nlohmann::json::parse(print("json"));
  EXPECT_EQ(json["seed"], 1);
  EXPECT_EQ(json["fleet"][0].size(), columns_of(folder.path() / "fleet.csv").size());
}

TEST(FleetRun, RecordsAreWrittenOnlyWhenAsked) {
  const TemporaryFolder folder;
  run_to(folder.path(),
         {"scenarios/fleets/town.yaml", "--set", "duration_s=20", "--set", "warm_up_s=2"});
  EXPECT_FALSE(fs::exists(folder.path() / "records.csv"));
}

// Zero requests is a result: every file has its header, fleet.csv its row with 0 arrived, and no
// latency. The chance of one request here is 1 in 10,000.
TEST(FleetRun, WhereNobodyAsksIsAResult) {
  const TemporaryFolder folder;
  const fs::path file = folder.write(
      "f.yaml",
      "kind: fleet\nname: f\nduration_s: 1\nwindows: [{name: w, from_s: 0, to_s: 0.5}]\n"
      "cells: [{name: c, radio: wifi}]\nservers: [{name: s}]\nmobiles:\n"
      "  - {name: m, cell: c, server: s, task: {upload_bytes: 1000, server_s: 0.01},\n"
      "     arrivals: {process: poisson, rate_per_s: 0.0001}}\n"
      "output: {records: 1, timeseries_s: 0.1}\n");
  for (const char* replications : {"1", "3"}) {
    const fs::path out = folder.path() / replications;
    run_to(out, {file.string(), "--set", fmt::format("replications={}", replications)});
    const CsvTable fleet = table_of(out / "fleet.csv");
    ASSERT_EQ(fleet.rows(), 2U);
    for (std::size_t row = 0; row < 2; ++row) {
      EXPECT_EQ(fleet.text(row, "arrived"), "0");
      EXPECT_EQ(fleet.text(row, "completed"), "0");
      EXPECT_EQ(fleet.number(row, "throughput_per_s"), 0);
      EXPECT_EQ(fleet.text(row, "latency_s") + fleet.text(row, "p99_s"), "");
    }
    for (const char* name : {"choices.csv", "records.csv", "timeseries.csv", "energy.csv"}) {
      EXPECT_THAT(columns_of(out / name), ::testing::Contains("strategy")) << name;
    }
    EXPECT_THAT(read_file(out / "tables.md"),
                HasSubstr("0 arrived over all runs, warm-up included; 0 completed"));
    EXPECT_EQ(run_papilio({"plot", out.string(), "--value", "arrived"}).exit_code, 0);
    const Finished plot = run_papilio({"plot", out.string()});
    EXPECT_EQ(plot.exit_code, 2);
    EXPECT_THAT(plot.err, HasSubstr("'latency_s' has no value to draw, for no request has one"));
  }
}

TEST(FleetRun, TheManifestSaysHowFastItWas) {
  const TemporaryFolder folder;
  run_to(folder.path(), faults());
  const auto manifest = nlohmann::json::parse(read_file(folder.path() / "manifest.json"));
  ASSERT_EQ(manifest["runs"].size(), 5U);
  EXPECT_EQ(manifest["runs"][1]["strategy"], "RB1");
  EXPECT_GT(manifest["runs"][1]["requests_per_s"].get<double>(), 0);
  EXPECT_GT(manifest["runs"][1]["peak_memory_bytes"].get<double>(), 0);
}

TEST(FleetRun, CtrlCEndsItWithNothingWritten) {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "out";
  const Finished run = run_papilio({"run", "scenarios/bench/w.yaml", "--set",
                                    "mobiles.0.arrivals.requests=100000", "-o", out.string()},
                                   testing::Stop{.once = testing::has_workers});
  EXPECT_EQ(run.exit_code, 130);
  EXPECT_EQ(run.err, "papilio: interrupted; nothing was written\n");
  EXPECT_FALSE(fs::exists(out));
}

TEST(FleetCheck, SaysWhatARunWouldDo) {
  const Finished check = run_papilio({"check", kFaults});
  EXPECT_EQ(check.exit_code, 0);
  EXPECT_EQ(check.out,
            "scenarios/fleets/faults.yaml: valid; 20 mobiles, 5 strategies, 1 replication\n");
}

TEST(FleetTraces, AreFoundWhereTheyMayLie) {
  const TemporaryFolder folder;
  const std::string scenario = read_file(fs::path{PAPILIO_SOURCE_DIR} / "scenarios/bench/w.yaml");
  std::string traced = scenario;
  const std::string rate = "uplink: {rate_bit_per_s: 54e6}";
  traced.replace(traced.find(rate), rate.size(), "uplink: {trace: my.csv}");
  const fs::path file = folder.write("w.yaml", traced);
  folder.write("my.csv", "# seconds, Mbit/s\n0,10\n1,20\n2,0\n3,5\n");
  const fs::path out = folder.path() / "out";
  run_to(out, {file.string(), "--set", "mobiles.0.count=3"});
  EXPECT_THAT(read_file(out / "tables.md"),
              HasSubstr("| my.csv |        8.33 |      3.0 |              1.0 |"));  // 25 Mbit
  // The effective scenario finds it from elsewhere.
  run_to(folder.path() / "again", {(out / "scenario.effective.yaml").string()});
  EXPECT_TRUE(read_file(out / "fleet.csv") == read_file(folder.path() / "again/fleet.csv"));
}

TEST(FleetTraces, AMalformedOneIsToldWithItsLine) {
  const TemporaryFolder folder;
  std::string traced = read_file(fs::path{PAPILIO_SOURCE_DIR} / "scenarios/bench/w.yaml");
  const std::string rate = "uplink: {rate_bit_per_s: 54e6}";
  traced.replace(traced.find(rate), rate.size(), "uplink: {trace: my.csv}");
  const fs::path file = folder.write("w.yaml", traced);
  const fs::path trace = folder.write("my.csv", "0,10\n1,twenty\n");
  const Finished run = run_papilio({"check", file.string()});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.err,
            fmt::format("{}:2: error: expected a number as rate, got 'twenty'\n", trace.string()));
}

TEST(FleetTraces, DatesOfRequestsAreReadInOrder) {
  const TemporaryFolder folder;
  const fs::path file =
      folder.write("w.yaml", read_file(fs::path{PAPILIO_SOURCE_DIR} / "scenarios/bench/w.yaml"));
  const std::vector<std::string> check{"check", file.string(), "--set",
                                       "mobiles.0.arrivals={process: trace, file: dates.csv}"};
  const fs::path dates = folder.write("dates.csv", "arrival_s\n1\n2\n2\n");
  EXPECT_EQ(run_papilio(check).exit_code, 0);
  folder.write("dates.csv", "arrival_s\n1\n3\n2\n");
  EXPECT_EQ(run_papilio(check).err,
            fmt::format("{}:4: error: arrival_s: the dates must not be below 0, nor decrease\n",
                        dates.string()));
  folder.write("dates.csv", "\xEF\xBB\xBFrequest;arrival_ms\r\na;1000\r\nb;2000\r\n");
  EXPECT_EQ(run_papilio(check).exit_code, 0);
  folder.write("dates.csv", "1\n2\n");
  EXPECT_EQ(run_papilio(check).err,
            fmt::format("{}:1: error: expected one column of dates, named 'arrival_s' or "
                        "'arrival_ms', got 1; rename it\n",
                        dates.string()));
}

// A trace's rows hold what was received since the row before: 1 Mbit/s from 1 s to 10 s. So 1 MB,
// asked for at 1 s, takes 8 s, and the mean is (1·8 + 9·1 + 1·8 + 9·1) Mbit / 20 s = 1.70 Mbit/s.
// From the rows on it would be 8 Mbit/s from 1 s, hence 1 s, and a mean of 5.34 Mbit/s.
TEST(FleetTraces, ARateHoldsSinceTheRowBefore) {
  const TemporaryFolder folder;
  folder.write("rates.txt", "0\t1\n1\t8\n10\t1\n11\t8\n20\t1\n");
  folder.write("at.csv", "arrival_s\n1\n");
  const std::string scenario =
      "kind: fleet\nname: rates\nduration_s: 30\ncells:\n"
      "  - {{name: c, radio: 4g, uplink: {{trace: rates.txt{}}}, trace_offset_s: {}}}\n"
      "servers: [{{name: s}}]\nmobiles:\n"
      "  - {{name: m, cell: c, server: s, task: {{upload_bytes: 1000000, server_s: 0}}, "
      "arrivals: {{process: trace, file: at.csv}}}}\noutput: {{records: 1}}\n";
  const auto uplink_s = [&](const std::string& keys, const char* offset) {
    const fs::path file = folder.write("f.yaml", fmt::format(fmt::runtime(scenario), keys, offset));
    run_to(folder.path() / "out", {file.string()});
    return table_of(folder.path() / "out/records.csv").number(0, "uplink_s");
  };
  EXPECT_NEAR(uplink_s("", "0"), 8.0, 1e-9);
  EXPECT_THAT(
      read_file(folder.path() / "out/tables.md"),
      HasSubstr("rates.txt |        1.70 |     20.0 |              0.0 | since the row before"));
  const std::string until = ", trace_table: {rate_holds: until-next-row}";
  EXPECT_NEAR(uplink_s(until, "0"), 1.0, 1e-9);
  EXPECT_THAT(read_file(folder.path() / "out/tables.md"),
              HasSubstr("5.34 |     29.0 |              0.0 | until the next row"));
  // Asked for at 1 s, where the trace is at 19.5 s: 0.5 Mbit until its end at 20 s, 8 Mbit/s in
  // its first second, of which 7.5 Mbit take 0.9375 s.
  EXPECT_NEAR(uplink_s("", "18.5"), 0.5 + 0.9375, 1e-9);
  // The same in the effective scenario.
  run_to(folder.path() / "again", {(folder.path() / "out/scenario.effective.yaml").string()});
  EXPECT_EQ(read_file(folder.path() / "out/records.csv"),
            read_file(folder.path() / "again/records.csv"));
}

TEST(FleetTraces, KeysOfATableNeedATrace) {
  const TemporaryFolder folder;
  const fs::path file = folder.write(
      "f.yaml",
      "kind: fleet\nname: f\nduration_s: 3\ncells:\n"
      "  - {name: c, radio: 4g, uplink: {trace_table: {time_unit: ms}}}\nservers: [{name: s}]\n"
      "mobiles: [{name: m, cell: c, server: s, task: {}, arrivals: {process: poisson, "
      "rate_per_s: 1}}]\n");
  const Finished check = run_papilio({"check", file.string()});
  EXPECT_EQ(check.exit_code, 2);
  EXPECT_THAT(check.err, HasSubstr("f.yaml:5:48: error: cells.0.uplink.trace_table: says how a "
                                   "trace's table is read; add the key 'trace'"));
}

// The table of xeon-1-thread has no energies. What that group computes is unknown, and so is every
// sum with it; what its radio takes is not, and neither is anything of the other group's.
class FleetWithoutEnergies : public ::testing::Test {
 protected:
  [[nodiscard]] Finished run(const std::string& strategies, const std::string& more = "") const {
    const std::string mobiles =
        "model: resnet50-paper, cell: c, server: s, "
        "arrivals: {process: poisson, rate_per_s: 1}";
    const fs::path file =
        folder_.write("f.yaml", fmt::format("kind: fleet\nname: f\nduration_s: 20\n"
                                            "cells: [{{name: c, radio: wifi}}]\n"
                                            "servers: [{{name: s, device: gtx-1080-ti}}]\n"
                                            "mobiles:\n"
                                            "  - {{name: bare, device: xeon-1-thread, {0}{1}}}\n"
                                            "  - {{name: known, device: jetson-tx2, {0}}}\n"
                                            "strategies:\n"
                                            "  - {{strategy: mobile-only}}\n"
                                            "  - {{strategy: cloud-only}}\n"
                                            "  - {{strategy: split, after: [RB8]}}\n"
                                            "{2}",
                                            mobiles, more, strategies));
    return run_papilio({"run", file.string(), "-o", out().string()});
  }
  [[nodiscard]] fs::path out() const { return folder_.path() / "out"; }

  TemporaryFolder folder_;
};

TEST_F(FleetWithoutEnergies, LeavesEmptyWhatNobodyKnows) {
  const Finished finished = run("  - {strategy: selection}\n");
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  for (const char* name : {"fleet.csv", "energy.csv"}) {
    const CsvTable table = table_of(out() / name);
    for (std::size_t row = 0; row < table.rows(); ++row) {
      const std::string& strategy = table.text(row, "strategy");
      const std::string& mobiles = table.text(row, "mobiles");
      const bool known = mobiles == "known" || strategy == "cloud-only" ||
                         (strategy == "selection" && !table.text(row, "energy_j").empty());
      for (const char* column : {"energy_j", "compute_j"}) {
        EXPECT_EQ(table.text(row, column).empty(), !known)
            << name << " " << strategy << " " << mobiles << " " << column;
      }
      EXPECT_FALSE(table.text(row, "transmit_j").empty());
    }
  }
  EXPECT_THAT(read_file(out() / "fleet.csv"), ::testing::Not(HasSubstr("nan")));
  EXPECT_THAT(read_file(out() / "energy.csv"), ::testing::Not(HasSubstr("nan")));
  EXPECT_THAT(read_file(out() / "tables.md"), ::testing::Not(HasSubstr("nan")));
  EXPECT_THAT(finished.out, HasSubstr("- Empty: the layer table of the mobiles bare has no "
                                      "energies; 'papilio profile' measures them"));
  EXPECT_THAT(finished.out, HasSubstr("The mobiles' energies are not all known."));
}

TEST_F(FleetWithoutEnergies, RefusesWhatNeedsThem) {
  const auto refuses = [&](const Finished& finished, const std::string& place) {
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_THAT(finished.err, HasSubstr(place));
    EXPECT_THAT(finished.err,
                HasSubstr("the layer profile 'xeon-1-thread/resnet50-paper' has no energies; "
                          "remove the key, choose another device, or measure or state its power"));
    EXPECT_FALSE(fs::exists(out()));
  };
  refuses(run("  - {strategy: selection, target: energy}\n"),
          "f.yaml:13:35: error: strategies.3.target: ");
  refuses(run("  - {strategy: selection, energy_below_battery: 0.5}\n"),
          "f.yaml:13:49: error: strategies.3.energy_below_battery: ");
  refuses(run("", ", battery_j: 100"), "error: mobiles.0.battery_j: ");
}

}  // namespace
}  // namespace papilio
