#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "sim/base/error.hpp"
#include "sim/report/planner_plots.hpp"
#include "sim/report/point_labels.hpp"

namespace papilio {
namespace {

/// The points that can be drawn, and where.
struct FrontView {
  std::vector<std::size_t> drawn;    ///< positions in `points`
  std::vector<std::size_t> steps;    ///< of these, that no other beats in the two; x rises
  std::optional<PlotScale> x_scale;  ///< always there
  std::optional<PlotScale> y_scale;
};

PlotScale scale_over(const PlotLook& look, char name, const std::vector<double>& values,
                     const PlotAxis& axis) {
  constexpr double kRoom = 0.08;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return scale_of(look, name, axis,
                  {.least = *least, .most = *most, .below = kRoom, .above = kRoom});
}

bool can_draw(double value, const PlotAxis& axis, const std::optional<PlotRange>& range) {
  return std::isfinite(value) && (!axis.is_logarithmic || value > 0) &&
         (!range || (value >= range->low && value <= range->high));
}

FrontView view_of(const FrontPlot& front, const PlotLook& look) {
  FrontView view;
  std::vector<double> xs;
  std::vector<double> ys;
  for (std::size_t i = 0; i < front.points.size(); ++i) {
    const FrontPlot::Point& point = front.points[i];
    if (!can_draw(point.x, front.x, look.x) || !can_draw(point.y, front.y, look.y)) continue;
    view.drawn.push_back(i);
    xs.push_back(point.x);
    ys.push_back(point.y);
  }
  if (view.drawn.empty()) {
    look.fail(
        "no plan has both criteria of the picture within its ranges, so there "
        "is nothing to draw; name other criteria, or widen --x-range and --y-range");
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
  view.x_scale = scale_over(look, 'x', xs, front.x);
  view.y_scale = scale_over(look, 'y', ys, front.y);
  return view;
}

/// Where a point is, in ems from the frame's lower left corner.
class FrontPlaces {
 public:
  FrontPlaces(const FrontPlot& front, const FrontView& view, const PlotFrame& frame)
      : front_{front}, view_{view}, frame_{frame} {}

  [[nodiscard]] std::pair<double, double> of(std::size_t i) const {
    return {view_.x_scale->share(front_.points[i].x) * frame_.width(),
            view_.y_scale->share(front_.points[i].y) * frame_.height()};
  }

 private:
  const FrontPlot& front_;
  const FrontView& view_;
  const PlotFrame& frame_;
};

/// Labels that leave points and steps to be seen.
PointLabels labels_around(const FrontView& view, const FrontPlaces& places,
                          const PlotFrame& frame) {
  PointLabels labels{frame.width(), frame.height()};
  for (const std::size_t i : view.drawn) labels.avoid_faint(places.of(i));
  std::vector<EmPlace> steps;
  steps.reserve(view.steps.size());
  for (const std::size_t i : view.steps) steps.push_back(places.of(i));
  labels.avoid_steps(steps);
  return labels;
}

/// The positions of `steps` from the most telling on: both ends, then always the farthest from
/// those before.
std::vector<std::size_t> spread(const FrontView& view, const FrontPlaces& places,
                                std::size_t most) {
  std::vector<std::size_t> chosen{view.steps.front()};
  std::vector<double> distance(view.steps.size(), std::numeric_limits<double>::infinity());
  while (chosen.size() < std::min(most, view.steps.size())) {
    const auto [x, y] = places.of(chosen.back());
    for (std::size_t i = 0; i < view.steps.size(); ++i) {
      const auto [other_x, other_y] = places.of(view.steps[i]);
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
  return fmt::format("{} using 1:2 with {} {}, ", script.table(rows, "x y"), style,
                     title.empty() ? "notitle" : "title " + script.text(title));
}

}  // namespace

GnuplotScript front_plot(FrontPlot front, const PlotLook& look) {
  front.x = looked(front.x, look.log_x);
  front.y = looked(front.y, look.log_y);
  const FrontView view = view_of(front, look);
  constexpr std::string_view kElsewhere{"front of all criteria"};
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

  std::vector<std::string> keys{"front of these two"};
  if (!beaten.empty()) keys.emplace_back("dominated");
  if (!elsewhere.empty()) keys.emplace_back(kElsewhere);
  if (!baselines.empty()) keys.emplace_back("baseline");
  if (!chosen.empty()) keys.emplace_back("chosen");
  const PlotFrame frame{look, {.title = front.title, .keys = keys}};

  GnuplotScript script;
  script.add(frame.commands(script, front.x, *view.x_scale, front.y, *view.y_scale));
  script.add("set grid xtics ytics lc rgb '#dddddd'\n");
  const FrontPlaces places{front, view, frame};
  PointLabels labels = labels_around(view, places, frame);
  const auto label = [&](std::size_t i, bool must_have) {
    const std::string text = shortened(front.points[i].label, kLongestLabel);
    script.add(labels.label(script, text, places.of(i), must_have));
  };
  for (const auto* positions : {&chosen, &baselines}) {
    for (const std::size_t i : *positions) labels.avoid_point(places.of(i));
  }
  std::set<std::size_t> labelled;
  for (const auto* positions : {&chosen, &baselines}) {
    for (const std::size_t i : *positions) {
      if (labelled.insert(i).second) label(i, true);
    }
  }
  constexpr std::size_t kMostLabels = 8;
  for (const std::size_t i : spread(view, places, kMostLabels)) {
    if (labelled.insert(i).second) label(i, false);
  }
  std::string plots =
      points_plot(script, front, beaten, "points pt 7 ps 0.5 lc rgb '#999999'", "dominated");
  plots += points_plot(script, front, elsewhere, "points pt 6 ps 0.7 lc rgb '#4477AA'", kElsewhere);
  plots += points_plot(script, front, view.steps, "steps lw 2 lc rgb '#4477AA'", "");
  plots += points_plot(script, front, view.steps, "points pt 7 ps 0.8 lc rgb '#4477AA'",
                       "front of these two");
  plots +=
      points_plot(script, front, baselines, "points pt 4 ps 1 lw 2 lc rgb '#000000'", "baseline");
  plots +=
      points_plot(script, front, chosen, "points pt 6 ps 1.4 lw 2.5 lc rgb '#D55E00'", "chosen");
  plots.resize(plots.size() - 2);
  script.add("plot " + plots + "\n");
  return script;
}

}  // namespace papilio
