// Claims: the front is what its definition says, on random problems with equal points, infinities
// and unknown coordinates, by both algorithms; whoever is said to dominate a point does.

#include "sim/plan/search/front.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/base/random/stream.hpp"
#include "tests/support/special_numbers.hpp"

namespace papilio {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Points as rows.
class Points {
 public:
  Points(std::vector<double> values, std::size_t coordinates)
      : values_{std::move(values)}, coordinates_{coordinates} {}

  [[nodiscard]] const std::vector<double>& values() const { return values_; }
  [[nodiscard]] std::size_t count() const { return values_.size() / coordinates_; }

  /// The definition: nowhere greater, and somewhere less or, where they are equal, earlier.
  [[nodiscard]] bool beats(std::size_t a, std::size_t b) const {
    bool less = false;
    for (std::size_t c = 0; c < coordinates_; ++c) {
      const double one = values_[a * coordinates_ + c];
      const double other = values_[b * coordinates_ + c];
      if (std::isnan(one) || std::isnan(other) || one > other) return false;
      less = less || one < other;
    }
    return less || a < b;
  }
  [[nodiscard]] bool is_known(std::size_t a) const {
    for (std::size_t c = 0; c < coordinates_; ++c) {
      if (std::isnan(values_[a * coordinates_ + c])) return false;
    }
    return true;
  }
  [[nodiscard]] bool is_beaten(std::size_t b) const {
    for (std::size_t a = 0; a < count(); ++a) {
      if (a != b && beats(a, b)) return true;
    }
    return false;
  }

 private:
  std::vector<double> values_;
  std::size_t coordinates_;
};

// (1, 4), (2, 2), (4, 1) trade one coordinate for the other. (3, 3) is beaten by (2, 2) alone; the
// second (2, 2) is as the first, which came before; (1, 5) is beaten by (1, 4) alone.
TEST(Front, KeepsWhatTradesAndTheFirstOfEquals) {
  const std::vector<double> points{3, 3, 1, 4, 2, 2, 2, 2, 4, 1, 1, 5};
  const ParetoFront front = find_front(points, 2);
  EXPECT_THAT(front.members, ElementsAre(1U, 2U, 4U));
  constexpr std::size_t kNobody = ParetoFront::kNobody;
  EXPECT_THAT(front.dominated_by, ElementsAre(2U, kNobody, kNobody, 2U, kNobody, 1U));
  EXPECT_EQ(pareto_front(points, 2), front.members);
}

TEST(Front, UnknownIsNotOnItAndInfiniteIsGreaterThanEveryNumber) {
  EXPECT_THAT(pareto_front(std::vector<double>{kUnknown, 0, 1, 1, kInfinite, 0.5, kInfinite, 2}, 2),
              ElementsAre(1U, 2U));
  EXPECT_THAT(pareto_front(std::vector{kUnknown, kUnknown}, 1), IsEmpty());
  EXPECT_THAT(pareto_front({}, 4), IsEmpty());
  EXPECT_EQ(find_front(std::vector{kUnknown, 0.0}, 2).dominated_by[0], ParetoFront::kNobody);
}

// One coordinate is a minimum, -0 equals 0.
TEST(Front, OfOneCoordinateIsTheFirstLeast) {
  EXPECT_THAT(pareto_front(std::vector{3.0, 0.0, -0.0, 1.0}, 1), ElementsAre(1U));
}

TEST(Front, IsItsDefinitionOnRandomProblems) {
  const StreamFamily family{1, "front"};
  for (unsigned round = 0; round < 1000; ++round) {
    Stream random{family, round};
    const std::size_t coordinates = 1 + round % kMostCoordinates;
    const auto count = static_cast<std::size_t>(random.uniform() * 60);
    // Few levels make equal points and equal coordinates, many make neither.
    const double levels = round % 3 == 0 ? 3 : round % 3 == 1 ? 12 : 1e9;
    std::vector<double> values;
    for (std::size_t i = 0; i < count * coordinates; ++i) {
      const double drawn = random.uniform();
      values.push_back(drawn < 0.01   ? kUnknown
                       : drawn > 0.98 ? kInfinite
                                      : std::floor(drawn * levels));
    }
    const Points points{values, coordinates};
    const ParetoFront front = find_front(values, coordinates);
    std::vector<std::size_t> expected;
    for (std::size_t i = 0; i < count; ++i) {
      const bool is_member = points.is_known(i) && !points.is_beaten(i);
      if (is_member) expected.push_back(i);
      const std::size_t by = front.dominated_by[i];
      ASSERT_EQ(by == ParetoFront::kNobody, is_member || !points.is_known(i));
      if (by == ParetoFront::kNobody) continue;
      ASSERT_TRUE(points.beats(by, i)) << "round " << round;
      ASSERT_THAT(front.members, ::testing::Contains(by)) << "round " << round;
    }
    ASSERT_EQ(front.members, expected) << "round " << round;
  }
}

// More points than a block of sets holds. Each trades: x up, y down, the others alike; behind each
// stands one that is worse by the last coordinate.
TEST(Front, OfManyPointsIsFoundBlockByBlock) {
  constexpr std::size_t kPairs = 1500;
  std::vector<double> values;
  for (std::size_t i = 0; i < kPairs; ++i) {
    for (const double last : {2.0, 1.0}) {
      values.insert(values.end(), {static_cast<double>(i), -static_cast<double>(i), 7, last});
    }
  }
  const ParetoFront front = find_front(values, 4);
  ASSERT_EQ(front.members.size(), kPairs);
  for (std::size_t i = 0; i < kPairs; ++i) {
    EXPECT_EQ(front.members[i], 2 * i + 1);
    EXPECT_EQ(front.dominated_by[2 * i], 2 * i + 1);
  }
}

}  // namespace
}  // namespace papilio
