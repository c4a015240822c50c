#include "models/codec/level_bytes.hpp"

#include <fmt/format.h>

namespace papilio {
namespace {

constexpr int kByte = 8;

PayloadError wrong_length(std::size_t found, std::size_t expected) {
  return PayloadError{fmt::format("the body has {} bytes of levels, not {}", found, expected)};
}

}  // namespace

Bytes to_bytes(const QuantizedTensor& tensor) {
  Bytes bytes;
  bytes.reserve(byte_count(tensor.shape, tensor.bits));
  for (const std::uint16_t level : tensor.levels) {
    bytes.push_back(static_cast<std::uint8_t>(level & 0xFFU));
    if (tensor.bits > kByte) bytes.push_back(static_cast<std::uint8_t>(level >> kByte));
  }
  return bytes;
}

std::size_t byte_count(const TensorShape& shape, int bits) {
  return static_cast<std::size_t>(shape.elements()) * (bits > kByte ? 2 : 1);
}

std::vector<std::uint16_t> from_bytes(std::span<const std::uint8_t> bytes, const TensorShape& shape,
                                      int bits) {
  if (bytes.size() != byte_count(shape, bits)) {
    throw wrong_length(bytes.size(), byte_count(shape, bits));
  }
  std::vector<std::uint16_t> levels(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const unsigned level =
        bits > kByte ? bytes[2 * i] + (static_cast<unsigned>(bytes[2 * i + 1]) << kByte) : bytes[i];
    if (level >> bits != 0) {
      throw PayloadError{fmt::format("the level {} takes more than {} bits", level, bits)};
    }
    levels[i] = static_cast<std::uint16_t>(level);
  }
  return levels;
}

Bytes pack(const QuantizedTensor& tensor) {
  Bytes bytes;
  bytes.reserve(static_cast<std::size_t>(tensor.shape.bytes(tensor.bits)));
  std::uint32_t open = 0;  // bits that fill no byte yet
  int count = 0;
  for (const std::uint16_t level : tensor.levels) {
    open = open << tensor.bits | level;
    count += tensor.bits;
    while (count >= kByte) {
      count -= kByte;
      bytes.push_back(static_cast<std::uint8_t>(open >> count & 0xFFU));
    }
    open &= (1U << count) - 1;
  }
  if (count > 0) bytes.push_back(static_cast<std::uint8_t>(open << (kByte - count) & 0xFFU));
  return bytes;
}

std::vector<std::uint16_t> unpack(std::span<const std::uint8_t> bytes, const TensorShape& shape,
                                  int bits) {
  const auto expected = static_cast<std::size_t>(shape.bytes(bits));
  if (bytes.size() != expected) throw wrong_length(bytes.size(), expected);
  std::vector<std::uint16_t> levels;
  levels.reserve(static_cast<std::size_t>(shape.elements()));
  std::uint32_t open = 0;
  int count = 0;
  for (const std::uint8_t byte : bytes) {
    open = open << kByte | byte;
    count += kByte;
    while (count >= bits && levels.size() < static_cast<std::size_t>(shape.elements())) {
      count -= bits;
      levels.push_back(static_cast<std::uint16_t>(open >> count));
      open &= (1U << count) - 1;
    }
  }
  if (open != 0) throw PayloadError{"the body does not end in zeros"};
  return levels;
}

}  // namespace papilio
