#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/report/planner_plots.hpp"

namespace papilio {
namespace {

constexpr double kWholeInPercent = 100;

/// The values that are shown: all of the first curve, and of the others what is near.
PlotScale shown_values(const DistributionPlot& plot) {
  constexpr double kFar = 100;
  constexpr double kRoom = 0.05;
  const double limit = plot.curves.front().values.back() * kFar;
  double least = plot.curves.front().values.front();
  double most = plot.curves.front().values.back();
  for (const DistributionPlot::Curve& curve : plot.curves) {
    least = std::min(least, curve.values.front());
    most = std::max(most, std::min(limit, curve.values.back()));
  }
  if (least == most) most = least == 0 ? 1 : least * 2;
  return PlotScale{least, most, plot.x.is_logarithmic}.widened(kRoom, kRoom);
}

/// From the axis up, and on to the edge at its last share.
std::vector<GnuplotScript::Row> steps_of(const DistributionPlot::Curve& curve, double end) {
  std::vector<GnuplotScript::Row> rows;
  double share = 0;
  const auto add = [&](double value) {
    rows.push_back(
        {GnuplotScript::number_cell(value), GnuplotScript::number_cell(share * kWholeInPercent)});
  };
  for (std::size_t i = 0; i < curve.values.size(); ++i) {
    add(curve.values[i]);
    share = curve.shares[i];
    add(curve.values[i]);
  }
  if (curve.values.back() < end) add(end);
  return rows;
}

}  // namespace

std::string distribution_plot(const DistributionPlot& plot) {
  if (plot.curves.empty()) {
    throw ConfigError{
        "papilio plot: error: no plan has a finite cost at any rate of the trace, so there is "
        "nothing to draw; loosen a limit"};
  }
  double key_width = 0;
  for (std::size_t i = 0; i < plot.curves.size(); ++i) {
    const std::string label = shortened(plot.curves[i].label, kLongestLabel);
    key_width = std::max(key_width, text_width(letter_of(i) + "  " + label));
  }
  const PlotFrame frame{!plot.title.empty(), key_width, kLineHeight};
  const PlotScale x = shown_values(plot);
  GnuplotScript script;
  script.add(
      frame.commands(script, plot.title, plot.x, x, plot.y, PlotScale{0, kWholeInPercent, false}));
  std::string plots;
  for (std::size_t i = 0; i < plot.curves.size(); ++i) {
    const DistributionPlot::Curve& curve = plot.curves[i];
    const std::string label = letter_of(i) + "  " + shortened(curve.label, kLongestLabel);
    plots += fmt::format("{}{} using 1:2 with lines lw {} dt {} lc rgb '{}' title {}",
                         i == 0 ? "plot " : ", \\\n     ", script.table(steps_of(curve, x.high())),
                         i == 0 ? 4 : 2, i + 1, line_colour(i), script.text(label));
  }
  script.add(plots + "\n");
  return script.script();
}

}  // namespace papilio
