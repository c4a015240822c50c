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

}  // namespace
}  // namespace papilio
