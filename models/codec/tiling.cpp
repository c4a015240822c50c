#include "models/codec/tiling.hpp"

#include <bit>

namespace papilio {
namespace {

/// Calls `visit` with the position of each level in the picture, in the levels' order.
template <class Visit>
void for_each_pixel(const TensorShape& shape, Visit visit) {
  const Tiling tiling = tiling_of(shape);
  for (std::int64_t channel = 0; channel < shape.channels; ++channel) {
    const std::int64_t top = channel / tiling.columns * shape.height;
    const std::int64_t left = channel % tiling.columns * shape.width;
    for (std::int64_t y = 0; y < shape.height; ++y) {
      for (std::int64_t x = 0; x < shape.width; ++x) {
        visit(static_cast<std::size_t>((top + y) * tiling.width + left + x));
      }
    }
  }
}

}  // namespace

Tiling tiling_of(const TensorShape& shape) {
  const auto log = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(shape.channels - 1)));
  const std::int64_t columns = std::int64_t{1} << (log + 1) / 2;
  const std::int64_t rows = (shape.channels + columns - 1) / columns;
  return {columns, rows, columns * shape.width, rows * shape.height};
}

std::vector<std::uint16_t> to_tiles(const QuantizedTensor& tensor) {
  const Tiling tiling = tiling_of(tensor.shape);
  std::vector<std::uint16_t> picture(static_cast<std::size_t>(tiling.width * tiling.height), 0);
  std::size_t i = 0;
  for_each_pixel(tensor.shape, [&](std::size_t at) { picture[at] = tensor.levels[i++]; });
  return picture;
}

std::vector<std::uint16_t> from_tiles(std::span<const std::uint16_t> picture,
                                      const TensorShape& shape) {
  std::vector<std::uint16_t> levels;
  levels.reserve(static_cast<std::size_t>(shape.elements()));
  for_each_pixel(shape, [&](std::size_t at) { levels.push_back(picture[at]); });
  return levels;
}

}  // namespace papilio
