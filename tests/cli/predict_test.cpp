// Claims: 'papilio predict' writes tables that scenarios take and name as predicted, replaces
// nothing that was measured, says how far off it is, and tells what is wrong with a command.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
using ::testing::Not;
using testing::read_file;
using testing::run_papilio;
using testing::run_to;
using testing::TemporaryFolder;

/// A folder of profiles with one device that nobody measured.
void describe_device(const TemporaryFolder& folder) {
  fs::create_directories(folder.path() / "devices");
  folder.write(
      "devices/mine.yaml",
      "title: a device\n"
      "memory_byte_per_s: {value: 1e11, kind: recalled, source: butterfly-2019, at: test}\n"
      "peak_fp32_flop_per_s: {value: 5e12, kind: recalled, source: butterfly-2019, at: "
      "test}\n");
}

TEST(Predict, WritesATableThatScenariosReadAndName) {
  const TemporaryFolder folder;
  describe_device(folder);
  const std::string profiles = folder.path().string();
  const Finished run = run_papilio({"predict", "--model", "resnet18", "--device", "mine",
                                    "--profiles", profiles, "-o", profiles});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("roofline at fp32, not calibrated"));
  EXPECT_THAT(run.out, HasSubstr("How far off it is, nobody can tell"));
  const fs::path scenario = folder.write("mixed.yaml",
                                         "name: mixed\n"
                                         "model: resnet18\n"
                                         "profiles: [.]\n"
                                         "mobile: {device: xeon-1-thread}\n"
                                         "cloud: {device: mine}\n"
                                         "networks: [wifi]\n"
                                         "strategies:\n"
                                         "  - {strategy: cloud-only}\n");
  run_to(folder.path() / "out", {scenario.string()});
  const std::string tables = read_file(folder.path() / "out/tables.md");
  EXPECT_THAT(tables, HasSubstr("mine/resnet18 (predicted: papilio-predict, roofline at fp32"));
  EXPECT_THAT(tables, HasSubstr("xeon-1-thread/resnet18 (measured: papilio-profile"));
  // A prediction may be made anew.
  EXPECT_EQ(run_papilio({"predict", "--model", "resnet18", "--device", "mine", "--profiles",
                         profiles, "-o", profiles})
                .exit_code,
            0);
}

TEST(Predict, ReplacesNothingThatWasMeasured) {
  const TemporaryFolder folder;
  const fs::path table = folder.path() / "layers/xeon-1-thread/alexnet.yaml";
  fs::create_directories(table.parent_path());
  fs::copy(fs::path{PAPILIO_SOURCE_DIR} / "profiles/layers/xeon-1-thread/alexnet.yaml", table);
  const std::string before = read_file(table);
  const Finished run = run_papilio(
      {"predict", "--model", "alexnet", "--device", "xeon-1-thread", "-o", folder.path().string()});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.err, fmt::format("papilio predict: error: {} is measured, which a prediction does "
                                 "not replace; choose another folder with -o\n",
                                 table.string()));
  EXPECT_EQ(read_file(table), before);
}

std::string predicted(std::vector<std::string> words) {
  words.insert(words.begin(), {"predict", "--model"});
  const Finished run = run_papilio(words);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return run.out;
}

// JointDNN's 160.5 ms for AlexNet on the TX2 against the paper's table of ResNet-50, which makes
// the roofline give 7.296 ms: 22 times. Neither is hidden, whichever calibrates.
TEST(Predict, TellsWhereSourcesDisagree) {
  EXPECT_THAT(predicted({"alexnet-2012", "--device", "jetson-tx2"}),
              AllOf(HasSubstr("calibrated by resnet50-paper"),
                    HasSubstr("The total of alexnet-2012 (digitised: jointdnn-2018, Fig. 12"),
                    HasSubstr("is 160.500 ms on this device, where this roofline gives 7.296: 22 "
                              "times as much.")));
  EXPECT_THAT(
      predicted({"alexnet-2012", "--device", "jetson-tx2", "--calibrate", "alexnet-2012"}),
      AllOf(HasSubstr("by the total of alexnet-2012, part by part (digitised: jointdnn-2018"),
            HasSubstr("Total 160.500 ms"), HasSubstr("The table of resnet50-paper at fp16"),
            HasSubstr("times less"), HasSubstr("Doubt: the layers up to pool2 take 11 times")));
  EXPECT_THAT(predicted({"vgg16", "--device", "jetson-tx2", "--precision", "fp32"}),
              AllOf(HasSubstr("calibrated by the total of alexnet-2012 (digitised"),
                    HasSubstr("The table of resnet50-paper at fp16")));
  // Of two totals of one network the other is held against what the first makes.
  EXPECT_THAT(predicted({"resnet18", "--device", "tesla-k40"}),
              AllOf(HasSubstr("The total of alexnet-2012 (recalled: neurosurgeon-2017"),
                    HasSubstr("is 6.000 ms on this device, where this roofline gives 14.500"),
                    HasSubstr("Doubt: the same figure has this network on the Jetson TX2")));
  // ... and in what is written for scenarios.
  const TemporaryFolder folder;
  predicted({"alexnet-2012", "--device", "jetson-tx2", "-o", folder.path().string()});
  EXPECT_THAT(read_file(folder.path() / "layers/jetson-tx2/alexnet-2012.yaml"),
              HasSubstr("22 times as much"));
}

// Nobody measured the TK1: a number from memory is told, and calibrates only where it is asked for.
TEST(Predict, ARecollectionCalibratesNothingUnasked) {
  EXPECT_THAT(predicted({"resnet18", "--device", "jetson-tk1"}),
              AllOf(HasSubstr("roofline at fp32, not calibrated"),
                    HasSubstr("The total of alexnet-2012 (recalled: neurosurgeon-2017"),
                    HasSubstr("is 81.000 ms on this device, where this roofline gives 20.614")));
  EXPECT_THAT(predicted({"alexnet-2012", "--device", "jetson-tk1", "--calibrate", "alexnet-2012"}),
              AllOf(HasSubstr("calibrated by the total of alexnet-2012 (recalled"),
                    HasSubstr("Total 81.000 ms")));
}

TEST(Predict, HoldsTotalsAgainstARegressionToo) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "devices");
  const auto with_part = [&](const std::string& layer) {
    folder.write("devices/xeon-1-thread.yaml",
                 fmt::format("title: a core\ntotals:\n"
                             "  - {{model: alexnet, latency_s: 500, kind: assumed, "
                             "parts: [{{to: {}, latency_s: 1}}]}}\n",
                             layer));
  };
  const std::vector<std::string> words{"predict",
                                       "--model",
                                       "resnet18",
                                       "--device",
                                       "xeon-1-thread",
                                       "--profiles",
                                       folder.path().string()};
  with_part("conv1");
  EXPECT_EQ(run_papilio(words).err,
            "devices/xeon-1-thread.yaml: error: totals: 'conv1' does not end a part of 'alexnet'; "
            "name layers before its last one, in its order ('papilio models show alexnet')\n");
  with_part("features.0");
  EXPECT_THAT(run_papilio(words).out,
              AllOf(HasSubstr("By regression over"),
                    HasSubstr("The total of alexnet (assumed) is 500000.000 ms on this device, "
                              "where the regression gives ")));
}

TEST(Predict, ComparesWithTheTableThatItDidNotLookAt) {
  const Finished run = run_papilio(
      {"predict", "--model", "alexnet", "--device", "xeon-1-thread", "--format", "json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto rows = nlohmann::json::parse(run.out)["sections"][0]["rows"];
  EXPECT_EQ(rows.back()["block"], "all");
  EXPECT_NEAR(rows.back()["in the table, ms"].get<double>(), 48.550939, 1e-9);
}

TEST(Predict, ValidatesEachNetworkByTheOthers) {
  const Finished run =
      run_papilio({"predict", "--device", "xeon-1-thread", "--validate", "--format", "json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto document = nlohmann::json::parse(run.out);
  EXPECT_GE(document["sections"][0]["rows"].size(), 18);
  for (const auto& row : document["sections"][0]["rows"]) {
    if (row["network"] != "efficientnet_b0") continue;
    EXPECT_GT(row["of unknown types, %"], 0) << "no other network has SiLU";
  }
}

// The tables of the GTX 1080 Ti are at fp16, its data sheet has a peak at fp32 alone: what was
// measured calibrates nothing, and is held against the prediction.
TEST(Predict, TakesThePrecisionOfWhichThereIsAPeak) {
  const Finished run = run_papilio({"predict", "--model", "resnet18", "--device", "gtx-1080-ti"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("By roofline at fp32, not calibrated"));
  EXPECT_THAT(run.out, HasSubstr("The table of resnet50-paper at fp16"));
}

// Several devices are as many predictions; where one cannot be made, none is written.
TEST(Predict, OfSeveralDevicesWritesAllOrNone) {
  const TemporaryFolder folder;
  describe_device(folder);
  const std::string profiles = folder.path().string();
  const auto predict = [&](const std::string& devices) {
    return run_papilio({"predict", "--model", "resnet18", "--device", devices, "--profiles",
                        profiles, "-o", profiles});
  };
  EXPECT_THAT(predict("mine,nobodys").err, HasSubstr("unknown device 'nobodys'"));
  EXPECT_FALSE(fs::exists(folder.path() / "layers"));
  const Finished both = predict("mine,gtx-1080-ti");
  ASSERT_EQ(both.exit_code, 0) << both.err;
  EXPECT_THAT(both.out,
              AllOf(HasSubstr("# resnet18 on mine"), HasSubstr("# resnet18 on gtx-1080-ti")));
  EXPECT_TRUE(fs::exists(folder.path() / "layers/mine/resnet18.yaml"));
  EXPECT_TRUE(fs::exists(folder.path() / "layers/gtx-1080-ti/resnet18.yaml"));
}

TEST(Predict, TellsWhatIsWrong) {
  const auto error = [](std::vector<std::string> words) {
    words.insert(words.begin(), "predict");
    const Finished run = run_papilio(words);
    EXPECT_EQ(run.exit_code, 2) << run.out;
    EXPECT_EQ(run.out, "");
    return run.err;
  };
  EXPECT_THAT(error({"--device", "xeon-1-thread"}), HasSubstr("--model NAME, or --validate"));
  EXPECT_THAT(error({"--model", "resnet18"}), HasSubstr("which device? --device NAME"));
  EXPECT_THAT(error({"--model", "resnet18", "--device", "xeon-1-thred"}),
              HasSubstr("unknown device 'xeon-1-thred'; did you mean 'xeon-1-thread'?"));
  EXPECT_THAT(error({"--model", "resnet81", "--device", "xeon-1-thread"}),
              HasSubstr("unknown model 'resnet81'; did you mean 'resnet18'?"));
  EXPECT_THAT(error({"--model", "resnet18", "--device", "xeon-1-thread", "--method", "roof"}),
              HasSubstr("unknown --method 'roof'"));
  EXPECT_THAT(error({"--model", "resnet18", "--device", "xeon-1-thread", "--method", "roofline"}),
              HasSubstr("needs the key 'peak_fp32_flop_per_s'"));
  EXPECT_THAT(error({"--model", "resnet18", "--device", "gtx-1080-ti", "--precision", "fp16"}),
              HasSubstr("or predict at fp32, whose peak is there (--precision fp32)"));
  EXPECT_THAT(error({"--model", "resnet18", "--device", "xeon-1-thread", "--calibrate", "nobody"}),
              HasSubstr("has no table of 'nobody' at fp32"));
  EXPECT_THAT(error({"--device", "xeon-sse3-1-thread", "--validate", "--method", "regression"}),
              HasSubstr("fewer than two tables"));
}

}  // namespace
}  // namespace papilio
