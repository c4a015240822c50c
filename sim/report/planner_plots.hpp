#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "sim/report/plot_layout.hpp"

/// Pictures of what a planner found. Labels longer than `kLongestLabel` characters are shortened in
/// their middle. What is told by colours is told by labels or letters too.
namespace papilio {

/// Who wins over two axes.
struct MapPlot {
  std::string title;  ///< empty: none
  PlotAxis x;
  PlotAxis y;
  std::vector<double> xs;              ///< at least 2, rising; > 0 on a logarithmic axis
  std::vector<double> ys;              ///< likewise
  std::vector<std::uint32_t> winners;  ///< `[ys × xs]`, of `labels`; beyond them: nobody
  std::vector<std::string> labels;
};

/// Areas with lines between them, the label of each at a wide place of it, or, where it is too
/// small, its letter, which the legend explains.
GnuplotScript map_plot(const MapPlot& map, const PlotLook& look);

/// Plans by two criteria, of which both are to be small.
struct FrontPlot {
  struct Point {
    double x{0};
    double y{0};
    std::string label;
    bool is_on_front{false};  ///< of all criteria, of which the picture shows two
  };
  std::string title;  ///< empty: none
  PlotAxis x;
  PlotAxis y;
  std::vector<Point> points;  ///< those without two finite coordinates are left out
  std::optional<std::size_t> chosen;
  std::vector<std::size_t> baselines;
};

/// Points, and steps through those that no other beats in these two criteria. The chosen one and
/// the baselines are labelled, and of the steps' points as many as have room, eight at most, far
/// from each other.
/// @throws ConfigError if no point can be drawn
GnuplotScript front_plot(FrontPlot front, const PlotLook& look);

/// How much of the time values are at most how great.
struct DistributionPlot {
  struct Curve {
    std::string label;
    std::vector<double> values;  ///< ascending, finite, at least one; > 0 on a logarithmic axis
    std::vector<double> shares;  ///< `[values]`, ascending, in (0, 1]: up to each
  };
  std::string title;  ///< empty: none
  PlotAxis x;
  PlotAxis y;  ///< in percent
  std::vector<Curve> curves;
};

/// Steps, told apart by their dashes and, at their ends, by their letters. Values beyond a hundred
/// times the greatest of the first curve are off the picture.
/// @throws ConfigError if there is no curve
GnuplotScript distribution_plot(DistributionPlot plot, const PlotLook& look);

/// How values change along an axis, and where the least changes hands.
struct BreakPointPlot {
  /// constant + slope·x, or constant + slope/x.
  struct Curve {
    std::string label;
    double constant{0};
    double slope{0};
  };
  struct Segment {
    double from{0};
    double to{0};
    std::optional<std::size_t> winner;  ///< of `curves`; nothing: nobody is admitted
  };
  std::string title;  ///< empty: none
  PlotAxis x;
  PlotAxis y;
  bool is_reciprocal{false};
  std::vector<Curve> curves;      ///< the winners'
  std::vector<Segment> segments;  ///< at least one, each from where the one before ends
};

/// Thin curves, the winning stretches bold, their labels or letters above them, and each break
/// point with its number. The axis of values spans what wins, so that other curves may leave it.
/// @throws ConfigError if nobody wins anywhere
GnuplotScript break_point_plot(BreakPointPlot plot, const PlotLook& look);

}  // namespace papilio
