#pragma once

#include <string>

namespace papilio {

/// How every plot begins: SVG on the standard output, UTF-8, light grid, ? for a missing number.
std::string gnuplot_preamble();

/// A text inside gnuplot's double quotes.
std::string gnuplot_quoted(const std::string& text);

/// What an axis says of a column: "latency_s" is "latency, s".
std::string axis_label(const std::string& column);

}  // namespace papilio
