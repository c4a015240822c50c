#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/report/plot_layout.hpp"

namespace papilio {

/// Values along an axis of numbers or of names, in lines.
struct LinesPlot {
  struct Line {
    std::string label;
    std::vector<std::optional<double>> values;  ///< `[places]`
    /// `[places]`, half of each value's interval; empty: there are none.
    std::vector<std::optional<double>> half_widths;
    /// `[places]`, single values behind each one, shown as dots; empty: there are none.
    std::vector<std::vector<double>> dots;
  };
  PlotAxis x;
  PlotAxis y;
  std::vector<double> numbers;     ///< along x; empty: names
  std::vector<std::string> names;  ///< along x; empty: numbers
  std::vector<Line> lines;
  std::optional<std::pair<std::string, double>> level;  ///< a line across, with its name
  bool from_zero{false};                                ///< whether a linear axis begins at 0
  std::string remedy;  ///< how else to choose among names, for errors
};

/// Lines, told apart by colours, dashes and markers. Nothing hides anything: lines of equal values
/// are one, with all their names; along names, values of one place stand beside each other; along
/// numbers, the markers of many values are set off. An axis is no wider than what it shows.
/// @throws ConfigError if there is no value, or the look asks for what cannot be
GnuplotScript lines_plot(LinesPlot plot, const PlotLook& look);

/// A bar each, from 0, with intervals.
struct BarsPlot {
  PlotAxis y;
  std::vector<std::string> names;
  std::vector<std::optional<double>> values;       ///< `[names]`
  std::vector<std::optional<double>> half_widths;  ///< `[names]`
  std::string remedy;                              ///< how else to choose among names, for errors
};

/// @throws ConfigError if the look asks for what cannot be
GnuplotScript bars_plot(const BarsPlot& plot, const PlotLook& look);

}  // namespace papilio
