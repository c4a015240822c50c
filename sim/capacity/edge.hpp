#pragma once

#include <functional>
#include <map>
#include <optional>

#include "sim/capacity/condition.hpp"

namespace papilio {

/// The values of a key among which is searched.
struct AxisRange {
  double least{0};
  double most{0};
  bool whole{false};       ///< whole numbers alone
  double precision{0.01};  ///< how near the two sides of the edge come, by the smaller; >= 0
  /// Whether nobody asked for the range's end, nor has the key one: that side is left where what
  /// was seen says that it leads away from the edge.
  bool open_least{false};
  bool open_most{false};
};

/// Where along an axis a condition ceases to hold, or begins to.
struct Edge {
  std::optional<double> keeps;   ///< what keeps it, nearest to what does not for sure; or the start
  std::optional<double> breaks;  ///< what breaks it, likewise
  /// Whether some place keeps the condition beyond another that breaks it: then it changes more
  /// than once, and the edge is one of several.
  bool again{false};
  /// On which side the edge seems to lie where none was found: below 0 that of less, above 0 that
  /// of more, 0 where nobody can tell.
  int toward{0};
};

/// What was judged, by place.
using Verdicts = std::map<double, Verdict>;

/// Finds the edge by bisection: places are judged outwards from `start`, by factors of two to both
/// sides, until one keeps the condition and one breaks it or the range ends; then between them
/// until both sides are as near as the precision asks, or the places between are unsure. Where
/// nothing breaks for sure, what keeps is followed up to the first unsure place, and the other way
/// round. What is unknown decides nothing. Of a side whose end is open no more is asked once the
/// strains of what was asked farthest out on both sides, beyond their intervals, say that the edge
/// lies on the other, or after six doublings say nothing.
/// @param start    in the range; where it is 0, the range is finite
/// @param judge    asked once for each place
/// @param verdicts takes what was judged; what stands there already is not asked again
/// @param strain   of a place that was judged; may be empty
/// @return without `keeps` or `breaks` where no place tried was such
Edge find_edge(const std::function<Verdict(double)>& judge, double start, const AxisRange& range,
               Verdicts& verdicts, const std::function<Strain(double)>& strain = {});

}  // namespace papilio
