// Claims: what lies on levels stays there while its elements are only moved or picked, and crosses
// a cut at the levels' bits or fewer; quantised weights take their bits; what a kernel ends with
// costs nothing of its own; wrong levels are refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"
#include "models/networks/network_file.hpp"
#include "sim/base/error.hpp"
#include "sim/profiles/layer_work.hpp"
#include "sim/profiles/roofline.hpp"

namespace papilio {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr Levels kLevels{.scale = 0.5, .zero = 3};

/// A picture of 4 x 8 x 8 on levels; layer 1.
Graph quantised_picture(const Levels& levels = kLevels) {
  Graph graph{"n", "t"};
  graph.add("x", InputOp{{4, 8, 8}}, {});
  graph.add("q", QuantizeOp{levels}, {0});
  return graph;
}

/// Whether an operation keeps its operands' levels.
bool keeps(const LayerOp& op, std::vector<LayerId> inputs = {1}) {
  Graph graph = quantised_picture();
  graph.add("same", QuantizeOp{kLevels}, {0});
  graph.add("other", QuantizeOp{{.scale = 0.25, .zero = 3}}, {0});
  const LayerId id = graph.add("op", op, std::move(inputs));
  const bool kept = graph.layer(id).levels == kLevels;
  EXPECT_EQ(kept, graph.layer(id).levels.has_value());
  return kept;
}

TEST(Quantised, WhatOnlyMovesOrPicksElementsStaysOnTheirLevels) {
  EXPECT_TRUE(keeps(ReluOp{}));
  EXPECT_TRUE(keeps(MaxPoolOp{}));
  EXPECT_TRUE(keeps(AdaptivePoolOp{.size = 2, .maximum = true}));
  EXPECT_TRUE(keeps(FlattenOp{}));
  EXPECT_TRUE(keeps(ReshapeOp{{8, 32}}));
  EXPECT_TRUE(keeps(TransposeOp{{1, 2, 0}}));
  EXPECT_TRUE(keeps(SliceOp{.end = 2}));
  EXPECT_TRUE(keeps(PadOp{.before = 1}));
  EXPECT_TRUE(keeps(ReduceOp{.kind = ReduceOp::Kind::kMaximum, .axes = {1}}));
  EXPECT_TRUE(keeps(ResizeOp{.height = 16, .width = 16}));
  EXPECT_TRUE(keeps(ZeroPadShortcutOp{.channels = 6, .stride = 2}));
  EXPECT_TRUE(keeps(ConcatOp{}, {1, 2}));
  EXPECT_TRUE(keeps(CombineOp{CombineOp::Kind::kMaximum}, {1, 2}));
}

TEST(Quantised, WhatComputesNewNumbersIsOfReals) {
  EXPECT_FALSE(keeps(ConcatOp{}, {1, 3})) << "of other levels";
  EXPECT_FALSE(keeps(ConcatOp{}, {1, 0})) << "of reals";
  EXPECT_FALSE(keeps(AvgPoolOp{}));
  EXPECT_FALSE(keeps(AdaptivePoolOp{.size = 2}));
  EXPECT_FALSE(keeps(Relu6Op{})) << "6 may lie between two levels";
  EXPECT_FALSE(keeps(PadOp{.before = 1, .value = 0.1}));
  EXPECT_FALSE(keeps(ReduceOp{.kind = ReduceOp::Kind::kSum, .axes = {1}}));
  EXPECT_FALSE(keeps(AddOp{}, {1, 2}));
  EXPECT_FALSE(keeps(ConvOp{.out_channels = 2, .weight_bits = 8}));
  EXPECT_FALSE(keeps(ResizeOp{.height = 4, .width = 4, .method = ResizeOp::Method::kBilinear}));
}

// Each tensor by range has levels of its own.
TEST(Quantised, LevelsByRangeAreAnotherTensorsOwn) {
  Graph graph = quantised_picture({.by_range = true});
  graph.add("q2", QuantizeOp{{.by_range = true}}, {0});
  EXPECT_TRUE(graph.layer(graph.add("flat", FlattenOp{}, {1})).levels);
  EXPECT_FALSE(graph.layer(graph.add("join", ConcatOp{}, {1, 2})).levels);
}

// 4 x 8 x 8 = 256 numbers: 256 bytes of 8 bits, 128 of 4, 192 of 6; of reals what is stated.
TEST(Quantised, CrossesAtTheBitsOfItsLevelsOrFewer) {
  constexpr std::int64_t kNumbers = 256;
  const Graph graph = quantised_picture();
  EXPECT_EQ(output_bytes(graph.layer(0), 32), 4 * kNumbers);
  EXPECT_EQ(output_bytes(graph.layer(1), 32), kNumbers);
  EXPECT_EQ(output_bytes(graph.layer(1), 8), kNumbers);
  EXPECT_EQ(output_bytes(graph.layer(1), 4), kNumbers / 2);
  EXPECT_EQ(output_bytes(quantised_picture({.bits = 6}).layer(1), 32), kNumbers * 6 / 8);
  Graph longer = quantised_picture();
  longer.add("relu", ReluOp{}, {1});
  longer.add("end", GlobalAvgPoolOp{}, {2});
  const std::vector<Cut> cuts = longer.cuts();
  ASSERT_EQ(cuts.size(), 3U);
  EXPECT_EQ(longer.bytes(cuts[0], 32), 4 * kNumbers) << "the input is what the scenario says";
  EXPECT_EQ(longer.bytes(cuts[1], 32), kNumbers);
  EXPECT_EQ(longer.bytes(cuts[2], 32), kNumbers);
}

// 3 x 3 kernels, 4 to 10 channels: 360 weights of 8 bits and 10 biases of 32 take 400 bytes, and
// 1480 where they are reals; of 4 bits 180 + 40. 5 to 7: 35 of 3 bits are 105 bits, 14 bytes.
TEST(Quantised, WeightsTakeTheirBits) {
  Graph graph = quantised_picture();
  const ConvOp conv{.out_channels = 10, .kernel = 3, .bias = true};
  const auto bytes = [&](const std::string& name, std::int64_t bits) {
    ConvOp op = conv;
    op.weight_bits = bits;
    const LayerId id = graph.add(name, op, {1});
    EXPECT_EQ(graph.layer(id).parameters, 370);
    return graph.parameter_bytes(id);
  };
  EXPECT_EQ(bytes("c8", 8), 400);
  EXPECT_EQ(bytes("c0", 0), 1480);
  EXPECT_EQ(bytes("c4", 4), 220);
  EXPECT_EQ(graph.parameter_bytes(), 400 + 1480 + 220);
  graph.add("shared", ConvOp{.out_channels = 10, .kernel = 3, .bias = true, .weight_bits = 8}, {1},
            2);
  EXPECT_EQ(graph.parameter_bytes(), 400 + 1480 + 220) << "counted once";
  Graph flat{"n", "t"};
  flat.add("x", InputOp{{5}}, {});
  flat.add("fc", LinearOp{.out_features = 7, .bias = false, .weight_bits = 3}, {0});
  EXPECT_EQ(flat.parameter_bytes(), 14);
  EXPECT_TRUE(flat.is_quantised());
  EXPECT_EQ(parameters_text(flat), "35 parameters in 14 bytes");
  Graph reals{"n", "t"};
  reals.add("x", InputOp{{5}}, {});
  reals.add("fc", LinearOp{.out_features = 7}, {0});
  EXPECT_FALSE(reals.is_quantised());
  EXPECT_EQ(parameters_text(reals), "42 parameters");
}

// Of a table of 100 rows of 8, of 8 bits: 800 bytes; of three words 3 x 8 numbers of a byte move.
TEST(Quantised, OfATableTheRowsThatAreReadMove) {
  Graph graph{"n", "t"};
  graph.add("ids", InputOp{.shape = {3}, .below = 100}, {});
  graph.add("table", EmbeddingOp{.entries = 100, .features = 8, .weight_bits = 8}, {0});
  EXPECT_EQ(graph.parameter_bytes(), 800);
  const LayerWork work = work_of(graph, 1);
  EXPECT_EQ(work.parameters, 24);
  EXPECT_EQ(work.quantised_bytes, 24);
}

// A block ends with what its numbers are held as: the cut after a sum is behind its levels.
TEST(Quantised, ASumEndsWithItsLevels) {
  Graph graph = quantised_picture();
  graph.add("c", ConvOp{.out_channels = 4, .weight_bits = 8}, {1});
  graph.add("sum", AddOp{}, {2, 1});
  graph.add("relu", ReluOp{}, {3});
  graph.add("levels", QuantizeOp{kLevels}, {4});
  graph.add("end", GlobalAvgPoolOp{}, {5});
  ASSERT_EQ(graph.block_cuts().size(), 1U);
  EXPECT_EQ(graph.block_cuts().front().name, "levels");
}

// Convolution, ReLU and quantisation are one kernel: it reads 256 numbers of a byte each and 4 x 4
// weights of a byte and 4 biases of four, and writes 256 of a byte. The others take nothing.
TEST(Quantised, AKernelEndsWithItsActivationAndLevels) {
  Graph graph = quantised_picture();
  graph.add("conv", ConvOp{.out_channels = 4, .bias = true, .weight_bits = 8}, {1});
  graph.add("relu", ReluOp{}, {2});
  graph.add("levels", QuantizeOp{kLevels}, {3});
  graph.add("sigmoid", ActivationOp{}, {4});
  EXPECT_EQ(graph.quantised_by(2), 4U);
  EXPECT_EQ(graph.quantised_by(3), 4U);
  EXPECT_FALSE(graph.quantised_by(1)) << "is quantised itself";
  EXPECT_FALSE(graph.quantised_by(5));
  const LayerWork conv = work_of(graph, 2);
  EXPECT_EQ(conv.type, "8-bit 1x1 conv, product");
  EXPECT_EQ(conv.family, "conv");
  EXPECT_EQ(conv.operations, 4 * 256);
  EXPECT_EQ(conv.quantised, 256 + 256 + 16);
  EXPECT_EQ(conv.quantised_bytes, 256 + 256 + 16);
  EXPECT_TRUE(work_of(graph, 3).free);
  EXPECT_TRUE(work_of(graph, 4).free);
  EXPECT_FALSE(work_of(graph, 1).free) << "the input is no kernel";
  EXPECT_EQ(work_of(graph, 1).quantised, 256) << "reals go in";
  // At a byte a second and no arithmetic: 528 of one byte, 4 biases of four.
  const Roofline slow{.flop_per_s = 1e12, .byte_per_s = 1};
  EXPECT_DOUBLE_EQ(slow.busy_s(conv), 528 + 4 * 4);
  EXPECT_DOUBLE_EQ(slow.busy_s(work_of(graph, 5)), 256 + 256 * 4);
}

TEST(Quantised, AKernelWhoseRealsAreReadEndsWithThem) {
  Graph graph = quantised_picture();
  graph.add("conv", ConvOp{.out_channels = 4, .weight_bits = 8}, {1});
  graph.add("levels", QuantizeOp{kLevels}, {2});
  graph.add("reals", AddOp{}, {2, 3});
  EXPECT_FALSE(graph.quantised_by(2));
  EXPECT_FALSE(work_of(graph, 3).free);
}

TEST(Quantised, RefusesLevelsThatAreNone) {
  const auto expect = [](const std::string& keys, const std::string& message) {
    const std::string file =
        "title: t\nlayers:\n  - {op: input, name: x, shape: [4]}\n  - {op: quantize, name: q, " +
        keys + "}\n";
    EXPECT_THAT([&] { parse_graph(file, "n.yaml", "n"); },
                ThrowsMessage<ConfigError>(HasSubstr(message)))
        << keys;
  };
  expect("scale: 0", "n.yaml:4:36: error: layers.1.scale: ");
  expect("scale: -1", "layers.1.scale: ");
  expect("scale: 1e-50", "layers.1: q: the scale must be a positive 32-bit float");
  expect("zero: 256", "q: the zero point must be one of the whole numbers 0 to 255");
  expect("zero: -1", "q: the zero point must be one of the whole numbers 0 to 255");
  expect("zero: 128, signed: true",
         "q: the zero point must be one of the whole numbers -128 to 127");
  expect("bits: 1", "layers.1.bits: ");
  expect("bits: 17", "layers.1.bits: ");
  expect("halved: true", "q: only levels by range are halved");
  EXPECT_THROW(infer(QuantizeOp{{.bits = 17}}, {{4}}), std::invalid_argument);
  EXPECT_THROW(infer(LinearOp{.out_features = 1, .weight_bits = 1}, {{4}}), std::invalid_argument);
  EXPECT_THROW(infer(LinearOp{.out_features = 1, .weight_bits = 32}, {{4}}), std::invalid_argument);
}

}  // namespace
}  // namespace papilio
