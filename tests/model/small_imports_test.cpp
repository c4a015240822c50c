// Claims: small networks that do what importers fall over (operations in place, weights that
// several layers share, names that collide, further outputs, layers aside) are imported with the
// numbers that follow from their code, compute what their file does, or are refused by name.

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <vector>

#include "models/import/check.hpp"
#include "models/import/torchscript.hpp"
#include "models/networks/network_file.hpp"
#include "models/tensor/network.hpp"
#include "models/tensor/runtime.hpp"
#include "sim/base/error.hpp"
#include "tests/support/made_networks.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::made;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

const TensorShape kPicture{3, 32, 32};
const std::vector<NamedInput> kInputs{{.name = {}, .shape = kPicture}};
// Of the convolutions a (3 to 8 channels) and b (8 to 8), both 3×3, and the classifier.
constexpr std::int64_t kA = 8 * 3 * 9 + 8;
constexpr std::int64_t kB = 8 * 8 * 9 + 8;
constexpr std::int64_t kFc = 8 * 10 + 10;

std::vector<std::string> block_cuts(const Graph& graph) {
  std::vector<std::string> names;
  for (const Cut& cut : graph.block_cuts()) names.push_back(cut.name);
  return names;
}

TEST(SmallArchives, ComputeWhatTheirFilesDo) {
  // Each with its parameters as PyTorch counts them in the layers that the output depends on.
  const std::map<std::string, std::int64_t> known{
      {"inplace", kA + kB + kFc},
      {"inplace-script", kA + kB + kFc},
      {"renamed", kA + kB + kFc},
      {"renamed-script", kA + kB + kFc},
      {"through-a-view-script", kA + 8 * 32 * 32 * 10 + 10},
      {"sliced", kA + kB + kFc},
      {"sliced-script", kA + kB + kFc},
      {"half-tied", kA + kB + 8 + kFc},
      {"shared", kA + kB + 16 + kFc},
      {"shared-script", kA + kB + 16 + kFc},
      {"tied", kA + kB + kFc},
      {"tied-script", kA + kB + kFc},
      {"collides", kA + kB + 3 * 72 + kFc},
      {"two-outputs", kA + kB + kFc},
      {"two-outputs-script", kA + kB + kFc},
      {"same-twice", kA + kFc},
      {"aside-script", kA + kB + kFc},
      {"double", kA + kFc},
      {"branches-script", kA + kFc},
      {"flat", kA + kB + 2 * kB + kFc},
      {"padded", kA + kFc},
      {"plus", kA + kFc},
      {"cast", kA + kFc},
      {"activated", kA + 2 * kB + kFc},
      {"resized", kA + kB + kFc}};
  const TemporaryFolder folder;
  std::string names;
  for (const auto& [name, parameters] : known) names += name + " ";
  if (!made(folder, names)) GTEST_SKIP() << "needs python3-torchvision";
  start_tensor_runtime("cpu", 1);
  std::map<std::string, Graph> graphs;
  for (const auto& [name, parameters] : known) {
    const std::filesystem::path file = folder.path() / (name + ".pt");
    const ImportedNetwork network = import_torchscript(file, kInputs, "imported");
    const Graph& graph = network.graph;
    EXPECT_EQ(graph.parameters(), parameters) << name;
    const ImportCheck check = check_torchscript(file, network, kInputs);
    EXPECT_EQ(check.by, "LibTorch") << name;
    EXPECT_LT(check.difference, 1e-5) << name;
    // The file that is written is the same network: it takes the archive's weights, and computes
    // what it does.
    const std::filesystem::path written = folder.write(name + ".yaml", graph_file(graph));
    const Graph read = load_graph(written.string());
    EXPECT_EQ(read.parameters(), parameters) << name;
    EXPECT_EQ(graph_file(read), graph_file(graph)) << name;
    EXPECT_LT(check_torchscript(file, {read, read_state_dict(file)}, kInputs).difference, 1e-5)
        << name;
    graphs.emplace(name, graph);
  }
  // What was left out is told: an early exit; modules whose weights the archive has all the same.
  EXPECT_THAT(graphs.at("two-outputs").notes(), Contains(HasSubstr("has 2 outputs")));
  EXPECT_THAT(graphs.at("two-outputs").unused_weights(), ElementsAre("exit"));
  EXPECT_THAT(graphs.at("same-twice").notes(), Contains(HasSubstr("has 2 outputs")));
  EXPECT_THAT(graphs.at("aside-script").unused_weights(), ElementsAre("aside"));
  EXPECT_THAT(graphs.at("tied").unused_weights(), ElementsAre("c")) << "a second name of b";
  EXPECT_THAT(graphs.at("inplace").notes(), IsEmpty());
  // Modules keep their names, whatever comes before them; a second call has another.
  const Graph& collides = graphs.at("collides");
  EXPECT_EQ(collides.layer(0).name, "input_2");
  for (const char* name : {"relu", "input", "b_2"}) {
    EXPECT_EQ(kind_name(collides.layer(*collides.find_layer(name)).op), "conv") << name;
    EXPECT_FALSE(collides.shares_weights(*collides.find_layer(name))) << name;
  }
  const Graph& shared = graphs.at("shared");
  EXPECT_EQ(shared.layer(*shared.find_layer("b_2")).weights_of, shared.find_layer("b"));
  EXPECT_EQ(shared.layer(*shared.find_layer("n_3")).weights_of, shared.find_layer("n"));
  // Names that have nothing in common: blocks are where branches join, with what follows at once.
  EXPECT_THAT(block_cuts(graphs.at("flat")), ElementsAre("stem", "block1", "block2"));
  const Graph& flat = graphs.at("flat");
  EXPECT_EQ(kind_name(flat.layer(flat.find_cut("block1")->after).op), "relu");
}

// A shared weight is one tensor: what training makes of it, each of its layers computes with.
TEST(SmallArchives, ShareOneTensor) {
  Graph graph{"n", "t"};
  graph.add("input", InputOp{{4, 8, 8}}, {});
  const ConvOp conv{.out_channels = 4, .kernel = 3, .padding = 1, .bias = true};
  const LayerId first = graph.add("conv", conv, {0});
  graph.add("again", conv, {first}, first);
  EXPECT_THROW(graph.add("other", ConvOp{.out_channels = 4}, {first}, first),
               std::invalid_argument);
  EXPECT_THROW(graph.add("chain", conv, {first}, LayerId{2}), std::invalid_argument);
  Network network{graph};
  network.initialize(1);
  EXPECT_EQ(network.parameters().size(), 2U);
  EXPECT_THAT(network.weights(), ::testing::SizeIs(2));
  const at::Tensor picture = at::ones({1, 4, 8, 8});
  const at::Tensor before = network.forward(picture);
  network.parameters()[0].mul_(2);  // both: 4 times, but for the biases, which begin at 0
  EXPECT_LT((network.forward(picture) - 4 * before).abs().max().item<double>(), 1e-4);
  // A batch norm of its own behind each use cannot be folded into the one weight.
  const LayerId norm = graph.add("norm", BatchNormOp{}, {2});
  EXPECT_FALSE(graph.folds_into_convolution(norm));
}

TEST(SmallArchives, AreRefusedByNameWhereAGraphCannotSayIt) {
  const std::map<std::string, std::string> known{
      {"under-a-view-script", "changed in place through another view of it"},
      {"by-numbers-script", "aten::Float with a number that is known in the run only"},
      {"constrained", "a weight that the program writes to"},
      {"dropped", "aten::dropout with training switched on"},
      {"normed", "aten::batch_norm with statistics of the batch"}};
  const TemporaryFolder folder;
  std::string names;
  for (const auto& [name, reason] : known) names += name + " ";
  if (!made(folder, names)) GTEST_SKIP() << "needs python3-torchvision";
  for (const auto& [name, reason] : known) {
    EXPECT_THAT([&] { import_torchscript(folder.path() / (name + ".pt"), kInputs, "imported"); },
                ThrowsMessage<ConfigError>(HasSubstr(reason)))
        << name;
  }
}

TEST(SmallOnnx, ComputesWhatItsFileDoes) {
  const std::map<std::string, std::int64_t> known{{"inplace", kA + kB + kFc},
                                                  {"renamed", kA + kB + kFc},
                                                  {"shared", kA + kB + 16 + kFc},
                                                  {"tied", kA + kB + kFc},
                                                  {"collides", kA + kB + 3 * 72 + kFc},
                                                  {"two-outputs", kA + kB + kFc},
                                                  {"same-twice", kA + kFc},
                                                  {"flat", kA + kB + 2 * kB + kFc},
                                                  {"padded", kA + kFc}};
  const TemporaryFolder folder;
  std::string names;
  for (const auto& [name, parameters] : known) names += name + " ";
  if (!made(folder, names)) GTEST_SKIP() << "needs python3-torchvision";
  start_tensor_runtime("cpu", 1);
  for (const auto& [name, parameters] : known) {
    const std::filesystem::path file = folder.path() / (name + ".onnx");
    const OnnxNetwork network = import_onnx(file, std::nullopt, "imported");
    EXPECT_EQ(network.graph.parameters(), parameters) << name;
    const ImportCheck check = check_onnx(file, network);
    EXPECT_EQ(check.by, "OpenCV's dnn") << name << ": " << check.why_not;
    EXPECT_LT(check.difference, 1e-5) << name;
  }
}

// 3 to 8 channels without a bias, 8 to 16, 16 to 10: 216 + 1152 + 160; input, two convolutions,
// ReLU, pool, flatten and classifier. The convolution aside (64 channels, 4608 weights) does not
// count.
TEST(SmallOnnx, LeavesOutWhatTheOutputDoesNotDependOn) {
  const auto file = [](const std::string& name) {
    return std::filesystem::path{PAPILIO_SOURCE_DIR} / "tests/support/networks" / name;
  };
  start_tensor_runtime("cpu", 1);
  const OnnxNetwork dead = import_onnx(file("dead-branch.onnx"), std::nullopt, "n");
  EXPECT_EQ(dead.graph.layers().size(), 7U);
  EXPECT_EQ(dead.graph.parameters(), 1528);
  EXPECT_THAT(dead.graph.notes(), Contains(HasSubstr("no output depends on it: Conv.")));
  EXPECT_EQ(check_onnx(file("dead-branch.onnx"), dead).by, "OpenCV's dnn");
  // The early exit has 80 more parameters, and two layers of its own.
  const OnnxNetwork two = import_onnx(file("two-outputs.onnx"), std::nullopt, "n");
  EXPECT_EQ(two.graph.layers().size(), 7U);
  EXPECT_EQ(two.graph.parameters(), 1528);
  EXPECT_THAT(two.graph.notes(), Contains(HasSubstr("has 2 outputs; this is the network of the "
                                                    "first. Left out, with the layers that nothing "
                                                    "else needs: e.")));
  EXPECT_EQ(check_onnx(file("two-outputs.onnx"), two).by, "OpenCV's dnn");
}

// The check would see what the importer got wrong: a network that lacks a layer, one with ReLU6 for
// ReLU, which differ for large numbers only, and one with other weights.
TEST(Check, RefusesAnotherNetwork) {
  const std::filesystem::path file =
      std::filesystem::path{PAPILIO_SOURCE_DIR} / "tests/support/networks/inplace-script.pt";
  start_tensor_runtime("cpu", 1);
  const ImportedNetwork right = import_torchscript(file, kInputs, "n");
  EXPECT_NO_THROW(check_torchscript(file, right, kInputs));
  for (const bool lacks : {true, false}) {
    Graph wrong{"n", "t"};
    std::vector<LayerId> moved;
    for (const Layer& layer : right.graph.layers()) {
      std::vector<LayerId> inputs;
      for (const LayerId input : layer.inputs) inputs.push_back(moved[input]);
      const bool is_relu = std::holds_alternative<ReluOp>(layer.op);
      moved.push_back(is_relu && lacks ? inputs.front()
                      : is_relu        ? wrong.add(layer.name, Relu6Op{}, inputs)
                                       : wrong.add(layer.name, layer.op, inputs));
    }
    EXPECT_THAT(
        [&] {
          check_torchscript(file, {wrong, right.weights}, kInputs);
        },
        ThrowsMessage<ConfigError>(HasSubstr("computes something else")));
  }
  const std::filesystem::path onnx =
      std::filesystem::path{PAPILIO_SOURCE_DIR} / "tests/support/networks/dead-branch.onnx";
  OnnxNetwork other = import_onnx(onnx, std::nullopt, "n");
  other.weights.begin()->second.values[0] += 10;
  EXPECT_THAT([&] { check_onnx(onnx, other); },
              ThrowsMessage<ConfigError>(HasSubstr("by OpenCV's dnn; nothing was written")));
}

}  // namespace
}  // namespace papilio
