#pragma once

#include <png.h>

#include <filesystem>
#include <stdexcept>

#include "models/dataset/image.hpp"

namespace papilio::testing {

/// Writes a picture without loss, with the folders that its path needs.
inline void write_png(const std::filesystem::path& path, const Image& image) {
  std::filesystem::create_directories(path.parent_path());
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = PNG_FORMAT_RGB;
  if (png_image_write_to_file(&png, path.c_str(), 0, image.rgb.data(), 0, nullptr) == 0) {
    throw std::runtime_error{&png.message[0]};
  }
}

/// A picture whose pixel in row y and column x is (y, x, blue).
inline Image coordinates(std::int64_t height, std::int64_t width, std::uint8_t blue) {
  Image image{.height = height, .width = width, .rgb = {}};
  image.rgb.reserve(static_cast<std::size_t>(3 * height * width));
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      image.rgb.push_back(static_cast<std::uint8_t>(y));
      image.rgb.push_back(static_cast<std::uint8_t>(x));
      image.rgb.push_back(blue);
    }
  }
  return image;
}

}  // namespace papilio::testing
