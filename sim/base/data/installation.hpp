#pragma once

#include <filesystem>
#include <string>

namespace papilio {

/// The folder that holds what comes with Papilio: `profiles/`, `scenarios/`. Nothing else knows
/// where it is. In this order:
/// - the folder that `use_shipped_folder` named;
/// - of a program or a library in a build folder: the sources;
/// - `share/papilio` of the prefix that the program, or the library that holds this code, lies in,
///   wherever the prefix was moved to;
/// - the sources, where they still are; else `papilio` of one of `$XDG_DATA_DIRS`
///   (/usr/local/share, /usr/share).
/// @return the sources' folder, which may be gone, where all of these fail
const std::filesystem::path& shipped_folder();

/// Says where it is, for programs of others that link Papilio's libraries and lie elsewhere: the
/// CMake package defines PAPILIO_SHARE for them. To be called before anything is loaded.
void use_shipped_folder(const std::filesystem::path& folder);

/// Whether what comes with Papilio is an installation's, not the sources'.
bool is_installed();

/// A module of code that comes with Papilio, where it is installed (`lib/papilio` of the prefix
/// whose `shipped_folder()` is) or was built. Whether it is there is not looked at.
std::filesystem::path shipped_module(const std::string& file);

/// The file that a user names: as it stands, or, where there is none and the name is relative, that
/// of `shipped_folder()`, so that `scenarios/paper/table4.yaml` is known in every folder. As it
/// stands too where neither is there.
std::filesystem::path own_or_shipped(const std::filesystem::path& file);

}  // namespace papilio
