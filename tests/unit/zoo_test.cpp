// Claims: the zoo's networks have the counts that torchvision publishes, and the paper's ResNet-50
// the tensor sizes of its Fig. 5 and the MACs that follow from its Fig. 4.

#include "models/zoo/zoo.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

#include "models/zoo/plain.hpp"
#include "models/zoo/resnet.hpp"

namespace papilio {
namespace {

TEST(ResNet50, HasTorchvisionsCounts) {
  const Graph graph = resnet50();
  EXPECT_EQ(graph.parameters(), 25'557'032);
  EXPECT_EQ(graph.macs(), 4'089'184'256);  // torchvision's model table: 4.09 G
  EXPECT_EQ(graph.layers().back().shape, TensorShape{1000});
  EXPECT_EQ(graph.layer(*graph.find_layer("conv1")).parameters, 9408);
  // The stride sits on the 3×3 convolution: the first 1×1 keeps the resolution.
  EXPECT_EQ(graph.layer(*graph.find_layer("layer2.0.conv1")).shape, (TensorShape{128, 56, 56}));
  EXPECT_EQ(graph.layer(*graph.find_layer("layer2.0.conv2")).shape, (TensorShape{128, 28, 28}));
}

TEST(ResNet50Paper, HasTheMacsOfFigure4) {
  const Graph graph = resnet50_paper();
  EXPECT_NEAR(static_cast<double>(graph.macs()), 3.856e9, 0.0005e9);
  EXPECT_EQ(graph.layers().back().shape, TensorShape{100});
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

TEST(Zoo, HasTheCountsOfTorchvisionsModelTable) {
  struct Row {
    const char* model;
    std::int64_t parameters;
    double gmacs;  // its table says "GFLOPS" and counts a multiply-accumulate once
  };
  // torchvision 0.14, docs, "Table of all available classification weights".
  for (const Row& row : {Row{"resnet18", 11'689'512, 1.81}, Row{"resnet34", 21'797'672, 3.66},
                         Row{"resnet101", 44'549'160, 7.80}, Row{"vgg16", 138'357'544, 15.47},
                         Row{"alexnet", 61'100'840, 0.71}, Row{"squeezenet1_0", 1'248'424, 0.82},
                         Row{"mobilenet_v2", 3'504'872, 0.30}}) {
    const Graph graph = *find_model(row.model);
    EXPECT_EQ(graph.parameters(), row.parameters) << row.model;
    EXPECT_NEAR(static_cast<double>(graph.macs()) / 1e9, row.gmacs, 0.005) << row.model;
    EXPECT_EQ(graph.layers().back().shape, TensorShape{1000}) << row.model;
  }
}

// Krizhevsky et al. 2012, section 3.5: kernels of 11·11·3, 5·5·48, 3·3·256, 3·3·192, 3·3·192; "60
// million parameters" (abstract). conv1 gives 55×55: floor((224 + 4 - 11) / 4) + 1.
TEST(Zoo, AlexNetOf2012IsAsPublished) {
  const Graph graph = alexnet_2012();
  const auto of = [&](const char* layer) { return graph.layer(*graph.find_layer(layer)); };
  EXPECT_EQ(of("conv1").shape, (TensorShape{96, 55, 55}));
  EXPECT_EQ(of("conv2").shape, (TensorShape{256, 27, 27}));
  EXPECT_EQ(of("pool5").shape, (TensorShape{256, 6, 6}));
  EXPECT_EQ(of("conv1").parameters, 96 * (11 * 11 * 3 + 1));
  EXPECT_EQ(of("conv2").parameters, 256 * (5 * 5 * 48 + 1));
  EXPECT_EQ(of("conv3").parameters, 384 * (3 * 3 * 256 + 1));
  EXPECT_EQ(of("conv4").parameters, 384 * (3 * 3 * 192 + 1));
  EXPECT_EQ(of("conv5").parameters, 256 * (3 * 3 * 192 + 1));
  EXPECT_EQ(of("fc6").parameters, 4096 * (256 * 6 * 6 + 1));
  EXPECT_EQ(graph.parameters(), 60'965'224);
  EXPECT_EQ(graph.layers().back().shape, TensorShape{1000});
}

// Sermanet et al. 2013, Table 1: stages 1 to 5 see 231, 24, 12, 12 and 12 rows; 6×6 reach stage 6.
TEST(Zoo, OverFeatIsAsPublished) {
  const Graph graph = overfeat();
  const auto of = [&](const char* layer) { return graph.layer(*graph.find_layer(layer)); };
  EXPECT_EQ(of("pool1").shape, (TensorShape{96, 28, 28}));
  EXPECT_EQ(of("conv2").shape, (TensorShape{256, 24, 24}));
  EXPECT_EQ(of("pool2").shape, (TensorShape{256, 12, 12}));
  EXPECT_EQ(of("pool5").shape, (TensorShape{1024, 6, 6}));
  // 96·(11²·3+1) + 256·(5²·96+1) + 512·(3²·256+1) + 1024·(3²·512+1) + 1024·(3²·1024+1)
  // + 3072·(36·1024+1) + 4096·(3072+1) + 1000·(4096+1)
  EXPECT_EQ(graph.parameters(), 145'920'872);
}

TEST(Zoo, LabelsTheBlocksOfEachFamily) {
  const auto labels = [](const char* model) {
    std::string names;
    for (const Cut& cut : find_model(model)->block_cuts()) names += cut.name + " ";
    return names;
  };
  EXPECT_EQ(labels("resnet18"), "RB1 RB2 RB3 RB4 RB5 RB6 RB7 RB8 ");
  EXPECT_EQ(labels("alexnet"), "conv1 conv2 conv3 conv4 conv5 fc6 fc7 ");
  EXPECT_EQ(labels("alexnet-2012"), "conv1 conv2 conv3 conv4 conv5 fc6 fc7 ");
  EXPECT_EQ(labels("overfeat"), "conv1 conv2 conv3 conv4 conv5 fc6 fc7 ");
  EXPECT_EQ(labels("vgg16"), "conv1 conv2 conv3 conv4 conv5 fc6 fc7 ");
  EXPECT_EQ(labels("squeezenet1_0"), "conv1 fire2 fire3 fire4 fire5 fire6 fire7 fire8 fire9 ");
  EXPECT_EQ(find_model("mobilenet_v2")->block_cuts().size(), 17U);
}

TEST(CifarResNet, HasTheParametersOfTheTrainedWeights) {
  // 0.27 M and 0.85 M in He et al. 2016, Table 6; exactly, as many as the weights' files hold.
  EXPECT_EQ(resnet20_cifar10().parameters(), 269'722);
  EXPECT_EQ(resnet56_cifar10().parameters(), 853'018);
  const std::vector<Cut> cuts = resnet20_cifar10().block_cuts();
  ASSERT_EQ(cuts.size(), 9U);
  EXPECT_EQ(cuts[2].shape, (TensorShape{16, 32, 32}));
  EXPECT_EQ(cuts[3].shape, (TensorShape{32, 16, 16}));
  EXPECT_EQ(cuts[8].shape, (TensorShape{64, 8, 8}));
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
