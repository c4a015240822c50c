// Claims: a live run's ledger has the files and columns of a simulated fleet's, and the readers of
// runs take it; each record's phases sum to its latency; what no meter measured is empty.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "models/live/ledger/ledger.hpp"
#include "sim/base/data/csv.hpp"
#include "sim/compare/things.hpp"
#include "sim/page/page.hpp"
#include "sim/report/fleet_columns.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

LiveRunFacts facts_of_two() {
  return {.name = "offload-net",
          .description = "a run",
          .seed = 3,
          .partitions = {{"RB3", "butterfly", 0.25}, {"mobile-only", "mobile-only", 1}},
          .policy = {},
          .pictures = {"cat.png", "dog.png"},
          .labels = {7, 8},
          .rate_per_s = 10,
          .deadline_s = 1};
}

/// A request that took 1 + 20 + 30 + 2 + 5 + 4 ms.
LiveRecord completed_record(std::size_t number) {
  LiveRecord record{.number = number, .picture = number % 2, .part = 0};
  record.arrival_s = 0.1 * static_cast<double>(number);
  record.queue_s = 0.001;
  record.mobile_s = 0.020;
  record.uplink_s = 0.030;
  record.wait_s = 0.002;
  record.service_s = 0.005;
  record.downlink_s = 0.004;
  record.latency_s = 0.062;
  record.prefix_s = 0.018;
  record.encode_s = 0.002;
  record.batch = 1;
  record.frame_bytes = 1000;
  record.top = 7;
  record.begun_s = record.arrival_s + record.queue_s;
  record.sent_s = record.begun_s + record.mobile_s;
  record.ended_s = record.arrival_s + record.latency_s;
  return record;
}

std::vector<LiveRecord> some_records() {
  std::vector<LiveRecord> records;
  for (std::size_t i = 0; i < 8; ++i) records.push_back(completed_record(i));
  LiveRecord& fallen = records[2];
  fallen.end = LiveEnd::kFellBack;
  fallen.failure = "server not there: gone";
  fallen.uplink_s = fallen.wait_s = fallen.service_s = fallen.downlink_s = 0;
  fallen.batch = 0;
  fallen.local_s = 0.010;
  fallen.mobile_s = 0.030;
  fallen.recovery_s = 0.031;
  records[5].end = LiveEnd::kFailed;
  records[5].top = -1;
  return records;
}

double cell(const CsvTable& table, std::size_t row, const std::string& column) {
  return std::stod(table.text(row, column));
}

TEST(LiveLedger, IsWhatASimulatedFleetLeavesAndItsReadersTakeIt) {
  const TemporaryFolder folder;
  const LiveLedger ledger = live_ledger(facts_of_two(), some_records());
  for (const auto& [name, text] : ledger.files) folder.write(name, text);
  folder.write("manifest.json", R"({"scenario": "offload-net", "papilio": "0.1.0", "seed": 3})");

  const CsvTable records{(folder.path() / "records.csv").string()};
  std::vector<std::string> declared;
  for (const FleetRecordColumn& column : fleet_record_columns()) {
    declared.emplace_back(column.name);
  }
  EXPECT_EQ(records.columns(), declared);
  ASSERT_EQ(records.rows(), 8U);
  for (std::size_t i = 0; i < records.rows(); ++i) {
    double sum = 0;
    for (const LedgerPart& phase : kPhases) sum += cell(records, i, std::string{phase.column});
    EXPECT_NEAR(sum, cell(records, i, "latency_s"), 1e-9) << "row " << i;
    EXPECT_EQ(records.text(i, "energy_j") + records.text(i, "transmit_j"), "");
  }
  EXPECT_EQ(records.text(2, "fell_back"), "1");
  EXPECT_EQ(records.text(5, "end"), "failed");

  const CsvTable fleet{(folder.path() / "fleet.csv").string()};
  EXPECT_EQ(fleet.text(0, "strategy"), "RB3");
  EXPECT_EQ(fleet.text(0, "strategy_kind"), "butterfly");
  EXPECT_EQ(fleet.text(0, "completed"), "7");
  EXPECT_EQ(fleet.text(0, "failed"), "1");
  EXPECT_EQ(fleet.text(0, "fell_back"), "1");
  EXPECT_NEAR(cell(fleet, 0, "p50_s"), 0.062, 1e-12);
  EXPECT_NEAR(cell(fleet, 0, "mobile_share"), (6 * 0.25 + 1) / 7, 1e-12);
  EXPECT_EQ(fleet.text(0, "saved_s"), "") << "nobody measured it";

  const Comparable compared = run_folder(folder.path().string());
  EXPECT_EQ(compared.kind, Comparable::Kind::kFleet);
  EXPECT_THAT(compared.dimensions, ElementsAre("strategy", "strategy_kind", "mobiles", "window"));
  EXPECT_EQ(page_data(folder.path()).at("kind"), "fleet");
}

TEST(LiveLedger, DrawsEveryRequest) {
  const auto timeline = nlohmann::json::parse(live_timeline(facts_of_two(), some_records()));
  const auto& events = timeline.at("traceEvents");
  EXPECT_EQ(
      std::count_if(events.begin(), events.end(),
                    [](const auto& event) {
                      return event.at("ph") == "b" &&
                             event.at("name").template get<std::string>().starts_with("request ");
                    }),
      8);
}

TEST(LivePartitions, AreCalledAsScenariosCallThem) {
  const LivePart unit{.cut = "RB3", .channels = 2};
  EXPECT_EQ(live_partition(unit, "raw", 0.5).name, "RB3");
  EXPECT_EQ(live_partition(unit, "zstd", 0.5).name, "RB3/zstd");
  EXPECT_EQ(live_partition({.cut = "RB3"}, "raw", 0.5).name, "split RB3");
  EXPECT_EQ(live_partition({.cut = "input"}, "jpeg:75", 0).name, "cloud-only/jpeg:75");
}

}  // namespace
}  // namespace papilio
