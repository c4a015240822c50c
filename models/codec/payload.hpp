#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "models/codec/codec.hpp"

namespace papilio {

/// What crosses the radio: a frame around a codec's body.
struct Payload {
  Bytes bytes;                ///< frame and body
  std::size_t body_bytes{0};  ///< of them, the codec's; what sizes in papers count

  [[nodiscard]] std::size_t frame_bytes() const { return bytes.size() - body_bytes; }
};

/// Encodes a tensor and frames it: codec, bits, shape, min and max, and a CRC-32C over all of it:
/// 24 bytes. `docs/models/codecs.md` has the layout.
Payload encode_payload(const Codec& codec, const QuantizedTensor& tensor);

/// Reads a payload back.
/// @param expected the shape that the receiver waits for
/// @throws PayloadError if anything in it is wrong, before memory is taken for what it claims
QuantizedTensor decode_payload(std::span<const std::uint8_t> bytes, const TensorShape& expected);

}  // namespace papilio
