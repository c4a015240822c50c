#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/report/gnuplot.hpp"

namespace papilio {

/// A place in ems, from a frame's lower left corner: across, up.
using EmPlace = std::pair<double, double>;

/// A rectangle in ems, from a frame's lower left corner.
struct EmBox {
  double left{0};
  double bottom{0};
  double right{0};
  double top{0};

  [[nodiscard]] double overlap(const EmBox& other) const;
};

/// Places labels of points, one after another, where they cover nothing that was there before.
class PointLabels {
 public:
  /// @param width, height of the frame, in ems
  PointLabels(double width, double height) : width_{width}, height_{height} {}

  /// A point that a label rather does not cover.
  void avoid_faint(const EmPlace& place);
  /// A point that no label may cover.
  void avoid_point(const EmPlace& place);
  /// Lines from each point to the next, first across, then up or down, and the points.
  void avoid_steps(const std::vector<EmPlace>& steps);

  /// @param must_have whether to label it even where that covers something
  /// @return commands; empty where the label has no room
  std::string label(GnuplotScript& script, const std::string& text, const EmPlace& place,
                    bool must_have);

 private:
  [[nodiscard]] double cost_of(const EmBox& box) const;
  std::string written(GnuplotScript& script, const std::string& text, const EmBox& box,
                      const EmPlace& place) const;

  double width_;
  double height_;
  std::vector<EmBox> taken_;
  std::vector<EmBox> labels_;
  std::vector<EmBox> leaders_;
  std::vector<EmBox> faint_;
};

}  // namespace papilio
