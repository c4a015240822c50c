#pragma once

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

#include "models/codec/codec.hpp"
#include "models/codec/crc32c.hpp"
#include "models/codec/payload.hpp"

namespace papilio::testing {

/// Changes payloads as radios, faults and attackers do.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : generator_{seed} {}

  /// One to four changes of any kind.
  ByteBuffer mutate(const ByteBuffer& original, const ByteBuffer& other) {
    ByteBuffer bytes = original;
    while (bytes == original) {
      for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(bytes, other);
    }
    return bytes;
  }

  /// Makes the checksum right, and half the time the length too, so that what is behind them is
  /// reached.
  void seal(ByteBuffer& bytes) {
    if (bytes.size() < kFrameBytes) return;
    if (below(2) == 0) put(bytes, kLengthOffset, bytes.size() - kFrameBytes);
    put(bytes, bytes.size() - kCrcBytes, crc32c(std::span{bytes}.first(bytes.size() - kCrcBytes)));
  }

 private:
  static constexpr std::size_t kCrcBytes = 4;
  static constexpr std::size_t kLengthOffset = 22;
  static constexpr std::size_t kBodyOffset = 26;

  std::size_t below(std::size_t bound) {
    return boost::random::uniform_int_distribution<std::size_t>{0, bound - 1}(generator_);
  }
  std::uint8_t any_byte() { return static_cast<std::uint8_t>(below(256)); }

  static void put(ByteBuffer& bytes, std::size_t offset, std::size_t value) {
    for (std::size_t i = 0; i < 4; ++i) {
      bytes[offset + i] = static_cast<std::uint8_t>(value >> 8 * i);
    }
  }

  void change(ByteBuffer& bytes, const ByteBuffer& other) {
    if (bytes.empty()) return;
    const std::size_t place = below(bytes.size());
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(place);
    switch (below(8)) {
      case 0:
      case 1:
        *at = static_cast<std::uint8_t>(*at ^ 1U << below(8));
        return;
      case 2:
        *at = any_byte();
        return;
      case 3: {  // extremes, in a row
        const std::size_t count = std::min(1 + below(4), bytes.size() - place);
        std::fill_n(at, count, below(2) == 0 ? std::uint8_t{0} : std::uint8_t{255});
        return;
      }
      case 4:
        bytes.resize(place);
        return;
      case 5:
        for (std::size_t count = 1 + below(16); count > 0; --count) bytes.push_back(any_byte());
        return;
      case 6: {  // a piece of another payload, too short to be one
        const std::size_t from = below(other.size());
        const std::size_t count =
            std::min({1 + below(kFrameBytes - 1), other.size() - from, bytes.size() - place});
        std::copy_n(other.begin() + static_cast<std::ptrdiff_t>(from), count, at);
        return;
      }
      default:  // the frame's fields, or the first bytes of the body, where formats have theirs
        bytes[std::min(below(kBodyOffset + 16), bytes.size() - 1)] = any_byte();
    }
  }

  boost::random::mt19937_64 generator_;
};

}  // namespace papilio::testing
