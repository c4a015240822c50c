// Claims: the zoo's ResNet-50 has the counts that torchvision publishes, and the paper's variant
// the tensor sizes of its Fig. 5 and the MACs that follow from its Fig. 4.

#include "models/zoo/zoo.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

#include "models/zoo/resnet.hpp"

namespace papilio {
namespace {

TEST(ResNet50, HasTorchvisionsCounts) {
  const Graph graph = resnet50();
  EXPECT_EQ(graph.parameters(), 25'557'032);
  EXPECT_EQ(graph.macs(), 4'089'184'256);  // torchvision's model table: 4.09 G
  EXPECT_EQ(graph.layers().back().shape, (TensorShape{1000, 1, 1}));
  EXPECT_EQ(graph.layer(*graph.find_layer("conv1")).parameters, 9408);
  // The stride sits on the 3×3 convolution: the first 1×1 keeps the resolution.
  EXPECT_EQ(graph.layer(*graph.find_layer("layer2.0.conv1")).shape, (TensorShape{128, 56, 56}));
  EXPECT_EQ(graph.layer(*graph.find_layer("layer2.0.conv2")).shape, (TensorShape{128, 28, 28}));
}

TEST(ResNet50Paper, HasTheMacsOfFigure4) {
  const Graph graph = resnet50_paper();
  EXPECT_NEAR(static_cast<double>(graph.macs()), 3.856e9, 0.0005e9);
  EXPECT_EQ(graph.layers().back().shape, (TensorShape{100, 1, 1}));
  const auto block_macs = [&](const std::string& block) {
    double sum = 0;
    for (const Layer& layer : graph.layers()) {
      if (layer.block == block) sum += static_cast<double>(layer.macs);
    }
    return sum / 1e6;
  };
  EXPECT_NEAR(block_macs("stem"), 118.0, 0.05);
  EXPECT_NEAR(block_macs("RB1"), 231.2, 0.05);
  for (const char* block : {"RB4", "RB8", "RB14"}) EXPECT_NEAR(block_macs(block), 295.4, 0.05);
  for (const char* block : {"RB2", "RB7", "RB13", "RB16"}) {
    EXPECT_NEAR(block_macs(block), 218.4, 0.05);
  }
  // The stride sits on the first 1×1 convolution.
  EXPECT_EQ(graph.layer(*graph.find_layer("layer2.0.conv1")).shape, (TensorShape{128, 28, 28}));
}

TEST(ResNet50Paper, HasTheTensorSizesOfFigure5) {
  const std::vector<Cut> cuts = resnet50_paper().block_cuts();
  ASSERT_EQ(cuts.size(), 16U);
  for (int j = 1; j <= 16; ++j) {
    const Cut& cut = cuts[static_cast<std::size_t>(j - 1)];
    EXPECT_EQ(cut.name, fmt::format("RB{}", j));
    const std::int64_t expected = j <= 3 ? 802'816 : j <= 7 ? 401'408 : j <= 13 ? 200'704 : 100'352;
    EXPECT_EQ(cut.shape.bytes(8), expected) << cut.name;
  }
  EXPECT_EQ(resnet50_paper().layers().front().shape.bytes(8), 150'528);
}

TEST(ResNet50Paper, OffloadsThePapersBytes) {
  const Graph graph = resnet50_paper();
  const auto bytes = [&](const char* cut, int channels) {
    return insert_butterfly(graph, *graph.find_cut(cut), channels).cut.shape.bytes(8);
  };
  EXPECT_EQ(bytes("RB1", 1), 3136);
  EXPECT_EQ(bytes("RB4", 2), 1568);
  EXPECT_EQ(bytes("RB8", 5), 980);
  EXPECT_EQ(bytes("RB16", 10), 490);
}

TEST(Zoo, BuildsEveryEntryUnderItsName) {
  for (const ZooEntry& entry : zoo_entries()) {
    const std::optional<Graph> graph = find_model(entry.name);
    ASSERT_TRUE(graph);
    EXPECT_EQ(graph->name(), entry.name);
    EXPECT_FALSE(entry.source.empty());
  }
  EXPECT_FALSE(find_model("resnet51"));
}

}  // namespace
}  // namespace papilio
