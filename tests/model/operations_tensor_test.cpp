// Claims: a network computes every operation as its definition says, written out here or given by a
// function of LibTorch, in batches of one and of three; and in two halves at any cut the same bits.

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "models/tensor/network.hpp"

namespace papilio {
namespace {

using Sizes = std::vector<std::int64_t>;
/// Weights by their names behind the layer's.
using WeightsOfLayer = std::map<std::string, at::Tensor>;
using Formula = std::function<at::Tensor(const at::Tensor& x, const WeightsOfLayer& weights)>;

/// A network with weights from -0.5 to 0.5, of which variances are from 0.5 to 1.5.
Network drawn(const Graph& graph) {
  Network network{graph};
  StateDict weights = network.weights();
  at::manual_seed(3);
  for (auto& [name, tensor] : weights) {
    const auto count = static_cast<std::int64_t>(tensor.values.size());
    const at::Tensor values = at::rand({count}) - (name.ends_with("running_var") ? -0.5 : 0.5);
    tensor.values.assign(values.data_ptr<float>(), values.data_ptr<float>() + count);
  }
  network.load(weights, "drawn");
  return network;
}

WeightsOfLayer weights_of(const Network& network, const std::string& layer) {
  WeightsOfLayer result;
  for (const auto& [name, tensor] : network.weights()) {
    if (!name.starts_with(layer)) continue;
    const std::string own = name.size() > layer.size() ? name.substr(layer.size() + 1) : "";
    result[own] = at::tensor(tensor.values).view(tensor.shape);
  }
  return result;
}

Sizes sizes_of(std::int64_t batch, const TensorShape& shape) {
  Sizes sizes{batch};
  sizes.insert(sizes.end(), shape.begin(), shape.end());
  return sizes;
}

void expect_close(const at::Tensor& found, const at::Tensor& expected, const std::string& what) {
  ASSERT_EQ(found.sizes().vec(), expected.sizes().vec()) << what;
  const double greatest = std::max(expected.abs().max().item<double>(), 1e-3);
  EXPECT_LE((found - expected).abs().max().item<double>(), 1e-5 * greatest) << what;
}

/// Of the network 3 · op(2x + ¼) − 1.
void expect_computes(const LayerOp& op, const TensorShape& shape, const Formula& formula) {
  Graph graph{"n", "t"};
  graph.add("input", InputOp{shape}, {});
  graph.add("before", ScaleOp{.factor = 2, .offset = 0.25}, {0});
  graph.add("layer", op, {1});
  graph.add("after", ScaleOp{.factor = 3, .offset = -1}, {2});
  const Network network = drawn(graph);
  const WeightsOfLayer weights = weights_of(network, "layer");
  const std::string kind{kind_name(op)};
  for (const std::int64_t batch : {1, 3}) {
    at::manual_seed(static_cast<std::uint64_t>(batch));
    const at::Tensor x = at::randn(sizes_of(batch, shape));
    const at::Tensor whole = network.forward(x);
    EXPECT_EQ(whole.sizes().vec(), sizes_of(batch, graph.layers().back().shape)) << kind;
    expect_close(whole, formula(x * 2 + 0.25, weights) * 3 - 1, kind);
    ASSERT_EQ(graph.cuts().size(), 3U);
    for (const Cut& cut : graph.cuts()) {
      EXPECT_TRUE(at::equal(network.suffix(network.prefix(x, cut), cut), whole))
          << kind << " " << cut.name;
    }
  }
}

/// Of a function of several tensors: its operands are the network's inputs.
void expect_combines(const LayerOp& op, const std::vector<TensorShape>& shapes,
                     const std::function<at::Tensor(const std::vector<at::Tensor>&)>& formula) {
  Graph graph{"n", "t"};
  std::vector<LayerId> inputs;
  for (const TensorShape& shape : shapes) {
    const std::string name = fmt::format("x{}", inputs.size());
    inputs.push_back(graph.add(name, InputOp{shape}, {}));
  }
  graph.add("layer", op, inputs);
  graph.add("after", ScaleOp{.factor = 3, .offset = -1}, {inputs.size()});
  const Network network{graph};
  for (const std::int64_t batch : {1, 3}) {
    at::manual_seed(static_cast<std::uint64_t>(batch));
    std::map<LayerId, at::Tensor> given;
    std::vector<at::Tensor> operands;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      // Halves, so that some are equal.
      operands.push_back(at::round(at::randn(sizes_of(batch, shapes[i])) * 2) / 2);
      given[inputs[i]] = operands.back();
    }
    const std::string kind{kind_name(op)};
    const at::Tensor whole = network.run(given, graph.layers().size() - 1);
    expect_close(whole, formula(operands) * 3 - 1, kind);
    const at::Tensor half = network.run(given, inputs.size());
    EXPECT_TRUE(at::equal(network.run(half, inputs.size(), inputs.size() + 1), whole)) << kind;
  }
}

/// What a function makes of each number.
Formula each(const std::function<double(double)>& function) {
  return [function](const at::Tensor& x, const WeightsOfLayer&) {
    at::Tensor result = x.to(at::kDouble).contiguous().clone();
    double* numbers = result.data_ptr<double>();
    for (std::int64_t i = 0; i < result.numel(); ++i) numbers[i] = function(numbers[i]);
    return result.to(at::kFloat);
  };
}

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

TEST(TensorOperations, ConcatenatesAlongAnyAxis) {
  expect_combines(ConcatOp{.axis = 1}, {{2, 3}, {2, 1}}, [](const std::vector<at::Tensor>& of) {
    at::Tensor out = at::empty({of[0].size(0), 2, 4});
    out.slice(2, 0, 3).copy_(of[0]);
    out.slice(2, 3, 4).copy_(of[1]);
    return out;
  });
}

// Row i and column j of a product is Σ a_ik · b_kj; a matrix of one goes with each of four.
TEST(TensorOperations, MultipliesMatrices) {
  expect_combines(MatMulOp{}, {{4, 2, 3}, {1, 3, 5}}, [](const std::vector<at::Tensor>& of) {
    const at::Tensor a = of[0].unsqueeze(4);  // n × 4 × 2 × 3 × 1
    const at::Tensor b = of[1].unsqueeze(2);  // n × 1 × 1 × 3 × 5
    return (a * b).sum({3});
  });
}

TEST(TensorOperations, LaysTensorsOutAnew) {
  expect_computes(ReshapeOp{{6, 10}}, {4, 3, 5}, [](const at::Tensor& x, const WeightsOfLayer&) {
    return x.contiguous().view({x.size(0), 6, 10});
  });
  expect_computes(TransposeOp{{2, 0, 1}}, {4, 3, 5},
                  [](const at::Tensor& x, const WeightsOfLayer&) {
                    at::Tensor out = at::empty({x.size(0), 5, 4, 3});
                    for (std::int64_t k = 0; k < 5; ++k) out.select(1, k).copy_(x.select(3, k));
                    return out;
                  });
  expect_computes(SliceOp{.axis = 1, .begin = 1, .end = 6, .step = 2}, {2, 7},
                  [](const at::Tensor& x, const WeightsOfLayer&) {
                    return at::stack({x.select(2, 1), x.select(2, 3), x.select(2, 5)}, 2);
                  });
  // What was kept comes first, the same for all samples.
  expect_computes(
      CacheOp{.axis = 1, .places = 2}, {4, 3}, [](const at::Tensor& x, const WeightsOfLayer& own) {
        at::Tensor out = at::empty({x.size(0), 4, 5});
        for (std::int64_t k = 0; k < 5; ++k) {
          out.select(2, k).copy_(k < 2 ? own.at("kept").select(1, k) : x.select(2, k - 2));
        }
        return out;
      });
  expect_computes(ExpandOp{{4, 5, 3}}, {4, 1, 3}, [](const at::Tensor& x, const WeightsOfLayer&) {
    return at::cat({x, x, x, x, x}, 2);
  });
  expect_computes(FlattenOp{}, {4, 3}, [](const at::Tensor& x, const WeightsOfLayer&) {
    return x.contiguous().view({x.size(0), 12});
  });
}

// Of the places 0 1 2 3 along an axis, two more before and one behind: mirrored 2 1 0 1 2 3 2, the
// edges again 0 0 0 1 2 3 3.
TEST(TensorOperations, PadsAlongOneAxis) {
  const auto places = [](const std::vector<std::int64_t>& from) {
    return [from](const at::Tensor& x, const WeightsOfLayer&) {
      std::vector<at::Tensor> parts;
      for (const std::int64_t place : from) parts.push_back(x.select(2, place));
      return at::stack(parts, 2);
    };
  };
  PadOp op{.axis = 1, .before = 2, .behind = 1, .mode = PadOp::Mode::kReflect};
  expect_computes(op, {2, 4, 3}, places({2, 1, 0, 1, 2, 3, 2}));
  op.mode = PadOp::Mode::kEdge;
  expect_computes(op, {2, 4, 3}, places({0, 0, 0, 1, 2, 3, 3}));
  op.mode = PadOp::Mode::kConstant;
  op.value = -7;
  expect_computes(op, {2, 4, 3}, [](const at::Tensor& x, const WeightsOfLayer&) {
    const at::Tensor place = at::full({x.size(0), 2, 1, 3}, -7);
    return at::cat({place, place, x, place}, 2);
  });
}

TEST(TensorOperations, MakesOneNumberOfAxes) {
  const auto both = [](const at::Tensor& x, ReduceOp::Kind kind) {
    // Axes 0 and 2 of a sample become one, behind the others.
    const at::Tensor rows = x.permute({0, 2, 1, 3}).reshape({x.size(0), 3, 20});
    if (kind == ReduceOp::Kind::kSum) return rows.sum({2});
    if (kind == ReduceOp::Kind::kMean) return rows.sum({2}) / 20;
    const at::Tensor sorted = std::get<0>(rows.sort(2));
    return sorted.select(2, kind == ReduceOp::Kind::kMaximum ? 19 : 0);
  };
  for (const auto kind : {ReduceOp::Kind::kMean, ReduceOp::Kind::kSum, ReduceOp::Kind::kMaximum,
                          ReduceOp::Kind::kMinimum}) {
    expect_computes(ReduceOp{.kind = kind, .axes = {0, 2}}, {4, 3, 5},
                    [&](const at::Tensor& x, const WeightsOfLayer&) { return both(x, kind); });
    expect_computes(ReduceOp{.kind = kind, .axes = {0, 2}, .keep = true}, {4, 3, 5},
                    [&](const at::Tensor& x, const WeightsOfLayer&) {
                      return both(x, kind).reshape({x.size(0), 1, 3, 1});
                    });
  }
  expect_computes(ReduceOp{.axes = {0, 1}}, {4, 3}, [](const at::Tensor& x, const WeightsOfLayer&) {
    return x.mean({1, 2});
  });
}

TEST(TensorOperations, SoftmaxIsOverItsAxis) {
  for (const std::int64_t axis : {0, 1, 2}) {
    expect_computes(SoftmaxOp{.axis = axis}, {4, 3, 5},
                    [&](const at::Tensor& x, const WeightsOfLayer&) {
                      const at::Tensor powers = at::exp(x);
                      return powers / powers.sum({axis + 1}, true);
                    });
  }
}

TEST(TensorOperations, LinearLayersWorkAtEachPlace) {
  const Formula formula = [](const at::Tensor& x, const WeightsOfLayer& weights) {
    return at::matmul(x, weights.at("weight").t()) + weights.at("bias");
  };
  expect_computes(LinearOp{.out_features = 7}, {4, 3, 5}, formula);
  expect_computes(LinearOp{.out_features = 7}, {3, 5}, formula);
  expect_computes(LinearOp{.out_features = 7}, {5}, formula);
  expect_computes(LinearOp{.out_features = 7}, {5, 1, 1},
                  [&](const at::Tensor& x, const WeightsOfLayer& weights) {
                    return formula(x.reshape({x.size(0), 5}), weights);
                  });
}

TEST(TensorOperations, AddsOneParameterToEverySample) {
  Graph graph{"n", "t"};
  graph.add("input", InputOp{{3, 5}}, {});
  graph.add("row", ParameterOp{.shape = {1, 5}, .trained = 5}, {});
  graph.add("relu", ReluOp{}, {1});  // must not change what is stored
  graph.add("sum", AddOp{}, {0, 2});
  const Network network = drawn(graph);
  const at::Tensor row = weights_of(network, "row").at("");
  ASSERT_LT(row.min().item<float>(), 0);
  for (const std::int64_t batch : {1, 3, 1}) {
    const at::Tensor x = at::randn({batch, 3, 5});
    expect_close(network.forward(x), x + at::where(row > 0, row, at::zeros_like(row)), "parameter");
  }
  EXPECT_TRUE(at::equal(weights_of(network, "row").at(""), row));
}

// Rows of a table by numbers, which come as whole ones or as floats.
TEST(TensorOperations, LooksRowsUp) {
  Graph graph{"n", "t"};
  graph.add("words", InputOp{.shape = {4}, .below = 6}, {});
  graph.add("table", EmbeddingOp{.entries = 6, .features = 3}, {0});
  graph.add("after", ScaleOp{.factor = 3, .offset = -1}, {1});
  const Network network = drawn(graph);
  const at::Tensor table = weights_of(network, "table").at("weight");
  for (const std::int64_t batch : {1, 3}) {
    const at::Tensor words = at::randint(0, 6, {batch, 4}, at::kLong);
    at::Tensor expected = at::empty({batch, 4, 3});
    for (std::int64_t n = 0; n < batch; ++n) {
      for (std::int64_t i = 0; i < 4; ++i) expected[n][i] = table[words[n][i].item<std::int64_t>()];
    }
    const at::Tensor whole = network.forward(words);
    expect_close(whole, expected * 3 - 1, "embedding");
    EXPECT_TRUE(at::equal(network.forward(words.to(at::kFloat)), whole));
    for (const Cut& cut : graph.cuts()) {
      EXPECT_TRUE(at::equal(network.suffix(network.prefix(words, cut), cut), whole)) << cut.name;
    }
  }
}

/// One way of one recurrent layer, over `[n × places × features]`, as PyTorch's documentation has
/// the equations.
at::Tensor one_way(const at::Tensor& x, RecurrentOp::Kind kind, std::int64_t features,
                   const WeightsOfLayer& weights, const std::string& end, bool backwards) {
  using Kind = RecurrentOp::Kind;
  const auto bias = [&](const char* name) {
    const auto it = weights.find(name + end);
    return it == weights.end() ? at::zeros({1}) : it->second;
  };
  at::Tensor hidden = at::zeros({x.size(0), features});
  at::Tensor cell = at::zeros({x.size(0), features});
  std::vector<at::Tensor> states(static_cast<std::size_t>(x.size(1)));
  for (std::int64_t step = 0; step < x.size(1); ++step) {
    const std::int64_t place = backwards ? x.size(1) - 1 - step : step;
    const at::Tensor in =
        at::matmul(x.select(1, place), weights.at("weight_ih" + end).t()) + bias("bias_ih");
    const at::Tensor of_state =
        at::matmul(hidden, weights.at("weight_hh" + end).t()) + bias("bias_hh");
    const auto gate = [&](const at::Tensor& all, std::int64_t index) {
      return all.slice(1, index * features, (index + 1) * features);
    };
    if (kind == Kind::kRnnTanh) hidden = at::tanh(in + of_state);
    if (kind == Kind::kRnnRelu) hidden = at::relu(in + of_state);
    if (kind == Kind::kGru) {
      const at::Tensor reset = at::sigmoid(gate(in, 0) + gate(of_state, 0));
      const at::Tensor update = at::sigmoid(gate(in, 1) + gate(of_state, 1));
      const at::Tensor fresh = at::tanh(gate(in, 2) + reset * gate(of_state, 2));
      hidden = (1 - update) * fresh + update * hidden;
    }
    if (kind == Kind::kLstm) {
      const at::Tensor all = in + of_state;
      cell = at::sigmoid(gate(all, 1)) * cell + at::sigmoid(gate(all, 0)) * at::tanh(gate(all, 2));
      hidden = at::sigmoid(gate(all, 3)) * at::tanh(cell);
    }
    states[static_cast<std::size_t>(place)] = hidden;
  }
  return at::stack(states, 1);
}

TEST(TensorOperations, RecurrentLayersGoStepByStep) {
  for (const auto kind : {RecurrentOp::Kind::kRnnTanh, RecurrentOp::Kind::kRnnRelu,
                          RecurrentOp::Kind::kGru, RecurrentOp::Kind::kLstm}) {
    for (const bool both_ways : {false, true}) {
      for (const bool bias : {false, true}) {
        const RecurrentOp op{
            .kind = kind, .features = 4, .layers = 2, .both_ways = both_ways, .bias = bias};
        expect_computes(op, {6, 3}, [&](const at::Tensor& x, const WeightsOfLayer& weights) {
          at::Tensor states = x;
          for (const char* end : {"_l0", "_l1"}) {
            const at::Tensor forward = one_way(states, kind, 4, weights, end, false);
            if (!both_ways) {
              states = forward;
              continue;
            }
            const at::Tensor back =
                one_way(states, kind, 4, weights, std::string{end} + "_reverse", true);
            states = at::cat({forward, back}, 2);
          }
          return states;
        });
      }
    }
  }
}

// Behind the places, the last state of each layer: each way's, forth from the last place and back
// from the first, one behind the other.
TEST(TensorOperations, RecurrentLayersGiveTheirLastStates) {
  const RecurrentOp op{.kind = RecurrentOp::Kind::kGru,
                       .features = 4,
                       .layers = 2,
                       .both_ways = true,
                       .states = true};
  expect_computes(op, {6, 3}, [&](const at::Tensor& x, const WeightsOfLayer& weights) {
    at::Tensor states = x;
    std::vector<at::Tensor> last;
    for (const std::string end : {"_l0", "_l1"}) {
      const at::Tensor forth = one_way(states, op.kind, 4, weights, end, false);
      const at::Tensor back = one_way(states, op.kind, 4, weights, end + "_reverse", true);
      last.push_back(at::cat({forth.select(1, 5), back.select(1, 0)}, 1));
      states = at::cat({forth, back}, 2);
    }
    return at::cat({states, at::stack(last, 1)}, 1);
  });
}

TEST(TensorOperations, IndexTakesPlaces) {
  expect_computes(
      IndexOp{.axis = 1, .places = {2, 0, 0, 3}}, {2, 4, 3},
      [](const at::Tensor& x, const WeightsOfLayer&) {
        return at::stack({x.select(2, 2), x.select(2, 0), x.select(2, 0), x.select(2, 3)}, 2);
      });
}

// Of cubic weights the sum is 1, and what is linear stays so, far from the edge.
TEST(TensorOperations, ResizesByCubics) {
  Graph graph{"n", "t"};
  graph.add("input", InputOp{{1, 9, 9}}, {});
  graph.add("resize",
            ResizeOp{.height = 17, .width = 17, .method = ResizeOp::Method::kBicubicCorners}, {0});
  const at::Tensor rows = at::arange(9, at::kFloat).reshape({1, 1, 9, 1}).expand({1, 1, 9, 9});
  const at::Tensor half = at::arange(17, at::kFloat).reshape({17, 1}).expand({17, 17}) / 2;
  const at::Tensor made = Network{graph}.forward(rows).reshape({17, 17});
  expect_close(made.slice(0, 4, 13), half.slice(0, 4, 13), "bicubic");
}

// A flat vector counts as a picture of one row and column.
TEST(TensorOperations, TakeAFlatVectorAsAPicture) {
  const auto picture = [](const at::Tensor& x) { return x.reshape({x.size(0), 4, 1, 1}); };
  expect_computes(ZeroPadShortcutOp{.channels = 6}, {4},
                  [&](const at::Tensor& x, const WeightsOfLayer&) {
                    return at::constant_pad_nd(picture(x), {0, 0, 0, 0, 1, 1});
                  });
  expect_computes(ResizeOp{.height = 2, .width = 3}, {4},
                  [&](const at::Tensor& x, const WeightsOfLayer&) {
                    return picture(x).expand({x.size(0), 4, 2, 3});
                  });
}

TEST(TensorOperations, FlattensASingleNumber) {
  Graph graph{"n", "t"};
  graph.add("input", InputOp{{4}}, {});
  graph.add("sum", ReduceOp{.kind = ReduceOp::Kind::kSum, .axes = {0}}, {0});
  graph.add("flat", FlattenOp{}, {1});
  const at::Tensor x = at::randn({3, 4});
  expect_close(Network{graph}.forward(x), x.sum({1}).reshape({3, 1}), "flatten");
}

// 1 where the first is less: of whole numbers too, a real number.
TEST(TensorOperations, ComparesWholeNumbers) {
  Graph graph{"n", "t"};
  graph.add("words", InputOp{.shape = {4}, .below = 9}, {});
  graph.add("equal", CombineOp{CombineOp::Kind::kEqual}, {0, 0});
  graph.add("mean", ReduceOp{.axes = {0}}, {1});
  const at::Tensor words = at::randint(0, 9, {3, 4}, at::kLong);
  expect_close(Network{graph}.forward(words), at::ones({3}), "equal");
}

TEST(TensorOperations, FoldsNormsIntoConvolutionsOfEveryKind) {
  const auto expect = [](const LayerOp& op, const TensorShape& shape) {
    Graph graph{"n", "t"};
    graph.add("input", InputOp{shape}, {});
    graph.add("conv", op, {0});
    graph.add("norm", BatchNormOp{}, {1});
    ASSERT_TRUE(graph.folds_into_convolution(2));
    const Network network = drawn(graph);
    const at::Tensor x = at::randn(sizes_of(3, shape));
    expect_close(network.folded().forward(x), network.forward(x), std::string{kind_name(op)});
  };
  expect(ConvOp{.out_channels = 6, .kernel = 2, .groups = 2}, {4, 9});
  expect(ConvOp{.out_channels = 6, .kernel = 2, .bias = true}, {4, 3, 5, 4});
  for (const std::int64_t groups : {1, 2}) {
    expect(ConvTransposeOp{.out_channels = 6,
                           .kernel = 2,
                           .stride = 2,
                           .height = 6,
                           .width = 8,
                           .groups = groups,
                           .bias = true},
           {4, 3, 4});
  }
}

// A table of words, and the linear layer that says how well each fits, are one matrix: its
// gradients and its file have it once.
TEST(TensorOperations, ALinearLayerMayHaveATablesRows) {
  Graph graph{"n", "t"};
  graph.add("words", InputOp{.shape = {4}, .below = 6}, {});
  graph.add("table", EmbeddingOp{.entries = 6, .features = 3}, {0});
  graph.add("fit", LinearOp{.out_features = 6, .bias = false}, {1}, 1);
  EXPECT_EQ(graph.parameters(), 6 * 3);
  EXPECT_THROW(graph.add("bias", LinearOp{.out_features = 6}, {1}, 1), std::invalid_argument);
  EXPECT_THROW(graph.add("more", LinearOp{.out_features = 7, .bias = false}, {1}, 1),
               std::invalid_argument);
  const Network network = drawn(graph);
  EXPECT_EQ(network.weights().size(), 1U);
  const at::Tensor table = weights_of(network, "table").at("weight");
  const at::Tensor words = at::randint(0, 6, {2, 4}, at::kLong);
  expect_close(network.forward(words), at::matmul(at::embedding(table, words), table.t()), "tied");
}

// A layer without a bias may have the weight of one with a bias, which stays that layer's.
TEST(TensorOperations, ALayerMayShareTheWeightWithoutTheBias) {
  Graph graph{"n", "t"};
  graph.add("input", InputOp{{4}}, {});
  graph.add("fc", LinearOp{.out_features = 4}, {0});
  graph.add("again", LinearOp{.out_features = 4, .bias = false}, {1}, 1);
  EXPECT_EQ(graph.parameters(), 4 * 4 + 4);
  const Network network = drawn(graph);
  const WeightsOfLayer own = weights_of(network, "fc");
  const at::Tensor x = at::randn({3, 4});
  const at::Tensor once = at::linear(x, own.at("weight"), own.at("bias"));
  expect_close(network.forward(x), at::matmul(once, own.at("weight").t()), "shared");
}

}  // namespace
}  // namespace papilio
