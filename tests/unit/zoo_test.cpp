// Claims: the zoo's networks have the counts that torchvision publishes or that follow from the
// published structure, and the paper's ResNet-50 the tensor sizes of its Fig. 5 and the MACs that
// follow from its Fig. 4.

#include "models/zoo/zoo.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <iterator>
#include <string>

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
                         Row{"mobilenet_v2", 3'504'872, 0.30}, Row{"vit_b_16", 86'567'656, 17.56},
                         Row{"convnext_tiny", 28'589'128, 4.46}}) {
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

// Sums over layers whose names begin so.
std::int64_t parameters_of(const Graph& graph, const std::string& prefix) {
  std::int64_t sum = 0;
  for (const Layer& layer : graph.layers()) {
    if (layer.name.starts_with(prefix)) sum += layer.parameters;
  }
  return sum;
}

// Of E = 768: two norms of 2E; queries, keys, values and the output E² + E each; to 4E and back
// 4E² + 4E and 4E² + E.
constexpr std::int64_t kE = 768;
constexpr std::int64_t kTransformerLayer =
    2 * (2 * kE) + 4 * (kE * kE + kE) + (4 * kE * kE + 4 * kE) + (4 * kE * kE + kE);
// Each of T places goes through these weights once; queries are compared with T keys, and T values
// are summed up.
constexpr std::int64_t layer_macs(std::int64_t places) {
  return places * (4 * kE * kE + 8 * kE * kE) + 2 * places * places * kE;
}

// Dosovitskiy et al. 2021, Table 1: 12 layers, hidden size 768, 86 M parameters. 14 · 14 patches
// and the class: 197 places.
TEST(Zoo, VisionTransformerIsAsPublished) {
  const Graph graph = *find_model("vit_b_16");
  EXPECT_EQ(parameters_of(graph, "encoder.layers.encoder_layer_3."), kTransformerLayer);
  // Patches of 16·16·3, the class, places, the layers, the last norm, 1,000 classes.
  EXPECT_EQ(graph.parameters(), kE * (16 * 16 * 3 + 1) + kE + 197 * kE + 12 * kTransformerLayer +
                                    2 * kE + 1000 * (kE + 1));
  EXPECT_EQ(graph.macs(), 196 * kE * 768 + 12 * layer_macs(197) + 1000 * kE);
  EXPECT_EQ(graph.find_cut("layer12")->shape, (TensorShape{197, 768}));
}

// Liu et al. 2022, section 2 and Table 9 (ConvNeXt-T): blocks of 96, 192, 384 and 768 channels, 3,
// 3, 9 and 3 of them. A block of C: 7·7 weights and a bias a channel, a norm, to 4C and back, a
// scale: 50C + 2C + (4C² + 4C) + (4C² + C) + C.
TEST(Zoo, ConvNextIsAsPublished) {
  const Graph graph = *find_model("convnext_tiny");
  const auto block = [](std::int64_t c) { return 8 * c * c + 58 * c; };
  EXPECT_EQ(parameters_of(graph, "features.1.0."), block(96));
  EXPECT_EQ(parameters_of(graph, "features.7.2."), block(768));
  // Between stages a norm of C and 2·2 kernels to 2C; the stem 4·4·3 to 96 and a norm.
  const auto down = [](std::int64_t c) { return 2 * c + 2 * c * (4 * c + 1); };
  EXPECT_EQ(graph.parameters(), 96 * (48 + 1) + 2 * 96 + 3 * block(96) + 3 * block(192) +
                                    9 * block(384) + 3 * block(768) + down(96) + down(192) +
                                    down(384) + 2 * kE + 1000 * (kE + 1));
  EXPECT_EQ(graph.find_cut("CN18")->shape, (TensorShape{768, 7, 7}));
}

// Devlin et al. 2019, section 3: 12 layers, hidden size 768, "110M" with the pooler and 30,000
// pieces' table, which has 30,522 rows. The pooler's E² + E are not here. GPT-2: 50,257 pieces,
// 1,024 places ("117M" in Radford et al. 2019, which its authors corrected to 124 M).
TEST(Zoo, LanguageModelsAreAsPublished) {
  const Graph bert = *find_model("bert-base");
  EXPECT_EQ(parameters_of(bert, "encoder.layer.11."), kTransformerLayer);
  EXPECT_EQ(bert.parameters(), (30'522 + 512 + 2) * kE + 2 * kE + 12 * kTransformerLayer);
  EXPECT_EQ(bert.parameters() + kE * kE + kE, 109'482'240) << "with the pooler";
  EXPECT_EQ(bert.macs(), 12 * layer_macs(128));
  const Graph gpt2 = *find_model("gpt2");
  EXPECT_EQ(parameters_of(gpt2, "h.0."), kTransformerLayer);
  EXPECT_EQ(gpt2.parameters(), (50'257 + 1'024) * kE + 12 * kTransformerLayer + 2 * kE);
  EXPECT_EQ(gpt2.parameters(), 124'439'808);
  EXPECT_EQ(gpt2.macs(), 12 * layer_macs(128) + 128 * kE * 50'257) << "with the table's rows";
  EXPECT_EQ(bert.layers().back().shape, (TensorShape{128, 768}));
  EXPECT_EQ(gpt2.layers().back().shape, (TensorShape{128, 50'257}));
}

// A decoder's step reads one token behind those that it has kept: of each layer 12·E² products with
// weights, and E with the keys and E with the values of each place that it sees, itself among them.
// The answer is for the last place alone, however many are read.
TEST(Zoo, SequencesAreAsLongAsTheirNamesSay) {
  EXPECT_EQ(find_model("bert-base@256")->macs(), 12 * layer_macs(256));
  EXPECT_EQ(find_model("bert-base@256")->parameters(), find_model("bert-base")->parameters());
  EXPECT_EQ(find_model("bert-base@128")->name(), "bert-base") << "its usual length";
  const Graph step = *find_model("gpt2@1+127");
  EXPECT_EQ(step.name(), "gpt2@1+127");
  EXPECT_EQ(step.macs(), 12 * (12 * kE * kE + 256 * kE) + kE * 50'257);
  EXPECT_EQ(step.parameters(), find_model("gpt2")->parameters());
  EXPECT_EQ(step.layers().back().shape, (TensorShape{1, 50'257}));
  EXPECT_EQ(step.find_cut("layer6")->shape, (TensorShape{1, 768}))
      << "what is kept crosses nowhere";
  EXPECT_EQ(find_model("gpt2@128+0")->macs(), 12 * layer_macs(128) + kE * 50'257);
  EXPECT_EQ(find_model("senna-like@10")->macs(), 10 * (250 * 300 + 300 * 45));
  EXPECT_EQ(find_model("deep-speech-like@7")->layers().back().shape, (TensorShape{7, 29}));
}

TEST(Zoo, LengthsThatANetworkCannotReadAreRefused) {
  const auto refused = [](const char* name, const std::string& why) {
    EXPECT_THAT([&] { static_cast<void>(find_model(name)); },
                ::testing::ThrowsMessage<std::invalid_argument>(::testing::HasSubstr(why)))
        << name;
  };
  refused("bert-base@513", "'bert-base' reads at most 512 tokens");
  refused("gpt2@1000+25", "'gpt2' reads at most 1024 tokens");
  refused("gpt2@1+9223372036854775807", "at most 1024");
  refused("bert-base@1+2", "generates nothing");
  refused("resnet50@3", "reads no sequence");
  for (const char* name : {"gpt2@", "gpt2@0", "gpt2@-1", "gpt2@x", "gpt2@1+", "gpt2@1+x",
                           "gpt2@1+-1", "gpt2@9999999999999999999", "gpt2@1@2"}) {
    refused(name, "a length is a number of tokens");
  }
  EXPECT_FALSE(find_model("gpt9@3"));
}

// Mehta and Rastegari 2022, Fig. 1b and Table 4 (S): an inverted residual of c to o channels has
// c·4c + 9·4c + 4c·o weights and norms of 2·(4c + 4c + o); a transformer layer of d features, as
// elsewhere, but with twice d inside: 4·(d² + d) + 4·d² + 3·d + 4·d; around them 9c² + c·d, the
// norm's 2d, d·c + 9·2c·c, and norms of the three convolutions that have one.
TEST(Zoo, MobileVitHasTheCountsOfItsStructure) {
  const auto residual = [](int c, int o) {
    return c * 4 * c + 9 * 4 * c + 4 * c * o + 2 * (4 * c + 4 * c + o);
  };
  const auto vit = [](int c, int d, int layers) {
    const int layer = 4 * (d * d + d) + (2 * d * d + 2 * d) + (2 * d * d + d) + 2 * 2 * d;
    return 9 * c * c + c * d + layers * layer + 2 * d + d * c + 9 * 2 * c * c + 3 * 2 * c;
  };
  const Graph graph = *find_model("mobilevit-like");
  EXPECT_EQ(graph.parameters(), 9 * 3 * 16 + 2 * 16 + residual(16, 32) + residual(32, 64) +
                                    2 * residual(64, 64) + residual(64, 96) + vit(96, 144, 2) +
                                    residual(96, 128) + vit(128, 192, 4) + residual(128, 160) +
                                    vit(160, 240, 3) + 160 * 640 + 2 * 640 + 641 * 1000);
  EXPECT_EQ(graph.find_cut("ViT1")->shape, (TensorShape{96, 32, 32}));
  EXPECT_EQ(graph.find_cut("ViT3")->shape, (TensorShape{160, 8, 8}));
}

// Caffe's model zoo: 11·11 kernels in steps of 4 without a border make 54 rows of 224, pools of 3
// in steps of 2 that may hang over the edge 27, 13 and 6. Its file of weights has 29 MB (of 2²⁰).
TEST(Zoo, NetworkInNetworkIsAsPublished) {
  const Graph graph = nin();
  const auto of = [&](const char* layer) { return graph.layer(*graph.find_layer(layer)); };
  EXPECT_EQ(of("conv1").shape, (TensorShape{96, 54, 54}));
  EXPECT_EQ(of("pool0").shape, (TensorShape{96, 27, 27}));
  EXPECT_EQ(of("pool2").shape, (TensorShape{256, 13, 13}));
  EXPECT_EQ(of("pool3").shape, (TensorShape{384, 6, 6}));
  EXPECT_EQ(graph.parameters(),
            96 * (11 * 11 * 3 + 1) + 2 * 96 * (96 + 1) + 256 * (5 * 5 * 96 + 1) +
                2 * 256 * (256 + 1) + 384 * (3 * 3 * 256 + 1) + 2 * 384 * (384 + 1) +
                1024 * (3 * 3 * 384 + 1) + 1024 * (1024 + 1) + 1000 * (1024 + 1));
  EXPECT_NEAR(static_cast<double>(graph.parameters()) * 4 / (1 << 20), 29, 0.5);
  EXPECT_EQ(graph.layers().back().shape, TensorShape{1000});
}

// Vinyals et al. 2016, section 4.1.1: four modules of 64 3×3 filters, batch norm, ReLU, 2×2
// pooling; 28×28 pictures become 1×1×64.
TEST(Zoo, MatchingNetIsAsPublished) {
  const Graph graph = *find_model("matching-net");
  EXPECT_EQ(graph.find_cut("module4")->shape, (TensorShape{64, 1, 1}));
  EXPECT_EQ(graph.parameters(), 64 * (9 + 1) + 3 * 64 * (9 * 64 + 1) + 4 * 2 * 64);
}

// Isola et al. 2017, section 6.1.1: C64-C128-C256-C512-C512-C512-C512-C512 down and the same up,
// 4×4 kernels in steps of 2, skips between; no batch norm in the first layer and (in the code) at
// the bottom. Weights without biases but in the last layer, as a batch norm follows.
TEST(Zoo, UNetIsAsPublished) {
  const Graph graph = *find_model("pix2pix-unet");
  constexpr int kDown = 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 4 * 512 * 512);
  constexpr int kDownNorms = 2 * (128 + 256 + 4 * 512);
  // What comes up is twice as deep but at the bottom: the skip lies beside it.
  constexpr int kUp =
      16 * (512 * 512 + 3 * 1024 * 512 + 1024 * 256 + 512 * 128 + 256 * 64 + 128 * 3) + 3;
  constexpr int kUpNorms = 2 * (4 * 512 + 256 + 128 + 64);
  EXPECT_EQ(graph.parameters(), kDown + kDownNorms + kUp + kUpNorms);
  EXPECT_NEAR(static_cast<double>(graph.parameters()) / 1e6, 54.414, 0.0005)
      << "as the code prints";
  EXPECT_EQ(graph.layers().back().shape, (TensorShape{3, 256, 256}));
  const std::vector<Cut> cuts = graph.block_cuts();
  ASSERT_EQ(cuts.size(), 2U) << "elsewhere the skips cross too";
  EXPECT_EQ(cuts[0].name, "down1");
  EXPECT_EQ(cuts[1].name, "up2");
}

TEST(Zoo, NetworksOfSpeechAndTextHaveTheCountsOfTheirStructure) {
  const auto dense = [](int in, int out) { return (in + 1) * out; };
  EXPECT_EQ(find_model("acoustic-dnn")->parameters(),
            dense(429, 2048) + 4 * dense(2048, 2048) + dense(2048, 1955));
  // Each way of the recurrent layer has weights of inputs and states, and biases of both.
  EXPECT_EQ(
      find_model("deep-speech-like")->parameters(),
      dense(19 * 160, 2048) + 3 * dense(2048, 2048) + 2 * 2 * dense(2048, 2048) + dense(2048, 29));
  EXPECT_EQ(find_model("deep-speech-like")->macs(),
            std::int64_t{100} * (3040 * 2048 + 7 * 2048 * 2048 + 2048 * 29));
  EXPECT_EQ(find_model("senna-like")->parameters(),
            130'000 * 50 + dense(5 * 50, 300) + dense(300, 45));
  EXPECT_EQ(find_model("senna-like")->macs(), 32 * (250 * 300 + 300 * 45));
}

TEST(Zoo, ChairGeneratorHasTheCountsOfItsStructure) {
  const Graph graph = *find_model("chair-generator-like");
  const auto dense = [](int in, int out) { return (in + 1) * out; };
  const auto up = [](int in, int out) { return (25 * in + 1) * out; };
  EXPECT_EQ(graph.parameters(), dense(809, 512) + dense(4, 512) + dense(12, 512) +
                                    3 * dense(512, 512) + dense(3 * 512, 1024) + dense(1024, 1024) +
                                    dense(1024, 256 * 64) + up(256, 256) + up(256, 92) +
                                    up(92, 48) + up(48, 3));
  EXPECT_EQ(graph.layers().back().shape, (TensorShape{3, 128, 128}));
}

TEST(Zoo, LabelsTheBlocksOfEachFamily) {
  const auto labels = [](const char* model) {
    std::string names;
    for (const Cut& cut : find_model(model)->block_cuts()) names += cut.name + " ";
    return names;
  };
  EXPECT_EQ(labels("resnet18"), "RB1 RB2 RB3 RB4 RB5 RB6 RB7 RB8 ");
  EXPECT_EQ(labels("alexnet"), "conv1 conv2 conv3 conv4 conv5 fc6 fc7 ");
  // Their blocks are called as the convolutions that begin them: the cuts have their last layers'.
  EXPECT_EQ(labels("alexnet-2012"), "pool1 pool2 relu3 relu4 pool5 relu6 relu7 ");
  EXPECT_EQ(labels("overfeat"), "pool1 pool2 relu3 relu4 pool5 relu6 relu7 ");
  EXPECT_EQ(labels("vgg16"), "conv1 conv2 conv3 conv4 conv5 fc6 fc7 ");
  EXPECT_EQ(labels("squeezenet1_0"), "conv1 fire2 fire3 fire4 fire5 fire6 fire7 fire8 fire9 ");
  EXPECT_EQ(find_model("mobilenet_v2")->block_cuts().size(), 17U);
  EXPECT_EQ(labels("nin"), "mlpconv1 mlpconv2 mlpconv3 ");
  EXPECT_EQ(labels("matching-net"), "module1 module2 module3 module4 ");
  EXPECT_EQ(labels("convnext_tiny"),
            "stem CN1 CN2 CN3 down1 CN4 CN5 CN6 down2 CN7 CN8 CN9 CN10 CN11 CN12 CN13 CN14 CN15 "
            "down3 CN16 CN17 CN18 ");
  const std::string transformer =
      "stem layer1 layer2 layer3 layer4 layer5 layer6 layer7 layer8 layer9 layer10 layer11 ";
  EXPECT_EQ(labels("vit_b_16"), transformer + "layer12 ");
  EXPECT_EQ(labels("gpt2"), transformer + "layer12 ");
  EXPECT_EQ(labels("mobilevit-like"), "stem MV1 MV2 MV3 MV4 MV5 ViT1 MV6 ViT2 MV7 ViT3 ");
  EXPECT_EQ(labels("bert-base"), transformer) << "layer12 ends with the output";
  EXPECT_EQ(labels("senna-like"), "words window ");
  EXPECT_EQ(labels("acoustic-dnn"), "hidden1 hidden2 hidden3 hidden4 hidden5 ");
  EXPECT_EQ(labels("deep-speech-like"), "dense1 dense2 dense3 recurrent dense5 ");
  EXPECT_EQ(labels("chair-generator-like"), "parts fc3 fc4 fc5 uconv1 uconv2 uconv3 ");
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

// "1,248,424"
// Ren et al. 2015: of 600 x 1,000, Caffe's pools leave 38 x 63 places, "~2,400" (section 3.1.1);
// each has nine anchors; 300 regions (section 3.3) of 512 x 7 x 7 go through VGG's two linear
// layers.
TEST(Zoo, FasterRCnnIsAsPublished) {
  const Graph graph = *find_model("faster-rcnn-vgg16");
  const auto of = [&](const char* layer) { return graph.layer(*graph.find_layer(layer)); };
  EXPECT_EQ(of("relu5_3").shape, (TensorShape{512, 38, 63}));
  EXPECT_EQ(of("rpn_conv").parameters, 512 * (9 * 512 + 1));
  EXPECT_EQ(of("rpn_cls_score").shape, (TensorShape{18, 38, 63}));
  EXPECT_EQ(of("rpn_bbox_pred").shape, (TensorShape{36, 38, 63}));
  constexpr std::int64_t kHidden = 4096;
  constexpr std::int64_t kOutputs = 21 + 84;
  constexpr std::int64_t kFc6 = std::int64_t{512} * 49 * kHidden;
  constexpr std::int64_t kFc7 = kHidden * kHidden;
  EXPECT_EQ(of("detection").macs, 300 * (kFc6 + kFc7 + kHidden * kOutputs));
  EXPECT_EQ(of("detection").parameters, kFc6 + kFc7 + kHidden * kOutputs + 2 * kHidden + kOutputs);
  // 14,714,688 of VGG's convolutions, as torchvision's `features` have, and 2,387,510 of the RPN:
  // 512·(9·512 + 1) + 18·513 + 36·513.
  EXPECT_EQ(graph.parameters(), 14'714'688 + 2'387'510 + 119'976'041);
  // What crosses behind the features is the last that is one tensor.
  EXPECT_EQ(graph.cuts().back().name, "conv5");
  EXPECT_EQ(graph.cuts().back().unit_channels, 512);
}

std::string with_commas(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

TEST(Zoo, IsAsItsPageSays) {
  std::ifstream file{PAPILIO_SOURCE_DIR "/docs/models/zoo.md"};
  const std::string page{std::istreambuf_iterator<char>{file}, {}};
  for (const ZooEntry& entry : zoo_entries()) {
    const std::size_t begin = page.find(fmt::format("\n| `{}` | ", entry.name));
    ASSERT_NE(begin, std::string::npos) << entry.name << " has no row";
    const std::string row = page.substr(begin, page.find('\n', begin + 1) - begin);
    const Graph graph = entry.build();
    const std::string counts = fmt::format(" | {} | {:.3f} | ", with_commas(graph.parameters()),
                                           static_cast<double>(graph.macs()) / 1e9);
    EXPECT_NE(row.find(counts), std::string::npos) << row << " must have" << counts;
    EXPECT_NE(row.find(" | " + text(graph.layers().front().shape)), std::string::npos) << row;
  }
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
