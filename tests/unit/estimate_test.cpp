// Claims: means, percentiles and intervals of independent values are those of the textbooks.

#include "sim/base/stats/estimate.hpp"

#include <gtest/gtest.h>

#include <boost/math/distributions/binomial.hpp>
#include <numeric>

namespace papilio {
namespace {

// Law, Simulation Modeling and Analysis, example 4.26 (and many a textbook): the ten values below
// have the mean 1.343 and the sample variance 0.16768; t(9, 0.95) = 1.833 gives the 90 %
// interval 1.34 ± 0.24.
TEST(HalfWidth, OfATextbookExample) {
  const std::vector<double> values{1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09};
  EXPECT_NEAR(mean(values), 1.343, 1e-12);
  EXPECT_NEAR(*half_width(values, 0.90), 0.24, 0.005);
}

TEST(Sum, AddsHalfWidthsOfThoseThatHaveOne) {
  const std::vector<Estimate> parts{{1, 0.25}, {2, {}}, {4, 0.5}};
  EXPECT_EQ(sum_of(parts).value, 7);
  EXPECT_EQ(sum_of(parts).half_width, 0.75);
  EXPECT_FALSE(sum_of(std::vector<Estimate>{{1, {}}}).half_width.has_value());
}

TEST(HalfWidth, NeedsTwoValues) {
  EXPECT_FALSE(half_width(std::vector<double>{}).has_value());
  EXPECT_FALSE(half_width(std::vector<double>{1}).has_value());
  EXPECT_EQ(half_width(std::vector<double>{3, 3}), 0);
}

// Of ten throws of a coin fewer than two are tails with the probability 11/1024 = 0.0107, fewer
// than three with 56/1024 = 0.0547: the 95 % interval goes from the second value to the ninth.
TEST(Median, HasTheIntervalOfTheOrderStatistics) {
  const Estimate ten = median({10, 1, 9, 2, 8, 3, 7, 4, 6, 5});
  EXPECT_EQ(ten.value, 5.5);
  EXPECT_EQ(ten.half_width, (9.0 - 2.0) / 2);
  // Fewer than one of five: 1/32 = 0.031, of six: 1/64 = 0.016.
  EXPECT_EQ(median({5, 4, 3, 2, 1}).value, 3);
  EXPECT_FALSE(median({5, 4, 3, 2, 1}).half_width.has_value());
  EXPECT_EQ(median({6, 5, 4, 3, 2, 1}).half_width, 2.5);
}

// Boost's binomial distribution says the same ranks, up to where 1/2^n is no double.
TEST(Median, HasTheRanksOfTheBinomialDistribution) {
  const auto by_boost = [](std::size_t n) {
    const boost::math::binomial throws{static_cast<double>(n), 0.5};
    std::size_t rank = 0;
    while (rank < n / 2 &&
           boost::math::cdf(throws, static_cast<double>(rank)) <= (1 - kConfidence) / 2) {
      ++rank;
    }
    return rank;
  };
  for (std::size_t n = 1; n <= 400; ++n) ASSERT_EQ(median_rank(n), by_boost(n)) << n;
  for (const std::size_t n : {1000U, 1073U, 1074U, 1075U, 3000U, 20000U}) {
    EXPECT_EQ(median_rank(n), by_boost(n)) << n;
  }
}

TEST(Quantile, IsTheNearestRank) {
  std::vector<double> values(100);
  std::iota(values.rbegin(), values.rend(), 1.0);
  EXPECT_EQ(quantile(values, 0.50), 50);
  EXPECT_EQ(quantile(values, 0.95), 95);
  EXPECT_EQ(quantile(values, 0.951), 96);
  EXPECT_EQ(quantile(values, 1), 100);
  EXPECT_EQ(quantile(values, 1e-9), 1);
  std::vector<double> one{7};
  EXPECT_EQ(quantile(one, 0.5), 7);
}

// Replications of means 1, 3 and 5 about a pooled value of 4: the squares of the distances are 9, 1
// and 1, so s^2 = 11/2, and t(2, 0.975) = 4.3027 gives 4.3027 sqrt(5.5/3) = 5.8258. About their own
// mean, 3, it is the interval of `half_width`: 4.3027 sqrt(4/3).
TEST(HalfWidth, BySectionsIsAboutThePooledValue) {
  const std::vector<double> means{1, 3, 5};
  EXPECT_NEAR(*half_width_by_sections(means, 4), 5.8258, 1e-4);
  EXPECT_NEAR(*half_width_by_sections(means, 3), *half_width(means), 1e-12);
  EXPECT_FALSE(half_width_by_sections(std::vector<double>{1}, 1).has_value());
}

}  // namespace
}  // namespace papilio
