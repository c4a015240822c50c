#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace papilio {

/// What is wrong with a file of weights; whoever knows its name and the remedy adds them.
class WeightsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Most bytes of a file, or of a folder's files together: 4 GiB. The largest networks of pictures
/// have 3 GB.
inline constexpr std::size_t kMostWeightBytes = std::size_t{4} << 30U;

/// Counts the numbers that are taken from one file, so that those of one byte do not become a
/// memory full of floats.
class NumberBudget {
 public:
  /// @throws WeightsError once more than 2^30 have been taken
  void take(std::size_t count);

 private:
  std::size_t left_{std::size_t{1} << 30U};
};

/// Bytes of a file.
/// @throws ConfigError if it is no file, a pipe or a device, or has more than `kMostWeightBytes`
std::size_t checked_size(const std::filesystem::path& path);

/// The bytes of a file, at most `kMostWeightBytes`.
/// @throws ConfigError if it cannot be read, or is larger
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
