// Pillow's ImagingResample for 8-bit pictures: two passes, rows first, with weights of 22 bits
// after the point, so that pictures are those that torchvision's networks were trained on.

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "models/dataset/image.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr int kWeightBits = 22;
constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

/// How each place of one direction of the result is made of places of the source.
struct Taps {
  struct Place {
    std::size_t first;   // in the source
    std::size_t count;   // of sources
    std::size_t weight;  // of the first, in `weights`
  };
  std::vector<Place> places;
  std::vector<std::int32_t>
      weights;  // those of a place add up to 1 << kWeightBits, but for rounding
};

Taps triangle(std::int64_t from, std::int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double support = std::max(scale, 1.0);
  Taps taps;
  taps.places.reserve(static_cast<std::size_t>(to));
  std::vector<double> shares;
  for (std::int64_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const auto first = static_cast<std::int64_t>(std::max(std::floor(centre - support + 0.5), 0.0));
    const auto last = std::min(static_cast<std::int64_t>(std::floor(centre + support + 0.5)), from);
    shares.clear();
    double sum = 0;
    for (std::int64_t source = first; source < last; ++source) {
      const double distance = (static_cast<double>(source) + 0.5 - centre) / support;
      shares.push_back(std::max(0.0, 1 - std::abs(distance)));
      sum += shares.back();
    }
    taps.places.push_back({static_cast<std::size_t>(first), shares.size(), taps.weights.size()});
    for (const double share : shares) {
      taps.weights.push_back(
          static_cast<std::int32_t>(std::lround(share / sum * (1 << kWeightBits))));
    }
  }
  return taps;
}

std::uint8_t to_grey_level(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

Image resize_rows(const Image& image, std::int64_t width) {
  const Taps taps = triangle(image.width, width);
  Image result{.height = image.height, .width = width, .rgb = {}};
  result.rgb.resize(static_cast<std::size_t>(3 * result.height * width));
  std::uint8_t* out = result.rgb.data();
  for (std::int64_t row = 0; row < image.height; ++row) {
    const std::uint8_t* source = image.rgb.data() + 3 * row * image.width;
    for (const Taps::Place& place : taps.places) {
      const std::uint8_t* pixel = source + 3 * place.first;
      const std::int32_t* weight = taps.weights.data() + place.weight;
      std::int32_t red = kHalf;
      std::int32_t green = kHalf;
      std::int32_t blue = kHalf;
      for (std::size_t i = 0; i < place.count; ++i) {
        red += weight[i] * pixel[3 * i];
        green += weight[i] * pixel[3 * i + 1];
        blue += weight[i] * pixel[3 * i + 2];
      }
      *out++ = to_grey_level(red);
      *out++ = to_grey_level(green);
      *out++ = to_grey_level(blue);
    }
  }
  return result;
}

Image resize_columns(const Image& image, std::int64_t height) {
  const Taps taps = triangle(image.height, height);
  const auto samples = static_cast<std::size_t>(3 * image.width);
  Image result{.height = height, .width = image.width, .rgb = {}};
  result.rgb.resize(static_cast<std::size_t>(height) * samples);
  std::uint8_t* out = result.rgb.data();
  std::vector<std::int32_t> sums(samples);
  for (const Taps::Place& place : taps.places) {
    std::fill(sums.begin(), sums.end(), kHalf);
    for (std::size_t i = 0; i < place.count; ++i) {
      const std::uint8_t* row = image.rgb.data() + (place.first + i) * samples;
      const std::int32_t weight = taps.weights[place.weight + i];
      for (std::size_t k = 0; k < samples; ++k) sums[k] += weight * row[k];
    }
    out = std::transform(sums.begin(), sums.end(), out, to_grey_level);
  }
  return result;
}

}  // namespace

Image resize(const Image& image, std::int64_t height, std::int64_t width) {
  PAPILIO_CHECK(height >= 1 && width >= 1 && image.height >= 1 && image.width >= 1);
  if (width == image.width) {
    return height == image.height ? image : resize_columns(image, height);
  }
  Image rows = resize_rows(image, width);
  return height == image.height ? rows : resize_columns(rows, height);
}

}  // namespace papilio
