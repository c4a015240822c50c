// Claims: a picture is scaled, cropped, mirrored and normalised as torchvision's usual transforms
// do it; numbers by hand.

#include "models/dataset/transform.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "sim/base/error.hpp"
#include "tests/support/pictures.hpp"

namespace papilio {
namespace {

using testing::coordinates;

/// Leaves colours as they are.
Transform plain(std::int64_t height, std::int64_t width) {
  return {.height = height,
          .width = width,
          .shorter_side = 0,
          .scale = 1,
          .mean = {0, 0, 0},
          .deviation = {1, 1, 1}};
}

std::vector<float> input_of(const Transform& transform, const Image& prepared, const Crop& crop) {
  std::vector<float> input(static_cast<std::size_t>(3 * transform.height * transform.width), -1e9F);
  Normaliser{transform}.write(prepared, crop, input.data());
  return input;
}

/// The size a picture is scaled to, before any crop.
std::pair<std::int64_t, std::int64_t> scaled(std::int64_t height, std::int64_t width,
                                             std::int64_t shorter_side, std::int64_t crop) {
  Transform transform = plain(crop, crop);
  transform.shorter_side = shorter_side;
  transform.augment = true;
  const Image image = prepare(transform, coordinates(height, width, 0));
  return {image.height, image.width};
}

using Size = std::pair<std::int64_t, std::int64_t>;

// torchvision's Resize: the longer side is the shorter's times the proportion, rounded down.
TEST(Prepare, ScalesTheShorterSide) {
  EXPECT_EQ(scaled(200, 300, 73, 64), (Size{73, 109}));  // 109.5
  EXPECT_EQ(scaled(300, 200, 73, 64), (Size{109, 73}));
  EXPECT_EQ(scaled(50, 50, 73, 64), (Size{73, 73}));
  EXPECT_EQ(scaled(73, 99, 73, 64), (Size{73, 99}));
  EXPECT_EQ(scaled(40, 50, 0, 32), (Size{40, 50})) << "0 leaves the size alone";
}

TEST(Prepare, ScalesUpToCoverTheCrop) {
  EXPECT_EQ(scaled(20, 30, 0, 32), (Size{32, 48}));
  EXPECT_EQ(scaled(30, 20, 0, 32), (Size{48, 32}));
  EXPECT_EQ(scaled(30, 200, 0, 32), (Size{32, 213})) << "smaller in one direction";
  EXPECT_EQ(scaled(31, 31, 16, 32), (Size{32, 32})) << "a shorter side below the crop";
  Transform wide = plain(10, 60);
  wide.augment = true;
  const Image image = prepare(wide, coordinates(20, 30, 0));
  EXPECT_EQ((Size{image.height, image.width}), (Size{40, 60}));
}

TEST(Prepare, RefusesAMonstrousProportion) {
  Transform transform = plain(256, 256);
  EXPECT_THROW(prepare(transform, coordinates(1, 10'000, 0)), ConfigError);
}

// Of 5 rows left over 2 are above (2.5 rounds to the even 2), of 7 columns 4 are left of it (3.5):
// what torchvision's CenterCrop does with Python's round.
TEST(Prepare, TakesTheCentreAsTorchvision) {
  const Image centre = prepare(plain(4, 3), coordinates(9, 10, 8));
  EXPECT_EQ(centre.height, 4);
  EXPECT_EQ(centre.width, 3);
  EXPECT_EQ(centre.rgb[0], 2);
  EXPECT_EQ(centre.rgb[1], 4);
  EXPECT_EQ(centre.rgb[centre.rgb.size() - 3], 5);
  EXPECT_EQ(centre.rgb[centre.rgb.size() - 2], 6);
  const Image even = prepare(plain(4, 4), coordinates(8, 10, 8));
  EXPECT_EQ(even.rgb[0], 2);
  EXPECT_EQ(even.rgb[1], 3);
}

TEST(Normalise, ImageNetByHand) {
  Transform transform;
  transform.height = 1;
  transform.width = 1;
  const std::vector<float> input = input_of(transform, {1, 1, {51, 102, 255}}, {});
  EXPECT_NEAR(input[0], (0.2 - 0.485) / 0.229, 1e-6);
  EXPECT_NEAR(input[1], (0.4 - 0.456) / 0.224, 1e-6);
  EXPECT_NEAR(input[2], (1.0 - 0.406) / 0.225, 1e-6);
}

// Caffe's networks: blue first, colours 0..255 less a mean.
TEST(Normalise, CaffeByHand) {
  Transform transform = plain(1, 2);
  transform.bgr = true;
  transform.mean = {123, 117, 104};
  const Image image{1, 2, {10, 20, 30, 200, 210, 220}};
  EXPECT_EQ(input_of(transform, image, {}),
            (std::vector<float>{30 - 104, 220 - 104, 20 - 117, 210 - 117, 10 - 123, 200 - 123}));
}

TEST(Crops, AreOfTheirPlaceAndMirrored) {
  Transform transform = plain(2, 3);
  transform.augment = true;
  const Image image = coordinates(5, 6, 9);
  EXPECT_EQ(input_of(transform, image, {.top = 3, .left = 1}),
            (std::vector<float>{3, 3, 3, 4, 4, 4, 1, 2, 3, 1, 2, 3, 9, 9, 9, 9, 9, 9}));
  EXPECT_EQ(input_of(transform, image, {.top = 3, .left = 1, .flip = true}),
            (std::vector<float>{3, 3, 3, 4, 4, 4, 3, 2, 1, 3, 2, 1, 9, 9, 9, 9, 9, 9}));
}

// A padding of 2 around 2 x 2 pixels of level 100 and a crop of 4 x 4 at (1, 0): one row and two
// columns of padding come first, one row and no column last. Padding is black, so -1/2 normalised.
TEST(Crops, ReachIntoBlackPadding) {
  Transform transform = plain(4, 4);
  transform.augment = true;
  transform.padding = 2;
  transform.mean = {1, 1, 1};
  transform.deviation = {2, 2, 2};
  const Image image{2, 2, std::vector<std::uint8_t>(12, 101)};
  const std::vector<float> input = input_of(transform, image, {.top = 1, .left = 0});
  constexpr float kOut = -0.5F;
  const std::vector<float> plane{kOut, kOut, kOut, kOut, kOut, kOut, 50,   50,
                                 kOut, kOut, 50,   50,   kOut, kOut, kOut, kOut};
  for (std::ptrdiff_t colour = 0; colour < 3; ++colour) {
    EXPECT_TRUE(std::equal(plane.begin(), plane.end(), input.begin() + 16 * colour));
  }
  const std::vector<float> flipped =
      input_of(transform, image, {.top = 1, .left = 0, .flip = true});
  for (std::size_t i = 0; i < input.size(); ++i) {
    EXPECT_EQ(flipped[i], input[i - i % 4 + 3 - i % 4]);
  }
  transform.height = 1;
  transform.width = 1;
  EXPECT_EQ(input_of(transform, image, {.top = 2, .left = 5})[0], kOut) << "beside the picture";
}

// 6 x 7 pixels and a padding of 1 have 5 x 6 crops of 4 x 4: with flips 60 outcomes, each expected
// 200 times in 12,000 draws; the bound is 5 deviations of a binomial.
TEST(Crops, AreDrawnUniformly) {
  Transform transform = plain(4, 4);
  transform.augment = true;
  transform.padding = 1;
  const Image image = coordinates(6, 7, 0);
  const StreamFamily family{1, "crops"};
  std::map<std::tuple<std::int64_t, std::int64_t, bool>, int> counts;
  for (std::uint64_t i = 0; i < 12'000; ++i) {
    Stream stream{family, i};
    const Crop crop = draw_crop(transform, image, stream);
    ++counts[{crop.top, crop.left, crop.flip}];
  }
  EXPECT_EQ(counts.size(), 60U);
  for (const auto& [crop, count] : counts) {
    EXPECT_LE(std::get<0>(crop), 4);
    EXPECT_LE(std::get<1>(crop), 5);
    EXPECT_NEAR(count, 200, 70);
  }
}

TEST(Crops, DrawNothingWithoutAugmentation) {
  Stream one{StreamFamily{1, "crops"}};
  Stream other{StreamFamily{1, "crops"}};
  const Crop crop = draw_crop(plain(4, 4), coordinates(4, 4, 0), one);
  EXPECT_EQ(crop.top + crop.left, 0);
  EXPECT_FALSE(crop.flip);
  EXPECT_EQ(one.uniform(), other.uniform());
}

}  // namespace
}  // namespace papilio
