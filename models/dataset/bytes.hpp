#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace papilio {

/// The whole of a file of a picture, of at most 256 MiB: what has no end is refused.
/// @throws ConfigError naming it if it cannot be read, or is larger
std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path);

}  // namespace papilio
