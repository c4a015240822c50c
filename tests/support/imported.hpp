#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "models/import/check.hpp"
#include "models/import/handover.hpp"
#include "models/import/torchscript.hpp"
#include "models/measure/layer_times.hpp"
#include "models/networks/network_file.hpp"
#include "models/tensor/network.hpp"

namespace papilio::testing {

/// The greatest difference of two tensors, of the greatest number of the first.
inline double difference(const at::Tensor& one, const at::Tensor& other) {
  return (one - other).abs().max().item<double>() / one.abs().max().item<double>();
}

/// Both halves of every cut give the whole, and a batch what its samples do.
inline void expect_halves_to_fit(const Network& network, const std::string& name) {
  const Graph& graph = network.graph();
  constexpr std::int64_t kSamples = 3;
  const Network::Tensors inputs = random_inputs(network, kSamples);
  const LayerId last = graph.layers().size() - 1;
  const at::Tensor whole = network.run(inputs, last);
  EXPECT_EQ(whole.size(0), kSamples) << name;
  for (const Cut& cut : graph.cuts()) {
    if (cut.of_inputs) continue;
    const at::Tensor crossing = network.run(inputs, cut.after);
    EXPECT_EQ(crossing[0].numel(), cut.shape.elements()) << name << " at " << cut.name;
    EXPECT_LT(difference(whole, network.suffix(crossing, cut)), 1e-6) << name << " at " << cut.name;
  }
  // A batch's samples are computed one by one.
  Network::Tensors second;
  for (const auto& [id, tensor] : inputs) second.emplace(id, tensor.slice(0, 1, 2));
  EXPECT_LT(difference(whole.slice(0, 1, 2), network.run(second, last)), 1e-5) << name;
}

/// Imports an archive, which must have so many parameters, compute what its own module does, come
/// back whole from the bytes that the confined child hands over, and compute in halves what it does
/// whole.
inline ImportedNetwork expect_archive(const std::filesystem::path& file,
                                      const std::vector<NamedInput>& inputs,
                                      std::int64_t parameters) {
  ImportedNetwork imported = import_torchscript(file, inputs, "imported");
  EXPECT_EQ(imported.graph.parameters(), parameters);
  EXPECT_LT(check_torchscript(file, imported, inputs).difference, 1e-5);
  const ImportedNetwork again = take_over(handover(imported), "imported");
  EXPECT_EQ(graph_file(again.graph), graph_file(imported.graph));
  EXPECT_EQ(again.weights, imported.weights);
  Network network{again.graph};
  network.load(again.weights, file.string());
  expect_halves_to_fit(network, file.stem().string());
  return imported;
}

}  // namespace papilio::testing
