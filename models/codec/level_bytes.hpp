#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/codec/codec.hpp"

namespace papilio {

/// Levels as bytes for codecs of bytes: one a level up to 8 bits, else two, the lower one first.
Bytes to_bytes(const QuantizedTensor& tensor);
/// Bytes that `to_bytes` makes of a tensor.
std::size_t byte_count(const TensorShape& shape, int bits);
/// The levels again.
/// @throws PayloadError if there are not `byte_count` bytes, or a level takes more than `bits`
std::vector<std::uint16_t> from_bytes(std::span<const std::uint8_t> bytes, const TensorShape& shape,
                                      int bits);

/// Levels packed without gaps, the highest bit first; the last byte is filled with zeros.
Bytes pack(const QuantizedTensor& tensor);
/// @throws PayloadError if the bytes are not as many as the levels take, or the rest is not zero
std::vector<std::uint16_t> unpack(std::span<const std::uint8_t> bytes, const TensorShape& shape,
                                  int bits);

}  // namespace papilio
