// Claims: a mobile whose requests may overlap begins the next when its processor is free and no
// more of them are on their way than it is told, in the order of their arrival; then its throughput
// is that of its slowest stage, or of as many requests as may be under way; its messages are on
// each link one after another, with one share of it, and the radio's power once; nothing is lost;
// and the solver agrees.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/play/engine/simulate_fleet.hpp"
#include "sim/play/fleet/policy.hpp"
#include "sim/report/overload.hpp"
#include "tests/model/fleets.hpp"
#include "tests/support/sanitized.hpp"

namespace papilio {
namespace {

using testing::asked_at;
using testing::by_request;
using testing::play_whole;
using testing::simple_fleet;

constexpr double kTight = 1e-9;

/// One mobile on links of 1e7 bytes a second.
FleetModel overlapping(const TaskModel& task, const Workload& workload, std::uint32_t overlap) {
  FleetModel model = simple_fleet(task, workload, 1);
  model.groups[0].overlap = overlap;
  return model;
}

std::vector<RequestRecord> played(const FleetModel& model) {
  return by_request(play_whole(model).records);
}

/// A request computes 1 s on the mobile, sends for 1 s and computes 1.5 s on the server; four ask
/// at date 0, and one may be on its way when the next begins.
///
/// | request | computes | sends | server | why it begins then |
/// |---|---|---|---|---|
/// | 0 | 0-1 | 1-2 | 2-3.5 | |
/// | 1 | 1-2 | 2-3 | 3.5-5, after waiting 0.5 | one is on its way |
/// | 2 | 3.5-4.5 | 4.5-5.5 | 5.5-7 | at 2 two are on their way; at 3.5 one |
/// | 3 | 5-6 | 6-7 | 7-8.5 | at 4.5 two; at 5 one |
TEST(Overlap, OfOneIsATandemByHand) {
  const TaskModel task{.mobile_s = 1, .upload_bytes = 1e7, .server_s = 1.5};
  const std::vector<RequestRecord> records = played(overlapping(task, asked_at({0, 0, 0, 0}), 1));
  ASSERT_EQ(records.size(), 4U);
  const double queue_s[] = {0, 1, 3.5, 5};
  const double wait_s[] = {0, 0.5, 0, 0};
  const double latency_s[] = {3.5, 5, 7, 8.5};
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_NEAR(records[i].phases[Phase::kQueue], queue_s[i], kTight) << i;
    EXPECT_NEAR(records[i].phases[Phase::kMobile], 1, kTight) << i;
    EXPECT_NEAR(records[i].phases[Phase::kUplink], 1, kTight) << i;
    EXPECT_NEAR(records[i].phases[Phase::kWait], wait_s[i], kTight) << i;
    EXPECT_NEAR(records[i].latency_s, latency_s[i], kTight) << i;
  }
}

/// Stages of 1, 0.5 and 1.1 s, a request every 1.2 s: more than one mobile can serve one after
/// another, for that takes 2.6 s each, and less than the slowest stage can do. With two on their
/// way no request ever waits, as 2.6 s are less than three periods. Without overlap request k waits
/// for the k before it, k · (2.6 - 1.2) s.
TEST(Overlap, KeepsUpWithWhatTheSlowestStageCan) {
  const TaskModel task{.mobile_s = 1, .upload_bytes = 5e6, .server_s = 1.1};
  Workload workload;
  workload.process = Workload::Process::kPeriodic;
  workload.period_s = 1.2;
  workload.requests = 200;
  for (const RequestRecord& record : played(overlapping(task, workload, 2))) {
    EXPECT_NEAR(record.latency_s, 2.6, kTight) << record.number;
  }
  for (const RequestRecord& record : played(overlapping(task, workload, 0))) {
    EXPECT_NEAR(record.phases[Phase::kQueue], 1.4 * record.number, 1e-6) << record.number;
  }
}

/// All ask at once, and the server is the slowest stage with 2 s: from the first on an answer comes
/// every 2 s, request k after 1 + 0.5 + 2 (k + 1).
TEST(Overlap, HasTheThroughputOfTheSlowestStage) {
  const TaskModel task{.mobile_s = 1, .upload_bytes = 5e6, .server_s = 2};
  const std::vector<RequestRecord> records =
      played(overlapping(task, asked_at(std::vector<double>(40, 0.0)), 3));
  ASSERT_EQ(records.size(), 40U);
  for (const RequestRecord& record : records) {
    EXPECT_NEAR(record.latency_s, 1.5 + 2 * (record.number + 1.0), kTight);
  }
}

/// Where no stage is short of room, as many requests as may be under way bound the throughput: with
/// 1 s on the mobile and 2 s on one of many GPUs, two of them take 3 s. They end at 3, 4, 6, 7, 9,
/// 10 and so on, but for the 1e-7 s of sending a byte.
TEST(Overlap, IsBoundByTheRequestsUnderWay) {
  const TaskModel task{.mobile_s = 1, .upload_bytes = 1, .server_s = 2};
  FleetModel model = overlapping(task, asked_at(std::vector<double>(20, 0.0)), 1);
  model.servers[0].gpus = 20;
  for (const RequestRecord& record : played(model)) {
    const std::uint32_t pair = record.number / 2;
    EXPECT_NEAR(record.latency_s, 3.0 * (pair + 1) + record.number % 2, 1e-5) << record.number;
  }
}

/// Two requests a second where the mobile's 1 s allow one, and 1.5 a second where the requests
/// under way allow 2/3: the load told is that of what binds.
TEST(Overlap, IsToldWhereItIsTooLittle) {
  TaskModel task{.mobile_s = 1, .upload_bytes = 1, .server_s = 0.1};
  Workload workload;
  workload.process = Workload::Process::kPeriodic;
  workload.period_s = 0.5;
  const auto load = [&](double mobile_s, double server_s, std::uint32_t overlap) {
    task.mobile_s = mobile_s;
    task.server_s = server_s;
    FleetModel model = overlapping(task, workload, overlap);
    model.servers[0].gpus = 100;
    model.duration_s = 1000;
    const std::vector<FleetResult> runs{play_whole(model)};
    const auto found =
        find_overload(model, cell_capacities(model), runs, std::vector<std::size_t>{0});
    return found ? found->load : 0;
  };
  EXPECT_NEAR(load(1, 0.1, 5), 2, 0.01) << "the processor";
  EXPECT_NEAR(load(0.1, 2, 1), 2 * 2.1 / 2, 0.01) << "two under way";
  EXPECT_EQ(load(0.1, 2, 5), 0) << "six under way are enough";
}

/// Computes 1 s, then 3 s on the server; two may be under way. At 0.5 the processor is busy; at 1.5
/// one is on its way and it is free; at 2.75 two are on their way.
TEST(Overlap, DropsWhatTheMobileCannotBegin) {
  const TaskModel task{.mobile_s = 1, .upload_bytes = 1, .server_s = 3};
  Workload workload = asked_at({0, 0.5, 1.5, 2.75, 4.25});
  workload.drop_when_busy = true;
  FleetModel model = overlapping(task, workload, 1);
  model.servers[0].gpus = 5;
  const std::vector<RequestRecord> records = played(model);
  ASSERT_EQ(records.size(), 5U);
  const bool dropped[] = {false, true, false, true, false};
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].end == RequestEnd::kDropped, dropped[i]) << i;
  }
}

/// 0.5 s on the mobile, 1 s of sending. Request 0 sends from 0.5 to 1.5; request 1, which is ready
/// at 1, waits for it and sends until 2.5. The radio is at work for 2 s, at 2 W beside its energy
/// by the byte.
TEST(Overlap, SendsOneMessageAfterAnother) {
  const TaskModel task{.mobile_s = 0.5, .upload_bytes = 1e7};
  FleetModel model = overlapping(task, asked_at({0, 0}), 5);
  model.cells[0].radio.beta = Watts{2};
  model.cells[0].radio.alpha_uplink = JoulesPerByte{1e-7};
  const std::vector<RequestRecord> records = played(model);
  EXPECT_NEAR(records[0].phases[Phase::kUplink], 1, kTight);
  EXPECT_NEAR(records[1].phases[Phase::kUplink], 1.5, kTight);
  const double transmit_j =
      records[0].energy[EnergyPart::kTransmit] + records[1].energy[EnergyPart::kTransmit];
  EXPECT_NEAR(transmit_j, 2 * 2.0 + 2e7 * 1e-7, kTight);
}

/// Two such mobiles over one link: each has one message on it at a time, so they share it by
/// halves, 2 s a message: the first ones until 2.5, the second ones until 4.5.
TEST(Overlap, LeavesOthersTheirShareOfTheLink) {
  const TaskModel task{.mobile_s = 0.5, .upload_bytes = 1e7};
  FleetModel model = overlapping(task, asked_at({0, 0}), 5);
  model.groups[0].count = 2;
  const std::vector<RequestRecord> records = played(model);
  ASSERT_EQ(records.size(), 4U);
  for (const RequestRecord& record : records) {
    EXPECT_NEAR(record.phases[Phase::kUplink], record.number == 0 ? 2 : 3.5, kTight);
  }
}

/// Answers come one after another too: two are ready at about 1 s, and each takes 1 s down.
TEST(Overlap, BringsOneAnswerAfterAnother) {
  const TaskModel task{.upload_bytes = 1, .server_s = 1, .result_bytes = 1e7};
  FleetModel model = overlapping(task, asked_at({0, 0}), 5);
  model.servers[0].gpus = 2;
  const std::vector<RequestRecord> records = played(model);
  EXPECT_NEAR(records[0].latency_s, 2, 1e-6);
  EXPECT_NEAR(records[1].latency_s, 3, 1e-6);
  EXPECT_NEAR(records[1].phases[Phase::kDownlink], 2, 1e-6);
}

/// A request that takes no time on the mobile frees it at once: of a queue, as many begin together
/// as may be under way.
TEST(Overlap, BeginsSeveralOfAQueueAtOnce) {
  FleetModel model = overlapping({}, asked_at({0, 0.1, 0.1, 0.1, 0.1, 0.1}), 2);
  model.groups[0].partitions = {
      plan_of({.mobile_s = 1}, false),
      plan_of({.upload_bytes = 1, .server_s = 1}, false),
  };
  model.servers[0].gpus = 10;
  // The first computes on the mobile; the others send.
  class First final : public Policy {
    std::uint32_t decide(const Question& question) override {
      return question.candidates[question.number == 0 ? 0 : 1];
    }
  };
  class Settings final : public PolicySettings {
   public:
    void describe(FieldVisitor& /*visitor*/) override {}
    [[nodiscard]] std::unique_ptr<Policy> make(const FleetModel& /*model*/, int /*replication*/,
                                               std::uint32_t /*mobiles*/) const override {
      return std::make_unique<First>();
    }
  };
  model.strategies[0].policy = std::make_shared<Settings>();
  model.strategies[0].candidates = {{0, 1}};
  const double end_s[] = {1, 2, 2, 2, 3, 3};
  for (const RequestRecord& record : played(model)) {
    EXPECT_NEAR(record.arrival_s + record.latency_s, end_s[record.number], 1e-6) << record.number;
  }
}

/// `random_fleet` without what is not modelled together with overlap.
FleetModel random_overlapping(std::uint64_t seed) {
  FleetModel model = testing::random_fleet(seed);
  Stream draw{StreamFamily{seed, "overlap"}};
  for (CellModel& cell : model.cells) cell.loss = 0;
  for (ServerModel& server : model.servers) {
    std::erase_if(server.faults, [](const ServerFault& fault) { return fault.slowdown == 0; });
  }
  for (GroupModel& group : model.groups) {
    group.overlap = static_cast<std::uint32_t>(draw.uniform() * 4);
    group.recovery = {};
    group.idle_power_w = 0;
  }
  return model;
}

class RandomOverlaps : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomOverlaps, LoseNothingAndNeverExceedWhatMayOverlap) {
  const FleetModel model = random_overlapping(GetParam());
  const FleetResult result = play_whole(model);
  RequestSums sums = result.warm_up;
  for (const Bucket& bucket : result.buckets) sums += bucket.sums;
  EXPECT_EQ(sums.arrived, sums.completed + sums.dropped);
  EXPECT_EQ(sums.arrived, result.counts.requests);
  const std::vector<RequestRecord> records = by_request(result.records);
  ASSERT_EQ(records.size(), sums.arrived);
  EnergyLedger of_records;
  std::uint32_t mobile = 0;
  std::vector<std::pair<double, double>> under_way;  // begin and end of the mobile's requests
  double free_s = 0;                                 // when its processor has computed the last
  for (const RequestRecord& record : records) {
    of_records += record.energy;
    EXPECT_NEAR(record.phases.total(), record.latency_s, 1e-9 * record.latency_s);
    if (record.mobile != mobile) {
      under_way.clear();
      free_s = 0;
    }
    mobile = record.mobile;
    if (record.end == RequestEnd::kDropped) continue;
    const double begin_s = record.arrival_s + record.phases[Phase::kQueue];
    EXPECT_GE(begin_s, free_s - 1e-9) << "one thing at a time, first come, first served";
    free_s = begin_s + record.phases[Phase::kMobile];
    std::erase_if(under_way, [&](const auto& one) { return one.second <= begin_s + 1e-9; });
    EXPECT_LE(under_way.size(), model.groups[record.group].overlap);
    under_way.emplace_back(begin_s, record.arrival_s + record.latency_s);
  }
  EXPECT_NEAR(of_records.total(), result.energy.total(), 1e-9 * result.energy.total());
}

TEST_P(RandomOverlaps, AreTheSameUnderTheSolver) {
  FleetModel model = random_overlapping(GetParam());
  const std::vector<RequestRecord> queue = by_request(simulate_fleet(model).front().records);
  model.simgrid_links = true;
  const std::vector<RequestRecord> solver = by_request(simulate_fleet(model).front().records);
  ASSERT_EQ(queue.size(), solver.size());
  for (std::size_t i = 0; i < queue.size(); ++i) {
    ASSERT_EQ(queue[i].end, solver[i].end);
    // An earlier answer lets the next request begin: the last digit's difference adds up.
    EXPECT_NEAR(queue[i].latency_s, solver[i].latency_s, 1e-8 * queue[i].latency_s);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomOverlaps,
                         ::testing::Range<std::uint64_t>(1, fewer<std::uint64_t>(21, 6)));

}  // namespace
}  // namespace papilio
