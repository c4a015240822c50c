#include "sim/report/plot_look.hpp"

#include <fmt/format.h>

#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr double kPointsPerCm = 72 / 2.54;

}  // namespace

void PlotLook::fail(std::string_view why) const {
  throw ConfigError{fmt::format("papilio {}: error: {}", verb, why)};
}

void PlotLook::refuse(std::string_view option, std::string_view why) const {
  fail(fmt::format("--{}: {}", option, why));
}

void PlotLook::refuse_numbers_on_x(std::string_view remedy) const {
  for (const auto& [is_given, option] :
       {std::pair{x.has_value(), "x-range"}, {log_x.value_or(false), "log x"}}) {
    if (!is_given) continue;
    refuse(option, fmt::format("the axis has names and no numbers here; {}", remedy));
  }
}

double PlotPage::width() const {
  return width_cm * kPointsPerCm / letter_pt;
}

double PlotPage::height() const {
  return height_cm * kPointsPerCm / letter_pt;
}

PlotPage PlotPage::of_height(double height) const {
  PlotPage page = *this;
  page.height_cm = height * letter_pt / kPointsPerCm;
  return page;
}

PlotPage page_of(PlotSize size) {
  // Journals of two columns are set to 8.4 and 17.8 cm or a little more, and ask for letters of 7
  // or 8 points in print. On a screen 21.17 cm are 800 pixels.
  constexpr PlotPage kScreen{21.17, 13.23, 9};
  constexpr PlotPage kOneColumn{8.4, 6.3, 7.5};
  constexpr PlotPage kTwoColumns{17.8, 8.9, 7.5};
  switch (size) {
    case PlotSize::kOneColumn:
      return kOneColumn;
    case PlotSize::kTwoColumns:
      return kTwoColumns;
    case PlotSize::kScreen:
      break;
  }
  return kScreen;
}

}  // namespace papilio
