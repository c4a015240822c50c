#pragma once

#include <string>

namespace papilio {

/// The SHA-256 of a file's bytes, as 64 hexadecimal digits in lower case.
/// @throws ConfigError if it cannot be read
std::string sha256_of_file(const std::string& path);

}  // namespace papilio
