// Claims: a quantised tensor is computed as ONNX and PyTorch define it: to the nearest level, from
// the middle to the even one, cut off at the ends; by range with PyTorch's formula, each sample by
// its own; with gradients where nothing is cut off.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <vector>

#include "models/tensor/levels.hpp"
#include "models/tensor/network.hpp"

namespace papilio {
namespace {

/// Of one sample.
void expect_on_levels(const Levels& levels, const std::vector<float>& numbers,
                      const std::vector<double>& expected) {
  const at::Tensor found = on_levels(at::tensor(numbers).unsqueeze(0), levels, false).flatten();
  ASSERT_EQ(found.numel(), static_cast<std::int64_t>(expected.size()));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(found[static_cast<std::int64_t>(i)].item<double>(), expected[i], 1e-6)
        << numbers[i];
  }
}

// By 1/2: 1.25 is 2.5 levels and goes to 2, 1.75 is 3.5 and goes to 4, -0.75 is -1.5 and goes to
// -2; from 0 - 3 to 255 - 3 levels: -1.5 to 126. 1.2 is 2.4 levels, 1.3 is 2.6.
TEST(QuantisedTensors, GoToTheNearestLevelAndFromTheMiddleToTheEvenOne) {
  expect_on_levels({.scale = 0.5, .zero = 3}, {0, 1.25, 1.75, -0.75, 1.2, 1.3},
                   {0, 1, 2, -1, 1, 1.5});
  expect_on_levels({.scale = 0.5, .zero = 3}, {-1.5, -9, 126, 126.3, 1000},
                   {-1.5, -1.5, 126, 126, 126});
  // Of 4 bits with a sign: -8 to 7; of 16 without: 0 to 65535.
  expect_on_levels({.scale = 1, .bits = 4, .is_signed = true}, {7.4, 7.6, -8.4, -100},
                   {7, 7, -8, -8});
  expect_on_levels({.scale = 1, .bits = 16}, {-1, 65534.4, 70000}, {0, 65534, 65535});
}

// From -1 to 3: 255 steps of 4/255. -1 is 63.75 of them, so that 0 is at 64, and goes to the least,
// -64; 0.5 is 31.875 and goes to 32; 3 is 191.25 and goes to the greatest, 191. Halved: 127 steps
// of 4/127; 0 is at 31.75, so at 32; -1 goes to -32, and 3, 95.25 of them, to 95.
TEST(QuantisedTensors, HaveLevelsByTheirRange) {
  constexpr double kStep = 4.0 / 255;
  expect_on_levels({.by_range = true}, {-1, 0.5, 3}, {-64 * kStep, 32 * kStep, 191 * kStep});
  constexpr double kHalf = 4.0 / 127;
  expect_on_levels({.by_range = true, .halved = true}, {-1, 3, 0}, {-32 * kHalf, 95 * kHalf, 0});
  // 0 is in the range: 0 to 2, and -2 to 0.
  expect_on_levels({.by_range = true}, {2, 1.001}, {2, 128 * 2.0 / 255});
  expect_on_levels({.by_range = true}, {-2, -1.001}, {-2, -128 * 2.0 / 255});
  expect_on_levels({.by_range = true}, {0, 0}, {0, 0});
}

TEST(QuantisedTensors, ByRangeAreEachSamplesOwn) {
  const at::Tensor two = at::tensor({1.0F, 0.3F, 100.0F, 30.0F}).view({2, 2});
  const at::Tensor found = on_levels(two, {.by_range = true}, false);
  EXPECT_TRUE(at::allclose(found[0] * 100, found[1]));
}

// PyTorch multiplies with 1/scale; ONNX divides. They differ between two levels alone.
TEST(QuantisedTensors, AreThoseOfPyTorch) {
  at::manual_seed(1);
  const at::Tensor x = at::randn({1, 100'000}) * 3;
  const auto expect_same = [&](const at::Tensor& theirs, const Levels& levels) {
    const at::Tensor off = (on_levels(x, levels, false) - theirs.dequantize()).abs();
    EXPECT_LE(off.max().item<double>(), theirs.q_scale() * 1.001);
    EXPECT_LE(off.gt(theirs.q_scale() / 2).sum().item<std::int64_t>(), 2);
  };
  expect_same(at::quantize_per_tensor(x, 0.037, 101, at::kQUInt8), {.scale = 0.037, .zero = 101});
  expect_same(at::quantize_per_tensor(x, 0.021, -7, at::kQInt8),
              {.scale = 0.021, .zero = -7, .is_signed = true});
  expect_same(at::quantize_per_tensor_dynamic(x, at::kQUInt8, false), {.by_range = true});
  expect_same(at::quantize_per_tensor_dynamic(x, at::kQInt8, false),
              {.is_signed = true, .by_range = true});
}

TEST(QuantisedTensors, PassGradientsWhereNothingIsCutOff) {
  const at::Tensor x = at::tensor({-9.0F, 0.3F, 1000.0F}).unsqueeze(0).requires_grad_(true);
  const at::Tensor y = on_levels(x, {.scale = 0.5, .zero = 3}, true);
  EXPECT_TRUE(at::equal(y.detach(), at::tensor({-1.5F, 0.5F, 126.0F}).unsqueeze(0)));
  y.sum().backward();
  EXPECT_TRUE(at::equal(x.grad(), at::tensor({0.0F, 1.0F, 0.0F}).unsqueeze(0)));
}

// a = 2x, b = a + 1, c = a + b. Of x = 3 and b = 10, whatever b would be: 6 + 10. Of a = 4 alone: 4
// + 5; x is not needed. What is given of the layer itself is not taken.
TEST(QuantisedTensors, AreComputedOfWhatIsGiven) {
  Graph graph{"n", "t"};
  graph.add("x", InputOp{{1}}, {});
  graph.add("a", ScaleOp{.factor = 2}, {0});
  graph.add("b", ScaleOp{.offset = 1}, {1});
  graph.add("c", AddOp{}, {1, 2});
  const Network network{graph};
  const auto one = [](float number) { return at::tensor({number}).unsqueeze(0); };
  const auto c_of = [&](const Network::Tensors& given) {
    return network.output_of(3, given).item<double>();
  };
  EXPECT_EQ(c_of({{0, one(3)}, {2, one(10)}}), 16);
  EXPECT_EQ(c_of({{1, one(4)}}), 9);
  EXPECT_EQ(c_of({{1, one(4)}, {3, one(100)}}), 9);
}

// 2 · levels(x): 1.25 goes to 1, and so 2; in both halves of the cut the same.
TEST(QuantisedTensors, AreLayersOfANetwork) {
  Graph graph{"n", "t"};
  graph.add("x", InputOp{{3}}, {});
  graph.add("q", QuantizeOp{{.scale = 0.5, .zero = 3}}, {0});
  graph.add("twice", ScaleOp{.factor = 2}, {1});
  const Network network{graph};
  const at::Tensor x = at::tensor({1.25F, 1.75F, 500.0F}).unsqueeze(0);
  const at::Tensor whole = network.forward(x);
  EXPECT_TRUE(at::equal(whole, at::tensor({2.0F, 4.0F, 252.0F}).unsqueeze(0)));
  const Cut cut = graph.cuts().at(1);
  EXPECT_TRUE(at::equal(network.suffix(network.prefix(x, cut), cut), whole));
}

}  // namespace
}  // namespace papilio
