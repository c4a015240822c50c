// Claims: learning rates are the closed forms; training learns; a search ends at the first unit
// that is good enough; results do not depend on how many trainings run side by side; differences
// are paired.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "models/tensor/runtime.hpp"
#include "models/train/first_phase.hpp"
#include "models/train/phase_report.hpp"
#include "models/zoo/builder.hpp"
#include "sim/base/error.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

TEST(LearningRate, FallsAlongHalfACosine) {
  const TrainingSpec spec{.epochs = 4, .learning_rate = 0.8};
  EXPECT_DOUBLE_EQ(learning_rate(spec, 0, 0, 10), 0.8);
  // A quarter of the way: (1 + cos 45°) / 2.
  EXPECT_DOUBLE_EQ(learning_rate(spec, 1, 0, 10), 0.4 * (1 + std::sqrt(0.5)));
  EXPECT_DOUBLE_EQ(learning_rate(spec, 2, 0, 10), 0.4);
  EXPECT_NEAR(learning_rate(spec, 3, 10, 10), 0, 1e-15);
}

TEST(LearningRate, FallsInStepsAtHalfAndThreeQuarters) {
  const TrainingSpec spec{.epochs = 8, .learning_rate = 1, .schedule = Schedule::kStep};
  std::vector<double> rates;
  for (std::int64_t epoch = 0; epoch < 8; ++epoch)
    rates.push_back(learning_rate(spec, epoch, 5, 10));
  EXPECT_THAT(rates, ElementsAre(1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01));
}

TEST(Evaluation, WeighsClassesAlikeInTheirMean) {
  // Class 0: 3 of 4; class 1: 0 of 1; class 2 has no picture.
  const Evaluation evaluation{.predictions = {0, 0, 0, 1, 0}, .labels = {0, 0, 0, 0, 1}};
  EXPECT_DOUBLE_EQ(evaluation.accuracy(), 0.6);
  EXPECT_DOUBLE_EQ(evaluation.mean_class_accuracy(), 0.375);
}

/// A residual network as ResNet-20 for CIFAR-10 is, but with a block at each of two widths, and
/// 16x16 wide: its claims are those of training, and a larger network's steps take seconds under
/// the sanitizers.
Graph small_network() {
  Builder net{"small", "A small residual network", {3, 32, 32}};
  const auto convolve = [&](const std::string& name, std::int64_t channels, std::int64_t stride) {
    net.then(name, ConvOp{.out_channels = channels, .kernel = 3, .stride = stride, .padding = 1});
    net.then(name + ".bn", BatchNormOp{});
  };
  convolve("conv", 8, 2);
  net.then("relu", ReluOp{});
  for (const std::int64_t width : {8, 16}) {
    const std::string block = width == 8 ? "RB1" : "RB2";
    net.begin_block(block);
    const LayerId input = net.last();
    convolve(block + ".conv1", width, width / 8);
    net.then(block + ".relu1", ReluOp{});
    convolve(block + ".conv2", width, 1);
    const LayerId body = net.last();
    net.go_back_to(input);
    if (width != 8) convolve(block + ".shortcut", width, 2);
    net.join(block + ".add", AddOp{}, {body, net.last()});
    net.then(block + ".relu", ReluOp{});
    net.end_block();
  }
  net.then("pool", GlobalAvgPoolOp{});
  net.then("flatten", FlattenOp{});
  net.then("classifier", LinearOp{.out_features = 10});
  return net.finish();
}

/// A small phase on drawn pictures, from random weights, in a few steps.
FirstPhaseSpec small_phase() {
  start_tensor_runtime("cpu", 1);
  FirstPhaseSpec spec{.graph = small_network()};
  spec.cuts = {*spec.graph.find_cut("RB1"), *spec.graph.find_cut("RB2")};
  spec.channels = {1, 2};
  spec.seeds = {1};
  spec.training = {
      .epochs = 2, .batch_size = 16, .optimizer = Optimizer::kSgd, .learning_rate = 0.05};
  return spec;
}

std::vector<PointResult> run(const FirstPhaseSpec& spec, const std::filesystem::path& folder,
                             std::size_t pictures = 48) {
  const Transform transform{.height = 32, .width = 32, .shorter_side = 32, .padding = 4};
  return run_first_phase(
      spec, spread_subset(open_dataset("synthetic", Split::kTrain), pictures),
      spread_subset(open_dataset("synthetic", Split::kTest), 20), transform, folder,
      [](const PhaseProgress&) {}, [] { return false; });
}

std::vector<std::string> keys(const std::vector<PointResult>& results) {
  std::vector<std::string> names;
  for (const PointResult& result : results) names.push_back(result.point.key());
  return names;
}

TEST(FirstPhase, LearnsAndGivesTheSameOnAnyNumberOfJobs) {
  FirstPhaseSpec spec = small_phase();
  const TemporaryFolder one;
  const std::vector<PointResult> alone = run(spec, one.path());
  EXPECT_THAT(keys(alone),
              ElementsAre("baseline-s1", "RB1-d1-s1", "RB1-d2-s1", "RB2-d1-s1", "RB2-d2-s1"));
  EXPECT_LT(alone[0].epochs.back().loss, alone[0].epochs.front().loss);
  const TemporaryFolder three;
  spec.jobs = 3;
  const std::vector<PointResult> beside = run(spec, three.path());
  for (std::size_t i = 0; i < alone.size(); ++i) {
    EXPECT_EQ(beside[i].epochs, alone[i].epochs) << alone[i].point.key();
    EXPECT_EQ(beside[i].right, alone[i].right) << alone[i].point.key();
    const std::string file = "units/" + alone[i].point.key() + ".pt";
    EXPECT_EQ(testing::read_file(one.path() / file), testing::read_file(three.path() / file));
  }
  // What stands is not trained again: a changed result is read, not replaced.
  EXPECT_EQ(run(spec, three.path())[1].elapsed_s, beside[1].elapsed_s);
}

TEST(FirstPhase, SearchEndsWithTheFirstUnitWithinTheBudget) {
  FirstPhaseSpec spec = small_phase();
  spec.training.epochs = 1;
  spec.search_budget = 1;  // any unit will do
  const TemporaryFolder lenient;
  EXPECT_THAT(keys(run(spec, lenient.path())),
              ElementsAre("baseline-s1", "RB1-d1-s1", "RB2-d1-s1"));
  spec.search_budget = -1;  // none will
  const TemporaryFolder strict;
  EXPECT_THAT(keys(run(spec, strict.path())),
              ElementsAre("baseline-s1", "RB1-d1-s1", "RB1-d2-s1", "RB2-d1-s1", "RB2-d2-s1"));
}

class EachOptimizer : public ::testing::TestWithParam<Optimizer> {};

TEST_P(EachOptimizer, StopsWithACheckpointAndGoesOn) {
  FirstPhaseSpec spec = small_phase();
  spec.training.optimizer = GetParam();
  spec.cuts.resize(1);
  spec.channels = {2};
  const TemporaryFolder whole;
  const std::vector<PointResult> expected = run(spec, whole.path());
  const TemporaryFolder broken;
  spec.training.checkpoint_interval_s = 0;
  const Transform transform{.height = 32, .width = 32, .shorter_side = 32, .padding = 4};
  std::vector<PointResult> found;
  int stops = 0;
  while (found.empty()) {
    int asked = 0;  // stops after some steps, more each time
    try {
      found = run_first_phase(
          spec, spread_subset(open_dataset("synthetic", Split::kTrain), 48),
          spread_subset(open_dataset("synthetic", Split::kTest), 20), transform, broken.path(),
          [](const PhaseProgress&) {}, [&] { return ++asked > 1 + fewer(1, 2) * stops; });
    } catch (const Interrupted&) {
      ++stops;
    }
  }
  EXPECT_GT(stops, fewer(3, 1));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(found[i].epochs, expected[i].epochs);
    EXPECT_EQ(found[i].right, expected[i].right);
  }
}

INSTANTIATE_TEST_SUITE_P(FirstPhase, EachOptimizer,
                         ::testing::Values(Optimizer::kSgd, Optimizer::kAdam),
                         [](const auto& tested) {
                           return std::string{tested.param == Optimizer::kSgd ? "Sgd" : "Adam"};
                         });

TEST(FirstPhase, ADamagedCheckpointIsRefusedByName) {
  FirstPhaseSpec spec = small_phase();
  const TemporaryFolder folder;
  folder.write("checkpoints/baseline-s1/checkpoint.pt", "PK, but no archive");
  EXPECT_THAT([&] { run(spec, folder.path()); },
              ThrowsMessage<ConfigError>(
                  HasSubstr("baseline-s1/checkpoint.pt: error: is no checkpoint of this "
                            "training; remove the folder")));
}

TEST(FirstPhase, LossThatIsNotFiniteIsAnErrorOfTheSimulation) {
  FirstPhaseSpec spec = small_phase();
  spec.training.learning_rate = 1e30;
  const TemporaryFolder folder;
  EXPECT_THROW(run(spec, folder.path()), SimulationError);
}

TEST(PairedDifference, IsOfEachPictureAndSeed) {
  // Seed 1: the unit loses one of four pictures and gains none; seed 2: loses one, gains one.
  const Cut cut{3, "RB1", {16, 32, 32}};
  const auto result = [&](const std::optional<Cut>& at, std::uint64_t seed,
                          std::vector<bool> right) {
    return PointResult{.point = {at, at ? 2 : 0, seed}, .right = std::move(right)};
  };
  const std::vector<PointResult> results{
      result({}, 1, {true, true, false, true}), result({}, 2, {true, false, true, true}),
      result(cut, 1, {true, false, false, true}), result(cut, 2, {false, true, true, true})};
  const PairedDifference paired = paired_difference(results, "RB1", 2);
  EXPECT_EQ(paired.seeds, 2U);
  // Means over the seeds: −1/2, (−1 + 1)/2, 0, 0.
  EXPECT_DOUBLE_EQ(paired.difference.value, -0.125);
  // Their deviation is 1/4, so the standard error 1/8; t of 95 % with 3 degrees is 3.1824.
  EXPECT_NEAR(*paired.difference.half_width, 3.1824 / 8, 1e-4);
}

}  // namespace
}  // namespace papilio
