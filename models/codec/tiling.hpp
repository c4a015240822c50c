#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/codec/codec.hpp"

namespace papilio {

/// How the channels of a tensor lie side by side in one grey picture, row by row.
struct Tiling {
  std::int64_t columns{1};  ///< tiles
  std::int64_t rows{1};
  std::int64_t width{1};  ///< pixels
  std::int64_t height{1};

  bool operator==(const Tiling&) const = default;
};

/// 2^⌈½·log2 C⌉ columns and 2^⌊½·log2 C⌋ rows for the least power of two that holds the C channels,
/// less the rows that would be empty.
/// Source: Choi and Bajić, arXiv 1802.03931, section II, whose C is a power of two.
Tiling tiling_of(const TensorShape& shape);

/// The picture `[height × width]` of a tensor's levels; tiles without a channel are zero.
std::vector<std::uint16_t> to_tiles(const QuantizedTensor& tensor);
/// The levels of a picture, the tiles without a channel left out.
std::vector<std::uint16_t> from_tiles(std::span<const std::uint16_t> picture,
                                      const TensorShape& shape);

}  // namespace papilio
