#include "models/live/frame.hpp"

#include <fmt/format.h>

#include "models/codec/payload.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// Where a frame says how long its body is: 4 bytes, little-endian (docs/models/codecs.md).
constexpr std::size_t kLengthOffset = 22;

std::size_t stated_length(std::span<const std::uint8_t> frame) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) length |= std::size_t{frame[kLengthOffset + i]} << 8 * i;
  return length;
}

}  // namespace

FrameDefect frame_defect(const LivePart& part, std::span<const std::uint8_t> frame) {
  if (frame.empty()) return FrameDefect::kEmpty;
  if (frame.size() > part.most_bytes) return FrameDefect::kOversized;
  if (part.of_pictures()) return FrameDefect::kNone;  // a file, which has no frame
  if (frame.size() < kFrameBytes || stated_length(frame) > frame.size() - kFrameBytes) {
    return FrameDefect::kTruncated;
  }
  return FrameDefect::kNone;
}

QuantizedTensor decode_frame(const LivePart& part, std::span<const std::uint8_t> frame) {
  PAPILIO_CHECK(!part.of_pictures());
  QuantizedTensor tensor = decode_payload(frame, part.shape);
  if (tensor.bits != part.bits) {
    throw PayloadError{
        fmt::format("payload with {} bits a level instead of {}", tensor.bits, part.bits)};
  }
  return tensor;
}

}  // namespace papilio
