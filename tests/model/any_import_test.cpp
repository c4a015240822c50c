// Claims: programs over words, sequences, videos, sounds and several inputs, with attention,
// recurrent layers, skips and loops, are imported with the parameters that follow from their code,
// compute what their own module does, in batches and in both halves of every cut, and come back
// whole from the bytes that the confined child hands over.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "models/import/handover.hpp"
#include "models/import/torchscript.hpp"
#include "models/tensor/runtime.hpp"
#include "sim/base/error.hpp"
#include "tests/support/imported.hpp"
#include "tests/support/made_networks.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using testing::expect_archive;
using ::testing::HasSubstr;
using testing::made;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

struct Program {
  std::string name;
  std::vector<NamedInput> inputs;
  std::int64_t parameters;
  std::size_t least_cuts;  // where one tensor crosses
};

// Parameters, layer by layer as tests/support/make_networks.py has them:
const std::vector<Program> kPrograms{
    // Table 50 x 8; LSTM, each way 4 gates x 6 x (inputs 8, then 12, + 6) and two biases of 24.
    {"recurrent", {{.name = "ids", .shape = {12}}}, 400 + 2 * 384 + 2 * 480 + 52, 4},
    // GRU, each way 3 gates x 7 x (5 + 7) and two biases of 21; 14 to 3.
    {"last-state", {{.name = {}, .shape = {9, 5}, .batch = 1}}, 2 * 294 + 45, 1},
    // Each layer: 16 to 48, 16 to 16, 16 to 32, 32 to 16, two norms; 16 to 5.
    {"encoder",
     {{.name = {}, .shape = {11, 16}, .batch = 1}},
     2 * (816 + 272 + 544 + 528 + 64) + 85,
     4},
    {"masked",
     {{.name = {}, .shape = {11, 16}, .batch = 1}},
     816 + 272 + 544 + 528 + 64 + 85,  // the mask is a constant
     3},
    // Patches of 3 x 8 x 8 to 16, token, places 17 x 16, 4 masks of 17 x 17, norm, 16 to 48, 16 to
    // 16, 16 to 10.
    {"attention",
     {{.name = {}, .shape = {3, 32, 32}}},
     3088 + 16 + 272 + 1156 + 32 + 816 + 272 + 170,
     4},
    {"two-inputs",
     {{.name = "facts", .shape = {10}}, {.name = "image", .shape = {3, 32, 32}}},
     224 + 88 + 36,
     2},
    // 3 to 8 and 8 to 16 of 3 x 3, norm, back to 8 of 4 x 4, 16 to 2 of 1 x 3, 8 slopes.
    {"u-net", {{.name = {}, .shape = {3, 32, 32}}}, 224 + 1168 + 32 + 2056 + 98 + 8, 2},
    // 3 to 8 of 3 x 5 x 5, norm, 8 to 4.
    {"video", {{.name = {}, .shape = {3, 4, 16, 16}}}, 1808 + 16 + 36, 5},
    // 4 to 8 of 5; 8 to 6 of 3 in 2 groups.
    {"sound", {{.name = {}, .shape = {4, 50}}}, 168 + 78, 5},
    {"accumulator", {{.name = {}, .shape = {3, 32, 32}}}, 224 + 90, 4},
    {"mean-alone", {{.name = {}, .shape = {3, 32, 32}}}, 224 + 90, 4},
    {"first-of-two",
     {{.name = "x", .shape = {4}}, {.name = "y", .shape = {5}}},
     4 * 3 + 3,  // of the first output
     1},
    {"shuffled", {{.name = {}, .shape = {3, 32, 32}}}, 224 + 584 + 90, 4},
    {"shuffled-script", {{.name = {}, .shape = {3, 32, 32}}}, 224 + 584 + 90, 4}};

TEST(AnyArchive, IsImportedAndComputesWhatItsFileDoes) {
  const TemporaryFolder folder;
  std::string names;
  for (const Program& program : kPrograms) names += program.name + " ";
  if (!made(folder, names)) GTEST_SKIP() << "needs python3-torchvision";
  start_tensor_runtime("cpu", 1);
  for (const Program& program : kPrograms) {
    SCOPED_TRACE(program.name);
    const std::filesystem::path file = folder.path() / (program.name + ".pt");
    const ImportedNetwork imported = expect_archive(file, program.inputs, program.parameters);
    EXPECT_GE(imported.graph.cuts().size(), program.least_cuts);
    EXPECT_TRUE(imported.graph.cuts().front().of_inputs);
  }
}

// 10 facts and 3 x 32 x 32 pixels of 8 bits; 12 words of 50 take 6 bits each, 9 bytes.
TEST(AnyArchive, SaysWhatCrossesWhenAllRunsInTheCloud) {
  const TemporaryFolder folder;
  if (!made(folder, "two-inputs recurrent")) GTEST_SKIP() << "needs python3-torchvision";
  const auto bytes = [&](const std::string& name) {
    const auto program = std::find_if(kPrograms.begin(), kPrograms.end(),
                                      [&](const Program& one) { return one.name == name; });
    const Graph graph =
        import_torchscript(folder.path() / (name + ".pt"), program->inputs, "n").graph;
    return graph.bytes(graph.cuts().front(), 8);
  };
  EXPECT_EQ(bytes("two-inputs"), 10 + 3 * 32 * 32);
  EXPECT_EQ(bytes("recurrent"), 12 * 6 / 8);
}

TEST(AnyArchive, SaysWhichInputLacksASize) {
  const TemporaryFolder folder;
  if (!made(folder, "two-inputs")) GTEST_SKIP() << "needs python3-torchvision";
  const auto import = [&](const std::vector<NamedInput>& inputs) {
    return [&folder, inputs] { import_torchscript(folder.path() / "two-inputs.pt", inputs, "n"); };
  };
  EXPECT_THAT(import({{.name = "image", .shape = {3, 32, 32}}}),
              ThrowsMessage<ConfigError>(HasSubstr("say it with --input facts=SIZES")));
  EXPECT_THAT(import({{.name = "image", .shape = {3, 32, 32}},
                      {.name = "facts", .shape = {10}},
                      {.name = "more", .shape = {10}}}),
              ThrowsMessage<ConfigError>(HasSubstr("it has no input 'more'")));
  EXPECT_THAT(import({{.name = "image", .shape = {3, 32, 32}}, {.name = "facts", .shape = {11}}}),
              ThrowsMessage<ConfigError>(HasSubstr("does not run on an input of image=3x32x32, "
                                                   "facts=11; check --input")));
}

// What a child hands over is a stranger's: none of its damages is taken, or ends the program.
TEST(Handover, TakesNothingButANetworkWithItsWeights) {
  Graph graph{"n", "t"};
  graph.add("input", InputOp{{3}}, {});
  graph.add("fc", LinearOp{.out_features = 2}, {0});
  const std::string whole =
      handover({graph, {{"fc.weight", {{2, 3}, {1, 2, 3, 4, 5, 6}}}, {"fc.bias", {{2}, {7, 8}}}}});
  EXPECT_EQ(take_over(whole, "n").weights.at("fc.weight").values[5], 6);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    try {
      EXPECT_TRUE(take_over(cut, "n").weights.empty()) << size;  // the network alone
    } catch (const ConfigError&) {
      continue;
    }
  }
  EXPECT_THROW(take_over(whole + "x", "n"), ConfigError);
  EXPECT_THROW(
      take_over(
          handover(
              {graph, {{"fc.weight", {{3, 2}, {1, 2, 3, 4, 5, 6}}}, {"fc.bias", {{2}, {7, 8}}}}}),
          "n"),
      ConfigError);
  EXPECT_THROW(take_over(handover({graph, {{"fc.bias", {{2}, {7, 8}}}}}), "n"), ConfigError);
}

}  // namespace
}  // namespace papilio
