// Claims: a picture's bytes are those of libjpeg-turbo and libwebp, as Pillow calls them, and of
// libpng; they decode to the pixels that Pillow decodes; bytes that are damaged are refused or give
// a picture of the expected size; names say what they are; real pictures have the sizes that Pillow
// found.

#include "models/codec/picture_codec.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "models/dataset/dataset.hpp"
#include "sim/base/error.hpp"
#include "sim/base/random/stream.hpp"
#include "tests/support/data.hpp"
#include "tests/support/pictures.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using testing::coordinates;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::read_file;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

ByteBuffer bytes_of(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  return {text.begin(), text.end()};
}

Transform of_size(std::int64_t height, std::int64_t width) {
  return {.height = height, .width = width, .shorter_side = 0};
}

TEST(PictureCodecs, MakeTheBytesAndPixelsOfTheLibrariesThatPillowCalls) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_python("pillow_encodings.py", folder.path().string()), 0);
  std::ifstream list{folder.path() / "list.txt"};
  std::string codec;
  std::string pixels;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::string encoded;
  std::string decoded;
  int compared = 0;
  while (list >> codec >> pixels >> height >> width >> encoded >> decoded) {
    SCOPED_TRACE(encoded);
    const std::unique_ptr<const PictureCodec> ours = make_picture_codec(codec);
    const Image image{.height = height, .width = width, .rgb = bytes_of(folder.path() / pixels)};
    const ByteBuffer theirs = bytes_of(folder.path() / encoded);
    EXPECT_TRUE(ours->encode({image, {}}) == theirs);
    EXPECT_TRUE(ours->decode(theirs, of_size(height, width)).rgb ==
                bytes_of(folder.path() / decoded));
    ++compared;
  }
  EXPECT_EQ(compared, 4 * (8 * 2 + 6));
}

// libpng's writer of files, through another of its functions than the codec's.
TEST(PictureCodecs, MakeThePngThatLibpngWritesToAFile) {
  const TemporaryFolder folder;
  const Image image = coordinates(33, 47, 200);
  testing::write_png(folder.path() / "a.png", image);
  const std::unique_ptr<const PictureCodec> png = make_picture_codec("png");
  const ByteBuffer bytes = png->encode({image, {}});
  EXPECT_EQ(bytes, bytes_of(folder.path() / "a.png"));
  EXPECT_EQ(png->decode(bytes, of_size(33, 47)), image);
}

TEST(PictureCodecs, WithoutLossGiveThePixelsBack) {
  const Image image = coordinates(20, 30, 7);
  for (const char* name : {"raw", "png"}) {
    const std::unique_ptr<const PictureCodec> codec = make_picture_codec(name);
    EXPECT_TRUE(codec->traits().lossless) << name;
    EXPECT_EQ(codec->decode(codec->encode({image, {}}), of_size(20, 30)), image) << name;
  }
  EXPECT_EQ(make_picture_codec("raw")->encode({image, {}}).size(), 3U * 20 * 30);
}

// The receiver of a file scales and crops it as the sender would have.
TEST(PictureCodecs, SendFilesAsTheyAre) {
  const TemporaryFolder folder;
  const Image image = coordinates(40, 60, 3);
  testing::write_png(folder.path() / "a.png", image);
  const Transform transform{.height = 16, .width = 16, .shorter_side = 20};
  const std::unique_ptr<const PictureCodec> file = make_picture_codec("file");
  const PhonePicture picture{prepare(transform, image), bytes_of(folder.path() / "a.png")};
  EXPECT_EQ(file->encode(picture), picture.file);
  EXPECT_EQ(file->decode(picture.file, transform), picture.pixels);
  EXPECT_THROW(static_cast<void>(file->encode({image, {}})), std::invalid_argument);
}

TEST(PictureCodecs, RefuseOtherSizesAndFormats) {
  const Image image = coordinates(16, 24, 3);
  const auto sent = [&](const char* name) { return make_picture_codec(name)->encode({image, {}}); };
  const auto refused = [&](const char* name, const ByteBuffer& bytes, const char* why,
                           std::int64_t height = 16) {
    EXPECT_THAT(
        [&] { static_cast<void>(make_picture_codec(name)->decode(bytes, of_size(height, 24))); },
        ThrowsMessage<PayloadError>(HasSubstr(why)))
        << name;
  };
  for (const char* name : {"raw", "png", "jpeg:50", "webp:50"}) {
    refused(name, sent(name), "24 x 17", 17);
    refused(name, {}, name[0] == 'r' ? "0 bytes" : ": ");
  }
  refused("jpeg:50", sent("jpeg:50:444"), "other colours");
  refused("webp:50", sent("png"), "no WebP picture");
  refused("file", sent("raw"), "neither a JPEG nor a PNG nor a WebP");
  const ByteBuffer webp = sent("webp:50");
  EXPECT_EQ(make_picture_codec("file")->decode(webp, of_size(16, 24)),
            make_picture_codec("webp:50")->decode(webp, of_size(16, 24)));
  EXPECT_THROW(
      static_cast<void>(make_picture_codec("webp")->encode({coordinates(1, 16384, 1), {}})),
      std::invalid_argument);
}

TEST(PictureCodecs, RefuseWhatIsDamagedOrReadIt) {
  const Image image = coordinates(32, 32, 90);
  const Transform transform = of_size(32, 32);
  for (const char* name : {"png", "jpeg:75", "jpeg:75:444", "webp:75", "file"}) {
    const std::unique_ptr<const PictureCodec> codec = make_picture_codec(name);
    const ByteBuffer whole =
        make_picture_codec(codec->traits().sends_file ? "jpeg" : name)->encode({image, {}});
    int refused = 0;
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
      Stream draw{StreamFamily{seed, "damage"}};
      const auto place = [&] {
        return static_cast<std::size_t>(static_cast<double>(whole.size()) * draw.uniform());
      };
      ByteBuffer bytes = whole;
      if (seed % 5 == 0) {
        bytes.resize(place());
      } else {
        for (std::uint64_t i = 0; i < seed % 5; ++i) {
          const std::size_t at = place();
          bytes[at] = static_cast<std::uint8_t>(256 * draw.uniform());
        }
      }
      try {
        EXPECT_EQ(codec->decode(bytes, transform).rgb.size(), 3U * 32 * 32);
      } catch (const PayloadError&) {
        ++refused;
      }
    }
    EXPECT_GE(refused, 90) << name << ": nearly every cut at least";
  }
}

TEST(PictureCodecs, AreNamed) {
  std::vector<std::string> names;
  for (const PictureCodecTraits& traits : picture_codec_list()) names.push_back(traits.name);
  EXPECT_THAT(names, ElementsAre("raw", "file", "png", "jpeg:90", "jpeg:90:444", "webp:75"));
  EXPECT_EQ(make_picture_codec("jpeg:90:420")->traits().name, "jpeg:90");
  EXPECT_EQ(make_picture_codec("jpeg:7:444")->traits().name, "jpeg:7:444");
  const auto refused = [](const char* name, const char* why) {
    EXPECT_THAT([&] { make_picture_codec(name); }, ThrowsMessage<ConfigError>(HasSubstr(why)));
  };
  refused("jpg", "unknown codec 'jpg' of pictures; did you mean 'jpeg'?");
  refused("zstd", "unknown codec 'zstd' of pictures");
  refused("jpeg:0",
          "codec 'jpeg:0': the quality must be a whole number in 1..100, as in 'jpeg:90'");
  refused("webp:101", "must be a whole number in 0..100, as in 'webp:75'");
  refused("webp:", "must be a whole number");
  refused("webp:75:444", "webp takes a quality alone, as in 'webp:75'");
  refused("jpeg:90:422", "behind the quality stands 420 or 444, as in 'jpeg:90:444'");
  refused("png:9", "png takes no parameter; write 'png'");
}

/// Mean bytes of a dataset's pictures at a size, spread over it.
struct Sizes {
  std::shared_ptr<const Dataset> pictures;
  Transform transform;

  Sizes(const char* dataset, std::size_t count, Transform how)
      : pictures{spread_subset(open_dataset(dataset, Split::kTest), count)}, transform{how} {}

  [[nodiscard]] double mean(const char* codec) const {
    double sum = 0;
    for (std::size_t i = 0; i < pictures->size(); ++i) {
      sum += static_cast<double>(
          make_picture_codec(codec)
              ->encode({prepare(transform, pictures->load(i)), *pictures->file(i)})
              .size());
    }
    return sum / static_cast<double>(pictures->size());
  }
};

// What Pillow 9.4 makes of the same pictures, scaled and cropped with its own BILINEAR: JPEG of
// quality 90, 4:2:0 and 4:4:4, with the files' own sizes beside it. Codecs of the normalised tensor
// as a grey picture would make 1,526 of the first 200.
TEST(RealPictures, HaveTheSizesThatPillowFinds) {
  PAPILIO_NEEDS_DATA("images/cifar10_jpeg");
  PAPILIO_NEEDS_DATA("images/caltech101");
  const Sizes cifar{"cifar10-jpeg", 200, {.height = 32, .width = 32, .shorter_side = 32}};
  EXPECT_DOUBLE_EQ(cifar.mean("jpeg:90"), 1056.69);
  EXPECT_DOUBLE_EQ(cifar.mean("jpeg:90:444"), 1131.095);
  EXPECT_DOUBLE_EQ(cifar.mean("file"), 925.385);
  const Sizes caltech{"caltech101", 23, {.height = 227, .width = 227, .shorter_side = 259}};
  EXPECT_NEAR(caltech.mean("jpeg:90"), 16109.348, 0.001);
  EXPECT_NEAR(caltech.mean("jpeg:90:444"), 18446.957, 0.001);
}

}  // namespace
}  // namespace papilio
