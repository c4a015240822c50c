#include "sim/plan/search/regions.hpp"

#include <algorithm>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// One row of a map while candidate after candidate is looked at.
struct MapRow {
  std::vector<double> least;        ///< `[xs]`
  std::span<std::uint32_t> winner;  ///< `[xs]`

  void enter(const AxisCandidate& candidate, std::uint32_t position, std::span<const double> xs) {
    for (std::size_t i = 0; i < xs.size(); ++i) {
      const double value = candidate.value.at(xs[i]);
      if (!(value < least[i])) continue;
      const auto holds = [&](const AffineLimit& limit) {
        return limit.value.at(xs[i]) <= limit.most;
      };
      if (!std::all_of(candidate.limits.begin(), candidate.limits.end(), holds)) continue;
      least[i] = value;
      winner[i] = position;
    }
  }
};

}  // namespace

AxisCandidate PlaneCandidate::along(double y) const {
  AxisCandidate row{value.along(y), {}};
  for (const PlaneLimit& limit : limits) row.limits.push_back({limit.value.along(y), limit.most});
  return row;
}

std::vector<std::uint32_t> winner_map(std::span<const PlaneCandidate> candidates,
                                      std::span<const double> xs, std::span<const double> ys) {
  PAPILIO_CHECK(candidates.size() < kNoWinner);
  std::vector<std::uint32_t> winners(xs.size() * ys.size(), kNoWinner);
  for (std::size_t row = 0; row < ys.size(); ++row) {
    MapRow map{std::vector<double>(xs.size(), std::numeric_limits<double>::infinity()),
               std::span{winners}.subspan(row * xs.size(), xs.size())};
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      map.enter(candidates[i].along(ys[row]), static_cast<std::uint32_t>(i), xs);
    }
  }
  return winners;
}

}  // namespace papilio
