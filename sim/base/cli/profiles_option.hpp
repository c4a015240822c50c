#pragma once

#include <set>
#include <string>

#include "sim/base/cli/command_line.hpp"
#include "sim/base/data/library.hpp"

namespace papilio {

/// Declares --profiles.
void add_profiles_option(CommandLine& line);
/// The `profile_folders` of those given to --profiles.
/// Tells what `tell_shadowed` has to tell of the words of the line.
/// @throws ConfigError if one is no folder of profiles
ProfileLibrary library_of(const CommandLine& line);
/// Tells on stderr what of the texts the working folder's profiles and the shipped ones both have,
/// and which is taken.
/// @param texts names, or what may be names
void tell_shadowed(const ProfileLibrary& library, const std::set<std::string>& texts);

}  // namespace papilio
