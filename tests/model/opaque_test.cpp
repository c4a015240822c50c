// Claims: what a graph cannot hold of a TorchScript archive becomes one opaque layer, with the
// weights and products that it reads; computed by the archive's own program without the layers
// before it, it gives what the archive gives, on every way that it goes, and torchvision's
// operators what torchvision computes; a file that was not asked for more than detectors'
// operations is refused; an answer that the layer cannot hold is an error; no damaged plan is
// taken.

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/serialization/import.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "models/import/check.hpp"
#include "models/import/handover.hpp"
#include "models/import/opaque_layer.hpp"
#include "models/import/opaque_part.hpp"
#include "models/import/opaque_plan.hpp"
#include "models/import/torchscript.hpp"
#include "models/import/vision_operators.hpp"
#include "models/networks/network_file.hpp"
#include "models/tensor/network.hpp"
#include "models/tensor/runtime.hpp"
#include "sim/base/error.hpp"
#include "tests/support/made_networks.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::made;
using ::testing::Not;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

const std::vector<NamedInput> kPicture{{.name = {}, .shape = {3, 32, 32}}};
const std::vector<NamedInput> kTwelve{{.name = {}, .shape = {12}}};
const std::vector<NamedInput> kFour{{.name = {}, .shape = {4}}};
constexpr OpaqueRequest kAny{.any = true};

/// An imported network that computes, its opaque layer by its archive in this process.
class Imported {
 public:
  Imported(const std::filesystem::path& file, const std::vector<NamedInput>& inputs,
           const OpaqueRequest& request = {})
      : imported{take_over(handover(import_torchscript(file, inputs, "n", request)), "n")},
        archive_{bytes_of_file(file)},
        program_{archive_, plan_of_bytes(imported.opaque)},
        network{imported.graph} {
    network.load(imported.weights, file.string());
    network.set_opaque([this](const Layer&, const std::vector<at::Tensor>& operands) {
      return program_.run(operands);
    });
  }

  [[nodiscard]] const Layer& opaque() const {
    return imported.graph.layer(imported.graph.opaque_layers().at(0));
  }

  ImportedNetwork imported;

 private:
  std::string archive_;
  OpaqueProgram program_;

 public:
  Network network;
};

/// What an archive of Answer has: an input, and what Python made of it.
struct Known {
  at::Tensor x;
  at::Tensor y;
};
Known known(const std::filesystem::path& file) {
  const torch::jit::Module module = torch::jit::load(file.string());
  return {module.attr("x").toTensor(), module.attr("y").toTensor()};
}

double off_by(const at::Tensor& found, const at::Tensor& right) {
  return ((found - right).abs().max() / right.abs().max()).item<double>();
}

const TemporaryFolder& archives() {
  static const TemporaryFolder kFolder;
  return kFolder;
}

/// All archives of this file, made once: a start of Python with PyTorch takes as long as a test.
bool are_there() {
  start_tensor_runtime("cpu", 1);
  static const bool kMade =
      made(archives(),
           "regions regions-answer regions-alone regions-alone-answer positive way-script "
           "size-of-numbers written-in-part written-in-part-answer batches-script");
  return kMade;
}

// features 3·9·8 + 8, score 4·8 + 1, box 4·8·4 + 4; 72·5 + 5 are read in the opaque part alone, by
// the ten regions that the program keeps at most. Python's torchvision answers for ten of 40 boxes.
TEST(Opaque, DetectorsComputeWhatTorchvisionDoes) {
  const TemporaryFolder& folder = archives();
  if (!are_there()) GTEST_SKIP() << "needs python3-torchvision";
  Imported one{folder.path() / "regions.pt", kPicture};
  const Graph& graph = one.imported.graph;
  EXPECT_EQ(graph.opaque_layers().size(), 1);
  EXPECT_EQ(graph.opaque_layers().back() + 1, graph.layers().size());
  EXPECT_EQ(graph.parameters(), 224 + 33 + 132 + 365);
  EXPECT_EQ(one.opaque().parameters, 365);
  EXPECT_EQ(one.opaque().macs, 10 * 72 * 5);
  EXPECT_EQ(one.opaque().shape, (TensorShape{10, 4 + 5 + 1}));
  EXPECT_THAT(std::get<OpaqueOp>(one.opaque().op).what,
              HasSubstr("torchvision::nms, torchvision::roi_align, aten::topk"));
  EXPECT_THAT(graph.notes(), ::testing::Contains(HasSubstr("Opaque: '" + one.opaque().name)));
  // Scores, boxes and features are read: no cut is behind the features, which all hang on.
  EXPECT_EQ(one.opaque().inputs.size(), 3);
  EXPECT_EQ(text(graph.cuts().back().shape), "8×16×16");
  const Known answer = known(folder.path() / "regions-answer.pt");
  ASSERT_EQ(answer.y.size(0), 10);
  EXPECT_LT(off_by(one.network.forward(answer.x)[0], answer.y), 1e-5);
  // Of a batch each picture by itself, and in two halves as whole.
  const at::Tensor two = at::cat({answer.x, answer.x.flip(3)});
  const at::Tensor whole = one.network.forward(two);
  EXPECT_LT(off_by(whole[0], answer.y), 1e-5);
  EXPECT_GT(off_by(whole[1], answer.y), 1e-2);
  for (const Cut& cut : graph.cuts()) {
    EXPECT_TRUE(at::equal(one.network.suffix(one.network.prefix(two, cut), cut), whole));
  }
  EXPECT_EQ(check_torchscript(folder.path() / "regions.pt", one.imported, kPicture).by, "LibTorch");
}

TEST(Opaque, RegionsAreAlignedAsTorchvisionAlignsThem) {
  const TemporaryFolder& folder = archives();
  if (!are_there()) GTEST_SKIP() << "needs python3-torchvision";
  const Imported one{folder.path() / "regions-alone.pt", kPicture};
  const Known answer = known(folder.path() / "regions-alone-answer.pt");
  EXPECT_LT(off_by(one.network.forward(answer.x)[0], answer.y), 1e-6);
}

// Boxes of 10 x 10: the second overlaps the first by 9 x 10 of 110, 0.82; the third by 1 x 10 of
// 190, 0.05, and the fourth not at all. The first and the second change places by their scores.
TEST(Vision, SuppressesAllButMaxima) {
  register_vision_operators();
  const auto operation = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("torchvision::nms", "")
                             .typed<at::Tensor(const at::Tensor&, const at::Tensor&, double)>();
  const at::Tensor boxes =
      at::tensor({0, 0, 10, 10, 1, 0, 11, 10, 9, 0, 19, 10, 50, 50, 60, 60}, at::kFloat)
          .reshape({4, 4});
  const auto kept = [&](const std::vector<float>& scores, double threshold) {
    const at::Tensor best = operation.call(boxes, at::tensor(scores), threshold);
    const auto* first = best.data_ptr<std::int64_t>();
    return std::vector<std::int64_t>{first, first + best.numel()};
  };
  EXPECT_THAT(kept({0.9F, 0.8F, 0.7F, 0.6F}, 0.5), ElementsAre(0, 2, 3));
  EXPECT_THAT(kept({0.8F, 0.9F, 0.7F, 0.6F}, 0.5), ElementsAre(1, 2, 3));
  EXPECT_THAT(kept({0.9F, 0.8F, 0.7F, 0.6F}, 0.04), ElementsAre(0, 3));
  EXPECT_THAT(kept({0.9F, 0.8F, 0.7F, 0.6F}, 0.85), ElementsAre(0, 1, 2, 3));
}

// Six of twelve numbers are above 0 in one input, and all in another.
TEST(Opaque, AnswersOfFewerRowsAreFilledUpAndOfMoreRefused) {
  const TemporaryFolder& folder = archives();
  if (!are_there()) GTEST_SKIP() << "needs python3-torchvision";
  const std::filesystem::path file = folder.path() / "positive.pt";
  const Imported wide{file, kTwelve, {.any = false, .output = TensorShape{12}}};
  const at::Tensor some = at::tensor({1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6}, at::kFloat);
  const at::Tensor right = at::tensor({1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0}, at::kFloat);
  EXPECT_TRUE(at::equal(wide.network.forward(some.unsqueeze(0))[0], right));
  EXPECT_EQ(wide.opaque().shape, TensorShape{12});
  const Imported as_run{file, kTwelve};
  ASSERT_LT(as_run.opaque().shape.elements(), 12);
  EXPECT_THAT(
      [&] {
        static_cast<void>(as_run.network.forward(at::ones({1, 12})));
      },
      ThrowsMessage<ConfigError>(
          AllOf(HasSubstr("its output is 12 for this input"),
                HasSubstr("import it again with --opaque-output and at least that"))));
  EXPECT_THAT(
      [&] { import_torchscript(file, kTwelve, "n", {.any = false, .output = TensorShape{1}}); },
      ThrowsMessage<ConfigError>(HasSubstr("which --opaque-output 1 does not hold")));
}

// a and b: 4·4 + 4 and 4·3 + 3. Which way it goes is known by the sum of the input; the last reads
// a tensor that the others do not.
TEST(Opaque, EveryWayThatHangsOnNumbersIsComputed) {
  const TemporaryFolder& folder = archives();
  if (!are_there()) GTEST_SKIP() << "needs python3-torchvision";
  const std::filesystem::path file = folder.path() / "way-script.pt";
  EXPECT_THAT([&] { import_torchscript(file, kFour, "n"); },
              ThrowsMessage<ConfigError>(AllOf(
                  HasSubstr("aten::Float with a number that is known in the run only (1 time)"),
                  HasSubstr("; or say --opaque"))));
  const Imported one{file, kFour, kAny};
  EXPECT_EQ(one.imported.graph.parameters(), 20 + 15);
  EXPECT_EQ(one.opaque().shape, TensorShape{3});  // the batch is no axis of it
  torch::jit::Module module = torch::jit::load(file.string());
  const at::NoGradGuard no_grad;
  for (const float number : {2.0F, -2.0F, -200.0F}) {
    const at::Tensor x = at::full({1, 4}, number);
    EXPECT_LT(off_by(one.network.forward(x), module.forward({x}).toTensor()), 1e-6) << number;
  }
}

// What is behind a count of large numbers hangs on it, though it reads a tensor of a layer: of
// small numbers there is none, of others some. a: 3·9·8 + 8; fc, behind: 8·10 + 10.
TEST(Opaque, SizesThatHangOnNumbersMakeAllBehindThemOpaque) {
  const TemporaryFolder& folder = archives();
  if (!are_there()) GTEST_SKIP() << "needs python3-torchvision";
  const std::filesystem::path file = folder.path() / "size-of-numbers.pt";
  const Imported one{file, kPicture};
  EXPECT_EQ(one.imported.graph.parameters(), 224 + 90);
  EXPECT_EQ(one.opaque().parameters, 90);
  EXPECT_EQ(one.opaque().shape, TensorShape{10});
  torch::jit::Module module = torch::jit::load(file.string());
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::randn({1, 3, 32, 32}, at::detail::createCPUGenerator(5));
  for (const double scale : {1.0, 1e3, 1e4}) {
    EXPECT_LT(off_by(one.network.forward(x * scale), module.forward({x * scale}).toTensor()), 1e-6)
        << scale;
  }
}

TEST(Opaque, WhatIsWrittenInPartIsWrittenThere) {
  const TemporaryFolder& folder = archives();
  if (!are_there()) GTEST_SKIP() << "needs python3-torchvision";
  const std::filesystem::path file = folder.path() / "written-in-part.pt";
  const Imported one{file, kPicture};
  const Known answer = known(folder.path() / "written-in-part-answer.pt");
  EXPECT_LT(off_by(one.network.forward(answer.x), answer.y), 1e-6);
}

// A scripted detector's way to a batch leaves nothing opaque: 3·9·8 + 8 and 8·10 + 10.
TEST(Opaque, ListsOfOnePictureAreBatches) {
  const TemporaryFolder& folder = archives();
  if (!are_there()) GTEST_SKIP() << "needs python3-torchvision";
  const std::filesystem::path file = folder.path() / "batches-script.pt";
  const ImportedNetwork imported = import_torchscript(file, kPicture, "n");
  EXPECT_TRUE(imported.graph.opaque_layers().empty());
  EXPECT_TRUE(imported.opaque.empty());
  EXPECT_EQ(imported.graph.parameters(), 224 + 90);
  EXPECT_LT(check_torchscript(file, imported, kPicture).difference, 1e-6);
}

TEST(Opaque, AConfinedChildComputesTheSame) {
  const TemporaryFolder& folder = archives();
  if (!are_there()) GTEST_SKIP() << "needs python3-torchvision";
  const std::filesystem::path file = folder.path() / "regions.pt";
  Imported one{file, kPicture};
  const at::Tensor x = at::randn({2, 3, 32, 32}, at::detail::createCPUGenerator(3));
  const at::Tensor right = one.network.forward(x);
  const std::filesystem::path stored =
      folder.write("regions.opaque", opaque_file(one.imported.opaque, bytes_of_file(file)));
  one.network.set_opaque(computed_by_file(stored, one.imported.graph, {.seconds = 60}));
  EXPECT_TRUE(at::equal(one.network.forward(x), right));
  EXPECT_TRUE(at::equal(one.network.folded().forward(x), one.network.forward(x)));
  // The file of another program gives other numbers than the layer has.
  Imported other{folder.path() / "positive.pt", kTwelve};
  const std::filesystem::path wrong = folder.write(
      "wrong.opaque",
      opaque_file(other.imported.opaque, bytes_of_file(folder.path() / "positive.pt")));
  one.network.set_opaque(computed_by_file(wrong, one.imported.graph, {.seconds = 60}));
  EXPECT_THAT([&] { static_cast<void>(one.network.forward(x)); },
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("wrong.opaque: error: the layer 'opaque'"),
                                               HasSubstr("another number of operands"))));
  one.network.set_opaque(
      computed_by_file(folder.write("bad.opaque", "PK"), one.imported.graph, {.seconds = 60}));
  EXPECT_THAT([&] { static_cast<void>(one.network.forward(x)); },
              ThrowsMessage<ConfigError>(HasSubstr("it is no file of an opaque layer")));
  one.network.set_opaque(computed_by_file(folder.path() / "none", one.imported.graph, {}));
  EXPECT_THAT([&] { static_cast<void>(one.network.forward(x)); },
              ThrowsMessage<ConfigError>(HasSubstr("is opaque, and nothing here computes it")));
}

TEST(Opaque, NoDamagedPlanIsTaken) {
  OpaquePlan plan{.arguments = {{.is_tensor = true, .is_list = false, .form = {{1, 2}, {2, 1}, 6}}},
                  .skipped = {{.operation = 2, .outputs = {{{1, 3}, {3, 1}, 6}}}},
                  .feeds = {{.before = 3, .to = {2, 0, 0}, .operand = 0, .batch = 0}},
                  .operations = 4,
                  .operands = 1,
                  .drops_batch = true,
                  .shape = {7, 6}};
  const std::string bytes = to_bytes(plan);
  EXPECT_EQ(to_bytes(plan_of_bytes(bytes)), bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(plan_of_bytes(bytes.substr(0, size)), ConfigError) << size;
  }
  // A count of more than there is does not ask for memory.
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    std::string huge = bytes;
    huge.replace(at, 8, std::string(8, '\x7f'));
    try {
      static_cast<void>(plan_of_bytes(huge));
    } catch (const ConfigError&) {
      continue;
    }
  }
  EXPECT_THAT([] { parts_of_opaque_file("papilio opaque 2\n"); },
              ThrowsMessage<ConfigError>(Not("")));
}

}  // namespace
}  // namespace papilio
