// Claims: what a lossless codec encodes comes back level by level, at every shape and number of
// bits; a lossy one errs by a bounded amount, less of it in more bytes; bodies are what the
// libraries' own formats say; names and tensors that a codec does not take are refused.

#include "models/codec/codec.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <future>
#include <limits>
#include <map>
#include <numeric>

#include "models/codec/hevc_stream.hpp"
#include "models/codec/scaling.hpp"
#include "models/codec/tiling.hpp"
#include "sim/base/error.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/tensors.hpp"

namespace papilio {
namespace {

using ::testing::HasSubstr;

/// The last is larger than all others together: under the sanitizers the large tensors below do.
const std::vector<FeatureShape> kShapes = [] {
  std::vector<FeatureShape> shapes{{1, 1, 1},  {1, 7, 7},  {10, 7, 7}, {5, 14, 14},  {1, 56, 56},
                                   {3, 9, 13}, {2, 1, 31}, {17, 3, 1}, {1000, 1, 1}, {3, 33, 5}};
  if (!kSanitized) shapes.push_back({64, 28, 28});
  return shapes;
}();

int max_error(const QuantizedTensor& tensor, const std::vector<std::uint16_t>& levels) {
  int worst = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    worst = std::max(worst, std::abs(tensor.levels[i] - levels[i]));
  }
  return worst;
}

double mean_squared_error(const QuantizedTensor& tensor, const std::vector<std::uint16_t>& levels) {
  double sum = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    sum += std::pow(tensor.levels[i] - levels[i], 2);
  }
  return sum / static_cast<double>(levels.size());
}

class EveryCodec : public testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] std::vector<std::uint16_t> round_trip(const QuantizedTensor& tensor) const {
    return codec_->decode(codec_->encode(tensor), tensor.shape, tensor.bits);
  }
  [[nodiscard]] const Codec& codec() const { return *codec_; }
  [[nodiscard]] const CodecTraits& traits() const { return codec_->traits(); }

 private:
  std::unique_ptr<const Codec> codec_{make_codec(GetParam())};
};

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), ':', '_');
  return name;
}

class LosslessCodec : public EveryCodec {};

TEST_P(LosslessCodec, GivesBackEveryLevelAtEveryShapeAndBits) {
  ASSERT_TRUE(traits().lossless);
  std::uint64_t seed = 0;
  for (const FeatureShape& shape : kShapes) {
    for (int bits = 1; bits <= traits().max_bits; ++bits) {
      SCOPED_TRACE(testing::Message() << shape.channels << "x" << shape.height << "x" << shape.width
                                      << ", " << bits << " bits");
      const QuantizedTensor noise = random_tensor(shape, bits, ++seed);
      EXPECT_EQ(round_trip(noise), noise.levels);
      const QuantizedTensor smooth = smooth_tensor(shape, bits, ++seed);
      EXPECT_EQ(round_trip(smooth), smooth.levels);
    }
  }
}

TEST_P(LosslessCodec, GivesBackALargeTensor) {
  const QuantizedTensor tensor = smooth_tensor({fewer(256, 64), 56, 56}, 8, 1);
  EXPECT_EQ(round_trip(tensor), tensor.levels);
}

TEST_P(LosslessCodec, GivesBackALongFlatVector) {
  const QuantizedTensor tensor = random_tensor({100352, 1, 1}, traits().max_bits, 2);
  EXPECT_EQ(round_trip(tensor), tensor.levels);
}

INSTANTIATE_TEST_SUITE_P(Codecs, LosslessCodec,
                         testing::Values("raw", "zstd", "zlib", "lzma", "bzip2", "png", "hevc"),
                         test_name);

TEST_P(EveryCodec, GivesBackConstantTensors) {
  for (const FeatureShape& shape : kShapes) {
    for (int bits = 1; bits <= traits().max_bits; ++bits) {
      for (const int level : {0, (1 << bits) - 1}) {
        QuantizedTensor tensor = random_tensor(shape, bits, 0);
        std::fill(tensor.levels.begin(), tensor.levels.end(), static_cast<std::uint16_t>(level));
        const int error = max_error(tensor, round_trip(tensor));
        // Tiles without channel are 0, and a lossy codec may ring where they begin.
        const bool full =
            tile_grid(shape.channels).columns * tile_grid(shape.channels).rows == shape.channels;
        const int bound = traits().lossless || bits == 1 ? 0
                          : full                         ? 1 << bits >> 7
                                                         : 1 << bits >> 3;
        EXPECT_LE(error, bound) << shape.channels << "x" << shape.height << "x" << shape.width
                                << ", " << bits << " bits, level " << level;
      }
    }
  }
}

TEST_P(EveryCodec, GivesTheSameBytesEveryTime) {
  const QuantizedTensor tensor = smooth_tensor({10, 14, 14}, 8, 3);
  const ByteBuffer body = codec().encode(tensor);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(make_codec(GetParam())->encode(tensor), body);
}

TEST_P(EveryCodec, WorksInSeveralThreads) {
  const QuantizedTensor tensor = smooth_tensor({10, 14, 14}, 8, 4);
  const ByteBuffer body = codec().encode(tensor);
  const std::vector<std::uint16_t> levels = codec().decode(body, tensor.shape, tensor.bits);
  std::vector<std::future<bool>> same;
  same.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    same.push_back(std::async(std::launch::async, [&] {
      bool all = true;
      for (int i = 0; i < fewer(5, 2); ++i) {
        all = all && codec().encode(tensor) == body &&
              codec().decode(body, tensor.shape, tensor.bits) == levels;
      }
      return all;
    }));
  }
  for (std::future<bool>& one : same) EXPECT_TRUE(one.get());
}

TEST_P(EveryCodec, RefusesABodyOfAnotherShapeOrCutShort) {
  const QuantizedTensor tensor = smooth_tensor({10, 14, 14}, 8, 5);
  ByteBuffer body = codec().encode(tensor);
  EXPECT_THROW((void)codec().decode({}, tensor.shape, 8), PayloadError);
  EXPECT_THROW((void)codec().decode(body, {40, 14, 14}, 8), PayloadError);
  // JPEG: its reader stops at the marker of the end, and needs none when it has every block.
  if (GetParam().starts_with("jpeg")) return;
  body.pop_back();
  EXPECT_THROW((void)codec().decode(body, tensor.shape, 8), PayloadError);
  body = codec().encode(tensor);
  body.push_back(0);
  EXPECT_THROW((void)codec().decode(body, tensor.shape, 8), PayloadError);
}

TEST_P(EveryCodec, RefusesTensorsThatBreakTheirPromise) {
  const QuantizedTensor good = random_tensor({2, 3, 4}, traits().max_bits, 6);
  EXPECT_NO_THROW((void)codec().encode(good));
  const auto expect_refused = [&](auto&& change) {
    QuantizedTensor bad = good;
    change(bad);
    EXPECT_THROW((void)codec().encode(bad), std::invalid_argument);
  };
  expect_refused([](QuantizedTensor& t) { t.bits = 0; });
  expect_refused([](QuantizedTensor& t) { t.bits = 17; });
  expect_refused([&](QuantizedTensor& t) { t.bits = traits().max_bits + 1; });
  expect_refused([](QuantizedTensor& t) { t.levels.pop_back(); });
  expect_refused([](QuantizedTensor& t) { t.shape.channels = 0; });
  expect_refused([](QuantizedTensor& t) { t.shape.height = 65536; });
  expect_refused([](QuantizedTensor& t) { t.shape.channels = std::int64_t{1} << 62; });
  expect_refused([](QuantizedTensor& t) { t.min = std::numeric_limits<float>::quiet_NaN(); });
  expect_refused([](QuantizedTensor& t) { t.max = std::numeric_limits<float>::infinity(); });
  expect_refused([](QuantizedTensor& t) { t.min = t.max + 1; });
  expect_refused([](QuantizedTensor& t) {
    t.bits = 1;
    t.levels[5] = 2;
  });
}

INSTANTIATE_TEST_SUITE_P(Codecs, EveryCodec,
                         testing::Values("raw", "zstd", "zlib", "lzma", "bzip2", "png", "jpeg:90",
                                         "jpeg:100", "hevc", "hevc:12"),
                         test_name);

// At the best quality what is left is rounding: in libjpeg of the coefficients and pixels, in HEVC
// at QP 0 of a step of 0.63.
TEST(LossyCodec, ErrsLittleAtTheBestQuality) {
  for (const auto& [name, bound] : std::map<std::string, int>{{"jpeg:100", 3}, {"hevc:0", 3}}) {
    const auto codec = make_codec(name);
    EXPECT_FALSE(codec->traits().lossless);
    for (const FeatureShape& shape : kShapes) {
      for (int bits = 1; bits <= 8; ++bits) {
        const QuantizedTensor tensor = random_tensor(shape, bits, 7);
        const auto levels = codec->decode(codec->encode(tensor), shape, bits);
        // Of 255; levels of up to 6 bits are further apart than that and come back exactly.
        EXPECT_LE(max_error(tensor, levels), bits <= 5   ? 0
                                             : bits <= 7 ? 2
                                                         : bound)
            << name << ", " << bits << " bits, " << shape.channels << " channels";
      }
    }
  }
}

TEST(LossyCodec, GivesMoreBytesAndLessErrorWithMoreQuality) {
  const QuantizedTensor tensor = smooth_tensor({16, 28, 28}, 8, 8);
  for (const std::vector<std::string>& rising :
       {std::vector<std::string>{"jpeg:10", "jpeg:50", "jpeg:90", "jpeg:100"},
        std::vector<std::string>{"hevc:45", "hevc:35", "hevc:25", "hevc:10", "hevc:0"}}) {
    std::size_t bytes = 0;
    double error = std::numeric_limits<double>::infinity();
    for (const std::string& name : rising) {
      const auto codec = make_codec(name);
      const ByteBuffer body = codec->encode(tensor);
      const double now = mean_squared_error(tensor, codec->decode(body, tensor.shape, 8));
      EXPECT_GT(body.size(), bytes) << name;
      EXPECT_LT(now, error) << name;
      bytes = body.size();
      error = now;
    }
  }
}

TEST(LossyCodec, KeepsTenAndTwelveBitsApartInHevc) {
  const auto codec = make_codec("hevc:4");
  for (const int bits : {9, 10, 11, 12}) {
    const QuantizedTensor tensor = smooth_tensor({4, 28, 28}, bits, 9);
    const auto levels = codec->decode(codec->encode(tensor), tensor.shape, bits);
    EXPECT_LE(mean_squared_error(tensor, levels), std::pow(1 << bits, 2) / (256.0 * 256.0))
        << bits << " bits";
  }
}

TEST(Scaling, IsExactThereAndBack) {
  EXPECT_EQ(rescale(1, 3, 255), 85);
  EXPECT_EQ(rescale(127, 255, 3), 1);
  EXPECT_EQ(rescale(128, 255, 3), 2);
  for (int bits = 1; bits <= 12; ++bits) {
    const std::uint32_t max = (1U << bits) - 1;
    for (const std::uint32_t to : {255U, 1023U, 4095U}) {
      if (to < max) continue;
      EXPECT_EQ(rescale(max, max, to), to);
      for (std::uint32_t level = 0; level <= max; ++level) {
        ASSERT_EQ(rescale(rescale(level, max, to), to, max), level);
      }
    }
  }
}

// 1, 2, 3, 4, 5 in three bits: 001 010 011 100 101 and a 0 to fill the byte.
TEST(RawCodec, PacksTheFirstLevelIntoTheMostSignificantBits) {
  const QuantizedTensor tensor{.shape = {5, 1, 1}, .bits = 3, .max = 1, .levels = {1, 2, 3, 4, 5}};
  const ByteBuffer expected{0b00101001, 0b11001010};
  EXPECT_EQ(make_codec("raw")->encode(tensor), expected);
  const ByteBuffer dirty{0b00101001, 0b11001011};
  EXPECT_THROW((void)make_codec("raw")->decode(dirty, {5, 1, 1}, 3), PayloadError);
}

TEST(RawCodec, TakesElementsTimesBitsRoundedUp) {
  for (const FeatureShape& shape : kShapes) {
    for (int bits = 1; bits <= 16; ++bits) {
      EXPECT_EQ(make_codec("raw")->encode(random_tensor(shape, bits, 1)).size(),
                static_cast<std::size_t>(shape.bytes(bits)));
    }
  }
}

TEST(RawCodec, LaysOutSixteenBitsBigEndian) {
  const QuantizedTensor tensor{
      .shape = {2, 1, 1}, .bits = 16, .max = 1, .levels = {0x1234, 0xABCD}};
  EXPECT_EQ(make_codec("raw")->encode(tensor), (ByteBuffer{0x12, 0x34, 0xAB, 0xCD}));
}

// zlib's checksum of the plain bytes stands at the end of its stream (RFC 1950): little-endian
// pairs above 8 bits, so of 0x0102 and 0x0203 of 10 bits: 02 01 03 02.
TEST(ZlibCodec, CompressesTwoLittleEndianBytesAboveEightBits) {
  const QuantizedTensor tensor{.shape = {2, 1, 1}, .bits = 10, .max = 1, .levels = {0x102, 0x203}};
  const ByteBuffer body = make_codec("zlib")->encode(tensor);
  const ByteBuffer plain{0x02, 0x01, 0x03, 0x02};
  const uLong sum = adler32(1, plain.data(), 4);
  ASSERT_GT(body.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(body[body.size() - 4 + i], (sum >> (24 - 8 * i)) & 0xFF);
  }
}

// The reader of libpng's simplified interface shares no code with ours.
TEST(PngCodec, WritesThePictureThatAnyReaderSees) {
  const QuantizedTensor tensor = smooth_tensor({5, 9, 7}, 8, 10);
  const ByteBuffer body = make_codec("png")->encode(tensor);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  ASSERT_NE(png_image_begin_read_from_memory(&image, body.data(), body.size()), 0);
  EXPECT_EQ(image.width, 28U);
  EXPECT_EQ(image.height, 18U);
  image.format = PNG_FORMAT_GRAY;
  std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(image));
  ASSERT_NE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr), 0);
  EXPECT_TRUE(
      std::equal(pixels.begin(), pixels.end(), tile(tensor.levels, tensor.shape).pixels.begin()));
}

TEST(PngCodec, UsesPngsSmallDepths) {
  const std::map<int, int> depth_of{{1, 1}, {2, 2}, {3, 4}, {4, 4}, {5, 8}, {8, 8}, {9, 16}};
  for (const auto& [bits, depth] : depth_of) {
    const ByteBuffer body = make_codec("png")->encode(random_tensor({4, 7, 7}, bits, 1));
    EXPECT_EQ(body.at(24), depth) << bits << " bits";  // signature 8, length and type 8, size 8
  }
}

TEST(HevcCodec, PadsUpToOneCodingTreeUnit) {
  // A constant picture, padded by its edges, is the same constant picture in 16 × 16.
  const auto constant = [](const FeatureShape& shape) {
    return QuantizedTensor{
        .shape = shape,
        .bits = 8,
        .max = 1,
        .levels = std::vector<std::uint16_t>(static_cast<std::size_t>(shape.elements()), 7)};
  };
  EXPECT_EQ(make_codec("hevc")->encode(constant({1, 7, 7})),
            make_codec("hevc")->encode(constant({1, 16, 16})));
}

// x265 tells what picture a decoder will get; libde265, by others, gets it.
TEST(HevcCodec, DecoderGetsWhatTheEncoderReconstructs) {
  for (const int depth : {8, 10, 12}) {
    for (const int qp : {0, 27, 51}) {
      const HevcFormat format{
          .width = 61, .height = 35, .depth = depth, .qp = qp, .lossless = false};
      const Picture picture{61, 35, smooth_tensor({1, 35, 61}, depth, 1).levels};
      const HevcSlice slice = hevc_encode(picture, format);
      EXPECT_NE(slice.reconstructed, picture);
      EXPECT_EQ(hevc_decode(slice.bytes, format), slice.reconstructed)
          << depth << " bits, QP " << qp;
    }
  }
}

// Annex B of H.265: a stream is its NAL units behind start codes. The parameter sets come first.
TEST(HevcCodec, LeavesOutTheParameterSets) {
  const std::vector<ByteBuffer> sets = hevc_parameter_sets({.width = 56, .height = 56});
  ASSERT_EQ(sets.size(), 3U);
  const int types[]{32, 33, 34};  // VPS, SPS, PPS
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(sets[i].at(0) >> 1, types[i]);
  const QuantizedTensor flat{
      .shape = {1, 56, 56}, .bits = 8, .max = 1, .levels = std::vector<std::uint16_t>(3136, 100)};
  EXPECT_LT(make_codec("hevc:30")->encode(flat).size(), 24U);
}

TEST(HevcCodec, TakesAPictureOfLevelSixPointTwoAndNoLarger) {
  const auto codec = make_codec("hevc:40");
  const QuantizedTensor wide = smooth_tensor({1, 1, 16888}, 8, 1);
  EXPECT_EQ(codec->decode(codec->encode(wide), wide.shape, 8).size(), 16888U);
  EXPECT_THROW((void)codec->encode(random_tensor({1, 1, 16889}, 8, 1)), std::invalid_argument);
}

TEST(PictureCodecs, NameTheSideThatIsTooLarge) {
  for (const char* name : {"jpeg", "hevc", "png"}) {
    try {
      (void)make_codec(name)->encode(random_tensor({2, 1, 40000}, 1, 1));
      ADD_FAILURE() << name;
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), HasSubstr("80000 pixels wide"));
    }
  }
}

TEST(CodecNames, AreListedWithTheirDefaults) {
  std::vector<std::string> names;
  names.reserve(codec_list().size());
  for (const CodecTraits& one : codec_list()) {
    names.push_back(one.name);
    EXPECT_FALSE(one.summary.empty());
    EXPECT_EQ(make_codec(one.name)->traits().id, one.id);
  }
  EXPECT_THAT(names, testing::ElementsAre("raw", "zstd", "zlib", "lzma", "bzip2", "png", "jpeg:90",
                                          "hevc"));
}

TEST(CodecNames, TakeAParameter) {
  EXPECT_EQ(make_codec("jpeg")->traits().name, "jpeg:90");
  EXPECT_EQ(make_codec("jpeg:1")->traits().parameter, 1);
  EXPECT_EQ(make_codec("jpeg:100")->traits().parameter, 100);
  EXPECT_EQ(make_codec("hevc:0")->traits().name, "hevc:0");
  EXPECT_FALSE(make_codec("hevc:0")->traits().lossless);
  EXPECT_TRUE(make_codec("hevc")->traits().lossless);
  EXPECT_EQ(make_codec("hevc:51")->traits().parameter, 51);
}

TEST(CodecNames, AreRefusedWithTheRemedy) {
  const auto message = [](std::string_view name) -> std::string {
    try {
      (void)make_codec(name);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(message("zsdt"), "unknown codec 'zsdt'; did you mean 'zstd'?");
  EXPECT_EQ(message("hevx:27"), "unknown codec 'hevx:27'; did you mean 'hevc'?");
  EXPECT_EQ(message(""), "unknown codec ''; one of: raw, zstd, zlib, lzma, bzip2, png, jpeg, hevc");
  EXPECT_EQ(message("zstd:3"), "codec 'zstd:3': zstd takes no parameter; write 'zstd'");
  const std::string jpeg = ": the quality must be a whole number in 1..100, as in 'jpeg:50'";
  for (const std::string bad : {"jpeg:0", "jpeg:101", "jpeg:", "jpeg:9x", "jpeg:-1", "jpeg: 9",
                                "jpeg:99999999999", "jpeg:7.5", "jpeg:50:50"}) {
    EXPECT_EQ(message(bad), fmt::format("codec '{}'{}", bad, jpeg));
  }
  EXPECT_EQ(message("hevc:52"),
            "codec 'hevc:52': the quantisation parameter must be a whole number in 0..51, as in "
            "'hevc:25'");
}

}  // namespace
}  // namespace papilio
