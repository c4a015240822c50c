#include "models/live/frame.hpp"

#include <fmt/format.h>

#include <utility>

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

/// What is wrong with a frame as a whole; no part where something is.
Judgement judge_frame(const LivePart& part, std::span<const std::uint8_t> frame) {
  const std::size_t size = frame.size();
  if (size == 0) return {nullptr, Refusal::kTruncated, "an empty frame"};
  if (size > part.max_frame_bytes) {
    return {nullptr, Refusal::kOversized,
            fmt::format("a frame of {} bytes; behind '{}' one has {} at most", size, part.text(),
                        part.max_frame_bytes)};
  }
  // A picture is a file, which has no frame.
  if (!part.of_pictures() && (size < kFrameBytes || stated_length(frame) > size - kFrameBytes)) {
    return {nullptr, Refusal::kTruncated,
            fmt::format("a frame that ends after {} bytes, before its end", size)};
  }
  return {.part = &part, .why = {}};
}

}  // namespace

Judgement judge_request(const LiveOffer& offer, const RequestClaims& request) {
  if (request.protocol != kLiveProtocol) {
    return {nullptr, Refusal::kMismatch, mismatch(offer, request.protocol, {})};
  }
  const LivePart* part = offer.find(request.part);
  if (part == nullptr) {
    std::string why = fmt::format(
        "the server of '{}' has no half {:016x}; it may have been started anew with others",
        offer.network, request.part);
    return {nullptr, Refusal::kMismatch, std::move(why)};
  }
  constexpr std::size_t kMostCodec = 64;
  if (request.codec.size() > kMostCodec) {
    return {
        nullptr, Refusal::kMalformed,
        fmt::format("a codec's name of {} bytes, more than {}", request.codec.size(), kMostCodec)};
  }
  return judge_frame(*part, request.frame);
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
