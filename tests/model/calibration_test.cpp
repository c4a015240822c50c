// Claims: closed form, simulation and fleet agree to 1e-9 under any calibration, a decoder's too;
// a scenario and a fleet take the file that they name, after measured payloads and the answer's
// size and before load levels, and say so; without one they are as before.

#include "sim/plan/calibration.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/random/stream.hpp"
#include "sim/play/engine/simulate.hpp"
#include "sim/play/engine/simulate_fleet.hpp"
#include "sim/report/assumptions.hpp"
#include "sim/scenario/fleet_scenario.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/model/fleets.hpp"
#include "tests/model/worlds.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using testing::expect_agreement;
using testing::expect_relative;

constexpr double kAgree = 1e-9;

/// Factors from a half to twice, some time less, some bytes more.
Calibration random_calibration(std::uint64_t seed) {
  Stream draw{StreamFamily{seed, "calibrations"}};
  const auto between = [&](double low, double high) { return low + (high - low) * draw.uniform(); };
  const auto computing = [&] {
    const double factor = between(0.5, 2);
    return Calibration::Computing{factor, between(-1e-3, 2e-3)};
  };
  const auto messages = [&] {
    const double factor = between(0.5, 2);
    const double bytes = between(0, 2000);
    return Calibration::Messages{factor, bytes, between(-1e-3, 2e-3)};
  };
  Calibration calibration;
  calibration.mobile = computing();
  calibration.server = computing();
  calibration.upload = messages();
  calibration.download = messages();
  return calibration;
}

std::vector<World> random_calibrated(unsigned seed, std::size_t count) {
  std::vector<World> worlds = testing::random_worlds(seed, count);
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    worlds[i].plan = calibrated(worlds[i].plan, random_calibration(i));
  }
  return worlds;
}

TEST(CalibratedWorlds, PlayAsTheClosedFormHasIt) {
  const std::vector<World> worlds = random_calibrated(11, 200);
  const std::vector<PlayedRequest> played = simulate(worlds);
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    SCOPED_TRACE(i);
    expect_agreement(played[i].breakdown, closed_form(worlds[i].plan, worlds[i].use), kAgree);
  }
}

TEST(CalibratedWorlds, AreTheSameInAFleet) {
  Workload once;
  once.process = Workload::Process::kClosedLoop;
  once.think_s = 1;
  once.think_exponential = false;
  once.requests = 1;
  for (World world : random_calibrated(12, 40)) {
    world.use.download_takes_time = true;
    const Breakdown expected = closed_form(world.plan, world.use);
    const FleetResult result = testing::play_whole(testing::fleet_of(world, once));
    ASSERT_EQ(result.records.size(), 1U);
    const RequestRecord& record = result.records[0];
    expect_relative(record.latency_s, expected.latency().value(), kAgree, "latency");
    EXPECT_NEAR(record.phases[Phase::kDelay], expected.delay.value(),
                kAgree * expected.latency().value());
    expect_relative(record.energy.total(), expected.energy().value(), kAgree, "energy");
  }
}

constexpr const char* kFile =
    "kind: calibration\nname: lab\nmobile: {factor: 1.5, fixed_s: 1e-3}\n"
    "server: {factor: 2, fixed_s: 5e-4}\n"
    "upload: {factor: 1.25, message_bytes: 100, message_s: 2e-4}\n"
    "download: {message_bytes: 40, message_s: 1e-4}\n";

class CalibratedFiles : public ::testing::Test {
 protected:
  CalibratedFiles() {
    folder_.write("lab.yaml", kFile);
    folder_.write("p.csv",
                  "image,cut,channels,bits,codec,body_bytes,frame_bytes,encode_s,decode_s\n"
                  "b,RB1,1,8,zstd,100,32,0.001,0.0005\na,RB1,1,8,zstd,300,32,0.003,0.0005\n");
  }
  Scenario cells(const std::string& keys, double load = 1) {
    return load_scenario(
        {.file =
             folder_
                 .write("s.yaml", fmt::format("name: cells\nmodel: resnet50-paper\n"
                                              "mobile: {{device: jetson-tx2, load_level: {0}}}\n"
                                              "cloud: {{device: gtx-1080-ti, load_level: {0}}}\n"
                                              "networks: [wifi]\ndownload_takes_time: true\n"
                                              "result_bytes: 10\n{1}"
                                              "strategies:\n  - {{strategy: mobile-only}}\n"
                                              "  - {{strategy: butterfly, after: RB1, channels: 1, "
                                              "codec: zstd}}\npayload: {{from: p.csv}}\n",
                                              load, keys))
                 .string()});
  }
  testing::TemporaryFolder folder_;
};

/// Of the mean picture, 200 bytes, 2 ms to encode and 0.5 ms to decode; K = 2 on both sides.
TEST_F(CalibratedFiles, CorrectCells) {
  const Scenario before = cells("");
  const Scenario after = cells("calibration: lab.yaml\n", 2);
  ASSERT_EQ(after.cells.size(), 2U);
  const auto mobile_s = [](const Scenario& of, std::size_t cell) {
    return of.cells[cell].plan.time_at(Tier::kMobile).value();
  };
  expect_relative(mobile_s(after, 0), 2 * 1.5 * mobile_s(before, 0), 1e-12, "mobile-only");
  expect_relative(mobile_s(after, 1), 2 * (1.5 * mobile_s(before, 1) + 1e-3), 1e-12, "mobile");
  const Plan& plan = after.cells[1].plan;
  const double power_w =
      before.cells[1].plan.mobile_energy() / before.cells[1].plan.time_at(Tier::kMobile) / Watts{1};
  expect_relative(plan.mobile_energy().value(), power_w * mobile_s(after, 1), 1e-12, "energy");
  expect_relative(plan.time_at(Tier::kCloud).value(),
                  2 * (2 * before.cells[1].plan.time_at(Tier::kCloud).value() + 5e-4), 1e-12,
                  "cloud");
  EXPECT_EQ(before.cells[1].plan.upload(), Bytes{200});
  EXPECT_EQ(plan.upload(), Bytes{350});
  const Breakdown took = closed_form(plan, after.cells[1].use);
  EXPECT_NEAR(took.delay.value(), 3e-4, 1e-15);
  expect_relative(took.downlink.value(), 50 / after.cells[1].use.radio.downlink.value(), 1e-12,
                  "the answer");
  const std::vector<PlayedRequest> played = simulate({{plan, after.cells[1].use}});
  expect_agreement(played.at(0).breakdown, took, kAgree);
}

TEST_F(CalibratedFiles, AreToldAndLast) {
  const Scenario scenario = cells("calibration: lab.yaml\n");
  EXPECT_THAT(
      texts_of(assumptions_of(scenario)),
      ::testing::Contains("CALIBRATED: all times and bytes are corrected by lab.yaml ('lab')."));
  EXPECT_THAT(texts_of(assumptions_of(cells(""))),
              ::testing::Not(::testing::Contains(::testing::HasSubstr("CALIBRATED"))));
  testing::TemporaryFolder elsewhere;
  const Scenario again =
      load_scenario({.file = elsewhere.write("effective.yaml", effective_yaml(scenario)).string()});
  EXPECT_EQ(again.cells[1].plan.upload(), scenario.cells[1].plan.upload());
  EXPECT_EQ(again.calibration.calibration, scenario.calibration.calibration);
}

TEST_F(CalibratedFiles, CorrectDecoders) {
  const Scenario scenario = load_scenario(
      {.file = std::string{PAPILIO_SOURCE_DIR} + "/scenarios/examples/generation.yaml",
       .overrides = {"generate={tokens: 3}", "input={tokens: 16}", "download_takes_time=true",
                     "calibration=" + (folder_.path() / "lab.yaml").string()}});
  std::vector<World> worlds;
  worlds.reserve(scenario.cells.size());
  for (const Cell& cell : scenario.cells) worlds.push_back({cell.plan, cell.use});
  const std::vector<PlayedRequest> played = simulate(worlds);  // which checks itself
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    const Breakdown expected = closed_form(worlds[i].plan, worlds[i].use);
    expect_agreement(played[i].breakdown, expected, kAgree);
    EXPECT_NEAR(played[i].breakdown.first_token.value(), expected.first_token.value(),
                kAgree * expected.first_token.value());
  }
}

/// Each request of a fleet takes what its own picture's calibrated closed form has; a load level
/// multiplies that.
TEST_F(CalibratedFiles, CorrectEveryPictureOfAFleet) {
  const auto fleet = [&](const std::string& keys) {
    return load_fleet(
        {.file =
             folder_
                 .write("f.yaml",
                        "kind: fleet\nname: f\nduration_s: 200\npayload: {from: p.csv}\n" + keys +
                            "cells: [{name: wlan, radio: wifi, delay_s: 0.001}]\n"
                            "servers: [{name: cloud, device: gtx-1080-ti}]\n"
                            "mobiles:\n  - {name: phones, model: resnet50-paper, device: "
                            "jetson-tx2, cell: wlan, server: cloud, load_level: 2, "
                            "result_bytes: 10, arrivals: {process: periodic, period_s: 1}}\n"
                            "strategies: [{strategy: mobile-only}, {strategy: butterfly, "
                            "after: RB1, channels: 1, codec: zstd}, {strategy: selection}, "
                            "{strategy: oracle}]\noutput: {records: 1}\n")
                 .string()});
  };
  const FleetScenario before = fleet("");
  const FleetScenario after = fleet("calibration: lab.yaml\n");
  EXPECT_THAT(texts_of(assumptions_of(after)), ::testing::Contains(::testing::HasSubstr("lab")));
  const GroupModel& group = after.model.groups[0];
  RadioUse use;
  use.radio = after.model.cells[0].radio;
  use.radio.uplink = after.model.cells[0].uplink[0].greatest_rate();
  use.radio.downlink = after.model.cells[0].downlink[0].greatest_rate();
  use.download_takes_time = true;
  use.delay = Seconds{0.001};
  const std::vector<FleetResult> results = simulate_fleet(after.model);
  ASSERT_EQ(results.size(), 4U);
  for (const FleetResult& result : results) {
    ASSERT_GT(result.records.size(), 100U);
    for (const RequestRecord& record : result.records) {
      const auto stages =
          before.model.groups[0].partitions[record.partition].stages_of(record.image);
      Plan plan;
      plan.stages.assign(stages.begin(), stages.end());
      plan = calibrated(std::move(plan), after.calibration.calibration);
      for (Stage& stage : plan.stages) {
        auto* layers = std::get_if<Compute>(&stage);
        if (layers != nullptr && layers->at == Tier::kMobile) layers->time = 2 * layers->time;
      }
      const Breakdown took = closed_form(plan, use);
      ASSERT_NEAR(record.latency_s, took.latency().value(), kAgree * took.latency().value());
      ASSERT_EQ(record.upload_bytes, plan.upload().value());
    }
  }
  // The oracle foresees it, and a mobile alone needs nothing of messages.
  EXPECT_EQ(group.partitions[0].stages.size(), 1U);
  expect_relative(group.partitions[1].cloud_only_s,
                  2 * before.model.groups[0].partitions[1].cloud_only_s + 5e-4, 1e-12,
                  "what the whole network takes the server");
  expect_relative(group.partitions[1].rests.at(0).time_s,
                  1.5 * before.model.groups[0].partitions[1].rests.at(0).time_s, 1e-12, "the rest");
}

TEST_F(CalibratedFiles, CorrectTasks) {
  const FleetScenario fleet = load_fleet(
      {.file = folder_
                   .write("t.yaml",
                          "kind: fleet\nname: t\ncalibration: lab.yaml\n"
                          "cells: [{name: wlan, radio: wifi}]\nservers: [{name: cloud}]\n"
                          "mobiles:\n  - {name: phones, cell: wlan, server: cloud, task: "
                          "{mobile_s: 0.01, mobile_j: 0.02, upload_bytes: 1000, server_s: 0.004}, "
                          "arrivals: {process: poisson, rate_per_s: 1, requests: 3}}\n")
                   .string()});
  const Stages& stages = fleet.model.groups[0].partitions[0].stages;
  EXPECT_DOUBLE_EQ(std::get<Compute>(stages[0]).time.value(), 0.016);
  EXPECT_DOUBLE_EQ(std::get<Compute>(stages[0]).energy.value(), 0.032);
  EXPECT_EQ(std::get<Transfer>(stages[1]).size, Bytes{1350});
  EXPECT_DOUBLE_EQ(std::get<Compute>(stages[2]).time.value(), 0.0085);
  EXPECT_EQ(std::get<Transfer>(stages[3]).size, Bytes{40});
}

TEST_F(CalibratedFiles, AreWrittenAsTheyAreRead) {
  CalibrationFile file = read_calibration((folder_.path() / "lab.yaml").string());
  EXPECT_EQ(file.calibration.upload.factor, 1.25);
  EXPECT_EQ(file.calibration.download.factor, 1);
  const std::string text =
      write_fields([&](FieldVisitor& visitor) { describe_calibration(visitor, file); });
  EXPECT_EQ(read_calibration(folder_.write("again.yaml", text).string()).calibration,
            file.calibration);
}

}  // namespace
}  // namespace papilio
