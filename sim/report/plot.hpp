#pragma once

#include <string>
#include <vector>

#include "sim/report/gnuplot.hpp"

namespace papilio {

/// What a plot shows of a fleet's results.
struct FleetPlotOptions {
  std::vector<std::string>
      strategies;                  ///< empty: the policies' and the whole ones, and the best cut
  std::string value{"latency_s"};  ///< a column of fleet.csv
};

/// A value of `fleet.csv`: over the
/// windows, one line a strategy, where there are windows; else one bar a strategy. Intervals as
/// error bars where the file has them. Which strategies are fixed cuts, the `manifest.json` beside
/// the file says; without one, all are but the whole networks and what has a policy's own name.
/// @param csv path of the file
/// @throws ConfigError if it is not a fleet.csv, or has no such column or strategy
GnuplotScript fleet_plot(const std::string& csv, const FleetPlotOptions& options,
                         const PlotLook& look);

/// `accuracy.csv`: accuracy over the cuts in the file's order, one line
/// for each number of channels (and codec, where there are several), a dot a seed, and the
/// baseline. After Figure 7 of the butterfly paper.
/// @param csv path of the file
/// @throws ConfigError if it is not an accuracy.csv, or has no row with a cut
GnuplotScript accuracy_plot(const std::string& csv, const PlotLook& look);

/// `cells.csv` of 'papilio validate': how far each cell's simulated latency is from the live one,
/// in percent with its 95 % interval, over the latency live; a marker for each radio and mode.
/// Those furthest off are named. The script's note says how many cells tell no error.
/// @param csv   path of the file
/// @param value p50_error, p90_error or p99_error
/// @throws ConfigError if it is not a cells.csv, no cell tells the error, or there is no such value
GnuplotScript validation_plot(const std::string& csv, const std::string& value,
                              const PlotLook& look);

}  // namespace papilio
