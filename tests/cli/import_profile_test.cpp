// Claims: 'papilio import-profile' makes a layer table of each tool's file, which scenarios take
// and name as measured by that tool; what belongs to no layer is told and stays out; a wrong file
// or command is exit 2 with a remedy, and nothing is written then.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/program.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::Finished;
using ::testing::HasSubstr;
using testing::read_file;
using testing::run_papilio;
using testing::run_to;
using testing::TemporaryFolder;

const fs::path kFiles = fs::path{PAPILIO_SOURCE_DIR} / "tests/support/foreign";

Finished import_to(const fs::path& folder, const fs::path& file,
                   const std::vector<std::string>& more = {},
                   const std::string& device = "jetson-tx2") {
  std::vector<std::string> words{
      "import-profile", file.string(), "--model",       "tiny", "--device",
      device,           "--profiles",  kFiles.string(), "-o",   folder.string()};
  words.insert(words.end(), more.begin(), more.end());
  return run_papilio(words);
}

/// Seconds of the tables' layers that all run on the mobile, as a scenario has them.
double mobile_only_s(const TemporaryFolder& folder) {
  folder.write("models/tiny.yaml", read_file(kFiles / "models/tiny.yaml"));
  const fs::path scenario = folder.write("tiny.scenario.yaml",
                                         "name: tiny\n"
                                         "model: tiny\n"
                                         "profiles: [.]\n"
                                         "mobile: {device: jetson-tx2}\n"
                                         "cloud: {device: gtx-1080-ti}\n"
                                         "networks: [wifi]\n"
                                         "strategies:\n"
                                         "  - {strategy: mobile-only}\n"
                                         "  - {strategy: split, after: [stem]}\n");
  run_to(folder.path() / "out", {scenario.string()});
  const CsvTable summary{(folder.path() / "out/summary.csv").string()};
  for (std::size_t row = 0; row < summary.rows(); ++row) {
    if (summary.text(row, "strategy") == "mobile-only") return summary.number(row, "latency_s");
  }
  return -1;
}

struct Imported {
  const char* file;
  const char* tool;
  std::vector<std::string> more;
  double layers_s;  ///< as tests/unit/foreign_test.cpp derives them
};

class ImportProfile : public ::testing::TestWithParam<Imported> {};

TEST_P(ImportProfile, MakesATableThatScenariosTake) {
  const auto& [file, tool, more, layers_s] = GetParam();
  const TemporaryFolder folder;
  for (const char* device : {"jetson-tx2", "gtx-1080-ti"}) {
    std::vector<std::string> words{"--power-w", "5"};
    words.insert(words.end(), more.begin(), more.end());
    const Finished run = import_to(folder.path(), kFiles / file, words, device);
    ASSERT_EQ(run.exit_code, 0) << run.err;
    EXPECT_EQ(run.err, "");
    EXPECT_THAT(run.out, AllOf(HasSubstr("## Layers"), HasSubstr("## Totals"),
                               HasSubstr(fmt::format("From {}, by {}: ", file, tool))));
  }
  EXPECT_NEAR(mobile_only_s(folder), layers_s, 1e-9);
  EXPECT_THAT(
      read_file(folder.path() / "out/tables.md"),
      AllOf(HasSubstr(fmt::format("jetson-tx2/tiny (measured: papilio-import-profile, {}, by {}",
                                  file, tool)),
            HasSubstr("jetson-tx2/tiny: Times are "),
            HasSubstr("Precision not stated; taken as fp32.")));
}

// 101 + 10 + 200 + 8 + 40; 50 + 80 + 20; 51 + 83 + 21; 90 + 180 + 1 + 40; 90 + 180 + 1; 11.5 + 9.5
// + 4; 8 + 1 + 10 + 1 + 4; 102.25 + 11 + 203 + 6 + 2 + 41 us.
INSTANTIATE_TEST_SUITE_P(
    Tools, ImportProfile,
    ::testing::Values(Imported{"ort.json", "ONNX Runtime", {}, 359e-6},
                      Imported{"tensorrt.json", "TensorRT", {}, 150e-6},
                      Imported{"tensorrt-old.json", "TensorRT", {}, 155e-6},
                      Imported{"tflite-old.csv", "TensorFlow Lite", {}, 311e-6},
                      // The linear layer is within a delegate.
                      Imported{"tflite.csv", "TensorFlow Lite", {"--allow-untimed"}, 271e-6},
                      Imported{"torch.json", "torch.profiler", {}, 25e-6},
                      Imported{"torch-named.json", "torch.profiler", {}, 24e-6},
                      Imported{"torch-kineto.json", "torch.profiler", {}, 365.25e-6}),
    [](const auto& param) {
      std::string name = param.param.file;
      std::replace_if(
          name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
      return name;
    });

TEST(ImportProfileCommand, TellsWhatIsWhereAndWhatIsNowhere) {
  const TemporaryFolder folder;
  const Finished run = import_to(folder.path(), kFiles / "tensorrt.json",
                                 {"--precision", "fp16", "--power-w", "5", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto report = nlohmann::json::parse(run.out);
  const auto& sections = report["sections"];
  EXPECT_EQ(sections[0]["rows"][0]["layer"], "conv1");
  EXPECT_NEAR(sections[0]["rows"][0]["ms"].get<double>(), 0.05, 1e-12);
  EXPECT_EQ(sections[0]["rows"][1]["from"], "part of conv1 + relu1");
  EXPECT_EQ(sections[1]["title"], "Entries of no layer");
  EXPECT_EQ(sections[1]["rows"].size(), 3U);
  EXPECT_EQ(sections[2]["rows"][0]["layer"], "flatten");
  EXPECT_NEAR(sections[3]["rows"][2]["ms"].get<double>(), 0.155, 1e-12);
  // 0.005 of 0.155 ms; 50 us at 5 W.
  EXPECT_THAT(read_file(folder.path() / "layers/jetson-tx2/tiny.yaml"),
              AllOf(HasSubstr("0.0050 ms (3.2 %) of 3 entries belong to no layer"),
                    HasSubstr("Without an entry, at 0 s: 1 of 6 layers."),
                    HasSubstr("precision: fp16"), HasSubstr("5 W, which was stated, not measured"),
                    HasSubstr("layer: conv1, latency_s: 5e-05, energy_j: 0.00025")));
  // It may be made anew.
  EXPECT_EQ(import_to(folder.path(), kFiles / "ort.json").exit_code, 0);
}

// A title is all that a device takes, and the folder that is written to is one that is searched.
TEST(ImportProfileCommand, TakesADeviceOfItsOwnFolder) {
  const TemporaryFolder folder;
  folder.write("devices/my-tv.yaml", "title: my television\n");
  EXPECT_EQ(import_to(folder.path(), kFiles / "ort.json", {}, "my-tv").exit_code, 0);
  EXPECT_TRUE(fs::exists(folder.path() / "layers/my-tv/tiny.yaml"));
}

TEST(ImportProfileCommand, ReplacesNothingThatWasMeasuredOtherwise) {
  const TemporaryFolder folder;
  ASSERT_EQ(import_to(folder.path(), kFiles / "ort.json").exit_code, 0);
  const fs::path table = folder.path() / "layers/jetson-tx2/tiny.yaml";
  std::string text = read_file(table);
  text.replace(text.find("papilio-import-profile\n"), 22, "papilio-profile");
  folder.write("layers/jetson-tx2/tiny.yaml", text);
  const Finished run = import_to(folder.path(), kFiles / "ort.json");
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, AllOf(HasSubstr("is measured: papilio-profile"),
                             HasSubstr("choose another folder with -o")));
  EXPECT_EQ(read_file(table), text);
}

TEST(ImportProfileCommand, WrongCommandsAndFilesWriteNothing) {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "profiles";
  const auto expect = [&](const fs::path& file, const std::vector<std::string>& more,
                          const std::string& message, const std::string& device = "jetson-tx2") {
    const Finished run = import_to(out, file, more, device);
    EXPECT_EQ(run.exit_code, 2) << message;
    EXPECT_EQ(run.out, "");
    EXPECT_THAT(run.err, HasSubstr(message));
    EXPECT_FALSE(fs::exists(out));
  };
  const fs::path good = kFiles / "ort.json";
  expect(good, {}, "unknown device 'jetson-tx3'; did you mean 'jetson-tx2'?", "jetson-tx3");
  expect(good, {}, "describe it: write " + (out / "devices/my-tv.yaml").string(), "my-tv");
  expect(good, {}, "--device '../x': expected lower-case letters, digits, and . _ -", "../x");
  expect(good, {"--format", "tensorflow"}, "unknown --format 'tensorflow'");
  expect(good, {"--precision", "fp116"}, "unknown --precision 'fp116'; did you mean 'fp16'?");
  expect(good, {"--power-w", "0"}, "--power-w must be 1e-06 to 1e+06");
  expect(good, {"--map", "nowhere.csv"}, "nowhere.csv: error: cannot read the file");
  expect(good, {"--format", "torch"}, "ort.json: error: has no operation");
  expect("nowhere.json", {}, "nowhere.json: error: cannot read the file");
  expect(folder.write("cut.json", read_file(good).substr(0, 3000)), {},
         "error: the JSON ends too early; was its writing cut off?");
  // Of another network: nothing fits.
  const Finished other = run_papilio({"import-profile", good.string(), "--model", "alexnet",
                                      "--device", "jetson-tx2", "-o", out.string()});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err,
              AllOf(HasSubstr("belong to layers of 'alexnet', and a table takes at least "
                              "half; entries of no layer: 'fused /conv1/Conv'"),
                    HasSubstr("with --map FILE")));
  EXPECT_FALSE(fs::exists(out));
  EXPECT_THAT(run_papilio({"import-profile", good.string(), "--model", "tiny"}).err,
              HasSubstr("--device NAME is missing; see 'papilio devices list'"));
  EXPECT_THAT(run_papilio({"import-profile", "--model", "tiny", "--device", "d"}).err,
              HasSubstr("expected one file, got 0"));
}

// A map makes of ONNX Runtime's file one of a network of the zoo.
TEST(ImportProfileCommand, AMapNamesLayersOfAnyNetwork) {
  const TemporaryFolder folder;
  const fs::path map = folder.write("map.csv",
                                    "measured,layer\n"
                                    "fused /conv1/Conv,conv1\n"
                                    "/layer1/layer1.0/conv/Conv_output_0_nchwc,layer1.0.conv1\n"
                                    "/fc/Gemm,linear\n"
                                    "Transpose_token_1,\n");
  std::vector<std::string> words{"import-profile",
                                 (kFiles / "ort.json").string(),
                                 "--model",
                                 "resnet20-cifar10",
                                 "--device",
                                 "jetson-tx2",
                                 "--map",
                                 map.string(),
                                 "-o",
                                 folder.path().string()};
  const Finished refused = run_papilio(words);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("that multiply have no entry, the first is "
                                           "'layer1.0.conv2'"),
                                 HasSubstr("--allow-untimed")));
  EXPECT_FALSE(fs::exists(folder.path() / "layers"));
  words.emplace_back("--allow-untimed");
  const Finished run = run_papilio(words);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(read_file(folder.path() / "layers/jetson-tx2/resnet20-cifar10.yaml"),
              HasSubstr("of these multiply, which --allow-untimed let pass."));
  EXPECT_THAT(run.out, AllOf(HasSubstr("fused /conv1/Conv (by the map)"),
                             HasSubstr("Layers without an entry, at 0 s")));
  const Finished show = run_papilio(
      {"profiles", "show", "jetson-tx2/resnet20-cifar10", "--profiles", folder.path().string()});
  EXPECT_EQ(show.exit_code, 0) << show.err;
  EXPECT_THAT(show.out, HasSubstr("papilio-import-profile"));
}

// A table that could not be loaded again is not written: two nodes of conv1, of 1e6 s each, take
// 2e6 s, and 1e4 s at 1e6 W are 1e10 J.
TEST(ImportProfileCommand, WhatNoTableHoldsIsRefused) {
  const TemporaryFolder folder;
  const auto node = [](const char* name, const char* us, const char* begin = "0") {
    return fmt::format(R"({{"cat":"Node","name":"{}_kernel_time","ts":{},"dur":{}}})", name, begin,
                       us);
  };
  const fs::path out = folder.path() / "profiles";
  const auto expect = [&](const std::string& events, const std::string& watts,
                          const std::string& message) {
    const Finished run = import_to(out, folder.write("a.json", "[" + events + "]"),
                                   {"--allow-untimed", "--power-w", watts});
    EXPECT_EQ(run.exit_code, 2) << run.out;
    EXPECT_THAT(run.err, HasSubstr(message));
    EXPECT_FALSE(fs::exists(out));
  };
  expect(node("conv1", "1e12") + "," + node("conv1/Conv", "1e12", "1e12"), "1",
         "a.json: error: layer 'conv1': latency_s: expected 0 to 1e+06, got 2e+06");
  expect(node("conv1", "1e10"), "1e6",
         "a.json: error: layer 'conv1': energy_j: expected 0 to 1e+09, got 1e+10");
}

// Cut off anywhere, a file is read or refused, and the program never ends otherwise.
TEST(ImportProfileCommand, FilesThatEndAnywhereAreReadOrRefused) {
  const TemporaryFolder folder;
  for (const char* file : {"ort.json", "tensorrt.json", "tflite.csv", "torch.json"}) {
    const std::string text = read_file(kFiles / file);
    constexpr std::size_t kCuts = 6;
    for (std::size_t cut = 0; cut < kCuts; ++cut) {
      const fs::path out = folder.path() / fmt::format("{}-{}", file, cut);
      const Finished run =
          import_to(out, folder.write("cut", text.substr(0, text.size() * cut / kCuts)));
      EXPECT_TRUE(run.exit_code == 0 || run.exit_code == 2) << file << " " << cut << run.err;
      EXPECT_EQ(fs::exists(out), run.exit_code == 0);
    }
  }
}

}  // namespace
}  // namespace papilio
