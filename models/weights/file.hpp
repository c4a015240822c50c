#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace papilio {

/// The bytes of a file.
/// @throws ConfigError if it cannot be read
std::vector<std::uint8_t> read_whole_file(const std::filesystem::path& path);

/// Its first bytes, at most `count`.
/// @throws ConfigError if it cannot be read
std::vector<std::uint8_t> read_head(const std::filesystem::path& path, std::size_t count);

/// A name that a file gives, as errors show it: without what a terminal would obey, and cut short.
std::string shown_name(std::string_view name);

/// Most dimensions that a tensor may have, as in PyTorch.
inline constexpr std::size_t kMostDimensions = 64;

/// Product of the sizes; nothing if one is negative, the product exceeds `limit`, or the strides of
/// such a tensor would not fit in 63 bits, which an empty one's may not.
std::optional<std::size_t> element_count(std::span<const std::int64_t> shape, std::size_t limit);

/// Calls `visit` with the offset of each element of a strided tensor, the last index fastest.
/// @param shape   sizes, >= 0
/// @param strides of each index, in elements, >= 0
template <class Visit>
void for_each_offset(std::span<const std::int64_t> shape, std::span<const std::int64_t> strides,
                     Visit visit) {
  for (const std::int64_t size : shape) {
    if (size == 0) return;
  }
  std::vector<std::int64_t> index(shape.size(), 0);
  std::int64_t offset = 0;
  while (true) {
    visit(static_cast<std::size_t>(offset));
    std::size_t d = shape.size();
    while (d > 0) {
      --d;
      offset += strides[d];
      if (++index[d] < shape[d]) break;
      offset -= strides[d] * shape[d];
      index[d] = 0;
      if (d == 0) return;
    }
    if (shape.empty()) return;
  }
}

}  // namespace papilio
