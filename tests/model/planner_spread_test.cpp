// Claims: how sure an answer is follows from the intervals of the layer times that were measured:
// the mean over the draws is the measured time, the shares add up to all draws, a seed draws the
// same times, and where nothing was measured there is nothing to draw.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/base/error.hpp"
#include "sim/planner/planner.hpp"
#include "sim/planner/robust_plan.hpp"
#include "tests/model/planner_worlds.hpp"

namespace papilio {
namespace {

using ::testing::HasSubstr;
using testing::LoadedScenario;

constexpr std::size_t kSamples = 50;

std::vector<OverTrace> spread_of(LoadedScenario& loaded, std::optional<double> percentile = {}) {
  const Planner planner{loaded.scenario, loaded.profiles(), {.looks_around = false}};
  return over_spread(planner, loaded.profiles(), kSamples, percentile);
}

TEST(Spread, HasTheMeasuredTimesAsItsMean) {
  LoadedScenario loaded = LoadedScenario::of_project("examples/u-net.yaml");
  const Planner planner{loaded.scenario, loaded.profiles(), {.looks_around = false}};
  const OverTrace over = over_spread(planner, loaded.profiles(), kSamples, std::nullopt).front();
  const PlanAnswer answer = planner.answer(0);
  // Mobile-only is the sum of all layers. Each is drawn with its interval's standard deviation,
  // half-width / 1.96, apart from the others, so that the mean of 50 sums is within five standard
  // errors of the measured sum.
  double variance = 0;
  for (const LayerProfile::Row& row : loaded.scenario.mobile_profile.rows) {
    variance += std::pow(row.interval_s.value_or(0) / 1.96, 2);
  }
  const double error = std::sqrt(variance / kSamples);
  ASSERT_GT(error, 0);
  double shares = 0;
  bool found = false;
  for (std::size_t i = 0; i < answer.plans.size(); ++i) {
    shares += over.plans[i].best_share;
    if (answer.plans[i].cell.strategy != "mobile-only") continue;
    found = true;
    EXPECT_NEAR(over.plans[i].value, answer.plans[i].value, 5 * error);
    EXPECT_NE(over.plans[i].value, answer.plans[i].value) << "nothing was drawn";
  }
  EXPECT_TRUE(found);
  EXPECT_NEAR(shares, 1, 1e-12);
}

TEST(Spread, IsDrawnBySeed) {
  LoadedScenario loaded = LoadedScenario::of_project("examples/u-net.yaml");
  const std::vector<OverTrace> first = spread_of(loaded, 0.9);
  EXPECT_EQ(first.front().costs, spread_of(loaded, 0.9).front().costs);
  LoadedScenario other = LoadedScenario::of_project("examples/u-net.yaml", {"seed=2"});
  EXPECT_NE(first.front().costs, spread_of(other, 0.9).front().costs);
}

TEST(Spread, NeedsAMeasuredInterval) {
  LoadedScenario loaded = LoadedScenario::of_project("paper/table4.yaml");
  try {
    spread_of(loaded);
    ADD_FAILURE() << "taken";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("no layer time of the scenario's devices was measured"));
  }
}

}  // namespace
}  // namespace papilio
