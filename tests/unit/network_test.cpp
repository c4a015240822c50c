// Claims: at every cut of every small network the two halves give the whole's bits; weights go in
// and out unchanged, and what does not fit is told by name; folding changes rounding only, and so
// does another number format; a seed decides the weights.

#include "models/tensor/network.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/tensor/weight_names.hpp"
#include "models/zoo/zoo.hpp"
#include "sim/base/error.hpp"
#include "tests/support/sanitized.hpp"

namespace papilio {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

at::Tensor random_images(const Graph& graph, std::int64_t count) {
  at::manual_seed(1);
  const TensorShape& shape = graph.layers().front().shape;
  return at::randn({count, shape.channels(), shape.height(), shape.width()});
}

/// With running statistics that are not the identity.
Network random_network(Graph graph, std::uint64_t seed) {
  Network network{std::move(graph)};
  network.initialize(seed);
  StateDict weights = network.weights();
  at::manual_seed(seed);
  for (auto& [name, tensor] : weights) {
    for (float& value : tensor.values) {
      if (name.ends_with("running_mean")) value = at::rand({1}).item<float>() * 0.2F;
      if (name.ends_with("running_var")) value = 0.5F + at::rand({1}).item<float>();
    }
  }
  network.load(weights, "random");
  return network;
}

TEST(Network, HalvesGiveTheBitsOfTheWholeAtEveryCut) {
  for (const char* model : {"resnet20-cifar10", "resnet50-narrow", "squeezenet1_0"}) {
    Graph graph = *find_model(model);
    if (graph.name() == "squeezenet1_0") graph = adapted(graph, TensorShape{3, 64, 64}, 10);
    const Network network = random_network(graph, 2);
    const at::Tensor images = random_images(graph, 2);
    const at::Tensor whole = network.forward(images);
    EXPECT_GT(whole.abs().max().item<float>(), 0);
    const std::vector<Cut> cuts = graph.cuts();
    for (std::size_t i = 0; i < cuts.size(); i += fewer(1U, 5U)) {
      const Cut& cut = cuts[i];
      const at::Tensor features = network.prefix(images, cut);
      EXPECT_EQ(features.size(1), cut.shape.channels()) << cut.name;
      const at::Tensor copy = features.clone();
      ASSERT_TRUE(at::equal(network.suffix(features, cut), whole)) << model << " " << cut.name;
      EXPECT_TRUE(at::equal(features, copy)) << "the halves share what they were given";
    }
  }
}

TEST(Network, WithAUnitComputesAtEveryBlock) {
  const Graph graph = *find_model("resnet20-cifar10");
  const at::Tensor images = random_images(graph, 2);
  for (const std::int64_t stride : {1, 2, 3}) {
    const std::vector<Cut> cuts = graph.block_cuts();
    for (std::size_t i = 0; i < cuts.size(); i += fewer(1U, 4U)) {
      const Cut& cut = cuts[i];
      const ButterflyGraph unit = insert_butterfly(graph, cut, 2, stride);
      const Network network = random_network(unit.graph, 3);
      const at::Tensor features = network.prefix(images, unit.cut);
      EXPECT_EQ(features.sizes().vec(),
                (std::vector<std::int64_t>{2, 2, unit.cut.shape.height(), unit.cut.shape.width()}));
      EXPECT_TRUE(at::equal(network.suffix(features, unit.cut), network.forward(images)));
    }
  }
}

TEST(Network, ConvertedHasEveryWeightInThatFormat) {
  Network network = random_network(*find_model("resnet20-cifar10"), 4).folded();
  const Network half = network.converted(at::kHalf);
  EXPECT_EQ(half.type(), at::kHalf);
  const std::vector<at::Tensor> before = network.parameters();
  const std::vector<at::Tensor> after = half.parameters();
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i].scalar_type(), at::kHalf);
    EXPECT_EQ(before[i].scalar_type(), at::kFloat) << "the original is left alone";
    EXPECT_TRUE(at::equal(after[i], before[i].to(at::kHalf)));
  }
}

// LibTorch computes with halves on GPUs alone, but on a CPU with bfloat16: the same way through the
// code, of 8 significant bits.
TEST(Network, ConvertedComputesInThatFormat) {
  for (const char* model : {"resnet20-cifar10", "squeezenet1_0"}) {
    Graph graph = *find_model(model);
    if (graph.name() == "squeezenet1_0") graph = adapted(graph, TensorShape{3, 64, 64}, 10);
    const Network network = random_network(graph, 4).folded();
    const at::Tensor images = random_images(graph, 2);
    const at::Tensor exact = network.forward(images);
    const at::Tensor rough = network.converted(at::kBFloat16).forward(images.to(at::kBFloat16));
    EXPECT_EQ(rough.scalar_type(), at::kBFloat16);
    const float scale = exact.abs().max().item<float>();
    EXPECT_LT((rough.to(at::kFloat) - exact).abs().max().item<float>(), 0.1F * scale) << model;
    EXPECT_FALSE(at::equal(rough.to(at::kFloat), exact)) << "nothing was rounded";
  }
}

TEST(Network, FoldedDiffersByRoundingOnly) {
  const Graph graph = *find_model("resnet20-cifar10");
  for (const std::int64_t stride : {1, 2}) {
    const Network network =
        random_network(insert_butterfly(graph, graph.block_cuts()[3], 4, stride).graph, 4);
    const at::Tensor images = random_images(graph, 4);
    const at::Tensor whole = network.forward(images);
    const at::Tensor folded = network.folded().forward(images);
    EXPECT_FALSE(at::equal(folded, whole));  // it did something
    EXPECT_LE(((folded - whole).abs().max() / whole.abs().max()).item<double>(), 1e-4);
  }
}

// Convolutions, sums, ReLUs and pools hand pictures on in oneDNN's order, but where nothing of them
// reads it: here what the sigmoid and the rows are made of.
TEST(Network, PackedDiffersByRoundingOnly) {
  if (!can_pack()) GTEST_SKIP() << "needs a LibTorch with oneDNN";
  Graph graph{"n", "t"};
  // 32 · 32 · 64 · 64 · 9 = 38 million multiply-accumulates; of three channels 7, with 2 groups 19.
  const ConvOp conv{.out_channels = 64, .kernel = 3, .padding = 1, .bias = true};
  graph.add("in", InputOp{{3, 64, 64}}, {});
  graph.add("conv1", conv, {0});
  graph.add("relu1", ReluOp{}, {1});
  graph.add("pool", MaxPoolOp{.kernel = 3, .stride = 2, .padding = 1}, {2});
  graph.add("conv2", ConvOp{.out_channels = 64, .kernel = 3, .padding = 1, .groups = 2}, {3});
  graph.add("relu2", ReluOp{}, {4});
  graph.add("conv3", conv, {5});
  graph.add("sum", AddOp{}, {6, 3});
  graph.add("relu3", ReluOp{}, {7});
  graph.add("conv4", conv, {8});
  graph.add("sigmoid", ActivationOp{}, {9});
  graph.add("product", MultiplyOp{}, {10, 8});
  graph.add("conv5", conv, {11});
  graph.add("mean", GlobalAvgPoolOp{}, {12});
  graph.add("rows", ReshapeOp{{1024, 64}}, {9});
  graph.add("linear", LinearOp{.out_features = 8}, {14});
  graph.add("fc", LinearOp{.out_features = 8}, {13});
  graph.add("last", AddOp{}, {15, graph.add("row", ReshapeOp{{1, 8}}, {16})});
  const std::vector<bool> blocked =
      blocked_layers(graph, std::vector<bool>(graph.layers().size(), false));
  for (const char* name :
       {"conv1", "relu1", "pool", "conv2", "relu2", "conv3", "sum", "relu3", "conv5"}) {
    EXPECT_TRUE(blocked[*graph.find_layer(name)]) << name;
  }
  for (const char* name : {"conv4", "sigmoid", "product", "mean", "linear"}) {
    EXPECT_FALSE(blocked[*graph.find_layer(name)]) << name;
  }
  const Network plain = random_network(graph, 6);
  const Network packed = plain.packed();
  for (const std::int64_t samples : {1, 3}) {
    const at::Tensor images = random_images(graph, samples);
    const at::Tensor before = images.clone();
    const at::Tensor whole = plain.forward(images);
    const at::Tensor answer = packed.forward(images);
    EXPECT_LE(((answer - whole).abs().max() / whole.abs().max()).item<double>(), 1e-5);
    EXPECT_TRUE(at::equal(images, before));
    EXPECT_FALSE(packed.output_of(*graph.find_layer("conv3"), {{0, images}}).is_mkldnn());
    for (const Cut& cut : graph.cuts()) {
      const at::Tensor crossing = packed.prefix(images, cut);
      EXPECT_FALSE(crossing.is_mkldnn()) << cut.name;
      const at::Tensor kept = crossing.clone();
      EXPECT_TRUE(at::equal(packed.suffix(crossing, cut), answer)) << cut.name;
      EXPECT_TRUE(at::equal(crossing, kept)) << cut.name << ": the caller's";
    }
  }
}

// A folded norm hands its convolution's picture on as it is.
TEST(Network, PackedAfterFoldingDiffersByRoundingOnly) {
  if (!can_pack()) GTEST_SKIP() << "needs a LibTorch with oneDNN";
  const Graph graph = adapted(*find_model("resnet18"), TensorShape{3, 64, 64}, 10);
  std::vector<bool> folds;
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    folds.push_back(graph.folds_into_convolution(id));
  }
  const std::vector<bool> blocked = blocked_layers(graph, folds);
  EXPECT_TRUE(blocked[*graph.find_layer("bn1")]);
  EXPECT_TRUE(blocked[*graph.find_layer("maxpool")]);
  const Network folded = random_network(graph, 7).folded();
  const at::Tensor images = random_images(graph, 2);
  const at::Tensor whole = folded.forward(images);
  const Network packed = folded.packed();
  EXPECT_LE(((packed.forward(images) - whole).abs().max() / whole.abs().max()).item<double>(),
            1e-5);
  for (const Cut& cut : graph.block_cuts()) {
    EXPECT_TRUE(at::equal(packed.suffix(packed.prefix(images, cut), cut), packed.forward(images)))
        << cut.name;
  }
}

// The first reader sees the convolution as it is: folding would norm what it reads, too.
TEST(Network, FoldsNoConvolutionThatAnotherLayerReads) {
  Graph graph{"shared", ""};
  graph.add("in", InputOp{{2, 4, 4}}, {});
  graph.add("conv", ConvOp{.out_channels = 3}, {0});
  graph.add("relu", ReluOp{}, {1});
  graph.add("norm", BatchNormOp{}, {1});
  graph.add("sum", AddOp{}, {2, 3});
  EXPECT_FALSE(graph.folds_into_convolution(3));
  const Network network = random_network(graph, 5);
  const at::Tensor images = random_images(graph, 2);
  const at::Tensor whole = network.forward(images);
  EXPECT_LE((network.folded().forward(images) - whole).abs().max().item<double>(),
            1e-5 * whole.abs().max().item<double>());
}

TEST(Network, KeepsItsWeights) {
  const Network one = random_network(*find_model("resnet20-cifar10"), 5);
  Network other{*find_model("resnet20-cifar10")};
  other.load(one.weights(), "one");
  EXPECT_EQ(other.weights(), one.weights());
  // The trained numbers that the graph counts, and two running ones for each of a norm's channels.
  std::size_t numbers = 0;
  for (const auto& [name, tensor] : one.weights()) {
    if (!name.ends_with("running_mean") && !name.ends_with("running_var"))
      numbers += tensor.values.size();
  }
  EXPECT_EQ(numbers, 269'722U);
}

TEST(Network, TellsWhichTensorDoesNotFit) {
  Network network{*find_model("resnet20-cifar10")};
  const StateDict good = network.weights();
  const auto refuses = [&](const StateDict& weights, const char* text) {
    EXPECT_THAT([&] { network.load(weights, "w.pt"); },
                ThrowsMessage<ConfigError>(AllOf(HasSubstr("w.pt: error: "), HasSubstr(text))));
  };
  StateDict missing = good;
  missing["linear.wieght"] = missing["linear.weight"];
  missing.erase("linear.weight");
  refuses(missing,
          "has no tensor 'linear.weight', which 'resnet20-cifar10' needs; did you mean "
          "'linear.wieght'?");
  StateDict other = good;
  other["linear.weight"] = {{100, 64}, std::vector<float>(6400)};
  refuses(other,
          "the tensor 'linear.weight' is [100 x 64], but 'resnet20-cifar10' needs [10 x 64]");
  StateDict more = good;
  more["layer4.0.conv1.weight"] = {{1}, {0}};
  refuses(more, "the tensor 'layer4.0.conv1.weight' [1] has no place in 'resnet20-cifar10'");
  StateDict counted = good;
  counted["bn1.num_batches_tracked"] = {{}, {7}};
  EXPECT_NO_THROW(network.load(counted, "w.pt"));
  EXPECT_NO_THROW(network.load(other, "w.pt", {"linear"}));  // a layer that keeps its own
}

// Wrappers name a module's weights anew: DataParallel, torch.compile, a module that holds another.
TEST(Network, TakesTheNamesThatWrappersGive) {
  const Network one = random_network(*find_model("resnet20-cifar10"), 5);
  for (const char* prefix : {"module.", "model.", "_orig_mod.", "backbone.", "module._orig_mod.",
                             "_orig_mod.module.model."}) {
    StateDict wrapped;
    for (const auto& [name, tensor] : one.weights()) wrapped[prefix + name] = tensor;
    wrapped["criterion.weight"] = {{1}, {0}};  // beside the wrapped module
    Network other{*find_model("resnet20-cifar10")};
    EXPECT_THAT(other.load(wrapped, "w.pt"), ElementsAre("criterion.weight")) << prefix;
    EXPECT_EQ(other.weights(), one.weights()) << prefix;
  }
  // An imported network's own names may have such a prefix, and a file another or none.
  Graph graph{"own", "own"};
  const LayerId input = graph.add("input", InputOp{{3, 8, 8}}, {});
  graph.add("module.conv", ConvOp{.out_channels = 4, .kernel = 3}, {input});
  const StoredTensor weight{{4, 3, 3, 3}, std::vector<float>(108, 0.5F)};
  for (const char* prefix : {"module.", "", "model.module.", "_orig_mod."}) {
    const StateDict given{{std::string{prefix} + "conv.weight", weight}};
    Network network{graph};
    EXPECT_THAT(network.load(given, "w.pt"), ElementsAre()) << prefix;
    EXPECT_EQ(network.weights().at("module.conv.weight"), weight) << prefix;
  }
}

// A file may have a name behind each of 20,000 chains of wrappers; the network's are behind one.
TEST(Network, FindsItsNamesAmongThoseOfManyWrappers) {
  const Network network{*find_model("resnet20-cifar10")};
  std::set<std::string> needed;
  StateDict given;
  for (const auto& [name, tensor] : network.weights()) {
    needed.insert(name);
    given["_orig_mod.model." + name] = {{1}, {0}};
  }
  std::vector<std::string> chains{""};
  for (std::size_t i = 0; chains.size() < 20'000; ++i) {
    for (const char* wrapper : {"module.", "model.", "_orig_mod.", "backbone."}) {
      chains.push_back(chains[i] + wrapper);
      given[chains.back() + "conv1.weight"] = {{1}, {1}};
    }
  }
  const auto found = with_graph_names(given, network.graph(), needed);
  for (const std::string& name : needed) {
    ASSERT_TRUE(found.contains(name)) << name;
    EXPECT_EQ(found.at(name).name, "_orig_mod.model." + name);
  }
}

// ResNet-56 has every tensor of ResNet-20, of the same shape: taken for it, it would answer
// nonsense without a word. A second head, or a loss with weights, changes nothing.
TEST(Network, TellsWhatIsLeftOverFromAnotherNetwork) {
  Network network{*find_model("resnet20-cifar10")};
  const StateDict good = network.weights();
  const auto with = [&](const std::vector<std::string>& names) {
    StateDict weights = good;
    for (const std::string& name : names) weights[name] = {{1}, {0}};
    return weights;
  };
  EXPECT_THAT(network.load(with({"aux.0.weight", "aux.0.bias", "scale", "bn1.num_batches_tracked",
                                 "layer1.total_ops", "bn1.steps"}),
                           "w.pt"),
              ElementsAre("aux.0.bias", "aux.0.weight", "bn1.steps", "scale"));
  for (const char* name : {"layer1.3.conv1.weight", "layer4.0.conv1.weight", "conv2.weight",
                           "conv1.bias", "layer1.0.se.fc.weight", "linear.extra.weight"}) {
    EXPECT_THAT([&] { network.load(with({name}), "w.pt"); },
                ThrowsMessage<ConfigError>(HasSubstr(fmt::format(
                    "w.pt: error: the tensor '{}' [1] has no place in 'resnet20-cifar10'", name))));
  }
  // SqueezeNet's layers all lie in two modules, which may hold more.
  Network squeezenet{*find_model("squeezenet1_0")};
  StateDict more = squeezenet.weights();
  more["features.aux.weight"] = {{1}, {0}};
  EXPECT_THAT(squeezenet.load(more, "w.pt"), ElementsAre("features.aux.weight"));
  more["features.40.weight"] = {{1}, {0}};
  EXPECT_THAT([&] { squeezenet.load(more, "w.pt"); },
              ThrowsMessage<ConfigError>(HasSubstr("the tensor 'features.40.weight' [1] has no")));
  EXPECT_THAT([&] { network.load(Network{*find_model("resnet56-cifar10")}.weights(), "w.pt"); },
              ThrowsMessage<ConfigError>(HasSubstr("the weights of another network?")));
  std::vector<std::string> many;
  for (std::size_t i = 0; i <= good.size(); ++i) many.push_back(fmt::format("other.m{}.weight", i));
  EXPECT_THAT([&] { network.load(with(many), "w.pt"); },
              ThrowsMessage<ConfigError>(HasSubstr("the weights of another network?")));
  EXPECT_THAT([&] { network.load(Network{*find_model("alexnet")}.weights(), "w.pt"); },
              ThrowsMessage<ConfigError>(HasSubstr("has none of the ")));
}

TEST(Network, TakesSqueezeNetsNamesOfCaffe) {
  Network network{*find_model("squeezenet1_0")};
  network.initialize(6);
  StateDict caffe;
  for (const auto& [name, tensor] : network.weights()) {
    // features.3.squeeze.weight is fire2_conv1x1_1.weight, and so on.
    const std::size_t dot = name.rfind('.');
    const std::string layer = name.substr(0, dot);
    const std::string block = network.graph().layer(*network.graph().find_layer(layer)).block;
    std::string renamed = layer == "features.0" ? "conv1" : "conv_final";
    if (layer.ends_with("squeeze")) renamed = block + "_conv1x1_1";
    if (layer.ends_with("expand1x1")) renamed = block + "_conv1x1_2";
    if (layer.ends_with("expand3x3")) renamed = block + "_conv3x3_2";
    caffe[renamed + name.substr(dot)] = tensor;
  }
  Network other{*find_model("squeezenet1_0")};
  other.load(caffe, "caffe");
  EXPECT_EQ(other.weights(), network.weights());
}

TEST(Network, IsDrawnFromItsSeed) {
  const auto drawn = [](std::uint64_t seed) {
    Network network{*find_model("resnet20-cifar10")};
    network.initialize(seed);
    return network.weights();
  };
  EXPECT_EQ(drawn(1), drawn(1));
  EXPECT_NE(drawn(1), drawn(2));
  // Kaiming over the outputs: a 3×3 convolution to 64 channels has variance 2 / (64 · 9).
  const StoredTensor weight = drawn(3).at("layer3.1.conv1.weight");
  double squares = 0;
  for (const float value : weight.values) squares += value * value;
  EXPECT_NEAR(squares / static_cast<double>(weight.values.size()), 2.0 / (64 * 9), 2e-4);
}

// A flat tensor is a view: what is computed in place of it must not change what others read under
// it, nor the caller's picture.
TEST(Network, ChangesNothingThatIsReadThroughAnotherView) {
  Graph graph{"n", "t"};
  graph.add("input", InputOp{{2, 2, 2}}, {});
  const LayerId conv = graph.add("conv", ConvOp{.out_channels = 2}, {0});
  const LayerId flat = graph.add("flat", FlattenOp{}, {conv});
  const LayerId relu = graph.add("relu", ReluOp{}, {flat});
  const LayerId fc = graph.add("fc", LinearOp{.out_features = 2}, {relu});
  const LayerId pool = graph.add("pool", GlobalAvgPoolOp{}, {conv});
  graph.add("sum", AddOp{}, {fc, graph.add("flat_2", FlattenOp{}, {pool})});
  Network network{graph};
  network.initialize(1);
  const std::vector<at::Tensor> weights = network.parameters();  // conv, then fc and its bias
  const at::Tensor picture = at::linspace(-1, 1, 8).reshape({1, 2, 2, 2});
  const at::Tensor x = at::conv2d(picture, weights[0]);
  const at::Tensor expected =
      at::linear(at::relu(at::flatten(x, 1)), weights[1], weights[2]) + x.mean({2, 3});
  EXPECT_LT((network.forward(picture) - expected).abs().max().item<double>(), 1e-6);

  Graph straight{"n", "t"};
  straight.add("input", InputOp{{2, 2, 2}}, {});
  straight.add("flat", FlattenOp{}, {0});
  straight.add("relu", ReluOp{}, {1});
  EXPECT_GE(Network{straight}.forward(picture).min().item<double>(), 0);
  EXPECT_LT(picture.min().item<double>(), 0) << "the caller's";
}

}  // namespace
}  // namespace papilio
