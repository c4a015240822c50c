// Claims: a profile covers its network layer by layer, and a layer without a row is priced at the
// rate of its block.

#include "sim/profiles/layer_profile.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/zoo/zoo.hpp"
#include "sim/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Two blocks: A with 1,000 MACs, B with 4,000; the unit's cut is after A.
Graph two_blocks() {
  Graph graph{"two", ""};
  graph.add("in", InputOp{{10, 10, 1}}, {});
  graph.begin_block("A");
  graph.add("a", ConvOp{.out_channels = 10, .groups = 10}, {0});  // 100 positions·channels × 1
  graph.end_block();
  graph.begin_block("B");
  graph.add("b", ConvOp{.out_channels = 20}, {1});
  graph.end_block();
  graph.begin_block("head");
  graph.add("relu", ReluOp{}, {2});
  return graph;
}

LayerProfile profile_of(const Graph& graph, std::vector<std::pair<double, double>> costs) {
  LayerProfile profile{.device = "d", .model = graph.name()};
  for (std::size_t i = 0; i < costs.size(); ++i) {
    profile.rows.push_back({graph.layer(i).name, costs[i].first, costs[i].second});
  }
  return profile;
}

TEST(LayerProfile, MeanPowerIsOfAllLayers) {
  LayerProfile profile;
  profile.rows = {{"a", 1, 4}, {"b", 3, 0}};
  EXPECT_DOUBLE_EQ(profile.mean_power().value(), 1);
  profile.rows = {{"a", 0, 4}};
  EXPECT_EQ(profile.mean_power(), Watts{0}) << "no time";
}

/// A table of three layers of 1, 2 and 3 ms, each ± 0.1 ms, beside whole passes.
LayerProfile measured_profile(double whole_s, double whole_interval_s) {
  LayerProfile profile{.device = "d", .model = "m"};
  profile.provenance.kind = "measured";
  profile.rows = {{"in", 0}, {"a", 1e-3, {}, 1e-4}, {"b", 2e-3, {}, 1e-4}, {"c", 3e-3, {}, 1e-4}};
  profile.conditions = LayerProfile::Conditions{};
  profile.conditions->whole_latency_s = whole_s;
  profile.conditions->whole_interval_s = whole_interval_s;
  return profile;
}

// 6 ± 0.3 ms by layers; 6.4 ± 0.1 is the farthest that agrees.
TEST(LayerProfile, TellsWhatItKnowsOfItsError) {
  EXPECT_EQ(uncertainty_of(measured_profile(6.39e-3, 1e-4)),
            "its layers take 6.000 ± 0.300 ms, whole passes 6.390 ± 0.100 ms");
  EXPECT_EQ(
      uncertainty_of(measured_profile(8e-3, 1e-4)),
      "its layers take 6.000 ± 0.300 ms, whole passes 8.000 ± 0.100 ms: 25.0 % apart, which is "
      "more than their intervals");
  LayerProfile bare = measured_profile(8e-3, 1e-4);
  for (LayerProfile::Row& row : bare.rows) row.interval_s.reset();
  EXPECT_EQ(uncertainty_of(bare), "no interval recorded");
  bare.provenance.kind = "published";
  EXPECT_EQ(uncertainty_of(bare), "") << "nobody measured it here";
}

TEST(LayerPricer, SumsRowsOverARange) {
  const Graph graph = two_blocks();
  const LayerPricer pricer{profile_of(graph, {{0, 0}, {1, 5}, {2, 6}, {4, 7}}), graph};
  EXPECT_DOUBLE_EQ(pricer.cost(graph, 0, 4).latency.value(), 7);
  EXPECT_DOUBLE_EQ(pricer.cost(graph, 1, 3).energy.value(), 11);
}

TEST(LayerPricer, PricesAUnitAtTheRateOfTheBlockBefore) {
  const Graph graph = two_blocks();
  const LayerPricer pricer{profile_of(graph, {{0, 0}, {1, 5}, {2, 6}, {4, 7}}), graph};
  const ButterflyGraph unit = insert_butterfly(graph, *graph.find_cut("A"), 3);
  const Layer& reduction = unit.graph.layer(*unit.graph.find_layer("A.reduction.conv"));
  // Block A does 100 MACs in 1 s for 5 J; the reduction has 10 positions × 10 × 3 = 300 MACs.
  EXPECT_EQ(reduction.macs, 300);
  EXPECT_DOUBLE_EQ(pricer.cost(reduction).latency.value(), 3);
  EXPECT_DOUBLE_EQ(pricer.cost(reduction).energy.value(), 15);
}

TEST(LayerPricer, FallsBackToTheWholeNetworkWhereABlockHasNoTime) {
  const Graph graph = two_blocks();
  const LayerPricer pricer{profile_of(graph, {{0, 0}, {0, 0}, {21, 42}, {0, 0}}), graph};
  const ButterflyGraph unit = insert_butterfly(graph, *graph.find_cut("A"), 3);
  const Layer& reduction = unit.graph.layer(*unit.graph.find_layer("A.reduction.conv"));
  // 2,100 MACs in 21 s for 42 J over both blocks.
  EXPECT_DOUBLE_EQ(pricer.cost(reduction).latency.value(), 3);
  EXPECT_DOUBLE_EQ(pricer.cost(reduction).energy.value(), 6);
}

TEST(LayerProfile, EveryShippedProfileCoversItsNetwork) {
  const ProfileLibrary library{{shipped_profiles()}};
  const Bibliography bibliography{library};
  for (const char* device : {"jetson-tx2", "gtx-1080-ti"}) {
    const Graph graph = *find_model("resnet50-paper");
    const LayerProfile profile = load_layer_profile(library, bibliography, device, graph);
    EXPECT_EQ(profile.rows.size(), graph.layers().size());
    EXPECT_EQ(profile.has_energy(), std::string{device} == "jetson-tx2");
  }
}

TEST(LayerProfile, TellsWhatDoesNotFitTheNetwork) {
  const testing::TemporaryFolder folder;
  folder.write("layers/d/two.yaml",
               "device: e\nmodel: two\nprecision: fp16\n"
               "provenance: {kind: measured, source: butterfly-2019}\n"
               "layers:\n  - {layer: in, latency_s: 0}\n  - {layer: rellu, latency_s: 1}\n"
               "  - {layer: in, latency_s: 0}\n");
  const ProfileLibrary library{{folder.path(), shipped_profiles()}};
  const Bibliography bibliography{library};
  const auto loading = [&] { load_layer_profile(library, bibliography, "d", two_blocks()); };
  for (const char* message :
       {"two.yaml:1:9: error: device: the file's place says 'd', this says 'e'",
        "two.yaml:7:13: error: layers.1.layer: the network 'two' has no layer 'rellu'; did you "
        "mean "
        "'relu'?",
        "two.yaml:8:13: error: layers.2.layer: 'in' has two rows",
        "two.yaml:6:3: error: layers: no row for the layer 'b'"}) {
    EXPECT_THAT(loading, ThrowsMessage<ConfigError>(HasSubstr(message)));
  }
}

TEST(LayerProfile, RefusesADisagreementThatItsRowsDoNotHave) {
  const testing::TemporaryFolder folder;
  const auto table = [&](const std::string& disagreement) {
    folder.write("layers/d/two.yaml",
                 "device: d\nmodel: two\nprecision: fp32\n"
                 "provenance: {kind: measured, source: papilio-profile}\nconditions:\n"
                 "  {date: x, processor: x, threads: 1, library: x, passes: 9, outliers: 0,\n"
                 "   whole_latency_s: 4, whole_interval_s: 0.1, disagreement: " +
                     disagreement +
                     "}\nlayers:\n  - {layer: in, latency_s: 0}\n  - {layer: a, latency_s: 1}\n"
                     "  - {layer: b, latency_s: 1}\n  - {layer: relu, latency_s: 1}\n");
    const ProfileLibrary library{{folder.path(), shipped_profiles()}};
    return load_layer_profile(library, Bibliography{library}, "d", two_blocks());
  };
  EXPECT_EQ(table("-0.25").conditions->disagreement, -0.25);  // 3 s of 4
  EXPECT_THAT(
      [&] { table("0.25"); },
      ThrowsMessage<ConfigError>(HasSubstr(
          "two.yaml:7:61: error: conditions.disagreement: says 0.25, and by its layers it is "
          "-0.25")));
}

}  // namespace
}  // namespace papilio
