// Claims: the envelope has the winner of dense samples between its break points, and values are
// equal or limits end at them; a map's row is the envelope along it.

#include "sim/plan/search/envelope.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "sim/base/random/stream.hpp"
#include "sim/plan/search/regions.hpp"
#include "tests/support/special_numbers.hpp"

namespace papilio {
namespace {

using ::testing::ElementsAre;

// The mobile alone takes 10 whatever the transfer of a unit takes; a split 4 + 2x, the cloud
// 1 + 5x. Cloud and split: 1 + 5x = 4 + 2x, x = 1. Split and mobile: 4 + 2x = 10, x = 3. The cloud
// and the mobile meet at 9/5, above the split's 7.6.
TEST(Envelope, BreaksWhereTwoValuesAreEqual) {
  const std::vector<AxisCandidate> candidates{{{10, 0}, {}}, {{4, 2}, {}}, {{1, 5}, {}}};
  EXPECT_THAT(lower_envelope(candidates, 0, 8),
              ElementsAre(AxisSegment{0, 1, 2}, AxisSegment{1, 3, 1}, AxisSegment{3, 8, 0}));
  EXPECT_THAT(lower_envelope(candidates, 1.5, 2), ElementsAre(AxisSegment{1.5, 2, 1}));
  EXPECT_THAT(lower_envelope(candidates, 2, 2), ElementsAre(AxisSegment{2, 2, 1}));
  const PlaceWinners winners = winners_at(candidates, 2.5);  // 10, 9, 13.5
  EXPECT_EQ(winners.best, 1U);
  EXPECT_EQ(winners.second, 0U);
}

// As above, but the split needs 1 + x <= 3, which holds to x = 2, and the mobile 6 - x <= 3, from
// x = 3 on: between them the cloud is left.
TEST(Envelope, BreaksWhereALimitBeginsOrEnds) {
  std::vector<AxisCandidate> candidates{
      {{10, 0}, {{{6, -1}, 3}}}, {{4, 2}, {{{1, 1}, 3}}}, {{1, 5}, {}}};
  EXPECT_THAT(lower_envelope(candidates, 0, 8),
              ElementsAre(AxisSegment{0, 1, 2}, AxisSegment{1, 2, 1}, AxisSegment{2, 3, 2},
                          AxisSegment{3, 8, 0}));
  candidates[2].limits = {{{7, 0}, 6}};  // never
  EXPECT_THAT(
      lower_envelope(candidates, 0, 8),
      ElementsAre(AxisSegment{0, 2, 1}, AxisSegment{2, 3, std::nullopt}, AxisSegment{3, 8, 0}));
}

TEST(Envelope, GivesTiesToTheEarlierAndNothingToWhatIsUnknown) {
  EXPECT_THAT(lower_envelope(std::vector<AxisCandidate>{{{1, 1}, {}}, {{1, 1}, {}}}, 0, 1),
              ElementsAre(AxisSegment{0, 1, 0}));
  const std::vector<AxisCandidate> unknown{{{kUnknown, 0}, {}},
                                           {{0, kInfinite}, {}},
                                           {{0, 0}, {{{kUnknown, 0}, 1}}},
                                           {{0, 0}, {{{1, 0}, kUnknown}}},
                                           {{5, 0}, {{{kInfinite, 0}, kInfinite}}}};
  EXPECT_THAT(lower_envelope(unknown, 0, 1), ElementsAre(AxisSegment{0, 1, 4}));
  EXPECT_EQ(winners_at(unknown, 0.5).best, 4U);
  EXPECT_THAT(lower_envelope({}, 0, 1), ElementsAre(AxisSegment{0, 1, std::nullopt}));
}

// Three lines through one point: the middle one is best nowhere else, and what rounding gives it
// there is no stretch.
TEST(Envelope, HasNoStretchThatRoundingMade) {
  const StreamFamily family{1, "concurrent"};
  for (unsigned round = 0; round < 1000; ++round) {
    Stream random{family, round};
    const double x = 0.1 + 0.8 * random.uniform();
    const double value = random.uniform();
    std::vector<AxisCandidate> candidates;
    for (const double slope : {3 + random.uniform(), 1 + random.uniform(), random.uniform()}) {
      candidates.push_back({{value - slope * x, slope}, {}});
    }
    const std::vector<AxisSegment> segments = lower_envelope(candidates, 0, 1);
    ASSERT_EQ(segments.size(), 2U) << "round " << round;
    EXPECT_EQ(segments[0].best, 0U);
    EXPECT_NEAR(segments[0].to, x, 1e-12);
    EXPECT_EQ(segments[1].best, 2U);
  }
}

/// Random planes, some of which share slopes or are equal, with up to two limits.
std::vector<PlaneCandidate> random_candidates(Stream& random) {
  std::vector<PlaneCandidate> candidates;
  const auto count = static_cast<std::size_t>(1 + random.uniform() * 12);
  const bool is_coarse = random.uniform() < 0.3;
  const auto draw = [&](double most) {
    const double drawn = random.uniform() * most;
    return is_coarse ? std::floor(drawn) : drawn;
  };
  for (std::size_t i = 0; i < count; ++i) {
    PlaneCandidate candidate;
    candidate.value.constant = draw(10);
    candidate.value.x_slope = draw(8) - 2;
    candidate.value.y_slope = draw(8) - 2;
    const double limits = random.uniform();
    for (const double share : {0.2, 0.6}) {
      if (limits < share) continue;
      PlaneLimit limit;
      limit.value.constant = draw(6);
      limit.value.x_slope = draw(10) - 5;
      limit.value.y_slope = draw(4) - 2;
      limit.most = draw(9);
      candidate.limits.push_back(limit);
    }
    candidates.push_back(candidate);
  }
  return candidates;
}

std::vector<AxisCandidate> along(const std::vector<PlaneCandidate>& candidates, double y) {
  std::vector<AxisCandidate> row;
  row.reserve(candidates.size());
  for (const PlaneCandidate& candidate : candidates) row.push_back(candidate.along(y));
  return row;
}

/// The least value of the admitted candidates, infinite if there are none.
double least_at(const std::vector<AxisCandidate>& candidates, double x) {
  double least = kInfinite;
  for (const AxisCandidate& candidate : candidates) {
    bool holds = true;
    for (const AffineLimit& limit : candidate.limits) {
      holds = holds && limit.value.constant + limit.value.slope * x <= limit.most;
    }
    if (holds) least = std::min(least, candidate.value.constant + candidate.value.slope * x);
  }
  return least;
}

/// Whether a limit of the candidate turns at x.
bool turns_at(const std::vector<AxisCandidate>& candidates, std::optional<std::size_t> position,
              double x) {
  if (!position) return false;
  const auto& limits = candidates[*position].limits;
  return std::any_of(limits.begin(), limits.end(), [&](const AffineLimit& limit) {
    return std::abs(limit.value.at(x) - limit.most) < 1e-9;
  });
}

TEST(Envelope, HasTheLeastOfDenseSamplesAndBreaksWhereItMust) {
  constexpr double kLow = 0;
  constexpr double kHigh = 3;
  const StreamFamily family{1, "envelope"};
  std::size_t crossings = 0;
  std::size_t ends = 0;
  for (unsigned round = 0; round < 1000; ++round) {
    Stream random{family, round};
    const std::vector<AxisCandidate> candidates = along(random_candidates(random), 1);
    const std::vector<AxisSegment> segments = lower_envelope(candidates, kLow, kHigh);
    double reached = kLow;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const AxisSegment& segment = segments[i];
      ASSERT_EQ(segment.from, reached);
      ASSERT_LT(segment.from, segment.to);
      reached = segment.to;
      constexpr unsigned kSamples = 40;
      for (unsigned sample = 0; sample < kSamples; ++sample) {
        const double x = segment.from + (segment.to - segment.from) * (sample + 0.5) / kSamples;
        const double least = least_at(candidates, x);
        ASSERT_EQ(segment.best.has_value(), least < kInfinite) << round << " at " << x;
        if (!segment.best) continue;
        ASSERT_NEAR(candidates[*segment.best].value.at(x), least, 1e-9) << round << " at " << x;
        // A tie all along goes to the earlier.
        ASSERT_LE(*segment.best, winners_at(candidates, x).best) << round << " at " << x;
      }
      if (i == 0) continue;
      const AxisSegment& before = segments[i - 1];
      ASSERT_NE(before.best, segment.best);
      const double x = segment.from;
      const bool is_crossing = before.best && segment.best &&
                               std::abs(candidates[*before.best].value.at(x) -
                                        candidates[*segment.best].value.at(x)) < 1e-9;
      ++(is_crossing ? crossings : ends);
      ASSERT_TRUE(is_crossing || turns_at(candidates, before.best, x) ||
                  turns_at(candidates, segment.best, x))
          << round << " at " << x;
    }
    ASSERT_EQ(reached, kHigh);
  }
  EXPECT_GT(crossings, 400U);
  EXPECT_GT(ends, 400U);
}

TEST(WinnersAt, AreTheTwoLeastOfThoseAdmitted) {
  const StreamFamily family{1, "winners"};
  for (unsigned round = 0; round < 1000; ++round) {
    Stream random{family, round};
    std::vector<AxisCandidate> candidates = along(random_candidates(random), 0);
    const double x = random.uniform() * 3;
    const PlaceWinners winners = winners_at(candidates, x);
    const double least = least_at(candidates, x);
    ASSERT_EQ(winners.best.has_value(), least < kInfinite);
    if (!winners.best) continue;
    ASSERT_EQ(candidates[*winners.best].value.at(x), least);
    candidates[*winners.best].value.constant = kUnknown;
    const double second = least_at(candidates, x);
    ASSERT_EQ(winners.second.has_value(), second < kInfinite);
    if (!winners.second) continue;
    ASSERT_EQ(candidates[*winners.second].value.at(x), second);
  }
}

// 3 whatever x and y, or x + y up to y = 2: at y = 1 they are equal at x = 2, which the earlier
// has; at y = 2 at x = 1; at y = 3 the second is not admitted, and 3 wins alone. Nobody is admitted
// at x = 4, where the first needs x <= 3 and the second x <= 3 - y.
TEST(WinnerMap, HasAWinnerOrNobodyAtEachPlace) {
  std::vector<PlaneCandidate> candidates(2);
  candidates[0].value = {3, 0, 0};
  candidates[0].limits.push_back({{0, 1, 0}, 3});
  candidates[1].value = {0, 1, 1};
  candidates[1].limits.push_back({{0, 0, 1}, 2});
  candidates[1].limits.push_back({{0, 1, 0}, 3});
  const std::vector<double> xs{0, 1, 2, 4};
  const std::vector<double> ys{1, 2, 3};
  EXPECT_THAT(winner_map(candidates, xs, ys),
              ElementsAre(1, 1, 0, kNoWinner, 1, 0, 0, kNoWinner, 0, 0, 0, kNoWinner));
}

TEST(WinnerMap, IsTheEnvelopeAlongEachRow) {
  const StreamFamily family{1, "map"};
  for (unsigned round = 0; round < 1000; ++round) {
    Stream random{family, round};
    const std::vector<PlaneCandidate> candidates = random_candidates(random);
    std::vector<double> xs;
    for (unsigned i = 0; i < 17; ++i) xs.push_back((i + random.uniform()) * 3 / 17);
    const std::vector<double> ys{random.uniform(), 1 + random.uniform()};
    const std::vector<std::uint32_t> map = winner_map(candidates, xs, ys);
    ASSERT_EQ(map.size(), xs.size() * ys.size());
    for (std::size_t row = 0; row < ys.size(); ++row) {
      const std::vector<AxisSegment> segments = lower_envelope(along(candidates, ys[row]), 0, 3);
      std::size_t at = 0;
      for (std::size_t i = 0; i < xs.size(); ++i) {
        while (segments[at].to < xs[i]) ++at;
        if (std::abs(xs[i] - segments[at].from) < 1e-9) continue;
        const std::uint32_t winner = map[row * xs.size() + i];
        const auto expected =
            segments[at].best ? static_cast<std::uint32_t>(*segments[at].best) : kNoWinner;
        ASSERT_EQ(winner, expected) << "round " << round << " at " << xs[i];
      }
    }
  }
}

}  // namespace
}  // namespace papilio
