// Properties that hold for any scenario, over fixed seeds and over the shipped one.

#include <gtest/gtest.h>

#include "sim/base/error.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/model/worlds.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using testing::expect_relative;
using testing::random_worlds;

// By hand from the numbers of each world, not from the parts that the program adds up. A radio
// draws alpha a byte, and beta while it sends or receives where the reading is `stated`; while the
// request is not on the mobile the mobile draws its idle power. A download that takes no time is
// charged by the byte under `throughput-only` alone (docs/models/radio.md).
TEST(Properties, LatencyAndEnergyAreThoseOfTheWorldsNumbers) {
  const std::vector<World> worlds = random_worlds(21, 200);
  const std::vector<PlayedRequest> all = simulate(worlds);
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    const Plan& plan = worlds[i].plan;
    const RadioUse& use = worlds[i].use;
    const Radio& radio = use.radio;
    const bool stated = use.energy_model == EnergyModel::kStated;
    const double up_s = plan.upload().value() / radio.uplink.value();
    const double down_s =
        use.download_takes_time ? plan.answer().value() / radio.downlink.value() : 0;
    const double delay_s = plan.upload().value() > 0 ? 2 * use.delay.value() : 0;  // there and back
    const double away_s = up_s + delay_s + plan.time_at(Tier::kCloud).value() + down_s;
    double energy_j = plan.mobile_energy().value() + use.idle_power.value() * away_s +
                      radio.alpha_uplink.value() * plan.upload().value();
    if (stated) energy_j += radio.beta.value() * (up_s + down_s);
    if (use.download_takes_time || !stated) {
      energy_j += radio.alpha_downlink.value() * plan.answer().value();
    }
    const Breakdown& found = all[i].breakdown;
    expect_relative(found.latency().value(), plan.time_at(Tier::kMobile).value() + away_s, 1e-9,
                    "latency");
    expect_relative(found.energy().value(), energy_j, 1e-9, "energy");
  }
}

TEST(Properties, EnergyIsAtLeastIdlePowerTimesWaiting) {
  const std::vector<World> worlds = random_worlds(22, 200);
  const std::vector<PlayedRequest> played = simulate(worlds);
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    const Breakdown& b = played[i].breakdown;
    EXPECT_GE(b.energy(), worlds[i].use.idle_power * (b.latency() - b.mobile));
  }
}

TEST(Properties, TransmittingAndReceivingAreNotSwapped) {
  World world;
  world.plan = testing::plan_of({.upload = Bytes{1000}, .answer = Bytes{10}});
  world.use.radio.uplink = BytesPerSecond{100};
  world.use.radio.downlink = BytesPerSecond{10};
  world.use.radio.alpha_uplink = JoulesPerByte{3};
  world.use.radio.alpha_downlink = JoulesPerByte{5};
  world.use.energy_model = EnergyModel::kThroughputOnly;
  world.use.download_takes_time = true;
  const Breakdown b = simulate({world})[0].breakdown;
  EXPECT_DOUBLE_EQ(b.uplink.value(), 10);
  EXPECT_DOUBLE_EQ(b.downlink.value(), 1);
  EXPECT_DOUBLE_EQ(b.uplink_energy.value(), 3000);
  EXPECT_DOUBLE_EQ(b.downlink_energy.value(), 50);
}

Scenario scenario_with(std::vector<std::string> overrides) {
  return load_scenario({.file = PAPILIO_SOURCE_DIR "/scenarios/paper/table4.yaml",
                        .overrides = std::move(overrides)});
}

const Cell& cell_of(const Scenario& scenario, const std::string& strategy) {
  for (const Cell& cell : scenario.cells) {
    if (cell.strategy == strategy) return cell;
  }
  throw std::logic_error{"no cell of " + strategy};
}

// A cut after the input is cloud-only: all layers on the cloud. A cut before the output leaves the
// cloud next to nothing. Between them the mobile's time grows and the cloud's shrinks.
TEST(Properties, SplitsRunFromAllRemoteToAllLocal) {
  const Scenario scenario =
      scenario_with({"strategies=[{strategy: mobile-only}, {strategy: cloud-only}, "
                     "{strategy: split, after: all}]",
                     "networks=wifi", "energy_models=stated"});
  const Plan& local = cell_of(scenario, "mobile-only").plan;
  const Plan& remote = cell_of(scenario, "cloud-only").plan;
  EXPECT_EQ(remote.time_at(Tier::kMobile).value(), 0);
  EXPECT_EQ(remote.upload().value(), 150528);
  EXPECT_EQ(local.time_at(Tier::kCloud).value(), 0);
  EXPECT_EQ(local.upload().value(), 0);
  Plan previous = remote;
  int cuts = 0;
  for (const Cell& cell : scenario.cells) {
    if (cell.strategy != "split") continue;
    ++cuts;
    const Seconds mobile_time = cell.plan.time_at(Tier::kMobile);
    const Seconds cloud_time = cell.plan.time_at(Tier::kCloud);
    EXPECT_GE(mobile_time, previous.time_at(Tier::kMobile)) << cell.cut;
    EXPECT_LE(cloud_time, previous.time_at(Tier::kCloud)) << cell.cut;
    // What the mobile gains the cloud loses, at the cloud's thirtyfold speed.
    EXPECT_NEAR((mobile_time / 30 + cloud_time).value(), remote.time_at(Tier::kCloud).value(),
                1e-11)
        << cell.cut;
    previous = cell.plan;
  }
  // Four in the stem, the sum and the output of each of 16 blocks, three in the head.
  EXPECT_EQ(cuts, 4 + 2 * 16 + 3);
  expect_relative(previous.time_at(Tier::kMobile).value(), local.time_at(Tier::kMobile).value(),
                  1e-9, "last cut");
}

TEST(Properties, PayloadIsElementsTimesBitsRoundedUp) {
  const Scenario scenario = scenario_with(
      {"strategies=[{strategy: butterfly, after: RB14, channels: [1, 3, 10], bits: 3}]",
       "networks=wifi", "energy_models=stated"});
  ASSERT_EQ(scenario.cells.size(), 3U);
  EXPECT_EQ(scenario.cells[0].plan.upload().value(), 19);   // 49 elements · 3 bits = 18.375 B
  EXPECT_EQ(scenario.cells[1].plan.upload().value(), 56);   // 147 · 3 / 8 = 55.125
  EXPECT_EQ(scenario.cells[2].plan.upload().value(), 184);  // 490 · 3 / 8 = 183.75
  EXPECT_FALSE(scenario.cells[0].plan.accuracy) << "accuracies are published for 8 bits only";
}

TEST(Properties, MoreChannelsCostMoreEverywhere) {
  const Scenario scenario =
      scenario_with({"strategies=[{strategy: butterfly, after: RB8, channels: [1, 5, 64, 1024]}]",
                     "networks=wifi", "energy_models=stated"});
  ASSERT_EQ(scenario.cells.size(), 4U);
  for (std::size_t i = 1; i < scenario.cells.size(); ++i) {
    const Plan& fewer = scenario.cells[i - 1].plan;
    const Plan& more = scenario.cells[i].plan;
    EXPECT_GT(more.time_at(Tier::kMobile), fewer.time_at(Tier::kMobile));
    EXPECT_GT(more.time_at(Tier::kCloud), fewer.time_at(Tier::kCloud));
    EXPECT_GT(more.upload(), fewer.upload());
  }
}

// K_mobile multiplies TM and its energy, K_cloud TC (butterfly paper, Algorithm 1). A rate replaces
// the radio's: TU = 8 D / t_u, at a power of alpha t_u + beta, with Table III's 868.98 mW/Mbps and
// 817.88 mW of 3G.
TEST(Properties, ConditionsActOnWhatTheyAreAbout) {
  const std::vector<std::string> base{"networks=3g", "energy_models=stated",
                                      "strategies=[{strategy: split, after: RB8}]"};
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = base;
    all.insert(all.end(), more.begin(), more.end());
    const Cell cell = scenario_with(all).cells.front();
    return closed_form(cell.plan, cell.use);
  };
  const Breakdown plain = with({});
  const Breakdown loaded = with({"mobile.load_level=3", "cloud.load_level=0.5"});
  EXPECT_DOUBLE_EQ(loaded.mobile / plain.mobile, 3);
  EXPECT_DOUBLE_EQ(loaded.compute_energy / plain.compute_energy, 3);
  EXPECT_DOUBLE_EQ(loaded.cloud / plain.cloud, 0.5);
  EXPECT_EQ(loaded.uplink, plain.uplink);
  const Breakdown faster =
      with({"uplink_bit_per_s=10e6", "downlink_bit_per_s=20e6", "download_takes_time=true"});
  EXPECT_DOUBLE_EQ(faster.uplink.value(), 8 * 200704 / 10e6);
  EXPECT_DOUBLE_EQ(faster.uplink_energy.value(), (0.86898 * 10 + 0.81788) * 8 * 200704 / 10e6);
  EXPECT_DOUBLE_EQ(faster.downlink.value(), 8 * 1000 / 20e6);
  EXPECT_EQ(faster.mobile, plain.mobile);
}

TEST(Properties, TheEffectiveScenarioIsAFixedPoint) {
  const Scenario first = scenario_with({"networks=[wifi]", "result_bytes=100"});
  const testing::TemporaryFolder folder;
  const std::string file = folder.write("effective.yaml", effective_yaml(first)).string();
  const Scenario second = load_scenario({.file = file});
  EXPECT_EQ(effective_yaml(second), effective_yaml(first));
  EXPECT_EQ(second.cells.size(), first.cells.size());
}

// Whatever a file holds, it is a scenario or a ConfigError: 200 random deletions, insertions and
// repetitions in the shipped one.
TEST(Properties, NoDocumentBreaksTheReader) {
  const std::string shipped = testing::read_file(PAPILIO_SOURCE_DIR "/scenarios/paper/table4.yaml");
  const std::vector<std::string> pieces{
      "{",     "}",    "[", "]", ":",  "- ",     "\n",    "&a ", "*a", "\"",  "#",    ".inf", "~",
      "1e400", "null", "|", "!", "\t", "blocks", "paper", "all", "-1", "010", "\xC3", "<<: "};
  boost::random::mt19937_64 generator{2019};
  const auto below = [&](std::size_t end) {
    return boost::random::uniform_int_distribution<std::size_t>{0, end - 1}(generator);
  };
  const testing::TemporaryFolder folder;
  int valid = 0;
  int refused = 0;
  for (int n = 0; n < 200; ++n) {
    std::string text = shipped;
    for (std::size_t edits = 1 + below(3); edits > 0; --edits) {
      const std::size_t place = below(text.size());
      const std::size_t kind = below(3);
      if (kind == 0) text.erase(place, 1 + below(8));
      if (kind == 1) text.insert(place, pieces[below(pieces.size())]);
      if (kind == 2) text.insert(place, text.substr(below(text.size()), 1 + below(60)));
    }
    const std::string file = folder.write("scenario.yaml", text).string();
    try {
      load_scenario({.file = file});
      ++valid;
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string_view{error.what()}.find("error: "), std::string_view::npos);
      ++refused;
    }
  }
  EXPECT_GT(valid, 10) << "the edits destroy too much to be a test";
  EXPECT_GT(refused, 10);
}

}  // namespace
}  // namespace papilio
