#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace papilio {

/// A picture, 8 bits a colour.
struct Image {
  std::int64_t height{0};
  std::int64_t width{0};
  std::vector<std::uint8_t> rgb;  ///< `[height × width × 3]`

  bool operator==(const Image&) const = default;
};

/// Pictures of more pixels are refused: a damaged header may claim any size.
constexpr std::int64_t kMostPixels = 100'000'000;

/// Decodes a JPEG, a PNG or a WebP, told apart by content; grey, palette and CMYK pictures become
/// RGB, and transparency is dropped.
/// @throws ConfigError naming the file if it is none of them, animated, damaged, cut short or too
/// large
Image read_image(const std::filesystem::path& path);

/// As `read_image`, from the bytes of a file.
/// @param name of the file, for errors
Image decode_image(std::span<const std::uint8_t> bytes, const std::filesystem::path& name);

/// Scales with a triangle filter as wide as the reduction (bilinear with antialiasing, as Pillow's
/// BILINEAR does), to `height` × `width`, both >= 1.
Image resize(const Image& image, std::int64_t height, std::int64_t width);

}  // namespace papilio
