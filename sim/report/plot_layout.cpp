#include "sim/report/plot_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// Margins in ems.
constexpr double kLeftMargin = 7;
constexpr double kBottomMargin = 5;
constexpr double kTopMargin = 1.2;
constexpr double kTitleMargin = 2.6;
constexpr double kRightMargin = 1.5;
constexpr double kKeySample = 5;  ///< beside a legend's texts
constexpr double kCharacter = 0.6;

/// Whether a byte of UTF-8 goes on with a character.
bool goes_on(char c) {
  constexpr unsigned kMask = 0xC0;
  constexpr unsigned kContinuation = 0x80;
  return (static_cast<unsigned char>(c) & kMask) == kContinuation;
}

std::size_t characters_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !goes_on(c); }));
}

/// The byte at which the n-th character begins.
std::size_t byte_of(std::string_view text, std::size_t n) {
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    if (goes_on(text[i])) continue;
    if (n == 0) break;
    --n;
  }
  return i;
}

/// @param name of the axis: x, y
std::string logarithmic(char name, const PlotScale& scale) {
  // By itself gnuplot writes powers of ten alone, which a short axis has one of or none.
  constexpr double kShort = 12;
  constexpr double kMiddling = 200;
  std::string commands = fmt::format("set logscale {}\n", name);
  const double ratio = scale.high() / scale.low();
  if (ratio > kMiddling) return commands;
  const std::vector<double> within =
      ratio > kShort ? std::vector{1.0, 2.0, 5.0} : std::vector{1.0, 1.5, 2.0, 3.0, 5.0, 7.0};
  constexpr double kTen = 10;
  std::string tics;
  const int last = static_cast<int>(std::floor(std::log10(scale.high())));
  for (int power = static_cast<int>(std::floor(std::log10(scale.low()))); power <= last; ++power) {
    const double decade = std::pow(kTen, power);
    for (const double number : within) {
      const double tic = number * decade;
      if (tic < scale.low() || tic > scale.high()) continue;
      tics += fmt::format("{}{:.6g}", tics.empty() ? "" : ", ", tic);
    }
  }
  // An axis within one tenth is left to gnuplot.
  return tics.find(',') == std::string::npos
             ? commands
             : commands + fmt::format("set {}tics ({})\n", name, tics);
}

}  // namespace

PlotScale::PlotScale(double low, double high, bool is_logarithmic)
    : low_{low}, high_{high}, is_logarithmic_{is_logarithmic} {
  PAPILIO_CHECK(std::isfinite(low) && std::isfinite(high) && low < high);
  PAPILIO_CHECK(!is_logarithmic || low > 0);
}

double PlotScale::share(double value) const {
  return is_logarithmic_ ? std::log(value / low_) / std::log(high_ / low_)
                         : (value - low_) / (high_ - low_);
}

double PlotScale::value(double share) const {
  return is_logarithmic_ ? low_ * std::pow(high_ / low_, share) : low_ + share * (high_ - low_);
}

double PlotScale::between(double one, double other) const {
  return is_logarithmic_ ? std::sqrt(one) * std::sqrt(other) : (one + other) / 2;
}

PlotScale PlotScale::widened(double below, double above) const {
  return {value(-below), value(1 + above), is_logarithmic_};
}

PlotFrame::PlotFrame(bool has_title, double key_width, double band)
    : has_title_{has_title},
      has_key_{key_width > 0},
      top_{band + (has_title ? kTitleMargin : kTopMargin)},
      right_{1 - kRightMargin / kDrawingWidth} {
  if (!has_key_) return;
  right_ = 1 - (kKeySample + key_width) / kDrawingWidth;
}

double PlotFrame::width() const {
  return right_ * kDrawingWidth - kLeftMargin;
}

double PlotFrame::height() const {
  return kDrawingHeight - kBottomMargin - top_;
}

std::string PlotFrame::commands(GnuplotScript& script, std::string_view title, const PlotAxis& x,
                                const PlotScale& x_scale, const PlotAxis& y,
                                const PlotScale& y_scale) const {
  const std::string x_title = script.text(x.title);
  const std::string y_title = script.text(y.title);
  // Letters of a PNG or a PDF are larger than those of an SVG for the size of the drawing.
  std::string commands = fmt::format(
      "F = GPVAL_TERM eq 'pngcairo' ? ',18' : GPVAL_TERM eq 'pdfcairo' ? ',8' : ''\n"
      "set lmargin at screen {:.4f}\nset rmargin at screen {:.4f}\n"
      "set bmargin at screen {:.4f}\nset tmargin at screen {:.4f}\n"
      "set xlabel {} font F offset 0, 0.3\nset ylabel {} font F\nset xrange [{}:{}]\nset yrange "
      "[{}:{}]\n"
      "set xtics font F\nset ytics font F\n",
      kLeftMargin / kDrawingWidth, right_, kBottomMargin / kDrawingHeight,
      1 - top_ / kDrawingHeight, x_title, y_title, x_scale.low(), x_scale.high(), y_scale.low(),
      y_scale.high());
  commands += has_key_ ? "set key outside right top Left reverse samplen 1.5 width -2 font F\n"
                       : "unset key\n";
  if (has_title_) {
    commands += fmt::format("set title {} font F offset 0, {:.2f}\n", script.text(title),
                            (top_ - kTitleMargin) / kLineHeight);
  }
  if (x.is_logarithmic) commands += logarithmic('x', x_scale);
  if (y.is_logarithmic) commands += logarithmic('y', y_scale);
  return commands;
}

double text_width(std::string_view text) {
  return kCharacter * static_cast<double>(characters_of(text));
}

std::string shortened(std::string_view text, std::size_t most) {
  const std::size_t count = characters_of(text);
  if (count <= most) return std::string{text};
  const std::size_t front = most / 2;
  const std::size_t back = most - 1 - front;
  return fmt::format("{}…{}", text.substr(0, byte_of(text, front)),
                     text.substr(byte_of(text, count - back)));
}

std::string letter_of(std::size_t i) {
  constexpr std::size_t kLetters = 26;
  std::string letter(1, static_cast<char>('A' + static_cast<char>(i % kLetters)));
  if (i >= kLetters) letter += fmt::to_string(i / kLetters);
  return letter;
}

std::string_view area_colour(std::size_t i) {
  constexpr std::array<std::string_view, 8> kColours{"#77AADD", "#EEDD88", "#44BB99", "#EE8866",
                                                     "#BBCC33", "#FFAABB", "#99DDFF", "#AAAA00"};
  return kColours.at(i % kColours.size());
}

std::string_view line_colour(std::size_t i) {
  constexpr std::array<std::string_view, 8> kColours{"#4477AA", "#D55E00", "#228833", "#AA3377",
                                                     "#66CCEE", "#000000", "#CCBB44", "#EE6677"};
  return kColours.at(i % kColours.size());
}

std::string short_number(double number) {
  constexpr double kWhole = 100;
  constexpr double kMostWhole = 1e6;
  const double size = std::abs(number);
  return size >= kWhole && size < kMostWhole ? fmt::format("{:.0f}", number)
                                             : fmt::format("{:.3g}", number);
}

}  // namespace papilio
