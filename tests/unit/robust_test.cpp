// Claims: values, regrets and shares are what their definitions say, with weights and without;
// what is unknown or impossible in a sample makes no number of nothing.

#include "sim/plan/search/robust.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/base/random/stream.hpp"
#include "sim/base/stats/estimate.hpp"
#include "tests/support/special_numbers.hpp"

namespace papilio {
namespace {

// A trace of 6, 3 and 1 s. The cloud takes 1, 4, 20; the mobile 5 always. Least: 1, 4, 5.
// Means: (6·1 + 3·4 + 1·20) / 10 = 3.8, and 5. Regrets of the cloud: 0, 0, 15, mean 1.5; of the
// mobile: 4, 1, 0, mean 2.7. The cloud's costs up to 4 weigh 0.9, so its 90th percentile is 4 and
// its 95th 20: who minds the worst steps takes the mobile.
TEST(Robust, ClosedFormOfATrace) {
  const std::vector<double> costs{1, 4, 20, 5, 5, 5};
  const std::vector<double> weights{6, 3, 1};
  const SampledCosts samples{costs, weights, 2};
  const std::vector<Robustness> means = robustness(samples, std::nullopt);
  EXPECT_DOUBLE_EQ(means[0].value, 3.8);
  EXPECT_DOUBLE_EQ(means[0].mean_regret, 1.5);
  EXPECT_DOUBLE_EQ(means[0].largest_regret, 15);
  EXPECT_DOUBLE_EQ(means[0].best_share, 0.9);
  EXPECT_DOUBLE_EQ(means[1].value, 5);
  EXPECT_DOUBLE_EQ(means[1].mean_regret, 2.7);
  EXPECT_DOUBLE_EQ(means[1].largest_regret, 4);
  EXPECT_DOUBLE_EQ(means[1].best_share, 0.1);
  EXPECT_EQ(most_robust(means), 0U);
  EXPECT_EQ(robustness(samples, 0.9)[0].value, 4);
  EXPECT_EQ(robustness(samples, 0.95)[0].value, 20);
  EXPECT_EQ(most_robust(robustness(samples, 0.9)), 0U);
  EXPECT_EQ(most_robust(robustness(samples, 0.95)), 1U);
}

// In the first sample nobody can, in the second the first alone; the third weighs nothing, though
// the second candidate would be the best by far.
TEST(Robust, WhatIsUnknownOrImpossibleCountsAsInfinite) {
  const std::vector<double> costs{kInfinite, 2, 9, kUnknown, kInfinite, 0};
  const std::vector<double> weights{1, 3, 0};
  const std::vector<Robustness> all = robustness({costs, weights, 2}, 0.75);
  EXPECT_EQ(all[0].value, 2) << "of 3/4 of the weight";
  EXPECT_EQ(all[0].mean_regret, 0);
  EXPECT_EQ(all[0].best_share, 0.75);
  EXPECT_EQ(all[1].value, kInfinite);
  EXPECT_EQ(all[1].mean_regret, kInfinite);
  EXPECT_EQ(all[1].largest_regret, kInfinite);
  EXPECT_EQ(all[1].best_share, 0);
  EXPECT_EQ(most_robust(all), 0U);
  EXPECT_FALSE(most_robust(robustness({costs, weights, 2}, 1.0))) << "nobody can in the worst";
  EXPECT_TRUE(robustness({{}, {}, 0}, 0.5).empty());
}

TEST(Robust, TiesGoToTheEarlier) {
  const std::vector<double> costs{1, 2, 2, 1, 1, 2};
  const std::vector<Robustness> all = robustness({costs, {}, 3}, std::nullopt);
  EXPECT_EQ(all[0].best_share, 0.5);
  EXPECT_EQ(all[1].best_share, 0.5);
  EXPECT_EQ(all[2].best_share, 0);
  EXPECT_EQ(most_robust(all), 0U);
}

TEST(Robust, IsItsDefinitionOnRandomProblems) {
  const StreamFamily family{1, "robust"};
  for (unsigned round = 0; round < 1000; ++round) {
    Stream random{family, round};
    const auto candidates = static_cast<std::size_t>(1 + random.uniform() * 6);
    const auto count = static_cast<std::size_t>(1 + random.uniform() * 40);
    std::vector<double> costs(candidates * count);
    for (double& cost : costs) cost = std::floor(random.uniform() * 20);
    // Whole weights: a sample of weight 3 is as three samples of weight 1.
    std::vector<double> weights(count);
    for (double& weight : weights) weight = std::floor(random.uniform() * 4);
    weights[0] += 1;
    const double p = 1 - random.uniform();
    const std::vector<Robustness> means = robustness({costs, weights, candidates}, std::nullopt);
    const std::vector<Robustness> quantiles = robustness({costs, weights, candidates}, p);
    double shares = 0;
    for (std::size_t i = 0; i < candidates; ++i) {
      std::vector<double> repeated;
      std::vector<double> regrets;
      double best = 0;
      for (std::size_t s = 0; s < count; ++s) {
        std::vector<double> sample;
        for (std::size_t j = 0; j < candidates; ++j) sample.push_back(costs[j * count + s]);
        const auto least = std::min_element(sample.begin(), sample.end());
        for (double weight = 0; weight < weights[s]; ++weight) {
          repeated.push_back(sample[i]);
          regrets.push_back(sample[i] - *least);
          best += least == sample.begin() + static_cast<std::ptrdiff_t>(i) ? 1 : 0;
        }
      }
      ASSERT_NEAR(means[i].value, mean(repeated), 1e-9);
      ASSERT_EQ(quantiles[i].value, quantile(repeated, p)) << "round " << round << ", p " << p;
      ASSERT_NEAR(means[i].mean_regret, mean(regrets), 1e-9);
      ASSERT_EQ(means[i].largest_regret, *std::max_element(regrets.begin(), regrets.end()));
      ASSERT_NEAR(means[i].best_share, best / static_cast<double>(regrets.size()), 1e-9);
      shares += means[i].best_share;
    }
    ASSERT_NEAR(shares, 1, 1e-9);
    const auto best = std::min_element(
        quantiles.begin(), quantiles.end(),
        [](const Robustness& a, const Robustness& b) { return a.value < b.value; });
    ASSERT_EQ(most_robust(quantiles), static_cast<std::size_t>(best - quantiles.begin()));
  }
}

}  // namespace
}  // namespace papilio
