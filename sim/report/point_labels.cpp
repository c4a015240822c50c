#include "sim/report/point_labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "sim/report/plot_layout.hpp"

namespace papilio {
namespace {

/// Below and to the left of a point of the front there is no other; above its step neither is a
/// line.
constexpr std::array<EmPlace, 16> kWays{{{1, 1},
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
constexpr double kFarther = 0.3;
constexpr double kNearer = 0.4;
constexpr double kFaint = 1.5;   // of covering a point that is not on the front
constexpr double kCovered = 20;  // of covering anything else
constexpr double kSmall = 0.15;  // half of a faint point
constexpr double kMark = 0.35;   // half of another
constexpr double kLine = 0.1;    // half of a line's width

EmBox around(const EmPlace& place, double half) {
  return {place.first - half, place.second - half, place.first + half, place.second + half};
}

EmBox box_of(const std::string& text, double x, double y, double across, double up) {
  const double width = text_width(text);
  const double left = x - width * (1 - std::clamp(across, -1.0, 1.0)) / 2;
  const double bottom = y - kLineHeight * (1 - std::clamp(up, -1.0, 1.0)) / 2;
  return {left, bottom, left + width, bottom + kLineHeight};
}

/// Where the line from a point to its label begins to be needed, and ends.
constexpr double kFar = 0.7;
EmPlace nearest(const EmPlace& place, const EmBox& box) {
  return {std::clamp(place.first, box.left, box.right),
          std::clamp(place.second, box.bottom, box.top)};
}

/// The line from a point to a label that is far from it, in small parts.
std::vector<EmBox> leader(const EmPlace& place, const EmBox& box) {
  const auto [x, y] = place;
  const auto [end_x, end_y] = nearest(place, box);
  if (std::hypot(end_x - x, end_y - y) <= kFar) return {};
  constexpr int kParts = 16;
  std::vector<EmBox> parts;
  parts.reserve(kParts);
  for (int i = 2; i < kParts; ++i) {  // the first are within the point's mark
    const double share = static_cast<double>(i) / kParts;
    parts.push_back(around({x + share * (end_x - x), y + share * (end_y - y)}, kSmall));
  }
  return parts;
}

}  // namespace

double EmBox::overlap(const EmBox& other) const {
  const double width = std::min(right, other.right) - std::max(left, other.left);
  const double height = std::min(top, other.top) - std::max(bottom, other.bottom);
  return width > 0 && height > 0 ? width * height : 0;
}

void PointLabels::avoid_faint(const EmPlace& place) {
  // Of points that cover each other one is enough.
  const EmBox box = around(place, kSmall);
  const bool is_there = std::any_of(faint_.begin(), faint_.end(), [&](const EmBox& other) {
    return std::abs(other.left - box.left) < kSmall && std::abs(other.top - box.top) < kSmall;
  });
  if (!is_there) faint_.push_back(box);
}

void PointLabels::avoid_point(const EmPlace& place) {
  taken_.push_back(around(place, kMark));
}

void PointLabels::avoid_steps(const std::vector<EmPlace>& steps) {
  if (steps.empty()) return;
  EmPlace last = steps.front();
  avoid_point(last);
  for (const EmPlace& step : steps) {
    const auto [x1, y1] = last;
    const auto [x2, y2] = step;
    if (std::hypot(x2 - x1, y2 - y1) < kLine) continue;
    taken_.push_back({std::min(x1, x2), y1 - kLine, std::max(x1, x2), y1 + kLine});
    taken_.push_back({x2 - kLine, std::min(y1, y2), x2 + kLine, std::max(y1, y2)});
    avoid_point(step);
    last = step;
  }
}

std::string PointLabels::label(GnuplotScript& script, const std::string& text, const EmPlace& place,
                               bool must_have) {
  const auto [x, y] = place;
  double least = std::numeric_limits<double>::infinity();
  EmBox best;
  for (const double distance : {0.45, 1.2, 2.2, 3.4, 4.8}) {
    for (const auto& [across, up] : kWays) {
      // Beside a corner the letters may be nearly as high as the point.
      const double higher = across != 0 ? kNearer * distance : distance;
      const EmBox box = box_of(text, x + across * distance, y + up * higher, across, up);
      double cost = cost_of(box) + kFarther * distance;
      for (const EmBox& part : leader(place, box)) {
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
  for (const EmBox& part : leader(place, best)) {
    leaders_.push_back(part);
    taken_.push_back(part);
  }
  return written(script, text, best, place);
}

double PointLabels::cost_of(const EmBox& box) const {
  double cost = 0;
  const bool is_cut = box.left < 0 || box.bottom < 0 || box.right > width_ || box.top > height_;
  constexpr double kCut = 1000;
  if (is_cut) cost += kCut;
  for (const EmBox& other : taken_) {
    const double overlap = box.overlap(other);
    if (overlap > 0) cost += kCovered + overlap;
  }
  for (const EmBox& other : faint_) cost += box.overlap(other) > 0 ? kFaint : 0;
  return cost;
}

std::string PointLabels::written(GnuplotScript& script, const std::string& text, const EmBox& box,
                                 const EmPlace& place) const {
  const auto [x, y] = place;
  const auto at = [&](double across, double up) {
    return fmt::format("graph {:.5f}, graph {:.5f}", across / width_, up / height_);
  };
  const auto [near_x, near_y] = nearest(place, box);
  std::string commands;
  if (std::hypot(near_x - x, near_y - y) > kFar) {
    commands = fmt::format("set arrow from {} to {} nohead lw 1 lc rgb '#666666' front\n", at(x, y),
                           at(near_x, near_y));
  }
  // Text that is narrower than reckoned stays beside its point.
  const double middle = (box.left + box.right) / 2;
  const char* side = box.left >= x ? "left" : box.right <= x ? "right" : "center";
  const double anchor = box.left >= x ? box.left : box.right <= x ? box.right : middle;
  return commands + fmt::format("set label {} at {} {} front\n", script.text(text),
                                at(anchor, (box.bottom + box.top) / 2), side);
}

}  // namespace papilio
