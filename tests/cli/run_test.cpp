// Claims: a run writes its files whole, the same bytes each time and on any number of workers, and
// those of the shipped scenarios are the golden ones under results/reference.

#include "tests/support/run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sim/base/data/csv.hpp"
#include "sim/base/data/library.hpp"
#include "tests/support/program.hpp"
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

constexpr const char* kTable4 = "scenarios/paper/table4.yaml";
const std::vector<std::string> kSummaryColumns{
    "strategy",       "network",  "cut",       "channels", "bits",       "energy_model",
    "payload_bytes",  "n",        "latency_s", "mobile_s", "uplink_s",   "cloud_s",
    "downlink_s",     "energy_j", "mobile_j",  "uplink_j", "downlink_j", "speedup_latency",
    "speedup_energy", "accuracy", "partition"};
const std::vector<std::string> kRunFiles{"summary.csv", "records.csv", "tables.md", "tables.tex",
                                         "scenario.effective.yaml"};

TEST(Run, TwiceGivesTheSameBytes) {
  const TemporaryFolder folder;
  run_to(folder.path() / "a", {kTable4});
  run_to(folder.path() / "b", {kTable4});
  expect_same_files(folder.path() / "a", folder.path() / "b", kRunFiles);
}

TEST(Run, TheNumberOfJobsChangesNoByte) {
  const TemporaryFolder folder;
  run_to(folder.path() / "a", {kTable4});
  run_to(folder.path() / "b", {kTable4, "--jobs", "3"});
  run_to(folder.path() / "c", {kTable4, "--jobs", "0"});
  expect_same_files(folder.path() / "a", folder.path() / "b", kRunFiles);
  expect_same_files(folder.path() / "a", folder.path() / "c", kRunFiles);
}

// A table without energies says nothing of the mobile's, and nothing is not zero: what the mobile
// computes has no energy, cloud-only with its raw picture has the radio's, no cut is selected by
// it.
TEST(Run, WhatTheMobilesTableDoesNotSayOfEnergyStaysEmpty) {
  const TemporaryFolder folder;
  run_to(folder.path(),
         {"scenarios/examples/channels.yaml", "--set", "mobile={device: gtx-1080-ti}"});
  const CsvTable summary{(folder.path() / "summary.csv").string(), kSummaryColumns};
  ASSERT_GT(summary.rows(), 10U);
  for (std::size_t row = 0; row < summary.rows(); ++row) {
    EXPECT_GT(summary.number(row, "latency_s"), 0);
    if (summary.text(row, "strategy") == "cloud-only") {
      EXPECT_DOUBLE_EQ(summary.number(row, "energy_j"),
                       summary.number(row, "uplink_j") + summary.number(row, "downlink_j"));
    } else {
      EXPECT_EQ(summary.text(row, "energy_j") + summary.text(row, "mobile_j") +
                    summary.text(row, "speedup_energy"),
                "");
    }
  }
  const std::string tables = read_file(folder.path() / "tables.md");
  EXPECT_THAT(tables, HasSubstr("Energies are empty where the mobile computes"));
  EXPECT_THAT(tables, Not(HasSubstr("energy, stated")));
}

TEST(Run, TheEffectiveScenarioRunsToTheSameBytes) {
  const TemporaryFolder folder;
  run_to(folder.path() / "a",
         {kTable4, "--set", "networks=[wifi, 3g]", "--set", "mobile.idle_power_w=0.25"});
  run_to(folder.path() / "b", {(folder.path() / "a/scenario.effective.yaml").string()});
  expect_same_files(folder.path() / "a", folder.path() / "b", kRunFiles);
}

TEST(Run, ProfilesOfTheUsersOwnAreFoundAgain) {
  const TemporaryFolder folder;
  std::string radio = read_file(fs::path{PAPILIO_SOURCE_DIR} / "profiles/radios/wifi.yaml");
  folder.write("mine/radios/lab.yaml", radio.replace(radio.find("18.88e6"), 7, "20.00e6"));
  run_to(folder.path() / "a",
         {kTable4, "--profiles", (folder.path() / "mine").string(), "--set", "networks=[lab]"});
  run_to(folder.path() / "b", {(folder.path() / "a/scenario.effective.yaml").string()});
  expect_same_files(folder.path() / "a", folder.path() / "b", kRunFiles);
  const CsvTable summary{(folder.path() / "a/summary.csv").string(), kSummaryColumns};
  EXPECT_EQ(summary.text(2, "network"), "lab");
  EXPECT_NEAR(summary.number(2, "uplink_s"), 8 * 150528 / 20e6, 1e-12);
}

TEST(Run, WhatAUsersRadioAssumesIsSaid) {
  const TemporaryFolder folder;
  std::string radio = read_file(fs::path{PAPILIO_SOURCE_DIR} / "profiles/radios/wifi.yaml");
  const std::string published = "{value: 0.13286, kind: published, source: butterfly-2019";
  radio.replace(radio.find(published), published.size(), "{value: 0.2, kind: assumed");
  folder.write("mine/radios/lab.yaml", radio);
  const std::vector<std::string> own{"--profiles", (folder.path() / "mine").string(), "--set"};
  const auto tables_of = [&](const char* scenario, const char* override) {
    std::vector<std::string> words{scenario};
    words.insert(words.end(), own.begin(), own.end());
    words.emplace_back(override);
    run_to(folder.path() / "a", words);
    return read_file(folder.path() / "a/tables.md");
  };
  const auto says_so = HasSubstr("; beta_w of the radio lab, by its file");
  EXPECT_THAT(tables_of(kTable4, "networks=[lab, 3g]"), says_so);
  EXPECT_THAT(tables_of(kTable4, "networks=[3g]"), Not(says_so));
  EXPECT_THAT(tables_of("scenarios/fleets/radio-states.yaml", "cells.0.radio=lab"), says_so);
}

/// Of some rows of a summary, the one of the least `column`.
std::size_t least_row(const CsvTable& summary, const std::vector<std::size_t>& rows,
                      const std::string& column) {
  return *std::min_element(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
    return summary.number(a, column) < summary.number(b, column);
  });
}

// What a run says first is what its summary has: of each radio the least latency and energy of all
// partitions, and how much more mobile-only and cloud-only take.
TEST(Run, TheAnswerComesFirst) {
  const TemporaryFolder folder;
  run_to(folder.path(), {kTable4, "--set", "energy_models=[stated]"});
  const CsvTable summary{(folder.path() / "summary.csv").string(), kSummaryColumns};
  const std::string tables = read_file(folder.path() / "tables.md");
  const std::size_t limits = tables.find("No limit is stated");
  ASSERT_NE(limits, std::string::npos);
  const std::string answer = tables.substr(0, limits);
  EXPECT_THAT(answer, Not(HasSubstr("The paper's Tables"))) << "the description comes behind it";
  constexpr double kMilli = 1e3;
  for (const char* network : {"3g", "4g", "wifi"}) {
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < summary.rows(); ++row) {
      const std::string& of = summary.text(row, "network");
      if (of.empty() || of == network) rows.push_back(row);
    }
    std::vector<std::string> clauses;
    for (const auto& [column, words] : {std::pair{"latency_s", "latency, {:.1f} ms"},
                                        std::pair{"energy_j", "energy (stated), {:.1f} mJ"}}) {
      const std::size_t best = least_row(summary, rows, column);
      const double least = summary.number(best, column);
      std::vector<std::string> others;
      for (const char* strategy : {"mobile-only", "cloud-only"}) {
        if (summary.text(best, "strategy") == strategy) continue;
        const auto row = std::find_if(rows.begin(), rows.end(), [&](std::size_t each) {
          return summary.text(each, "strategy") == strategy;
        });
        ASSERT_NE(row, rows.end());
        others.push_back(fmt::format("{} {:.1f} times{}", strategy,
                                     summary.number(*row, column) / least,
                                     others.empty() ? " as much" : ""));
      }
      const std::string name = summary.text(best, "cut").empty()
                                   ? summary.text(best, "strategy")
                                   : fmt::format("{} (D_r {})", summary.text(best, "cut"),
                                                 summary.text(best, "channels"));
      clauses.push_back(fmt::format("{}{} the least {} ({})", name, clauses.empty() ? " has" : "",
                                    fmt::format(fmt::runtime(words), least * kMilli),
                                    fmt::join(others, ", ")));
    }
    EXPECT_THAT(answer, HasSubstr(fmt::format("On {}, {}.", network, fmt::join(clauses, "; "))));
  }
}

TEST(Run, TheAnswerSaysWhatKeepsWithinLimits) {
  const TemporaryFolder folder;
  const std::vector<std::string> limited{kTable4, "--set", "networks=[wifi]", "--set",
                                         "limits.latency_s=1e-6"};
  run_to(folder.path(), limited);
  EXPECT_THAT(
      read_file(folder.path() / "tables.md"),
      HasSubstr("On wifi, no partition is within the limits.\n\nThe limits are latency_s of at "
                "most 1e-06."));
}

/// Text columns equal, numbers equal to a relative 1e-9.
void expect_golden(const CsvTable& found, const CsvTable& golden,
                   const std::vector<std::string>& columns) {
  ASSERT_EQ(found.rows(), golden.rows());
  for (std::size_t row = 0; row < golden.rows(); ++row) {
    for (const std::string& column : columns) {
      const bool number =
          (column.ends_with("_s") || column.ends_with("_j") || column.ends_with("_w") ||
           column.starts_with("speedup") || column == "accuracy") &&
          !golden.text(row, column).empty();
      if (!number) {
        EXPECT_EQ(found.text(row, column), golden.text(row, column))
            << "row " << row << ' ' << column;
        continue;
      }
      const double expected = golden.number(row, column);
      EXPECT_LE(std::abs(found.number(row, column) - expected), 1e-9 * std::abs(expected))
          << "row " << row << ' ' << column;
    }
  }
}

class Golden : public ::testing::TestWithParam<std::string> {};

// A scenario of cells leaves a summary.csv, a fleet a fleet.csv.
TEST_P(Golden, TheRunGivesTheReference) {
  const TemporaryFolder folder;
  const fs::path scenario = GetParam();
  const fs::path reference = fs::path{PAPILIO_SOURCE_DIR} / "results/reference" / scenario.stem();
  const std::string text = read_file(fs::path{PAPILIO_SOURCE_DIR} / scenario);
  const fs::path traces = data_folder() / "traces/mahimahi";
  if (text.find("trace: mahimahi/") != std::string::npos && !fs::exists(traces)) {
    GTEST_SKIP() << "plays measured traces, which are not in " << traces;
  }
#ifdef __SANITIZE_ADDRESS__
  if (scenario.stem() == "day" || scenario.stem() == "server-load") {
    GTEST_SKIP() << "minutes under sanitizers, of the code that the other fleets run too";
  }
#endif
  run_to(folder.path(), {scenario.string()});
  const char* file = fs::exists(reference / "fleet.csv") ? "fleet.csv" : "summary.csv";
  const std::vector<std::string> columns = columns_of(reference / file);
  expect_golden({(folder.path() / file).string(), columns}, {(reference / file).string(), columns},
                columns);
  EXPECT_EQ(read_file(folder.path() / "tables.md"), read_file(reference / "tables.md"));
}

std::vector<std::string> shipped_scenarios() {
  const fs::path root{PAPILIO_SOURCE_DIR};
  std::vector<std::string> scenarios;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator{root / "scenarios"}) {
    // Studies have a database each, and tests of their own; a calibration is no scenario.
    const fs::path folder = entry.path().parent_path().stem();
    if (entry.path().extension() == ".yaml" && folder != "studies" && folder != "calibrations") {
      scenarios.push_back(fs::relative(entry.path(), root).string());
    }
  }
  std::sort(scenarios.begin(), scenarios.end());
  return scenarios;
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Golden, ::testing::ValuesIn(shipped_scenarios()),
                         [](const auto& test) {
                           std::string name = fs::path{test.param}.stem().string();
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Run, PrintsEachFormat) {
  const TemporaryFolder folder;
  const auto print = [&](const std::string& format) {
    const Finished run =
        run_papilio({"run", kTable4, "-o", folder.path().string(), "--format", format});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    EXPECT_EQ(run.err, "") << "no terminal, no progress";
    return run.out;
  };
  const auto expect_file = [&](const std::string& format, const char* file) {
    const std::string out = print(format);
    EXPECT_TRUE(out == read_file(folder.path() / file)) << format;
  };
  expect_file("csv", "summary.csv");
  expect_file("md", "tables.md");
  expect_file("latex", "tables.tex");
  const auto json = nlohmann::json::parse(print("json"));
  ASSERT_EQ(json["summary"].size(), 104U);
  EXPECT_EQ(json["summary"][0].size(), kSummaryColumns.size());
  EXPECT_TRUE(json["summary"][0]["cut"].is_null() && json["summary"][0]["channels"].is_null());
  EXPECT_NEAR(json["summary"][0]["latency_s"].get<double>(), 15.7e-3, 1e-9);
}

TEST(Run, ShowsTheFiguresOfThePaper) {
  const TemporaryFolder folder;
  const std::string out = run_papilio({"run", kTable4, "-o", folder.path().string()}).out;
  for (const char* figure : {"1047.4 |", "528.3 |", "342.1 |", "1941.8 |", "793.1 |", "349.5 |",
                             "98.1 |", "Where the paper's figures contradict each other",
                             "wifi 34.2", "Where the layer times come from"}) {
    EXPECT_TRUE(out.find(figure) != std::string::npos) << figure;
  }
}

// Table IV has 48 rows and Table V 7, each under both readings; what was simulated is what the
// summary has.
TEST(Run, WritesPublishedValuesBesideSimulated) {
  const TemporaryFolder folder;
  run_to(folder.path(), {kTable4});
  const CsvTable published{(folder.path() / "published.csv").string()};
  const CsvTable summary{(folder.path() / "summary.csv").string()};
  EXPECT_EQ(published.rows(), (48U + 7U) * 2U);
  for (std::size_t row = 0; row < published.rows(); ++row) {
    std::size_t found = 0;
    for (std::size_t other = 0; other < summary.rows(); ++other) {
      const auto is_same = [&](const char* column) {
        return summary.text(other, column) == published.text(row, column);
      };
      if (!is_same("strategy") || !is_same("network") || !is_same("cut") ||
          !is_same("energy_model")) {
        continue;
      }
      ++found;
      EXPECT_TRUE(is_same("latency_s") && is_same("energy_j")) << row;
    }
    EXPECT_EQ(found, 1U) << row;
  }
  // Cloud-only on 3G, as Table V prints it: 1101.0 ms.
  bool printed = false;
  for (std::size_t row = 0; row < published.rows(); ++row) {
    printed = printed || (published.text(row, "table") == "Table V" &&
                          published.text(row, "published_latency_s") == "1.101");
  }
  EXPECT_TRUE(printed);
  // One radio fewer: no row of it.
  run_to(folder.path() / "two", {kTable4, "--set", "networks=[3g, 4g]"});
  EXPECT_EQ(CsvTable{(folder.path() / "two/published.csv").string()}.rows(), (32U + 5U) * 2U);
}

// A deviation says something of the paper only where the settings are the paper's.
TEST(Run, OtherSettingsAreNotHeldAgainstThePaper) {
  const TemporaryFolder folder;
  for (const char* setting :
       {"result_bytes=100", "download_takes_time=true", "mobile.idle_power_w=0.5"}) {
    const std::string out =
        run_papilio({"run", kTable4, "-o", folder.path().string(), "--set", setting}).out;
    EXPECT_TRUE(out.find("## Table IV, 3g") != std::string::npos) << setting;
    EXPECT_TRUE(out.find("contradict") == std::string::npos) << setting;
    EXPECT_TRUE(out.find("is printed as") == std::string::npos) << setting;
  }
}

TEST(Run, AnotherCloudOnlyIsNotThePapers) {
  const TemporaryFolder folder;
  const std::string out =
      run_papilio({"run", kTable4, "-o", folder.path().string(), "--set", "strategies.1.bits=4"})
          .out;
  EXPECT_TRUE(out.find("| cloud-only  | 3g      |       |") == std::string::npos);
  EXPECT_TRUE(out.find("## Speedups") == std::string::npos);
  EXPECT_TRUE(out.find("## Cells, stated energy") != std::string::npos) << "it is listed instead";
}

TEST(Run, EveryColumnIsDocumented) {
  const TemporaryFolder folder;
  run_to(folder.path(), {kTable4});
  const std::string documentation =
      read_file(std::filesystem::path{PAPILIO_SOURCE_DIR} / "docs/outputs.md");
  constexpr std::size_t kRecordColumns = 19;
  for (const auto& [file, count] : {std::pair{"summary.csv", kSummaryColumns.size()},
                                    std::pair{"records.csv", kRecordColumns}}) {
    const std::string text = read_file(folder.path() / file);
    std::istringstream header{text.substr(0, text.find('\n'))};
    std::size_t columns = 0;
    for (std::string column; std::getline(header, column, ','); ++columns) {
      EXPECT_TRUE(documentation.find(fmt::format("`{}`", column)) != std::string::npos)
          << file << ": " << column;
    }
    EXPECT_EQ(columns, count) << file;
  }
}

TEST(Run, TheManifestSaysWhatRan) {
  const TemporaryFolder folder;
  run_to(folder.path(), {kTable4, "--set", "seed=42"});
  const auto manifest = nlohmann::json::parse(read_file(folder.path() / "manifest.json"));
  EXPECT_EQ(manifest["seed"], 42);
  EXPECT_EQ(manifest["command"][1], "run");
  EXPECT_EQ(manifest["libraries"]["SimGrid"], "3.32");
  EXPECT_FALSE(manifest["git_revision"].get<std::string>().empty());
}

TEST(Run, OverridesAreCheckedLikeTheFile) {
  const Finished run = run_papilio({"run", kTable4, "--set", "result_bytes=ten", "-q"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.err,
            "--set:1:14: error: result_bytes: expected a whole number, got 'ten'\n"
            "  result_bytes=ten\n"
            "               ^\n");
}

TEST(Run, RefusesAnOutputFolderBeforeWorking) {
  const TemporaryFolder folder;
  const fs::path file = folder.write("file", "mine");
  const Finished run = run_papilio({"run", kTable4, "-o", file.string()});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("Not a directory; choose another folder with -o DIR"));
  EXPECT_EQ(read_file(file), "mine");
}

// 39 cuts × 64 channel counts × 3 radios × 2 readings: seconds of work, cut short.
TEST(Run, CtrlCEndsItWithNothingWritten) {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "out";
  std::string channels = "1";
  for (int i = 2; i <= 64; ++i) channels += fmt::format(", {}", i);
  const std::string strategies =
      fmt::format("strategies=[{{strategy: butterfly, after: all, channels: [{}]}}]", channels);
  const Finished run = run_papilio({"run", kTable4, "--set", strategies, "-o", out.string()},
                                   testing::Stop{.once = testing::has_workers});
  EXPECT_EQ(run.exit_code, 130);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(run.err, "papilio: interrupted; nothing was written\n");
  EXPECT_FALSE(fs::exists(out));
}

TEST(Run, CellsOutsideThePublishedTablesAreListed) {
  const TemporaryFolder folder;
  const std::string strategies =
      "strategies=[{strategy: cloud-only}, {strategy: butterfly, after: RB8, channels: [5, 64]}, "
      "{strategy: split, after: maxpool}]";
  const Finished run = run_papilio({"run", kTable4, "-o", folder.path().string(), "--set",
                                    "networks=wifi", "--set", strategies});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const CsvTable summary{(folder.path() / "summary.csv").string(), kSummaryColumns};
  EXPECT_EQ(summary.rows(), 2 * 4U);
  for (const char* cell :
       {"| RB8     |   5 |", "| RB8     |  64 |", "| split      | wifi    | maxpool |"}) {
    EXPECT_TRUE(run.out.find(cell) != std::string::npos) << cell;
  }
}

TEST(Check, SaysWhatARunWouldDo) {
  const Finished check = run_papilio({"check", kTable4});
  EXPECT_EQ(check.exit_code, 0);
  EXPECT_EQ(check.out, "scenarios/paper/table4.yaml: valid; 104 cells\n");
}

}  // namespace
}  // namespace papilio
