#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/report/lines_plot.hpp"
#include "sim/report/plot_layout.hpp"
#include "sim/report/plot_quantity.hpp"
#include "sim/report/point_labels.hpp"
#include "sim/report/scenario_plots.hpp"

namespace papilio {
namespace {

/// A partition, in the units of the axes.
struct TradeoffPoint {
  double x{0};
  double y{0};
  std::string label;
  bool admitted{true};
};

/// The points of one network, and those that no other beats.
struct TradeoffSeries {
  std::string name;
  std::vector<TradeoffPoint> points;
  std::vector<TradeoffPoint> front;  ///< from the best in x on; may have some that use no radio
};

/// Those that may be chosen and that no other such one beats in both measures.
std::vector<TradeoffPoint> front_of(std::vector<TradeoffPoint> points, bool less_x, bool less_y) {
  std::erase_if(points, [](const TradeoffPoint& point) { return !point.admitted; });
  const auto better = [](double one, double other, bool less) {
    return less ? one < other : one > other;
  };
  std::stable_sort(points.begin(), points.end(),
                   [&](const TradeoffPoint& a, const TradeoffPoint& b) {
                     if (a.x != b.x) return better(a.x, b.x, less_x);
                     return better(a.y, b.y, less_y);
                   });
  std::vector<TradeoffPoint> front;
  for (const TradeoffPoint& point : points) {
    if (front.empty() || better(point.y, front.back().y, less_y)) front.push_back(point);
  }
  return front;
}

}  // namespace

GnuplotScript tradeoff_plot(const SummaryCsv& summary, const TradeoffPlot& plot,
                            const PlotLook& look) {
  const Column& x_column = summary.measure(plot.x);
  const Column& y_column = summary.measure(plot.y);
  const PlotQuantity x_quantity = quantity_of(x_column);
  const PlotQuantity y_quantity = quantity_of(y_column);
  std::map<std::string, std::vector<TradeoffPoint>> by_network;
  std::vector<double> xs;
  std::vector<double> ys;
  for (const std::size_t row : summary.rows()) {
    const auto x = summary.number(row, std::string{x_column.name});
    const auto y = summary.number(row, std::string{y_column.name});
    if (!x || !y) continue;
    const TradeoffPoint point{.x = *x * x_quantity.factor,
                              .y = *y * y_quantity.factor,
                              .label = summary.text(row, "partition"),
                              .admitted = summary.is_admitted(row)};
    by_network[summary.text(row, "network")].push_back(point);
    xs.push_back(point.x);
    ys.push_back(point.y);
  }
  if (xs.empty()) {
    refuse_file(summary.path(), fmt::format("no partition has both {} and {}; name others with --x "
                                            "and --value",
                                            x_column.name, y_column.name));
  }
  constexpr double kWide = 20;
  const auto is_wide = [](const std::vector<double>& values) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    return *least > 0 && *most > kWide * *least;
  };
  const PlotAxis x_axis = looked({x_quantity.label, is_wide(xs)}, look.log_x);
  const PlotAxis y_axis = looked({y_quantity.label, is_wide(ys)}, look.log_y);
  const auto span = [](const std::vector<double>& values) {
    constexpr double kRoom = 0.08;
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    return PlotSpan{.least = *least, .most = *most, .below = kRoom, .above = kRoom};
  };
  const PlotScale x = scale_of(look, 'x', x_axis, span(xs));
  const PlotScale y = scale_of(look, 'y', y_axis, span(ys));

  // The range chooses what is drawn, and not what is on the front.
  const auto drop_what_lies_outside = [&](std::vector<TradeoffPoint>& points) {
    std::erase_if(points, [&](const TradeoffPoint& point) {
      return !is_within(point.x, x_axis, look.x) || !is_within(point.y, y_axis, look.y);
    });
  };
  std::vector<TradeoffSeries> all;
  std::vector<std::string> names = summary.networks();
  if (!names.front().empty()) names.emplace_back();
  const std::vector<TradeoffPoint> without_radio = by_network[""];
  for (const std::string& name : names) {
    if (by_network[name].empty()) continue;
    TradeoffSeries series{
        .name = name.empty() ? "no radio" : name, .points = by_network[name], .front = {}};
    // What needs no network competes with what does, on each.
    std::vector<TradeoffPoint> choices = series.points;
    if (!name.empty()) choices.insert(choices.end(), without_radio.begin(), without_radio.end());
    series.front = front_of(std::move(choices), x_column.better != Better::kMore,
                            y_column.better != Better::kMore);
    drop_what_lies_outside(series.points);
    drop_what_lies_outside(series.front);
    if (!series.points.empty()) all.push_back(std::move(series));
  }
  if (all.empty()) look.fail("no partition is within the ranges; widen --x-range and --y-range");
  const auto is_excluded = [](const TradeoffPoint& point) { return !point.admitted; };
  const bool has_excluded = std::any_of(all.begin(), all.end(), [&](const auto& series) {
    return std::any_of(series.points.begin(), series.points.end(), is_excluded);
  });
  std::vector<std::string> keys;
  for (TradeoffSeries& series : all) {
    series.name = shortened(series.name, kLongestLabel);
    keys.push_back(series.name);
  }
  if (has_excluded) keys.emplace_back("excluded by limits");
  const PlotFrame frame{look, {.keys = keys}};

  GnuplotScript script;
  script.add(frame.commands(script, x_axis, x, y_axis, y));
  script.add("set grid xtics ytics lc rgb '#dddddd'\n");
  PointLabels labels{frame.width(), frame.height()};
  const auto place = [&](const TradeoffPoint& point) {
    return EmPlace{x.share(point.x) * frame.width(), y.share(point.y) * frame.height()};
  };
  for (const TradeoffSeries& series : all) {
    for (const TradeoffPoint& point : series.points) labels.avoid_point(place(point));
    std::vector<EmPlace> steps;
    steps.reserve(series.front.size());
    for (const TradeoffPoint& point : series.front) steps.push_back(place(point));
    labels.avoid_steps(steps);
  }
  std::set<std::tuple<double, double, std::string>> labelled;
  for (const TradeoffSeries& series : all) {
    for (const TradeoffPoint& point : series.front) {
      if (!labelled.emplace(point.x, point.y, point.label).second) continue;
      const std::string text = shortened(point.label, kLongestLabel);
      script.add(labels.label(script, text, place(point), false));
    }
  }
  const auto table = [&](const std::vector<TradeoffPoint>& points) {
    std::vector<GnuplotScript::Row> rows;
    rows.reserve(points.size());
    for (const TradeoffPoint& point : points) {
      rows.push_back({GnuplotScript::number_cell(point.x), GnuplotScript::number_cell(point.y),
                      GnuplotScript::text_cell(point.label)});
    }
    return script.table(rows, "x y partition");
  };
  std::vector<std::string> plots;
  std::vector<TradeoffPoint> excluded;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const TradeoffSeries& series = all[i];
    if (series.front.size() > 1) {
      const std::string style = line_style(i);
      plots.push_back(fmt::format("{} using 1:2 with steps {} lc rgb '{}' notitle",
                                  table(series.front), style.substr(0, style.find(" pt ")),
                                  line_colour(i)));
    }
    plots.push_back(fmt::format("{} using 1:2 with points {} title {}", table(series.points),
                                point_style(i), script.text(series.name)));
    std::copy_if(series.points.begin(), series.points.end(), std::back_inserter(excluded),
                 is_excluded);
  }
  if (!excluded.empty()) {
    plots.push_back(
        fmt::format("{} using 1:2 with points pt 2 ps 0.9 lw 1.5 lc rgb '#AA0000' title {}",
                    table(excluded), script.text(keys.back())));
  }
  script.add(fmt::format("plot {}\n", fmt::join(plots, ", \\\n     ")));
  return script;
}

}  // namespace papilio
