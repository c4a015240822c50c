// Claims: where the server is idle the selection is the argmin of the closed form; a busy server
// moves it to the mobile; Neurosurgeon's load is a factor; and where nothing contends the oracle
// takes, for every request, what the best of all fixed partitions took.

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/play/engine/simulate_fleet.hpp"
#include "sim/play/fleet/policy.hpp"
#include "sim/play/fleet/selection_policy.hpp"
#include "sim/radio/states.hpp"
#include "tests/model/fleets.hpp"
#include "tests/model/worlds.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using testing::by_request;
using testing::simple_fleet;

FleetPlan fleet_plan(const Plan& plan) {
  return {.name = "p", .stages = plan.stages, .cloud_only_s = 1};
}

// Eight random partitions at a time on the radio of the first.
TEST(Selection, IsTheArgminOfTheClosedFormWhenTheServerIsIdle) {
  const std::vector<World> worlds = testing::random_worlds(3, 400);
  for (std::size_t first = 0; first + 8 <= worlds.size(); first += 8) {
    RadioUse use = worlds[first].use;
    use.download_takes_time = true;
    CellModel cell;
    cell.radio = use.radio;
    cell.energy_model = use.energy_model;
    GroupModel group;
    group.idle_power_w = use.idle_power.value();
    std::vector<Breakdown> expected;
    std::vector<std::uint32_t> candidates;
    for (std::size_t i = first; i < first + 8; ++i) {
      candidates.push_back(static_cast<std::uint32_t>(group.partitions.size()));
      group.partitions.push_back(fleet_plan(worlds[i].plan));
      expected.push_back(closed_form(worlds[i].plan, use));
    }
    const Observation seen{.uplink_byte_per_s = use.radio.uplink.value(),
                           .downlink_byte_per_s = use.radio.downlink.value(),
                           .delay_s = use.delay.value()};
    for (const Target target : {Target::kLatency, Target::kEnergy}) {
      const SelectionRule rule{.target = target};
      EXPECT_EQ(choose_partition(rule, candidates, group, cell, seen),
                select(expected, target).best);
    }
    const Breakdown took =
        papilio::expected(group.partitions[0], group, cell, seen, LoadRule::kWait);
    EXPECT_NEAR(took.latency().value(), expected[0].latency().value(),
                1e-9 * expected[0].latency().value());
    EXPECT_NEAR(took.energy().value(), expected[0].energy().value(),
                1e-9 * expected[0].energy().value());
  }
}

/// A mobile of 20 ms, and a cut of 2 ms there, 1 ms of upload and 5 ms on the server.
GroupModel two_choices(double mobile_only_j = 0, double cut_j = 0) {
  GroupModel group;
  group.partitions = {
      plan_of({.mobile_s = 0.020, .mobile_j = mobile_only_j}, false),
      plan_of({.mobile_s = 0.002, .mobile_j = cut_j, .upload_bytes = 1000, .server_s = 0.005},
              false)};
  for (FleetPlan& plan : group.partitions) plan.cloud_only_s = 0.010;
  return group;
}

TEST(Policies, ExpectWhatTheServersLoadMakesOfACut) {
  const GroupModel group = two_choices();
  Observation seen{.uplink_byte_per_s = 1e6, .downlink_byte_per_s = 1e6};
  seen.server = {.wait_s = 0.004, .slowdown = 2};
  const auto latency_s = [&](LoadRule load) {
    return expected(group.partitions[1], group, CellModel{}, seen, load).latency().value();
  };
  // The wait and twice the time: 2 + 1 + 4 + 2·5 ms.
  EXPECT_NEAR(latency_s(LoadRule::kWait), 0.017, 1e-15);
  // A job of the whole network, 10 ms, would take 4 + 2·10 ms, 2.4 times as long: 2 + 1 + 2.4·5 ms.
  EXPECT_NEAR(latency_s(LoadRule::kFactor), 0.015, 1e-15);
}

TEST(Policies, LeaveABusyOrSilentServer) {
  const GroupModel group = two_choices();
  const CellModel cell;
  Observation seen{.uplink_byte_per_s = 1e6, .downlink_byte_per_s = 1e6};
  for (const LoadRule load : {LoadRule::kWait, LoadRule::kFactor}) {
    const SelectionRule rule{.load = load};
    const auto chosen = [&] { return choose_partition(rule, {0, 1}, group, cell, seen); };
    seen.server = {};
    EXPECT_EQ(chosen(), 1U);
    seen.server.wait_s = 0.1;
    EXPECT_EQ(chosen(), 0U);
    seen.server.wait_s = std::numeric_limits<double>::infinity();
    EXPECT_EQ(chosen(), 0U) << "no answer to the ping";
    seen.server = {};
    seen.uplink_byte_per_s = 0;
    EXPECT_EQ(chosen(), 0U) << "no rate";
    seen.uplink_byte_per_s = 1e6;
    seen.edge.wait_s = std::numeric_limits<double>::infinity();
    EXPECT_EQ(chosen(), 0U) << "everything passes the edge";
    seen.edge = {};
  }
}

// A tensor that comes back from the cloud crosses the backhaul against the uploads: 100 kB take
// 0.1 s of a free backhaul of 1 MB/s, but 1 s where ten others share that direction, and the mobile
// alone needs 0.3 s.
TEST(Policies, SeeTheBackhaulInTheDirectionThatATensorTakes) {
  GroupModel group;
  group.partitions = {{.name = "back",
                       .stages = {Compute{Tier::kMobile, Seconds{0.01}, {}},
                                  Transfer{Tier::kMobile, Tier::kCloud, Bytes{100}},
                                  Compute{Tier::kCloud, Seconds{0.01}, {}},
                                  Transfer{Tier::kCloud, Tier::kMobile, Bytes{1e5}},
                                  Compute{Tier::kMobile, Seconds{0.01}, {}}}},
                      plan_of({.mobile_s = 0.3}, false)};
  const auto chosen = [&](double up, double down) {
    return choose_partition({}, {0, 1}, group, CellModel{},
                            {.uplink_byte_per_s = 1e9,
                             .downlink_byte_per_s = 1e9,
                             .backhaul_up_byte_per_s = up,
                             .backhaul_down_byte_per_s = down});
  };
  EXPECT_EQ(chosen(1e6, 1e6), 0U);
  EXPECT_EQ(chosen(1e5, 1e6), 0U) << "100 bytes go up";
  EXPECT_EQ(chosen(1e6, 1e5), 1U);
}

// What is never answered is no bargain: the cut costs 1 mJ by its layers, the mobile 100 mJ.
TEST(Policies, SaveNoEnergyWithAServerThatIsDown) {
  const GroupModel group = two_choices(0.100, 0.001);
  const CellModel cell;
  const SelectionRule rule{.target = Target::kEnergy};
  Observation seen{.uplink_byte_per_s = 1e6, .downlink_byte_per_s = 1e6};
  EXPECT_EQ(choose_partition(rule, {0, 1}, group, cell, seen), 1U);
  seen.server.wait_s = std::numeric_limits<double>::infinity();
  EXPECT_EQ(choose_partition(rule, {0, 1}, group, cell, seen), 0U);
}

TEST(Policies, SaveEnergyBelowAChargeAndTimeAboveAQueue) {
  const GroupModel group = two_choices(0.001, 0.100);  // the slow one costs less
  const CellModel cell;
  SelectionRule rule{.energy_below_battery = 0.2};
  Observation seen{.uplink_byte_per_s = 1e6, .downlink_byte_per_s = 1e6, .battery = 0.3};
  EXPECT_EQ(choose_partition(rule, {0, 1}, group, cell, seen), 1U);
  seen.battery = 0.1;
  EXPECT_EQ(choose_partition(rule, {0, 1}, group, cell, seen), 0U);
  rule.latency_above_queue = 3;
  seen.queue = 4;
  EXPECT_EQ(choose_partition(rule, {0, 1}, group, cell, seen), 1U);
}

TEST(Policies, AllHaveARowInTheirPage) {
  const std::string page = testing::read_file(PAPILIO_SOURCE_DIR "/docs/models/adaptation.md");
  for (const PolicyEntry& policy : policies()) {
    EXPECT_NE(page.find("\n| `" + std::string{policy.name} + "` | "), std::string::npos)
        << policy.name;
    EXPECT_FALSE(policy.doc.empty());
    EXPECT_EQ(find_policy(policy.name), &policy);
  }
  EXPECT_EQ(find_policy("q-learning"), nullptr);
}

/// One mobile that asks every 20 s, over a trace with holes and with radio states, and of every
/// second seed over an edge and its backhaul, from a server with a slow time. It has no partitions
/// yet.
FleetModel lonely_fleet(std::uint64_t seed, Stream& draw) {
  Workload workload;
  workload.process = Workload::Process::kPeriodic;
  workload.period_s = 20;
  workload.requests = 50;
  FleetModel model = simple_fleet({}, workload, 1);
  model.seed = seed;
  auto trace = std::make_shared<Trace>();
  for (int i = 0; i < 97; ++i) {
    trace->start_s.push_back(0.1 * i);
    trace->rate_byte_per_s.push_back(i % 7 == 3 ? 0 : 1e5 + 1e6 * draw.uniform());
  }
  trace->length_s = 9.7;
  model.traces.push_back(trace);
  model.cells[0].uplink = {RateTimeline{*trace, Seconds{draw.uniform()}}};
  model.cells[0].delay_s = 0.003;
  RadioStates states;
  states.promotion = Seconds{0.1};
  states.tail = {{"tail", Seconds{2}, Watts{1}, Watts{1}, Seconds{0}, Seconds{0}}};
  model.cells[0].machine = std::make_shared<RadioStates>(states);
  model.servers[0].faults = {{200, 400, 5}, {600, 650, 0}};
  GroupModel& group = model.groups[0];
  group.recovery = {5, 0, 0, false};
  if (seed % 2 == 0) {
    // What the mobile sent, with this request's own factor, crosses the backhaul too.
    model.servers.push_back(
        {.name = "edge", .backhaul_byte_per_s = 3e5, .backhaul_delay_s = 0.002});
    group.edge = 1;
  }
  group.upload_variation = {Variation::Kind::kExponential, 1};
  group.service_variation = {Variation::Kind::kLognormal, 0.5};
  return model;
}

class Oracle : public ::testing::TestWithParam<std::uint64_t> {};

// Each request finds all idle, so what a fixed strategy took is what the oracle could have.
// Promotion is the same for all, for the tail is over by then.
TEST_P(Oracle, TakesTheBestOfAllWhereNothingContends) {
  Stream draw{StreamFamily{GetParam(), "oracle"}};
  FleetModel model = lonely_fleet(GetParam(), draw);
  GroupModel& group = model.groups[0];
  group.partitions = {plan_of({.mobile_s = 0.3}, false)};
  for (int i = 0; i < 5; ++i) {
    const double upload_bytes = 1e4 + 4e4 * draw.uniform();
    const double server_s = 0.02 + 0.02 * draw.uniform();
    group.partitions.push_back(plan_of({.mobile_s = 0.02 * i,
                                        .upload_bytes = upload_bytes,
                                        .server_s = server_s,
                                        .result_bytes = 1000},
                                       group.edge.has_value()));
  }
  model.strategies.clear();
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = 0; i < group.partitions.size(); ++i) {
    all.push_back(i);
    model.strategies.push_back({.name = std::to_string(i), .candidates = {{i}}});
  }
  model.strategies.push_back(
      {.name = "oracle", .policy = find_policy("oracle")->make(), .candidates = {all}});

  const std::vector<FleetResult> results = simulate_fleet(model);
  std::vector<std::vector<RequestRecord>> records;
  records.reserve(results.size());
  for (const FleetResult& result : results) records.push_back(by_request(result.records));
  std::vector<int> chosen(all.size());
  for (std::size_t request = 0; request < 50; ++request) {
    double best_s = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const RequestRecord& record = records[i][request];
      if (record.end == RequestEnd::kCompleted) best_s = std::min(best_s, record.latency_s);
    }
    const RequestRecord& oracle = records.back()[request];
    ASSERT_EQ(oracle.end, RequestEnd::kCompleted);
    EXPECT_NEAR(oracle.latency_s, best_s, 1e-9) << request;
    chosen[oracle.partition] += 1;
  }
  EXPECT_GT(std::count_if(chosen.begin(), chosen.end(), [](int n) { return n > 0; }), 2)
      << "the best is not always the same";
}

// Between a plan of two uploads and a mobile that always takes as long, the oracle takes the plan
// for just those requests which it would answer sooner. The radio falls idle while the server
// works.
TEST_P(Oracle, ForeseesPlansOfTwoUploads) {
  Stream draw{StreamFamily{GetParam(), "oracle"}};
  FleetModel model = lonely_fleet(GetParam(), draw);
  RadioStates states;
  states.promotion = Seconds{0.1};
  states.tail = {{"tail", Seconds{0.015}, Watts{1}, Watts{1}, Seconds{0}, Seconds{0}}};
  states.idle_on = Seconds{0.001};
  states.idle_cycle = Seconds{0.01};
  model.cells[0].machine = std::make_shared<RadioStates>(states);
  GroupModel& group = model.groups[0];
  group.partitions = {plan_of({.upload_bytes = 2e4, .server_s = 0.02, .result_bytes = 1000}, false),
                      plan_of({}, false)};
  testing::send_twice(group.partitions[0]);
  const std::vector<RequestRecord> twice = by_request(testing::play_whole(model).records);
  std::vector<double> latencies_s;
  for (const RequestRecord& record : twice) {
    if (record.end == RequestEnd::kCompleted) latencies_s.push_back(record.latency_s);
  }
  std::sort(latencies_s.begin(), latencies_s.end());
  ASSERT_GT(latencies_s.size(), 45U);
  model.strategies = {
      {.name = "oracle", .policy = find_policy("oracle")->make(), .candidates = {{0, 1}}}};
  for (const std::size_t sooner : {5U, 15U, 25U, 35U, 45U}) {
    const double mobile_s = (latencies_s[sooner - 1] + latencies_s[sooner]) / 2;
    group.partitions[1] = plan_of({.mobile_s = mobile_s}, false);
    std::size_t taken = 0;
    for (const RequestRecord& record : by_request(testing::play_whole(model).records)) {
      const RequestRecord& other = twice[record.number];
      const bool better = other.end == RequestEnd::kCompleted && other.latency_s < mobile_s;
      EXPECT_EQ(record.partition, better ? 0U : 1U) << record.number;
      taken += better ? 1 : 0;
    }
    EXPECT_EQ(taken, sooner);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Oracle, ::testing::Range<std::uint64_t>(1, 6));

}  // namespace
}  // namespace papilio
