#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/codec/codec.hpp"

namespace papilio {

/// Where the channels of a tensor lie in its feature image.
struct TileGrid {
  std::int64_t columns{1};
  std::int64_t rows{1};

  bool operator==(const TileGrid&) const = default;
};

/// A grey picture, rows from the top.
struct Picture {
  std::int64_t width{0};
  std::int64_t height{0};
  std::vector<std::uint16_t> pixels;  ///< `[height × width]`

  bool operator==(const Picture&) const = default;
};

/// The grid of C channels: 2^ceil(½·log2 C) columns by 2^floor(½·log2 C) rows, with C rounded up
/// to a power of two.
/// @param channels >= 1
/// Source: Choi and Bajić, "Deep feature compression for collaborative object detection" (2018,
/// arXiv 1802.03931), where C is a power of two.
TileGrid tile_grid(std::int64_t channels);

/// The tiled feature image: channels side by side, in raster order; tiles without channel are 0.
/// @param levels `[channels × height × width]`
Picture tile(std::span<const std::uint16_t> levels, const FeatureShape& shape);

/// The levels `[channels × height × width]` of a feature image.
/// @param picture at least as large as `tile` makes for the shape; what exceeds that is ignored
std::vector<std::uint16_t> untile(const Picture& picture, const FeatureShape& shape);

/// Checks that the feature image of a shape has no side over `max_side`, before it is made.
/// @throws std::invalid_argument if it has
void check_picture_side(const FeatureShape& shape, std::int64_t max_side);

}  // namespace papilio
