// Claims: a detector's end is opaque in every table, computed by its own program, and refused where
// that is not there, as of ONNX files; 'papilio import' and 'papilio infer' answer for archives
// with operations in place, and with a module that is called twice, what PyTorch does; what was
// left out and how the network was checked is printed and stays in its file; an operator that
// nobody knows is told by name; a file that takes more time or memory than it may, or that the user
// interrupts, ends it and leaves nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::Finished;
using testing::has_workers;
using ::testing::HasSubstr;
using testing::read_file;
using testing::run_papilio;
using testing::Stop;
using testing::TemporaryFolder;

const std::string kNetworks = std::string{PAPILIO_SOURCE_DIR} + "/tests/support/networks/";

Finished import_to(const TemporaryFolder& folder, const std::string& file) {
  return run_papilio(
      {"import", kNetworks + file, "--input", "3x32x32", "-o", folder.path().string()});
}

/// The first three classes of n.png, as a table has them.
std::string answers(const TemporaryFolder& folder, const std::string& name) {
  const Finished run = run_papilio({"infer", kNetworks + "n.png", "--model", name, "--profiles",
                                    folder.path().string(), "--weights", kNetworks + name + ".pt",
                                    "--top", "3", "--format", "csv"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return run.out;
}

// The right answers are those of PyTorch 1.13 in Python, of softmax over the file's own output.
TEST(Import, OperationsInPlaceChangeWhatIsReadAfterwards) {
  const TemporaryFolder folder;
  const Finished run = import_to(folder, "inplace-script.pt");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("; 7 cuts,"), HasSubstr("by LibTorch, on random inputs")));
  EXPECT_THAT(answers(folder, "inplace-script"),
              AllOf(HasSubstr(",1,4,18.27"), HasSubstr(",2,6,12.89"), HasSubstr(",3,5,10.36")));
}

TEST(Import, AModuleCalledTwiceHasItsWeightsOnce) {
  const TemporaryFolder folder;
  const Finished run = import_to(folder, "shared-module.pt");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  // 3 to 8 and 8 to 8 channels of 3x3, 8 to 10: 224 + 584 + 90.
  EXPECT_THAT(run.out, HasSubstr("898 parameters"));
  EXPECT_THAT(answers(folder, "shared-module"),
              AllOf(HasSubstr(",1,6,13.30"), HasSubstr(",2,4,12.78"), HasSubstr(",3,2,10.94")));
}

TEST(Import, TellsWhatItLeftOutThereAndLater) {
  const TemporaryFolder folder;
  const Finished run = import_to(folder, "two-outputs.onnx");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Finished show =
      run_papilio({"models", "show", "two-outputs", "--profiles", folder.path().string()});
  for (const std::string& text :
       {run.out, read_file(folder.path() / "models/two-outputs.yaml"), show.out}) {
    EXPECT_THAT(text, AllOf(HasSubstr("has 2 outputs"), HasSubstr("by OpenCV's dnn")));
  }
  const Finished unchecked = run_papilio(
      {"import", kNetworks + "two-outputs.onnx", "--no-check", "-o", folder.path().string()});
  EXPECT_THAT(unchecked.out, HasSubstr("Not checked against the file: --no-check."));
}

// regions.pt is Regions of tests/support/make_networks.py, traced with torchvision 0.14; the rows
// are what it gives in Python for the picture's colours from 0 to 1.
TEST(Import, ADetectorsEndIsOpaqueAndComputedByItsFile) {
  const TemporaryFolder folder;
  const Finished run = import_to(folder, "regions.pt");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::vector<std::string> at{"--profiles", folder.path().string()};
  const auto with = [&](std::vector<std::string> words) {
    words.insert(words.end(), at.begin(), at.end());
    return run_papilio(words);
  };
  for (const std::string& text : {run.out, with({"models", "show", "regions"}).out}) {
    EXPECT_THAT(text,
                AllOf(HasSubstr("754 parameters"),
                      HasSubstr("Opaque: 'opaque' (torchvision::nms, torchvision::roi_align, "),
                      HasSubstr("a time that is predicted for it is a guess")));
  }
  const std::string picture = kNetworks + "n.png";
  const Finished inferred =
      with({"infer", picture, "--model", "regions", "--normalize", "none", "--top", "2"});
  EXPECT_EQ(inferred.exit_code, 0) << inferred.err;
  EXPECT_THAT(inferred.out, AllOf(HasSubstr("2.379, 2.093, 6.521, 8.255, 0.131, -0.05747, 0.04214"),
                                  HasSubstr("-0.3271, 2.514, 3.794, 8.433, 0.05512, -0.1078")));
  const Finished trained = with({"train", "--model", "regions", "--data", "synthetic"});
  EXPECT_EQ(trained.exit_code, 2);
  EXPECT_THAT(trained.err, HasSubstr("has an opaque layer, 'opaque', through which no training"));
  const Finished larger = with({"infer", picture, "--model", "regions", "--input", "3x64x64"});
  EXPECT_EQ(larger.exit_code, 2);
  EXPECT_THAT(larger.err, HasSubstr("takes and gives what it did when imported"));
  // Without its program it is known, and not computed.
  fs::remove(folder.path() / "models/regions.opaque");
  const Finished without = with({"infer", picture, "--model", "regions"});
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_THAT(without.err, HasSubstr("the layer 'opaque' of 'regions' is opaque"));
  EXPECT_EQ(import_to(folder, "regions.pt").exit_code, 0);
  const Finished narrow = run_papilio({"import", kNetworks + "regions.pt", "--input", "3x32x32",
                                       "--opaque-output", "9x10", "-o", folder.path().string()});
  EXPECT_EQ(narrow.exit_code, 2);
  EXPECT_THAT(narrow.err,
              HasSubstr("has an output of 10×10 in the run, which --opaque-output 9×10"));
}

// regions.onnx is of tests/support/make_onnx_opaque.py. Its end reads scores, boxes and features,
// which OpenCV computes beside.
TEST(Import, ADetectorsEndOfAnOnnxFileIsPricedAndNotComputed) {
  const TemporaryFolder folder;
  const Finished run = import_to(folder, "regions.onnx");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("Opaque: 'opaque' (NonMaxSuppression, RoiAlign and "),
                             HasSubstr("nothing of what its opaque layer reads differs by more"),
                             HasSubstr("The layer itself, which nothing computes, was not")));
  EXPECT_FALSE(fs::exists(folder.path() / "models/regions.opaque"));
  const std::vector<std::string> known{"--model", "regions", "--profiles", folder.path().string()};
  for (std::vector<std::string> words : {std::vector<std::string>{"infer", kNetworks + "n.png"},
                                         std::vector<std::string>{"profile"}}) {
    words.insert(words.end(), known.begin(), known.end());
    const Finished refused = run_papilio(words);
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.err, AllOf(HasSubstr("'opaque' of 'regions' is opaque (NonMaxSuppression"),
                                   HasSubstr("those from ONNX or by hand none")));
  }
}

// loop.pt (made by tests/support/make_hostile.py) never ends reading itself.
TEST(Import, IsBoundedAndCanBeInterrupted) {
  const TemporaryFolder folder;
  const auto import = [&](std::vector<std::string> more, const std::optional<Stop>& stop = {}) {
    more.insert(more.begin(), {"import", "--input", "3x32x32", "-o", folder.path().string()});
    return run_papilio(more, stop);
  };
  const std::string loop = kNetworks + "loop.pt";
  const Finished timed = import({loop, "--time-limit", "0.3"});
  EXPECT_EQ(timed.exit_code, 2);
  EXPECT_EQ(timed.err, loop +
                           ": error: reading and checking it took longer than 0.3 s and was "
                           "stopped; nothing was written. If its network needs that, give it more "
                           "with --time-limit SECONDS\n");
  const Finished stopped = import({loop}, Stop{.once = has_workers});
  EXPECT_EQ(stopped.exit_code, 130);
  EXPECT_EQ(stopped.err, "papilio: interrupted; nothing was written\n");
  // Tensors of 32 MB each: under sanitizers memory is looked at from outside, fifty times a second.
  const Finished narrow =
      run_papilio({"import", kNetworks + "inplace-script.pt", "--input", "3x1024x1024", "-o",
                   folder.path().string(), "--memory-limit", "0.001"});
  EXPECT_EQ(narrow.exit_code, 2);
  EXPECT_THAT(narrow.err, HasSubstr("--memory-limit GIB"));
  EXPECT_FALSE(fs::exists(folder.path() / "models"));
  EXPECT_EQ(import({kNetworks + "inplace-script.pt", "--trust"}).exit_code, 0);
}

TEST(Import, TakesAnyCaseOfTheSuffix) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "LOUD.ONNX";
  fs::copy_file(kNetworks + "constant-weights.onnx", file);
  const Finished run =
      run_papilio({"import", file.string(), "-o", folder.path().string(), "--no-check"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("6 layers, 296 parameters"));
}

TEST(Import, NamesAnOperatorThatNobodyKnows) {
  const TemporaryFolder folder;
  const Finished run = import_to(folder, "unknown-operator.pt");
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, HasSubstr("has an operator that neither LibTorch 1.13.0 nor Papilio knows: "
                                 "aten::scaled_relu_of_2030\n"));
  EXPECT_FALSE(fs::exists(folder.path() / "models"));
}

}  // namespace
}  // namespace papilio
