// Claims: ONNX files between whose operations tensors are quantised make networks that compute what
// follows by hand, at the levels' bits, with weights at theirs; kernels over whole numbers are the
// same; wrong scales are refused.

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/import/onnx.hpp"
#include "models/tensor/network.hpp"
#include "models/tensor/runtime.hpp"
#include "tests/support/onnx_file.hpp"
#include "tests/support/onnx_networks.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::ElementsAre;
using testing::imported;
using testing::integer;
using testing::ints;
using testing::kinds;
using testing::OnnxFile;
using testing::refuses_with;
using testing::TemporaryFolder;

using Proto = onnx::TensorProto;

OnnxNetwork network_in(const OnnxFile& file) {
  const TemporaryFolder folder;
  return import_onnx(file.save(folder), std::nullopt, "n");
}
at::Tensor answer_of(const OnnxNetwork& file, const at::Tensor& x) {
  start_tensor_runtime("cpu", 1);
  Network network{file.graph};
  network.load(file.weights, "n.onnx");
  return network.forward(x).flatten();
}
void expect_answer(const OnnxFile& file, const at::Tensor& x, const std::vector<double>& expected) {
  const at::Tensor found = answer_of(network_in(file), x);
  ASSERT_EQ(found.numel(), static_cast<std::int64_t>(expected.size()));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(found[static_cast<std::int64_t>(i)].item<double>(), expected[i], 1e-5) << i;
  }
}

/// Two channels of one pixel, quantised by 1/2 with 0 at 10, through a 1 x 1 convolution with a
/// scale for each of its two channels, quantised by 1/4 with 0 at 128.
OnnxFile convolution() {
  OnnxFile file{{1, 2, 1, 1}};
  file.floats("s", {}, {0.5F}).wholes("z", Proto::UINT8, {}, {10});
  file.wholes("w", Proto::INT8, {2, 2, 1, 1}, {2, -3, 100, 4});
  file.floats("ws", {2}, {0.25F, 0.125F}).wholes("wz", Proto::INT8, {2}, {0, 0});
  file.wholes("b", Proto::INT32, {2}, {8, -16}).floats("bs", {2}, {0.125F, 0.0625F});
  file.floats("ys", {}, {0.25F}).wholes("yz", Proto::INT8, {}, {-3});
  return file;
}

// 1.3 is 2.6 levels and goes to 3, so 1.5; -2.2 is -4.4, goes to -4, so -2. Kernels 0.5 and -0.75,
// 12.5 and 0.5; biases 1 and -1. 0.75 + 1.5 + 1 = 3.25, which is 13 levels; 18.75 - 1 - 1
// = 16.75, 67.
TEST(QuantisedOnnx, ComputesWithWhatTheWholeNumbersStandFor) {
  OnnxFile file = convolution();
  file.node("QuantizeLinear", {"x", "s", "z"}, "xq")
      .node("DequantizeLinear", {"xq", "s", "z"}, "xr");
  file.node("DequantizeLinear", {"w", "ws", "wz"}, "wr", {integer("axis", 0)});
  file.node("DequantizeLinear", {"b", "bs"}, "br", {integer("axis", 0)});
  file.node("Conv", {"xr", "wr", "br"}, "y", {ints("kernel_shape", {1, 1})});
  file.node("QuantizeLinear", {"y", "ys", "yz"}, "yq");
  file.node("DequantizeLinear", {"yq", "ys", "yz"}, "yr");
  const at::Tensor x = at::tensor({1.3F, -2.2F}).view({1, 2, 1, 1});
  expect_answer(file, x, {3.25, 16.75});
  const Graph graph = imported(file);
  EXPECT_THAT(kinds(graph), ElementsAre("input", "quantize", "conv", "quantize"));
  EXPECT_EQ(graph.parameters(), 6);
  EXPECT_EQ(graph.parameter_bytes(), 4 + 2 * 4);
  EXPECT_EQ(output_bytes(graph.layer(1), 32), 2);
  EXPECT_EQ(graph.layer(3).levels, (Levels{.scale = 0.25, .zero = -3, .is_signed = true}));
}

// As above, whose biases have the scale of the products, 1/2 · 1/4 and 1/2 · 1/8.
TEST(QuantisedOnnx, KernelsOverWholeNumbersAreTheSame) {
  OnnxFile file = convolution();
  file.node("QuantizeLinear", {"x", "s", "z"}, "xq");
  file.node("QLinearConv", {"xq", "s", "z", "w", "ws", "wz", "ys", "yz", "b"}, "yq");
  file.node("DequantizeLinear", {"yq", "ys", "yz"}, "yr");
  expect_answer(file, at::tensor({1.3F, -2.2F}).view({1, 2, 1, 1}), {3.25, 16.75});
  EXPECT_EQ(imported(file).parameter_bytes(), 4 + 2 * 4);
}

// Rows (1, -2) · 1/2 and (3, 4) · 1/4 by column of a matrix: 0.5, -0.5 and 1.5, 1. The input 2, 1
// lies on levels of 1: 2.5 and 0, by 1/4 on levels.
TEST(QuantisedOnnx, ProductsOfMatricesHaveScalesByColumn) {
  OnnxFile file{{1, 2}};
  file.floats("s", {}, {1}).wholes("z", Proto::UINT8, {}, {0});
  file.wholes("w", Proto::INT8, {2, 2}, {1, -2, 3, 4}).floats("ws", {2}, {0.5F, 0.25F});
  file.wholes("wz", Proto::INT8, {2}, {0, 0});
  file.floats("ys", {}, {0.25F}).wholes("yz", Proto::UINT8, {}, {0});
  file.node("QuantizeLinear", {"x", "s", "z"}, "xq");
  file.node("QLinearMatMul", {"xq", "s", "z", "w", "ws", "wz", "ys", "yz"}, "yq");
  file.node("DequantizeLinear", {"yq", "ys", "yz"}, "yr");
  expect_answer(file, at::tensor({2.0F, 1.0F}).view({1, 2}), {2.5, 0});
  EXPECT_EQ(imported(file).parameter_bytes(), 4);
}

// Weights that the file has as reals and rounds itself: 0.6 by 1/4 is 2.4 levels, so 0.5; 100 is
// cut off at 127 levels, 31.75; turned, for Gemm has rows of outputs.
TEST(QuantisedOnnx, RoundsWeightsThatTheFileRounds) {
  OnnxFile file{{1, 2}};
  file.floats("w", {2, 2}, {0.6F, 100, 1, -1}).floats("ws", {}, {0.25F});
  file.wholes("wz", Proto::INT8, {}, {0});
  file.node("QuantizeLinear", {"w", "ws", "wz"}, "wq")
      .node("DequantizeLinear", {"wq", "ws", "wz"}, "wr");
  file.node("Gemm", {"x", "wr"}, "y", {integer("transB", 1)});
  expect_answer(file, at::tensor({1.0F, 2.0F}).view({1, 2}), {0.5 + 63.5, 1 - 2});
  EXPECT_EQ(imported(file).parameter_bytes(), 4);
  EXPECT_EQ(imported(file).parameters(), 4);
}

// Rows (1, -2), (3, 4) and (5, 6) by 1/2, looked up by 2 and 0; the input names rows 0 to 2.
TEST(QuantisedOnnx, LooksUpRowsOfATableOfWholeNumbers) {
  OnnxFile file{{1, 2}};
  file.input_type(Proto::INT64);
  file.wholes("w", Proto::INT8, {3, 2}, {1, -2, 3, 4, 5, 6}).floats("s", {}, {0.5F});
  file.node("DequantizeLinear", {"w", "s"}, "table").node("Gather", {"table", "x"}, "y");
  expect_answer(file, at::tensor({2.0F, 0.0F}).view({1, 2}), {2.5, 3, 0.5, -1});
  const Graph graph = imported(file);
  EXPECT_EQ(graph.parameter_bytes(), 6);
  EXPECT_EQ(std::get<InputOp>(graph.layer(0).op).below, 3);
}

// From -1 to 3: see QuantisedTensors.HaveLevelsByTheirRange.
TEST(QuantisedOnnx, TakesLevelsByRange) {
  OnnxFile file{{1, 3}};
  file.node("DynamicQuantizeLinear", {"x"}, "q", {[](onnx::NodeProto& node) {
              node.add_output("s");
              node.add_output("z");
            }});
  file.node("DequantizeLinear", {"q", "s", "z"}, "r");
  constexpr double kStep = 4.0 / 255;
  expect_answer(file, at::tensor({-1.0F, 0.5F, 3.0F}).view({1, 3}),
                {-64 * kStep, 32 * kStep, 191 * kStep});
}

// As above, by columns (1, 0, -1) and (0, 2, 0) by 1/2 of whole numbers: (-64 - 191) / 2 and 32
// steps; and 1 and 2 are added. As onnxruntime's dynamic quantisation writes a linear layer.
TEST(QuantisedOnnx, MultipliesWholeNumbersByRange) {
  OnnxFile file{{1, 3}};
  file.wholes("w", Proto::INT8, {3, 2}, {1, 0, 0, 2, -1, 0}).floats("ws", {}, {0.5F});
  file.wholes("wz", Proto::INT8, {}, {0}).floats("b", {2}, {1, 2});
  file.node("DynamicQuantizeLinear", {"x"}, "q", {[](onnx::NodeProto& node) {
              node.add_output("s");
              node.add_output("z");
            }});
  file.node("MatMulInteger", {"q", "w", "z", "wz"}, "p");
  file.node("Cast", {"p"}, "f", {integer("to", Proto::FLOAT)});
  file.node("Mul", {"s", "ws"}, "scales").node("Mul", {"f", "scales"}, "y");
  file.node("Add", {"b", "y"}, "sum");
  constexpr double kStep = 4.0 / 255;
  expect_answer(file, at::tensor({-1.0F, 0.5F, 3.0F}).view({1, 3}),
                {-127.5 * kStep + 1, 32 * kStep + 2});
  const Graph graph = imported(file);
  EXPECT_THAT(kinds(graph), ElementsAre("input", "quantize", "linear"));
  EXPECT_EQ(graph.parameters(), 8);
  EXPECT_EQ(graph.parameter_bytes(), 6 + 2 * 4);
}

// Whole numbers that are only moved are the reals on their levels, moved.
TEST(QuantisedOnnx, WholeNumbersMayBeMovedAndNotComputedWith) {
  const auto with = [](const std::string& operation) {
    OnnxFile file{{1, 2, 4, 4}};
    file.floats("s", {}, {0.5F}).wholes("z", Proto::UINT8, {}, {7}).floats("t", {}, {0.25F});
    file.node("QuantizeLinear", {"x", "s", "z"}, "q");
    if (operation == "MaxPool") {
      file.node(operation, {"q"}, "m", {ints("kernel_shape", {2, 2}), ints("strides", {2, 2})});
    } else {
      file.node(operation, {"q"}, "m");
    }
    return file;
  };
  OnnxFile pool = with("MaxPool");
  pool.node("Flatten", {"m"}, "f").node("DequantizeLinear", {"f", "s", "z"}, "y");
  EXPECT_THAT(kinds(imported(pool)), ElementsAre("input", "quantize", "max_pool", "flatten"));
  const at::Tensor x = at::arange(32).to(at::kFloat).view({1, 2, 4, 4});
  expect_answer(pool, x, {5, 7, 13, 15, 21, 23, 29, 31});
  OnnxFile sum = with("Sigmoid");
  EXPECT_THAT([&] { imported(sum); }, refuses_with("Sigmoid with quantised numbers"));
  OnnxFile other = with("MaxPool");
  other.node("DequantizeLinear", {"m", "t", "z"}, "y");
  EXPECT_THAT(
      [&] { imported(other); },
      refuses_with("DequantizeLinear with another scale than its input was quantised with"));
}

TEST(QuantisedOnnx, RefusesScalesThatAreNone) {
  const auto expect = [](const std::vector<float>& scale, int type,
                         const std::vector<std::int64_t>& zero, const std::string& message) {
    OnnxFile file{{1, 3, 2, 2}};
    const auto list = [](std::size_t size) {
      return size == 1 ? OnnxFile::Dims{} : OnnxFile::Dims{static_cast<std::int64_t>(size)};
    };
    file.floats("s", list(scale.size()), scale).wholes("z", type, list(zero.size()), zero);
    file.node("QuantizeLinear", {"x", "s", "z"}, "y");
    EXPECT_THAT([&] { imported(file); }, refuses_with("QuantizeLinear with " + message));
  };
  expect({0}, Proto::UINT8, {0}, "a scale of 0, where it must be above 0");
  expect({-1}, Proto::UINT8, {0}, "a scale of -1, where it must be above 0");
  expect({1}, Proto::UINT8, {300}, "a zero point of 300, where it must be from 0 to 255");
  expect({1}, Proto::FLOAT, {0}, "");
  expect({1, 1}, Proto::UINT8, {0}, "1 zero points for 2 scales");
  expect({1, 1}, Proto::UINT8, {0, 0}, "2 scales along an axis of 3");
  expect({1, 1, 1}, Proto::UINT8, {0, 0, 0},
         "a scale for each channel of a tensor that the network computes");
  OnnxFile weights{{1, 2}};
  weights.wholes("w", Proto::INT8, {3, 2}, {1, 2, 3, 4, 5, 6}).floats("s", {2}, {1, 1});
  weights.node("DequantizeLinear", {"w", "s"}, "r", {integer("axis", 0)});
  weights.node("Gemm", {"x", "r"}, "y", {integer("transB", 1)});
  EXPECT_THAT([&] { imported(weights); },
              refuses_with("DequantizeLinear with 2 scales along an axis of 3"));
}

}  // namespace
}  // namespace papilio
