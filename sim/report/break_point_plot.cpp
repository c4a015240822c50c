#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/report/planner_plots.hpp"

namespace papilio {
namespace {

using Winners = std::map<std::size_t, std::size_t>;  // of curves, to their numbers in the picture

double value_at(const BreakPointPlot& plot, std::size_t curve, double x) {
  const BreakPointPlot::Curve& c = plot.curves[curve];
  return c.constant + (plot.is_reciprocal ? c.slope / x : c.slope * x);
}

/// Points of a curve from one place to another, which are among them.
std::vector<GnuplotScript::Row> samples(const BreakPointPlot& plot, std::size_t curve,
                                        const PlotScale& scale, double from, double to) {
  constexpr int kSamples = 400;  // along the whole axis
  std::vector<GnuplotScript::Row> rows;
  const auto add = [&](double x) {
    rows.push_back(
        {GnuplotScript::number_cell(x), GnuplotScript::number_cell(value_at(plot, curve, x))});
  };
  add(from);
  for (int i = 0; i <= kSamples; ++i) {
    const double x = scale.value(static_cast<double>(i) / kSamples);
    if (x > from && x < to) add(x);
  }
  add(to);
  return rows;
}

/// The values that win, with room above for their labels.
PlotScale value_scale(const BreakPointPlot& plot, const PlotLook& look) {
  double least = std::numeric_limits<double>::infinity();
  double most = -least;
  for (const BreakPointPlot::Segment& segment : plot.segments) {
    if (!segment.winner) continue;
    for (const double x : {segment.from, segment.to}) {
      least = std::min(least, value_at(plot, *segment.winner, x));
      most = std::max(most, value_at(plot, *segment.winner, x));
    }
  }
  if (!(least <= most)) {
    look.fail(
        "no plan keeps the limits anywhere on this axis, so there is nothing "
        "to draw; loosen a limit");
  }
  constexpr double kBelow = 0.3;  // for the break points' numbers
  constexpr double kAbove = 0.15;
  return scale_of(look, 'y', plot.y,
                  {.least = least, .most = most, .below = kBelow, .above = kAbove});
}

/// What of an axis a stretch takes.
std::pair<double, double> shown(const BreakPointPlot::Segment& segment, const PlotScale& scale) {
  return {std::max(segment.from, scale.low()), std::min(segment.to, scale.high())};
}

/// Whoever wins, above its stretch: the label, else the letter, where that has room.
void add_names(GnuplotScript& script, const BreakPointPlot& plot, const PlotScale& scale,
               const PlotFrame& frame, const Winners& winners) {
  for (const BreakPointPlot::Segment& segment : plot.segments) {
    const auto [from, to] = shown(segment, scale);
    if (!(from < to)) continue;
    const double width = (scale.share(to) - scale.share(from)) * frame.width();
    const std::string label =
        segment.winner ? shortened(plot.curves[*segment.winner].label, kLongestLabel) : "no plan";
    const std::string letter = segment.winner ? letter_of(winners.at(*segment.winner)) : "–";
    constexpr double kMargin = 0.6;
    for (const std::string& text : {label, letter}) {
      if (text_width(text) + kMargin > width) continue;
      script.add(fmt::format("set label {} at first {}, graph {:.4f} center front\n",
                             script.text(text), scale.between(from, to),
                             1 + kLineHeight / 2 / frame.height()));
      break;
    }
  }
}

/// Finds room beside the break points' lines for their numbers, which stand upright.
class BreakNumbers {
 public:
  struct Place {
    double across{0};  ///< of the number's middle, in ems from the frame's left
    std::size_t level{0};
  };

  /// @param lines in ems from the frame's left
  BreakNumbers(std::vector<double> lines, double width)
      : lines_{std::move(lines)}, width_{width}, taken_(kLevels) {}

  /// Left of the line where nothing is in the way, else right of it, else higher; where there is no
  /// other room, over another line.
  std::optional<Place> place(double line) {
    for (const bool may_cross : {false, true}) {
      for (std::size_t level = 0; level < kLevels; ++level) {
        for (const double middle : {line - kLineHeight / 2, line + kLineHeight / 2}) {
          if (!has_room(middle, level, may_cross)) continue;
          taken_[level].push_back(middle);
          return Place{middle, level};
        }
      }
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t kLevels = 3;
  static constexpr double kTic = 0.7;  ///< of the axis on the left

  [[nodiscard]] bool has_room(double middle, std::size_t level, bool may_cross) const {
    if (middle - kLineHeight / 2 < kTic || middle + kLineHeight / 2 > width_) return false;
    const auto is_near = [&](double distance) {
      return [=](double other) { return std::abs(other - middle) < distance; };
    };
    constexpr double kAlmost = 0.99;
    if (std::any_of(taken_[level].begin(), taken_[level].end(), is_near(kAlmost * kLineHeight))) {
      return false;
    }
    return may_cross ||
           std::none_of(lines_.begin(), lines_.end(), is_near(kAlmost * kLineHeight / 2));
  }

  std::vector<double> lines_;
  double width_;
  std::vector<std::vector<double>> taken_;  // by level, the middles
};

/// A line at each break point, with its number.
void add_breaks(GnuplotScript& script, const BreakPointPlot& plot, const PlotScale& scale,
                const PlotFrame& frame) {
  constexpr double kFirst = 0.5;  // ems above the axis
  double level_height = 0;
  std::vector<double> breaks;
  std::vector<double> lines;
  for (std::size_t i = 1; i < plot.segments.size(); ++i) {
    const double x = plot.segments[i].from;
    if (x < scale.low() || x > scale.high()) continue;
    breaks.push_back(x);
    lines.push_back(scale.share(x) * frame.width());
    level_height = std::max(level_height, text_width(short_number(x)) + kFirst);
    script.add(fmt::format(
        "set arrow from first {0}, graph 0 to first {0}, graph 1 nohead lw 1 dt 3 lc rgb "
        "'#555555' back\n",
        x));
  }
  BreakNumbers numbers{lines, frame.width()};
  for (std::size_t i = 0; i < breaks.size(); ++i) {
    const auto place = numbers.place(lines[i]);
    if (!place) continue;
    const double bottom = kFirst + static_cast<double>(place->level) * level_height;
    script.add(fmt::format("set label {} at graph {:.5f}, graph {:.4f} left rotate by 90 front\n",
                           script.text(short_number(breaks[i])), place->across / frame.width(),
                           bottom / frame.height()));
  }
}

/// Where nobody is admitted.
void add_gaps(GnuplotScript& script, const BreakPointPlot& plot, const PlotScale& scale) {
  for (const BreakPointPlot::Segment& segment : plot.segments) {
    if (segment.winner) continue;
    const auto [from, to] = shown(segment, scale);
    if (!(from < to)) continue;
    script.add(fmt::format(
        "set object rectangle from first {}, graph 0 to first {}, graph 1 fc rgb '#EEEEEE' fs "
        "solid noborder behind\n",
        from, to));
  }
}

}  // namespace

GnuplotScript break_point_plot(BreakPointPlot plot, const PlotLook& look) {
  PAPILIO_CHECK(!plot.segments.empty());
  plot.x = looked(plot.x, look.log_x);
  plot.y = looked(plot.y, look.log_y);
  const PlotScale x = scale_of(
      look, 'x', plot.x, {.least = plot.segments.front().from, .most = plot.segments.back().to});
  const PlotScale y = value_scale(plot, look);
  Winners winners;
  std::vector<std::string> keys;
  for (const BreakPointPlot::Segment& segment : plot.segments) {
    if (!segment.winner) continue;
    const auto [it, is_new] = winners.emplace(*segment.winner, winners.size());
    if (!is_new) continue;
    const std::string label = shortened(plot.curves[*segment.winner].label, kLongestLabel);
    keys.push_back(letter_of(it->second) + "  " + label);
  }
  const bool has_gaps = std::any_of(plot.segments.begin(), plot.segments.end(),
                                    [](const auto& segment) { return !segment.winner; });
  if (has_gaps) keys.emplace_back("–  no plan");
  const PlotFrame frame{look, {.title = plot.title, .keys = keys, .band = kLineHeight}};
  GnuplotScript script;
  script.add(frame.commands(script, plot.x, x, plot.y, y));
  add_names(script, plot, x, frame, winners);
  add_breaks(script, plot, x, frame);
  add_gaps(script, plot, x);

  std::vector<std::size_t> in_order(winners.size());
  for (const auto& [curve, number] : winners) in_order[number] = curve;
  std::string plots;
  for (std::size_t number = 0; number < in_order.size(); ++number) {
    const std::size_t curve = in_order[number];
    constexpr std::array<int, 4> kDashes{1, 2, 4, 5};  // a dotted line would be hard to see
    plots += fmt::format("{} using 1:2 with lines lw 1.5 dt {} lc rgb '{}' title {}, ",
                         script.table(samples(plot, curve, x, x.low(), x.high()), "x y"),
                         kDashes.at(number % kDashes.size()), line_colour(number),
                         script.text(keys[number]));
  }
  std::vector<GnuplotScript::Row> points;
  for (std::size_t i = 0; i < plot.segments.size(); ++i) {
    const BreakPointPlot::Segment& segment = plot.segments[i];
    const auto [from, to] = shown(segment, x);
    if (!segment.winner || !(from < to)) continue;
    plots += fmt::format("{} using 1:2 with lines lw 4 lc rgb '{}' notitle, ",
                         script.table(samples(plot, *segment.winner, x, from, to), "x y"),
                         line_colour(winners.at(*segment.winner)));
    const auto add = [&](double place) {
      points.push_back({GnuplotScript::number_cell(place),
                        GnuplotScript::number_cell(value_at(plot, *segment.winner, place))});
    };
    if (i > 0 && segment.from == from) add(from);
    if (i + 1 < plot.segments.size() && segment.to == to) add(to);
  }
  if (has_gaps) {
    plots += fmt::format("NaN with boxes fs solid 1.0 noborder lc rgb '#EEEEEE' title {}, ",
                         script.text(keys.back()));
  }
  if (points.empty()) {
    plots.resize(plots.size() - 2);
  } else {
    plots += fmt::format("{} using 1:2 with points pt 7 ps 0.8 lc rgb 'black' notitle",
                         script.table(points, "x y"));
  }
  script.add("plot " + plots + "\n");
  return script;
}

}  // namespace papilio
