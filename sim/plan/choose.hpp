#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>

namespace papilio {

/// Outcome of a choice among candidates.
struct Selection {
  std::size_t best{0};                   ///< position of the winner
  std::optional<std::size_t> runner_up;  ///< position of the second, if there are two
};

/// The one argmin: the candidate with the least value, and the second. Ties go to the earlier
/// candidate. An unknown value (NaN) counts as infinite.
/// @param count    of candidates, >= 1
/// @param value_of gives the value at a position in 0..count-1; called once for each, in order
template <class ValueOf>
Selection choose(std::size_t count, const ValueOf& value_of) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  Selection selection;
  double least = kInfinite;
  double second = kInfinite;
  for (std::size_t i = 0; i < count; ++i) {
    double value = value_of(i);
    if (std::isnan(value)) value = kInfinite;
    if (i == 0) {
      least = value;
    } else if (value < least) {
      selection.runner_up = selection.best;
      second = least;
      selection.best = i;
      least = value;
    } else if (!selection.runner_up || value < second) {
      selection.runner_up = i;
      second = value;
    }
  }
  return selection;
}

}  // namespace papilio
