// Claims, each by hand: what becomes of a fleet's messages. Lost answers cross their link first; a
// node that is down forwards nothing and loses what it sends; an answer wakes an idle radio; a
// timeout counts from the upload and calls nothing back; who runs the same shares a batch; equal
// cells and servers take mobiles in turn; where nobody asks, nothing happens, and that is a result.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>

#include "sim/base/data/library.hpp"
#include "sim/play/engine/simulate_fleet.hpp"
#include "sim/play/fleet/job_kinds.hpp"
#include "sim/play/fleet/policy.hpp"
#include "sim/radio/states.hpp"
#include "sim/scenario/fleet_scenario.hpp"
#include "tests/model/fleets.hpp"
#include "tests/model/worlds.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using testing::asked_at;
using testing::by_request;
using testing::cell_of;
using testing::done;
using testing::fleet_of;
using testing::play_whole;
using testing::simple_fleet;

// Nobody asks -------------------------------------------------------------------------------------

// An idle Wi-Fi radio listens for 7.6 ms of every 308.2 ms at 0.0772 W: what it draws in 50 s is
// all that happens.
TEST(NobodyAsks, IsAResult) {
  Workload never;
  never.process = Workload::Process::kPoisson;
  never.rate_per_s = 1e-12;
  FleetModel model = simple_fleet({.upload_bytes = 1000}, never, 3);
  model.duration_s = 50;
  model.windows = {{"early", 0, 10}};
  const ProfileLibrary library{{shipped_profiles()}};
  model.cells[0].machine = load_radio(library, Bibliography{library}, "wifi").machine;
  model.strategies.push_back(
      {.name = "oracle", .policy = find_policy("oracle")->make(), .candidates = {{0}}});
  model.keep_latencies_by_request = true;
  for (const bool solver : {false, true}) {
    model.simgrid_links = solver;
    for (const FleetResult& result : simulate_fleet(model)) {
      EXPECT_EQ(result.counts.requests, 0U);
      for (const Bucket& bucket : result.buckets) {
        EXPECT_EQ(bucket.sums.arrived, 0U);
        EXPECT_TRUE(bucket.latencies_s.empty());
      }
      EXPECT_EQ(result.counts.end_s, 50);
      EXPECT_EQ(result.mean_in_flight, 0);
      EXPECT_NEAR(result.energy.total(), 3 * 50 * 0.0772 * 0.0076 / 0.3082, 1e-9);
    }
  }
}

// Equal cells and servers -------------------------------------------------------------------------

/// Groups of one mobile each, in turn in the cells "a" and "b", all at "server", all asking at 1 s.
FleetModel one_by_one(std::uint32_t groups) {
  FleetModel model = simple_fleet({.upload_bytes = 1e6, .server_s = 1}, asked_at({1}), 1);
  CellModel cell = cell_of(1e6, 1e6);
  cell.count = groups / 2;
  cell.uplink.assign(cell.count, cell.uplink.front());
  cell.downlink.assign(cell.count, cell.downlink.front());
  model.cells = {cell, cell};
  model.servers[0].count = groups;
  const GroupModel group = model.groups[0];
  model.groups.clear();
  for (std::uint32_t i = 0; i < groups; ++i) {
    model.groups.push_back(group);
    model.groups.back().name = fmt::format("group {}", i);
    model.groups.back().cell = i % 2;
  }
  model.strategies[0].candidates.assign(groups, {0});
  return model;
}

// Four groups of one mobile over two cells of two copies: a mobile has a cell and a server for
// itself, so it takes 1 s of upload and 1 s of computing. By its number within its group each would
// be in the first copy; by its number in the fleet, all of cell "a" would be in its first.
TEST(Copies, TakeTheMobilesOfAllGroupsInTurn) {
  const FleetResult result = play_whole(one_by_one(4));
  ASSERT_EQ(result.records.size(), 4U);
  for (const RequestRecord& record : result.records) EXPECT_NEAR(record.latency_s, 2, 1e-12);
}

TEST(Copies, OfEdgesLikewise) {
  FleetModel model = one_by_one(4);
  model.servers.push_back({.name = "edge", .count = 4, .backhaul_byte_per_s = 1e6});
  for (GroupModel& group : model.groups) {
    group.edge = 1;
    group.partitions[0] =
        plan_of({.upload_bytes = 1e6, .edge_s = 1, .backhaul_bytes = 1e6, .server_s = 1}, true);
  }
  for (const RequestRecord& record : play_whole(model).records)
    EXPECT_NEAR(record.latency_s, 4, 1e-12);
}

// Batches -----------------------------------------------------------------------------------------

/// Says what a server runs at the stage of its layers.
void name_server_layers(FleetPlan& plan, const char* name) {
  plan.runs = {"", "", name, ""};
  ASSERT_EQ(plan.stages.size(), plan.runs.size());
}

/// Two groups of one mobile whose requests reach a server that batches two together.
FleetModel two_groups() {
  FleetModel model = simple_fleet({.upload_bytes = 1000, .server_s = 1}, asked_at({1}), 1);
  model.servers[0].batch_size = 2;
  model.servers[0].batch_delay_s = 10;
  model.servers[0].batch_factors = {{1, 1}, {2, 1.5}};
  model.groups.push_back(model.groups[0]);
  model.groups[1].name = "others";
  model.strategies[0].candidates = {{0}, {0}};
  return model;
}

// Full at once: one batch of two, 1.5 s.
TEST(Batches, AreOfAllWhoRunTheSame) {
  FleetModel model = two_groups();
  for (GroupModel& group : model.groups) name_server_layers(group.partitions[0], "a network");
  for (const RequestRecord& record : play_whole(model).records) {
    EXPECT_NEAR(record.phases[Phase::kService], 1.5, 1e-12);
    EXPECT_NEAR(record.phases[Phase::kWait], 0, 1e-12);
  }
  // Without a name the time tells; the times of one network's pictures may differ.
  for (GroupModel& group : model.groups) group.partitions[0].runs.clear();
  EXPECT_NEAR(play_whole(model).records[0].phases[Phase::kService], 1.5, 1e-12);
}

// Each waits its 10 s for others, then takes its own second; the second one behind the first.
TEST(Batches, AreNotOfThoseWhoRunSomethingElse) {
  FleetModel model = two_groups();
  name_server_layers(model.groups[0].partitions[0], "a network");
  name_server_layers(model.groups[1].partitions[0], "another");
  const std::vector<RequestRecord> records = by_request(play_whole(model).records);
  EXPECT_NEAR(records[0].phases[Phase::kService], 1, 1e-12);
  EXPECT_NEAR(records[0].phases[Phase::kWait], 10, 1e-12);
  EXPECT_NEAR(records[1].phases[Phase::kService], 1, 1e-12);
  EXPECT_NEAR(records[1].phases[Phase::kWait], 11, 1e-12);
}

// What counts is what the server runs, on the tier where it stands: an edge that finishes a network
// runs what a cloud does that gets the same payload.
TEST(Batches, KnowJobsByWhatRuns) {
  FleetModel model;
  model.groups.resize(2);
  const auto on_cloud = [](double time_s, const char* runs) {
    FleetPlan plan = plan_of({.upload_bytes = 1, .server_s = time_s}, false);
    name_server_layers(plan, runs);
    return plan;
  };
  FleetPlan on_both = plan_of({.upload_bytes = 1, .edge_s = 1, .server_s = 1}, true);
  on_both.runs = {"", "", "x", "", "y", ""};
  model.groups[0].partitions = {on_cloud(1, "x"), on_cloud(2, "x"), on_cloud(1, "y")};
  model.groups[1].partitions = {on_cloud(3, "x"), on_both};
  const JobKinds kinds{model};
  const std::uint32_t x = kinds.of(0, 0, 2);
  EXPECT_EQ(kinds.of(0, 1, 2), x);
  EXPECT_EQ(kinds.of(1, 0, 2), x);
  EXPECT_EQ(kinds.of(1, 1, 2), x) << "on the edge";
  EXPECT_NE(kinds.of(0, 2, 2), x);
  EXPECT_EQ(kinds.of(1, 1, 4), kinds.of(0, 2, 2));
}

// Two groups with one network, over an edge and a cloud of one device. Whoever asks, a partition
// runs the same; no two of these partitions do, but an edge that finishes the network runs what the
// cloud does after the same cut.
TEST(Batches, OfAScenarioAreOfOneNetworkUnitPrecisionAndLayers) {
  const testing::TemporaryFolder folder;
  const std::string mobiles =
      "model: resnet50-paper, device: jetson-tx2, cell: c, edge: e, server: s, arrivals: {process: "
      "poisson, rate_per_s: 1}";
  const auto file = folder.write(
      "f.yaml",
      fmt::format("kind: fleet\nname: f\nduration_s: 1\ncells: [{{name: c, radio: wifi}}]\n"
                  "servers: [{{name: s, device: gtx-1080-ti}}, {{name: e, device: gtx-1080-ti}}]\n"
                  "mobiles:\n  - {{name: a, {0}}}\n  - {{name: b, load_level: 2, {0}}}\n"
                  "strategies:\n"
                  "  - {{strategy: cloud-only}}\n"
                  "  - {{strategy: split, after: [RB1]}}\n"
                  "  - {{strategy: butterfly, after: [RB1], channels: [1, 5]}}\n"
                  "  - {{strategy: butterfly, after: [RB1], channels: [5], bits: 4}}\n"
                  "  - {{strategy: three-way, after: RB1, channels: [5], edge_after: RB8}}\n"
                  "  - {{strategy: three-way, after: RB1, channels: [5], edge_after: output}}\n",
                  mobiles));
  const FleetScenario fleet = load_fleet({.file = file.string()});
  const std::vector<FleetPlan>& a = fleet.model.groups[0].partitions;
  const std::vector<FleetPlan>& b = fleet.model.groups[1].partitions;
  ASSERT_EQ(a.size(), 7U);
  ASSERT_EQ(b.size(), 7U);
  // What the cloud runs, or the edge, which finishes the last.
  constexpr std::size_t kFirst = 2;
  constexpr std::size_t kSecond = 4;
  std::set<std::string> runs;
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].runs, b[i].runs);
    ASSERT_EQ(a[i].runs.size(), i == 5 ? 6U : 4U);
    if (i != 6) runs.insert(a[i].runs[i == 5 ? kSecond : kFirst]);
  }
  EXPECT_EQ(runs.size(), a.size() - 1);
  EXPECT_EQ(runs.count(""), 0U);
  const FleetPlan& two_way = a[3];
  EXPECT_EQ(a[6].runs[kFirst], two_way.runs[kFirst]);
  EXPECT_NE(a[5].runs[kFirst], two_way.runs[kFirst]);
  // A second cut moves layers and adds or drops none, the unit's included.
  const auto time_s = [](const FleetPlan& plan, Tier tier) {
    return Plan{.name = {}, .stages = plan.stages, .accuracy = {}}.time_at(tier).value();
  };
  for (const std::size_t i : {5U, 6U}) {
    testing::expect_relative(time_s(a[i], Tier::kEdge) + time_s(a[i], Tier::kCloud),
                             time_s(two_way, Tier::kCloud), 1e-12, a[i].name.c_str());
    EXPECT_GT(time_s(a[i], Tier::kEdge), 0);
  }
  EXPECT_EQ(time_s(a[6], Tier::kCloud), 0) << "the edge computes the rest";
}

// Lost messages -----------------------------------------------------------------------------------

// Every job that the server has done sends an answer of 10 kB, which crosses the downlink whether
// or not it is lost then: 0.01 s of it, and in the mobile 5e-7 J/B · 10 kB + 0.8 W · 0.01 s = 13
// mJ.
TEST(LostAnswers, CrossTheirLinkFirst) {
  Workload workload;
  workload.process = Workload::Process::kPeriodic;
  workload.period_s = 10;
  workload.requests = 400;
  FleetModel model =
      simple_fleet({.upload_bytes = 1000, .server_s = 0.01, .result_bytes = 1e4}, workload, 1);
  model.cells[0] = cell_of(1e6, 1e6);
  model.cells[0].loss = 0.5;
  model.cells[0].radio.alpha_downlink = JoulesPerByte{5e-7};
  model.cells[0].radio.beta = Watts{0.8};
  model.groups[0].recovery = {5, 0, 0, false};
  const FleetResult result = play_whole(model);
  const double jobs = done(model, result, "server");
  const auto completed = static_cast<double>(result.buckets[0].sums.completed);
  EXPECT_GT(jobs, 150);
  EXPECT_GT(jobs, completed + 50) << "half of the answers are lost";
  EXPECT_NEAR(done(model, result, "cell downlink"), jobs * 1e4, 1e-6);
  EXPECT_NEAR(result.energy[EnergyPart::kReceive], jobs * 0.013, 1e-9);
}

// Crashes on the way ------------------------------------------------------------------------------

/// One request at 1 s over an edge that only forwards, with a second or half of it everywhere:
///
///   1 upload 2 edge 2 backhaul 3 delay 3.5 cloud 4.5 backhaul 5.5 delay 6 edge 6 download 7
FleetModel over_the_edge() {
  FleetModel model =
      simple_fleet({.upload_bytes = 1000, .server_s = 1, .result_bytes = 1000}, asked_at({1}), 1);
  model.cells[0] = cell_of(1000, 1000);
  model.servers.push_back({.name = "edge", .backhaul_byte_per_s = 1000, .backhaul_delay_s = 0.5});
  model.groups[0].edge = 1;
  model.groups[0].recovery = {100, 0, 0, false};
  return model;
}

struct Crash {
  std::size_t server;  // 0: the cloud, 1: the edge
  double from_s;
  double to_s;
  bool completes;
  double bytes_up;  // over the backhaul
  double bytes_down;
};

TEST(Crashes, LoseWhatArrivesAtANodeAndWhatItSends) {
  for (const Crash& crash : {Crash{1, 1.2, 1.9, true, 1000, 1000},   // before it comes
                             Crash{1, 1.5, 2.5, false, 0, 0},        // the upload comes
                             Crash{1, 2.5, 2.9, false, 500, 0},      // it is sending
                             Crash{1, 3.2, 4.4, true, 1000, 1000},   // it has sent
                             Crash{1, 4.6, 5.9, true, 1000, 1000},   // before the answer is there
                             Crash{1, 5.8, 6.1, false, 1000, 1000},  // the answer comes
                             Crash{1, 6.2, 9, true, 1000, 1000},     // it has been forwarded
                             Crash{0, 3.2, 3.6, false, 1000, 0},     // the cloud: it comes
                             Crash{0, 4, 4.2, false, 1000, 0},       // it is computed
                             Crash{0, 4.75, 5, false, 1000, 250},    // its answer is being sent
                             Crash{0, 5.6, 9, true, 1000, 1000}}) {  // it has been sent
    SCOPED_TRACE(
        fmt::format("server {} down from {} to {}", crash.server, crash.from_s, crash.to_s));
    FleetModel model = over_the_edge();
    model.servers[crash.server].faults = {{crash.from_s, crash.to_s, 0}};
    const FleetResult result = play_whole(model);
    ASSERT_EQ(result.records.size(), 1U);
    EXPECT_EQ(result.records[0].end == RequestEnd::kCompleted, crash.completes);
    EXPECT_NEAR(result.records[0].latency_s, crash.completes ? 6 : 101 - 1, 1e-9);
    EXPECT_NEAR(done(model, result, "edge backhaul up"), crash.bytes_up, 1e-9);
    EXPECT_NEAR(done(model, result, "edge backhaul down"), crash.bytes_down, 1e-9);
    EXPECT_NEAR(done(model, result, "cell downlink"), crash.completes ? 1000 : 0, 1e-9);
  }
}

// While the edge is down nobody completes: neither what it only forwards, nor what it computes, nor
// what its cloud finishes; and the oracle knows and stays on the mobile.
TEST(Crashes, OfAnEdgeLeaveNoWayThroughIt) {
  FleetModel model = over_the_edge();
  model.groups[0].workload = asked_at({10, 20, 30});
  model.groups[0].recovery = {8, 0, 0, false};
  model.servers[1].faults = {{5, 1000, 0}};
  for (const TaskModel& task :
       {TaskModel{.upload_bytes = 1000, .edge_s = 1, .result_bytes = 10},  // on the edge alone
        TaskModel{.upload_bytes = 1000,
        .edge_s = 1,
        .backhaul_bytes = 10,
        .server_s = 1,
        .result_bytes = 10},
        TaskModel{.mobile_s = 50}}) {
    model.groups[0].partitions.push_back(plan_of(task, true));
  }
  for (const std::uint32_t partition : {0U, 1U, 2U}) {
    model.strategies[0].candidates = {{partition}};
    const RequestSums sums = play_whole(model).buckets[0].sums;
    EXPECT_EQ(sums.failed, 3U);
  }
  model.strategies[0] = {
      .name = "oracle", .policy = find_policy("oracle")->make(), .candidates = {{0, 1, 2, 3}}};
  EXPECT_EQ(play_whole(model).buckets[0].choices, (std::vector<std::uint64_t>{0, 0, 0, 3}));
  model.strategies[0] = {.name = "selection",
                         .policy = find_policy("selection")->make(),
                         .candidates = {{0, 1, 2, 3}}};
  EXPECT_EQ(play_whole(model).buckets[0].choices, (std::vector<std::uint64_t>{0, 0, 0, 3}));
}

// Radio states ------------------------------------------------------------------------------------

RadioProfile shipped(const std::string& name) {
  const ProfileLibrary library{{shipped_profiles()}};
  return load_radio(library, Bibliography{library}, name);
}

/// One request of 1,500 B each way over a shipped radio with its states.
FleetModel one_packet(const RadioProfile& radio, double server_s, double result_bytes = 1500,
                      double upload_bytes = 1500) {
  FleetModel model = simple_fleet(
      {.upload_bytes = upload_bytes, .server_s = server_s, .result_bytes = result_bytes},
      asked_at({10}), 1);
  model.cells[0] = cell_of(radio.radio.uplink.value(), radio.radio.downlink.value());
  model.cells[0].radio = radio.radio;
  model.cells[0].machine = radio.machine;
  return model;
}

class EveryRadio : public ::testing::TestWithParam<const char*> {};

// The answer comes `away` seconds after the tail has ended: it is paged at the idle radio's next
// listening time, c - (away mod c) later, and crosses after a second promotion. All that the radio
// draws meanwhile is the request's: two promotions, a whole tail, and idle listening from the
// tail's end to the page.
TEST_P(EveryRadio, IsWokenByAnAnswer) {
  const RadioProfile radio = shipped(GetParam());
  const auto& states = dynamic_cast<const RadioStates&>(*radio.machine);
  const double tail_s = states.tail_length().value();
  const double cycle_s = states.idle_cycle.value();
  const double away_s = 2.4 * cycle_s;  // silent: it listens for less than a tenth of a cycle
  const FleetResult result = play_whole(one_packet(radio, tail_s + away_s));
  ASSERT_EQ(result.records.size(), 1U);
  const RequestRecord& record = result.records[0];
  const double up_s = 1500 / radio.radio.uplink.value();
  const double down_s = 1500 / radio.radio.downlink.value();
  const double promotion_s = states.promotion.value();
  const double page_s = 3 * cycle_s - away_s;
  EXPECT_NEAR(record.phases[Phase::kPromotion], 2 * promotion_s + page_s, 1e-9);
  EXPECT_NEAR(record.latency_s, 2 * promotion_s + up_s + tail_s + away_s + page_s + down_s, 1e-9);
  EXPECT_EQ(record.latency_s, record.phases.total());
  const EnergyLedger& energy = record.energy;
  EXPECT_NEAR(energy[EnergyPart::kPromotion], 2 * promotion_s * states.promotion_power.value(),
              1e-9);
  EXPECT_NEAR(energy[EnergyPart::kTail], states.tail_energy(states.tail_length()).value(), 1e-9);
  EXPECT_NEAR(energy[EnergyPart::kIdle], states.idle_power().value() * 3 * cycle_s, 1e-9);
  EXPECT_NEAR(energy[EnergyPart::kReceive], radio.radio.downlink_power().value() * down_s, 1e-9);
}

INSTANTIATE_TEST_SUITE_P(Shipped, EveryRadio, ::testing::Values("wifi", "3g", "4g"));

// An answer 0.5 s after a Wi-Fi upload finds the tail of 0.2381 s over and the idle radio silent:
// 0.2619 s into a cycle of 0.3082 s, so it is heard 0.0463 s later. The promotion costs 79.1 ms and
// 0.0791 s · 0.1244 W = 9.84 mJ once more.
TEST(RadioStates, AnAnswerToAnIdleRadioByHand) {
  const RadioProfile wifi = shipped("wifi");
  const RequestRecord record = play_whole(one_packet(wifi, 0.5)).records[0];
  EXPECT_NEAR(record.phases[Phase::kPromotion], 0.0791 + 0.0463 + 0.0791, 1e-9);
  EXPECT_NEAR(record.energy[EnergyPart::kPromotion], 2 * 9.84004e-3, 1e-9);
}

// Where every state draws 1 W, a second costs 1 J, whatever wakes the radio.
TEST(RadioStates, EveryMomentIsChargedOnceWhoeverWakesTheRadio) {
  for (const char* name : {"wifi", "3g", "4g"}) {
    RadioProfile radio = shipped(name);
    auto& states = dynamic_cast<RadioStates&>(*radio.machine);
    states.promotion_power = states.idle_on_power = Watts{1};
    states.idle_on = states.idle_cycle;
    for (TailPhase& phase : states.tail) phase.power = phase.on_power = Watts{1};
    radio.radio.beta = Watts{1};
    radio.radio.alpha_uplink = radio.radio.alpha_downlink = JoulesPerByte{0};
    FleetModel model = one_packet(radio, 30, 1e6, 2e5);
    model.duration_s = 100;
    // Attempts that time out, and whose answers wake the radio later.
    model.groups[0].recovery = {20, 1, 0, false};
    model.groups[0].workload = asked_at({10, 85});
    model.servers[0].gpus = 4;
    const FleetResult result = play_whole(model);
    EXPECT_EQ(result.buckets[0].sums.failed, 2U);
    EXPECT_GT(result.energy[EnergyPart::kReceive], 0);
    EXPECT_NEAR(result.energy.total(), std::max(100.0, result.counts.end_s), 1e-9) << name;
  }
}

// Timeouts ----------------------------------------------------------------------------------------

// 3G: a promotion of 582.1 ms, then 0.3 s of computing. The timeout of 0.5 s counts from the start
// of the upload, so the first attempt completes.
TEST(Timeouts, CountFromTheUpload) {
  const RadioProfile umts = shipped("3g");
  FleetModel model = one_packet(umts, 0.3, 0);
  model.groups[0].recovery = {0.5, 0, 0, false};
  const RequestRecord record = play_whole(model).records[0];
  EXPECT_EQ(record.end, RequestEnd::kCompleted);
  EXPECT_NEAR(record.latency_s, 0.5821 + 1500 / umts.radio.uplink.value() + 0.3, 1e-9);
  // One that fails has taken its promotion and its timeout.
  model.groups[0].partitions[0] = plan_of({.upload_bytes = 1500, .server_s = 3}, false);
  const RequestRecord failed = play_whole(model).records[0];
  EXPECT_EQ(failed.end, RequestEnd::kFailed);
  EXPECT_NEAR(failed.phases[Phase::kRecovery], 0.5821 + 0.5, 1e-9);
  EXPECT_NEAR(failed.latency_s, 0.5821 + 0.5, 1e-9);
}

// A server of 1 s, a timeout of 0.5 s, one retry: the request at 1 s fails at 2 s, but both its
// uploads have left the mobile. The server works from 1.001 s to 3.001 s for it, and sends both
// answers of 1,000 B over a downlink of 1,000 B/s, each 1 s. The request of another mobile at 2.4 s
// waits for the server to 3.001 s. Each answer costs the mobile 1e-6 J/B · 1000 B + 0.8 W · 1 s.
TEST(Timeouts, CallNothingBackThatHasLeftTheMobile) {
  FleetModel model =
      simple_fleet({.upload_bytes = 1000, .server_s = 1, .result_bytes = 1000}, asked_at({1}), 1);
  model.cells[0] = cell_of(1e6, 1000);
  model.cells[0].radio.alpha_downlink = JoulesPerByte{1e-6};
  model.cells[0].radio.beta = Watts{0.8};
  model.groups[0].recovery = {0.5, 1, 0, false};
  model.groups.push_back(model.groups[0]);
  model.groups[1].name = "later";
  model.groups[1].recovery = {};
  model.groups[1].workload = asked_at({2.4});
  model.strategies[0].candidates = {{0}, {0}};
  const FleetResult result = play_whole(model);
  const std::vector<RequestRecord> records = by_request(result.records);
  EXPECT_EQ(records[0].end, RequestEnd::kFailed);
  EXPECT_NEAR(records[0].latency_s, 1, 1e-9);
  EXPECT_EQ(records[0].energy[EnergyPart::kReceive], 0) << "nothing had come when it ended";
  EXPECT_NEAR(records[1].phases[Phase::kWait], 3.001 - 2.401, 1e-9);
  EXPECT_NEAR(done(model, result, "server"), 3, 1e-9);
  EXPECT_NEAR(result.buckets[0].sums.server_s, 2, 1e-12) << "GPU time for nobody is GPU time";
  EXPECT_NEAR(done(model, result, "cell downlink"), 3000, 1e-6);
  EXPECT_NEAR(result.mobiles[0][EnergyPart::kReceive], 2 * (1e-3 + 0.8), 1e-9);
  EXPECT_NEAR(result.mobiles[1][EnergyPart::kReceive], 1e-3 + 0.8, 1e-9);
}

// The same over an edge: what has left the mobile crosses the backhaul both ways, and a late answer
// is not taken for that of the next attempt. 1 s each for upload, backhaul, server, backhaul and
// download, and a timeout after 3.9 s: the first request's attempts, begun at 1 and 4.9 s, fail at
// 4.9 and 8.8 s, and their answers end at 6 and 9.9 s. The run ends with the second request, which
// fails at 107.8 s, when its last answer is on the backhaul, 0.9 s of it, and its first has come.
TEST(Timeouts, LetABackhaulCarryWhatHasLeft) {
  FleetModel model = over_the_edge();
  model.servers[1].backhaul_delay_s = 0;
  model.groups[0].recovery = {3.9, 1, 0, false};
  model.groups[0].workload = asked_at({1, 100});
  const FleetResult result = play_whole(model);
  EXPECT_EQ(result.buckets[0].sums.failed, 2U);
  EXPECT_NEAR(done(model, result, "edge backhaul up"), 4000, 1e-6);
  EXPECT_NEAR(done(model, result, "edge backhaul down"), 3900, 1e-6);
  EXPECT_NEAR(done(model, result, "cell downlink"), 3000, 1e-6);
}

// Side by side, up- and downloads draw the active radio's 0.8 W once. Uploads of 1 s, 0.2 s at the
// server, answers of 1,000 B over 500 B/s, a timeout of 1.5 s and one retry: the first answer
// begins at 2.2 s and has 250 B left at 3.7 s, when the second, of the upload from 2.5 to 3.5 s,
// begins; sharing they end at 4.7 s and, with 750 B left then, at 6.2 s. The radio is active from 1
// to 2 s and from 2.2 to 6.2 s. (Another mobile's request keeps the run going.)
TEST(Timeouts, ChargeTransfersSideBySideOnce) {
  FleetModel model =
      simple_fleet({.upload_bytes = 1000, .server_s = 0.2, .result_bytes = 1000}, asked_at({1}), 1);
  model.cells[0] = cell_of(1000, 500);
  model.cells[0].radio.beta = Watts{0.8};
  model.groups[0].recovery = {1.5, 1, 0, false};
  model.groups.push_back(model.groups[0]);
  model.groups[1].name = "later";
  model.groups[1].recovery = {};
  model.groups[1].workload = asked_at({10});
  model.strategies[0].candidates = {{0}, {0}};
  const EnergyLedger energy = play_whole(model).mobiles[0];
  EXPECT_NEAR(energy[EnergyPart::kTransmit] + energy[EnergyPart::kReceive], 0.8 * 5, 1e-9);
}

// A mobile that gives up in its upload stops sending: of 1,000 B at 1,000 B/s it has sent half, and
// paid for 0.5 s; nothing reaches the server.
TEST(Timeouts, StopAnUpload) {
  FleetModel model = simple_fleet({.upload_bytes = 1000, .server_s = 1}, asked_at({1}), 1);
  model.cells[0] = cell_of(1000, 1000);
  model.cells[0].radio.beta = Watts{0.8};
  model.groups[0].recovery = {0.5, 0, 0, false};
  const FleetResult result = play_whole(model);
  EXPECT_NEAR(done(model, result, "cell uplink"), 500, 1e-9);
  EXPECT_EQ(done(model, result, "server"), 0);
  EXPECT_NEAR(result.energy[EnergyPart::kTransmit], 0.4, 1e-12);
}

// Late dates --------------------------------------------------------------------------------------

// At ten years the last digit of a date is 6e-8 s. Durations keep theirs: what contends for nothing
// takes what the closed form has, to 1e-9 in time and energy.
TEST(LateDates, CostARequestAloneNoDigit) {
  constexpr double kTenYears = 10 * 365.25 * 86400;
  for (World world : testing::random_worlds(11, 30)) {
    world.use.download_takes_time = true;
    const FleetModel model = fleet_of(world, asked_at({1.1, 1e6, kTenYears}));
    const Breakdown expected = closed_form(world.plan, world.use);
    for (const RequestRecord& record : play_whole(model).records) {
      const double tolerance = 1e-9;
      testing::expect_relative(record.latency_s, expected.latency().value(), tolerance, "latency");
      testing::expect_relative(record.energy.total(), expected.energy().value(), tolerance,
                               "energy");
    }
  }
}

}  // namespace
}  // namespace papilio
