// Claim: a network built from its graph computes what torchvision's does, at every cut, to 1e-5 of
// the cut's greatest value; in two halves it computes the same bits as whole; and a weight that is
// slightly off shows.

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "models/tensor/network.hpp"
#include "models/tensor/runtime.hpp"
#include "models/weights/state_dict.hpp"
#include "models/zoo/zoo.hpp"
#include "tests/support/data.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tensor_file.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using testing::read_tensor;

/// The greatest difference over the reference's greatest value.
double relative_difference(const at::Tensor& found, const at::Tensor& reference) {
  EXPECT_EQ(found.sizes(), reference.sizes());
  return ((found - reference).abs().max() / reference.abs().max()).item<double>();
}

/// The cuts at which the two are compared: all, or the blocks' of networks of attention and of
/// norms over channels, between which torchvision's modules compute in steps of their own.
std::vector<Cut> compared_cuts(const Graph& graph) {
  if (graph.name() == "vit_b_16" || graph.name() == "convnext_tiny") return graph.block_cuts();
  std::vector<Cut> cuts = graph.cuts();
  cuts.erase(cuts.begin());  // the input itself
  return cuts;
}

class Torchvision : public ::testing::TestWithParam<const char*> {};

TEST_P(Torchvision, ComputesTheSameAtEveryCut) {
  start_tensor_runtime("cpu", 2);
  const Graph graph = *find_model(GetParam());
  const std::vector<Cut> cuts = compared_cuts(graph);
  std::string layers = graph.layer(1).name + "\n";
  for (const Cut& cut : cuts) layers += graph.layer(cut.after).name + "\n";
  layers += graph.layers().back().name + "\n";
  const testing::TemporaryFolder folder;
  folder.write("layers.txt", layers);
  ASSERT_EQ(
      run_python("make_reference.py", fmt::format("{} {}", GetParam(), folder.path().string())), 0);

  Network network{graph};
  StateDict weights = read_state_dict(folder.path() / "weights.pt");
  network.load(weights, "weights.pt");
  const at::Tensor image = read_tensor(folder.path() / "input.npy");
  const at::Tensor whole = network.forward(image);
  double worst = 0;
  at::Tensor features = image;
  LayerId at = 0;
  for (const Cut& cut : cuts) {
    features = network.run(features, at, cut.after);  // from cut to cut
    at = cut.after;
    const std::string& layer = graph.layer(at).name;
    const double difference =
        relative_difference(features, read_tensor(folder.path() / (layer + ".npy")));
    EXPECT_LE(difference, 1e-5) << layer;
    worst = std::max(worst, difference);
  }
  const at::Tensor logits = read_tensor(folder.path() / (graph.layers().back().name + ".npy"));
  EXPECT_LE(relative_difference(whole, logits), 1e-5);
  EXPECT_TRUE(at::equal(network.run(features, at, graph.layers().size() - 1), whole));
  // Two halves at a cut in the middle.
  const Cut& middle = cuts[cuts.size() / 2];
  EXPECT_TRUE(at::equal(network.suffix(network.prefix(image, middle), middle), whole));
  fmt::print("{}: {} cuts, worst difference {:.1e} of the cut's maximum; folded {:.1e}\n",
             GetParam(), cuts.size(), worst,
             relative_difference(network.folded().forward(image), logits));
  EXPECT_LE(relative_difference(network.folded().forward(image), logits), 1e-4);

  // One weight of the first layer, off by a hundredth of its greatest.
  const std::string& first = graph.layer(1).name;
  StoredTensor& tensor = weights.at(first + ".weight");
  float greatest = 0;
  for (const float value : tensor.values) greatest = std::max(greatest, std::abs(value));
  tensor.values[0] += greatest / 100;
  network.load(weights, "weights.pt");
  EXPECT_GT(
      relative_difference(network.run(image, 0, 1), read_tensor(folder.path() / (first + ".npy"))),
      1e-5);
}

INSTANTIATE_TEST_SUITE_P(Zoo, Torchvision,
                         ::testing::Values("resnet18", "resnet50", "vgg16", "alexnet",
                                           "squeezenet1_0", "mobilenet_v2", "convnext_tiny",
                                           "vit_b_16"),
                         [](const auto& test) { return std::string{test.param}; });

}  // namespace
}  // namespace papilio
