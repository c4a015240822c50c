#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "models/codec/codec.hpp"

namespace papilio {

/// What crosses the radio: a frame around a codec's body.
struct Payload {
  ByteBuffer bytes;           ///< frame and body
  std::size_t body_bytes{0};  ///< of them, the codec's; what sizes in papers count

  [[nodiscard]] std::size_t frame_bytes() const { return bytes.size() - body_bytes; }
};

/// Bytes that the frame adds to any body.
constexpr std::size_t kFrameBytes = 30;

/// Encodes a tensor and frames it: codec, bits, shape, min and max, the body's length, and a
/// CRC-32C over all of it. `docs/models/codecs.md` has the layout.
/// @throws std::invalid_argument if the codec does not take the tensor
Payload encode_payload(const Codec& codec, const QuantizedTensor& tensor);

/// Reads a payload back.
/// @param expected the shape that the receiver waits for
/// @throws PayloadError if anything in it is wrong, before memory is taken for what it claims
/// @throws std::invalid_argument if `expected` is no shape that a payload can have
QuantizedTensor decode_payload(std::span<const std::uint8_t> bytes, const FeatureShape& expected);

}  // namespace papilio
