#include "models/dataset/image.hpp"

#include <fmt/format.h>
#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr std::int64_t kColours = 3;
/// Larger pictures are refused: a damaged header must not claim the memory.
constexpr std::int64_t kMostPixels = std::int64_t{1} << 28;

/// What is wrong with a file, or its picture.
struct Decoded {
  Image image;
  std::string error;
};

Decoded decode_jpeg(const std::vector<std::uint8_t>& bytes) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder{tjInitDecompress(), tjDestroy};
  PAPILIO_CHECK(decoder != nullptr);
  const auto said = [&] { return std::string{tjGetErrorStr2(decoder.get())}; };
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = 0;
  const auto size = static_cast<unsigned long>(bytes.size());
  if (tjDecompressHeader3(decoder.get(), bytes.data(), size, &width, &height, &subsampling,
                          &colours) != 0) {
    return {{}, said()};
  }
  if (std::int64_t{width} * height > kMostPixels) return {{}, "the picture is too large"};
  // LibTurboJPEG makes no RGB of four inks; CMYK it gives as it lies.
  const bool inks = colours == TJCS_CMYK || colours == TJCS_YCCK;
  const int format = inks ? TJPF_CMYK : TJPF_RGB;
  const auto pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  std::vector<std::uint8_t> data(pixels * static_cast<std::size_t>(tjPixelSize[format]));
  // A truncated file decodes with a warning, which counts as damage here.
  if (tjDecompress2(decoder.get(), bytes.data(), size, data.data(), width, 0, height, format,
                    TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING) != 0) {
    return {{}, said()};
  }
  if (inks) {
    // Adobe's inks are stored inverted: 255 is no ink.
    std::vector<std::uint8_t> rgb(pixels * kColours);
    for (std::size_t i = 0; i < pixels; ++i) {
      for (std::size_t c = 0; c < kColours; ++c) {
        rgb[i * kColours + c] = static_cast<std::uint8_t>(data[i * 4 + c] * data[i * 4 + 3] / 255);
      }
    }
    data = std::move(rgb);
  }
  return {{height, width, std::move(data)}, ""};
}

Decoded decode_png(const std::vector<std::uint8_t>& bytes) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0) {
    return {{}, png.message};
  }
  if (std::int64_t{png.width} * png.height > kMostPixels) {
    png_image_free(&png);
    return {{}, "the picture is too large"};
  }
  // With its alpha, whose channel is then dropped: libpng would mix in a background.
  png.format = PNG_FORMAT_RGBA;
  std::vector<std::uint8_t> rgba(PNG_IMAGE_SIZE(png));
  if (png_image_finish_read(&png, nullptr, rgba.data(), 0, nullptr) == 0) return {{}, png.message};
  Image image{png.height, png.width, {}};
  image.rgb.reserve(rgba.size() / 4 * kColours);
  for (std::size_t i = 0; i < rgba.size(); i += 4) {
    image.rgb.insert(image.rgb.end(), {rgba[i], rgba[i + 1], rgba[i + 2]});
  }
  return {std::move(image), ""};
}

/// Weights of the source's pixels in one of the target's.
struct Window {
  std::int64_t first{0};
  std::vector<double> weights;
};

/// Pillow's windows: a triangle around the target's centre, as wide as the reduction.
std::vector<Window> triangle_windows(std::int64_t from, std::int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double reach = std::max(scale, 1.0);
  std::vector<Window> windows(static_cast<std::size_t>(to));
  for (std::int64_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const auto first =
        std::max<std::int64_t>(0, static_cast<std::int64_t>(std::floor(centre - reach + 0.5)));
    const auto last = std::min(from, static_cast<std::int64_t>(std::floor(centre + reach + 0.5)));
    Window& window = windows[static_cast<std::size_t>(i)];
    window.first = first;
    double sum = 0;
    for (std::int64_t j = first; j < last; ++j) {
      const double distance = std::abs((static_cast<double>(j) + 0.5 - centre) / reach);
      window.weights.push_back(std::max(0.0, 1.0 - distance));
      sum += window.weights.back();
    }
    for (double& weight : window.weights) weight /= sum;
  }
  return windows;
}

/// One pass, along the rows (`stride` 1) or along the columns.
std::uint8_t weighted(const Image& image, const Window& window, std::size_t start,
                      std::size_t stride) {
  double sum = 0;
  std::size_t at = start + static_cast<std::size_t>(window.first) * stride;
  for (const double weight : window.weights) {
    sum += weight * image.rgb[at];
    at += stride;
  }
  return static_cast<std::uint8_t>(std::clamp(std::lround(sum), 0L, 255L));
}

}  // namespace

Image read_image(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>{file}, {}};
  const auto fail = [&](const std::string& what) {
    return ConfigError{
        fmt::format("{}: error: {}; replace the picture, or take it out", path.string(), what)};
  };
  if (!file) throw fail("cannot read the file");
  const auto begins = [&](std::initializer_list<std::uint8_t> head) {
    return bytes.size() > head.size() && std::equal(head.begin(), head.end(), bytes.begin());
  };
  Decoded decoded;
  if (begins({0xFF, 0xD8})) {
    decoded = decode_jpeg(bytes);
  } else if (begins({0x89, 'P', 'N', 'G'})) {
    decoded = decode_png(bytes);
  } else {
    throw fail("is neither a JPEG nor a PNG");
  }
  if (!decoded.error.empty()) throw fail("is damaged: " + decoded.error);
  return std::move(decoded.image);
}

Image resize(const Image& image, std::int64_t height, std::int64_t width) {
  PAPILIO_CHECK(height >= 1 && width >= 1 && !image.rgb.empty());
  const auto stride = [](std::int64_t pixels) {
    return static_cast<std::size_t>(pixels) * kColours;
  };
  Image narrow{image.height, width, {}};
  narrow.rgb.reserve(static_cast<std::size_t>(image.height) * stride(width));
  const std::vector<Window> columns = triangle_windows(image.width, width);
  for (std::int64_t y = 0; y < image.height; ++y) {
    for (const Window& window : columns) {
      for (std::size_t c = 0; c < kColours; ++c) {
        narrow.rgb.push_back(weighted(
            image, window, static_cast<std::size_t>(y) * stride(image.width) + c, kColours));
      }
    }
  }
  Image result{height, width, {}};
  result.rgb.reserve(static_cast<std::size_t>(height) * stride(width));
  for (const Window& window : triangle_windows(image.height, height)) {
    for (std::size_t x = 0; x < stride(width); ++x) {
      result.rgb.push_back(weighted(narrow, window, x, stride(width)));
    }
  }
  return result;
}

}  // namespace papilio
