// Claims: pictures of every kind are decoded and scaled as Pillow does, to the last bit; what is
// damaged is refused with its name or gives a picture, and never brings the program down.

#include "models/dataset/image.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "sim/base/error.hpp"
#include "sim/base/random/stream.hpp"
#include "tests/support/pictures.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using testing::read_file;
using testing::TemporaryFolder;

// Debian's, for which the package list installs Pillow; another may come first on the PATH.
constexpr const char* kPython = "/usr/bin/python3";

/// What a picture is refused with, its path left out.
std::string refusal(const std::filesystem::path& path) {
  try {
    read_image(path);
  } catch (const ConfigError& error) {
    const std::string what = error.what();
    EXPECT_TRUE(what.starts_with(path.string())) << what;
    return what.substr(std::min(path.string().size(), what.size()));
  }
  return "not refused";
}

/// Pictures that Pillow wrote.
class PillowPictures : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string command = fmt::format("{} {}/tests/support/pillow_pictures.py {}", kPython,
                                            PAPILIO_SOURCE_DIR, folder_.path().string());
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }

  [[nodiscard]] std::filesystem::path file(const std::string& name) const {
    return folder_.path() / name;
  }

  /// Damages a file in some 500 ways: bytes overwritten, or the end cut off.
  void damage(const std::string& name) {
    const std::string whole = read_file(file(name));
    int refused = 0;
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
      Stream draw{StreamFamily{seed, "damage"}};
      const auto place = [&] {
        return static_cast<std::size_t>(static_cast<double>(whole.size()) * draw.uniform());
      };
      std::string bytes = whole;
      if (seed % 5 == 0) {
        bytes.resize(place());
      } else {
        for (std::uint64_t i = 0; i < seed % 5; ++i) {
          const std::size_t at = place();
          bytes[at] = static_cast<char>(256 * draw.uniform());
        }
      }
      const std::filesystem::path path = folder_.write("damaged", bytes);
      try {
        const Image image = read_image(path);
        EXPECT_EQ(image.rgb.size(), static_cast<std::size_t>(3 * image.height * image.width));
      } catch (const ConfigError& error) {
        EXPECT_TRUE(std::string{error.what()}.starts_with(path.string())) << error.what();
        ++refused;
      }
    }
    EXPECT_GT(refused, 100) << "every cut at least";
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(PillowPictures, AreDecodedAndScaledAsPillowDoes) {
  std::ifstream list{file("list.txt")};
  std::string name;
  std::string result;
  std::int64_t height = 0;
  std::int64_t width = 0;
  int results = 0;
  while (list >> name >> result >> height >> width) {
    const Image scaled = resize(read_image(file(name)), height, width);
    EXPECT_EQ(scaled.height, height);
    EXPECT_EQ(scaled.width, width);
    const std::string samples{scaled.rgb.begin(), scaled.rgb.end()};
    EXPECT_TRUE(samples == read_file(file(result))) << result;
    ++results;
  }
  EXPECT_EQ(results, 19 * 8);
}

TEST_F(PillowPictures, AreToldApartByContent) {
  const Image jpeg = read_image(file("rgb.jpg"));
  const Image png = read_image(file("rgb.png"));
  std::filesystem::rename(file("rgb.jpg"), file("a.png"));
  std::filesystem::rename(file("rgb.png"), file("a.jpg"));
  EXPECT_EQ(read_image(file("a.png")), jpeg);
  EXPECT_EQ(read_image(file("a.jpg")), png);
}

// Half of the data of a JPEG would give half a picture and grey below it.
TEST_F(PillowPictures, CutShortAreRefused) {
  for (const char* name :
       {"rgb.jpg", "progressive.jpg", "rgb.png", "lossy.webp", "lossless.webp"}) {
    const std::string whole = read_file(file(name));
    for (const std::size_t size : {whole.size() / 2, whole.size() - 20, std::size_t{12}}) {
      std::ofstream{file("cut"), std::ios::binary} << whole.substr(0, size);
      EXPECT_TRUE(refusal(file("cut")).starts_with(": error: damaged ")) << name << ' ' << size;
    }
  }
}

TEST_F(PillowPictures, DamagedJpegsAreRefusedOrRead) {
  damage("rgb.jpg");
  damage("progressive.jpg");
  damage("cmyk.jpg");
}

TEST_F(PillowPictures, DamagedWebpsAreRefusedOrRead) {
  damage("lossy.webp");
  damage("lossless.webp");
}

TEST_F(PillowPictures, AnimatedAreRefused) {
  EXPECT_EQ(refusal(file("animated.webp")),
            ": error: an animated WebP, which is no single picture");
}

TEST_F(PillowPictures, DamagedPngsAreRefusedOrRead) {
  damage("rgb.png");
  damage("palette.png");
}

// 65,500 x 65,500 in the header of an otherwise whole file: 13 GB, were they asked for.
TEST_F(PillowPictures, ThatClaimTooManyPixelsAreRefused) {
  std::string bytes = read_file(file("rgb.jpg"));
  const std::size_t header = bytes.find("\xFF\xC0");
  ASSERT_NE(header, std::string::npos);
  bytes.replace(header + 5, 4, "\xFF\xDC\xFF\xDC");
  std::ofstream{file("huge"), std::ios::binary} << bytes;
  EXPECT_EQ(refusal(file("huge")),
            ": error: a picture of 65500 x 65500 pixels is beyond the 100000000 that are read");
}

TEST(Pictures, OfNoKnownKindAreRefused) {
  const TemporaryFolder folder;
  EXPECT_EQ(refusal(folder.write("text", "P6 1 1 255 abc")),
            ": error: neither a JPEG nor a PNG nor a WebP");
  EXPECT_EQ(refusal(folder.write("empty", "")), ": error: neither a JPEG nor a PNG nor a WebP");
  EXPECT_EQ(refusal(folder.path() / "none"),
            ": error: cannot read the file: No such file or directory; check the path");
  EXPECT_EQ(refusal(folder.path()),
            ": error: cannot read the file: Is a directory; check the path");
}

TEST(Pictures, WithoutAnEndAreRefused) {
  EXPECT_EQ(refusal("/dev/zero"), ": error: holds more than 256 MiB; is it the right file?");
}

TEST(Pictures, AreReadBackAsTheyWereWritten) {
  const TemporaryFolder folder;
  const Image image = testing::coordinates(9, 31, 77);
  testing::write_png(folder.path() / "a.png", image);
  EXPECT_EQ(read_image(folder.path() / "a.png"), image);
}

Image row(std::initializer_list<int> levels) {
  Image image{.height = 1, .width = static_cast<std::int64_t>(levels.size()), .rgb = {}};
  for (const int level : levels)
    image.rgb.insert(image.rgb.end(), 3, static_cast<std::uint8_t>(level));
  return image;
}

// To half the width the triangle is 4 wide: around the middle of places 2i and 2i+1 it weighs
// places 2i-1..2i+2 with 1, 3, 3, 1 eighths; at a border what lies outside is left out of 7
// eighths.
TEST(Resize, HalvesWithATriangle) {
  const Image half = resize(row({80, 160, 40, 240}), 1, 2);
  EXPECT_EQ(half, row({(3 * 80 + 3 * 160 + 40 + 3) / 7, (160 + 3 * 40 + 3 * 240 + 3) / 7}));
}

// To twice the width the triangle is 2 wide: places lie a quarter off the source's.
TEST(Resize, DoublesLinearly) {
  EXPECT_EQ(resize(row({0, 200}), 1, 4), row({0, 50, 150, 200}));
}

TEST(Resize, LeavesAColourAndASizeAlone) {
  const Image image = testing::coordinates(13, 17, 5);
  EXPECT_EQ(resize(image, 13, 17), image);
  Image flat{.height = 13, .width = 17, .rgb = std::vector<std::uint8_t>(663, 201)};
  for (const std::int64_t size : {1, 5, 13, 40}) {
    for (const std::uint8_t level : resize(flat, size, 2 * size).rgb) EXPECT_EQ(level, 201);
  }
}

TEST(Resize, TreatsRowsAsColumns) {
  const Image across = resize(row({3, 250, 9, 100, 77}), 1, 3);
  Image column = row({3, 250, 9, 100, 77});
  std::swap(column.height, column.width);
  Image down = resize(column, 3, 1);
  std::swap(down.height, down.width);
  EXPECT_EQ(down, across);
}

}  // namespace
}  // namespace papilio
