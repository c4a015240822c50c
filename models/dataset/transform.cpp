#include "models/dataset/transform.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

struct Size {
  std::int64_t height;
  std::int64_t width;
};

/// The least size in a picture's proportion that covers `least`.
Size cover(const Image& image, const Size& least) {
  // The direction that needs the larger factor gets its size exactly; the other, rounded down as
  // torchvision does, is at least what it needs.
  if (least.height * image.width >= least.width * image.height) {
    return {least.height, least.height * image.width / image.height};
  }
  return {least.width * image.height / image.width, least.width};
}

Size scaled_size(const Transform& transform, const Image& image) {
  Size size{image.height, image.width};
  if (transform.shorter_side > 0) {
    size = cover(image, {transform.shorter_side, transform.shorter_side});
  }
  if (size.height < transform.height || size.width < transform.width) {
    size = cover(image, {transform.height, transform.width});
  }
  if (size.height > kMostPixels / size.width) {
    throw ConfigError{fmt::format("a picture of {} x {} pixels cannot be scaled to {} x {}",
                                  image.width, image.height, size.width, size.height)};
  }
  return size;
}

/// Half of what a centre crop leaves over. Of an odd number torchvision takes Python's round, which
/// goes to the even neighbour.
std::int64_t half_of(std::int64_t left_over) {
  const std::int64_t half = left_over / 2;
  return half + (left_over % 2 != 0 && half % 2 != 0 ? 1 : 0);
}

Image centre_of(const Image& image, std::int64_t height, std::int64_t width) {
  const std::int64_t top = half_of(image.height - height);
  const std::int64_t left = half_of(image.width - width);
  Image centre{.height = height, .width = width, .rgb = {}};
  centre.rgb.reserve(static_cast<std::size_t>(3 * height * width));
  for (std::int64_t row = 0; row < height; ++row) {
    const auto begin = image.rgb.begin() + 3 * ((top + row) * image.width + left);
    centre.rgb.insert(centre.rgb.end(), begin, begin + 3 * width);
  }
  return centre;
}

/// A whole number in 0..most, each as likely.
std::int64_t draw_up_to(std::int64_t most, Stream& stream) {
  return static_cast<std::int64_t>(std::floor(static_cast<double>(most + 1) * stream.uniform()));
}

}  // namespace

Image prepare(const Transform& transform, const Image& image) {
  const Size size = scaled_size(transform, image);
  Image scaled = resize(image, size.height, size.width);
  return transform.augment ? scaled : centre_of(scaled, transform.height, transform.width);
}

Crop draw_crop(const Transform& transform, const Image& prepared, Stream& stream) {
  Crop crop;
  if (!transform.augment) return crop;
  crop.top = draw_up_to(prepared.height + 2 * transform.padding - transform.height, stream);
  crop.left = draw_up_to(prepared.width + 2 * transform.padding - transform.width, stream);
  crop.flip = stream.uniform() < 0.5;
  return crop;
}

Normaliser::Normaliser(const Transform& transform) : transform_{transform} {
  for (std::size_t colour = 0; colour < 3; ++colour) {
    for (std::size_t level = 0; level < 256; ++level) {
      value_[colour][level] =
          (static_cast<float>(level) * transform.scale - transform.mean[colour]) /
          transform.deviation[colour];
    }
  }
}

void Normaliser::write(const Image& prepared, const Crop& crop, float* input) const {
  const std::int64_t padding = transform_.augment ? transform_.padding : 0;
  const std::int64_t width = transform_.width;
  const std::int64_t plane = transform_.height * width;
  const std::int64_t first_column = crop.left - padding;
  // The columns of the crop that lie in the picture; the others are padding.
  const std::int64_t begin = std::clamp<std::int64_t>(-first_column, 0, width);
  const std::int64_t end = std::clamp<std::int64_t>(prepared.width - first_column, begin, width);
  for (std::int64_t colour = 0; colour < 3; ++colour) {
    const std::array<float, 256>& value = value_[static_cast<std::size_t>(colour)];
    float* out = input + (transform_.bgr ? 2 - colour : colour) * plane;
    for (std::int64_t y = 0; y < transform_.height; ++y, out += width) {
      const std::int64_t row = crop.top - padding + y;
      if (row < 0 || row >= prepared.height || begin == end) {
        std::fill_n(out, width, value[0]);
        continue;
      }
      std::fill_n(out, begin, value[0]);
      std::fill(out + end, out + width, value[0]);
      const std::uint8_t* source =
          prepared.rgb.data() + 3 * (row * prepared.width + first_column + begin) + colour;
      for (std::int64_t x = begin; x < end; ++x, source += 3) out[x] = value[*source];
      if (crop.flip) std::reverse(out, out + width);
    }
  }
}

}  // namespace papilio
