// Claims: a network computes every operation that moves numbers, reduces axes, or multiplies
// matrices, tables and steps of sequences as its definition says, written out here or given by a
// function of LibTorch, in batches of one and of three; and in two halves at any cut the same bits.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/tensor/network.hpp"
#include "tests/support/operation_formulas.hpp"
#include "tests/support/sanitized.hpp"

namespace papilio {
namespace {

using testing::drawn;
using testing::each;
using testing::expect_close;
using testing::expect_combines;
using testing::expect_computes;
using testing::Formula;
using testing::sizes_of;
using testing::weights_of;
using testing::WeightsOfLayer;

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
        if (kSanitized && bias != both_ways) continue;
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
