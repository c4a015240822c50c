#include "models/codec/tiling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// Calls visit(index of the first level of a tile's row, index of its pixel) for each such row.
template <class Visit>
void for_each_row(const FeatureShape& shape, std::int64_t picture_width, Visit visit) {
  const TileGrid grid = tile_grid(shape.channels);
  for (std::int64_t channel = 0; channel < shape.channels; ++channel) {
    const std::int64_t left = channel % grid.columns * shape.width;
    const std::int64_t top = channel / grid.columns * shape.height;
    for (std::int64_t y = 0; y < shape.height; ++y) {
      visit((channel * shape.height + y) * shape.width, (top + y) * picture_width + left);
    }
  }
}

}  // namespace

TileGrid tile_grid(std::int64_t channels) {
  PAPILIO_CHECK(channels >= 1);
  const auto log2 = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(channels - 1)));
  return {std::int64_t{1} << (log2 + 1) / 2, std::int64_t{1} << log2 / 2};
}

Picture tile(std::span<const std::uint16_t> levels, const FeatureShape& shape) {
  const TileGrid grid = tile_grid(shape.channels);
  Picture picture{grid.columns * shape.width, grid.rows * shape.height, {}};
  picture.pixels.resize(static_cast<std::size_t>(picture.width * picture.height));
  for_each_row(shape, picture.width, [&](std::int64_t level, std::int64_t pixel) {
    std::copy_n(levels.begin() + level, shape.width, picture.pixels.begin() + pixel);
  });
  return picture;
}

std::vector<std::uint16_t> untile(const Picture& picture, const FeatureShape& shape) {
  std::vector<std::uint16_t> levels(static_cast<std::size_t>(shape.elements()));
  for_each_row(shape, picture.width, [&](std::int64_t level, std::int64_t pixel) {
    std::copy_n(picture.pixels.begin() + pixel, shape.width, levels.begin() + level);
  });
  return levels;
}

void check_picture_side(const FeatureShape& shape, std::int64_t max_side) {
  const TileGrid grid = tile_grid(shape.channels);
  const std::int64_t width = grid.columns * shape.width;
  const std::int64_t height = grid.rows * shape.height;
  if (std::max(width, height) <= max_side) return;
  throw std::invalid_argument{fmt::format(
      "the feature image of {} channels of {} × {} is {} pixels wide and {} high; this codec takes "
      "sides up to {}",
      shape.channels, shape.height, shape.width, width, height, max_side)};
}

}  // namespace papilio
