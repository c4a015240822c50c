#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace papilio {

/// The whole of a file.
/// @throws ConfigError naming it if it cannot be read
std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path);

}  // namespace papilio
