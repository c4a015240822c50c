// Claim: whatever bytes come as a request, the server's way in refuses them or hands on levels of
// the part's shape and width; it neither crashes nor takes memory without bound. 20,000 inputs, or
// as many as PAPILIO_FUZZ_INPUTS says (docs/live.md).

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "models/codec/payload.hpp"
#include "models/live/frame.hpp"
#include "papilio_proto/live.pb.h"
#include "tests/support/live.hpp"
#include "tests/support/memory.hpp"
#include "tests/support/mutator.hpp"

namespace papilio {
namespace {

ByteBuffer buffer_of(const std::string& text) {
  return {text.begin(), text.end()};
}

std::size_t fuzz_inputs() {
  constexpr std::size_t kUsual = 20'000;
  const char* asked = std::getenv("PAPILIO_FUZZ_INPUTS");
  return asked == nullptr ? kUsual : std::strtoull(asked, nullptr, 10);
}

/// What a server does with the bytes of a request. @return whether it would compute
bool let_in(const LiveOffer& offer, const ByteBuffer& bytes) {
  live::v1::InferRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
  const LivePart* part = offer.find(request.part());
  if (part == nullptr) return false;
  const ByteBuffer frame = buffer_of(request.frame());
  if (frame_defect(*part, frame) != FrameDefect::kNone) return false;
  try {
    const QuantizedTensor tensor = decode_frame(*part, frame);
    EXPECT_EQ(tensor.shape, part->shape);
    EXPECT_EQ(tensor.bits, part->bits);
    EXPECT_EQ(tensor.levels.size(), static_cast<std::size_t>(part->shape.elements()));
    EXPECT_TRUE(std::all_of(tensor.levels.begin(), tensor.levels.end(),
                            [&](std::uint16_t level) { return level >> part->bits == 0; }));
    return true;
  } catch (const PayloadError&) {
    return false;
  }
}

TEST(LiveFuzz, WhateverComesIsRefusedOrWhatTheNetworkTakes) {
  const LiveOffer offer = testing::live_offer();
  std::vector<ByteBuffer> frames;
  for (const char* codec : {"raw", "zstd", "zlib", "lzma", "bzip2", "png", "jpeg:90", "hevc"}) {
    frames.push_back(encode_payload(*make_codec(codec), smooth_tensor({4, 8, 8}, 8, 3)).bytes);
  }
  const auto message_of = [&](const ByteBuffer& frame) {
    live::v1::InferRequest request;
    request.set_protocol(kLiveProtocol);
    request.set_part(offer.parts[0].mark());
    request.set_frame(frame.data(), frame.size());
    return buffer_of(request.SerializeAsString());
  };
  for (const ByteBuffer& frame : frames) ASSERT_TRUE(let_in(offer, message_of(frame)));
  const long memory_before = testing::peak_memory_kib();
  testing::Mutator mutator{20261130};
  std::size_t computed = 0;
  const std::size_t inputs = fuzz_inputs();
  for (std::size_t i = 0; i < inputs; ++i) {
    const ByteBuffer& frame = frames[i % frames.size()];
    const ByteBuffer& other = frames[(i / frames.size()) % frames.size()];
    ByteBuffer bytes;
    if (i % 3 == 0) {  // the message itself
      bytes = mutator.mutate(message_of(frame), message_of(other));
    } else {
      ByteBuffer changed = mutator.mutate(frame, other);
      // Two of three with the checksum made right, so that codecs are reached.
      if (i % 3 == 1) mutator.seal(changed);
      bytes = message_of(changed);
    }
    computed += let_in(offer, bytes) ? 1U : 0U;
  }
  constexpr long kMemoryKib = 64L * 1024;
  EXPECT_LT(testing::peak_memory_kib() - memory_before, kMemoryKib + testing::kQuarantineKib);
  fmt::print("{} inputs: {} refused, {} decoded\n", inputs, inputs - computed, computed);
}

}  // namespace
}  // namespace papilio
