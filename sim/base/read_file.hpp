#pragma once

#include <cstddef>
#include <string>

namespace papilio {

/// The bytes of a file, or of a pipe or device up to a bound, so that a file without an end is
/// refused and not read until memory is full.
/// @param most bytes that are accepted
/// @throws ConfigError naming the file: it cannot be read, holds more than `most`, or there is no
///         memory for it
std::string read_file(const std::string& path, std::size_t most);

}  // namespace papilio
