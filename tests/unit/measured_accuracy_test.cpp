// Claims: a cell's accuracy is the mean over the seeds of exactly its rows; the smallest unit is
// the first within the budget of the baseline; what is malformed is told with its line; the shipped
// raw accuracies are those of Figure 7.

#include "sim/profiles/measured_accuracy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "models/zoo/zoo.hpp"
#include "sim/base/error.hpp"
#include "sim/plan/accuracy_limit.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

constexpr const char* kAccuracyHeader = "cut,channels,bits,codec,seed,images,accuracy\n";

class Accuracies : public ::testing::Test {
 protected:
  MeasuredAccuracies read(const std::string& rows) {
    return {folder_.write("a.csv", kAccuracyHeader + rows).string(), *find_model("resnet50-paper")};
  }
  void fails(const std::string& rows, const std::string& message) {
    EXPECT_THAT([&] { read(rows); }, ThrowsMessage<ConfigError>(HasSubstr(message)));
  }
  testing::TemporaryFolder folder_;
};

TEST_F(Accuracies, AreMeansOverTheSeedsOfTheirOwnRows) {
  const MeasuredAccuracies table = read(
      ",0,,,,10000,0.78\n"
      "RB1,1,8,raw,1,10000,0.70\n"
      "RB1,1,8,raw,2,5000,0.74\n"
      "RB1,1,4,raw,1,10000,0.60\n"
      "RB1,1,8,jpeg:90,1,10000,0.50\n"
      "RB1,0,8,raw,1,10000,0.77\n");
  const auto unit = table.find({.cut = "RB1", .channels = 1});
  ASSERT_TRUE(unit);
  EXPECT_DOUBLE_EQ(unit->mean, 0.72);
  EXPECT_EQ(unit->seeds, 2U);
  EXPECT_EQ(unit->images, 5000);
  EXPECT_EQ(table.find({.cut = "RB1", .channels = 1, .bits = 4})->mean, 0.60);
  EXPECT_EQ(table.find({.cut = "RB1", .channels = 1, .codec = "jpeg:90"})->mean, 0.50);
  EXPECT_EQ(table.find({.cut = "RB1"})->mean, 0.77) << "a plain split";
  EXPECT_FALSE(table.find({.cut = "RB1", .channels = 2}));
  EXPECT_FALSE(table.find({.cut = "RB2", .channels = 1}));
}

TEST_F(Accuracies, OfTheUncutNetworkAreTheBaseline) {
  const MeasuredAccuracies table = read(
      ",0,32,raw,1,10000,0.78\n"
      ",0,4,raw,1,10000,0.60\n"
      "input,0,8,jpeg:50,1,10000,0.70\n");
  EXPECT_EQ(table.baseline()->mean, 0.78);
  EXPECT_EQ(table.find({})->mean, 0.78) << "the picture as it is";
  EXPECT_EQ(table.find({.bits = 4})->mean, 0.60);
  EXPECT_EQ(table.find({.codec = "jpeg:50"})->mean, 0.70);
  EXPECT_FALSE(table.find({.codec = "png"}));
  EXPECT_FALSE(read("RB1,1,8,raw,1,10,0.5\n").baseline());
  const MeasuredAccuracies sent = read(",0,,,,10,0.78\ninput,0,8,raw,1,10,0.77\n");
  EXPECT_EQ(sent.baseline()->mean, 0.78);
  EXPECT_EQ(sent.find({})->mean, 0.77) << "a row of its own";
}

TEST_F(Accuracies, OfTheOldKindAreRefusedWithTheCommandThatMeasuresAgain) {
  fails(
      ",0,32,raw,1,10,0.5\n,0,8,jpeg:90,1,10,0.5\n",
      "a.csv:3: error: cut: expected a cut, or 'input' where the picture crosses. Rows without one "
      "are of an old kind, whose 'jpeg:90' was of the normalised tensor and not the picture's; "
      "measure again with 'papilio infer --model resnet50-paper --weights FILE --data NAME --after "
      "input --codecs jpeg:90', got ''");
}

TEST_F(Accuracies, FindTheSmallestUnitWithinTheBudget) {
  const MeasuredAccuracies table = read(
      ",0,8,raw,1,10000,0.78\n"
      "RB1,1,8,raw,1,10000,0.70\n"
      "RB1,5,8,raw,1,10000,0.79\n"
      "RB1,2,8,raw,1,10000,0.75\n"
      "RB1,2,8,raw,2,10000,0.77\n"
      "RB1,1,8,zstd,1,10000,0.78\n"
      "RB2,4,8,raw,1,10000,0.70\n"
      "RB3,0,8,raw,1,10000,0.78\n");
  const auto within = [](double budget) {
    return [budget](double mean) {
      return AccuracyLimit{.budget = budget, .baseline = 0.78}.admits(mean);
    };
  };
  // 0.78 - 0.02 is the mean at D_r = 2, to the last digit of a double.
  EXPECT_EQ(table.smallest_channels({.cut = "RB1"}, within(0.02)), 2);
  EXPECT_EQ(table.smallest_channels({.cut = "RB1"}, within(0.0199)), 5);
  EXPECT_EQ(table.smallest_channels({.cut = "RB1"}, within(0.08)), 1);
  EXPECT_EQ(table.smallest_channels({.cut = "RB1", .codec = "zstd"}, within(0.02)), 1);
  EXPECT_FALSE(table.smallest_channels({.cut = "RB1", .bits = 4}, within(0.02)));
  EXPECT_FALSE(table.smallest_channels({.cut = "RB2"}, within(0.02)));
  EXPECT_EQ(table.best_at({.cut = "RB2"})->mean, 0.70);
  EXPECT_FALSE(table.smallest_channels({.cut = "RB3"}, within(0.02))) << "a plain split is no unit";
  EXPECT_FALSE(table.best_at({.cut = "RB3"}));
}

TEST_F(Accuracies, NameCutsByBlockOrLayer) {
  const Graph graph = *find_model("resnet50-paper");
  const std::string layer = graph.layer(graph.find_cut("RB2")->after).name;
  EXPECT_TRUE(read(layer + ",1,8,raw,1,10,0.5\n").find({.cut = "RB2", .channels = 1}));
}

TEST_F(Accuracies, TellWhatIsMalformed) {
  fails("RB99,1,8,raw,1,10,0.5\n",
        "a.csv:2: error: cut: expected a cut of 'resnet50-paper', got 'RB99'");
  fails(",1,8,raw,1,10,0.5\n", "channels: expected a whole number of 0 to 0, got '1'");
  fails("RB1,300,8,raw,1,10,0.5\n", "channels: expected a whole number of 0 to 256, got '300'");
  fails("RB1,1,0,raw,1,10,0.5\n", "bits: expected a whole number of 1 to 32, got '0'");
  fails("RB1,1,8,,1,10,0.5\n", "codec: expected the name of a codec, got ''");
  fails("RB1,1,8,raw,,10,0.5\n", "seed: expected a number, got ''");
  fails("RB1,1,8,raw,1,0,0.5\n", "images: expected a whole number of 1 to");
  fails("RB1,1,8,raw,1,10,74.1\n", "accuracy: expected a number of 0 to 1, got '74.1'");
  fails("RB1,1,8,raw,1,10,0.5\nRB1,1,8,raw,1,10,0.6\n",
        "a.csv:3: error: seed: expected one row a seed of cut RB1, channels 1, bits 8, codec raw, "
        "got '1'");
}

// Of one training, rows that lie in two places: as a result, and as data of scenarios. A unit is to
// be compared with a baseline that was trained on like it, over the same seeds.
TEST(ShippedAccuracies, OfRawTensorsAreFigure7s) {
  const fs::path root{PAPILIO_SOURCE_DIR};
  const fs::path shipped = root / "profiles/measurements/resnet20-cifar10/accuracy.csv";
  const std::string text = testing::read_file(shipped);
  const std::string figure7 =
      testing::read_file(root / "results/reference/figure7-cifar10/accuracy.csv");
  EXPECT_EQ(text.substr(0, figure7.size()), figure7);
  EXPECT_THAT(text.substr(figure7.size()), Not(HasSubstr(",raw,")));
  const MeasuredAccuracies table{shipped.string(), *find_model("resnet20-cifar10")};
  EXPECT_EQ(table.baseline()->seeds, 3U);
  for (const char* codec : {"file", "png", "jpeg:50", "jpeg:90", "webp:25", "webp:75"}) {
    const auto picture = table.find({.codec = codec});
    ASSERT_TRUE(picture) << codec;
    EXPECT_EQ(picture->seeds, 3U) << codec;
  }
  for (const char* codec : {"file", "png"}) {
    EXPECT_EQ(table.find({.codec = codec})->mean, table.baseline()->mean)
        << codec << ": what loses no pixel loses no answer";
  }
  for (const char* codec : {"zstd", "jpeg:50", "jpeg:90"}) {
    for (const Crossing& at :
         std::initializer_list<Crossing>{{.cut = "RB1", .channels = 4, .codec = codec},
                                         {.cut = "RB9", .channels = 4, .codec = codec},
                                         {.cut = "RB9", .channels = 16, .codec = codec}}) {
      const auto accuracy = table.find(at);
      ASSERT_TRUE(accuracy) << to_string(at);
      EXPECT_EQ(accuracy->seeds, 3U) << to_string(at);
    }
  }
  for (const std::int64_t channels : {4, 16}) {
    EXPECT_EQ(table.find({.cut = "RB9", .channels = channels, .codec = "zstd"})->mean,
              table.find({.cut = "RB9", .channels = channels})->mean)
        << "what loses no bit loses no answer";
  }
}

}  // namespace
}  // namespace papilio
