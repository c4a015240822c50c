// Claims: the error of a cell is what its definition says, with an interval that holds what every
// draw says; a stage's contributions sum to the error of the mean; a fit finds the numbers that
// live times were made with, exactly, and predicts cells that it has not seen; files that tell of
// something else are refused by name; a live run becomes a fleet with its dates and bytes.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "sim/base/error.hpp"
#include "sim/base/random/stream.hpp"
#include "sim/validation/cells.hpp"
#include "sim/validation/errors.hpp"
#include "sim/validation/fit.hpp"
#include "sim/validation/live_run.hpp"
#include "sim/validation/replay.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

LiveStageTimes times_of(double queue_s, double mobile_s, double uplink_s, double server_s,
                        double downlink_s) {
  return {{queue_s, mobile_s, uplink_s, server_s, downlink_s}};
}

TEST(LatencyErrors, OfAConstantFactorAreThatFactor) {
  std::vector<LiveStageTimes> live;
  std::vector<LiveStageTimes> simulated;
  Stream stream{StreamFamily{1, "test"}};
  for (int i = 0; i < 200; ++i) {
    LiveStageTimes one;
    for (double& time : one.s) time = 0.01 + stream.uniform();
    live.push_back(one);
    for (double& time : one.s) time *= 0.9;
    simulated.push_back(one);
  }
  const LatencyErrors errors = latency_errors(live, simulated, 7);
  // Every draw's percentiles are those of the same requests, so each errs by the factor.
  ASSERT_TRUE(errors.p90.has_value());
  ASSERT_TRUE(errors.p99.has_value());
  for (const QuantileError& one : {errors.median, *errors.p90, *errors.p99}) {
    EXPECT_NEAR(one.error(), -0.1, 1e-12);
    EXPECT_NEAR(one.least, -0.1, 1e-12);
    EXPECT_NEAR(one.most, -0.1, 1e-12);
  }
}

TEST(LatencyErrors, SumOverTheStagesAndBlameTheGreatest) {
  // Live 10 ms in all; simulated 1 ms less on the mobile, 2 ms less upwards, 0.5 ms more behind: by
  // the live mean −10, −20 and +5 %, which sum to the mean's −25 %.
  const LatencyErrors errors = latency_errors({times_of(0, 0.002, 0.005, 0.002, 0.001)},
                                              {times_of(0, 0.001, 0.003, 0.0025, 0.001)}, 1);
  EXPECT_NEAR(errors.contribution(LiveStage::kMobile), -0.10, 1e-12);
  EXPECT_NEAR(errors.contribution(LiveStage::kUplink), -0.20, 1e-12);
  EXPECT_NEAR(errors.contribution(LiveStage::kServer), 0.05, 1e-12);
  EXPECT_EQ(errors.to_blame(), LiveStage::kUplink);
  EXPECT_NEAR(errors.median.error(), -0.25, 1e-12);
  // A percentile needs two requests beyond it.
  EXPECT_FALSE(errors.p90.has_value());
}

TEST(LatencyErrors, HaveIntervalsThatCoverTheTrueError) {
  // Live latencies are 1 + U; simulated ones 1.1, so the true median's error is 1.1 / 1.5 − 1. A
  // bootstrap of 60 values holds it somewhat less often than 95 times of 100.
  constexpr double kTrue = 1.1 / 1.5 - 1;
  int missed = 0;
  double width = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Stream stream{StreamFamily{seed, "test"}};
    std::vector<LiveStageTimes> live;
    live.reserve(60);
    for (int i = 0; i < 60; ++i) live.push_back(times_of(0, 1 + stream.uniform(), 0, 0, 0));
    const std::vector<LiveStageTimes> simulated(live.size(), times_of(0, 1.1, 0, 0, 0));
    const LatencyErrors errors = latency_errors(live, simulated, seed);
    width += errors.median.most - errors.median.least;
    missed += errors.median.least > kTrue || errors.median.most < kTrue ? 1 : 0;
  }
  EXPECT_LE(missed, 20);
  // The median of 60 values of U lies within ± 0.13, so that of 1.1 / (1 + U) varies by about 0.13.
  EXPECT_LT(width / 200, 0.2);
}

/// A cell whose live times follow from the simulated ones by a calibration.
ValidationCell cell_by(const CalibrationFit& made, double mobile_s, double server_s, double bytes,
                       double bit_per_s) {
  constexpr double kDelay = 0.01;
  constexpr double kAnswer = 90;
  ValidationCell cell;
  cell.model = "net";
  cell.mode = "sequential";
  cell.network = fmt::format("{}", bit_per_s);
  cell.partition = fmt::format("split {}", bytes);
  cell.link = {bit_per_s, 2 * bit_per_s, kDelay};
  cell.payload_bytes = bytes;
  cell.answer_bytes = kAnswer;
  auto& simulated = cell.errors.simulated_median_s;
  simulated = {0, mobile_s, kDelay + 8 * bytes / bit_per_s, server_s,
               kDelay + 8 * kAnswer / (2 * bit_per_s)};
  cell.errors.live_median_s = {
      0, made.mobile.factor * mobile_s + made.mobile.fixed_s,
      kDelay + 8 / bit_per_s * (made.upload.factor * bytes + made.upload.message_bytes) +
          made.upload.message_s,
      made.server.factor * server_s + made.server.fixed_s,
      kDelay + 8 / (2 * bit_per_s) * (kAnswer + made.download.message_bytes) +
          made.download.message_s};
  const auto sum = [](const auto& times) {
    return std::accumulate(times.begin(), times.end(), 0.0);
  };
  cell.errors.median.live_s = sum(cell.errors.live_median_s);
  cell.errors.median.simulated_s = sum(simulated);
  cell.errors.live_s = cell.errors.live_median_s;
  cell.errors.simulated_s = simulated;
  cell.errors.requests = 40;
  return cell;
}

std::vector<ValidationCell> cells_by(const CalibrationFit& made) {
  std::vector<ValidationCell> cells;
  for (const double rate : {1.1e6, 5.85e6, 18.88e6}) {
    cells.push_back(cell_by(made, 0.001, 0.004, 16384, rate));
    cells.push_back(cell_by(made, 0.002, 0.003, 8192, rate));
    cells.push_back(cell_by(made, 0.004, 0.001, 4096, rate));
  }
  return cells;
}

TEST(CalibrationFit, FindsTheNumbersThatTimesWereMadeWith) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Stream stream{StreamFamily{seed, "test"}};
    CalibrationFit made;
    made.mobile = {1 + stream.uniform(), 1e-3 * stream.uniform()};
    made.server = {1 + stream.uniform(), 1e-3 * stream.uniform()};
    made.upload = {1 + 0.1 * stream.uniform(), 300 * stream.uniform(), 1e-3 * stream.uniform()};
    made.download = {1, 300 * stream.uniform(), 1e-3 * stream.uniform()};
    const std::vector<ValidationCell> cells = cells_by(made);
    const CalibrationFit found = fit_calibration(cells);
    EXPECT_NEAR(found.mobile.factor, made.mobile.factor, 1e-6);
    EXPECT_NEAR(found.mobile.fixed_s, made.mobile.fixed_s, 1e-9);
    EXPECT_NEAR(found.server.factor, made.server.factor, 1e-6);
    EXPECT_NEAR(found.upload.factor, made.upload.factor, 1e-6);
    EXPECT_NEAR(found.upload.message_bytes, made.upload.message_bytes, 1e-2);
    EXPECT_NEAR(found.upload.message_s, made.upload.message_s, 1e-8);
    EXPECT_NEAR(found.server.fixed_s, made.server.fixed_s, 1e-9);
    EXPECT_NEAR(found.download.message_s, made.download.message_s, 1e-8);
    EXPECT_NEAR(found.download.message_bytes, made.download.message_bytes, 1e-2);
    const LeaveOneOut worth = cross_validate(cells);
    EXPECT_LT(worth.worst_after, 1e-9);
    EXPECT_GT(worth.median_before, 1e-3);
  }
}

TEST(CalibrationFit, HasNoBytesBelowZero) {
  CalibrationFit made;
  made.upload = {1.05, -200, 1e-3};
  made.download = {1, -50, 1e-3};
  const CalibrationFit found = fit_calibration(cells_by(made));
  EXPECT_EQ(found.upload.message_bytes, 0);
  EXPECT_EQ(found.download.message_bytes, 0);
  EXPECT_GT(found.upload.factor, 1);
}

TEST(CalibrationFit, RestsOnRequestsThatCameOneAfterAnother) {
  std::vector<ValidationCell> cells = cells_by({});
  for (std::size_t i = 2; i < cells.size(); ++i) cells[i].mode = "overlapping";
  EXPECT_THAT([&] { static_cast<void>(cells_to_fit(cells)); },
              ::testing::ThrowsMessage<ConfigError>(HasSubstr("2 cells whose requests came one")));
}

TEST(CalibrationFit, RefusesWhatWasCalibratedOrLoaded) {
  const auto fit = [](const std::vector<ValidationCell>& cells) {
    static_cast<void>(cells_to_fit(cells));
  };
  std::vector<ValidationCell> cells = cells_by({});
  cells[3].calibration = "here.yaml";
  EXPECT_THAT([&] { fit(cells); },
              ::testing::ThrowsMessage<ConfigError>(HasSubstr("with the calibration 'here.yaml'")));
  cells[3].calibration.clear();
  cells[3].load_level = 4;
  EXPECT_THAT([&] { fit(cells); },
              ::testing::ThrowsMessage<ConfigError>(HasSubstr("load level of 4")));
}

TEST(ValidationCells, RefuseAFileWithoutTheirColumns) {
  const TemporaryFolder folder;
  folder.write("cells.csv", "model\nx\n");
  EXPECT_THAT([&] { static_cast<void>(read_validation_cells(folder.path())); },
              ::testing::ThrowsMessage<ConfigError>(HasSubstr("there is no column 'network'")));
}

TEST(ValidationCells, AreReadBackAsTheyWereWritten) {
  CalibrationFit made;
  made.mobile = {1.2, 1e-4};
  std::vector<ValidationCell> cells = cells_by(made);
  cells[1].folder = "wifi, RB3";
  cells[1].unanswered = 3;
  cells[1].left_out = 2;
  cells[1].errors.p90 = QuantileError{0.2, 0.1, -0.6, -0.4};
  cells[1].errors.p99 = QuantileError{0.3, 0.2, -0.5, 0.1};
  const TemporaryFolder folder;
  folder.write("cells.csv", validation_csv(cells));
  const std::vector<ValidationCell> read = read_validation_cells(folder.path());
  ASSERT_EQ(read.size(), cells.size());
  EXPECT_EQ(validation_csv(read), validation_csv(cells));
  EXPECT_EQ(summary_of(read).worst_error, summary_of(cells).worst_error);
}

/// The ledger of a live run of three requests, the last of which fell back.
void write_ledger(const TemporaryFolder& folder, const std::string& rate, int overlap) {
  folder.write("manifest.json",
               fmt::format(
                   R"({{"seed": 3, "settings": {{"model": "resnet20-cifar10", "after": "RB3",
  "channels": "0", "bits": 8, "codec": "raw", "adaptive": false, "ping_s": 1, "load_level": 2, "overlap": {},
  "deadline_s": 10, "rate_per_s": {}}}}})",
                   overlap, rate));
  folder.write("records.csv",
               "request,arrival_s,end,partition,image,latency_s,queue_s,mobile_s,uplink_s,wait_s,"
               "service_s,downlink_s\n"
               "1,0.5,completed,split RB3,b,0.1343,0.1,0.0012,0.02,0.0001,0.003,0.01\n"
               "0,0,completed,split RB3,a,0.0343,0,0.0012,0.02,0.0001,0.003,0.01\n"
               "2,1,completed,split RB3,c,0.5,0,0.0012,0,0,0,0\n");
  folder.write("stages.csv",
               "request,end,frame_bytes,answer_bytes,batch,encode_s,decode_s,restore_s\n"
               "0,completed,16414,64,1,0.0002,0.0001,0.0001\n"
               "1,completed,16000,66,1,0.0002,0.0001,0.0001\n"
               "2,fell back,16414,0,0,0.0002,,\n");
}

std::string text_of_file(const Replay& replay, const std::string& name) {
  for (const auto& [file, text] : replay.files) {
    if (file == name) return text;
  }
  return {};
}

TEST(LiveRun, IsReadInTheOrderOfItsRequests) {
  const TemporaryFolder folder;
  write_ledger(folder, "0", 0);
  const LiveRun run = read_live_run(folder.path());
  ASSERT_EQ(run.requests.size(), 3U);
  EXPECT_EQ(run.requests[1].image, "b");
  EXPECT_TRUE(run.requests[1].answered);
  EXPECT_FALSE(run.requests[2].answered);
  EXPECT_FALSE(run.rate_per_s.has_value());
  // 0.1 + 0.001 + 0.0002 + 0.02 + 0.0001 + 0.003 + 0.01
  EXPECT_NEAR(run.requests[1].times.latency_s(), 0.1343, 1e-12);
  EXPECT_EQ(run.answer_bytes, 64);
}

TEST(LiveRun, RefusesWhatIsNone) {
  const TemporaryFolder folder;
  const auto read = [&] { static_cast<void>(read_live_run(folder.path())); };
  EXPECT_THAT(read, ::testing::ThrowsMessage<ConfigError>(HasSubstr("has no manifest.json")));
  write_ledger(folder, "0", 0);
  folder.write("manifest.json", R"({"seed": 1, "settings": {"model": 7}})");
  EXPECT_THAT(read,
              ::testing::ThrowsMessage<ConfigError>(HasSubstr("has no 'model' that is a text")));
  write_ledger(folder, "0", 0);
  folder.write("link.json", R"({"uplink_bit_per_s": -1, "downlink_bit_per_s": 1, "delay_s": 0})");
  EXPECT_THAT(read, ::testing::ThrowsMessage<ConfigError>(
                        HasSubstr("'uplink_bit_per_s' that is a number of 1")));
  folder.write("link.json",
               R"({"uplink_bit_per_s": 5e6, "downlink_bit_per_s": 1e7, "delay_s": 0})");
  folder.write("stages.csv", "request\n0\n1\n2\n");
  EXPECT_THAT(read, ::testing::ThrowsMessage<ConfigError>(HasSubstr("there is no column 'end'")));
  write_ledger(folder, "0", 0);
  folder.write("stages.csv",
               "request,end,frame_bytes,answer_bytes,batch,encode_s,decode_s,restore_s\n"
               "7,completed,1,1,1,0,0,0\n");
  EXPECT_THAT(read, ::testing::ThrowsMessage<ConfigError>(HasSubstr("not of one run")));
  write_ledger(folder, "-1", 0);
  EXPECT_THAT(read,
              ::testing::ThrowsMessage<ConfigError>(HasSubstr("'rate_per_s' that is a number")));
  write_ledger(folder, "0", -1);
  EXPECT_THAT(read,
              ::testing::ThrowsMessage<ConfigError>(HasSubstr("'overlap' that is a whole number")));
}

TEST(Replay, HasTheBytesAndDatesOfTheRun) {
  const TemporaryFolder folder;
  write_ledger(folder, "2.5", 2);
  const LiveRun run = read_live_run(folder.path());
  ReplaySpec spec;
  spec.name = "Mine";
  spec.mobile_device = "phone";
  spec.server_device = "gpu";
  spec.link = LiveLinkFacts{5e6, 1e7, 0.002};
  spec.background = ReplayBackground{0.002, 0.5};
  const Replay replay = replay_of(run, spec);
  const std::string fleet = text_of_file(replay, "Mine.yaml");
  EXPECT_THAT(fleet,
              AllOf(HasSubstr("name: \"mine\""), HasSubstr("overlap: 2"),
                    HasSubstr("process: trace"), HasSubstr("rate_bit_per_s: 5000000"),
                    HasSubstr("result_bytes: 64"), HasSubstr("load_level: 2"),
                    HasSubstr("background: {service_s: 0.002, load: [{from_s: 0, load: 0.5}]}"),
                    HasSubstr("{strategy: split, after: [\"RB3\"], bits: 8}")));
  EXPECT_EQ(text_of_file(replay, "Mine.arrivals.csv"), "arrival_s\n0\n0.5\n1\n");
  EXPECT_THAT(text_of_file(replay, "Mine.payloads.csv"),
              AllOf(HasSubstr("000000:a,RB3,0,8,raw,16414,0,0.0001,0.0002\n"),
                    HasSubstr("000001:b,RB3,0,8,raw,16000,0,0.0001,0.0002\n")));
}

TEST(Replay, TakesTheRatesThatUploadsSawWhereNoneIsStated) {
  const TemporaryFolder folder;
  write_ledger(folder, "0", 0);
  ReplaySpec spec;
  spec.name = "seen";
  spec.mobile_device = "phone";
  spec.server_device = "gpu";
  const Replay replay = replay_of(read_live_run(folder.path()), spec);
  ASSERT_EQ(replay.remarks.size(), 1U);
  EXPECT_THAT(text_of_file(replay, "seen.yaml"),
              AllOf(HasSubstr("closed-loop"), HasSubstr("trace: \"seen.uplink.csv\""),
                    HasSubstr("delay_s: 0.01"), Not(HasSubstr("overlap"))));
  // The first upload began at 0.0012 and ended at 0.0212; without 10 ms of propagation its 16,414
  // bytes took 10 ms: 13.13 Mbit/s.
  EXPECT_THAT(text_of_file(replay, "seen.uplink.csv"), HasSubstr("0.0212,13131200\n"));
}

TEST(Replay, RefusesAFileOfCodingTimesWithoutAPicture) {
  const TemporaryFolder folder;
  write_ledger(folder, "0", 0);
  ReplaySpec spec;
  spec.codings = Codings{{{"RB3", "a"}, {}}};
  EXPECT_THAT(
      [&] { static_cast<void>(replay_of(read_live_run(folder.path()), spec)); },
      ::testing::ThrowsMessage<ConfigError>(HasSubstr("no row of picture 'b' behind 'RB3'")));
}

}  // namespace
}  // namespace papilio::testing
