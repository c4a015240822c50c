#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "sim/base/error.hpp"
#include "sim/report/planner_plots.hpp"

namespace papilio {
namespace {

/// A rectangle in ems, from the frame's lower left corner.
struct EmBox {
  double left{0};
  double bottom{0};
  double right{0};
  double top{0};

  [[nodiscard]] double overlap(const EmBox& other) const {
    const double width = std::min(right, other.right) - std::max(left, other.left);
    const double height = std::min(top, other.top) - std::max(bottom, other.bottom);
    return width > 0 && height > 0 ? width * height : 0;
  }
};

/// The points that can be drawn, and where.
struct FrontView {
  std::vector<std::size_t> drawn;    ///< positions in `points`
  std::vector<std::size_t> steps;    ///< of these, that no other beats in the two; x rises
  std::optional<PlotScale> x_scale;  ///< always there
  std::optional<PlotScale> y_scale;
};

PlotScale scale_over(const std::vector<double>& values, const PlotAxis& axis) {
  constexpr double kRoom = 0.08;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  if (*least < *most) {
    const PlotScale wide = PlotScale{*least, *most, axis.is_logarithmic}.widened(kRoom, kRoom);
    // What a plan spends is no less than nothing.
    return *least > 0 && wide.low() < 0 ? PlotScale{0, wide.high(), false} : wide;
  }
  const double room = *least == 0 ? 1 : std::abs(*least) / 2;
  return {*least - room, *least + room, axis.is_logarithmic};
}

bool can_draw(double value, const PlotAxis& axis) {
  return std::isfinite(value) && (!axis.is_logarithmic || value > 0);
}

FrontView view_of(const FrontPlot& front) {
  FrontView view;
  std::vector<double> xs;
  std::vector<double> ys;
  for (std::size_t i = 0; i < front.points.size(); ++i) {
    const FrontPlot::Point& point = front.points[i];
    if (!can_draw(point.x, front.x) || !can_draw(point.y, front.y)) continue;
    view.drawn.push_back(i);
    xs.push_back(point.x);
    ys.push_back(point.y);
  }
  if (view.drawn.empty()) {
    throw ConfigError{
        "papilio plot: error: no plan has both criteria of the picture, so there is nothing to "
        "draw; name other criteria"};
  }
  std::vector<std::size_t> order = view.drawn;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const FrontPlot::Point& one = front.points[a];
    const FrontPlot::Point& other = front.points[b];
    return one.x != other.x ? one.x < other.x : one.y < other.y;
  });
  for (const std::size_t i : order) {
    if (view.steps.empty() || front.points[i].y < front.points[view.steps.back()].y) {
      view.steps.push_back(i);
    }
  }
  view.x_scale = scale_over(xs, front.x);
  view.y_scale = scale_over(ys, front.y);
  return view;
}

/// Places labels of points, one after another, where they cover nothing that was there before.
class FrontLabels {
 public:
  FrontLabels(const FrontPlot& front, const FrontView& view, const PlotFrame& frame)
      : front_{front}, view_{view}, frame_{frame} {
    // Of points that cover each other one is enough.
    std::set<std::pair<int, int>> cells;
    for (const std::size_t i : view.drawn) {
      const auto [x, y] = place_of(i);
      constexpr double kSmall = 0.15;
      if (!cells.emplace(static_cast<int>(x / kSmall), static_cast<int>(y / kSmall)).second) {
        continue;
      }
      faint_.push_back({x - kSmall, y - kSmall, x + kSmall, y + kSmall});
    }
    std::size_t last = view.steps.front();
    avoid_point(last);
    for (const std::size_t i : view.steps) {
      const auto [x1, y1] = place_of(last);
      const auto [x2, y2] = place_of(i);
      constexpr double kLine = 0.1;
      if (std::hypot(x2 - x1, y2 - y1) < kLine) continue;
      taken_.push_back({x1, y1 - kLine, x2, y1 + kLine});
      taken_.push_back({x2 - kLine, y2, x2 + kLine, y1});
      avoid_point(i);
      last = i;
    }
  }

  void avoid_point(std::size_t i) {
    const auto [x, y] = place_of(i);
    constexpr double kMark = 0.35;
    taken_.push_back({x - kMark, y - kMark, x + kMark, y + kMark});
  }

  /// @param must_have whether to label it even where that covers something
  /// @return commands
  std::string label(GnuplotScript& script, std::size_t i, bool must_have) {
    const std::string text = shortened(front_.points[i].label, kLongestLabel);
    const auto [x, y] = place_of(i);
    double least = std::numeric_limits<double>::infinity();
    EmBox best;
    for (const double distance : {0.45, 1.2, 2.2, 3.4, 4.8}) {
      for (const auto& [across, up] : kWays) {
        // Beside a corner the letters may be nearly as high as the point.
        const double higher = across != 0 ? kNearer * distance : distance;
        const EmBox box = box_of(text, x + across * distance, y + up * higher, across, up);
        double cost = cost_of(box) + kFarther * distance;
        for (const EmBox& part : leader(x, y, box)) {
          for (const EmBox& label : labels_) cost += part.overlap(label) > 0 ? kCovered : 0;
          for (const EmBox& line : leaders_) cost += part.overlap(line) > 0 ? kCovered : 0;
          for (const EmBox& other : taken_) cost += part.overlap(other) > 0 ? kFaint : 0;
        }
        if (cost < least) {
          least = cost;
          best = box;
        }
      }
    }
    if (least >= kCovered && !must_have) return {};
    labels_.push_back(best);
    taken_.push_back(best);
    for (const EmBox& part : leader(x, y, best)) {
      leaders_.push_back(part);
      taken_.push_back(part);
    }
    return written(script, text, best, x, y);
  }

  /// In ems from the frame's lower left corner.
  [[nodiscard]] std::pair<double, double> place_of(std::size_t i) const {
    return {view_.x_scale->share(front_.points[i].x) * frame_.width(),
            view_.y_scale->share(front_.points[i].y) * frame_.height()};
  }

 private:
  /// Below and to the left of a point of the front there is no other; above its step neither is a
  /// line.
  static constexpr std::array<std::pair<double, double>, 16> kWays{{{1, 1},
                                                                    {-1, -1},
                                                                    {1, 0},
                                                                    {-1, 0},
                                                                    {0, 1},
                                                                    {0, -1},
                                                                    {1, -1},
                                                                    {-1, 1},
                                                                    {1, 0.5},
                                                                    {-1, -0.5},
                                                                    {0.5, 1},
                                                                    {-0.5, -1},
                                                                    {1, 2},
                                                                    {-1, -2},
                                                                    {2, 1},
                                                                    {-2, -1}}};
  static constexpr double kFarther = 0.3;
  static constexpr double kNearer = 0.4;
  static constexpr double kFaint = 0.5;   ///< of covering a point that is not on the front
  static constexpr double kCovered = 20;  ///< of covering anything else

  static EmBox box_of(const std::string& text, double x, double y, double across, double up) {
    const double width = text_width(text);
    const double left = x - width * (1 - std::clamp(across, -1.0, 1.0)) / 2;
    const double bottom = y - kLineHeight * (1 - std::clamp(up, -1.0, 1.0)) / 2;
    return {left, bottom, left + width, bottom + kLineHeight};
  }

  /// Where the line from a point to its label begins to be needed, and ends.
  static constexpr double kFar = 0.7;
  static std::pair<double, double> nearest(double x, double y, const EmBox& box) {
    return {std::clamp(x, box.left, box.right), std::clamp(y, box.bottom, box.top)};
  }

  /// The line from a point to a label that is far from it, in small parts.
  static std::vector<EmBox> leader(double x, double y, const EmBox& box) {
    const auto [end_x, end_y] = nearest(x, y, box);
    if (std::hypot(end_x - x, end_y - y) <= kFar) return {};
    constexpr int kParts = 16;
    constexpr double kThick = 0.15;
    std::vector<EmBox> parts;
    for (int i = 2; i < kParts; ++i) {  // the first are within the point's mark
      const double share = static_cast<double>(i) / kParts;
      const double at_x = x + share * (end_x - x);
      const double at_y = y + share * (end_y - y);
      parts.push_back({at_x - kThick, at_y - kThick, at_x + kThick, at_y + kThick});
    }
    return parts;
  }

  [[nodiscard]] double cost_of(const EmBox& box) const {
    double cost = 0;
    const bool is_cut =
        box.left < 0 || box.bottom < 0 || box.right > frame_.width() || box.top > frame_.height();
    constexpr double kCut = 1000;
    if (is_cut) cost += kCut;
    for (const EmBox& other : taken_) {
      const double overlap = box.overlap(other);
      if (overlap > 0) cost += kCovered + overlap;
    }
    for (const EmBox& other : faint_) cost += box.overlap(other) > 0 ? kFaint : 0;
    return cost;
  }

  std::string written(GnuplotScript& script, const std::string& text, const EmBox& box, double x,
                      double y) const {
    const auto at = [&](double across, double up) {
      return fmt::format("graph {:.5f}, graph {:.5f}", across / frame_.width(),
                         up / frame_.height());
    };
    const auto [near_x, near_y] = nearest(x, y, box);
    std::string commands;
    if (std::hypot(near_x - x, near_y - y) > kFar) {
      commands = fmt::format("set arrow from {} to {} nohead lw 1 lc rgb '#666666' front\n",
                             at(x, y), at(near_x, near_y));
    }
    // Text that is narrower than reckoned stays beside its point.
    const double middle = (box.left + box.right) / 2;
    const char* side = box.left >= x ? "left" : box.right <= x ? "right" : "center";
    const double anchor = box.left >= x ? box.left : box.right <= x ? box.right : middle;
    return commands + fmt::format("set label {} at {} {} font F front\n", script.text(text),
                                  at(anchor, (box.bottom + box.top) / 2), side);
  }

  const FrontPlot& front_;
  const FrontView& view_;
  const PlotFrame& frame_;
  std::vector<EmBox> taken_;
  std::vector<EmBox> labels_;
  std::vector<EmBox> leaders_;
  std::vector<EmBox> faint_;
};

/// The positions of `steps` from the most telling on: both ends, then always the farthest from
/// those before.
std::vector<std::size_t> spread(const FrontView& view, const FrontLabels& labels,
                                std::size_t most) {
  std::vector<std::size_t> chosen{view.steps.front()};
  std::vector<double> distance(view.steps.size(), std::numeric_limits<double>::infinity());
  while (chosen.size() < std::min(most, view.steps.size())) {
    const auto [x, y] = labels.place_of(chosen.back());
    for (std::size_t i = 0; i < view.steps.size(); ++i) {
      const auto [other_x, other_y] = labels.place_of(view.steps[i]);
      distance[i] = std::min(distance[i], std::hypot(other_x - x, other_y - y));
    }
    const auto farthest = std::max_element(distance.begin(), distance.end());
    chosen.push_back(view.steps[static_cast<std::size_t>(farthest - distance.begin())]);
  }
  return chosen;
}

/// The plots of some points, where there are any.
std::string points_plot(GnuplotScript& script, const FrontPlot& front,
                        const std::vector<std::size_t>& positions, std::string_view style,
                        std::string_view title) {
  if (positions.empty()) return {};
  std::vector<GnuplotScript::Row> rows;
  rows.reserve(positions.size());
  for (const std::size_t i : positions) {
    rows.push_back({GnuplotScript::number_cell(front.points[i].x),
                    GnuplotScript::number_cell(front.points[i].y)});
  }
  return fmt::format("{} using 1:2 with {} {}, ", script.table(rows), style,
                     title.empty() ? "notitle" : "title " + script.text(title));
}

}  // namespace

std::string front_plot(const FrontPlot& front) {
  const FrontView view = view_of(front);
  constexpr std::string_view kElsewhere{"front of all criteria"};
  const PlotFrame frame{!front.title.empty(), text_width(kElsewhere)};
  const std::set<std::size_t> steps{view.steps.begin(), view.steps.end()};
  const auto is_drawn = [&](std::size_t i) {
    return std::binary_search(view.drawn.begin(), view.drawn.end(), i);
  };
  std::vector<std::size_t> beaten;
  std::vector<std::size_t> elsewhere;
  for (const std::size_t i : view.drawn) {
    if (steps.contains(i)) continue;
    (front.points[i].is_on_front ? elsewhere : beaten).push_back(i);
  }
  std::vector<std::size_t> baselines;
  std::copy_if(front.baselines.begin(), front.baselines.end(), std::back_inserter(baselines),
               is_drawn);
  std::vector<std::size_t> chosen;
  if (front.chosen && is_drawn(*front.chosen)) chosen.push_back(*front.chosen);

  GnuplotScript script;
  script.add(frame.commands(script, front.title, front.x, *view.x_scale, front.y, *view.y_scale));
  script.add("set grid xtics ytics lc rgb '#dddddd'\n");
  FrontLabels labels{front, view, frame};
  for (const auto* positions : {&chosen, &baselines}) {
    for (const std::size_t i : *positions) labels.avoid_point(i);
  }
  std::set<std::size_t> labelled;
  for (const auto* positions : {&chosen, &baselines}) {
    for (const std::size_t i : *positions) {
      if (labelled.insert(i).second) script.add(labels.label(script, i, true));
    }
  }
  constexpr std::size_t kMostLabels = 8;
  for (const std::size_t i : spread(view, labels, kMostLabels)) {
    if (labelled.insert(i).second) script.add(labels.label(script, i, false));
  }
  std::string plots =
      points_plot(script, front, beaten, "points pt 7 ps 0.5 lc rgb '#999999'", "dominated");
  plots += points_plot(script, front, elsewhere, "points pt 6 ps 0.7 lc rgb '#4477AA'", kElsewhere);
  plots += points_plot(script, front, view.steps, "steps lw 2 lc rgb '#4477AA'", "");
  plots += points_plot(script, front, view.steps, "points pt 7 ps 0.8 lc rgb '#4477AA'",
                       "front of these two");
  plots += points_plot(script, front, baselines, "points pt 4 ps 1.3 lw 2.5 lc rgb '#000000'",
                       "baseline");
  plots += points_plot(script, front, chosen, "points pt 6 ps 1.9 lw 3 lc rgb '#D55E00'", "chosen");
  plots.resize(plots.size() - 2);
  script.add("plot " + plots + "\n");
  return script.script();
}

}  // namespace papilio
