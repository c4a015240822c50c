#pragma once

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "models/tensor/network.hpp"

namespace papilio::testing {

/// Sizes of a tensor's axes, the batch first.
using Sizes = std::vector<std::int64_t>;
/// Weights by their names behind the layer's.
using WeightsOfLayer = std::map<std::string, at::Tensor>;
/// What a layer computes of its input.
using Formula = std::function<at::Tensor(const at::Tensor& x, const WeightsOfLayer& weights)>;

/// A network with weights from -0.5 to 0.5, of which variances are from 0.5 to 1.5.
inline Network drawn(const Graph& graph) {
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

/// What a layer is stored with.
inline WeightsOfLayer weights_of(const Network& network, const std::string& layer) {
  WeightsOfLayer result;
  for (const auto& [name, tensor] : network.weights()) {
    if (!name.starts_with(layer)) continue;
    const std::string own = name.size() > layer.size() ? name.substr(layer.size() + 1) : "";
    result[own] = at::tensor(tensor.values).view(tensor.shape);
  }
  return result;
}

/// Of a batch of such samples.
inline Sizes sizes_of(std::int64_t batch, const TensorShape& shape) {
  Sizes sizes{batch};
  sizes.insert(sizes.end(), shape.begin(), shape.end());
  return sizes;
}

/// To five digits of the greatest.
inline void expect_close(const at::Tensor& found, const at::Tensor& expected,
                         const std::string& what) {
  ASSERT_EQ(found.sizes().vec(), expected.sizes().vec()) << what;
  const double greatest = std::max(expected.abs().max().item<double>(), 1e-3);
  EXPECT_LE((found - expected).abs().max().item<double>(), 1e-5 * greatest) << what;
}

/// Of the network 3 · op(2x + ¼) − 1.
inline void expect_computes(const LayerOp& op, const TensorShape& shape, const Formula& formula) {
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
inline void expect_combines(
    const LayerOp& op, const std::vector<TensorShape>& shapes,
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
inline Formula each(const std::function<double(double)>& function) {
  return [function](const at::Tensor& x, const WeightsOfLayer&) {
    at::Tensor result = x.to(at::kDouble).contiguous().clone();
    double* numbers = result.data_ptr<double>();
    for (std::int64_t i = 0; i < result.numel(); ++i) numbers[i] = function(numbers[i]);
    return result.to(at::kFloat);
  };
}

}  // namespace papilio::testing
