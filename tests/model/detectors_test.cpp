// Claim: torchvision's detectors, traced with a wrapper that gives one tensor or scripted as they
// are, are imported with PyTorch's count of parameters and one opaque layer, and answer as Python's
// torchvision does to 10^-5 of the greatest.

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/serialization/import.h>

#include <string>

#include "models/import/check.hpp"
#include "models/import/opaque_layer.hpp"
#include "models/import/opaque_plan.hpp"
#include "models/import/torchscript.hpp"
#include "models/tensor/network.hpp"
#include "models/tensor/runtime.hpp"
#include "tests/support/made_networks.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::HasSubstr;
using testing::made;
using testing::TemporaryFolder;

struct Detector {
  std::string name;
  std::int64_t parameters;  // sum(p.numel() for p in m.parameters()), torchvision 0.14
  std::int64_t rows;        // its detections_per_img
  const char* what;
};

class Detectors : public ::testing::TestWithParam<Detector> {};

TEST_P(Detectors, AnswerAsTorchvisionDoes) {
  const Detector& detector = GetParam();
  const TemporaryFolder folder;
  start_tensor_runtime("cpu", 1);
  if (!made(folder, detector.name + " " + detector.name + "-answer")) {
    GTEST_SKIP() << "needs python3-torchvision";
  }
  const std::filesystem::path file = folder.path() / (detector.name + ".pt");
  const ImportedNetwork imported =
      import_torchscript(file, {{.name = {}, .shape = {3, 320, 320}}}, "n");
  EXPECT_EQ(imported.graph.parameters(), detector.parameters);
  ASSERT_EQ(imported.graph.opaque_layers().size(), 1);
  const Layer& opaque = imported.graph.layers().back();
  EXPECT_EQ(opaque.shape, (TensorShape{detector.rows, 6}));
  EXPECT_THAT(std::get<OpaqueOp>(opaque.op).what, HasSubstr(detector.what));
  Network network{imported.graph};
  network.load(imported.weights, file.string());
  network.set_opaque(
      computed_by_file(folder.write("n.opaque", opaque_file(imported.opaque, bytes_of_file(file))),
                       imported.graph, {.seconds = 60}));
  const torch::jit::Module known =
      torch::jit::load((folder.path() / (detector.name + "-answer.pt")).string());
  const at::Tensor right = known.attr("y").toTensor();
  ASSERT_EQ(right.size(0), detector.rows);
  const at::Tensor found = network.forward(known.attr("x").toTensor())[0];
  EXPECT_LT(((found - right).abs().max() / right.abs().max()).item<double>(), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(
    Torchvision, Detectors,
    ::testing::Values(Detector{"ssdlite320_mobilenet_v3_large", 3'440'060, 300, "torchvision::nms"},
                      Detector{"fasterrcnn_mobilenet_v3_large_320_fpn", 19'410'754, 100,
                               "torchvision::nms, torchvision::roi_align"}),
    [](const auto& each) { return each.param.name; });

TEST(ScriptedDetectors, TakeAListOfOnePicture) {
  const TemporaryFolder folder;
  start_tensor_runtime("cpu", 1);
  const std::string name = "ssdlite320_mobilenet_v3_large-script";
  if (!made(folder, name)) GTEST_SKIP() << "needs python3-torchvision";
  const std::vector<NamedInput> input{{.name = {}, .shape = {3, 320, 320}}};
  const ImportedNetwork imported = import_torchscript(folder.path() / (name + ".pt"), input, "n");
  EXPECT_EQ(imported.graph.parameters(), 3'440'060);
  EXPECT_EQ(imported.graph.layers().back().shape, (TensorShape{300, 4}));  // boxes come first
  EXPECT_LT(check_torchscript(folder.path() / (name + ".pt"), imported, input).difference, 1e-5);
}

}  // namespace
}  // namespace papilio
