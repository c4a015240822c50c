#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace papilio {

/// What a plot is for, which says how large it is and its letters are.
enum class PlotSize {
  kScreen,      ///< 21.2 cm wide
  kOneColumn,   ///< 8.4 cm: a column of a journal of two
  kTwoColumns,  ///< 17.8 cm: the page of such a journal
};

/// Where a plot's lines are named.
enum class PlotLegend {
  kByItself,  ///< on the right; in one column below
  kRight,
  kBelow,
  kNone,
};

/// What an axis spans, in the units that it shows.
struct PlotRange {
  double low{0};
  double high{0};  ///< > low
};

/// How a plot looks, whatever it shows.
struct PlotLook {
  PlotSize size{PlotSize::kScreen};
  PlotLegend legend{PlotLegend::kByItself};
  std::optional<std::string> title{};  ///< in place of the plot's own; empty: none
  std::optional<PlotRange> x{};        ///< in place of what the data spans
  std::optional<PlotRange> y{};
  std::optional<bool> log_x{};  ///< whether the axis is logarithmic, in place of what the plot says
  std::optional<bool> log_y{};
  std::string verb{"plot"};  ///< that was given the options, for errors

  /// @throws ConfigError of the verb
  [[noreturn]] void fail(std::string_view why) const;
  /// @param option without its dashes: "log x"
  /// @throws ConfigError that the option cannot be, and why
  [[noreturn]] void refuse(std::string_view option, std::string_view why) const;
  /// Refuses a range and a scale of an axis that has names and no numbers.
  /// @param remedy how else to choose
  void refuse_numbers_on_x(std::string_view remedy) const;
};

/// A drawing's size and that of its letters.
struct PlotPage {
  double width_cm{0};
  double height_cm{0};
  double letter_pt{0};  ///< an em

  /// In ems, in which things are placed by hand.
  [[nodiscard]] double width() const;
  [[nodiscard]] double height() const;
  /// The page, of another height. @param height in ems
  [[nodiscard]] PlotPage of_height(double height) const;
};

PlotPage page_of(PlotSize size);

}  // namespace papilio
