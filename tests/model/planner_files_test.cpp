// Claims: a plan as a file runs to what the planner said of it, in a scenario and in a fleet of one
// mobile; what is chosen in fleets keeps the limits; a plan of another network is refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/base/error.hpp"
#include "sim/planner/plan_file.hpp"
#include "sim/planner/plan_report.hpp"
#include "sim/scenario/fleet_scenario.hpp"
#include "tests/model/planner_worlds.hpp"
#include "tests/support/sanitized.hpp"

namespace papilio {
namespace {

using testing::drawn_conditions;
using testing::drawn_network;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::LoadedScenario;
using testing::MadeWorld;
using testing::PlannerDraws;

std::vector<PlanAnswer> answers_of(const Planner& planner) {
  std::vector<PlanAnswer> answers;
  for (std::size_t radio = 0; radio < planner.scenario().radios.size(); ++radio) {
    answers.push_back(planner.answer(radio));
  }
  return answers;
}

void expect_same(const Spend& found, const Spend& expected) {
  for (std::size_t i = 0; i < kCriteria; ++i) {
    const auto criterion = static_cast<Criterion>(i);
    if (std::isnan(expected[criterion]) && std::isnan(found[criterion])) continue;
    EXPECT_LE(std::abs(found[criterion] - expected[criterion]),
              testing::kRelative * std::abs(expected[criterion]))
        << name(criterion);
  }
}

/// The scenario with the plan of one of its radios in place of its strategies spends what the
/// planner said.
void expect_round_trip(const MadeWorld& folder, const ScenarioSource& source, const Goal& goal) {
  LoadedScenario world{source};
  const Planner planner = world.planner({.goal = goal});
  const std::vector<PlanAnswer> answers = answers_of(planner);
  const std::string plan = folder.write("plan.yaml", plan_yaml(planner, answers)).string();
  for (const PlanAnswer& answer : answers) {
    SCOPED_TRACE(answer.network);
    ASSERT_TRUE(answer.best);
    ScenarioSource again = source;
    again.overrides.push_back(fmt::format(
        "strategies=[{{strategy: plan, from: \"{}\", network: \"{}\"}}]", plan, answer.network));
    again.overrides.push_back(fmt::format("networks=[{}]", answer.network));
    const LoadedScenario planned{again};
    const Cell& cell = planned.scenario.cells.at(0);
    expect_same(spend_of(cell, closed_form(cell.plan, cell.use)), answer.plans[*answer.best].spend);
  }
}

TEST(PlanFiles, OfTheProjectRunToWhatThePlannerSaid) {
  const MadeWorld folder;
  for (const char* file : {"paper/table4.yaml", "examples/measured.yaml", "examples/encoder.yaml",
                           "examples/jointdnn.yaml", "examples/generation.yaml"}) {
    SCOPED_TRACE(file);
    const ScenarioSource source{.file = fmt::format("{}/scenarios/{}", PAPILIO_SOURCE_DIR, file)};
    expect_round_trip(folder, source, Goal::latency());
  }
}

// Drawn networks bring paths of several hops and cuts through several tensors.
TEST(PlanFiles, OfDrawnNetworksRunToWhatThePlannerSaid) {
  for (unsigned seed = 300; seed < 300 + fewer(15U, 3U); ++seed) {
    SCOPED_TRACE(seed);
    PlannerDraws draws{seed};
    const Graph graph = drawn_network(draws, fmt::format("drawn{}", seed));
    const MadeWorld made;
    made.write_network(graph);
    made.write_random_tables(graph, draws);
    const LoadedScenario world = made.load(graph.name(), drawn_conditions(draws, seed % 2 == 0));
    expect_round_trip(made, {.file = (made.path() / "made.yaml").string()}, Goal::energy());
  }
}

class Fleets : public ::testing::Test {
 protected:
  /// @param limits     lines of YAML
  /// @param strategies items of YAML
  [[nodiscard]] FleetScenario load(const std::string& limits, const std::string& strategies) const {
    return load_fleet({.file = made_
                                   .write("fleet.yaml", fmt::format(R"(kind: fleet
name: f
duration_s: 10
published: butterfly-2019
{}cells:
  - {{name: town, radio: 4g}}
servers:
  - {{name: cloud, device: gtx-1080-ti}}
mobiles:
  - name: phones
    cell: town
    server: cloud
    model: resnet50-paper
    device: jetson-tx2
    idle_power_w: 0
    result_bytes: 1000
    arrivals: {{process: poisson, rate_per_s: 1}}
strategies: [{}]
)",
                                                                    limits, strategies))
                                   .string()});
  }
  /// What a policy may choose of the mobiles' partitions.
  static std::vector<std::string> candidates(const FleetScenario& fleet,
                                             const std::string& policy) {
    const std::vector<FleetPlan>& plans = fleet.model.groups.at(0).partitions;
    for (const FleetStrategy& strategy : fleet.model.strategies) {
      if (strategy.name != policy) continue;
      std::vector<std::string> names;
      for (const std::uint32_t i : strategy.candidates.at(0)) names.push_back(plans.at(i).name);
      return names;
    }
    ADD_FAILURE() << policy;
    return {};
  }
  MadeWorld made_;
};

// Answers take time in fleets.
TEST_F(Fleets, RunPlansAsThePlannerSaid) {
  LoadedScenario world = LoadedScenario::of_project("paper/table4.yaml",
                                                    {"networks=[4g]", "download_takes_time=true"});
  const Planner planner = world.planner({.goal = Goal::energy()});
  const std::vector<PlanAnswer> answers = answers_of(planner);
  made_.write("plan.yaml", plan_yaml(planner, answers));
  const FleetScenario fleet = load("", "{strategy: plan, from: plan.yaml}, {strategy: oracle}");
  const FleetPlan& plan = fleet.model.groups.at(0).partitions.at(0);
  expect_same(plan.alone, answers.at(0).plans.at(answers.at(0).best.value()).spend);
  EXPECT_THAT(candidates(fleet, "oracle"), ElementsAre(plan.name));
}

// On 4G, by the pricer: mobile-only takes 15.7 ms, RB1 5.2 ms with 3136 B, RB4 5.8 ms with 1568 B,
// RB8 8.6 ms with 980 B, the picture 206 ms; an answer of 1000 B comes in 0.58 ms.
TEST_F(Fleets, ChooseWhatKeepsTheLimits) {
  const std::string strategies =
      "{strategy: mobile-only}, {strategy: cloud-only}, {strategy: butterfly, after: [RB1, RB4, "
      "RB8], channels: paper}, {strategy: selection}, {strategy: oracle}, {strategy: bandit}";
  const FleetScenario fleet = load("limits: {latency_s: 0.01, upload_bytes: 2000}\n", strategies);
  for (const char* policy : {"selection", "oracle", "bandit"}) {
    EXPECT_THAT(candidates(fleet, policy), ElementsAre("RB4", "RB8")) << policy;
  }
  const FleetScenario free = load("", strategies);
  EXPECT_EQ(candidates(free, "selection").size(), 5U);
  // What is fixed plays all the same.
  EXPECT_EQ(fleet.model.strategies.size(), free.model.strategies.size());
}

TEST_F(Fleets, LetNeurosurgeonChooseWithinLimits) {
  const FleetScenario fleet = load("limits: {upload_bytes: 60000}\n",
                                   "{strategy: mobile-only}, {strategy: cloud-only}, {strategy: "
                                   "split, after: [RB16, avgpool]}, {strategy: neurosurgeon}");
  // 150,528 B of the picture, 100,352 of RB16, 2,048 of the pooling.
  EXPECT_THAT(candidates(fleet, "neurosurgeon"), ElementsAre("mobile-only", "split avgpool"));
}

TEST_F(Fleets, SayWhatNothingKeeps) {
  try {
    const FleetScenario fleet =
        load("limits: {latency_s: 0.001}\n", "{strategy: mobile-only}, {strategy: oracle}");
    ADD_FAILURE() << fleet.spec.name;
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("strategies.1: may choose none of its 1 partitions: the scenario wants "
                          "latency_s of at most 0.001, and the least latency_s is 0.0157; add "
                          "others, or widen the limit"));
  }
}

class Refused : public ::testing::Test {
 protected:
  [[nodiscard]] std::string error_of(const std::string& strategies, const std::string& plan) const {
    made_.write("p.plan", plan);
    const ScenarioSource source{
        .file = made_
                    .write("s.yaml",
                           "name: s\nmodel: resnet20-cifar10\nmobile: {device: "
                           "xeon-sse3-1-thread}\ncloud: {device: xeon-1-thread}\nnetworks: "
                           "[wifi]\nstrategies:\n" +
                               strategies)
                    .string()};
    try {
      const LoadedScenario loaded{source};
      names_.clear();
      for (const Cell& cell : loaded.scenario.cells) names_.push_back(cell.plan.name);
      return {};
    } catch (const ConfigError& error) {
      return error.what();
    }
  }
  MadeWorld made_;
  mutable std::vector<std::string> names_;
};

TEST_F(Refused, ArePlansOfAnotherNetwork) {
  // Its cut RB1 is here too, of other channels: nothing else would tell.
  EXPECT_THAT(error_of("  - {strategy: plan, from: p.plan}\n",
                       "kind: plan\nmodel: resnet50-paper\nplans:\n  - {strategy: split, after: "
                       "[RB1], network: wifi}\n"),
              HasSubstr("s.yaml:7:28: error: strategies.0.from: 'p.plan' is a plan for "
                        "'resnet50-paper', and this runs resnet20-cifar10; name a plan for it"));
}

TEST_F(Refused, AreFilesThatAreNoPlans) {
  for (const char* text : {"kind: fleet\n", "name: s\nmodel: resnet20-cifar10\n"}) {
    EXPECT_THAT(error_of("  - {strategy: plan, from: p.plan}\n", text),
                HasSubstr("strategies.0.from: 'p.plan' is no plan file, which has 'kind: plan'; "
                          "make one with 'papilio plan -o FILE'"));
  }
}

// Two files that hold the same plan, and one that the scenario has itself.
TEST_F(Refused, IsNothingThatComesTwice) {
  const std::string plan =
      "kind: plan\nmodel: resnet20-cifar10\nplans:\n  - {strategy: mobile-only, network: 3g}\n"
      "  - {strategy: split, after: [RB1], network: wifi}\n";
  made_.write("q.plan", plan);
  EXPECT_EQ(error_of("  - {strategy: mobile-only}\n  - {strategy: plan, from: p.plan}\n"
                     "  - {strategy: plan, from: q.plan}\n",
                     plan),
            "");
  EXPECT_THAT(names_, ElementsAre("mobile-only", "split RB1"));
}

}  // namespace
}  // namespace papilio
