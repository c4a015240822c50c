#pragma once

#include <string>
#include <vector>

namespace papilio {

/// What a plot shows of a fleet's results.
struct PlotOptions {
  std::vector<std::string>
      strategies;                  ///< empty: the policies' and the whole ones, and the best cut
  std::string value{"latency_s"};  ///< a column of fleet.csv
};

/// A gnuplot script that draws a value of `fleet.csv` as SVG on its standard output: over the
/// windows, one line a strategy, where there are windows; else one bar a strategy. Intervals as
/// error bars where the file has them.
/// @param csv path of the file
/// @throws ConfigError if it is not a fleet.csv, or has no such column or strategy
std::string plot_script(const std::string& csv, const PlotOptions& options);

}  // namespace papilio
