// Claims: a stream is told by seed, name, index and item, and by nothing else; its first numbers
// are those that they always were; and what is drawn from it has the moments that the formulas of
// queueing theory take it to have.

#include "sim/base/random/stream.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/sanitized.hpp"

namespace papilio {
namespace {

std::vector<double> first_numbers(const StreamFamily& family, std::uint64_t index = 0,
                                  std::uint64_t item = 0) {
  Stream stream{family, index, item};
  std::vector<double> numbers(20);
  for (double& number : numbers) number = stream.uniform();
  return numbers;
}

TEST(Stream, IsToldBySeedNameIndexAndItem) {
  const StreamFamily family{7, "arrivals"};
  const std::vector<double> numbers = first_numbers(family, 3, 4);
  EXPECT_EQ(first_numbers(family, 3, 4), numbers);
  EXPECT_EQ(first_numbers(StreamFamily{7, std::string{"arrivals"}}, 3, 4), numbers)
      << "a family of its own";

  EXPECT_NE(first_numbers(StreamFamily{8, "arrivals"}, 3, 4), numbers);
  EXPECT_NE(first_numbers(StreamFamily{7 + (std::uint64_t{1} << 32U), "arrivals"}, 3, 4), numbers)
      << "the high half of the seed counts";
  EXPECT_NE(first_numbers(StreamFamily{7, "arrivalt"}, 3, 4), numbers);
  EXPECT_NE(first_numbers(StreamFamily{7, "arrivals "}, 3, 4), numbers);
  EXPECT_NE(first_numbers(family, 4, 3), numbers) << "index and item are not one sum";
  EXPECT_NE(first_numbers(family, 3, 5), numbers);
  EXPECT_NE(first_numbers(family, 3 + (std::uint64_t{1} << 32U), 4), numbers);
  EXPECT_NE(first_numbers(family, 3, 4 + (std::uint64_t{1} << 32U)), numbers);
  EXPECT_EQ(first_numbers(family), first_numbers(family, 0, 0));
}

// A generator seeded with small numbers can begin alike for neighbours. Of 32-bit numbers, 20,000
// streams' first ones should agree in 20,000²/2/2^32 = 0.05 pairs.
TEST(Stream, NeighboursBeginApart) {
  const StreamFamily family{1, "neighbours"};
  std::set<double> first;
  double sum = 0;
  for (std::uint64_t index = 0; index < 10000; ++index) {
    for (const std::uint64_t item : {0U, 1U}) {
      const double number = Stream{family, index, item}.uniform();
      first.insert(number);
      sum += number;
    }
  }
  EXPECT_GE(first.size(), 19999U);
  // The first numbers across streams are uniform too: 1/sqrt(12) the deviation of one, 5 of the
  // mean.
  EXPECT_NEAR(sum / 20000, 0.5, 5 * std::sqrt(1.0 / 12 / 20000));
}

// Successive mobiles must not be correlated: the mean of u_i u_(i+1) of independent uniforms is
// 1/4, their product's variance 1/9 - 1/16.
TEST(Stream, NeighboursAreNotCorrelated) {
  const StreamFamily family{1, "neighbours"};
  constexpr int kStreams = 20000;
  double products = 0;
  double last = Stream{family, kStreams}.uniform();
  for (std::uint64_t index = 0; index < kStreams; ++index) {
    const double number = Stream{family, index}.uniform();
    products += number * last;
    last = number;
  }
  // Neighbouring products share a factor: twice their covariance 1/3·1/4 - 1/16 = 1/48 is added.
  const double variance = 1.0 / 9 - 1.0 / 16 + 2.0 / 48;
  EXPECT_NEAR(products / kStreams, 0.25, 5 * std::sqrt(variance / kStreams));
}

// Another generator, seeding or order of words would change every result that was ever published.
// Whoever means to change them changes these.
TEST(Stream, GivesTheNumbersThatItAlwaysGave) {
  const StreamFamily family{42, "pinned"};
  constexpr double k2To32 = 4294967296;
  Stream first{family};
  for (const double number :
       {3765597659.0, 2250731468.0, 4275785454.0, 2461708486.0, 947511109.0}) {
    EXPECT_EQ(first.uniform() * k2To32, number);
  }
  Stream other{family, 3, 7};
  for (const double number : {4058367722.0, 1155326680.0, 2986270106.0, 3517382067.0}) {
    EXPECT_EQ(other.uniform() * k2To32, number);
  }
  Stream waits{family, 1};
  for (const double number : {1.3101123567632307, 0.73951605089701289, 1.2783253206393068}) {
    EXPECT_DOUBLE_EQ(waits.exponential(2), number);
  }
  Stream sizes{family, 1};
  for (const double number : {2.201793269713451, 1.3958689560615942, 1.3073527473554296}) {
    EXPECT_DOUBLE_EQ(sizes.lognormal(2, 0.5), number);
  }
}

TEST(Stream, UniformsLieInTheirInterval) {
  Stream stream{StreamFamily{1, "uniform"}};
  double least = 1;
  double most = 0;
  for (int i = 0; i < 100000; ++i) {
    const double number = stream.uniform();
    least = std::min(least, number);
    most = std::max(most, number);
  }
  EXPECT_GE(least, 0);
  EXPECT_LT(most, 1);
  EXPECT_LT(least, 1e-3);
  EXPECT_GT(most, 1 - 1e-3);
}

// An exponential's quantiles are -ln(1 - p); a share p of n draws lies below with the deviation
// sqrt(p (1 - p)/n).
TEST(Stream, ExponentialsHaveTheirQuantiles) {
  Stream stream{StreamFamily{2, "exponential"}};
  constexpr int kDraws = fewer(200000, 20000);
  std::vector<double> draws(kDraws);
  for (double& draw : draws) draw = stream.exponential(3);
  for (const double p : {0.01, 0.1, 0.5, 0.9, 0.99, 0.999}) {
    const double quantile = -3 * std::log1p(-p);
    const auto below =
        std::count_if(draws.begin(), draws.end(), [&](double draw) { return draw < quantile; });
    EXPECT_NEAR(static_cast<double>(below) / kDraws, p, 5 * std::sqrt(p * (1 - p) / kDraws));
  }
}

// A lognormal of mean 2 and cv 0.5: its median is 2/sqrt(1 + cv²).
TEST(Stream, LognormalsHaveTheirMedian) {
  Stream stream{StreamFamily{3, "lognormal"}};
  constexpr int kDraws = fewer(100000, 10000);
  const double median = 2 / std::sqrt(1.25);
  int below = 0;
  for (int i = 0; i < kDraws; ++i) below += stream.lognormal(2, 0.5) < median ? 1 : 0;
  EXPECT_NEAR(static_cast<double>(below) / kDraws, 0.5, 5 * std::sqrt(0.25 / kDraws));
}

/// The k-th moment of a variation, k <= 4.
double moment(const Variation& variation, int k) {
  const double square = variation.cv * variation.cv;
  switch (variation.kind) {
    case Variation::Kind::kNone:
      return 1;
    case Variation::Kind::kExponential:
      return std::tgamma(k + 1);
    case Variation::Kind::kUniform:
      // E[(1 + V)^k], V uniform on ±cv·sqrt(3): E[V²] = cv², E[V⁴] = (cv·sqrt(3))⁴/5 = 9 cv⁴/5.
      return k == 1   ? 1
             : k == 2 ? 1 + square
             : k == 3 ? 1 + 3 * square
                      : 1 + 6 * square + 9 * square * square / 5;
    case Variation::Kind::kLognormal:
      return std::pow(1 + square, k * (k - 1) / 2);
  }
  return 0;
}

// Means of n draws lie within five of their deviations: a chance of 6e-7 each, and the seeds are
// fixed.
TEST(Variation, HasItsMoments) {
  using Kind = Variation::Kind;
  constexpr int kDraws = fewer(400000, 40000);
  const Variation variations[] = {
      {Kind::kExponential, 1}, {Kind::kUniform, 0.2},   {Kind::kUniform, 1 / std::sqrt(3.0)},
      {Kind::kLognormal, 0.1}, {Kind::kLognormal, 0.5}, {Kind::kLognormal, 1}};
  for (const Variation& variation : variations) {
    SCOPED_TRACE(static_cast<int>(variation.kind));
    SCOPED_TRACE(variation.cv);
    EXPECT_DOUBLE_EQ(variation.second_moment(), moment(variation, 2));
    Stream stream{StreamFamily{4, "variation"}};
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double factor = variation.draw(stream);
      ASSERT_GE(factor, 0);
      sum += factor;
      squares += factor * factor;
    }
    const auto bound = [&](int k) {
      const double variance = moment(variation, 2 * k) - std::pow(moment(variation, k), 2);
      return 5 * std::sqrt(variance / kDraws);
    };
    EXPECT_NEAR(sum / kDraws, 1, bound(1));
    EXPECT_NEAR(squares / kDraws, moment(variation, 2), bound(2));
  }
}

TEST(Variation, OfNoneDrawsNothing) {
  const StreamFamily family{5, "none"};
  Stream stream{family};
  EXPECT_EQ(Variation{}.draw(stream), 1);
  EXPECT_EQ(Variation{}.second_moment(), 1);
  EXPECT_EQ(stream.uniform(), Stream{family}.uniform());
}

TEST(Variation, UniformStaysWithinItsWidth) {
  Stream stream{StreamFamily{6, "width"}};
  const Variation variation{Variation::Kind::kUniform, 0.2};
  const double width = 0.2 * std::sqrt(3.0);
  for (int i = 0; i < 10000; ++i) ASSERT_LE(std::abs(variation.draw(stream) - 1), width);
}

}  // namespace
}  // namespace papilio
