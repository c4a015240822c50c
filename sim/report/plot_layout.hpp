#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sim/report/gnuplot.hpp"

namespace papilio {

/// What an axis shows.
struct PlotAxis {
  std::string title;  ///< with the unit: "uplink, Mbit/s"
  bool is_logarithmic{false};
};

/// Where values lie along an axis. On a logarithmic one all are > 0.
class PlotScale {
 public:
  /// @param low < high, both finite
  PlotScale(double low, double high, bool is_logarithmic);

  [[nodiscard]] double low() const { return low_; }
  [[nodiscard]] double high() const { return high_; }
  /// 0 at `low`, 1 at `high`.
  [[nodiscard]] double share(double value) const;
  /// The value at a share.
  [[nodiscard]] double value(double share) const;
  /// The value half-way between two.
  [[nodiscard]] double between(double one, double other) const;
  /// The scale with more room at its ends.
  [[nodiscard]] PlotScale widened(double below, double above) const;

 private:
  double low_;
  double high_;
  bool is_logarithmic_;
};

/// Whatever is placed by hand is placed in ems of a drawing of this size, that of a PDF, in which
/// the letters are the largest: in an SVG or a PNG of `papilio plot` there is room to spare.
inline constexpr double kDrawingWidth = 56;
inline constexpr double kDrawingHeight = 35;
inline constexpr double kLineHeight = 1.3;  ///< of a line of text, in ems

/// The part of a drawing within the axes, with a legend on its right.
class PlotFrame {
 public:
  /// @param key_width of the legend's longest text, in ems; 0: no legend
  /// @param band      to be left free above the frame, in ems
  PlotFrame(bool has_title, double key_width, double band = 0);

  /// In ems.
  [[nodiscard]] double width() const;
  [[nodiscard]] double height() const;
  /// What the axes say, where they are and what they span. The legend is made of the plots' titles.
  /// The letters' size is gnuplot's variable F from here on: "set label T[1] at 0, 0 font F".
  [[nodiscard]] std::string commands(GnuplotScript& script, std::string_view title,
                                     const PlotAxis& x, const PlotScale& x_scale, const PlotAxis& y,
                                     const PlotScale& y_scale) const;

 private:
  bool has_title_;
  bool has_key_;
  double top_;    // in ems
  double right_;  // in shares of the drawing
};

/// How wide a text is at most, usually, in ems.
double text_width(std::string_view text);

/// A text for a picture: of at most `most` characters, with "…" in its middle if it had more.
std::string shortened(std::string_view text, std::size_t most);

/// The characters that a label has at most.
inline constexpr std::size_t kLongestLabel = 26;

/// What stands for the i-th of some things where its label has no place: A, B, …, Z, A1, B1, …
std::string letter_of(std::size_t i);

/// A light colour for the i-th of some areas, on which black letters can be read, and a dark one
/// for the i-th of some lines; after eight they begin anew. People who see fewer colours can tell
/// them apart too: Paul Tol's schemes "light" and "bright" (SRON/EPS/TN/09-002, 2021), with black
/// and vermillion to make eight of the latter.
std::string_view area_colour(std::size_t i);
std::string_view line_colour(std::size_t i);

/// A number for people, of three digits or more.
std::string short_number(double number);

}  // namespace papilio
