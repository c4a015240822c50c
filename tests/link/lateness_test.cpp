// Claim: the figures of lateness are those of all that was added, to a microsecond upwards,
// whatever their number.

#include "models/link/lateness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "sim/base/random/stream.hpp"

namespace papilio {
namespace {

TEST(Lateness, OfNothingIsZero) {
  const LatenessStats stats = Lateness{}.stats();
  EXPECT_EQ(stats.count, 0U);
  EXPECT_EQ(stats.median, Seconds{0});
  EXPECT_EQ(stats.max, Seconds{0});
}

TEST(Lateness, QuantilesAreThoseOfTheSortedValuesRoundedUp) {
  Stream stream{StreamFamily{7, "lateness"}};
  Lateness lateness;
  std::vector<std::int64_t> all;
  constexpr std::size_t kCount = 10'000;
  all.reserve(kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    all.push_back(static_cast<std::int64_t>(stream.exponential(80'000)));
    lateness.add(all.back());
  }
  std::sort(all.begin(), all.end());
  const LatenessStats stats = lateness.stats();
  const auto rounded_up = [](std::int64_t ns) {
    return 1e-6 * std::floor(static_cast<double>(ns) / 1000 + 1);
  };
  EXPECT_EQ(stats.count, kCount);
  EXPECT_NEAR(stats.median.value(), rounded_up(all[kCount / 2 - 1]), 1e-12);
  EXPECT_NEAR(stats.p99.value(), rounded_up(all[kCount * 99 / 100 - 1]), 1e-12);
  EXPECT_NEAR(stats.max.value(), 1e-9 * static_cast<double>(all.back()), 1e-15);
}

TEST(Lateness, BeyondItsBucketsIsTheGreatest) {
  Lateness lateness;
  lateness.add(40'000'000);
  lateness.add(50'000'000);
  EXPECT_DOUBLE_EQ(lateness.stats().median.value(), 0.05);
  EXPECT_DOUBLE_EQ(lateness.stats().max.value(), 0.05);
}

}  // namespace
}  // namespace papilio
