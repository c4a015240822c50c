#pragma once

#include <cstdint>

namespace papilio {

/// A level in 0..from_max as the nearest one in 0..to_max, so that a lossy codec's quality means
/// the same whatever the bits. Scaling up and back is exact.
/// @param level <= from_max
/// @param from_max >= 1
constexpr std::uint16_t rescale(std::uint32_t level, std::uint32_t from_max, std::uint32_t to_max) {
  return static_cast<std::uint16_t>((level * to_max + from_max / 2) / from_max);
}

}  // namespace papilio
