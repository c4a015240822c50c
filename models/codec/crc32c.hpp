#pragma once

#include <cstdint>
#include <span>

namespace papilio {

/// CRC-32C (Castagnoli) of some bytes.
std::uint32_t crc32c(std::span<const std::uint8_t> bytes);

}  // namespace papilio
