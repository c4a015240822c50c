#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace papilio {

/// Sizes of one tensor along its axes, for one sample: the batch is apart.
///
/// A picture or what convolutions make of it is `[channels × height × width]`; a flat vector has
/// one axis, a sequence of vectors two, `[places × features]`; a single number has none.
class TensorShape {
 public:
  /// As many axes as a tensor may have.
  static constexpr std::size_t kMostAxes = 8;

  /// A single number.
  constexpr TensorShape() = default;
  /// @param sizes at most `kMostAxes`
  constexpr TensorShape(std::initializer_list<std::int64_t> sizes) : rank_{sizes.size()} {
    std::size_t axis = 0;
    for (const std::int64_t size : sizes) sizes_.at(axis++) = size;
  }

  /// @param sizes at most `kMostAxes`
  /// @throws std::out_of_range if they are more
  template <class Iterator>
  constexpr TensorShape(Iterator first, Iterator last)
      : rank_{static_cast<std::size_t>(last - first)} {
    for (std::size_t axis = 0; first != last; ++first) sizes_.at(axis++) = *first;
  }

  /// Number of axes.
  [[nodiscard]] constexpr std::size_t rank() const { return rank_; }
  /// @param axis below `rank()`
  [[nodiscard]] constexpr std::int64_t operator[](std::size_t axis) const { return sizes_[axis]; }
  [[nodiscard]] constexpr std::int64_t& operator[](std::size_t axis) { return sizes_[axis]; }
  [[nodiscard]] constexpr auto begin() const { return sizes_.begin(); }
  [[nodiscard]] constexpr auto end() const { return sizes_.begin() + rank_; }

  /// Of a picture, or the numbers of a flat vector.
  [[nodiscard]] constexpr std::int64_t channels() const { return size_or_one(0); }
  /// Of a picture; 1 of a flat vector.
  [[nodiscard]] constexpr std::int64_t height() const { return size_or_one(1); }
  [[nodiscard]] constexpr std::int64_t width() const { return size_or_one(2); }

  [[nodiscard]] constexpr std::int64_t elements() const {
    std::int64_t product = 1;
    for (std::size_t axis = 0; axis < rank_; ++axis) product *= sizes_[axis];
    return product;
  }
  /// Bytes that the tensor occupies at `bits` per element, rounded up to whole bytes.
  /// @param bits in 1..64
  [[nodiscard]] constexpr std::int64_t bytes(int bits) const { return (elements() * bits + 7) / 8; }

  constexpr bool operator==(const TensorShape&) const = default;

 private:
  [[nodiscard]] constexpr std::int64_t size_or_one(std::size_t axis) const {
    return axis < rank_ ? sizes_[axis] : 1;
  }

  std::array<std::int64_t, kMostAxes> sizes_{};  // beyond the rank: 0
  std::size_t rank_{0};
};

/// "64×56×56", as tables print it; "1" of a single number.
std::string text(const TensorShape& shape);

}  // namespace papilio
