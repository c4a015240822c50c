#include "models/graph/graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace papilio {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(TensorShape, HasAnyNumberOfAxes) {
  EXPECT_EQ(TensorShape{}.elements(), 1) << "a single number";
  EXPECT_EQ((TensorShape{128, 768}).elements(), 98'304) << "a sequence";
  EXPECT_EQ((TensorShape{3, 16, 112, 112}).rank(), 4U) << "a video";
  EXPECT_EQ(text(TensorShape{3, 16, 112, 112}), "3×16×112×112");
  EXPECT_EQ(text(TensorShape{}), "1");
  EXPECT_NE(TensorShape{7}, (TensorShape{7, 1, 1})) << "a flat vector is no picture";
}

// A kernel of k that sees every d-th pixel reaches over (k-1)·d + 1 of them: 3 with 2 over 5, so
// that 8 rows and a border of 1 give 8 + 2 - 5 + 1 = 6. Its multiplications are those of a 3×3
// kernel.
TEST(Graph, AKernelMaySeeEverySecondPixel) {
  Graph graph{"n", "n"};
  const LayerId input = graph.add("x", InputOp{{2, 8, 8}}, {});
  const ConvOp conv{.out_channels = 4, .kernel = 3, .padding = 1, .dilation = 2};
  const Layer& layer = graph.layer(graph.add("c", conv, {input}));
  EXPECT_EQ(layer.shape, (TensorShape{4, 6, 6}));
  EXPECT_EQ(layer.macs, 4 * 6 * 6 * 2 * 9);
  EXPECT_EQ(layer.parameters, 4 * 2 * 9);
  EXPECT_THROW(graph.add("d", ConvOp{.out_channels = 4, .kernel = 3, .dilation = 4}, {input}),
               std::invalid_argument)
      << "9 rows of 8";
}

TEST(TensorShape, BytesAreRoundedUpToWholeOnes) {
  const TensorShape shape{5, 7, 7};  // 245 elements
  EXPECT_EQ(shape.elements(), 245);
  EXPECT_EQ(shape.bytes(8), 245);
  EXPECT_EQ(shape.bytes(1), 31);    // 30.625
  EXPECT_EQ(shape.bytes(12), 368);  // 367.5
  EXPECT_EQ(shape.bytes(32), 980);
}

/// in → conv → relu, and a shortcut from conv around two layers.
Graph small_graph() {
  Graph graph{"small", "A small network"};
  const LayerId in = graph.add("in", InputOp{{3, 8, 8}}, {});
  graph.begin_block("A");
  const LayerId conv =
      graph.add("conv", ConvOp{.out_channels = 4, .kernel = 3, .padding = 1}, {in});
  graph.end_block();
  graph.begin_block("B");
  const LayerId branch = graph.add("branch", ConvOp{.out_channels = 4}, {conv});
  const LayerId norm = graph.add("norm", BatchNormOp{}, {branch});
  graph.add("add", AddOp{}, {norm, conv});
  graph.end_block();
  graph.begin_block("head");
  graph.add("pool", GlobalAvgPoolOp{}, {graph.layers().size() - 1});
  graph.add("fc", LinearOp{.out_features = 10}, {graph.layers().size() - 1});
  return graph;
}

TEST(Graph, InfersShapesMacsAndParameters) {
  const Graph graph = small_graph();
  const auto layer = [&](const char* name) { return graph.layer(*graph.find_layer(name)); };
  // 3×3 convolution: 8·8 positions × 4 filters × 3·3·3 weights.
  EXPECT_EQ(layer("conv").shape, (TensorShape{4, 8, 8}));
  EXPECT_EQ(layer("conv").macs, 64 * 4 * 27);
  EXPECT_EQ(layer("conv").parameters, 4 * 27);
  EXPECT_EQ(layer("norm").parameters, 8);
  EXPECT_EQ(layer("norm").macs, 0);
  EXPECT_EQ(layer("fc").macs, 40);
  EXPECT_EQ(layer("fc").parameters, 50);
  EXPECT_EQ(graph.macs(), 64 * 4 * 27 + 64 * 4 * 4 + 40);
  EXPECT_EQ(graph.parameters(), 108 + 16 + 8 + 50);
}

TEST(Graph, StridePaddingAndGroupsFollowTheUsualFormula) {
  Graph graph{"g", ""};
  const LayerId in = graph.add("in", InputOp{{4, 7, 9}}, {});
  // floor((7 + 2 - 3) / 2) + 1 = 4, floor((9 + 2 - 3) / 2) + 1 = 5.
  const LayerId conv = graph.add(
      "c",
      ConvOp{.out_channels = 8, .kernel = 3, .stride = 2, .padding = 1, .groups = 4, .bias = true},
      {in});
  EXPECT_EQ(graph.layer(conv).shape, (TensorShape{8, 4, 5}));
  EXPECT_EQ(graph.layer(conv).macs, 8 * 20 * 9);       // one input channel a group
  EXPECT_EQ(graph.layer(conv).parameters, 8 * 9 + 8);  // and the biases
  const LayerId pool = graph.add("p", MaxPoolOp{.kernel = 2, .stride = 2}, {conv});
  EXPECT_EQ(graph.layer(pool).shape, (TensorShape{8, 2, 2}));
}

// Of [3 × 8 × 8] a linear layer to 2 sees 24 rows of 8 numbers: 24 · 8 · 2 multiplications with 8 ·
// 2 weights, and 2 biases. A picture of one row and column counts as a flat vector.
TEST(Graph, LinearLayersWorkOverTheLastAxis) {
  Graph graph{"g", ""};
  const LayerId in = graph.add("in", InputOp{{3, 8, 8}}, {});
  const Layer rows = graph.layer(graph.add("rows", LinearOp{.out_features = 2}, {in}));
  EXPECT_EQ(rows.shape, (TensorShape{3, 8, 2}));
  EXPECT_EQ(rows.macs, 24 * 8 * 2);
  EXPECT_EQ(rows.parameters, 8 * 2 + 2);
  const LayerId pool = graph.add("pool", GlobalAvgPoolOp{}, {in});
  const Layer flat = graph.layer(graph.add("flat", LinearOp{.out_features = 2}, {pool}));
  EXPECT_EQ(flat.shape, TensorShape{2});
  EXPECT_EQ(flat.parameters, 3 * 2 + 2);
}

// a and b cross together until both were read: after b and before sum two tensors do. A constant is
// no input: it lies with the weights, on either side, if it is not read on both.
TEST(Graph, AllInputsAreBeforeTheFirstCut) {
  Graph graph{"g", ""};
  const LayerId a = graph.add("a", InputOp{{2, 3}}, {});
  const LayerId b = graph.add("b", InputOp{.shape = {2, 3}, .below = 5}, {});
  const LayerId relu = graph.add("relu", ReluOp{}, {a});
  EXPECT_THROW(graph.add("c", InputOp{{2, 3}}, {}), std::invalid_argument) << "inputs come first";
  const LayerId sum = graph.add("sum", AddOp{}, {relu, b});
  const LayerId constant = graph.add("constant", ParameterOp{.shape = {2, 3}}, {});
  graph.add("product", MultiplyOp{}, {sum, constant});
  EXPECT_EQ(graph.inputs(), (std::vector<LayerId>{a, b}));
  std::vector<std::string> names;
  for (const Cut& cut : graph.cuts()) names.push_back(cut.name);
  EXPECT_EQ(names, (std::vector<std::string>{"inputs", "sum"}));
  // Six reals of 8 bits, and six numbers below 5 of 3 bits each: 18 bits are 3 bytes.
  EXPECT_EQ(graph.bytes(graph.cuts().front(), 8), 6 + 3);
  EXPECT_EQ(graph.bytes(graph.cuts().back(), 8), 6);
}

// A unit reduces channels where rows and columns follow them: not those that come last, as behind
// norms of today's networks, nor the places of a sequence.
TEST(Graph, KnowsWhereAButterflyUnitFits) {
  Graph graph{"g", ""};
  const LayerId picture = graph.add("in", InputOp{{3, 8, 8}}, {});
  const LayerId conv = graph.add("conv", ConvOp{.out_channels = 6}, {picture});
  const LayerId last = graph.add("last", TransposeOp{{1, 2, 0}}, {conv});
  const LayerId norm = graph.add("norm", LayerNormOp{}, {last});
  const LayerId first = graph.add("first", TransposeOp{{2, 0, 1}}, {norm});
  const LayerId places = graph.add("places", ReshapeOp{{6, 64}}, {first});
  const LayerId sequence = graph.add("sequence", TransposeOp{{1, 0}}, {places});
  const LayerId mean = graph.add("mean", ReduceOp{.axes = {0}}, {sequence});
  graph.add("fc", LinearOp{.out_features = 2}, {mean});
  EXPECT_EQ(graph.layer(norm).channels, 2U);
  EXPECT_EQ(graph.layer(first).channels, 0U);
  EXPECT_EQ(graph.layer(sequence).channels, 1U);
  std::vector<std::int64_t> channels;
  for (const Cut& cut : graph.cuts()) channels.push_back(cut.unit_channels);
  EXPECT_EQ(channels, (std::vector<std::int64_t>{3, 6, 0, 0, 6, 0, 0, 6}));
  EXPECT_THROW(insert_butterfly(graph, *graph.find_cut("norm"), 2), std::invalid_argument);
  EXPECT_EQ(insert_butterfly(graph, *graph.find_cut("first"), 2).cut.shape, (TensorShape{2, 8, 8}));
}

TEST(Graph, CutsAreWhereOneTensorCrosses) {
  std::vector<std::string> names;
  for (const Cut& cut : small_graph().cuts()) names.push_back(cut.name);
  // Between `branch` and `add` two tensors cross; after `fc` there is nothing to send to.
  EXPECT_EQ(names, (std::vector<std::string>{"in", "A", "B", "pool"}));
}

TEST(Graph, FindsCutsByBlockAndByLayer) {
  const Graph graph = small_graph();
  EXPECT_EQ(graph.find_cut("B")->after, *graph.find_layer("add"));
  EXPECT_EQ(graph.find_cut("add")->name, "B");
  EXPECT_EQ(graph.find_cut("pool")->shape, (TensorShape{4, 1, 1}));
  EXPECT_FALSE(graph.find_cut("branch"));
  EXPECT_EQ(graph.block_cuts().size(), 2U);
}

TEST(Graph, RefusesWhatDoesNotFit) {
  Graph graph = small_graph();
  const auto adding = [&](const char* name, const LayerOp& op, const std::vector<LayerId>& inputs) {
    return [&graph, name, op, inputs] { graph.add(name, op, inputs); };
  };
  const auto throws = [](const char* text) {
    return ThrowsMessage<std::invalid_argument>(HasSubstr(text));
  };
  EXPECT_THAT(adding("conv", ReluOp{}, {0}), throws("conv: the name is taken"));
  EXPECT_THAT(adding("x", ReluOp{}, {99}), throws("x: an input does not exist"));
  EXPECT_THAT(adding("x", ReluOp{}, {0, 1}), throws("x: takes one input"));
  EXPECT_THAT(adding("x", AddOp{}, {0, 1}), throws("x: the inputs differ in shape"));
  EXPECT_THAT(adding("x", LinearOp{.out_features = 0}, {0}),
              throws("x: a linear layer needs at least one output"));
  EXPECT_THAT(adding("x", ConvOp{.out_channels = 2, .kernel = 9}, {0}),
              throws("x: the kernel is larger than its padded input"));
  EXPECT_THAT(adding("x", ConvOp{.out_channels = 4, .groups = 2}, {0}),
              throws("x: the groups must divide the channels"));
}

TEST(Graph, CeilPoolingCountsAWindowThatHangsOverTheEdge) {
  Graph graph{"g", ""};
  const LayerId in = graph.add("in", InputOp{{4, 8, 7}}, {});
  const LayerId floor = graph.add("f", MaxPoolOp{.kernel = 3, .stride = 2}, {in});
  const LayerId ceil = graph.add("c", MaxPoolOp{.kernel = 3, .stride = 2, .ceil = true}, {in});
  // Rows: windows at 0, 2, 4 fit into 8; the one at 6 hangs over. Columns: 0, 2, 4 fill 7.
  EXPECT_EQ(graph.layer(floor).shape, (TensorShape{4, 3, 3}));
  EXPECT_EQ(graph.layer(ceil).shape, (TensorShape{4, 4, 3}));
  // A window that would start in the padding behind the input does not count: 2 rows, padded by
  // one, kernel 2, stride 3: windows at -1 and 2; the latter is past the input.
  const LayerId small = graph.add("s", AdaptivePoolOp{.size = 2}, {in});
  const LayerId padded =
      graph.add("p", MaxPoolOp{.kernel = 2, .stride = 3, .padding = 1, .ceil = true}, {small});
  EXPECT_EQ(graph.layer(padded).shape, (TensorShape{4, 1, 1}));
}

TEST(Graph, ConcatenatesChannelsAndPadsShortcuts) {
  Graph graph{"g", ""};
  const LayerId a = graph.add("a", InputOp{{4, 8, 7}}, {});
  const LayerId b = graph.add("b", ConvOp{.out_channels = 3}, {a});
  EXPECT_EQ(graph.layer(graph.add("cat", ConcatOp{}, {a, b, b})).shape, (TensorShape{10, 8, 7}));
  const LayerId shortcut = graph.add("s", ZeroPadShortcutOp{.channels = 8, .stride = 2}, {a});
  EXPECT_EQ(graph.layer(shortcut).shape, (TensorShape{8, 4, 4}));
  EXPECT_EQ(graph.layer(shortcut).parameters, 0);
  EXPECT_THAT(
      [&] {
        graph.add("x", ConcatOp{}, {a, shortcut});
      },
      ThrowsMessage<std::invalid_argument>(HasSubstr("differ in height or width")));
  EXPECT_THAT([&] { graph.add("x", ZeroPadShortcutOp{.channels = 7}, {a}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("as many before as behind")));
}

TEST(Adapted, TakesAnotherInputAndNumberOfClasses) {
  const Graph graph = adapted(small_graph(), TensorShape{3, 16, 12}, 7);
  EXPECT_EQ(graph.layer(0).shape, (TensorShape{3, 16, 12}));
  EXPECT_EQ(graph.find_cut("A")->shape, (TensorShape{4, 16, 12}));
  EXPECT_EQ(graph.layers().back().shape, TensorShape{7});
  EXPECT_EQ(graph.block_cuts().size(), small_graph().block_cuts().size());
  const Graph same = adapted(small_graph(), std::nullopt, std::nullopt);
  EXPECT_EQ(same.macs(), small_graph().macs());
}

TEST(Butterfly, WithAStrideAlsoReducesHeightAndWidth) {
  Graph graph{"g", ""};
  graph.begin_block("A");
  graph.add("in", InputOp{{4, 7, 8}}, {});
  graph.add("conv", ConvOp{.out_channels = 6}, {0});
  graph.end_block();
  graph.begin_block("head");
  graph.add("relu", ReluOp{}, {1});
  for (std::int64_t stride = 1; stride <= 7; ++stride) {
    const ButterflyGraph unit = insert_butterfly(graph, *graph.find_cut("A"), 2, stride);
    // ceil(7 / stride) × ceil(8 / stride), and back to what the cut had.
    EXPECT_EQ(unit.cut.shape,
              (TensorShape{2, (7 + stride - 1) / stride, (8 + stride - 1) / stride}));
    EXPECT_EQ(unit.graph.find_cut("A")->shape, (TensorShape{6, 7, 8}));
  }
  EXPECT_THROW(insert_butterfly(graph, *graph.find_cut("A"), 2, 8), std::invalid_argument);
  EXPECT_THROW(insert_butterfly(graph, *graph.find_cut("A"), 2, 0), std::invalid_argument);
}

TEST(Butterfly, InsertsReductionBeforeAndRestorationAfterTheCrossing) {
  const Graph graph = small_graph();
  const ButterflyGraph unit = insert_butterfly(graph, *graph.find_cut("B"), 2);
  EXPECT_EQ(unit.graph.layers().size(), graph.layers().size() + 6);
  EXPECT_EQ(unit.cut.shape, (TensorShape{2, 8, 8}));
  EXPECT_EQ(unit.graph.layer(unit.cut.after).name, "B.reduction.relu");
  const Layer& restoration = unit.graph.layer(unit.cut.after + 1);
  EXPECT_EQ(restoration.name, "B.restoration.conv");
  EXPECT_EQ(restoration.shape, (TensorShape{4, 8, 8}));
  // One half: 64 positions × 4 channels × 2 channels, and the same back.
  EXPECT_EQ(unit.graph.macs() - graph.macs(), 2 * 64 * 4 * 2);
  // What read the cut's tensor now reads the restored one.
  const Layer& pool = unit.graph.layer(*unit.graph.find_layer("pool"));
  EXPECT_EQ(unit.graph.layer(pool.inputs[0]).name, "B.restoration.relu");
  // One tensor crosses at the unit, and the blocks keep their cuts.
  EXPECT_EQ(unit.graph.find_cut("B.reduction.relu")->after, unit.cut.after);
  EXPECT_EQ(unit.graph.find_cut("B")->after, *unit.graph.find_layer("B.restoration.relu"));
}

TEST(Butterfly, ReroutesEveryReaderOfTheTensor) {
  const Graph graph = small_graph();
  const ButterflyGraph unit = insert_butterfly(graph, *graph.find_cut("A"), 1);
  const LayerId restored = *unit.graph.find_layer("A.restoration.relu");
  const Graph& g = unit.graph;
  EXPECT_EQ(g.layer(*g.find_layer("branch")).inputs[0], restored);
  EXPECT_EQ(g.layer(*g.find_layer("add")).inputs[1], restored);
}

TEST(Butterfly, RefusesChannelsOutOfRange) {
  const Graph graph = small_graph();
  const Cut cut = *graph.find_cut("A");
  EXPECT_THROW(insert_butterfly(graph, cut, 0), std::invalid_argument);
  EXPECT_THROW(insert_butterfly(graph, cut, 5), std::invalid_argument);
  EXPECT_NO_THROW(insert_butterfly(graph, cut, 4));
  EXPECT_THROW(insert_butterfly(graph, {99, "x", {1, 1, 1}}, 1), std::invalid_argument);
}

/// in → a → b → d = b + c → e, where c reads a and a stored tensor.
Graph diamond() {
  Graph graph{"diamond", "A diamond"};
  const LayerId in = graph.add("in", InputOp{{4, 2, 2}}, {});
  const LayerId a = graph.add("a", ReluOp{}, {in});
  const LayerId b = graph.add("b", ConvOp{.out_channels = 6, .kernel = 1}, {a});
  const LayerId stored = graph.add("stored", ParameterOp{.shape = {4, 2, 2}}, {});
  const LayerId sum = graph.add("sum", AddOp{}, {a, stored});
  const LayerId c = graph.add("c", ConvOp{.out_channels = 6, .kernel = 1}, {sum});
  const LayerId d = graph.add("d", AddOp{}, {b, c});
  graph.add("e", ReluOp{}, {d});
  return graph;
}

// Before "b+" lie in, a and b; c still reads a, and d reads b: 4·4 and 6·4 numbers.
TEST(WideCuts, SendAllThatIsReadBehindOnce) {
  const Graph graph = diamond();
  EXPECT_FALSE(graph.find_cut("b")) << "two tensors cross";
  const Cut cut = graph.find_cut("b+").value();
  EXPECT_THAT(cut.before, ::testing::ElementsAre(0, 1, 2));
  EXPECT_THAT(cut.crossing, ::testing::ElementsAre(1, 2));
  EXPECT_EQ(graph.bytes(cut, 8), 16 + 24);
  EXPECT_EQ(graph.bytes(cut, 4), 8 + 12);
  // What is stored is on both sides: only the sum crosses beside b, and a, which b has read.
  const Cut both = graph.find_cut("b+sum").value();
  EXPECT_THAT(both.crossing, ::testing::ElementsAre(2, 4));
  EXPECT_EQ(graph.find_cut("sum+b")->before, both.before);
  EXPECT_THAT(graph.find_cut("d+")->crossing, ::testing::ElementsAre(6))
      << "one tensor, as the cut d";
  EXPECT_FALSE(graph.find_cut("e+")) << "nothing lies behind";
  EXPECT_FALSE(graph.find_cut("b+nowhere"));
  // A layer whose own name has a plus is itself.
  Graph named{"named", "A name with a plus"};
  named.add("y", ReluOp{}, {named.add("x+", ReluOp{}, {named.add("in", InputOp{{4}}, {})})});
  EXPECT_TRUE(named.find_cut("x+")->before.empty());
  EXPECT_TRUE(precedes(graph, *graph.find_cut("a"), cut));
  EXPECT_TRUE(precedes(graph, cut, both));
  EXPECT_FALSE(precedes(graph, cut, *graph.find_cut("sum+"))) << "neither holds the other";
  EXPECT_FALSE(precedes(graph, *graph.find_cut("sum+"), cut));
  EXPECT_FALSE(precedes(graph, cut, cut));
}

// Behind a, b is in or not, and of sum and c none, one or both: 2 · 3. One more with d. Nothing and
// everything do not count.
TEST(WideCuts, AreCounted) {
  EXPECT_EQ(diamond().count_cuts(), 7);
  // Three chains of two between a fork and a join: 3³ once the fork is in, and one with the join.
  Graph fork{"fork", "Branches"};
  const LayerId in = fork.add("in", InputOp{{4}}, {});
  const LayerId first = fork.add("first", ReluOp{}, {in});
  std::vector<LayerId> ends;
  for (int branch = 0; branch < 3; ++branch) {
    const std::string name = "branch" + std::to_string(branch);
    ends.push_back(fork.add(name + ".2", ReluOp{}, {fork.add(name + ".1", ReluOp{}, {first})}));
  }
  fork.add("last", ReluOp{}, {fork.add("join", ConcatOp{}, ends)});
  EXPECT_EQ(fork.count_cuts(), 27 + 1);
}

// Of forty branches each may have begun or not: 2⁴⁰ sets.
TEST(WideCuts, GiveUpWhereThereAreTooMany) {
  Graph wide{"wide", "Branches"};
  const LayerId in = wide.add("in", InputOp{{4}}, {});
  constexpr std::size_t kBranches = 40;
  std::vector<LayerId> ends(kBranches);
  for (std::size_t i = 0; i < kBranches; ++i) {
    ends[i] = wide.add("branch" + std::to_string(i), ReluOp{}, {in});
  }
  wide.add("join", ConcatOp{}, ends);
  EXPECT_FALSE(wide.count_cuts());
}

// Features, then scores and boxes of them, and an opaque layer of all three: no cut is between
// branches that it joins. Behind it one tensor crosses, but no unit takes its numbers for channels.
TEST(Graph, IsNotCutThroughAnOpaqueLayer) {
  Graph graph{"detector", "d"};
  const LayerId input = graph.add("input", InputOp{{3, 8, 8}}, {});
  const LayerId features = graph.add("features", ConvOp{.out_channels = 4}, {input});
  const LayerId scores = graph.add("scores", ConvOp{.out_channels = 1}, {features});
  const LayerId boxes = graph.add("boxes", ConvOp{.out_channels = 4}, {features});
  const LayerId opaque = graph.add(
      "regions", OpaqueOp{.shape = {7}, .macs = 1000, .parameters = 50}, {features, scores, boxes});
  graph.add("relu", ReluOp{}, {opaque});
  std::vector<std::string> names;
  for (const Cut& cut : graph.cuts()) names.push_back(cut.name);
  EXPECT_THAT(names, ::testing::ElementsAre("input", "features", "regions"));
  EXPECT_EQ(graph.cuts()[1].unit_channels, 4);
  EXPECT_EQ(graph.cuts()[2].unit_channels, 0);
  EXPECT_THROW(insert_butterfly(graph, graph.cuts()[2], 1), std::invalid_argument);
  EXPECT_THAT(graph.opaque_layers(), ::testing::ElementsAre(opaque));
  // 64·(3·4 + 4·1 + 4·4) and what is stated.
  EXPECT_EQ(graph.macs(), 64 * 32 + 1000);
  EXPECT_EQ(graph.parameters(), 12 + 4 + 16 + 50);
  EXPECT_EQ(insert_butterfly(graph, graph.cuts()[1], 2).graph.opaque_layers().size(), 1U);
  EXPECT_THROW(adapted(graph, TensorShape{3, 16, 16}, std::nullopt), std::invalid_argument);
  EXPECT_THROW(adapted(graph, std::nullopt, 3), std::invalid_argument);
  EXPECT_EQ(adapted(graph, TensorShape{3, 8, 8}, std::nullopt).layers().size(), 6U);
}

}  // namespace
}  // namespace papilio
