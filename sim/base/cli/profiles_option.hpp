#pragma once

#include "sim/base/cli/command_line.hpp"
#include "sim/base/data/library.hpp"

namespace papilio {

/// Declares --profiles.
void add_profiles_option(CommandLine& line);
/// The folders given to --profiles, then the shipped one.
/// @throws ConfigError if one is no folder of profiles
ProfileLibrary library_of(const CommandLine& line);

}  // namespace papilio
