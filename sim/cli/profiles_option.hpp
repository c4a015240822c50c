#pragma once

#include "sim/cli/command_line.hpp"
#include "sim/data/library.hpp"

namespace papilio {

/// Declares --profiles.
void add_profiles_option(CommandLine& line);
/// The folders given to --profiles, then the shipped one.
/// @throws ConfigError if one is no folder of profiles
ProfileLibrary library_of(const CommandLine& line);

}  // namespace papilio
