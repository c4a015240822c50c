// Claim: blocks are the parts between which one tensor crosses, with the names of their modules.

#include "models/import/blocks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

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
                                  {{"input", InputOp{{4, 8, 8}}, {}, "", {}},
                                   {"conv1", conv, {0}, "conv1", {}},
                                   {"bn1", BatchNormOp{}, {1}, "bn1", {}},
                                   {"layer1.0.conv1", conv, {2}, "layer1.0.conv1", {}},
                                   {"layer1.0.conv2", conv, {3}, "layer1.0.conv2", {}},
                                   {"layer1.0.add", AddOp{}, {4, 2}, "", {}},
                                   {"layer1.0.relu", ReluOp{}, {5}, "", {}},
                                   {"avgpool", GlobalAvgPoolOp{}, {6}, "", {}},
                                   {"fc", LinearOp{.out_features = 2}, {7}, "fc", {}}});
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
                                  {{"input", InputOp{{4, 8, 8}}, {}, "", {}},
                                   {"layers.0", conv, {0}, "layers.0", {}},
                                   {"layers.1.a", conv, {1}, "layers.1.a", {}},
                                   {"layers.1.b", conv, {2}, "layers.1.b", {}},
                                   {"add", AddOp{}, {3, 1}, "", {}},
                                   {"layers.2", conv, {4}, "layers.2", {}},
                                   {"layers.3", conv, {5}, "layers.3", {}}});
  EXPECT_THAT(block_cuts(graph), ElementsAre("layers", "layers.1"));
  EXPECT_EQ(graph.layer(6).block, "layers_2");
}

// As an ONNX file without names has them: a stem, then two residual blocks, of which the second has
// a convolution that leads to it.
TEST(Blocks, WithoutNamesAreWhereBranchesJoin) {
  const ConvOp conv{.out_channels = 4};
  const Graph graph = with_blocks("n", "t",
                                  {{"input", InputOp{{4, 8, 8}}, {}, "", {}},
                                   {"conv", conv, {0}, "", {}},
                                   {"relu", ReluOp{}, {1}, "", {}},
                                   {"conv_2", conv, {2}, "", {}},
                                   {"add", AddOp{}, {3, 2}, "", {}},
                                   {"relu_2", ReluOp{}, {4}, "", {}},
                                   {"conv_3", conv, {5}, "", {}},
                                   {"conv_4", conv, {6}, "", {}},
                                   {"add_2", AddOp{}, {7, 6}, "", {}},
                                   {"pool", GlobalAvgPoolOp{}, {8}, "", {}},
                                   {"fc", LinearOp{.out_features = 2}, {9}, "", {}}});
  EXPECT_EQ(graph.find_cut("block1")->after, 5U) << "with the ReLU";
  EXPECT_EQ(graph.find_cut("block2")->after, 8U);
  EXPECT_EQ(graph.layer(6).block, "block2") << "what leads to it is its own";
  EXPECT_EQ(graph.layer(9).block, "head");
}

// Of a file whose layers name no blocks, every cut of "blocks" is one where branches have joined.
TEST(Blocks, OfALabelLessGraphAreWhereBranchesJoin) {
  Graph graph{"n", "t"};
  const ConvOp conv{.out_channels = 4};
  graph.add("input", InputOp{{4, 8, 8}}, {});
  graph.add("conv", conv, {0});
  graph.add("branch", conv, {1});
  graph.add("add", AddOp{}, {2, 1});
  graph.add("relu", ReluOp{}, {3});
  graph.add("branch_2", conv, {4});
  graph.add("add_2", AddOp{}, {5, 4});  // read by the next branch and the next sum: no ReLU's alone
  graph.add("relu_2", ReluOp{}, {6});
  graph.add("branch_3", conv, {7});
  graph.add("add_3", AddOp{}, {8, 6});
  graph.add("fc", conv, {9});
  EXPECT_THAT(block_cuts(graph), ElementsAre("relu", "add_2", "add_3"));
}

// A pre-normed layer of a transformer: what attends, with its projections, is one block up to its
// sum; what follows is the layer's own. A softmax over no product's scores attends to nothing.
TEST(Blocks, OfAttentionAreCalledSo) {
  std::vector<PlainLayer> layers;
  const auto add = [&](const std::string& name, const LayerOp& op, std::vector<LayerId> inputs,
                       const std::string& module = "") {
    layers.push_back({name, op, std::move(inputs), module, {}});
    return layers.size() - 1;
  };
  const LayerId input = add("input", InputOp{{5, 4}}, {});
  const LayerId stem = add("first", LinearOp{.out_features = 4}, {input}, "first");
  const LayerId norm = add("l.0.norm", LayerNormOp{}, {stem}, "l.0.norm");
  const LayerId q = add("l.0.q", LinearOp{.out_features = 4}, {norm}, "l.0.q");
  const LayerId k = add("l.0.k", LinearOp{.out_features = 4}, {norm}, "l.0.k");
  const LayerId turned = add("turned", TransposeOp{{1, 0}}, {k});
  const LayerId scores = add("scores", MatMulOp{}, {q, turned});
  const LayerId scaled = add("scaled", ScaleOp{.factor = 0.5}, {scores});
  const LayerId shares = add("shares", SoftmaxOp{.axis = 1}, {scaled});
  const LayerId seen = add("seen", MatMulOp{}, {shares, norm});
  const LayerId out = add("l.0.out", LinearOp{.out_features = 4}, {seen}, "l.0.out");
  const LayerId sum = add("sum", AddOp{}, {out, stem});
  const LayerId up = add("l.0.up", LinearOp{.out_features = 8}, {sum}, "l.0.up");
  const LayerId gate = add("gate", SoftmaxOp{.axis = 1}, {up});
  const LayerId down = add("l.0.down", LinearOp{.out_features = 4}, {gate}, "l.0.down");
  const LayerId sum_2 = add("sum_2", AddOp{}, {down, sum});
  const LayerId more = add("l.1.a", LinearOp{.out_features = 4}, {sum_2}, "l.1.a");
  add("sum_3", AddOp{}, {more, sum_2});
  const Graph graph = with_blocks("n", "t", layers);
  EXPECT_THAT(block_cuts(graph), ElementsAre("stem", "l.0.attention", "l.0"));
  EXPECT_EQ(graph.layer(q).block, "l.0.attention");
  EXPECT_EQ(graph.find_cut("l.0.attention")->after, sum);
}

// The cut at a block's end is called by it, so no other layer may be.
TEST(Blocks, HaveNamesThatNoOtherLayerHas) {
  const ConvOp conv{.out_channels = 4};
  const Graph graph = with_blocks("n", "t",
                                  {{"input", InputOp{{4, 8, 8}}, {}, "", {}},
                                   {"u.a", conv, {0}, "u.a", {}},
                                   {"u.b", conv, {1}, "u.b", {}},
                                   {"last", conv, {2}, "last", {}},
                                   {"relu", ReluOp{}, {3}, "", {}},
                                   {"w.a", conv, {4}, "w.a", {}},
                                   {"w.b", conv, {5}, "w.b", {}},
                                   {"fc", conv, {6}, "w.c", {}}});
  std::set<std::string> names;
  for (const Cut& cut : graph.cuts()) EXPECT_TRUE(names.insert(cut.name).second) << cut.name;
  EXPECT_EQ(graph.find_cut("last")->after, 3U);
  EXPECT_EQ(graph.find_cut("last_2")->after, 4U) << "the block of it and the ReLU";
}

}  // namespace
}  // namespace papilio
