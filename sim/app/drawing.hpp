#pragma once

#include <filesystem>
#include <optional>

#include "sim/report/gnuplot.hpp"

namespace papilio {

/// Checks that a drawing can be written as a file of this name: .svg, .pdf or .png.
/// @param verb, option that name it, for the error
/// @throws ConfigError if it cannot
void check_drawing(const std::filesystem::path& file, const char* verb, const char* option);

/// Draws a script of gnuplot and writes the picture.
/// @param verb that draws, for errors
/// @param keep folder for the script and its data; nothing: they are not kept
/// @throws ConfigError if gnuplot is missing or refuses, or a file cannot be written
void draw(const GnuplotScript& script, const std::filesystem::path& file, const char* verb,
          const std::optional<std::filesystem::path>& keep = {});

}  // namespace papilio
