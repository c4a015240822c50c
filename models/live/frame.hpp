#pragma once

#include <cstdint>
#include <span>

#include "models/codec/codec.hpp"
#include "models/live/protocol.hpp"

namespace papilio {

/// What is wrong with a frame as a whole.
enum class FrameDefect : std::uint8_t { kNone, kEmpty, kOversized, kTruncated };

/// Judges a frame by its length and by what it says of it, before anything is decoded.
FrameDefect frame_defect(const LivePart& part, std::span<const std::uint8_t> frame);

/// The levels of a frame of features.
/// @param part not of pictures
/// @throws PayloadError if it is not one that a mobile makes for this part
QuantizedTensor decode_frame(const LivePart& part, std::span<const std::uint8_t> frame);

}  // namespace papilio
