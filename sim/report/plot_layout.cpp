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
constexpr double kLeftMargin = 6.6;
constexpr double kAxisTitle = 2.9;  ///< below the labels of the tics
constexpr double kNoAxisTitle = 1.2;
constexpr double kTopMargin = 1.2;
constexpr double kTitleMargin = 2.6;
constexpr double kRightMargin = 1.5;
constexpr double kKeySample = 5.5;  ///< beside a legend's texts
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

PlotAxis looked(PlotAxis axis, std::optional<bool> log) {
  axis.is_logarithmic = log.value_or(axis.is_logarithmic);
  return axis;
}

PlotScale scale_of(const PlotLook& look, char name, const PlotAxis& axis, const PlotSpan& span) {
  const std::optional<PlotRange>& range = name == 'x' ? look.x : look.y;
  if (range) {
    if (axis.is_logarithmic && range->low <= 0) {
      look.refuse(
          fmt::format("{}-range", name),
          "a logarithmic axis has no place for 0 or less; begin above 0, or say --log none");
    }
    return {range->low, range->high, axis.is_logarithmic};
  }
  if (axis.is_logarithmic && span.least <= 0) {
    look.refuse(fmt::format("log {}", name),
                fmt::format("the axis would have to show {:g}, for which a logarithmic one has no "
                            "place; leave it out, or give an --{}-range above 0",
                            span.least, name));
  }
  double least = span.least;
  double most = span.most;
  const bool from_zero = span.from_zero && !axis.is_logarithmic && least >= 0;
  if (from_zero) least = 0;
  if (!(least < most)) {
    const double room = most == 0 ? 1 : std::abs(most) / 2;
    least -= room;
    most += room;
  }
  const PlotScale wide =
      PlotScale{least, most, axis.is_logarithmic}.widened(from_zero ? 0 : span.below, span.above);
  // What takes time or energy takes no less than none.
  return !axis.is_logarithmic && span.least >= 0 && wide.low() < 0
             ? PlotScale{0, wide.high(), false}
             : wide;
}

bool is_within(double value, const PlotAxis& axis, const std::optional<PlotRange>& range) {
  return (!axis.is_logarithmic || value > 0) &&
         (!range || (value >= range->low && value <= range->high));
}

PlotScale name_scale(std::size_t names) {
  constexpr double kHalf = 0.5;
  return {-kHalf, static_cast<double>(names) - kHalf, false};
}

PlotFrame::PlotFrame(const PlotLook& look, PlotSurroundings surroundings)
    : page_{page_of(look.size)},
      title_{look.title.value_or(look.size == PlotSize::kScreen ? surroundings.title : "")},
      key_{"unset key\n"},
      names_{std::move(surroundings.names)},
      top_{surroundings.band + (title_.empty() ? kTopMargin : kTitleMargin)},
      bottom_{kLineHeight + (surroundings.has_x_title ? kAxisTitle : kNoAxisTitle)},
      right_{page_.width() - kRightMargin} {
  if (look.legend != PlotLegend::kNone) place_key(look, surroundings.keys);
  double widest = 0;
  for (std::string& name : names_) {
    name = shortened(name, kLongestName);
    widest = std::max(widest, text_width(name));
  }
  constexpr double kBetween = 1;
  upright_ = (widest + kBetween) * static_cast<double>(names_.size()) > width();
  if (!upright_) return;
  bottom_ += widest - kLineHeight;
  page_ = page_.of_height(page_.height() + widest - kLineHeight);
}

void PlotFrame::place_key(const PlotLook& look, const std::vector<std::string>& keys) {
  if (keys.empty()) return;
  double widest = 0;
  for (const std::string& key : keys) widest = std::max(widest, kKeySample + text_width(key));
  const bool below = look.legend == PlotLegend::kBelow ||
                     (look.legend == PlotLegend::kByItself && look.size == PlotSize::kOneColumn);
  constexpr double kAround = 1;
  if (!below) {
    right_ -= widest - kRightMargin;
    key_ = "set key outside right top Left reverse samplen 2.5 width -2\n";
    const double needed = static_cast<double>(keys.size()) * kLineHeight + top_ + kAround;
    if (needed > page_.height()) page_ = page_.of_height(needed);
    return;
  }
  const auto columns =
      std::max<std::size_t>(1, static_cast<std::size_t>((page_.width() - kAround) / widest));
  const std::size_t rows = (keys.size() + columns - 1) / columns;
  const double height = static_cast<double>(rows) * kLineHeight;
  key_ = fmt::format(
      "set key bmargin center horizontal maxcols {} Left reverse samplen 2.5 width -2\n", columns);
  bottom_ += height;
  page_ = page_.of_height(page_.height() + height);
}

double PlotFrame::width() const {
  return right_ - kLeftMargin;
}

double PlotFrame::height() const {
  return page_.height() - bottom_ - top_;
}

std::string PlotFrame::commands(GnuplotScript& script, const PlotAxis& x, const PlotScale& x_scale,
                                const PlotAxis& y, const PlotScale& y_scale) const {
  script.set_page(page_);
  const std::string x_title = script.text(x.title);
  const std::string y_title = script.text(y.title);
  std::string commands = fmt::format(
      "set lmargin at screen {:.4f}\nset rmargin at screen {:.4f}\n"
      "set bmargin at screen {:.4f}\nset tmargin at screen {:.4f}\n"
      "set xlabel {} offset 0, 0.3\nset ylabel {}\nset xrange [{}:{}]\nset yrange [{}:{}]\n",
      kLeftMargin / page_.width(), right_ / page_.width(), bottom_ / page_.height(),
      1 - top_ / page_.height(), x_title, y_title, x_scale.low(), x_scale.high(), y_scale.low(),
      y_scale.high());
  commands += key_;
  if (!title_.empty()) {
    commands += fmt::format("set title {} offset 0, {:.2f}\n", script.text(title_),
                            (top_ - kTitleMargin) / kLineHeight);
  }
  if (!names_.empty()) {
    commands += fmt::format("set xtics scale 0.5{} (", upright_ ? " rotate by 90 right" : "");
    for (std::size_t i = 0; i < names_.size(); ++i) {
      commands += fmt::format("{}{} {}", i == 0 ? "" : ", ", script.tic(names_[i]), i);
    }
    commands += ")\n";
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

std::string point_style(std::size_t i) {
  constexpr std::array<int, 8> kMarkers{7, 5, 9, 13, 6, 4, 8, 12};
  return fmt::format("pt {} ps 0.6 lc rgb '{}'", kMarkers.at(i % kMarkers.size()), line_colour(i));
}

std::string line_style(std::size_t i) {
  constexpr std::array<std::string_view, 6> kDashes{"1",         "(8,4)",  "(2,3)",
                                                    "(9,3,2,3)", "(15,4)", "(6,2,2,2,2,2)"};
  return fmt::format("lw 2 dt {} {}", kDashes.at(i % kDashes.size()), point_style(i));
}

std::string short_number(double number) {
  constexpr double kWhole = 100;
  constexpr double kMostWhole = 1e6;
  const double size = std::abs(number);
  return size >= kWhole && size < kMostWhole ? fmt::format("{:.0f}", number)
                                             : fmt::format("{:.3g}", number);
}

}  // namespace papilio
