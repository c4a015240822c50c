// Claims: TorchScript archives of quantised networks are imported with the layers, the levels and
// the weights that their kernels have, compute what PyTorch does but for numbers between two
// levels, and come back whole from the bytes that the confined child hands over. The archives and
// PyTorch's answers are of tests/support/make_quantised.py.

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "models/import/check.hpp"
#include "models/import/handover.hpp"
#include "models/import/torchscript.hpp"
#include "models/networks/network_file.hpp"
#include "models/tensor/network.hpp"
#include "models/tensor/runtime.hpp"
#include "models/weights/state_dict.hpp"
#include "sim/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

/// Archives of all networks below, made once.
const TemporaryFolder* archives() {
  static const TemporaryFolder kFolder;
  static const bool kMade =  // not without PyTorch's torchvision for Python
      std::system(fmt::format("/usr/bin/python3 {}/tests/support/make_quantised.py {} kernels "
                              "kernels-by-channel sound dynamic scaled table 2>/dev/null",
                              PAPILIO_SOURCE_DIR, kFolder.path().string())
                      .c_str()) == 0;
  return kMade ? &kFolder : nullptr;
}

struct QuantisedProgram {
  const char* name;
  TensorShape input;
  std::int64_t parameters;
  std::int64_t bytes;  // of them
  double most_levels;  // that an output may differ
  std::size_t kernels;
};
void PrintTo(const QuantisedProgram& program, std::ostream* out) {
  *out << program.name;
}

class QuantisedArchive : public ::testing::TestWithParam<QuantisedProgram> {};

TEST_P(QuantisedArchive, ComputesWhatPyTorchDoes) {
  const TemporaryFolder* folder = archives();
  if (folder == nullptr) GTEST_SKIP() << "needs python3-torchvision";
  start_tensor_runtime("cpu", 1);
  const QuantisedProgram& program = GetParam();
  const std::filesystem::path file = folder->path() / fmt::format("{}.pt", program.name);
  const std::vector<NamedInput> inputs{{.name = {}, .shape = program.input}};
  const ImportedNetwork imported = import_torchscript(file, inputs, "n");
  EXPECT_EQ(imported.graph.parameters(), program.parameters);
  EXPECT_EQ(imported.graph.parameter_bytes(), program.bytes);
  EXPECT_TRUE(imported.graph.unused_weights().empty());
  const ImportedNetwork again = take_over(handover(imported), "n");
  EXPECT_EQ(graph_file(again.graph), graph_file(imported.graph));
  EXPECT_EQ(again.weights, imported.weights);

  Network network{again.graph};
  network.load(again.weights, file.string());
  const StateDict known = read_state_dict(folder->path() / fmt::format("{}.npz", program.name));
  const auto tensor = [&](const char* name) {
    return at::tensor(known.at(name).values).reshape(known.at(name).shape);
  };
  const at::Tensor expected = tensor("output").flatten();
  const at::Tensor found = network.forward(tensor("input")).flatten();
  const std::optional<Levels> levels = again.graph.layers().back().levels;
  const double level =
      levels ? levels->scale : (expected.max() - expected.min()).item<double>() / 255;
  const at::Tensor off = (found - expected).abs() / level;
  EXPECT_LE(off.max().item<double>(), program.most_levels + 1e-3);
  EXPECT_LE(off.gt(0.5).to(at::kFloat).mean().item<double>(), 0.3);
  const ImportCheck check = check_torchscript(file, imported, inputs);
  ASSERT_TRUE(check.levels);
  EXPECT_LE(*check.levels, program.most_levels + 1e-3);
  EXPECT_THAT(to_string(check), HasSubstr("levels off, and "));
  // Each kernel by itself: levels apart only between two, as after means of four.
  EXPECT_EQ(check.kernels, program.kernels);
  EXPECT_LE(check.kernel_levels, 1.001);
  EXPECT_LE(check.kernel_share, 0.002);
}

// Parameters layer by layer as the script has them, convolutions with the norms behind them in:
// (weights of a byte, biases and norms of four).
// kernels: 3 to 8 of 3 x 3, 8 of 3 x 3, 8 to 12, 8 to 4 of 3 x 3, norm of 16, 16 to 16, 16 to 20,
// 20
//   to 10: 216 + 72 + 96 + 288 + 256 + 320 + 200 = 1448 and 8 + 8 + 12 + 4 + 32 + 16 + 20 + 10 =
//   110.
// sound: 4 to 6 of 5, 6 to 3 of 3: 120 + 54 and 6 + 3. dynamic: 24 x 40 + 40 x 6 and 40 + 6.
// scaled: 3 to 6 of 4 x 4: 288 and 6. table: 20 x 8; 8 to 3, which are reals: 24 + 3.
INSTANTIATE_TEST_SUITE_P(
    All, QuantisedArchive,
    ::testing::Values(QuantisedProgram{"kernels", {3, 32, 32}, 1448 + 110, 1448 + 4 * 110, 1, 18},
                      QuantisedProgram{
                          "kernels-by-channel", {3, 32, 32}, 1448 + 110, 1448 + 4 * 110, 1, 18},
                      QuantisedProgram{"sound", {4, 40}, 174 + 9, 174 + 4 * 9, 1, 3},
                      QuantisedProgram{"scaled", {3, 8, 8}, 288 + 6, 288 + 4 * 6, 1, 5},
                      QuantisedProgram{"table", {6}, 160 + 27, 160 + 4 * 27, 0.01, 0},
                      QuantisedProgram{"dynamic", {24}, 1200 + 46, 1200 + 4 * 46, 2, 0}),
    [](const auto& one) {
      std::string name = one.param.name;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

// Of the script: pooling stays on the levels before it, so that its 8 x 16 x 16 numbers cross at a
// byte each; the sum is quantised behind its ReLU.
TEST(QuantisedArchives, HaveTheLevelsOfTheirKernels) {
  const TemporaryFolder* folder = archives();
  if (folder == nullptr) GTEST_SKIP() << "needs python3-torchvision";
  const Graph graph =
      import_torchscript(folder->path() / "kernels.pt", {{.name = {}, .shape = {3, 32, 32}}}, "n")
          .graph;
  const std::optional<Cut> pooled = graph.find_cut("max_pool");
  ASSERT_TRUE(pooled);
  EXPECT_EQ(graph.bytes(*pooled, 32), 8 * 16 * 16);
  EXPECT_EQ(graph.bytes(*pooled, 4), 8 * 16 * 16 / 2);
  const LayerId sum = *graph.find_layer("add");
  EXPECT_TRUE(std::holds_alternative<ReluOp>(graph.layer(sum + 1).op));
  EXPECT_EQ(graph.quantised_by(sum), sum + 2);
  EXPECT_EQ(graph.layer(sum + 2).levels->zero, 0) << "behind a ReLU";
  std::map<std::string, int> kinds;
  for (const Layer& layer : graph.layers()) ++kinds[std::string{kind_name(layer.op)}];
  EXPECT_EQ(kinds["conv"], 5);
  EXPECT_EQ(kinds["linear"], 2);
  EXPECT_EQ(kinds["batch_norm"], 1);
  // Input, 5 convolutions, sum, 2 functions, concatenation, norm, 3 means, sigmoid, product, 2
  // linear layers.
  EXPECT_EQ(kinds["quantize"], 18);
}

TEST(QuantisedArchives, AreRefusedIfTheyComputeSomethingElse) {
  const TemporaryFolder* folder = archives();
  if (folder == nullptr) GTEST_SKIP() << "needs python3-torchvision";
  start_tensor_runtime("cpu", 1);
  const std::vector<NamedInput> inputs{{.name = {}, .shape = {3, 32, 32}}};
  const std::filesystem::path file = folder->path() / "kernels.pt";
  const ImportedNetwork imported = import_torchscript(file, inputs, "n");
  // One layer less: the ReLU of the linear layer.
  std::string text = graph_file(imported.graph);
  const std::size_t relu = text.find("{op: relu, name: relu_3");
  ASSERT_NE(relu, std::string::npos);
  text.replace(relu, std::string{"{op: relu"}.size(), "{op: abs");
  ImportedNetwork other{parse_graph(text, "n.yaml", "n"), imported.weights};
  EXPECT_THAT([&] { check_torchscript(file, other, inputs); },
              ThrowsMessage<ConfigError>(HasSubstr("levels, and all by")))
      << "by its output";
  other.quantised = imported.quantised;
  EXPECT_THAT([&] { check_torchscript(file, other, inputs); },
              ThrowsMessage<ConfigError>(HasSubstr("a quantised tensor, made of the right ones")));
}

}  // namespace
}  // namespace papilio
