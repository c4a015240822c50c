// Claims: selection takes the least and the second; a limit of accuracy binds from both its keys,
// and what is unknown does not keep it.

#include "sim/plan/select.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "sim/plan/accuracy_limit.hpp"

namespace papilio {
namespace {

Breakdown taking(double seconds, double joules) {
  Breakdown b;
  b.mobile = Seconds{seconds};
  b.compute_energy = Joules{joules};
  return b;
}

TEST(Select, TakesTheLeastAndTheSecond) {
  const std::vector<Breakdown> candidates{taking(3, 1), taking(1, 4), taking(2, 2), taking(5, 3)};
  EXPECT_EQ(select(candidates, Target::kLatency).best, 1U);
  EXPECT_EQ(select(candidates, Target::kLatency).runner_up, 2U);
  EXPECT_EQ(select(candidates, Target::kEnergy).best, 0U);
  EXPECT_EQ(select(candidates, Target::kEnergy).runner_up, 2U);
}

TEST(Select, TiesGoToTheEarlier) {
  const std::vector<Breakdown> candidates{taking(1, 1), taking(1, 1)};
  EXPECT_EQ(select(candidates, Target::kLatency).best, 0U);
  EXPECT_EQ(select(candidates, Target::kLatency).runner_up, 1U);
}

TEST(Select, OneCandidateHasNoSecondAndNoneIsAnError) {
  EXPECT_FALSE(select({taking(1, 1)}, Target::kEnergy).runner_up);
  EXPECT_THROW(select({}, Target::kEnergy), std::invalid_argument);
}

TEST(Choose, WhatIsUnknownLosesToEveryNumber) {
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> values{unknown, 3, unknown, 2};
  const Selection chosen = choose(values.size(), [&](std::size_t i) { return values[i]; });
  EXPECT_EQ(chosen.best, 3U);
  EXPECT_EQ(chosen.runner_up, 1U);
}

// Against sorting, with ties and infinities: the two first positions by value, then by position.
TEST(Choose, IsTheHeadOfAStableSort) {
  unsigned state = 7;
  for (unsigned round = 0; round < 500; ++round) {
    std::vector<double> values(1 + round % 9U);
    for (double& value : values) {
      state = state * 1103515245 + 12345;
      const unsigned drawn = (state >> 16U) % 5;
      value = drawn == 4 ? std::numeric_limits<double>::infinity() : drawn;
    }
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    const Selection chosen = choose(values.size(), [&](std::size_t i) { return values[i]; });
    EXPECT_EQ(chosen.best, order[0]);
    if (order.size() > 1) {
      EXPECT_EQ(chosen.runner_up, order[1]);
    }
  }
}

TEST(AccuracyLimit, TheGreaterOfBothBinds) {
  AccuracyLimit limit{.budget = 0.02, .baseline = 0.78};
  // 0.78 - 0.02 is 0.76 but for the last digit of a double.
  EXPECT_TRUE(limit.admits(0.76));
  EXPECT_FALSE(limit.admits(0.7599));
  EXPECT_EQ(
      limit.text(),
      "at least 76 % (accuracy_budget: a loss of at most 0.02 from the uncut network's 78 %)");
  limit.least = 0.77;
  EXPECT_FALSE(limit.admits(0.76));
  EXPECT_TRUE(limit.admits(0.77));
  limit.least = 0.7;
  EXPECT_FALSE(limit.admits(0.75)) << "the budget still binds";
}

TEST(AccuracyLimit, WhatIsUnknownKeepsNoStatedLimit) {
  EXPECT_TRUE(AccuracyLimit{}.admits(std::nullopt)) << "none is stated";
  EXPECT_FALSE(AccuracyLimit{.least = 0.0}.admits(std::nullopt));
  EXPECT_FALSE(AccuracyLimit{.budget = 0.02}.admits(0.99)) << "below nobody knows what";
}

}  // namespace
}  // namespace papilio
