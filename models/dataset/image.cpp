#include "models/dataset/image.hpp"

#include <fmt/format.h>
#include <png.h>
#include <turbojpeg.h>
#include <webp/decode.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "models/dataset/bytes.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

using Bytes = std::vector<std::uint8_t>;
using ByteSpan = std::span<const std::uint8_t>;

constexpr std::array<std::uint8_t, 2> kJpegStart{0xFF, 0xD8};
constexpr std::array<std::uint8_t, 8> kPngStart{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

template <std::size_t n>
bool begins_with(ByteSpan bytes, const std::array<std::uint8_t, n>& start) {
  return bytes.size() >= n && std::equal(start.begin(), start.end(), bytes.begin());
}

/// A picture of this size with its pixels still to be filled. Sizes are checked before memory is
/// asked for: a few damaged bytes of a header may claim terabytes.
Image make_image(const fs::path& path, std::int64_t height, std::int64_t width) {
  if (height < 1 || width < 1) refuse_file(path, "damaged (it has no pixels)");
  if (height > kMostPixels / width) {
    refuse_file(path, fmt::format("a picture of {} x {} pixels is beyond the {} that are read",
                                  width, height, kMostPixels));
  }
  return {
      .height = height, .width = width, .rgb = Bytes(static_cast<std::size_t>(3 * height * width))};
}

struct CloseTurboJpeg {
  void operator()(void* handle) const { tjDestroy(handle); }
};

Image decode_jpeg(const fs::path& path, ByteSpan bytes) {
  const std::unique_ptr<void, CloseTurboJpeg> handle{tjInitDecompress()};
  PAPILIO_CHECK(handle != nullptr);
  const auto size = static_cast<unsigned long>(bytes.size());
  const auto check = [&](int status) {
    if (status != 0) {
      refuse_file(path, fmt::format("damaged JPEG ({})", tjGetErrorStr2(handle.get())));
    }
  };
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int space = 0;
  check(
      tjDecompressHeader3(handle.get(), bytes.data(), size, &width, &height, &subsampling, &space));
  Image image = make_image(path, height, width);
  // Warnings are of lost data, which would be filled with grey.
  const int flags = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS;
  const auto decode = [&](Bytes& pixels, int format) {
    check(tjDecompress2(handle.get(), bytes.data(), size, pixels.data(), width, 0, height, format,
                        flags));
  };
  if (space != TJCS_CMYK && space != TJCS_YCCK) {
    decode(image.rgb, TJPF_RGB);
    return image;
  }
  Bytes cmyk(static_cast<std::size_t>(4 * image.height * image.width));
  decode(cmyk, TJPF_CMYK);
  // Adobe, who alone writes such files, stores the inverse of each ink: light that is let through.
  for (std::size_t pixel = 0; pixel < image.rgb.size() / 3; ++pixel) {
    const unsigned black = cmyk[4 * pixel + 3];
    for (std::size_t colour = 0; colour < 3; ++colour) {
      image.rgb[3 * pixel + colour] =
          static_cast<std::uint8_t>((cmyk[4 * pixel + colour] * black + 127) / 255);
    }
  }
  return image;
}

Image decode_png(const fs::path& path, ByteSpan bytes) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  const auto free_it = [](png_image* image) { png_image_free(image); };
  const std::unique_ptr<png_image, decltype(free_it)> guard{&png, free_it};
  const auto check = [&](int succeeded) {
    if (succeeded == 0) refuse_file(path, fmt::format("damaged PNG ({})", &png.message[0]));
  };
  check(png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()));
  Image image = make_image(path, png.height, png.width);
  // With the transparency, to drop it: without, libpng would mix in a background.
  png.format = PNG_FORMAT_RGBA;
  png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  Bytes rgba(static_cast<std::size_t>(4 * image.height * image.width));
  check(png_image_finish_read(&png, nullptr, rgba.data(), 0, nullptr));
  for (std::size_t pixel = 0; pixel < image.rgb.size() / 3; ++pixel) {
    for (std::size_t colour = 0; colour < 3; ++colour) {
      image.rgb[3 * pixel + colour] = rgba[4 * pixel + colour];
    }
  }
  return image;
}

bool is_webp(ByteSpan bytes) {
  constexpr std::array<std::uint8_t, 4> kContainer{'R', 'I', 'F', 'F'};
  constexpr std::array<std::uint8_t, 4> kKind{'W', 'E', 'B', 'P'};
  return begins_with(bytes, kContainer) && bytes.size() >= 12 &&
         begins_with(bytes.subspan(8), kKind);
}

Image decode_webp(const fs::path& path, ByteSpan bytes) {
  WebPBitstreamFeatures found;
  if (WebPGetFeatures(bytes.data(), bytes.size(), &found) != VP8_STATUS_OK) {
    refuse_file(path, "damaged WebP (its header)");
  }
  if (found.has_animation != 0) refuse_file(path, "an animated WebP, which is no single picture");
  Image image = make_image(path, found.height, found.width);
  if (WebPDecodeRGBInto(bytes.data(), bytes.size(), image.rgb.data(), image.rgb.size(),
                        static_cast<int>(3 * image.width)) == nullptr) {
    refuse_file(path, "damaged WebP (its pixels, or it is cut short)");
  }
  return image;
}

}  // namespace

Image decode_image(ByteSpan bytes, const fs::path& path) {
  if (begins_with(bytes, kJpegStart)) return decode_jpeg(path, bytes);
  if (begins_with(bytes, kPngStart)) return decode_png(path, bytes);
  if (is_webp(bytes)) return decode_webp(path, bytes);
  refuse_file(path, "neither a JPEG nor a PNG nor a WebP");
}

Image read_image(const fs::path& path) {
  return decode_image(read_bytes(path), path);
}

}  // namespace papilio
