// Claims: selection takes the least and the second; a limit of accuracy binds from both its keys,
// and what is unknown does not keep it.

#include "sim/plan/select.hpp"

#include <gtest/gtest.h>

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

TEST(AccuracyLimit, TheGreaterOfBothBinds) {
  AccuracyLimit limit{.budget = 0.02, .baseline = 0.78};
  // 0.78 - 0.02 is 0.76 but for the last digit of a double.
  EXPECT_TRUE(limit.admits(0.76));
  EXPECT_FALSE(limit.admits(0.7599));
  EXPECT_EQ(limit.text(), "at least 76 % (accuracy_budget: 0.02 below the uncut network's 78 %)");
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
