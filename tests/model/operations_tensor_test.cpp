// Claims: a network computes every operation of elements, norms, windows and pairs as its
// definition says, written out here or given by a function of LibTorch, in batches of one and of
// three; and in two halves at any cut the same bits.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "models/tensor/network.hpp"
#include "tests/support/operation_formulas.hpp"

namespace papilio {
namespace {

using testing::each;
using testing::expect_close;
using testing::expect_combines;
using testing::expect_computes;
using testing::Sizes;
using testing::WeightsOfLayer;

TEST(TensorOperations, ActivationsAreFunctionsOfANumber) {
  using Kind = ActivationOp::Kind;
  const auto expect = [](Kind kind, double slope, const std::function<double(double)>& function) {
    expect_computes(ActivationOp{kind, slope}, {5, 7}, each(function));
  };
  const auto normal = [](double x) { return (1 + std::erf(x / std::sqrt(2))) / 2; };
  expect(Kind::kSigmoid, 0, [](double x) { return 1 / (1 + std::exp(-x)); });
  expect(Kind::kLeakyRelu, 0.3, [](double x) { return x > 0 ? x : 0.3 * x; });
  expect(Kind::kElu, 0.3, [](double x) { return x > 0 ? x : 0.3 * std::expm1(x); });
  expect(Kind::kGelu, 0, [&](double x) { return x * normal(x); });
  expect(Kind::kGeluTanh, 0, [](double x) {
    return x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  });
  expect(Kind::kSilu, 0, [](double x) { return x / (1 + std::exp(-x)); });
  expect(Kind::kMish, 0, [](double x) { return x * std::tanh(std::log1p(std::exp(x))); });
  expect(Kind::kSoftplus, 0, [](double x) { return std::log1p(std::exp(x)); });
  expect(Kind::kHardSigmoid, 0, [](double x) { return std::clamp(x / 6 + 0.5, 0.0, 1.0); });
  expect(Kind::kHardSwish, 0, [](double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); });
  expect(Kind::kTanh, 0, [](double x) { return std::tanh(x); });
  expect(Kind::kExp, 0, [](double x) { return std::exp(x); });
  expect(Kind::kAbs, 0, [](double x) { return std::abs(x); });
  expect(Kind::kErf, 0, [](double x) { return std::erf(x); });
  expect(Kind::kSin, 0, [](double x) { return std::sin(x); });
  expect(Kind::kCos, 0, [](double x) { return std::cos(x); });
  expect(Kind::kPower, 3, [](double x) { return x * x * x; });
  expect(Kind::kFloor, 0, [](double x) { return std::floor(x); });
  // SELU's two constants: Klambauer et al. 2017, equation 14.
  expect(Kind::kSelu, 0, [](double x) {
    return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x));
  });
}

// Of positive numbers, e^x.
TEST(TensorOperations, LogarithmsAndRootsUndoExponentials) {
  Graph graph{"n", "t"};
  graph.add("input", InputOp{{6}}, {});
  graph.add("exp", ActivationOp{ActivationOp::Kind::kExp}, {0});
  graph.add("log", ActivationOp{ActivationOp::Kind::kLog}, {1});
  graph.add("sqrt", ActivationOp{ActivationOp::Kind::kSqrt}, {1});
  const Network network{graph};
  const at::Tensor x = at::linspace(-2, 2, 6).reshape({1, 6});
  expect_close(network.run(x, 0, 2), x, "log");
  expect_close(network.run(x, 0, 3), at::exp(x / 2), "sqrt");
}

TEST(TensorOperations, ClampsAndTrainedSlopes) {
  expect_computes(ClampOp{.least = -0.5, .most = 1.5}, {4, 5},
                  each([](double x) { return std::clamp(x, -0.5, 1.5); }));
  for (const bool shared : {false, true}) {
    expect_computes(PreluOp{.shared = shared}, {4, 5, 6},
                    [](const at::Tensor& x, const WeightsOfLayer& weights) {
                      const at::Tensor slopes = weights.at("weight").reshape({1, -1, 1, 1});
                      return at::where(x > 0, x, slopes * x);
                    });
  }
}

/// (x − mean) / √(variance + ε) over some axes.
at::Tensor normal_over(const at::Tensor& x, const std::vector<std::int64_t>& axes, double epsilon) {
  const at::Tensor centred = x - x.mean(axes, true);
  return centred / at::sqrt((centred * centred).mean(axes, true) + epsilon);
}

TEST(TensorOperations, NormsAreOverTheirAxes) {
  for (const std::int64_t axes : {1, 2, 3}) {
    expect_computes(LayerNormOp{.axes = axes, .epsilon = 0.1}, {4, 5, 6},
                    [&](const at::Tensor& x, const WeightsOfLayer& weights) {
                      std::vector<std::int64_t> last;
                      for (std::int64_t i = 4 - axes; i < 4; ++i) last.push_back(i);
                      return normal_over(x, last, 0.1) * weights.at("weight") + weights.at("bias");
                    });
  }
  expect_computes(
      LayerNormOp{.epsilon = 0.1, .affine = false}, {4, 5},
      [](const at::Tensor& x, const WeightsOfLayer&) { return normal_over(x, {2}, 0.1); });
  for (const std::int64_t groups : {1, 2, 4}) {
    for (const bool affine : {true, false}) {
      expect_computes(
          GroupNormOp{.groups = groups, .epsilon = 0.1, .affine = affine}, {4, 5, 6},
          [&](const at::Tensor& x, const WeightsOfLayer& weights) {
            at::Tensor y = normal_over(x.reshape({x.size(0), groups, -1}), {2}, 0.1).reshape_as(x);
            if (!affine) return y;
            return y * weights.at("weight").reshape({4, 1, 1}) +
                   weights.at("bias").reshape({4, 1, 1});
          });
    }
  }
  for (const TensorShape& shape : {TensorShape{4}, TensorShape{4, 7}, TensorShape{4, 2, 3, 5}}) {
    expect_computes(
        BatchNormOp{.epsilon = 0.1}, shape, [](const at::Tensor& x, const WeightsOfLayer& weights) {
          std::vector<std::int64_t> sizes(static_cast<std::size_t>(x.dim()), 1);
          sizes[1] = 4;
          const auto of = [&](const char* name) { return weights.at(name).reshape(sizes); };
          return (x - of("running_mean")) / at::sqrt(of("running_var") + 0.1) * of("weight") +
                 of("bias");
        });
  }
}

TEST(TensorOperations, ConvolutionsOverOneToThreeAxes) {
  ConvOp sequence{.out_channels = 6, .kernel = 3, .stride = 2, .groups = 2, .bias = true};
  sequence.padding.left = 2;
  sequence.padding.right = 1;
  expect_computes(sequence, {4, 11}, [](const at::Tensor& x, const WeightsOfLayer& weights) {
    return at::conv1d(at::constant_pad_nd(x, {2, 1}), weights.at("weight"), weights.at("bias"),
                      Sizes{2}, Sizes{0}, Sizes{1}, 2);
  });
  const ConvOp picture{.out_channels = 6,
                       .kernel = {3, 2},
                       .stride = {2, 1},
                       .padding = {1, 2, 0, 3},
                       .dilation = {1, 2}};
  expect_computes(picture, {4, 9, 8}, [](const at::Tensor& x, const WeightsOfLayer& weights) {
    // LibTorch's order: left, right, above, below.
    return at::conv2d(at::constant_pad_nd(x, {2, 3, 1, 0}), weights.at("weight"), {}, Sizes{2, 1},
                      Sizes{0, 0}, Sizes{1, 2});
  });
  ConvOp even{.out_channels = 2, .kernel = {1, 3}, .bias = true};
  even.padding = Padding{Spatial{0, 1}};
  expect_computes(even, {4, 5, 6}, [](const at::Tensor& x, const WeightsOfLayer& weights) {
    return at::conv2d(x, weights.at("weight"), weights.at("bias"), Sizes{1, 1}, Sizes{0, 1});
  });
  ConvOp video{.out_channels = 3, .kernel = {2, 3, 4}, .stride = {1, 2, 3}};
  video.padding = {1, 2, 0, 0};
  video.padding.front = 1;
  expect_computes(video, {2, 4, 6, 8}, [](const at::Tensor& x, const WeightsOfLayer& weights) {
    return at::conv3d(at::constant_pad_nd(x, {2, 0, 1, 0, 1, 0}), weights.at("weight"), {},
                      {1, 2, 3});
  });
  expect_computes(ConvOp{.out_channels = 3, .bias = true}, {5},
                  [](const at::Tensor& x, const WeightsOfLayer& weights) {
                    return at::linear(x, weights.at("weight").reshape({3, 5}), weights.at("bias"))
                        .reshape({x.size(0), 3, 1, 1});
                  });
}

TEST(TensorOperations, TransposedConvolutions) {
  // (3 − 1) · 2 + 3 − 2 · 1 = 5 rows and one more; (4 − 1) · 1 + 2 = 5 columns.
  const ConvTransposeOp op{.out_channels = 8,
                           .kernel = {3, 2},
                           .stride = {2, 1},
                           .padding = {1, 0},
                           .height = 6,
                           .width = 5,
                           .groups = 2,
                           .bias = true};
  expect_computes(op, {6, 3, 4}, [](const at::Tensor& x, const WeightsOfLayer& weights) {
    return at::conv_transpose2d(x, weights.at("weight"), weights.at("bias"), {2, 1}, {1, 0}, {1, 0},
                                2);
  });
  // (5 − 1) · 3 + 2 = 14 places and two more.
  expect_computes(
      ConvTransposeOp{.out_channels = 4, .kernel = 2, .stride = 3, .width = 16, .groups = 2},
      {6, 5}, [](const at::Tensor& x, const WeightsOfLayer& weights) {
        return at::conv_transpose1d(x, weights.at("weight"), {}, 3, 0, 2, 2);
      });
  const ConvTransposeOp video{.out_channels = 5,
                              .kernel = {2, 3, 2},
                              .stride = {1, 2, 1},
                              .height = 5,
                              .width = 4,
                              .bias = true,
                              .depth = 2};
  expect_computes(video, {4, 1, 2, 3}, [](const at::Tensor& x, const WeightsOfLayer& weights) {
    return at::conv_transpose3d(x, weights.at("weight"), weights.at("bias"), {1, 2, 1});
  });
}

/// What `of` makes of the windows that begin and end so along an axis, one after another.
at::Tensor by_windows(const at::Tensor& x, std::int64_t axis,
                      const std::vector<std::pair<std::int64_t, std::int64_t>>& windows,
                      bool maximum) {
  std::vector<at::Tensor> parts;
  for (const auto& [begin, end] : windows) {
    const at::Tensor part = x.slice(axis, begin, end);
    parts.push_back(maximum ? part.amax(axis, true) : part.mean(axis, true));
  }
  return at::cat(parts, axis);
}

// Of 7 in 3 parts: ⌊7i / 3⌋ to before ⌈7(i + 1) / 3⌉: 0 to 3, 2 to 5, 4 to 7. Of 5 in 2: 0 to 3,
// 2 to 5.
TEST(TensorOperations, PoolsThatShareThePlacesOut) {
  const auto sevens = [](const at::Tensor& x, std::int64_t axis, bool maximum) {
    return by_windows(x, axis, {{0, 3}, {2, 5}, {4, 7}}, maximum);
  };
  const auto fives = [](const at::Tensor& x, std::int64_t axis, bool maximum) {
    return by_windows(x, axis, {{0, 3}, {2, 5}}, maximum);
  };
  for (const bool maximum : {false, true}) {
    expect_computes(AdaptivePoolOp{.size = {3, 2}, .maximum = maximum}, {2, 7, 5},
                    [&](const at::Tensor& x, const WeightsOfLayer&) {
                      return fives(sevens(x, 2, maximum), 3, maximum);
                    });
    expect_computes(
        AdaptivePoolOp{.size = 3, .maximum = maximum}, {2, 7},
        [&](const at::Tensor& x, const WeightsOfLayer&) { return sevens(x, 2, maximum); });
    expect_computes(AdaptivePoolOp{.size = {2, 3, 2}, .maximum = maximum}, {2, 5, 7, 5},
                    [&](const at::Tensor& x, const WeightsOfLayer&) {
                      return fives(sevens(fives(x, 2, maximum), 3, maximum), 4, maximum);
                    });
  }
  expect_computes(GlobalAvgPoolOp{}, {2, 7},
                  [](const at::Tensor& x, const WeightsOfLayer&) { return x.mean({2}, true); });
  expect_computes(GlobalAvgPoolOp{}, {2, 3, 4, 5}, [](const at::Tensor& x, const WeightsOfLayer&) {
    return x.mean({2, 3, 4}, true);
  });
}

// Windows of 3 in steps of 2 over 9 places with one before: −1 to 2, 1 to 4, 3 to 6, 5 to 8; with
// the last that hangs over, 7 to 10.
TEST(TensorOperations, PoolsOverOneToThreeAxes) {
  MaxPoolOp pool{.kernel = 3, .stride = 2};
  pool.padding.left = 1;
  std::vector<std::pair<std::int64_t, std::int64_t>> windows{{0, 2}, {1, 4}, {3, 6}, {5, 8}};
  expect_computes(pool, {2, 9}, [&](const at::Tensor& x, const WeightsOfLayer&) {
    return by_windows(x, 2, windows, true);
  });
  pool.ceil = true;
  windows.emplace_back(7, 9);
  expect_computes(pool, {2, 9}, [&](const at::Tensor& x, const WeightsOfLayer&) {
    return by_windows(x, 2, windows, true);
  });
  AvgPoolOp mean{.kernel = 3, .stride = 2, .count_padding = false};
  mean.padding = {};
  mean.padding.left = 1;
  windows.pop_back();
  expect_computes(mean, {2, 9}, [&](const at::Tensor& x, const WeightsOfLayer&) {
    return by_windows(x, 2, windows, false);
  });
  mean.count_padding = true;
  expect_computes(mean, {2, 9}, [&](const at::Tensor& x, const WeightsOfLayer&) {
    return by_windows(at::constant_pad_nd(x, {1, 0}), 2, {{0, 3}, {2, 5}, {4, 7}, {6, 9}}, false);
  });
  // Depths in pairs, rows one by one, columns in threes.
  const auto box = [](const at::Tensor& x, bool maximum) {
    const at::Tensor deep = by_windows(x, 2, {{0, 2}, {2, 4}}, maximum);
    return by_windows(deep, 4, {{0, 3}, {3, 6}}, maximum);
  };
  expect_computes(MaxPoolOp{.kernel = {2, 1, 3}, .stride = {2, 1, 3}}, {2, 4, 5, 6},
                  [&](const at::Tensor& x, const WeightsOfLayer&) { return box(x, true); });
  expect_computes(AvgPoolOp{.kernel = {2, 1, 3}, .stride = {2, 1, 3}}, {2, 4, 5, 6},
                  [&](const at::Tensor& x, const WeightsOfLayer&) { return box(x, false); });
}

TEST(TensorOperations, FunctionsOfTwoElements) {
  using Kind = CombineOp::Kind;
  const std::vector<TensorShape> shapes{{4, 1, 3}, {1, 5, 3}};
  /// Element by element, with the axes of size 1 repeated.
  const auto expect = [&](const LayerOp& op, const std::function<float(float, float)>& function) {
    expect_combines(op, shapes, [&](const std::vector<at::Tensor>& of) {
      at::Tensor out = at::empty({of[0].size(0), 4, 5, 3});
      auto result = out.accessor<float, 4>();
      const auto a = of[0].accessor<float, 4>();
      const auto b = of[1].accessor<float, 4>();
      for (std::int64_t n = 0; n < out.size(0); ++n) {
        for (std::int64_t i = 0; i < 4; ++i) {
          for (std::int64_t j = 0; j < 5; ++j) {
            for (std::int64_t k = 0; k < 3; ++k) {
              result[n][i][j][k] = function(a[n][i][0][k], b[n][0][j][k]);
            }
          }
        }
      }
      return out;
    });
  };
  expect(AddOp{}, [](float a, float b) { return a + b; });
  expect(MultiplyOp{}, [](float a, float b) { return a * b; });
  expect(CombineOp{Kind::kSubtract}, [](float a, float b) { return a - b; });
  expect(CombineOp{Kind::kMaximum}, [](float a, float b) { return std::max(a, b); });
  expect(CombineOp{Kind::kMinimum}, [](float a, float b) { return std::min(a, b); });
  expect(CombineOp{Kind::kLess}, [](float a, float b) { return a < b ? 1.F : 0.F; });
  expect(CombineOp{Kind::kGreater}, [](float a, float b) { return a > b ? 1.F : 0.F; });
  expect(CombineOp{Kind::kEqual}, [](float a, float b) { return a == b ? 1.F : 0.F; });
  // No divisor is 0: e^0 = 1 and so on.
  Graph graph{"n", "t"};
  graph.add("input", InputOp{{5}}, {});
  graph.add("exp", ActivationOp{ActivationOp::Kind::kExp}, {0});
  graph.add("divide", CombineOp{Kind::kDivide}, {0, 1});
  const at::Tensor x = at::linspace(-2, 2, 5).reshape({1, 5});
  expect_close(Network{graph}.forward(x), x * at::exp(-x), "divide");
}

TEST(TensorOperations, SelectsBetweenTwoTensors) {
  expect_combines(SelectOp{}, {{4, 1}, {4, 3}, {1, 3}}, [](const std::vector<at::Tensor>& of) {
    const at::Tensor chosen = (of[0] != 0).to(at::kFloat);
    return chosen * of[1] + (1 - chosen) * of[2];
  });
}

}  // namespace
}  // namespace papilio
