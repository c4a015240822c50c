// Claims: every codec gives the levels back (lossless) or near ones; a payload is read only as it
// was written; the tiling is Choi and Bajić's; sizes are what the formats make them.

#include "models/codec/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include "models/codec/payload.hpp"
#include "models/codec/tiling.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using Random = boost::random::mt19937;

/// Features as a ReLU leaves them: smooth, many zeros.
QuantizedTensor features(const TensorShape& shape, int bits, Random& random) {
  QuantizedTensor tensor{.shape = shape, .bits = bits, .min = 0, .max = 3.5F};
  boost::random::normal_distribution<> normal{0, 0.05};
  double value = 0.3;
  const int top = (1 << bits) - 1;
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    value = std::clamp(value + normal(random), -0.5, 1.0);
    tensor.levels.push_back(static_cast<std::uint16_t>(std::max(0.0, value) * top));
  }
  return tensor;
}

QuantizedTensor noise(const TensorShape& shape, int bits, Random& random) {
  QuantizedTensor tensor{.shape = shape, .bits = bits, .min = -1, .max = 1};
  boost::random::uniform_int_distribution<int> level{0, (1 << bits) - 1};
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    tensor.levels.push_back(static_cast<std::uint16_t>(level(random)));
  }
  return tensor;
}

const std::vector<TensorShape> kShapes{{1, 1, 1},    {1, 7, 7},   {10, 7, 7}, {5, 14, 14},
                                       {1, 56, 56},  {3, 17, 23}, {64, 8, 8}, {1000, 1, 1},
                                       {33, 16, 16}, {2, 1, 9}};

TEST(Codecs, GiveBackTheLevelsWhereTheyAreLossless) {
  Random random{1};
  for (const CodecTraits& traits : codec_list()) {
    if (!traits.lossless) continue;
    const auto codec = make_codec(traits.name);
    for (const TensorShape& shape : kShapes) {
      for (int bits = 1; bits <= traits.max_bits; ++bits) {
        for (const QuantizedTensor& tensor :
             {features(shape, bits, random), noise(shape, bits, random)}) {
          const Payload payload = encode_payload(*codec, tensor);
          ASSERT_EQ(decode_payload(payload.bytes, shape), tensor)
              << traits.name << " " << shape.channels << "x" << shape.height << "x" << shape.width
              << ", " << bits << " bits";
        }
      }
    }
  }
}

TEST(Codecs, LoseLittleAtHighQualityAndTakeLessAtLow) {
  Random random{2};
  struct Row {
    const char* fine;
    const char* coarse;
    double most_loss;  // mean difference of the fine one, in levels of 255
  };
  for (const Row& row : {Row{"jpeg:98", "jpeg:30", 2}, Row{"hevc:4", "hevc:37", 2}}) {
    const auto fine = make_codec(row.fine);
    const auto coarse = make_codec(row.coarse);
    EXPECT_FALSE(fine->traits().lossless);
    for (const TensorShape& shape : kShapes) {
      const QuantizedTensor tensor = features(shape, 8, random);
      const Payload payload = encode_payload(*fine, tensor);
      const QuantizedTensor back = decode_payload(payload.bytes, shape);
      double sum = 0;
      for (std::size_t i = 0; i < back.levels.size(); ++i)
        sum += std::abs(back.levels[i] - tensor.levels[i]);
      EXPECT_LE(sum / static_cast<double>(back.levels.size()), row.most_loss) << row.fine;
      EXPECT_LE(encode_payload(*coarse, tensor).body_bytes, payload.body_bytes) << row.coarse;
    }
  }
}

TEST(Codecs, TellTheSameTensorInTheSameBytes) {
  Random random{3};
  const QuantizedTensor tensor = features({5, 14, 14}, 8, random);
  for (const CodecTraits& traits : codec_list()) {
    const auto codec = make_codec(traits.name);
    EXPECT_EQ(codec->encode(tensor), codec->encode(tensor)) << traits.name;
  }
}

TEST(RawCodec, TakesTheBitsAndNoMore) {
  // 3 levels of 3 bits, 101 011 110, are 10101111 0 and seven zeros.
  const QuantizedTensor tensor{.shape = {3, 1, 1}, .bits = 3, .levels = {5, 3, 6}};
  EXPECT_EQ(make_codec("raw")->encode(tensor), (Bytes{0xAF, 0x00}));
  const QuantizedTensor wide{.shape = {2, 1, 1}, .bits = 12, .levels = {0xABC, 0xDEF}};
  EXPECT_EQ(make_codec("raw")->encode(wide), (Bytes{0xAB, 0xCD, 0xEF}));
}

TEST(Tiling, IsChoiAndBajicsForPowersOfTwo) {
  EXPECT_EQ(tiling_of({256, 56, 56}), (Tiling{16, 16, 896, 896}));
  // log2 512 = 9: 2^5 columns, 2^4 rows.
  EXPECT_EQ(tiling_of({512, 28, 28}), (Tiling{32, 16, 896, 448}));
  EXPECT_EQ(tiling_of({1, 7, 7}), (Tiling{1, 1, 7, 7}));
  EXPECT_EQ(tiling_of({2, 7, 7}), (Tiling{2, 1, 14, 7}));
  // 5 channels take the grid of 8, 4 columns by 2 rows; 10 that of 16, whose last row is empty.
  EXPECT_EQ(tiling_of({5, 14, 14}), (Tiling{4, 2, 56, 28}));
  EXPECT_EQ(tiling_of({10, 7, 7}), (Tiling{4, 3, 28, 21}));
}

TEST(Tiling, PutsChannelsSideBySide) {
  // Three channels of 1×2 in a grid of 2×2.
  const QuantizedTensor tensor{.shape = {3, 1, 2}, .levels = {1, 2, 3, 4, 5, 6}};
  const std::vector<std::uint16_t> picture{1, 2, 3, 4, 5, 6, 0, 0};
  EXPECT_EQ(to_tiles(tensor), picture);
  EXPECT_EQ(from_tiles(picture, tensor.shape), tensor.levels);
}

TEST(Codec, NamesThatDoNotExistAreToldWithTheRemedy) {
  const auto refuses = [](const char* name, const char* text) {
    EXPECT_THAT([&] { make_codec(name); }, ThrowsMessage<ConfigError>(HasSubstr(text))) << name;
  };
  refuses("zsdt", "there is no codec 'zsdt'; did you mean 'zstd'?");
  refuses("jpeg:0", "the codec 'jpeg' takes 1 to 100, as 'jpeg:50', not '0'");
  refuses("jpeg:high", "takes 1 to 100");
  refuses("hevc:52", "the codec 'hevc' takes 0 to 51");
  refuses("raw:3", "the codec 'raw' takes no parameter; write 'raw'");
  EXPECT_EQ(make_codec("jpeg:75")->traits().name, "jpeg:75");
  EXPECT_TRUE(make_codec("hevc")->traits().lossless);
}

TEST(Payload, HasAFrameOfTwentyFourBytes) {
  const QuantizedTensor tensor{
      .shape = {1, 1, 3}, .bits = 8, .min = 0, .max = 1, .levels = {1, 2, 255}};
  const Payload payload = encode_payload(*make_codec("raw"), tensor);
  EXPECT_EQ(payload.body_bytes, 3U);
  EXPECT_EQ(payload.frame_bytes(), 24U);
  const Bytes head{'P', 'F', 1, 0, 255, 8, 1,    0,    1, 0, 3,  0,
                   0,   0,   0, 0, 0,   0, 0x80, 0x3F, 1, 2, 255};
  EXPECT_EQ((Bytes{payload.bytes.begin(), payload.bytes.end() - 4}), head);
}

/// A payload with its checksum made anew after a change.
Bytes resealed(Bytes bytes) {
  // CRC-32C by its definition, bit by bit; ours comes from Boost.
  std::uint32_t crc = 0xFFFFFFFF;
  for (std::size_t i = 0; i + 4 < bytes.size(); ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
  }
  crc = ~crc;
  for (std::size_t i = 0; i < 4; ++i)
    bytes[bytes.size() - 4 + i] = static_cast<std::uint8_t>(crc >> 8 * i & 0xFF);
  return bytes;
}

TEST(Payload, IsRefusedWithWhatIsWrong) {
  Random random{4};
  const TensorShape shape{4, 7, 7};
  const Bytes good = encode_payload(*make_codec("png"), features(shape, 8, random)).bytes;
  EXPECT_EQ(resealed(good), good);  // two computations of one checksum
  const auto refuses = [&](Bytes bytes, const char* text) {
    EXPECT_THAT([&] { decode_payload(bytes, shape); },
                ThrowsMessage<PayloadError>(HasSubstr(text)));
  };
  const auto changed = [&](std::size_t at, std::uint8_t value) {
    Bytes bytes = good;
    bytes.at(at) = value;
    return resealed(bytes);
  };
  refuses({}, "has 0 bytes, fewer than its frame");
  refuses({good.begin(), good.end() - 1}, "checksum is wrong");
  refuses(changed(0, 'X'), "no payload of this version");
  refuses(changed(2, 2), "no payload of this version");
  refuses(changed(3, 99), "of an unknown codec, 99");
  refuses(changed(4, 7), "has the parameter 7, which it does not take");
  refuses(changed(5, 0), "levels of 0 bits");
  refuses(changed(5, 17), "levels of 17 bits");
  refuses(changed(6, 5), "is a tensor of 5x7x7, not of 4x7x7");
  refuses(changed(7, 255), "is a tensor of 65284x7x7");  // told before memory is taken
  refuses(changed(15, 0x7F), "make no range");           // min above max
  refuses(changed(30, 1), "the body is no PNG");
  Bytes longer = good;
  longer.insert(longer.end() - 4, 0);
  refuses(resealed(longer), "the body is no PNG");
}

}  // namespace
}  // namespace papilio
