#include "sim/report/gnuplot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace papilio {

std::string gnuplot_preamble() {
  return "set terminal svg size 800,500 enhanced font 'sans,12' background 'white'\n"
         "set datafile missing '?'\nset encoding utf8\nset border 3\nset xtics nomirror\n"
         "set ytics nomirror\nset grid ytics lc rgb '#dddddd'\n";
}

std::string gnuplot_quoted(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '"' || c == '\\') safe += '\\';
    safe += c;
  }
  return fmt::format("\"{}\"", safe);
}

std::string axis_label(const std::string& column) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kUnits{
      {{"_bit_per_s", "bit/s"},
       {"_per_s", "1/s"},
       {"_bytes", "bytes"},
       {"_s", "s"},
       {"_j", "J"},
       {"_w", "W"}}};
  std::string label = column;
  for (const auto& [suffix, unit] : kUnits) {
    if (!column.ends_with(suffix)) continue;
    label = fmt::format("{}, {}", column.substr(0, column.size() - suffix.size()), unit);
    break;
  }
  std::replace(label.begin(), label.end(), '_', ' ');
  return label;
}

}  // namespace papilio
