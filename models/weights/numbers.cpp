#include "models/weights/numbers.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace papilio {
namespace {

static_assert(std::endian::native == std::endian::little, "files are read as they lie in memory");

template <class T>
T raw_at(std::span<const std::uint8_t> bytes, std::size_t i) {
  T value{};
  std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
  return value;
}

template <class T>
float as_float(std::span<const std::uint8_t> bytes, std::size_t i) {
  return static_cast<float>(raw_at<T>(bytes, i));
}

/// IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction.
float from_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 0x1F;
  const int fraction = bits & 0x3FF;
  float magnitude = 0;
  if (exponent == 0x1F) {
    magnitude = fraction == 0 ? std::numeric_limits<float>::infinity()
                              : std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    magnitude = std::ldexp(static_cast<float>(fraction + 0x400), exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

}  // namespace

std::size_t size_of(NumberType type) {
  switch (type) {
    case NumberType::kFloat64:
    case NumberType::kInt64:
    case NumberType::kUint64:
      return 8;
    case NumberType::kFloat32:
    case NumberType::kInt32:
    case NumberType::kUint32:
      return 4;
    case NumberType::kFloat16:
    case NumberType::kBFloat16:
    case NumberType::kInt16:
    case NumberType::kUint16:
      return 2;
    case NumberType::kInt8:
    case NumberType::kUint8:
    case NumberType::kBool:
      return 1;
  }
  return 1;
}

float number_at(std::span<const std::uint8_t> bytes, NumberType type, std::size_t i) {
  switch (type) {
    case NumberType::kFloat64:
      return as_float<double>(bytes, i);
    case NumberType::kFloat32:
      return raw_at<float>(bytes, i);
    case NumberType::kFloat16:
      return from_half(raw_at<std::uint16_t>(bytes, i));
    case NumberType::kBFloat16:
      return std::bit_cast<float>(static_cast<std::uint32_t>(raw_at<std::uint16_t>(bytes, i))
                                  << 16);
    case NumberType::kInt64:
      return as_float<std::int64_t>(bytes, i);
    case NumberType::kInt32:
      return as_float<std::int32_t>(bytes, i);
    case NumberType::kInt16:
      return as_float<std::int16_t>(bytes, i);
    case NumberType::kInt8:
      return as_float<std::int8_t>(bytes, i);
    case NumberType::kUint64:
      return as_float<std::uint64_t>(bytes, i);
    case NumberType::kUint32:
      return as_float<std::uint32_t>(bytes, i);
    case NumberType::kUint16:
      return as_float<std::uint16_t>(bytes, i);
    case NumberType::kUint8:
      return as_float<std::uint8_t>(bytes, i);
    case NumberType::kBool:
      return bytes[i] == 0 ? 0.0F : 1.0F;
  }
  return 0;
}

}  // namespace papilio
