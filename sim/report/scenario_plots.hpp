#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/report/gnuplot.hpp"
#include "sim/report/summary_csv.hpp"

/// Pictures of the `summary.csv` of a scenario.
namespace papilio {

/// What somebody printed of a partition, to be shown beside what was simulated.
struct PrintedValue {
  std::string network;    ///< empty: of mobile-only
  std::string partition;  ///< as the column of that name has it
  double latency_s{0};
  double energy_j{0};
};

struct StagesPlot {
  bool latency{true};  ///< whether to show it
  bool energy{true};   ///< whether to show the mobile's energy, where it is known
  std::vector<PrintedValue> printed;
  /// Partitions that are shown at most; 0: as many as the page has room for.
  std::size_t bars{0};
};

/// A bar for each partition, one panel for each network, of the stages that its latency is made of;
/// beside it, in one column below it, the mobile's energy. The least that the limits let be chosen
/// is marked, and so is what they exclude. Bars that are several times as high as all others are
/// cut, and say how high they are. Of more partitions than are to be shown these are: of each cut
/// the fastest that may be chosen; of these mobile-only and the best cloud-only, the least of each
/// panel, and then the next best of any. The script's note says so.
/// @throws ConfigError if there is nothing to show, or the look asks for what cannot be
GnuplotScript stages_plot(const SummaryCsv& summary, const StagesPlot& plot, const PlotLook& look);

struct TradeoffPlot {
  std::string x{"latency"};  ///< measures, as `SummaryCsv::measure` takes them
  std::string y{"accuracy"};
};

/// A point for each partition, a marker for each network, and steps through what no other on the
/// network, or without any, that may be chosen beats in both measures.
/// @throws ConfigError if no partition has both measures, or the look asks for what cannot be
GnuplotScript tradeoff_plot(const SummaryCsv& summary, const TradeoffPlot& plot,
                            const PlotLook& look);

/// Accuracy over the cuts, one line for each number of channels, as `accuracy_plot` has it.
/// @throws ConfigError if no cut has an accuracy
GnuplotScript summary_accuracy_plot(const SummaryCsv& summary, const PlotLook& look);

}  // namespace papilio
