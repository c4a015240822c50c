#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "sim/plan/search/envelope.hpp"

namespace papilio {

/// A value over two axes: constant + x_slope·x + y_slope·y.
struct AffinePlane {
  double constant{0};
  double x_slope{0};
  double y_slope{0};

  /// The same along the row y.
  [[nodiscard]] Affine along(double y) const { return {constant + y_slope * y, x_slope}; }
};

/// The value must not exceed `most`, as `AffineLimit`.
struct PlaneLimit {
  AffinePlane value;
  double most{0};
};

/// What can be chosen over two axes, as `AxisCandidate`.
struct PlaneCandidate {
  AffinePlane value;
  std::vector<PlaneLimit> limits;

  /// The same along the row y.
  [[nodiscard]] AxisCandidate along(double y) const;
};

/// A place of a map where nobody is admitted.
inline constexpr std::uint32_t kNoWinner = std::numeric_limits<std::uint32_t>::max();

/// A map of who has the least value of the admitted candidates at each x and y. Ties go to the
/// earlier candidate. The axes may be reciprocals, as 1/rate.
/// @param candidates fewer than `kNoWinner`
/// @return `[ys × xs]`, row by row: the position of a candidate, or `kNoWinner`
std::vector<std::uint32_t> winner_map(std::span<const PlaneCandidate> candidates,
                                      std::span<const double> xs, std::span<const double> ys);

}  // namespace papilio
