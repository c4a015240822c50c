#pragma once

#include <filesystem>
#include <string>

namespace papilio {

/// Checks that a drawing can be written as a file of this name: .svg, .pdf or .png.
/// @param verb, option that name it, for the error
/// @throws ConfigError if it cannot
void check_drawing(const std::filesystem::path& file, const char* verb, const char* option);

/// Draws a script of gnuplot and writes the picture.
/// @throws ConfigError if gnuplot is missing or refuses, or the file cannot be written
void draw(const std::string& script, const std::filesystem::path& file);

}  // namespace papilio
