#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/cli/command_line.hpp"
#include "sim/report/plot_look.hpp"

namespace papilio {

/// "columns", "title", "legend", "x-range", "y-range", "log", "keep".
const std::vector<std::string>& look_options();

/// Declares them.
void add_look_options(CommandLine& line);

/// What they say.
/// @param verb for errors
/// @throws ConfigError naming the option and what it takes
PlotLook look_of(const CommandLine& line, const char* verb);

/// Where scripts and data are kept, if they are to be.
std::optional<std::filesystem::path> keep_of(const CommandLine& line);

}  // namespace papilio
