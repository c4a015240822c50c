// Claims, each by hand: what becomes of a request whose plan leaves the mobile more than once. A
// timeout counts from the first upload to the last arrival; a retry begins again at the first
// transfer; a fallback computes what the mobile needs and has not got; what has left the mobile
// goes on for nobody; every message may be lost; and no byte is.

#include <gtest/gtest.h>

#include "tests/model/fleets.hpp"
#include "tests/model/worlds.hpp"

namespace papilio {
namespace {

using testing::asked_at;
using testing::by_request;
using testing::done;
using testing::play_whole;

/// One request at 1 s, a second for each stage:
///
///   1 mobile 2 upload 3 cloud 4 download 5 mobile 6 upload 7 cloud 8 answer 9
///
/// The mobile draws 2 W and 3 W for its layers, 0.8 W for its transfers and 1 W while it waits.
/// What follows the first upload would take it 5 s and 50 J, what follows the second 2 s and 20 J.
FleetModel back_and_forth(const Workload& workload = asked_at({1})) {
  FleetModel model = testing::simple_fleet({}, workload, 1);
  model.cells[0] = testing::cell_of(1000, 1000);
  model.cells[0].radio.beta = Watts{0.8};
  const Transfer up{Tier::kMobile, Tier::kCloud, Bytes{1000}};
  const Compute on_cloud{Tier::kCloud, Seconds{1}, {}};
  model.groups[0].idle_power_w = 1;
  model.groups[0].partitions = {
      {.name = "twice",
       .stages = {Compute{Tier::kMobile, Seconds{1}, Joules{2}}, up, on_cloud,
                  Transfer{Tier::kCloud, Tier::kMobile, Bytes{1000}},
                  Compute{Tier::kMobile, Seconds{1}, Joules{3}}, up, on_cloud,
                  Transfer{Tier::kCloud, Tier::kMobile, Bytes{1000}, true}},
       .rests = {{5, 50}, {2, 20}}}};
  return model;
}

TEST(TwoUploads, TakeTheirStagesInTurn) {
  const FleetModel model = back_and_forth();
  const FleetResult result = play_whole(model);
  const RequestRecord& record = result.records.at(0);
  EXPECT_NEAR(record.latency_s, 8, 1e-12);
  for (const Phase phase : {Phase::kMobile, Phase::kUplink, Phase::kService, Phase::kDownlink}) {
    EXPECT_NEAR(record.phases[phase], 2, 1e-12);
  }
  EXPECT_EQ(record.attempts, 1U);
  EXPECT_EQ(record.upload_bytes, 2000);
  EXPECT_NEAR(record.energy[EnergyPart::kCompute], 5, 1e-12);
  EXPECT_NEAR(record.energy[EnergyPart::kTransmit], 1.6, 1e-12);
  EXPECT_NEAR(record.energy[EnergyPart::kReceive], 1.6, 1e-12);
  EXPECT_NEAR(record.energy[EnergyPart::kIdle], 6, 1e-12);
  EXPECT_NEAR(result.buckets[0].sums.server_s, 2, 1e-12);
}

struct TimedOut {
  double timeout_s;
  double fallback_s;  // 0: the answer came
  double compute_j;
  double mobile_s;     // of its layers before the fallback
  double sent_bytes;   // over the uplink
  double taken_bytes;  // over the downlink
};

TEST(TwoUploads, FallBackToWhatTheMobileHasNotGot) {
  for (const TimedOut& expected : {
           TimedOut{0.5, 5, 2 + 50, 1, 500, 0},      // in the first upload
           TimedOut{1.5, 5, 2 + 50, 1, 1000, 1000},  // the cloud works, and sends for nobody
           TimedOut{2.5, 5, 2 + 50, 1, 1000, 1000},  // its tensor is on its way
           // Half of the mobile's layers are done, which are begun again: 1 s of theirs and 2 s.
           TimedOut{3.5, 3, 2 + 1.5 + 3 + 20, 1.5, 1000, 1000},
           TimedOut{4.5, 2, 2 + 3 + 20, 2, 1500, 1000},  // in the second upload
           TimedOut{5.5, 2, 2 + 3 + 20, 2, 2000, 2000},  // the cloud works; its answer comes late
           TimedOut{7.5, 0, 2 + 3, 2, 2000, 2000},       // the answer has come at 7
       }) {
    SCOPED_TRACE(expected.timeout_s);
    FleetModel model = back_and_forth();
    model.groups[0].recovery = {expected.timeout_s, 0, 0, true};
    const bool falls_back = expected.fallback_s > 0;
    const FleetResult result = play_whole(model);
    const RequestRecord& record = result.records.at(0);
    EXPECT_EQ(record.end, RequestEnd::kCompleted);
    EXPECT_EQ(record.fell_back, falls_back);
    const double latency_s = falls_back ? 1 + expected.timeout_s + expected.fallback_s : 8;
    EXPECT_NEAR(record.latency_s, latency_s, 1e-12);
    EXPECT_EQ(record.latency_s, record.phases.total());
    EXPECT_NEAR(record.phases[Phase::kMobile], expected.mobile_s + expected.fallback_s, 1e-12);
    EXPECT_NEAR(record.energy[EnergyPart::kCompute], expected.compute_j, 1e-12);
    EXPECT_NEAR(record.energy[EnergyPart::kIdle], latency_s - record.phases[Phase::kMobile], 1e-12)
        << "while it does not compute";
    EXPECT_NEAR(done(model, result, "cell uplink"), expected.sent_bytes, 1e-9);
    EXPECT_NEAR(record.energy[EnergyPart::kTransmit], 0.8 * expected.sent_bytes / 1000, 1e-12);
    EXPECT_NEAR(done(model, result, "cell downlink"), expected.taken_bytes, 1e-9);
    EXPECT_NEAR(result.mobiles[0][EnergyPart::kReceive], 0.8 * expected.taken_bytes / 1000, 1e-9);
  }
}

// The cloud crashes at 7.2 s in the second job. The timeout of 8 s ends the attempt at 10 s, and
// the next begins at the first transfer: the cloud at 11, the mobile at 13, the answer from 16 to
// 17 s.
TEST(TwoUploads, BeginAgainAtTheFirstTransfer) {
  FleetModel model = back_and_forth();
  model.servers[0].faults = {{7.2, 7.6, 0}};
  model.groups[0].recovery = {8, 1, 0, true};
  const FleetResult result = play_whole(model);
  const RequestRecord& record = result.records.at(0);
  EXPECT_EQ(record.end, RequestEnd::kCompleted);
  EXPECT_EQ(record.attempts, 2U);
  EXPECT_FALSE(record.fell_back);
  EXPECT_NEAR(record.latency_s, 16, 1e-12);
  EXPECT_NEAR(record.phases[Phase::kMobile], 1 + 1 + 1, 1e-12) << "what it computes is no recovery";
  EXPECT_NEAR(record.phases[Phase::kRecovery], 8 - 1, 1e-12);
  EXPECT_NEAR(record.energy[EnergyPart::kCompute], 2 + 3 + 3, 1e-12);
  EXPECT_NEAR(record.energy[EnergyPart::kIdle], 16 - 3, 1e-12);
  EXPECT_NEAR(done(model, result, "cell uplink"), 4000, 1e-9);
  EXPECT_NEAR(done(model, result, "server"), 3, 1e-9);
  // Without a retry and a fallback it fails, and so it does where no attempt comes to its end.
  model.groups[0].recovery = {8, 0, 0, false};
  EXPECT_EQ(play_whole(model).records.at(0).end, RequestEnd::kFailed);
}

// A plan that ends on the mobile awaits nothing more once the last tensor is there, at 5 s: a
// timeout at 5.5 s finds nobody, one at 4.5 s the tensor on its way.
TEST(TwoUploads, ThatNoneIsLeftOfAwaitNothing) {
  FleetModel model = back_and_forth();
  Stages& stages = model.groups[0].partitions[0].stages;
  stages.resize(5);
  model.groups[0].recovery = {3.5, 0, 0, true};
  RequestRecord record = play_whole(model).records.at(0);
  EXPECT_FALSE(record.fell_back);
  EXPECT_NEAR(record.latency_s, 5, 1e-12);
  EXPECT_NEAR(record.energy[EnergyPart::kCompute], 2 + 3, 1e-12);
  model.groups[0].recovery = {2.5, 0, 0, true};
  record = play_whole(model).records.at(0);
  EXPECT_TRUE(record.fell_back);
  EXPECT_NEAR(record.latency_s, 1 + 2.5 + 5, 1e-12);
}

// Of four messages each is lost by itself, with probability 1/2. The first two are those that a
// plan of one upload has, so whoever comes through with four comes through with two.
TEST(TwoUploads, LoseEachOfTheirMessages) {
  Workload workload;
  workload.process = Workload::Process::kPeriodic;
  workload.period_s = 100;
  workload.requests = 1000;
  FleetModel model = back_and_forth(workload);
  model.cells[0].loss = 0.5;
  model.groups[0].recovery = {20, 0, 0, false};
  const FleetResult four = play_whole(model);
  EXPECT_NEAR(static_cast<double>(four.buckets[0].sums.completed), 1000.0 / 16, 4 * 7.7);
  const double uploads = done(model, four, "cell uplink") / 1000;
  EXPECT_NEAR(uploads, 1000 + 250, 4 * 13.7) << "a quarter of the requests comes to the second";
  Stages& stages = model.groups[0].partitions[0].stages;
  stages.erase(stages.begin() + 3, stages.begin() + 7);
  const std::vector<RequestRecord> two = by_request(play_whole(model).records);
  std::size_t completed = 0;
  for (const RequestRecord& record : by_request(four.records)) {
    if (record.end != RequestEnd::kCompleted) continue;
    EXPECT_EQ(two[record.number].end, RequestEnd::kCompleted);
    ++completed;
  }
  EXPECT_GT(completed, 0U);
}

// Two mobiles contend for a cell, an edge with its backhaul, and a cloud, with random sizes of what
// they send. Everything that they send and are sent crosses each link on its way once.
TEST(TwoMobiles, LoseNoByteOfPlansOfThreeUploads) {
  Workload workload;
  workload.process = Workload::Process::kPoisson;
  workload.rate_per_s = 0.2;
  workload.requests = 200;
  FleetModel model = testing::simple_fleet({}, workload, 2);
  model.cells[0] = testing::cell_of(1e5, 2e5);
  model.cells[0].radio.alpha_uplink = JoulesPerByte{1e-6};
  model.cells[0].radio.alpha_downlink = JoulesPerByte{2e-6};
  model.servers.push_back({.name = "edge", .backhaul_byte_per_s = 1e5, .backhaul_delay_s = 0.01});
  GroupModel& group = model.groups[0];
  group.edge = 1;
  group.upload_variation = {Variation::Kind::kExponential, 1};
  const auto layers = [](Tier tier) { return Compute{tier, Seconds{0.1}, {}}; };
  group.partitions = {
      {.name = "wandering",
       .stages = {layers(Tier::kMobile), Transfer{Tier::kMobile, Tier::kCloud, Bytes{1e5}},
                  layers(Tier::kCloud), Transfer{Tier::kCloud, Tier::kMobile, Bytes{7e4}},
                  layers(Tier::kMobile), Transfer{Tier::kMobile, Tier::kEdge, Bytes{5e4}},
                  layers(Tier::kEdge), Transfer{Tier::kEdge, Tier::kCloud, Bytes{3e4}},
                  layers(Tier::kCloud), Transfer{Tier::kCloud, Tier::kEdge, Bytes{2e4}},
                  layers(Tier::kEdge), Transfer{Tier::kEdge, Tier::kMobile, Bytes{4e4}},
                  layers(Tier::kMobile), Transfer{Tier::kMobile, Tier::kCloud, Bytes{1e4}},
                  layers(Tier::kCloud), Transfer{Tier::kCloud, Tier::kMobile, Bytes{1e3}, true}}}};
  const FleetResult result = play_whole(model);
  ASSERT_EQ(result.records.size(), 400U);
  double sent = 0;
  double waited_s = 0;
  for (const RequestRecord& record : result.records) {
    EXPECT_EQ(record.end, RequestEnd::kCompleted);
    sent += record.upload_bytes;
    waited_s += record.phases[Phase::kWait];
    EXPECT_NEAR(record.phases[Phase::kService], 0.5, 1e-9);
    EXPECT_NEAR(record.energy[EnergyPart::kTransmit], 1e-6 * record.upload_bytes, 1e-9);
    EXPECT_NEAR(record.energy[EnergyPart::kReceive], 2e-6 * 111e3, 1e-9);
  }
  EXPECT_GT(waited_s, 0) << "they meet";
  EXPECT_NEAR(sent / 400, 160e3, 4 * 160e3 / 20);
  EXPECT_NEAR(done(model, result, "cell uplink"), sent, 1e-9 * sent);
  // Of what is sent to the cloud, 11 of 16 parts of it, and what the edge adds.
  const double to_cloud = done(model, result, "edge backhaul up");
  EXPECT_NEAR(to_cloud, sent * 11 / 16 + 400 * 3e4, 400 * 2.0) << "but for the rounding of bytes";
  EXPECT_NEAR(done(model, result, "edge backhaul down"), 400 * 91e3, 1e-3);
  EXPECT_NEAR(done(model, result, "cell downlink"), 400 * 111e3, 1e-3);
  EXPECT_NEAR(done(model, result, "server"), 400 * 3, 1e-6);
  EXPECT_NEAR(done(model, result, "edge"), 400 * 2, 1e-6);
}

}  // namespace
}  // namespace papilio
