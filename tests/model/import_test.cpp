// Claims: torchvision's networks, as PyTorch's own exporter writes them, become graphs with the
// parameters and MACs that are known of them, whose outputs with the archive's weights are the
// archive's own; where they are cut makes sense; what cannot be read is told by name.

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <set>
#include <vector>

#include "models/import/check.hpp"
#include "models/import/onnx.hpp"
#include "models/import/torchscript.hpp"
#include "models/tensor/network.hpp"
#include "models/tensor/runtime.hpp"
#include "models/weights/state_dict.hpp"
#include "sim/base/error.hpp"
#include "tests/support/made_networks.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::made;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

const TensorShape kPicture{3, 224, 224};
const std::vector<NamedInput> kInputs{{.name = {}, .shape = kPicture}};

struct Known {
  std::string name;
  std::int64_t parameters{0};
  double gmacs{0};  // to three digits
  std::string block;
  TensorShape crossing;
};

void PrintTo(const Known& known, std::ostream* out) {
  *out << known.name;
}

class Torchvision : public ::testing::TestWithParam<Known> {};
class Onnx : public ::testing::TestWithParam<Known> {};

TEST_P(Torchvision, IsImportedWithItsCountsAndComputesTheSame) {
  const Known& known = GetParam();
  const TemporaryFolder folder;
  if (!made(folder, known.name)) GTEST_SKIP() << "needs python3-torchvision";
  start_tensor_runtime("cpu", 1);
  const std::filesystem::path file = folder.path() / fmt::format("{}.pt", known.name);
  const ImportedNetwork imported = import_torchscript(file, kInputs, "imported");
  const Graph& graph = imported.graph;
  EXPECT_EQ(graph.parameters(), known.parameters);
  EXPECT_NEAR(static_cast<double>(graph.macs()) / 1e9, known.gmacs, 5e-4);
  const auto cut = graph.find_cut(known.block);
  ASSERT_TRUE(cut.has_value());
  EXPECT_EQ(cut->shape, known.crossing);

  Network network{graph};
  network.load(imported.weights, file.string());
  const at::Tensor picture = at::randn({1, 3, 224, 224}, at::detail::createCPUGenerator(2));
  const at::NoGradGuard no_grad;
  torch::jit::Module module = torch::jit::load(file.string());
  module.eval();
  const c10::IValue answer = module.forward({picture});  // a script may answer with a tuple
  const at::Tensor expected =
      (answer.isTuple() ? answer.toTupleRef().elements()[0] : answer).toTensor();
  const double greatest = expected.abs().max().item<double>();
  EXPECT_GT(greatest, 1e-3);
  EXPECT_LE((network.forward(picture) - expected).abs().max().item<double>(), 1e-5 * greatest);
}

/// The layers with weights, by their names: what an archive and an ONNX file must agree in.
std::set<std::string> weighted(const Graph& graph) {
  std::set<std::string> names;
  for (const Layer& layer : graph.layers()) {
    if (layer.parameters > 0) names.insert(layer.name);
  }
  return names;
}

// With batch norms left alone, an ONNX file is the same network; folded into the convolutions,
// which get a bias, it is one with the same multiplications.
TEST_P(Onnx, IsTheSameNetwork) {
  const Known& known = GetParam();
  const TemporaryFolder folder;
  if (!made(folder, known.name)) GTEST_SKIP() << "needs python3-torchvision";
  const Graph archive =
      import_torchscript(folder.path() / fmt::format("{}.pt", known.name), kInputs, "imported")
          .graph;
  const std::filesystem::path onnx_file = folder.path() / fmt::format("{}.onnx", known.name);
  const OnnxNetwork network = import_onnx(onnx_file, std::nullopt, "imported");
  const Graph& graph = network.graph;
  EXPECT_EQ(graph.layers().front().shape, kPicture) << "as the file says";
  EXPECT_EQ(graph.parameters(), known.parameters);
  EXPECT_EQ(graph.macs(), archive.macs());
  EXPECT_EQ(weighted(graph), weighted(archive));
  const auto cut = graph.find_cut(known.block);
  ASSERT_TRUE(cut.has_value());
  EXPECT_EQ(cut->shape, known.crossing);

  const std::filesystem::path folded_file =
      folder.path() / fmt::format("{}-folded.onnx", known.name);
  const OnnxNetwork folded_network = import_onnx(folded_file, std::nullopt, "imported");
  const Graph& folded = folded_network.graph;
  start_tensor_runtime("cpu", 1);
  EXPECT_NO_THROW(check_onnx(folded_file, folded_network)) << "computes something else";
  EXPECT_EQ(folded.macs(), archive.macs());
  EXPECT_LT(folded.layers().size(), graph.layers().size());
  EXPECT_EQ(folded.layers().back().shape, archive.layers().back().shape);
}

// A border of its own, as the exporter writes it (OpenCV does not read it), and arithmetic with
// constants: what the archive computes. The norm of three colours counts as one, with 2 · 3; 3 to 8
// channels of 3×3 and 8 to 10 have 224 and 90.
TEST(OnnxOfConstants, ComputesWhatItsArchiveDoes) {
  const TemporaryFolder folder;
  if (!made(folder, "constants")) GTEST_SKIP() << "needs python3-torchvision";
  start_tensor_runtime("cpu", 1);
  const OnnxNetwork imported = import_onnx(folder.path() / "constants.onnx", std::nullopt, "n");
  EXPECT_EQ(imported.graph.parameters(), 6 + 224 + 90);
  Network network{imported.graph};
  network.load(imported.weights, "constants.onnx");
  torch::jit::Module module = torch::jit::load((folder.path() / "constants.pt").string());
  const at::Tensor picture = at::randn({1, 3, 32, 32}, at::detail::createCPUGenerator(2));
  const at::NoGradGuard no_grad;
  const at::Tensor expected = module.forward({picture}).toTensor();
  EXPECT_LT((network.forward(picture) - expected).abs().max().item<double>(), 1e-5);
}

// Parameters as PyTorch counts them before it is exported; of the first three networks also the
// MACs are known from elsewhere.
const std::vector<Known> kTraced{
    {"densenet121", 7'978'856, 2.834, "features.transition1", {128, 28, 28}},
    {"googlenet", 6'624'904, 1.498, "inception4a", {512, 14, 14}},
    {"resnext50_32x4d", 25'028'904, 4.230, "layer2.3", {512, 28, 28}},
    {"mnasnet1_0", 4'383'312, 0.314, "layers.9.2.layers", {40, 28, 28}},
    {"mobilenet_v3_small", 2'542'856, 0.057, "features.6.block", {40, 14, 14}},
    {"efficientnet_b0", 5'288'548, 0.386, "features.2.1.block", {24, 56, 56}}};
// Networks that name a class for each pixel: dilated kernels, and pictures made larger to the size
// of the input, which a trace asks for. Parameters as PyTorch counts them without the second
// classifier.
const std::vector<Known> kSegmentation{
    {"deeplabv3_mobilenet_v3_large", 11'025'477, 1.882, "m.backbone.16", {960, 14, 14}},
    {"lraspp_mobilenet_v3_large", 3'221'538, 0.379, "m.backbone.3.block", {24, 56, 56}}};
// Transformers, and what came with them: channels that are shuffled, norms over the last axis,
// windows that are rolled, trained tables that are looked up.
const std::vector<Known> kToday{
    {"vit_b_16", 86'567'656, 17.564, "encoder.layers.encoder_layer_5", {197, 768}},
    {"swin_t", 28'288'354, 4.491, "features.5.5", {14, 14, 384}},
    {"convnext_tiny", 28'589'128, 4.456, "features.5.2", {384, 14, 14}},
    {"shufflenet_v2_x1_0", 2'278'604, 0.145, "conv5", {1024, 7, 7}}};
const std::vector<Known> kScripted{
    {"googlenet-script", 6'624'904, 1.498, "inception4a", {512, 14, 14}},
    {"resnet18-script", 11'689'512, 1.814, "layer1.1", {64, 56, 56}}};

std::string test_name(const ::testing::TestParamInfo<Known>& tested) {
  std::string name = tested.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Traced, Torchvision, ::testing::ValuesIn(kTraced), test_name);
INSTANTIATE_TEST_SUITE_P(Segmentation, Torchvision, ::testing::ValuesIn(kSegmentation), test_name);
INSTANTIATE_TEST_SUITE_P(Today, Torchvision, ::testing::ValuesIn(kToday), test_name);
INSTANTIATE_TEST_SUITE_P(Scripted, Torchvision, ::testing::ValuesIn(kScripted), test_name);
INSTANTIATE_TEST_SUITE_P(Traced, Onnx, ::testing::ValuesIn(kTraced), test_name);

TEST(Import, TellsWhatItCannotRead) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { import_torchscript(folder.path() / "none.pt", kInputs, "x"); },
              ThrowsMessage<ConfigError>(HasSubstr("none.pt: error: is no file")));
  const auto text = folder.write("text.pt", "no archive");
  EXPECT_THAT([&] { import_torchscript(text, kInputs, "x"); },
              ThrowsMessage<ConfigError>(HasSubstr("text.pt: error: is no TorchScript archive")));
  const auto not_onnx = folder.write("text.onnx", "no model");
  EXPECT_THAT([&] { import_onnx(not_onnx, kPicture, "x"); },
              ThrowsMessage<ConfigError>(HasSubstr("text.onnx: error: is no ONNX model")));
  EXPECT_THAT([&] { import_onnx(folder.path() / "none.onnx", kPicture, "x"); },
              ThrowsMessage<ConfigError>(HasSubstr("none.onnx: error: is no file")));
}

}  // namespace
}  // namespace papilio
