// Claims: every operation infers the shape, the multiplications and the trained numbers that follow
// from its definition, names its weights as PyTorch does, and refuses what does not fit; a network
// of all of them is the same after it was written to a file and read.

#include "models/graph/operations.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"
#include "models/networks/network_file.hpp"

namespace papilio {
namespace {

struct Expected {
  TensorShape shape;
  int macs{0};
  int parameters{0};
};

void expect(const LayerOp& op, const std::vector<TensorShape>& operands, const Expected& expected) {
  const std::string kind{kind_name(op)};
  const Inferred inferred = infer(op, operands);
  EXPECT_EQ(text(inferred.shape), text(expected.shape)) << kind;
  EXPECT_EQ(inferred.macs, expected.macs) << kind;
  EXPECT_EQ(inferred.parameters, expected.parameters) << kind;
}

void expect_refused(const LayerOp& op, const std::vector<TensorShape>& operands) {
  EXPECT_THROW(infer(op, operands), std::invalid_argument) << kind_name(op);
}

/// "weight 3x4, bias 3"
std::string weights_text(const LayerOp& op, const std::vector<TensorShape>& operands) {
  std::string all;
  for (const WeightShape& weight : weight_shapes(op, operands)) {
    if (!all.empty()) all += ", ";
    all += weight.name;
    char before = ' ';
    for (const std::int64_t size : weight.sizes) {
      all += before + std::to_string(size);
      before = 'x';
    }
  }
  return all;
}

TEST(Operations, InputsAndParametersHaveTheirShapes) {
  expect(InputOp{{128, 768}}, {}, {{128, 768}});
  expect(InputOp{.shape = {5}, .below = 7}, {}, {{5}});
  expect_refused(InputOp{.shape = {}, .below = 7}, {});
  expect(ParameterOp{.shape = {1, 197, 768}, .trained = 151'296}, {}, {{1, 197, 768}, 0, 151'296});
  expect(ParameterOp{.shape = {4, 4}}, {}, {{4, 4}});  // a constant
  EXPECT_EQ(weights_text(ParameterOp{.shape = {4, 5}}, {}), " 4x5") << "called as its layer";
  expect_refused(InputOp{{3, 0}}, {});
  expect_refused(InputOp{.shape = {3}, .below = -1}, {});
  expect_refused(InputOp{{3}}, {{3}});
  expect_refused(ParameterOp{.shape = {0}}, {});
  expect_refused(ParameterOp{.shape = {2}, .trained = -1}, {});
  expect_refused(ParameterOp{.shape = {2}}, {{2}});
}

// Layer norm: a scale and a shift for each of the 5·7 or 7 numbers; group norm: for each channel.
TEST(Operations, NormsScaleWhatTheyNormalise) {
  const TensorShape in{6, 5, 7};
  expect(LayerNormOp{}, {in}, {in, 0, 2 * 7});
  expect(LayerNormOp{.axes = 2}, {in}, {in, 0, 2 * 5 * 7});
  expect(LayerNormOp{.axes = 3, .affine = false}, {in}, {in});
  expect(GroupNormOp{.groups = 3}, {in}, {in, 0, 2 * 6});
  expect(GroupNormOp{.groups = 6, .affine = false}, {in}, {in});
  EXPECT_EQ(weights_text(LayerNormOp{.axes = 2}, {in}), "weight 5x7, bias 5x7");
  EXPECT_EQ(weights_text(LayerNormOp{.affine = false}, {in}), "");
  EXPECT_EQ(weights_text(GroupNormOp{.groups = 2}, {in}), "weight 6, bias 6");
  EXPECT_EQ(weights_text(GroupNormOp{.groups = 2, .affine = false}, {in}), "");
  expect_refused(LayerNormOp{.axes = 0}, {in});
  expect_refused(LayerNormOp{.axes = 4}, {in});
  expect_refused(GroupNormOp{.groups = 4}, {in});
  expect_refused(GroupNormOp{.groups = 0}, {in});
  expect_refused(GroupNormOp{}, {TensorShape{}});
}

TEST(Operations, FunctionsOfAnElementKeepTheShape) {
  const TensorShape in{6, 5};
  expect(PreluOp{}, {in}, {in, 0, 6});
  expect(PreluOp{.shared = true}, {in}, {in, 0, 1});
  EXPECT_EQ(weights_text(PreluOp{}, {in}), "weight 6");
  EXPECT_EQ(weights_text(PreluOp{.shared = true}, {in}), "weight 1");
  expect(ClampOp{.least = -1, .most = 1}, {in}, {in});
  expect(ActivationOp{ActivationOp::Kind::kErf}, {TensorShape{}}, {{}});
  expect(SoftmaxOp{.axis = 1}, {in}, {in});
  expect_refused(PreluOp{}, {TensorShape{}});
  expect_refused(ClampOp{.least = 1, .most = -1}, {in});
  expect_refused(ClampOp{}, {in, in});
  expect_refused(SoftmaxOp{.axis = 2}, {in});
  expect_refused(SoftmaxOp{.axis = -1}, {in});
}

// Convolutions. Of a sequence [4 × 10]: (10 + 2 + 1 − 3) / 2 + 1 = 6 places, each 8 outputs of
// 4 · 3 products. Of a picture of 9 × 12 by 3 × 5 in steps of 2 and 1, rows of 1 around: 5 × 8
// places of 8 outputs of 4 / 2 · 15 products. Of a video [4 × 6 × 8 × 10] by 2 × 3 × 4: 5 × 6 × 7
// places of 2 outputs of 4 · 24 products.
TEST(Operations, ConvolutionsMoveAlongOneToThreeAxes) {
  ConvOp sequence{.out_channels = 8, .kernel = 3, .stride = 2, .bias = true};
  sequence.padding.left = 2;
  sequence.padding.right = 1;
  expect(sequence, {{4, 10}}, {{8, 6}, 6 * 8 * 4 * 3, 8 * 4 * 3 + 8});
  EXPECT_EQ(weights_text(sequence, {{4, 10}}), "weight 8x4x3, bias 8");

  const ConvOp picture{
      .out_channels = 8, .kernel = {3, 5}, .stride = {2, 1}, .padding = {1, 0, 1, 0}, .groups = 2};
  expect(picture, {{4, 9, 12}}, {{8, 5, 8}, 5 * 8 * 8 * 2 * 15, 8 * 2 * 15});
  EXPECT_EQ(weights_text(picture, {{4, 9, 12}}), "weight 8x2x3x5");

  const ConvOp video{.out_channels = 2, .kernel = {2, 3, 4}};
  expect(video, {{4, 6, 8, 10}}, {{2, 5, 6, 7}, 5 * 6 * 7 * 2 * 4 * 24, 2 * 4 * 24});
  EXPECT_EQ(weights_text(video, {{4, 6, 8, 10}}), "weight 2x4x2x3x4");

  // A kernel of 3 that sees every fourth row reaches over 9 of 10, and each second column over 5.
  ConvOp dilated{.out_channels = 1, .kernel = 3};
  dilated.dilation = {4, 2};
  expect(dilated, {{1, 10, 10}}, {{1, 2, 6}, 2 * 6 * 9, 9});

  expect_refused(video, {{4, 6, 8, 3}});  // narrower than the kernel
  expect_refused(video, {{4, 6, 8, 10, 12}});
  expect_refused(video, {TensorShape{}});
  expect_refused(ConvOp{.out_channels = 2, .kernel = {3, 0}}, {{4, 9, 9}});
}

// (3 − 1) · 2 + 3 − 2 = 5 rows and one more; 4 columns by 1: (4 − 1) · 1 + 2 = 5. Each of the 6 ·
// 12 inputs goes into 8 / 2 · 6 products.
TEST(Operations, TransposedConvolutionsHaveGroupsAndBiases) {
  const ConvTransposeOp op{.out_channels = 8,
                           .kernel = {3, 2},
                           .stride = {2, 1},
                           .padding = {1, 0},
                           .height = 6,
                           .width = 5,
                           .groups = 2,
                           .bias = true};
  expect(op, {{6, 3, 4}}, {{8, 6, 5}, 6 * 12 * 4 * 6, 6 * 4 * 6 + 8});
  EXPECT_EQ(weights_text(op, {{6, 3, 4}}), "weight 6x4x3x2, bias 8");
  ConvTransposeOp wrong = op;
  wrong.height = 7;  // makes 4 rows
  expect_refused(wrong, {{6, 3, 4}});
  expect_refused(op, {{5, 3, 4}});
  expect_refused(op, {{6, 3}});
  // Along the width alone: (3 − 1) · 2 + 2 = 6, each of 6 · 3 inputs into 8 / 2 · 2 products. Along
  // three axes, of 1, 2 and 3 places: 2, (2 − 1) · 2 + 3 = 5, and (3 − 1) · 1 + 2 = 4.
  const ConvTransposeOp sound{.out_channels = 8, .kernel = 2, .stride = 2, .width = 6, .groups = 2};
  expect(sound, {{6, 3}}, {{8, 6}, 6 * 3 * 4 * 2, 6 * 4 * 2});
  EXPECT_EQ(weights_text(sound, {{6, 3}}), "weight 6x4x2");
  const ConvTransposeOp video{.out_channels = 5,
                              .kernel = {2, 3, 2},
                              .stride = {1, 2, 1},
                              .height = 5,
                              .width = 4,
                              .depth = 2};
  expect(video, {{4, 1, 2, 3}}, {{5, 2, 5, 4}, 4 * 6 * 5 * 12, 4 * 5 * 12});
}

TEST(Operations, PoolsMoveAlongOneToThreeAxes) {
  // (10 − 3) / 2 + 1 = 4 whole windows, and with a part of one 5.
  expect(MaxPoolOp{.kernel = 3, .stride = 2}, {{4, 10}}, {{4, 4}});
  expect(MaxPoolOp{.kernel = 3, .stride = 2, .ceil = true}, {{4, 10}}, {{4, 5}});
  expect(MaxPoolOp{.kernel = {1, 2, 3}, .stride = {1, 2, 3}}, {{4, 5, 6, 7}}, {{4, 5, 3, 2}});
  expect(AvgPoolOp{.kernel = {2, 3}, .stride = {2, 1}}, {{4, 6, 7}}, {{4, 3, 5}});
  expect(GlobalAvgPoolOp{}, {{4, 10}}, {{4, 1}});
  expect(GlobalAvgPoolOp{}, {{4, 5, 6, 7}}, {{4, 1, 1, 1}});
  expect(AdaptivePoolOp{.size = {3, 2}}, {{4, 7, 5}}, {{4, 3, 2}});
  expect(AdaptivePoolOp{.size = 6, .maximum = true}, {{4, 10}}, {{4, 6}});
  expect(AdaptivePoolOp{.size = {2, 3, 4}}, {{4, 5, 6, 7}}, {{4, 2, 3, 4}});
  expect_refused(AdaptivePoolOp{.size = 0}, {{4, 7, 5}});
  expect_refused(AdaptivePoolOp{.size = 1}, {TensorShape{}});
  expect_refused(MaxPoolOp{.kernel = 2, .padding = 2}, {{4, 10}});
  expect_refused(GlobalAvgPoolOp{}, {{1, 2, 3, 4, 5}});
}

TEST(Operations, FunctionsOfTwoElementsRepeatAxesOfSizeOne) {
  const TensorShape column{4, 1};
  const TensorShape row{1, 3};
  expect(AddOp{}, {column, row}, {{4, 3}});
  expect(MultiplyOp{}, {column, row}, {{4, 3}});
  expect(MultiplyOp{}, {{4, 5, 6}, {4}}, {{4, 5, 6}});  // a number for each channel
  expect(CombineOp{CombineOp::Kind::kLess}, {row, column}, {{4, 3}});
  expect(SelectOp{}, {row, column, {4, 3}}, {{4, 3}});
  expect_refused(AddOp{}, {{4, 3}, {4, 2}});
  expect_refused(AddOp{}, {{4, 3}, {3}});
  expect_refused(AddOp{}, {row});
  expect_refused(MultiplyOp{}, {{4, 5, 6}, {5}});
  expect_refused(CombineOp{}, {row, row, row});
  expect_refused(SelectOp{}, {row, column});
  expect_refused(SelectOp{}, {row, column, {4, 2}});
}

TEST(Operations, TensorsAreLaidOutAnew) {
  const TensorShape in{4, 3, 5};
  expect(ConcatOp{.axis = 2}, {in, {4, 3, 1}, in}, {{4, 3, 11}});
  expect(ReshapeOp{{6, 10}}, {in}, {{6, 10}});
  expect(ReshapeOp{{}}, {{1, 1}}, {{}});
  expect(TransposeOp{{2, 0, 1}}, {in}, {{5, 4, 3}});
  // Places 1 and 3 of 5, and 1, 3 and 5 of 6.
  expect(SliceOp{.axis = 2, .begin = 1, .end = 5, .step = 2}, {in}, {{4, 3, 2}});
  expect(SliceOp{.axis = 0, .begin = 1, .end = 6, .step = 2}, {{6}}, {{3}});
  expect(PadOp{.axis = 1, .before = 2, .behind = 1}, {in}, {{4, 6, 5}});
  expect(PadOp{.axis = 1, .before = 2, .behind = 2, .mode = PadOp::Mode::kReflect}, {in},
         {{4, 7, 5}});
  expect(PadOp{.axis = 1, .before = 9, .mode = PadOp::Mode::kEdge}, {in}, {{4, 12, 5}});
  expect(ExpandOp{{4, 7, 5}}, {{4, 1, 5}}, {{4, 7, 5}});
  expect(CacheOp{.axis = 1, .places = 7}, {in}, {{4, 10, 5}});
  expect(CacheOp{.axis = 1}, {in}, {in});
  EXPECT_EQ(weights_text(CacheOp{.axis = 1, .places = 7}, {in}), "kept 4x7x5");
  EXPECT_EQ(weights_text(CacheOp{.axis = 1}, {in}), "");
  expect_refused(CacheOp{.axis = 3, .places = 1}, {in});
  expect_refused(CacheOp{.axis = 1, .places = -1}, {in});
  expect_refused(ConcatOp{.axis = 3}, {in, in});
  expect_refused(ConcatOp{.axis = 1}, {in, {4, 3, 6}});
  expect_refused(ConcatOp{.axis = 0}, {in, {4, 3}});
  expect_refused(ConcatOp{}, {});
  expect_refused(ReshapeOp{{6, 11}}, {in});
  expect_refused(ReshapeOp{{-6, -10}}, {in});
  expect_refused(TransposeOp{{0, 1}}, {in});
  expect_refused(TransposeOp{{0, 1, 1}}, {in});
  expect_refused(TransposeOp{{0, 1, 3}}, {in});
  expect_refused(SliceOp{.axis = 0, .begin = 0, .end = 5}, {in});
  expect_refused(SliceOp{.axis = 0, .begin = 2, .end = 2}, {in});
  expect_refused(SliceOp{.axis = 0, .begin = -1, .end = 2}, {in});
  expect_refused(SliceOp{.axis = 0, .begin = 0, .end = 2, .step = 0}, {in});
  expect_refused(SliceOp{.axis = 3, .begin = 0, .end = 1}, {in});
  expect_refused(PadOp{.axis = 0, .before = -1}, {in});
  expect_refused(PadOp{.axis = 1, .before = 3, .mode = PadOp::Mode::kReflect}, {in});
  expect_refused(ExpandOp{{4, 6, 5}}, {in});
  expect_refused(ExpandOp{{1, 3, 5}}, {in});
  expect_refused(ExpandOp{{2, 4, 3, 5}}, {in});
}

TEST(Operations, AxesBecomeOneNumber) {
  const TensorShape in{4, 3, 5};
  expect(ReduceOp{.axes = {0, 2}}, {in}, {{3}});
  expect(ReduceOp{.kind = ReduceOp::Kind::kSum, .axes = {0, 2}, .keep = true}, {in}, {{1, 3, 1}});
  expect(ReduceOp{.kind = ReduceOp::Kind::kMaximum, .axes = {0, 1, 2}}, {in}, {{}});
  expect_refused(ReduceOp{.axes = {3}}, {in});
  expect_refused(ReduceOp{.axes = {1, 1}}, {in});
  expect_refused(ReduceOp{.axes = {-1}}, {in});
}

// [12 × 7 × 64] · [1 × 64 × 9]: 12 · 7 · 9 numbers of 64 products.
TEST(Operations, ProductsCountTheirMultiplications) {
  expect(MatMulOp{}, {{12, 7, 64}, {1, 64, 9}}, {{12, 7, 9}, 12 * 7 * 9 * 64});
  expect(MatMulOp{}, {{7, 64}, {64, 9}}, {{7, 9}, 7 * 9 * 64});
  expect(LinearOp{.out_features = 10}, {{7, 64}}, {{7, 10}, 7 * 64 * 10, 64 * 10 + 10});
  expect(LinearOp{.out_features = 10, .bias = false}, {{64}}, {{10}, 64 * 10, 64 * 10});
  expect(LinearOp{.out_features = 10}, {{64, 1, 1}}, {{10}, 64 * 10, 64 * 10 + 10});
  EXPECT_EQ(weights_text(LinearOp{.out_features = 10}, {{7, 64}}), "weight 10x64, bias 10");
  expect_refused(MatMulOp{}, {{12, 7, 64}, {12, 63, 9}});
  expect_refused(MatMulOp{}, {{12, 7, 64}, {64, 9}});
  expect_refused(MatMulOp{}, {{12, 7, 64}, {11, 64, 9}});
  expect_refused(MatMulOp{}, {{64}, {64}});
  expect_refused(MatMulOp{}, {{7, 64}});
  expect_refused(LinearOp{.out_features = 10}, {TensorShape{}});
}

TEST(Operations, TablesHaveARowForEachNumber) {
  expect(EmbeddingOp{.entries = 100, .features = 16}, {{8}}, {{8, 16}, 0, 1600});
  expect(EmbeddingOp{.entries = 100, .features = 16}, {TensorShape{}}, {{16}, 0, 1600});
  EXPECT_EQ(weights_text(EmbeddingOp{.entries = 100, .features = 16}, {{8}}), "weight 100x16");
  expect_refused(EmbeddingOp{.entries = 0, .features = 16}, {{8}});
  expect_refused(EmbeddingOp{.entries = 100, .features = 0}, {{8}});
  expect_refused(EmbeddingOp{.entries = 100, .features = 16}, {{1, 1, 1, 1, 1, 1, 1, 1}});
}

// An LSTM of 5 over [7 × 3] has 4 gates: 4 · 5 rows over 3 inputs and 5 states, and two biases
// each: 20 · 8 + 40 = 200. A second layer both ways reads 10: each way 20 · 15 + 40 = 340. At each
// of 7 places every weight but the biases is used once.
TEST(Operations, RecurrentLayersHaveGatesWaysAndLayers) {
  const TensorShape in{7, 3};
  const RecurrentOp one{.features = 5};
  expect(one, {in}, {{7, 5}, 7 * 160, 200});
  EXPECT_EQ(weights_text(one, {in}),
            "weight_ih_l0 20x3, weight_hh_l0 20x5, bias_ih_l0 20, bias_hh_l0 20");
  const RecurrentOp both{.features = 5, .layers = 2, .both_ways = true};
  expect(both, {in}, {{7, 10}, 7 * (2 * 160 + 2 * 300), 2 * 200 + 2 * 340});
  EXPECT_EQ(weights_text(both, {in}),
            "weight_ih_l0 20x3, weight_hh_l0 20x5, bias_ih_l0 20, bias_hh_l0 20, "
            "weight_ih_l0_reverse 20x3, weight_hh_l0_reverse 20x5, bias_ih_l0_reverse 20, "
            "bias_hh_l0_reverse 20, "
            "weight_ih_l1 20x10, weight_hh_l1 20x5, bias_ih_l1 20, bias_hh_l1 20, "
            "weight_ih_l1_reverse 20x10, weight_hh_l1_reverse 20x5, bias_ih_l1_reverse 20, "
            "bias_hh_l1_reverse 20");
  expect(RecurrentOp{.kind = RecurrentOp::Kind::kGru, .features = 5, .bias = false}, {in},
         {{7, 5}, 7 * 15 * 8, 15 * 8});
  expect(RecurrentOp{.kind = RecurrentOp::Kind::kRnnTanh, .features = 5}, {in},
         {{7, 5}, 7 * 5 * 8, 5 * 8 + 10});
  // Last states: a row a layer, and an LSTM's cells as many.
  RecurrentOp ends = both;
  ends.states = true;
  expect(ends, {in}, {{7 + 2 + 2, 10}, 7 * (2 * 160 + 2 * 300), 2 * 200 + 2 * 340});
  ends.kind = RecurrentOp::Kind::kGru;
  EXPECT_EQ(infer(ends, {in}).shape, (TensorShape{7 + 2, 10}));
  expect_refused(one, {{3}});
  expect_refused(one, {{7, 3, 2}});
  expect_refused(RecurrentOp{.features = 0}, {in});
  expect_refused(RecurrentOp{.features = 5, .layers = 0}, {in});
  expect_refused(RecurrentOp{.features = 5, .layers = 1001}, {in});
}

TEST(Operations, IndexTakesPlacesAgainAndAgain) {
  expect(IndexOp{.axis = 1, .places = {2, 0, 0, 1}}, {{4, 3}}, {{4, 4}});
  expect_refused(IndexOp{.axis = 1, .places = {3}}, {{4, 3}});
  expect_refused(IndexOp{.axis = 1, .places = {-1}}, {{4, 3}});
  expect_refused(IndexOp{.axis = 1, .places = {}}, {{4, 3}});
  expect_refused(IndexOp{.axis = 2, .places = {0}}, {{4, 3}});
}

// What it is told to be, whatever it reads; of weights it is stored with none.
TEST(Operations, OpaqueLayersAreAsTheySay) {
  const OpaqueOp op{.shape = {300, 6}, .what = "nms", .macs = 70, .parameters = 5};
  expect(op, {{3, 4, 4}, {2}}, {{300, 6}, 70, 5});
  EXPECT_EQ(weights_text(op, {{3, 4, 4}, {2}}), "");
  EXPECT_EQ(kind_name(op), "opaque");
  EXPECT_EQ(channel_axis(op, {{{3, 4, 4}, 0}}, {300, 6}), std::nullopt);
  expect_refused(op, {});
  expect_refused(OpaqueOp{.shape = {0, 6}}, {{3}});
  expect_refused(OpaqueOp{.shape = {1}, .macs = -1}, {{3}});
  expect_refused(OpaqueOp{.shape = {1}, .parameters = -1}, {{3}});
  expect_refused(OpaqueOp{.shape = {std::int64_t{1} << 41}}, {{3}});
}

// 2⁴⁰ elements and 2⁴⁵ multiplications are counted; more are refused, and nothing overflows.
TEST(Operations, RefuseWhatCannotBeCounted) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 40;
  expect(ReshapeOp{{kHuge}}, {{kHuge, 1}}, {{kHuge}});
  expect_refused(InputOp{{kHuge, 2}}, {});
  expect_refused(InputOp{{kHuge, kHuge, kHuge}}, {});
  expect_refused(ExpandOp{{kHuge, kHuge}}, {{kHuge, 1}});
  expect_refused(PadOp{.axis = 0, .before = kHuge}, {{kHuge}});
  expect_refused(MatMulOp{}, {{1 << 20, 1 << 20}, {1 << 20, 1 << 20}});
  expect_refused(EmbeddingOp{.entries = kHuge, .features = kHuge}, {{1}});
  expect_refused(RecurrentOp{.features = 1 << 30}, {{1, 1}});
  expect_refused(ParameterOp{.shape = {1}, .trained = kHuge + 1}, {});
}

/// Adds layers to a graph under names that are counted through.
class Layers {
 public:
  explicit Layers(Graph& graph) : graph_{graph} {}

  LayerId add(const LayerOp& op, std::vector<LayerId> inputs) {
    const std::string name = "l" + std::to_string(graph_.layers().size());
    return graph_.add(name, op, std::move(inputs));
  }

 private:
  Graph& graph_;
};

void add_pictures(Layers& net, LayerId picture) {
  net.add(ConvOp{.out_channels = 8,
                 .kernel = {3, 5},
                 .stride = {2, 1},
                 .padding = {1, 2, 0, 3},
                 .groups = 2,
                 .dilation = {1, 2}},
          {picture});
  const LayerId up = net.add(ConvTransposeOp{.out_channels = 8,
                                             .kernel = {3, 2},
                                             .stride = {2, 1},
                                             .padding = {1, 0},
                                             .height = 18,
                                             .width = 13,
                                             .groups = 2,
                                             .bias = true},
                             {picture});
  net.add(BatchNormOp{.epsilon = 1e-3}, {up});
  net.add(GroupNormOp{.groups = 4, .epsilon = 1e-6, .affine = false}, {up});
  net.add(PreluOp{.shared = true}, {up});
  net.add(Relu6Op{}, {up});
  net.add(ReluOp{}, {up});
  net.add(LocalNormOp{.size = 3, .factor = 0.5}, {up});
  net.add(MaxPoolOp{.kernel = {2, 3}, .stride = {1, 2}, .ceil = true}, {up});
  net.add(AvgPoolOp{.kernel = 3, .padding = {1, 0, 2, 1}, .count_padding = false}, {up});
  net.add(AdaptivePoolOp{.size = {3, 2}}, {up});
  net.add(AdaptivePoolOp{.size = 2, .maximum = true}, {up});
  net.add(ResizeOp{.height = 4, .width = 5, .method = ResizeOp::Method::kBilinearCorners}, {up});
  net.add(ZeroPadShortcutOp{.channels = 10, .stride = 2}, {up});
  const LayerId pool = net.add(GlobalAvgPoolOp{}, {up});
  const LayerId flat = net.add(FlattenOp{}, {pool});
  net.add(MultiplyOp{}, {up, flat});
}

void add_videos(Layers& net, LayerId video) {
  ConvOp conv{.out_channels = 3, .kernel = {2, 3, 4}, .stride = {1, 2, 3}, .bias = true};
  conv.padding = Padding{1};
  conv.padding.back = 0;
  conv.padding.left = 2;
  const LayerId small = net.add(conv, {video});
  net.add(MaxPoolOp{.kernel = {1, 2, 2}, .stride = {1, 2, 1}}, {small});
  net.add(AdaptivePoolOp{.size = {1, 2, 3}}, {small});
}

void add_sequences(Layers& net, LayerId rows) {
  net.add(LayerNormOp{.axes = 2, .epsilon = 1e-12}, {rows});
  net.add(LayerNormOp{.affine = false}, {rows});
  net.add(LinearOp{.out_features = 5, .bias = false}, {rows});
  const LayerId turned = net.add(TransposeOp{{1, 0}}, {rows});
  ConvOp conv{.out_channels = 3, .kernel = 3};
  conv.padding.left = 2;
  net.add(conv, {turned});
  net.add(MatMulOp{}, {rows, turned});
  const LayerId single = net.add(ReduceOp{.axes = {0, 1}}, {rows});  // without axes
  net.add(ReshapeOp{{1, 1}}, {single});
  net.add(ReshapeOp{{}}, {net.add(ParameterOp{.shape = {1, 1}}, {})});
  net.add(AddOp{}, {rows, rows});  // one tensor twice
  net.add(SelectOp{}, {rows, rows, rows});
  net.add(ConcatOp{.axis = 1}, {rows, rows, rows});
  net.add(SliceOp{.axis = 1, .begin = 1, .end = 7, .step = 3}, {rows});
  net.add(PadOp{.axis = 0, .before = 1, .behind = 2, .mode = PadOp::Mode::kReflect}, {rows});
  net.add(PadOp{.axis = 1, .behind = 2, .value = -0.5}, {rows});
  net.add(PadOp{.axis = 1, .before = 2, .mode = PadOp::Mode::kEdge}, {rows});
  const LayerId row = net.add(ParameterOp{.shape = {1, 8}, .trained = 8}, {});
  net.add(ExpandOp{{6, 8}}, {row});
  net.add(ClampOp{.least = -0.25, .most = 1e9}, {rows});
  net.add(ScaleOp{.factor = 1.0 / 3, .offset = -1e-9}, {rows});
  net.add(SoftmaxOp{.axis = 1}, {rows});
  net.add(CacheOp{.axis = 1, .places = 3}, {rows});
  net.add(QuantizeOp{{.scale = 1.0 / 3, .zero = -5, .bits = 6, .is_signed = true}}, {rows});
  net.add(QuantizeOp{{.by_range = true, .halved = true}}, {rows});
  net.add(LinearOp{.out_features = 5, .weight_bits = 4}, {rows});
  net.add(IndexOp{.axis = 1, .places = {5, 5, 0, 7}}, {rows});
  net.add(RecurrentOp{.features = 4, .states = true}, {rows});
  net.add(OpaqueOp{.shape = {5, 6}, .what = "a: b, \"c\"", .macs = 70, .parameters = 5},
          {rows, single});
  for (auto kind = RecurrentOp::Kind::kRnnTanh; kind <= RecurrentOp::Kind::kLstm;
       kind = static_cast<RecurrentOp::Kind>(static_cast<int>(kind) + 1)) {
    net.add(RecurrentOp{.kind = kind, .features = 4, .layers = 2, .both_ways = true, .bias = false},
            {rows});
  }
  for (auto kind = ReduceOp::Kind::kMean; kind <= ReduceOp::Kind::kMinimum;
       kind = static_cast<ReduceOp::Kind>(static_cast<int>(kind) + 1)) {
    net.add(ReduceOp{.kind = kind, .axes = {0, 1}, .keep = kind == ReduceOp::Kind::kSum}, {rows});
  }
  for (auto kind = CombineOp::Kind::kSubtract; kind <= CombineOp::Kind::kEqual;
       kind = static_cast<CombineOp::Kind>(static_cast<int>(kind) + 1)) {
    net.add(CombineOp{kind}, {rows, rows});
  }
  for (auto kind = ActivationOp::Kind::kSigmoid; kind <= ActivationOp::Kind::kFloor;
       kind = static_cast<ActivationOp::Kind>(static_cast<int>(kind) + 1)) {
    const bool sloped = kind == ActivationOp::Kind::kLeakyRelu ||
                        kind == ActivationOp::Kind::kElu || kind == ActivationOp::Kind::kPower;
    net.add(ActivationOp{kind, sloped ? 1.0 / 3 : 0}, {rows});
  }
}

// Several inputs, one of whole numbers; operands that come twice; windows that differ by axis;
// weights of another layer. What the file says of each operation shows whether every key came back.
TEST(Operations, OfANetworkComeBackFromItsFile) {
  Graph graph{"all", "Every operation"};
  Layers net{graph};
  const LayerId picture = net.add(InputOp{{4, 9, 12}}, {});
  const LayerId video = net.add(InputOp{{2, 4, 6, 8}}, {});
  const LayerId words = net.add(InputOp{.shape = {6}, .below = 100}, {});
  const LayerId rows = net.add(EmbeddingOp{.entries = 100, .features = 8}, {words});
  add_pictures(net, picture);
  add_videos(net, video);
  add_sequences(net, rows);
  graph.add("shared", EmbeddingOp{.entries = 100, .features = 8}, {words}, rows);
  std::set<std::size_t> kinds;
  for (const Layer& layer : graph.layers()) kinds.insert(layer.op.index());
  EXPECT_EQ(kinds.size(), std::variant_size_v<LayerOp>) << "an operation is not in the test";
  EXPECT_EQ(graph.inputs().size(), 3U);

  const std::string text = graph_file(graph);
  const Graph read = parse_graph(text, "all.yaml", "all");
  EXPECT_EQ(graph_file(read), text);
  ASSERT_EQ(read.layers().size(), graph.layers().size());
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    const Layer& a = graph.layer(id);
    const Layer& b = read.layer(id);
    EXPECT_EQ(b.op.index(), a.op.index()) << a.name;
    EXPECT_EQ(kind_name(b.op), kind_name(a.op)) << a.name;
    EXPECT_EQ(b.inputs, a.inputs) << a.name;
    EXPECT_EQ(b.weights_of, a.weights_of) << a.name;
    EXPECT_EQ(b.shape, a.shape) << a.name;
    EXPECT_EQ(b.macs, a.macs) << a.name;
    EXPECT_EQ(b.parameters, a.parameters) << a.name;
    EXPECT_EQ(b.levels, a.levels) << a.name;
    EXPECT_EQ(read.parameter_bytes(id), graph.parameter_bytes(id)) << a.name;
  }
  // Numbers that no shape shows.
  const auto op_of = [&]<class Op>(const Op&) {
    std::vector<Op> found;
    for (const Layer& layer : read.layers()) {
      if (const auto* op = std::get_if<Op>(&layer.op)) found.push_back(*op);
    }
    return found;
  };
  EXPECT_EQ(op_of(ScaleOp{}).front().factor, 1.0 / 3);
  EXPECT_EQ(op_of(ScaleOp{}).front().offset, -1e-9);
  EXPECT_EQ(op_of(ClampOp{}).front().least, -0.25);
  EXPECT_EQ(op_of(LayerNormOp{}).front().epsilon, 1e-12);
  EXPECT_EQ(op_of(PadOp{})[0].mode, PadOp::Mode::kReflect);
  EXPECT_EQ(op_of(PadOp{})[1].value, -0.5);
  EXPECT_EQ(op_of(InputOp{})[2].below, 100);
  EXPECT_EQ(op_of(ConvOp{})[0].padding, (Padding{1, 2, 0, 3}));
  EXPECT_EQ(op_of(ConvOp{})[0].kernel, (Spatial{3, 5}));
  EXPECT_EQ(op_of(ConvOp{})[1].stride, (Spatial{1, 2, 3}));
  EXPECT_EQ(op_of(AvgPoolOp{}).front().count_padding, false);
}

}  // namespace
}  // namespace papilio
