#include "sim/report/gnuplot.hpp"

#include <fmt/format.h>

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

}  // namespace papilio
