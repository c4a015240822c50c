// Claim: whatever bytes come as a request, the server's way in refuses them or hands on levels of
// the part's shape and width, or a picture of the network's size; it neither crashes nor takes
// memory without bound. 20,000 inputs, or as many as PAPILIO_FUZZ_INPUTS says (docs/live.md).

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "models/codec/payload.hpp"
#include "models/codec/picture_codec.hpp"
#include "models/dataset/transform.hpp"
#include "models/live/frame.hpp"
#include "papilio_proto/live.pb.h"
#include "sim/base/error.hpp"
#include "tests/support/live.hpp"
#include "tests/support/memory.hpp"
#include "tests/support/mutator.hpp"

namespace papilio {
namespace {

const Transform kFuzzedPicture{.height = 8, .width = 8, .shorter_side = 8};

ByteBuffer buffer_of(const std::string& text) {
  return {text.begin(), text.end()};
}

std::size_t fuzz_inputs() {
  constexpr std::size_t kUsual = 20'000;
  const char* asked = std::getenv("PAPILIO_FUZZ_INPUTS");
  if (asked == nullptr) return kUsual;
  const std::string_view text{asked};
  std::size_t inputs = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), inputs);
  if (error != std::errc{} || end != text.data() + text.size() || inputs == 0) {
    throw std::runtime_error{fmt::format("PAPILIO_FUZZ_INPUTS is no number above 0: '{}'", text)};
  }
  return inputs;
}

/// The part at which pictures cross, behind those of features.
LiveOffer fuzzed_offer() {
  LiveOffer offer = testing::live_offer();
  LivePart input = testing::live_part(kPictureItself, 'c');
  input.shape = {3, kFuzzedPicture.height, kFuzzedPicture.width};
  input.max_frame_bytes = most_frame_bytes(input.shape, input.bits, true);
  offer.parts.push_back(std::move(input));
  return offer;
}

/// What a server does with the bytes of a request. @return whether it would compute
bool let_in(const LiveOffer& offer, const ByteBuffer& bytes) {
  live::v1::InferRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
  const ByteBuffer frame = buffer_of(request.frame());
  const LivePart* part = judge_request(offer, {.protocol = request.protocol(),
                                               .part = request.part(),
                                               .codec = request.codec(),
                                               .frame = frame})
                             .part;
  if (part == nullptr) return false;
  try {
    if (part->of_pictures()) {
      const Image image = make_picture_codec(request.codec())->decode(frame, kFuzzedPicture);
      EXPECT_EQ(image.rgb.size(), static_cast<std::size_t>(part->shape.elements()));
      return true;
    }
    const QuantizedTensor tensor = decode_frame(*part, frame);
    EXPECT_EQ(tensor.shape, part->shape);
    EXPECT_EQ(tensor.bits, part->bits);
    EXPECT_EQ(tensor.levels.size(), static_cast<std::size_t>(part->shape.elements()));
    EXPECT_TRUE(std::all_of(tensor.levels.begin(), tensor.levels.end(),
                            [&](std::uint16_t level) { return level >> part->bits == 0; }));
    return true;
  } catch (const PayloadError&) {
    return false;
  } catch (const ConfigError&) {  // no codec of that name
    return false;
  }
}

/// What a mobile sends.
struct FuzzedRequest {
  std::size_t part{0};  ///< position in the offer
  std::string codec;    ///< of a picture
  ByteBuffer frame;
};

std::vector<FuzzedRequest> feature_requests() {
  std::vector<FuzzedRequest> requests;
  for (const char* codec : {"raw", "zstd", "zlib", "lzma", "bzip2", "png", "jpeg:90", "hevc"}) {
    const QuantizedTensor tensor = smooth_tensor({4, 8, 8}, 8, 3);
    requests.push_back({0, {}, encode_payload(*make_codec(codec), tensor).bytes});
  }
  return requests;
}

/// @param codecs of pictures; "file" sends a PNG and a JPEG
std::vector<FuzzedRequest> picture_requests(const std::vector<std::string>& codecs) {
  const QuantizedTensor levels = smooth_tensor({3, 8, 8}, 8, 4);
  PhonePicture picture{.pixels = {.height = 8, .width = 8, .rgb = {}}, .file = {}};
  for (const std::uint16_t level : levels.levels) {
    picture.pixels.rgb.push_back(static_cast<std::uint8_t>(level));
  }
  std::vector<FuzzedRequest> requests;
  for (const std::string& codec : codecs) {
    if (codec == "file") {
      for (const char* kind : {"png", "jpeg:90"}) {
        requests.push_back({2, codec, make_picture_codec(kind)->encode(picture)});
      }
      continue;
    }
    requests.push_back({2, codec, make_picture_codec(codec)->encode(picture)});
  }
  return requests;
}

/// Lets requests in, each changed. @return how many would be computed
std::size_t fuzz(const std::vector<FuzzedRequest>& requests, std::size_t inputs,
                 testing::Mutator& mutator) {
  const LiveOffer offer = fuzzed_offer();
  const auto message_of = [&](const FuzzedRequest& one, const ByteBuffer& frame) {
    live::v1::InferRequest request;
    request.set_protocol(kLiveProtocol);
    request.set_part(offer.parts[one.part].short_fingerprint());
    request.set_codec(one.codec);
    request.set_frame(frame.data(), frame.size());
    return buffer_of(request.SerializeAsString());
  };
  for (const FuzzedRequest& one : requests) {
    EXPECT_TRUE(let_in(offer, message_of(one, one.frame))) << one.codec;
  }
  std::size_t computed = 0;
  for (std::size_t i = 0; i < inputs; ++i) {
    const FuzzedRequest& one = requests[i % requests.size()];
    const FuzzedRequest& other = requests[(i / requests.size()) % requests.size()];
    ByteBuffer bytes;
    if (i % 3 == 0) {  // the message itself
      bytes = mutator.mutate(message_of(one, one.frame), message_of(other, other.frame));
    } else {
      ByteBuffer changed = mutator.mutate(one.frame, other.frame);
      // Half of these with the checksum made right, so that codecs are reached.
      if (i % 3 == 1 && !offer.parts[one.part].of_pictures()) mutator.seal(changed);
      bytes = message_of(one, changed);
    }
    computed += let_in(offer, bytes) ? 1U : 0U;
  }
  return computed;
}

TEST(LiveFuzz, WhateverComesIsRefusedOrWhatTheNetworkTakes) {
  const std::size_t inputs = fuzz_inputs();
  testing::Mutator mutator{20261130};
  static_cast<void>(fuzz(feature_requests(), 0, mutator));  // codecs set themselves up
  static_cast<void>(fuzz(picture_requests({"png", "jpeg", "webp", "raw"}), 0, mutator));
  const long memory_before = testing::peak_memory_kib();
  std::size_t computed = fuzz(feature_requests(), inputs / 2, mutator);
  computed += fuzz(picture_requests({"png", "jpeg", "webp", "raw"}), inputs / 4, mutator);
  constexpr long kMemoryKib = 64L * 1024;
  EXPECT_LT(testing::peak_memory_kib() - memory_before, kMemoryKib + testing::kQuarantineKib);
  // Files may be of any size that `read_image` takes, and need its memory.
  const std::size_t files = inputs - inputs / 2 - inputs / 4;
  computed += fuzz(picture_requests({"file"}), files, mutator);
  fmt::print("{} inputs: {} refused, {} decoded\n", inputs, inputs - computed, computed);
}

}  // namespace
}  // namespace papilio
