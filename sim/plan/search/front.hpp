#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace papilio {

/// How many criteria a front weighs at most.
inline constexpr std::size_t kMostCoordinates = 6;

/// Which points no other beats. A point dominates another if it is nowhere greater and somewhere
/// less.
struct ParetoFront {
  /// Stands for no point.
  static constexpr std::size_t kNobody = std::numeric_limits<std::size_t>::max();

  std::vector<std::size_t> members;  ///< positions of the points on the front, ascending
  /// `[points]`: for each point that is not on the front one of `members` that is nowhere greater,
  /// and earlier where the two are equal. `kNobody` for the members, and for points with an unknown
  /// coordinate.
  std::vector<std::size_t> dominated_by;
};

/// The exact front, each coordinate to be small. Of equal points the first stands for all, and the
/// others count as dominated by it. A coordinate that is unknown (NaN) keeps its point off the
/// front, and the point dominates nobody; an infinite one is greater than every number. O(n log n)
/// for up to 3 coordinates (Kung, Luccio and Preparata 1975), else O(k·n²/64) whatever the points.
/// @param points      `[points × coordinates]`
/// @param coordinates in [1, kMostCoordinates]
ParetoFront find_front(std::span<const double> points, std::size_t coordinates);

/// The positions of `find_front` alone, ascending.
std::vector<std::size_t> pareto_front(std::span<const double> points, std::size_t coordinates);

}  // namespace papilio
