#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace papilio {

/// Types of stored numbers, all little-endian.
enum class NumberType {
  kFloat64,
  kFloat32,
  kFloat16,
  kBFloat16,
  kInt64,
  kInt32,
  kInt16,
  kInt8,
  kUint64,
  kUint32,
  kUint16,
  kUint8,
  kBool,
};

/// Bytes of one number.
std::size_t size_of(NumberType type);

/// The i-th number, as a 32-bit float.
/// @param bytes holds at least (i + 1) · size_of(type)
float number_at(std::span<const std::uint8_t> bytes, NumberType type, std::size_t i);

}  // namespace papilio
