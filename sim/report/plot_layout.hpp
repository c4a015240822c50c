#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

inline constexpr double kLineHeight = 1.3;  ///< of a line of text, in ems

/// The axis, logarithmic or not as the look says. @param log `log_x` or `log_y` of the look
PlotAxis looked(PlotAxis axis, std::optional<bool> log);

/// Values that an axis is to show, and how much room at its ends.
struct PlotSpan {
  double least{0};
  double most{0};   ///< >= least
  double below{0};  ///< room, in shares of the axis
  double above{0};
  bool from_zero{false};  ///< whether a linear axis begins at 0 where nothing is below
};

/// The scale of an axis: what the look says, else no wider than the values and their room.
/// @param name of the axis: 'x', 'y'
/// @throws ConfigError if a logarithmic axis would have to show 0 or less
PlotScale scale_of(const PlotLook& look, char name, const PlotAxis& axis, const PlotSpan& span);

/// Whether an axis shows a value. @param range of the look: `x` or `y`
bool is_within(double value, const PlotAxis& axis, const std::optional<PlotRange>& range);

/// The scale of an axis of that many names.
PlotScale name_scale(std::size_t names);

/// What a frame has room for beside its axes.
struct PlotSurroundings {
  std::string title{};              ///< the plot's own, on a screen; empty: none
  std::vector<std::string> keys{};  ///< the legend's texts
  /// Of places along the axis below, from 0 on, where it has names and no numbers. Where they have
  /// no room side by side they stand upright.
  std::vector<std::string> names{};
  double band{0};          ///< to be left free above the frame, in ems
  bool has_x_title{true};  ///< whether the axis below has one
};

/// The part of a drawing within the axes, with the legend on its right or below.
class PlotFrame {
 public:
  PlotFrame(const PlotLook& look, PlotSurroundings surroundings);

  /// The drawing, higher than its size says where a legend needs that.
  [[nodiscard]] const PlotPage& page() const { return page_; }
  /// Of the frame, in ems.
  [[nodiscard]] double width() const;
  [[nodiscard]] double height() const;
  /// What the axes say, where they are and what they span. The legend is made of the plots' titles.
  [[nodiscard]] std::string commands(GnuplotScript& script, const PlotAxis& x,
                                     const PlotScale& x_scale, const PlotAxis& y,
                                     const PlotScale& y_scale) const;

 private:
  void place_key(const PlotLook& look, const std::vector<std::string>& keys);

  PlotPage page_;
  std::string title_;
  std::string key_;  // the command
  std::vector<std::string> names_;
  bool upright_{false};
  double top_;     // in ems
  double bottom_;  // likewise
  double right_;   // likewise, from the left
};

/// How wide a text is at most, usually, in ems.
double text_width(std::string_view text);

/// A text for a picture: of at most `most` characters, with "…" in its middle if it had more.
std::string shortened(std::string_view text, std::size_t most);

/// The characters that a label has at most.
inline constexpr std::size_t kLongestLabel = 26;
/// The characters that a name below an axis has at most.
inline constexpr std::size_t kLongestName = 32;

/// What stands for the i-th of some things where its label has no place: A, B, …, Z, A1, B1, …
std::string letter_of(std::size_t i);

/// A light colour for the i-th of some areas, on which black letters can be read, and a dark one
/// for the i-th of some lines; after eight they begin anew. People who see fewer colours can tell
/// them apart too: Paul Tol's schemes "light" and "bright" (SRON/EPS/TN/09-002, 2021), with black
/// and vermillion to make eight of the latter.
std::string_view area_colour(std::size_t i);
std::string_view line_colour(std::size_t i);

/// Colour, dash and marker of the i-th line, for "linespoints": three ways to tell it apart, and
/// the first 24 differ in two of them at least.
std::string line_style(std::size_t i);
/// Colour and marker alone, for "points".
std::string point_style(std::size_t i);

/// A number for people, of three digits or more.
std::string short_number(double number);

}  // namespace papilio
