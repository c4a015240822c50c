// Claims: paths over cuts through several tensors are priced as they run: a later cut may end at
// the same layer as the one before, and behind a unit it lies where it lay without one.

#include <gtest/gtest.h>

#include <variant>

#include "tests/model/planner_worlds.hpp"

namespace papilio {
namespace {

using testing::LoadedScenario;
using testing::MadeWorld;

/// One device for all, so that it does not matter who computes.
LoadedScenario on_googlenet(const MadeWorld& made, const std::string& strategies) {
  return LoadedScenario{ScenarioSource{
      .file = made.write("w.yaml",
                         "name: w\nmodel: googlenet\nmobile: {device: xeon-1-thread}\n"
                         "cloud: {device: xeon-1-thread}\nedge: {device: xeon-1-thread}\n"
                         "networks: [wifi]\nstrategies:\n" +
                             strategies)
                  .string()}};
}

double computed_s(const Plan& plan) {
  return (plan.time_at(Tier::kMobile) + plan.time_at(Tier::kEdge) + plan.time_at(Tier::kCloud))
      .value();
}

double sent(const Plan& plan, std::size_t transfer) {
  std::size_t found = 0;
  for (const Stage& stage : plan.stages) {
    if (const auto* one = std::get_if<Transfer>(&stage)) {
      if (found++ == transfer) return one->size.value();
    }
  }
  return -1;
}

// The mobile computes the fourth branch's convolution, the edge the first's, which comes earlier in
// the order of layers: both cuts end at the fourth's.
TEST(WideCuts, MayEndAtTheSameLayer) {
  const MadeWorld made;
  LoadedScenario world = on_googlenet(
      made,
      "  - {strategy: mobile-only}\n"
      "  - {strategy: path, hops: [{after: inception3a.branch4.1.conv+, to: edge}, {after: "
      "inception3a.branch1.conv+inception3a.branch4.1.conv, to: cloud}]}\n");
  const Plan& alone = world.scenario.cells.at(0).plan;
  const Plan& path = world.scenario.cells.at(1).plan;
  EXPECT_NEAR(computed_s(path), computed_s(alone), 1e-12);
  const LayerPricer& prices = world.devices().mobile;
  const Graph& graph = world.scenario.graph;
  EXPECT_DOUBLE_EQ(path.time_at(Tier::kEdge).value(),
                   prices.cost(graph.layer(graph.find_layer("inception3a.branch1.conv").value()))
                       .latency.value());
  // Behind conv3 all branches read its 192 x 28 x 28, which crosses with 32 x 28 x 28 of the
  // fourth, and then with 64 x 28 x 28 of the first too.
  EXPECT_EQ(sent(path, 0), (192 + 32) * 28 * 28);
  EXPECT_EQ(sent(path, 1), (192 + 32 + 64) * 28 * 28);
}

// A unit puts layers before the second cut. What computes all layers takes what they take, whoever
// does, and the second crossing is as large as without a unit.
TEST(WideCuts, LieBehindAUnitWhereTheyLay) {
  const MadeWorld made;
  const std::string hops =
      "hops: [{after: conv3, to: edge}, {after: "
      "inception3a.branch1.conv+inception3a.branch4.1.conv, to: cloud}]";
  LoadedScenario world =
      on_googlenet(made,
                   "  - {strategy: butterfly, after: conv3, channels: 4}\n"
                   "  - {strategy: path, " +
                       hops + ", channels: [4]}\n  - {strategy: path, " + hops + "}\n");
  const Plan& unit = world.scenario.cells.at(0).plan;
  const Plan& path = world.scenario.cells.at(1).plan;
  const Plan& plain = world.scenario.cells.at(2).plan;
  EXPECT_EQ(sent(path, 0), 4 * 28 * 28);
  EXPECT_NEAR(computed_s(path), computed_s(unit), 1e-12);
  EXPECT_DOUBLE_EQ(path.time_at(Tier::kMobile).value(), unit.time_at(Tier::kMobile).value());
  EXPECT_DOUBLE_EQ(path.time_at(Tier::kCloud).value(), plain.time_at(Tier::kCloud).value());
  EXPECT_EQ(sent(path, 1), sent(plain, 1));
}

}  // namespace
}  // namespace papilio
