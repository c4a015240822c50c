#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "models/codec/codec.hpp"
#include "models/live/protocol.hpp"
#include "models/live/refusals.hpp"

namespace papilio {

/// What a request says of itself. What it points to lives during the call.
struct RequestClaims {
  std::uint32_t protocol{0};
  std::uint64_t part{0};   ///< the short fingerprint of the half that it is for
  std::string_view codec;  ///< of a picture
  std::span<const std::uint8_t> frame;
};

/// Whether a request may wait to be decoded.
struct Judgement {
  const LivePart* part{nullptr};         ///< of the offer; null: it may not, and the rest says why
  Refusal refusal{Refusal::kMalformed};  ///< kMismatch, or what is wrong with the frame
  std::string why;
};

/// Judges a request by what it says, before anything is decoded: version, half, the length of the
/// codec's name, and the frame's length beside what the frame says of it.
/// @param offer outlives what is returned
Judgement judge_request(const LiveOffer& offer, const RequestClaims& request);

/// The levels of a frame of features.
/// @param part not of pictures
/// @throws PayloadError if it is not one that a mobile makes for this part
QuantizedTensor decode_frame(const LivePart& part, std::span<const std::uint8_t> frame);

}  // namespace papilio
