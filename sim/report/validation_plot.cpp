#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "sim/base/data/csv.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/report/plot.hpp"
#include "sim/report/plot_layout.hpp"
#include "sim/report/point_labels.hpp"

namespace papilio {
namespace {

/// A cell of a validation, in the units of the axes.
struct ValidatedCell {
  double live_ms{0};
  double error{0};  ///< in percent, as the ends of its interval
  double least{0};
  double most{0};
  std::string label;
};

/// The cells of a radio and a mode.
struct ValidatedCells {
  std::string name;
  std::vector<ValidatedCell> cells;
};

/// The cells that tell the error, by radio and mode in the file's order.
std::vector<ValidatedCells> cells_by_radio(const std::string& csv, const std::string& value,
                                           std::size_t& untold) {
  const std::string percentile = value.substr(0, value.find('_'));
  const std::string live = "live_" + percentile + "_s";
  const CsvTable table{csv};
  table.require({"network", "partition", "mode", live, value, value + "_least", value + "_most"});
  std::vector<ValidatedCells> all;
  std::map<std::string, std::size_t> places;  // in `all`, by name
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (table.text(row, value).empty()) {
      ++untold;
      continue;
    }
    const auto percent = [&](const std::string& column) {
      constexpr double kPercent = 100;
      return kPercent * table.number(row, column);
    };
    constexpr double kMilli = 1e3;
    const std::string name = table.text(row, "network") + ", " + table.text(row, "mode");
    const auto [place, is_new] = places.emplace(name, all.size());
    if (is_new) all.push_back({.name = name, .cells = {}});
    all[place->second].cells.push_back({.live_ms = kMilli * table.positive(row, live),
                                        .error = percent(value),
                                        .least = percent(value + "_least"),
                                        .most = percent(value + "_most"),
                                        .label = table.text(row, "partition")});
  }
  return all;
}

}  // namespace

GnuplotScript validation_plot(const std::string& csv, const std::string& value,
                              const PlotLook& look) {
  const std::vector<std::string> values{"p50_error", "p90_error", "p99_error"};
  if (std::find(values.begin(), values.end(), value) == values.end()) {
    look.refuse("value", fmt::format("of a validation p50_error, p90_error or p99_error is drawn, "
                                     "got '{}'{}",
                                     value, suggestion(value, values)));
  }
  std::size_t untold = 0;
  std::vector<ValidatedCells> all = cells_by_radio(csv, value, untold);
  if (all.empty()) {
    refuse_file(csv, fmt::format("no cell has a {}; draw p50_error, or run more requests", value));
  }
  PlotSpan xs{.least = all[0].cells[0].live_ms, .most = xs.least, .below = 0.08, .above = 0.08};
  PlotSpan ys{.below = 0.08, .above = 0.08};  // with 0, which is no error
  std::size_t told = 0;
  for (const ValidatedCells& series : all) {
    told += series.cells.size();
    for (const ValidatedCell& cell : series.cells) {
      xs.least = std::min(xs.least, cell.live_ms);
      xs.most = std::max(xs.most, cell.live_ms);
      ys.least = std::min({ys.least, cell.least, cell.error});
      ys.most = std::max({ys.most, cell.most, cell.error});
    }
  }
  constexpr double kWide = 5;
  const std::string percentile =
      value == "p50_error" ? "median" : "P" + value.substr(1, value.find('_') - 1);
  const PlotAxis x_axis = looked(
      {fmt::format("{} latency live, ms", percentile), xs.most > kWide * xs.least}, look.log_x);
  const PlotAxis y_axis =
      looked({fmt::format("error of the simulated {}, %", percentile), false}, look.log_y);
  const PlotScale x = scale_of(look, 'x', x_axis, xs);
  const PlotScale y = scale_of(look, 'y', y_axis, ys);
  // The range chooses what is drawn.
  for (ValidatedCells& series : all) {
    std::erase_if(series.cells, [&](const ValidatedCell& cell) {
      return !is_within(cell.live_ms, x_axis, look.x) || !is_within(cell.error, y_axis, look.y);
    });
  }
  std::erase_if(all, [](const ValidatedCells& series) { return series.cells.empty(); });
  if (all.empty()) look.fail("no cell is within the ranges; widen --x-range and --y-range");
  std::vector<std::string> keys;
  for (ValidatedCells& series : all) {
    series.name = shortened(series.name, kLongestLabel);
    keys.push_back(series.name);
  }
  const PlotFrame frame{look, {.keys = keys}};

  GnuplotScript script;
  script.add(frame.commands(script, x_axis, x, y_axis, y));
  script.add("set grid xtics ytics lc rgb '#dddddd'\n");
  PointLabels labels{frame.width(), frame.height()};
  std::vector<const ValidatedCell*> by_error;
  const auto place = [&](const ValidatedCell& cell) {
    return EmPlace{x.share(cell.live_ms) * frame.width(), y.share(cell.error) * frame.height()};
  };
  for (const ValidatedCells& series : all) {
    for (const ValidatedCell& cell : series.cells) {
      labels.avoid_point(place(cell));
      by_error.push_back(&cell);
    }
  }
  // The ones furthest off have a name, as long as there is room.
  constexpr std::size_t kNamed = 8;
  std::stable_sort(by_error.begin(), by_error.end(),
                   [](const ValidatedCell* one, const ValidatedCell* other) {
                     return std::abs(one->error) > std::abs(other->error);
                   });
  by_error.resize(std::min(by_error.size(), kNamed));
  for (const ValidatedCell* cell : by_error) {
    script.add(labels.label(script, shortened(cell->label, kLongestLabel), place(*cell), false));
  }
  std::vector<std::string> plots{"0 with lines lw 1.5 lc rgb '#888888' notitle"};
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<GnuplotScript::Row> rows;
    rows.reserve(all[i].cells.size());
    for (const ValidatedCell& cell : all[i].cells) {
      rows.push_back({GnuplotScript::number_cell(cell.live_ms),
                      GnuplotScript::number_cell(cell.error),
                      GnuplotScript::number_cell(std::clamp(cell.least, y.low(), y.high())),
                      GnuplotScript::number_cell(std::clamp(cell.most, y.low(), y.high())),
                      GnuplotScript::text_cell(cell.label)});
    }
    const std::string table = script.table(rows, "x value low high partition");
    plots.push_back(
        fmt::format("{} using 1:3:(0):($4-$3) with vectors nohead lw 1 lc rgb '{}' "
                    "notitle",
                    table, line_colour(i)));
    plots.push_back(fmt::format("{} using 1:2 with points {} title {}", table, point_style(i),
                                script.text(all[i].name)));
  }
  script.add(fmt::format("plot {}\n", fmt::join(plots, ", \\\n     ")));
  if (untold > 0) {
    script.set_note(
        fmt::format("Not shown, because too few requests were answered to tell {}: {} of {} cells.",
                    value, untold, untold + told));
  }
  return script;
}

}  // namespace papilio
