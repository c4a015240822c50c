// Claims: operations that take several layers to say (attention as one operation, parts of tensors
// written over, steps of recurrent networks, comparisons, statistics, places in another order, sums
// over letters, lists) are imported with the parameters that follow from their code, compute what
// their own module does, in batches and in both halves of every cut, or are refused with a remedy.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

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

struct Traced {
  std::string name;
  NamedInput input;
  std::int64_t parameters;
  std::size_t least_cuts;  // where one tensor crosses
};

NamedInput of(const TensorShape& shape) {
  return {.name = {}, .shape = shape};
}

// A layer of an encoder: 16 to 48, 16 to 16, 16 to 32, 32 to 16, two norms.
constexpr std::int64_t kEncoderLayer = 816 + 272 + 544 + 528 + 64;

/// All of the networks of this file, made once; nothing without PyTorch.
const std::filesystem::path* folder() {
  static const TemporaryFolder kFolder;
  static const bool kMade = made(
      kFolder,
      "fast-encoder fast-encoder-script fast-norm-first fast-masked fast-padded fast-words "
      "fast-attention dot-product tied-words written written-script windows alone one-sample "
      "states "
      "states-script cells cells-script compares ranks statistics ties places letters lists-script "
      "doubles");
  return kMade ? &kFolder.path() : nullptr;
}

void expect_all(const std::vector<Traced>& programs) {
  if (folder() == nullptr) GTEST_SKIP() << "needs python3-torchvision";
  start_tensor_runtime("cpu", 1);
  for (const Traced& program : programs) {
    SCOPED_TRACE(program.name);
    const ImportedNetwork network =
        expect_archive(*folder() / (program.name + ".pt"), {program.input}, program.parameters);
    EXPECT_GE(network.graph.cuts().size(), program.least_cuts);
  }
}

TEST(TracedAttention, IsSpelledOut) {
  expect_all({{"fast-encoder", of({11, 16}), 2 * kEncoderLayer + 85, 5},
              {"fast-encoder-script", of({11, 16}), 2 * kEncoderLayer + 85, 5},
              {"fast-norm-first", of({11, 16}), 2 * kEncoderLayer + 85, 3},
              {"fast-masked", of({11, 16}), 2 * kEncoderLayer + 85, 5},
              {"fast-padded", of({11, 16}), 2 * kEncoderLayer + 85, 5},
              {"fast-words", of({11}), 30 * 16 + 2 * kEncoderLayer + 85, 5},
              {"fast-attention", of({11, 16}), 816 + 272 + 85, 2},
              {"dot-product", of({11, 16}), 2 * 272, 2}});
}

// A table of 20 words by 8, and the last layer's 20 biases.
TEST(TracedWeights, AreSharedByLayersWithOtherBiases) {
  expect_all({{"tied-words", of({7}), 20 * 8 + 20, 3}});
}

TEST(TracedWrites, PutTensorsTogetherAnew) {
  expect_all({{"written", of({3, 12, 12}), 224, 1}, {"written-script", of({3, 12, 12}), 224, 1}});
}

TEST(TracedWindows, TakeWordsAxesAndNoBatch) {
  // 3 to 8 of 4 x 4; 8 scales and shifts; 8 to 6 of 2; 6 to 4 of 5 in 2 groups; 4 to 2 of 1 x 2
  // x 3.
  expect_all({{"windows", of({3, 12, 12}), 392 + 16 + 102 + 64 + 50, 5},
              // 3 to 8 of 3 x 3; 8 to 4 of 2 x 2; 4 to 6; 6 to 5, which is read a second time.
              {"alone", of({3, 16, 16}), 224 + 132 + 30 + 30 + 30, 5}});
}

// 3 to 8 of 3 x 3; LSTM 24 x (8 + 6) and 48; 6 to 4.
TEST(TracedWindows, TakeProgramsWithoutABatch) {
  NamedInput picture = of({3, 16, 16});
  picture.alone = true;
  expect_all({{"one-sample", picture, 224 + 336 + 48 + 28, 5}});
}

TEST(TracedRecurrence, GivesLastStatesAndSteps) {
  // LSTM, each way 24 x (5 + 6), then 24 x (12 + 6), and 48 biases each; GRU 21 x (12 + 7), then
  // 21 x 14, and 42 each; LSTM 16 x (7 + 4) and 32.
  constexpr std::int64_t kStates = 2 * (264 + 48) + 2 * (432 + 48) + 441 + 336 + 208;
  expect_all({{"states", of({7, 5}), kStates, 1},
              {"states-script", of({7, 5}), kStates, 1},
              // 24 x (5 + 6) and 48; 12 x (6 + 4) and 24; 3 x (4 + 3). A trace has the first
              // states' products as constants, which count again: 24 gates, 4 of one, 3.
              {"cells", of({4, 5}), 312 + 144 + 21 + 24 + 4 + 3, 1},
              {"cells-script", of({4, 5}), 312 + 144 + 21, 1}});
}

TEST(TracedFunctions, TakeSeveralLayers) {
  expect_all({{"compares", of({5, 12}), 156 + 48, 1},
              {"ranks", of({5, 12}), 156, 1},
              {"statistics", of({5, 12}), 156, 1},
              {"ties", of({30}), 0, 1},
              {"places", of({3, 12, 12}), 224, 1},
              // 4 x 6 x 3, and a vector of 5 that is read twice.
              {"letters", of({30}), 72 + 5 + 5, 1}});
}

TEST(TracedLists, AreFollowed) {
  expect_all({{"lists-script", of({6}), 3 * 42, 1}});
}

TEST(TracedNumbers, OfSixtyFourBitsAreRefusedWithARemedy) {
  if (folder() == nullptr) GTEST_SKIP() << "needs python3-torchvision";
  EXPECT_THAT([&] { import_torchscript(*folder() / "doubles.pt", {of({6})}, "n"); },
              ThrowsMessage<ConfigError>(HasSubstr("save it with model.float()")));
}

}  // namespace
}  // namespace papilio
