// Claims: a frame has the layout of docs/models/codecs.md, byte by byte; what was sent comes back;
// whatever is wrong with a frame is refused, by name.

#include "models/codec/payload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <string>
#include <string_view>

#include "models/codec/crc32c.hpp"
#include "tests/support/tensors.hpp"

namespace papilio {
namespace {

using ::testing::HasSubstr;

const FeatureShape kShape{3, 2, 5};

Payload sample(const std::string& codec = "raw", int bits = 8) {
  return encode_payload(*make_codec(codec), random_tensor(kShape, bits, 1));
}

/// Makes the checksum right again, as one who changes bytes on purpose would.
void seal(ByteBuffer& bytes) {
  const std::uint32_t crc = crc32c(std::span{bytes}.first(bytes.size() - 4));
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[bytes.size() - 4 + i] = static_cast<std::uint8_t>(crc >> 8 * i);
  }
}

std::string refusal(const ByteBuffer& bytes, const FeatureShape& expected = kShape) {
  try {
    (void)decode_payload(bytes, expected);
  } catch (const PayloadError& error) {
    return error.what();
  }
  return "accepted";
}

/// The refusal of a sealed frame with one byte changed.
std::string refusal_with(std::size_t offset, std::uint8_t value, const Payload& payload) {
  ByteBuffer bytes = payload.bytes;
  bytes.at(offset) = value;
  seal(bytes);
  return refusal(bytes);
}

void put_float(ByteBuffer& bytes, std::size_t offset, float value) {
  const auto word = std::bit_cast<std::uint32_t>(value);
  for (std::size_t i = 0; i < 4; ++i) {
    bytes.at(offset + i) = static_cast<std::uint8_t>(word >> 8 * i);
  }
}

// The check value of CRC-32C (iSCSI, RFC 3720; catalogue of parametrised CRC algorithms).
TEST(Payload, ChecksumIsCastagnolis) {
  constexpr std::string_view kText = "123456789";
  const ByteBuffer bytes{kText.begin(), kText.end()};
  EXPECT_EQ(crc32c(bytes), 0xE3069283U);
  EXPECT_EQ(crc32c({}), 0U);
}

// RFC 3720, B.4: 32 bytes of zeros, sent as aa 36 91 8a.
TEST(Payload, ChecksumOfZerosIsTheRfcs) {
  EXPECT_EQ(crc32c(ByteBuffer(32, 0)), 0x8A9136AAU);
}

TEST(Payload, LaysTheFrameOut) {
  const QuantizedTensor tensor{
      .shape = {2, 1, 3}, .bits = 4, .min = -1, .max = 2.5, .levels = {1, 2, 3, 4, 5, 15}};
  const Payload payload = encode_payload(*make_codec("raw"), tensor);
  ByteBuffer expected{'P',  'b',  1,    0,    255, 4,  // magic, version, codec, parameter, bits
                      2,    0,    0,    0,    1,   0, 3, 0,  // channels, height, width
                      0,    0,    0x80, 0xBF,                // −1 is 0xBF800000
                      0,    0,    0x20, 0x40,                // 2.5 is 0x40200000
                      3,    0,    0,    0,                   // length of the body
                      0x12, 0x34, 0x5F};
  expected.resize(expected.size() + 4);
  seal(expected);
  EXPECT_EQ(payload.bytes, expected);
  EXPECT_EQ(payload.body_bytes, 3U);
  EXPECT_EQ(payload.frame_bytes(), kFrameBytes);
}

TEST(Payload, CarriesTheParameter) {
  EXPECT_EQ(sample("jpeg:37").bytes.at(4), 37);
  EXPECT_EQ(sample("hevc:0").bytes.at(4), 0);
  EXPECT_EQ(sample("hevc").bytes.at(4), 255);
}

TEST(Payload, ComesBackWholeFromEveryLosslessCodec) {
  for (const CodecTraits& traits : codec_list()) {
    if (!traits.lossless) continue;
    for (const int bits : {1, 5, 8, traits.max_bits}) {
      const QuantizedTensor tensor = random_tensor({10, 7, 7}, bits, 2);
      const Payload payload = encode_payload(*make_codec(traits.name), tensor);
      EXPECT_EQ(decode_payload(payload.bytes, tensor.shape), tensor) << traits.name;
    }
  }
}

TEST(Payload, CodecIsTheSendersChoice) {
  const QuantizedTensor tensor = smooth_tensor({4, 14, 14}, 8, 3);
  for (const char* name : {"jpeg:95", "hevc:5"}) {
    const auto codec = make_codec(name);
    const QuantizedTensor back = decode_payload(encode_payload(*codec, tensor).bytes, tensor.shape);
    EXPECT_EQ(back.levels, codec->decode(codec->encode(tensor), tensor.shape, 8));
    EXPECT_EQ(back.max, tensor.max);
  }
}

TEST(Payload, RefusesEveryFlippedBit) {
  const Payload payload = sample();
  for (std::size_t bit = 0; bit < 8 * payload.bytes.size(); ++bit) {
    ByteBuffer bytes = payload.bytes;
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 1U << bit % 8);
    EXPECT_NE(refusal(bytes), "accepted") << "bit " << bit;
  }
}

TEST(Payload, RefusesEveryTruncation) {
  const Payload payload = sample();
  for (std::size_t size = 0; size < payload.bytes.size(); ++size) {
    const ByteBuffer bytes{payload.bytes.begin(),
                           payload.bytes.begin() + static_cast<std::ptrdiff_t>(size)};
    EXPECT_NE(refusal(bytes), "accepted") << size << " bytes";
  }
}

TEST(Payload, SaysWhatIsWrong) {
  const Payload payload = sample();
  EXPECT_EQ(refusal({}), "payload of 0 bytes; a frame alone has 30");
  EXPECT_EQ(refusal_with(0, 'p', payload), "not a payload: it does not begin with 'Pb'");
  EXPECT_EQ(refusal_with(2, 2, payload), "payload of version 2; this receiver reads 1");
  EXPECT_EQ(refusal_with(3, 99, payload), "payload of an unknown codec, 99");
  EXPECT_EQ(refusal_with(4, 90, payload), "payload of raw with the parameter 90");
  EXPECT_EQ(refusal_with(5, 0, payload), "payload of raw with 0 bits a level");
  EXPECT_EQ(refusal_with(5, 17, payload), "payload of raw with 17 bits a level");
  EXPECT_EQ(refusal_with(6, 4, payload), "payload of shape 4×2×5 instead of 3×2×5");
  EXPECT_EQ(refusal_with(22, 31, payload), "payload with a body of 30 bytes says that it has 31");
  EXPECT_EQ(refusal(payload.bytes, {3, 5, 2}), "payload of shape 3×2×5 instead of 3×5×2");
  ByteBuffer flipped = payload.bytes;
  flipped.back() ^= 1;
  EXPECT_THAT(refusal(flipped), HasSubstr("corrupted payload: CRC-32C "));
  EXPECT_EQ(refusal_with(4, 0, sample("jpeg")), "payload of jpeg with the parameter 0");
  EXPECT_EQ(refusal_with(4, 255, sample("jpeg")), "payload of jpeg with the parameter 255");
  EXPECT_EQ(refusal_with(5, 9, sample("jpeg")), "payload of jpeg:90 with 9 bits a level");
  EXPECT_EQ(refusal_with(4, 52, sample("hevc")), "payload of hevc with the parameter 52");
}

TEST(Payload, RefusesARangeThatIsNone) {
  constexpr std::size_t kMin = 14;
  constexpr std::size_t kMax = 18;
  const float infinity = std::numeric_limits<float>::infinity();
  for (const auto& [offset, value] : {std::pair{kMin, 3.0F},
                                      {kMax, -2.0F},
                                      {kMin, -infinity},
                                      {kMax, infinity},
                                      {kMin, std::nanf("")},
                                      {kMax, std::nanf("")}}) {
    ByteBuffer bytes = sample().bytes;
    put_float(bytes, offset, value);
    seal(bytes);
    EXPECT_THAT(refusal(bytes), HasSubstr("payload with the range ")) << value;
  }
}

// Levels of 8 bits that are said to be of 7: the body decompresses, yet a level does not fit.
TEST(Payload, RefusesLevelsThatDoNotFit) {
  EXPECT_EQ(refusal_with(5, 7, sample("zstd")), "zstd: a level does not fit into 7 bits");
  EXPECT_EQ(refusal_with(5, 7, sample("png")), "png: a level does not fit into 7 bits");
  EXPECT_EQ(refusal_with(5, 7, sample("hevc")), "hevc: a level does not fit into 7 bits");
}

TEST(Payload, ReceiverMustExpectAShapeThatCanBe) {
  EXPECT_THROW((void)decode_payload(sample().bytes, {0, 2, 5}), std::invalid_argument);
  EXPECT_THROW((void)decode_payload(sample().bytes, {1, 1 << 20, 1}), std::invalid_argument);
}

}  // namespace
}  // namespace papilio
