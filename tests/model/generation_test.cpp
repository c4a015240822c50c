// Claims: a decoder's request is what its passes add up to, each once, where the first layers know
// the token before: derived below for every way over the tiers; SimGrid says what the closed form
// says, until the first token and in the end; what is streamed holds nobody up; a token costs what
// its pass does alone.

#include "sim/plan/generation.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/zoo/zoo.hpp"
#include "sim/play/engine/simulate.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/model/worlds.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

/// A pass of GPT-2 whose layers take as many microseconds on the mobile as they have positions, and
/// a tenth of that on the other tiers.
struct TestPass {
  explicit TestPass(const std::string& name) : graph{*find_model(name)} {}

  [[nodiscard]] LayerProfile table(double factor) const {
    LayerProfile profile{.device = "d", .model = graph.name()};
    for (std::size_t i = 0; i < graph.layers().size(); ++i) {
      const double latency_s = factor * 1e-6 * static_cast<double>(i);
      profile.rows.push_back(
          {.layer = graph.layer(i).name, .latency_s = latency_s, .energy_j = 2 * latency_s});
    }
    return profile;
  }
  [[nodiscard]] Pass pass() const {
    return {graph, {.mobile = mobile, .edge = &far, .cloud = &far}};
  }
  /// The time of the layers after one cut up to another, at a tier; empty names: the ends.
  [[nodiscard]] double seconds(const LayerPricer& at, const std::string& from,
                               const std::string& to) const {
    const LayerId first = from.empty() ? 0 : graph.find_cut(from)->after + 1;
    const LayerId end = to.empty() ? graph.layers().size() : graph.find_cut(to)->after + 1;
    return at.cost(graph, first, end).latency.value();
  }

  Graph graph;
  LayerPricer mobile{table(1), graph};
  LayerPricer far{table(0.1), graph};
};

class Generations : public ::testing::Test {
 protected:
  [[nodiscard]] Hop hop(const char* cut, Tier to) const {
    return {*prompt_.graph.find_cut(cut), to};
  }
  /// Three tokens, with answers of 2 B.
  [[nodiscard]] Plan plan(std::vector<Hop> hops) const {
    Generation generation{prompt_.pass(), {{.hops = std::move(hops), .channels = {}, .bits = 8}}};
    generation.add(first_.pass());
    generation.add(second_.pass());
    Plan plan = generation.take().front();
    for (Stage& stage : plan.stages) {
      auto* transfer = std::get_if<Transfer>(&stage);
      if (transfer != nullptr && transfer->answer) transfer->size = Bytes{2};
    }
    return plan;
  }
  /// 1,000 B/s up, 100 B/s down, 0.5 s of propagation, 10 kB/s and 0.25 s behind the edge.
  static RadioUse use(bool timed) {
    RadioUse use;
    use.radio.uplink = BytesPerSecond{1000};
    use.radio.downlink = BytesPerSecond{100};
    use.radio.alpha_downlink = JoulesPerByte{3};
    use.energy_model = EnergyModel::kThroughputOnly;
    use.delay = Seconds{0.5};
    use.download_takes_time = timed;
    return use;
  }
  static void expect(const Plan& plan, const RadioUse& use, double first_token_s,
                     double latency_s) {
    const Breakdown found = closed_form(plan, use);
    EXPECT_NEAR(found.first_token.value(), first_token_s, 1e-12);
    EXPECT_NEAR(found.latency().value(), latency_s, 1e-12);
    const PlayedRequest played = simulate({{plan, use}}).front();
    testing::expect_agreement(played.breakdown, found, 1e-9);
    EXPECT_NEAR(played.breakdown.first_token.value(), first_token_s, 1e-9 * latency_s);
  }

  TestPass prompt_{"gpt2@5+0"};
  TestPass first_{"gpt2@1+5"};
  TestPass second_{"gpt2@1+6"};
};

TEST_F(Generations, OnTheMobileIsItsPasses) {
  const double prompt_s = prompt_.seconds(prompt_.mobile, "", "");
  expect(
      plan({}), use(false), prompt_s,
      prompt_s + first_.seconds(first_.mobile, "", "") + second_.seconds(second_.mobile, "", ""));
}

// The prompt goes up once, 5 tokens of 2 B. The cloud goes on from its own tokens: these are
// streamed, each 2 B, and only the last is waited for.
TEST_F(Generations, OfTheCloudAloneStreams) {
  const Plan cloud_only = plan({hop("input", Tier::kCloud)});
  const double steps_s =
      first_.seconds(first_.far, "input", "") + second_.seconds(second_.far, "input", "");
  const double up_s = 10.0 / 1000 + 0.5 + prompt_.seconds(prompt_.far, "input", "");
  const double down_s = 2.0 / 100 + 0.5;
  expect(cloud_only, use(true), up_s + down_s, up_s + steps_s + down_s);
  expect(cloud_only, use(false), up_s + 0.5, up_s + steps_s + 0.5);
  EXPECT_EQ(cloud_only.upload(), Bytes{10});
  EXPECT_EQ(cloud_only.upload_per_token(), Bytes{0});
  // All 6 B of the answers are paid for, waited for or not: 3 J each.
  EXPECT_NEAR(closed_form(cloud_only, use(true)).downlink_energy.value(), 18, 1e-12);
  EXPECT_NEAR(closed_form(cloud_only, use(false)).downlink_energy.value(), 18, 1e-12);
}

// The mobile has the first layers, so that each token comes back before the next pass begins.
TEST_F(Generations, OfASplitGoesThereAndBackForEachToken) {
  const Plan split = plan({hop("layer3", Tier::kCloud)});
  const auto pass_s = [](const TestPass& pass, double bytes) {
    return pass.seconds(pass.mobile, "", "layer3") + bytes / 1000 + 0.5 +
           pass.seconds(pass.far, "layer3", "") + 2.0 / 100 + 0.5;
  };
  const double prompt_s = pass_s(prompt_, 5 * 768);
  expect(split, use(true), prompt_s, prompt_s + pass_s(first_, 768) + pass_s(second_, 768));
  EXPECT_EQ(split.upload_per_token(), Bytes{768});
  EXPECT_NEAR(split.mobile_energy().value(),
              2 * (prompt_.seconds(prompt_.mobile, "", "layer3") +
                   first_.seconds(first_.mobile, "", "layer3") +
                   second_.seconds(second_.mobile, "", "layer3")),
              1e-12);
}

// The edge has the first layers and the cloud the last: a token goes from the cloud back to the
// edge, and to the mobile beside.
TEST_F(Generations, OfEdgeAndCloudPassesTheMobileBy) {
  const Plan plan_of_two = plan({hop("input", Tier::kEdge), hop("layer3", Tier::kCloud)});
  RadioUse use_of_two = use(true);
  use_of_two.backhaul = {.rate = BytesPerSecond{10'000}, .delay = Seconds{0.25}};
  const auto pass_s = [](const TestPass& pass, double bytes) {
    return pass.seconds(pass.far, "input", "layer3") + bytes / 10'000 + 0.25 +
           pass.seconds(pass.far, "layer3", "");
  };
  const double back_s = 2.0 / 10'000 + 0.25;
  const double answer_s = back_s + 2.0 / 100 + 0.5;
  const double up_s = 10.0 / 1000 + 0.5 + pass_s(prompt_, 5 * 768);
  expect(plan_of_two, use_of_two, up_s + answer_s,
         up_s + back_s + pass_s(first_, 768) + back_s + pass_s(second_, 768) + answer_s);
}

// The cloud has the first layers and the mobile the last, which knows the token and sends it: 2 B.
TEST_F(Generations, ThatEndsOnTheMobileSendsItsTokens) {
  const Plan back = plan({hop("input", Tier::kCloud), hop("layer3", Tier::kMobile)});
  const auto pass_s = [](const TestPass& pass, double up_bytes, double down_bytes) {
    return up_bytes / 1000 + 0.5 + pass.seconds(pass.far, "input", "layer3") + down_bytes / 100 +
           0.5 + pass.seconds(pass.mobile, "layer3", "");
  };
  const double prompt_s = pass_s(prompt_, 10, 5 * 768);
  expect(back, use(true), prompt_s, prompt_s + pass_s(first_, 2, 768) + pass_s(second_, 2, 768));
  EXPECT_EQ(back.upload_per_token(), Bytes{2});
}

// On radios and cuts at random, over tables of the repository.
TEST(GeneratingScenarios, AgreeWithTheClosedFormAndAddUp) {
  const testing::TemporaryFolder folder;
  const auto file = folder.write("s.yaml", R"(
name: s
model: gpt2
input: {tokens: 20}
generate: {tokens: 9}
mobile: {device: epyc-1-thread, idle_power_w: 0.5}
cloud: {device: epyc-1-thread, load_level: 0.2}
networks: [3g, wifi]
delay_s: 0.013
download_takes_time: true
strategies:
  - {strategy: mobile-only}
  - {strategy: cloud-only}
  - {strategy: split, after: [stem, layer4, layer12]}
)");
  const Scenario scenario = load_scenario({.file = file.string()});
  ASSERT_EQ(scenario.cells.size(), 1U + 2 * 4);
  std::vector<World> worlds;
  for (const Cell& cell : scenario.cells) worlds.push_back({cell.plan, cell.use});
  const std::vector<PlayedRequest> played = simulate(worlds);
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    const Plan& plan = worlds[i].plan;
    SCOPED_TRACE(plan.name);
    EXPECT_EQ(plan.tokens, 9);
    const Breakdown expected = closed_form(plan, worlds[i].use);
    testing::expect_agreement(played[i].breakdown, expected, 1e-9);
    EXPECT_GT(expected.first_token, Seconds{0});
    EXPECT_LT(expected.first_token, expected.latency());
    if (scenario.cells[i].strategy == "split") {
      EXPECT_EQ(plan.upload(), Bytes{(20 + 8) * 768});
      EXPECT_EQ(plan.upload_per_token(), Bytes{768});
    }
  }
  EXPECT_EQ(scenario.cells[1].plan.upload(), Bytes{40}) << "20 tokens of 2 B";
  EXPECT_EQ(*scenario.spec.conditions.result_bytes, 2);
}

}  // namespace
}  // namespace papilio
