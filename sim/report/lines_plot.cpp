#include "sim/report/lines_plot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

using Numbers = std::vector<std::optional<double>>;

/// Least and greatest of some numbers.
struct Reach {
  double least{std::numeric_limits<double>::infinity()};
  double most{-std::numeric_limits<double>::infinity()};

  void add(double number) {
    least = std::min(least, number);
    most = std::max(most, number);
  }
};

std::optional<double> at(const Numbers& numbers, std::size_t i) {
  return i < numbers.size() ? numbers[i] : std::nullopt;
}

/// What values and their intervals span. An interval that goes below 0, where a logarithmic axis
/// has no place for it, is cut there.
void add_reach(Reach& reach, const Numbers& values, const Numbers& half_widths,
               bool is_logarithmic) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i]) continue;
    const double half = at(half_widths, i).value_or(0);
    reach.add(*values[i]);
    reach.add(*values[i] + half);
    if (!is_logarithmic || *values[i] - half > 0) reach.add(*values[i] - half);
  }
}

bool are_equal(const Numbers& one, const Numbers& other) {
  constexpr double kNothing = 1e-9;
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const std::optional<double>& a, const std::optional<double>& b) {
                      if (!a || !b) return a.has_value() == b.has_value();
                      return std::abs(*a - *b) <= kNothing * std::max(std::abs(*a), std::abs(*b));
                    });
}

/// Lines of equal values as one, with all their names.
void join_equal(std::vector<LinesPlot::Line>& lines) {
  std::vector<LinesPlot::Line> joined;
  joined.reserve(lines.size());
  for (LinesPlot::Line& line : lines) {
    const auto same = std::find_if(joined.begin(), joined.end(), [&](const auto& other) {
      return are_equal(other.values, line.values);
    });
    if (same == joined.end()) {
      line.label = shortened(line.label, kLongestName);
      joined.push_back(std::move(line));
    } else {
      same->label += " = " + shortened(line.label, kLongestName);
    }
  }
  lines = std::move(joined);
}

/// Where an interval begins and ends, as far as the axis has it.
void add_interval(GnuplotScript::Row& row, std::optional<double> value, std::optional<double> half,
                  const PlotScale& scale) {
  const bool is_there = value && half;
  const auto end = [&](double sign) {
    return is_there ? std::optional{std::clamp(*value + sign * *half, scale.low(), scale.high())}
                    : std::nullopt;
  };
  row.push_back(GnuplotScript::number_cell(end(-1)));
  row.push_back(GnuplotScript::number_cell(end(1)));
}

/// Of a table "x value low high".
constexpr const char* kIntervals = "using 1:3:(0):($4-$3) with vectors nohead";

/// The plots of one line.
class LinePlots {
 public:
  LinePlots(GnuplotScript& script, const LinesPlot& plot, const PlotScale& y)
      : script_{script}, plot_{plot}, y_{y} {}

  [[nodiscard]] std::string of(std::size_t number) const {
    const LinesPlot::Line& line = plot_.lines[number];
    std::vector<GnuplotScript::Row> rows;
    std::vector<GnuplotScript::Row> dots;
    for (std::size_t i = 0; i < line.values.size(); ++i) {
      const std::string x = GnuplotScript::number_cell(place_of(i, number));
      rows.push_back({x, GnuplotScript::number_cell(line.values[i])});
      add_interval(rows.back(), line.values[i], at(line.half_widths, i), y_);
      if (i >= line.dots.size()) continue;
      for (const double dot : line.dots[i]) dots.push_back({x, GnuplotScript::number_cell(dot)});
    }
    const std::string data = script_.table(rows, "x value low high");
    const std::string title = script_.text(line.label);
    // Points of few values are all marked; of many, some, not the same as other lines'.
    constexpr std::size_t kFew = 40;
    constexpr std::size_t kMarks = 7;
    std::string plots;
    if (std::any_of(line.half_widths.begin(), line.half_widths.end(),
                    [](const auto& half) { return half.has_value(); })) {
      plots =
          fmt::format("{} {} lw 1 lc rgb '{}' notitle, ", data, kIntervals, line_colour(number));
    }
    if (line.values.size() <= kFew) {
      plots +=
          fmt::format("{} using 1:2 with linespoints {} title {}", data, line_style(number), title);
    } else {
      const std::size_t step = line.values.size() / kMarks;
      plots += fmt::format(
          "{0} using 1:2 with lines {1} notitle, {0} using 1:2 every {2}::{3} with points {4} "
          "notitle, NaN with linespoints {5} title {6}",
          data, lines_alone(number), step, step * number / plot_.lines.size(), point_style(number),
          line_style(number), title);
    }
    if (!dots.empty()) {
      plots += fmt::format(", {} using 1:2 with points pt 6 ps 0.3 lc rgb '{}' notitle",
                           script_.table(dots, "x value"), line_colour(number));
    }
    return plots;
  }

 private:
  /// Along names, beside the other lines' values.
  [[nodiscard]] double place_of(std::size_t i, std::size_t number) const {
    if (!plot_.numbers.empty()) return plot_.numbers[i];
    constexpr double kMost = 0.1;
    constexpr double kAll = 0.6;
    const auto lines = static_cast<double>(plot_.lines.size());
    const double apart = std::min(kMost, kAll / lines);
    return static_cast<double>(i) + apart * (static_cast<double>(number) - (lines - 1) / 2);
  }

  static std::string lines_alone(std::size_t number) {
    const std::string style = line_style(number);
    return fmt::format("{} lc rgb '{}'", style.substr(0, style.find(" pt ")), line_colour(number));
  }

  GnuplotScript& script_;
  const LinesPlot& plot_;
  const PlotScale& y_;
};

}  // namespace

GnuplotScript lines_plot(LinesPlot plot, const PlotLook& look) {
  if (plot.numbers.empty()) look.refuse_numbers_on_x(plot.remedy);
  plot.x = looked(plot.x, look.log_x);
  plot.y = looked(plot.y, look.log_y);
  join_equal(plot.lines);
  Reach values;
  for (const LinesPlot::Line& line : plot.lines) {
    add_reach(values, line.values, line.half_widths, plot.y.is_logarithmic);
    for (const auto& dots : line.dots) {
      for (const double dot : dots) values.add(dot);
    }
  }
  if (plot.level) values.add(plot.level->second);
  if (!(values.least <= values.most)) look.fail("there is no value to draw; choose others");
  constexpr double kRoom = 0.04;
  const PlotScale y = scale_of(look, 'y', plot.y,
                               {.least = values.least,
                                .most = values.most,
                                .below = kRoom,
                                .above = kRoom,
                                .from_zero = plot.from_zero});
  Reach places;
  for (const double number : plot.numbers) places.add(number);
  const PlotScale x = plot.numbers.empty() ? name_scale(plot.names.size())
                                           : scale_of(look, 'x', plot.x,
                                                      {.least = places.least, .most = places.most});
  std::vector<std::string> keys;
  for (const LinesPlot::Line& line : plot.lines) keys.push_back(line.label);
  if (plot.level) keys.push_back(plot.level->first);
  const PlotFrame frame{look, {.keys = keys, .names = plot.names}};

  GnuplotScript script;
  script.add(frame.commands(script, plot.x, x, plot.y, y));
  const LinePlots draw{script, plot, y};
  std::vector<std::string> plots;
  for (std::size_t i = 0; i < plot.lines.size(); ++i) plots.push_back(draw.of(i));
  if (plot.level) {
    plots.push_back(fmt::format("{} with lines lw 1 dt (4,4) lc rgb 'black' title {}",
                                plot.level->second, script.text(plot.level->first)));
  }
  script.add(fmt::format("plot {}\n", fmt::join(plots, ", \\\n     ")));
  return script;
}

GnuplotScript bars_plot(const BarsPlot& plot, const PlotLook& look) {
  look.refuse_numbers_on_x(plot.remedy);
  if (look.log_y.value_or(false)) look.refuse("log y", "bars begin at 0; leave it out");
  Reach values;
  add_reach(values, plot.values, plot.half_widths, false);
  if (!(values.least <= values.most)) look.fail("there is no value to draw; choose others");
  constexpr double kRoom = 0.08;  // for a number above
  const PlotScale y = scale_of(look, 'y', plot.y,
                               {.least = std::min(0.0, values.least),
                                .most = std::max(0.0, values.most),
                                .below = values.least < 0 ? kRoom : 0,
                                .above = kRoom});
  const PlotFrame frame{look, {.names = plot.names, .has_x_title = false}};
  GnuplotScript script;
  script.add(frame.commands(script, {}, name_scale(plot.names.size()), plot.y, y));
  std::vector<GnuplotScript::Row> rows;
  rows.reserve(plot.names.size());
  for (std::size_t i = 0; i < plot.names.size(); ++i) {
    rows.push_back({fmt::to_string(i), GnuplotScript::number_cell(plot.values[i])});
    add_interval(rows.back(), plot.values[i], at(plot.half_widths, i), y);
    // Beside a bar that is much higher one may seem to be none; its number says what it is.
    const double top =
        std::max(0.0, plot.values[i].value_or(0) + at(plot.half_widths, i).value_or(0));
    rows.back().push_back(GnuplotScript::number_cell(std::min(top, y.high())));
    rows.back().push_back(
        GnuplotScript::text_cell(plot.values[i] ? short_number(*plot.values[i]) : ""));
  }
  script.add(
      fmt::format("set style fill solid 1.0 border lc rgb 'black'\nset boxwidth 0.7\n"
                  "plot {0} using 1:2 with boxes lw 0.5 lc rgb '#77AADD' notitle, "
                  "{0} {1} lw 1.5 lc rgb 'black' notitle, "
                  "{0} using 1:5:6 with labels center offset 0, 0.6 notitle\n",
                  script.table(rows, "place value low high top number"), kIntervals));
  return script;
}

}  // namespace papilio
