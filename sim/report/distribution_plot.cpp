#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/report/planner_plots.hpp"

namespace papilio {
namespace {

constexpr double kWholeInPercent = 100;

/// The values that are shown: all of the first curve, and of the others what is near.
PlotScale shown_values(const DistributionPlot& plot, const PlotLook& look) {
  constexpr double kFar = 100;
  constexpr double kRoom = 0.05;
  const double limit = plot.curves.front().values.back() * kFar;
  double least = plot.curves.front().values.front();
  double most = plot.curves.front().values.back();
  for (const DistributionPlot::Curve& curve : plot.curves) {
    least = std::min(least, curve.values.front());
    most = std::max(most, std::min(limit, curve.values.back()));
  }
  return scale_of(look, 'x', plot.x,
                  {.least = least, .most = most, .below = kRoom, .above = kRoom});
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

GnuplotScript distribution_plot(DistributionPlot plot, const PlotLook& look) {
  if (plot.curves.empty()) {
    look.fail(
        "no plan has a finite cost at any rate of the trace, so there is "
        "nothing to draw; loosen a limit");
  }
  if (look.log_y.value_or(false)) look.refuse("log y", "shares begin at 0; leave it out");
  plot.x = looked(plot.x, look.log_x);
  std::vector<std::string> keys;
  keys.reserve(plot.curves.size());
  for (std::size_t i = 0; i < plot.curves.size(); ++i) {
    keys.push_back(letter_of(i) + "  " + shortened(plot.curves[i].label, kLongestLabel));
  }
  const PlotFrame frame{look, {.title = plot.title, .keys = keys, .band = kLineHeight}};
  const PlotScale x = shown_values(plot, look);
  const PlotScale y = scale_of(look, 'y', plot.y, {.least = 0, .most = kWholeInPercent});
  GnuplotScript script;
  script.add(frame.commands(script, plot.x, x, plot.y, y));
  std::string plots;
  for (std::size_t i = 0; i < plot.curves.size(); ++i) {
    const DistributionPlot::Curve& curve = plot.curves[i];
    plots += fmt::format("{}{} using 1:2 with lines lw {} dt {} lc rgb '{}' title {}",
                         i == 0 ? "plot " : ", \\\n     ",
                         script.table(steps_of(curve, x.high()), "value share"), i == 0 ? 4 : 2,
                         i + 1, line_colour(i), script.text(keys[i]));
  }
  script.add(plots + "\n");
  return script;
}

}  // namespace papilio
