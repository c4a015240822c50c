// Claim: blocks are the parts between which one tensor crosses, with the names of their modules.

#include "models/import/blocks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace papilio {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> block_cuts(const Graph& graph) {
  std::vector<std::string> names;
  for (const Cut& cut : graph.block_cuts()) names.push_back(cut.name);
  return names;
}

TEST(Blocks, AreResidualBlocksBetweenStemAndHead) {
  const ConvOp conv{.out_channels = 4};
  const Graph graph = with_blocks("n", "t",
                                  {{"input", InputOp{{4, 8, 8}}, {}, ""},
                                   {"conv1", conv, {0}, "conv1"},
                                   {"bn1", BatchNormOp{}, {1}, "bn1"},
                                   {"layer1.0.conv1", conv, {2}, "layer1.0.conv1"},
                                   {"layer1.0.conv2", conv, {3}, "layer1.0.conv2"},
                                   {"layer1.0.add", AddOp{}, {4, 2}, ""},
                                   {"layer1.0.relu", ReluOp{}, {5}, ""},
                                   {"avgpool", GlobalAvgPoolOp{}, {6}, ""},
                                   {"fc", LinearOp{.out_features = 2}, {7}, "fc"}});
  EXPECT_THAT(block_cuts(graph), ElementsAre("stem", "layer1.0"));
  EXPECT_EQ(graph.layer(0).block, "stem");
  EXPECT_EQ(graph.layer(2).block, "stem");
  EXPECT_EQ(graph.layer(6).block, "layer1.0");
  EXPECT_EQ(graph.layer(7).block, "head");
  EXPECT_EQ(graph.find_cut("layer1.0")->after, 6U);
}

TEST(Blocks, OfOneNameAreToldApart) {
  const ConvOp conv{.out_channels = 4};
  const Graph graph = with_blocks("n", "t",
                                  {{"input", InputOp{{4, 8, 8}}, {}, ""},
                                   {"layers.0", conv, {0}, "layers.0"},
                                   {"layers.1.a", conv, {1}, "layers.1.a"},
                                   {"layers.1.b", conv, {2}, "layers.1.b"},
                                   {"add", AddOp{}, {3, 1}, ""},
                                   {"layers.2", conv, {4}, "layers.2"},
                                   {"layers.3", conv, {5}, "layers.3"}});
  EXPECT_THAT(block_cuts(graph), ElementsAre("layers", "layers.1"));
  EXPECT_EQ(graph.layer(6).block, "layers_2");
}

}  // namespace
}  // namespace papilio
