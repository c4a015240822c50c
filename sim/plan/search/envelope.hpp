#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace papilio {

/// A value along one axis: constant + slope·x.
struct Affine {
  double constant{0};
  double slope{0};

  [[nodiscard]] double at(double x) const { return constant + slope * x; }
};

/// The value must not exceed `most`, which may be infinite. An unknown value (NaN) keeps no limit.
struct AffineLimit {
  Affine value;
  double most{0};
};

/// What can be chosen along an axis. Where its value is infinite or unknown (NaN), it cannot.
struct AxisCandidate {
  Affine value;
  std::vector<AffineLimit> limits;  ///< all of which must hold
};

/// A stretch of the axis, and who has the least value all along it.
struct AxisSegment {
  double from{0};
  double to{0};
  std::optional<std::size_t> best;  ///< position of the candidate; nothing where nobody is admitted

  bool operator==(const AxisSegment&) const = default;
};

/// Who has the least value of the admitted candidates, stretch by stretch. Where one stretch ends
/// and the next begins is exact but for rounding: two values are equal there,
/// x = (a₂ - a₁) / (b₁ - b₂), or a limit begins or ends to hold, x = (most - a) / b. Ties go to the
/// earlier candidate. A candidate that is best at single points only has no stretch, and what
/// rounding alone makes, shorter than 1e-12 of its x, is none. The axis may be a reciprocal, as
/// 1/rate, in which transfers are affine. O(n log n).
/// @param low, high finite, low <= high
/// @return at least one stretch; the first from `low`, each from where the one before ends, the
/// last to `high`; neighbours have different winners
std::vector<AxisSegment> lower_envelope(std::span<const AxisCandidate> candidates, double low,
                                        double high);

/// The least and the second least at one place.
struct PlaceWinners {
  std::optional<std::size_t> best;
  std::optional<std::size_t> second;
};

/// Who wins at x, by evaluating each candidate and its limits. Ties go to the earlier candidate.
PlaceWinners winners_at(std::span<const AxisCandidate> candidates, double x);

}  // namespace papilio
