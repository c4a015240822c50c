#include "sim/plan/select.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

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

}  // namespace
}  // namespace papilio
