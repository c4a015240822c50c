// Claims: SimGrid takes what the closed form says on plans of any number of stages, for nothing
// contends and times add, and so does a fleet of one mobile; the pricer gives every layer to one
// tier and every cut to one link; and a scenario with an edge is a fleet of one mobile that nobody
// disturbs.

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/base/error.hpp"
#include "sim/plan/estimate.hpp"
#include "sim/plan/price.hpp"
#include "sim/play/engine/simulate.hpp"
#include "sim/play/engine/simulate_fleet.hpp"
#include "sim/scenario/fleet_scenario.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/model/fleets.hpp"
#include "tests/model/worlds.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

/// Random worlds whose plans move up to six times between tiers, on the radios of `random_worlds`;
/// in half of them the backhaul takes time.
std::vector<World> wandering_worlds(unsigned seed, std::size_t count) {
  std::vector<World> worlds = testing::random_worlds(seed, count);
  boost::random::mt19937_64 generator{seed};
  const auto below = [&](int end) {
    return boost::random::uniform_int_distribution<int>{0, end - 1}(generator);
  };
  const auto log_uniform = [&](double low, double high) {
    boost::random::uniform_real_distribution<double> exponent{std::log(low), std::log(high)};
    return std::exp(exponent(generator));
  };
  for (World& world : worlds) {
    if (below(2) == 0) {
      world.use.backhaul = {.rate = BytesPerSecond{log_uniform(1e4, 1e8)},
                            .delay = Seconds{log_uniform(1e-6, 0.1)}};
    }
    world.plan = {};
    Tier at = Tier::kMobile;
    const auto compute = [&] {
      const Joules energy{at == Tier::kMobile ? log_uniform(1e-6, 1) : 0};
      world.plan.stages.push_back(Compute{at, Seconds{log_uniform(1e-6, 1)}, energy});
    };
    compute();
    for (int transfers = below(7); transfers > 0; --transfers) {
      const Tier to{static_cast<std::uint8_t>((static_cast<int>(at) + 1 + below(2)) % 3)};
      world.plan.stages.push_back(Transfer{at, to, Bytes{std::floor(log_uniform(1, 1e6))}});
      at = to;
      compute();
    }
    if (at != Tier::kMobile) {
      const Bytes answer{std::floor(log_uniform(1, 1e5))};
      world.plan.stages.push_back(Transfer{at, Tier::kMobile, answer, true});
    }
  }
  return worlds;
}

TEST(Plan, OfAnyStagesTakesOnSimGridWhatTheClosedFormSays) {
  const std::vector<World> worlds = wandering_worlds(51, 400);
  const std::vector<PlayedRequest> played = simulate(worlds);
  std::size_t longest = 0;
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    longest = std::max(longest, worlds[i].plan.stages.size());
    const Breakdown expected = closed_form(worlds[i].plan, worlds[i].use);
    testing::expect_agreement(played[i].breakdown, expected, 1e-9);
    EXPECT_NEAR(played[i].finish / expected.latency(), 1.0, 1e-9);
  }
  EXPECT_GE(longest, 13U) << "six transfers between seven computations";
}

/// What a fleet's request took by phase, and its energy by part, is what a breakdown says, to 1e-9.
void expect_agreement(const RequestRecord& found, const Breakdown& expected) {
  const double latency_s = expected.latency().value();
  const auto expect = [&](double value, double wanted, double scale, const char* what) {
    // A phase far shorter than its request is compared to the digits of the request's.
    EXPECT_LE(std::abs(value - wanted), 1e-9 * wanted + 1e-13 * scale)
        << what << ": " << value << " against " << wanted;
  };
  expect(found.latency_s, latency_s, 0, "latency");
  expect(found.phases[Phase::kMobile], expected.mobile.value(), latency_s, "mobile");
  expect(found.phases[Phase::kUplink], expected.uplink.value(), latency_s, "uplink");
  expect(found.phases[Phase::kDelay], expected.delay.value(), latency_s, "delay");
  expect(found.phases[Phase::kService], (expected.edge + expected.cloud).value(), latency_s,
         "servers");
  expect(found.phases[Phase::kBackhaul], expected.backhaul.value(), latency_s, "backhaul");
  expect(found.phases[Phase::kDownlink], expected.downlink.value(), latency_s, "downlink");
  expect(found.phases.total(), latency_s, 0, "the phases' sum");
  const double energy_j = expected.energy().value();
  expect(found.energy[EnergyPart::kCompute], expected.compute_energy.value(), energy_j, "compute");
  expect(found.energy[EnergyPart::kTransmit], expected.uplink_energy.value(), energy_j, "transmit");
  expect(found.energy[EnergyPart::kReceive], expected.downlink_energy.value(), energy_j, "receive");
  expect(found.energy[EnergyPart::kIdle], expected.idle_energy.value(), energy_j, "idle");
  expect(found.energy.total(), energy_j, 0, "the energies' sum");
}

// The same worlds, with timed answers, as fleets of one mobile with an edge: mobile, cloud, mobile,
// cloud and all other ways of up to six transfers.
TEST(Plan, OfAnyStagesTakesAFleetOfOneMobileTheSame) {
  std::vector<World> worlds = wandering_worlds(53, 400);
  for (World& world : worlds) world.use.download_takes_time = true;
  const std::vector<PlayedRequest> played = simulate(worlds);
  Workload once;
  once.process = Workload::Process::kTrace;
  once.dates_s = {1};
  std::size_t twice = 0;
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    const Stages& stages = worlds[i].plan.stages;
    SCOPED_TRACE(i);
    twice += std::count_if(stages.begin(), stages.end(), is_upload) > 1 ? 1U : 0U;
    const FleetResult result = testing::play_whole(testing::fleet_of(worlds[i], once));
    ASSERT_EQ(result.records.size(), 1U);
    const Breakdown expected = closed_form(worlds[i].plan, worlds[i].use);
    expect_agreement(result.records[0], expected);
    testing::expect_agreement(played[i].breakdown, expected, 1e-9);
    EXPECT_NEAR(result.records[0].latency_s / played[i].breakdown.latency().value(), 1, 1e-9);
    EXPECT_EQ(result.records[0].upload_bytes, worlds[i].plan.upload().value());
  }
  EXPECT_GT(twice, 100U) << "plans of two uploads or more";
}

// By hand, stage by stage: what a stage takes, added up without a word of phases.
TEST(Plan, TakesTheSumOfItsStages) {
  for (const World& world : wandering_worlds(52, 400)) {
    const RadioUse& use = world.use;
    double latency_s = 0;
    double energy_j = 0;
    for (const Stage& stage : world.plan.stages) {
      if (const auto* layers = std::get_if<Compute>(&stage)) {
        latency_s += layers->time.value();
        energy_j += layers->energy.value();
        if (layers->at != Tier::kMobile) energy_j += use.idle_power.value() * layers->time.value();
        continue;
      }
      const auto& transfer = std::get<Transfer>(stage);
      const bool timed = !transfer.answer || use.download_takes_time;
      const bool stated = use.energy_model == EnergyModel::kStated;
      double away_s = 0;
      if (transfer.from == Tier::kMobile || transfer.to == Tier::kMobile) {
        const bool up = transfer.from == Tier::kMobile;
        const double rate = (up ? use.radio.uplink : use.radio.downlink).value();
        const double alpha = (up ? use.radio.alpha_uplink : use.radio.alpha_downlink).value();
        const double radio_s = timed ? transfer.size.value() / rate : 0;
        away_s += radio_s + use.delay.value();
        if (timed || !stated) energy_j += alpha * transfer.size.value();
        if (stated) energy_j += use.radio.beta.value() * radio_s;
      }
      if (transfer.from == Tier::kCloud || transfer.to == Tier::kCloud) {
        if (timed) away_s += transfer.size.value() / use.backhaul.rate.value();
        away_s += use.backhaul.delay.value();
      }
      latency_s += away_s;
      energy_j += use.idle_power.value() * away_s;
    }
    const Breakdown found = closed_form(world.plan, world.use);
    testing::expect_relative(found.latency().value(), latency_s, 1e-12, "latency");
    testing::expect_relative(found.energy().value(), energy_j, 1e-12, "energy");
  }
}

class Pricing : public ::testing::Test {
 protected:
  Scenario scenario_{load_scenario({.file = PAPILIO_SOURCE_DIR "/scenarios/paper/table4.yaml"})};
  const Graph& graph_{scenario_.graph};
  LayerPricer mobile_{scenario_.mobile_profile, graph_};
  LayerPricer cloud_{scenario_.cloud_profile, graph_};

  [[nodiscard]] Hop hop(const char* cut, Tier to) const { return {*graph_.find_cut(cut), to}; }
};

// mobile -> cloud -> mobile -> cloud: each run of layers is priced where it runs, and each cut
// sends its tensor, a byte an element: 56·56·256 after RB3, 28·28·512 after RB7, 14·14·1024 after
// RB13.
TEST_F(Pricing, GoesBackAndForth) {
  const Plan plan = price(
      graph_,
      {.hops = {hop("RB3", Tier::kCloud), hop("RB7", Tier::kMobile), hop("RB13", Tier::kCloud)},
       .channels = {},
       .bits = 8},
      {.mobile = mobile_, .cloud = &cloud_}, Bytes{1000});
  ASSERT_EQ(plan.stages.size(), 8U);
  const LayerId a = graph_.find_cut("RB3")->after + 1;
  const LayerId b = graph_.find_cut("RB7")->after + 1;
  const LayerId c = graph_.find_cut("RB13")->after + 1;
  const auto time = [&](std::size_t stage) { return std::get<Compute>(plan.stages[stage]).time; };
  EXPECT_EQ(time(0), mobile_.cost(graph_, 0, a).latency);
  EXPECT_EQ(time(2), cloud_.cost(graph_, a, b).latency);
  EXPECT_EQ(time(4), mobile_.cost(graph_, b, c).latency);
  EXPECT_EQ(time(6), cloud_.cost(graph_, c, graph_.layers().size()).latency);
  EXPECT_EQ(plan.bytes_between(Tier::kMobile, Tier::kCloud), Bytes{56 * 56 * 256 + 14 * 14 * 1024});
  EXPECT_EQ(plan.bytes_between(Tier::kCloud, Tier::kMobile), Bytes{28 * 28 * 512});
  EXPECT_EQ(plan.answer(), Bytes{1000});
  testing::expect_relative(
      plan.mobile_energy().value(),
      mobile_.cost(graph_, 0, a).energy.value() + mobile_.cost(graph_, b, c).energy.value(), 1e-15,
      "energy");
}

// Layers that a wide cut leaves behind run elsewhere, wherever they stand in the file; what they
// read crosses, each tensor once.
TEST_F(Pricing, OfAWideCutGivesEveryLayerToOneTier) {
  const Cut cut = graph_.find_cut("layer1.0.conv2+").value();
  ASSERT_GE(cut.crossing.size(), 2U);
  const Plan plan = price(graph_, {.hops = {{cut, Tier::kCloud}}, .channels = {}, .bits = 8},
                          {.mobile = mobile_, .cloud = &cloud_}, Bytes{1});
  LayerCost near;
  LayerCost far;
  for (LayerId id = 0; id < graph_.layers().size(); ++id) {
    (cut.has_before(id) ? near : far) +=
        (cut.has_before(id) ? mobile_ : cloud_).cost(graph_.layer(id));
  }
  EXPECT_EQ(std::get<Compute>(plan.stages[0]).time, near.latency);
  EXPECT_EQ(std::get<Compute>(plan.stages[2]).time, far.latency);
  std::int64_t bytes = 0;
  for (const LayerId id : cut.crossing) bytes += graph_.layer(id).shape.elements();
  EXPECT_EQ(plan.upload(), Bytes{static_cast<double>(bytes)});
}

// A unit adds layers at the first cut and shifts the others: with the same prices everywhere, where
// a later cut lies must not change what all layers take together.
TEST_F(Pricing, ALaterCutDropsNoLayerOfAUnit) {
  const Devices same{.mobile = mobile_, .edge = &mobile_, .cloud = &mobile_};
  const Placement two{.hops = {hop("RB3", Tier::kCloud)}, .channels = 2, .bits = 8};
  Placement three = two;
  three.hops = {hop("RB3", Tier::kEdge), hop("RB8", Tier::kCloud)};
  const Plan two_way = price(graph_, two, same, Bytes{0});
  const Plan three_way = price(graph_, three, same, Bytes{0});
  EXPECT_EQ(three_way.upload(), two_way.upload());
  EXPECT_EQ(three_way.bytes_between(Tier::kEdge, Tier::kCloud), Bytes{14 * 14 * 1024});
  testing::expect_relative(
      (three_way.time_at(Tier::kEdge) + three_way.time_at(Tier::kCloud)).value(),
      two_way.time_at(Tier::kCloud).value(), 1e-12, "behind the mobile");
  EXPECT_EQ(rest_on_mobile(graph_, two, mobile_).latency, two_way.time_at(Tier::kCloud));
  EXPECT_EQ(rest_on_mobile(graph_, {}, mobile_).latency, Seconds{0});
}

// One mobile asks once, through an edge and its backhaul, in all ways that use them or only pass:
// what the run's SimGrid and the closed form say, the fleet's player says too.
TEST(Edge, ARunIsAFleetOfOneMobile) {
  const testing::TemporaryFolder folder;
  const std::string strategies =
      "strategies: [{strategy: mobile-only}, {strategy: cloud-only}, {strategy: butterfly, after: "
      "RB8, channels: 5}, {strategy: three-way, after: [RB1, RB4], channels: 5, edge_after: RB9}, "
      "{strategy: three-way, after: RB2, bits: 4, edge_after: output}, "
      // Pooling takes no time in the table, and nothing follows fc: the tiers are visited all the
      // same.
      "{strategy: three-way, after: RB16, edge_after: avgpool}, "
      "{strategy: three-way, after: RB15, edge_after: fc}, "
      "{strategy: path, hops: [{after: RB3, to: cloud}, {after: RB7, to: mobile}, {after: RB12, "
      "to: "
      "edge}, {after: RB14, to: cloud}], channels: 5}, "
      "{strategy: path, hops: [{after: RB3, to: edge}, {after: RB7, to: mobile}]}]\n";
  const Scenario run = load_scenario(
      {.file = folder
                   .write("run.yaml",
                          "name: run\nmodel: resnet50-paper\nmobile: {device: jetson-tx2, "
                          "idle_power_w: 0.7, load_level: 1.5}\nedge: {device: gtx-1080-ti, "
                          "backhaul: {rate_bit_per_s: 2.0e+7, delay_s: 0.003}}\ncloud: {device: "
                          "gtx-1080-ti}\nnetworks: [wifi]\ndelay_s: 0.002\n"
                          "download_takes_time: true\nresult_bytes: 4000\n" +
                              strategies)
                   .string()});
  const FleetScenario fleet = load_fleet(
      {.file = folder
                   .write("fleet.yaml",
                          "kind: fleet\nname: fleet\ncells: [{name: c, radio: wifi, delay_s: "
                          "0.002}]\nservers: [{name: s, device: gtx-1080-ti}, {name: e, device: "
                          "gtx-1080-ti, backhaul: {rate_bit_per_s: 2.0e+7, delay_s: 0.003}}]\n"
                          "mobiles: [{name: m, cell: c, server: s, edge: e, model: "
                          "resnet50-paper, device: jetson-tx2, idle_power_w: 0.7, load_level: "
                          "1.5, result_bytes: 4000, arrivals: {process: closed-loop, think_s: 1, "
                          "requests: 1}}]\noutput: {records: 1}\n" +
                              strategies)
                   .string()});
  const std::vector<FleetResult> fleets = simulate_fleet(fleet.model);
  ASSERT_EQ(fleets.size(), run.cells.size());
  std::vector<World> worlds;
  for (const Cell& cell : run.cells) worlds.push_back({cell.plan, cell.use});
  const std::vector<PlayedRequest> played = simulate(worlds);
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    const Breakdown expected = closed_form(worlds[i].plan, worlds[i].use);
    testing::expect_agreement(played[i].breakdown, expected, 1e-9);
    EXPECT_EQ(fleet.model.strategies[i].name, run.cells[i].plan.name);
    // What a scenario of cells calls the strategy, a fleet calls its kind.
    EXPECT_EQ(fleet.model.strategies[i].kind, run.cells[i].strategy);
    ASSERT_EQ(fleets[i].records.size(), 1U);
    expect_agreement(fleets[i].records[0], expected);
  }
  // The last path has the mobile compute all but the layers between its cuts, the edge those.
  const Graph& graph = run.graph;
  const auto between =
      graph.macs(graph.find_cut("RB3")->after + 1, graph.find_cut("RB7")->after + 1);
  EXPECT_DOUBLE_EQ(fleet.model.groups[0].partitions.back().mobile_share,
                   1 - static_cast<double>(between) / static_cast<double>(graph.macs()));
  const Breakdown three_way = played[3].breakdown;
  EXPECT_GT(three_way.edge, Seconds{0});
  EXPECT_GT(three_way.cloud, Seconds{0});
  EXPECT_GT(three_way.backhaul, Seconds{0});
  EXPECT_EQ(played[5].breakdown.backhaul, Seconds{0}) << "the edge answers itself";
}

// K_edge multiplies the edge's time alone; a backhaul of twice the rate halves its transfers.
TEST(Edge, ConditionsActOnWhatTheyAreAbout) {
  const auto with = [](std::vector<std::string> more) {
    std::vector<std::string> all{"edge={device: gtx-1080-ti, backhaul: {rate_bit_per_s: 1e+7}}",
                                 "networks=[wifi]",
                                 "strategies=[{strategy: three-way, after: RB1, edge_after: RB9}]"};
    all.insert(all.end(), more.begin(), more.end());
    const Cell cell = load_scenario({.file = PAPILIO_SOURCE_DIR "/scenarios/paper/table4.yaml",
                                     .overrides = std::move(all)})
                          .cells.front();
    return closed_form(cell.plan, cell.use);
  };
  const Breakdown plain = with({});
  const Breakdown loaded = with({"edge.load_level=3"});
  EXPECT_DOUBLE_EQ(loaded.edge / plain.edge, 3);
  EXPECT_EQ(loaded.cloud, plain.cloud);
  EXPECT_EQ(loaded.mobile, plain.mobile);
  const Breakdown faster =
      with({"edge.backhaul.rate_bit_per_s=2e+7", "edge.backhaul.delay_s=0.01"});
  EXPECT_DOUBLE_EQ(plain.backhaul / faster.backhaul, 2);
  EXPECT_DOUBLE_EQ(faster.delay.value(), 0.02) << "there and back";
  EXPECT_EQ(plain.delay, Seconds{0});
}

TEST(Edge, ThreeWayNeedsOne) {
  try {
    load_scenario(
        {.file = PAPILIO_SOURCE_DIR "/scenarios/paper/table4.yaml",
         .overrides = {"strategies=[{strategy: three-way, after: RB1, edge_after: RB9}]"}});
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string_view{error.what()}.find(
                  "strategies.0: three-way needs an edge server; add the key 'edge'"),
              std::string_view::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace papilio
