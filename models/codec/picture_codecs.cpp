// Still-picture codecs, on the tiled feature picture.

#include <fmt/format.h>
#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

#include "models/codec/codecs.hpp"
#include "models/codec/level_bytes.hpp"
#include "models/codec/tiling.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr int kByte = 8;

// libpng tells errors by longjmp, which must not jump over objects with destructors: the two
// functions below hold none between setjmp and the calls that may jump.

void ignore_png_warning(png_structp /*png*/, png_const_charp /*text*/) {}
void jump_on_png_error(png_structp png, png_const_charp /*text*/) {
  png_longjmp(png, 1);
}

void append_png(png_structp png, png_bytep data, std::size_t size) {
  auto* body = static_cast<Bytes*>(png_get_io_ptr(png));
  body->insert(body->end(), data, data + size);
}

/// What a PNG is read from.
struct PngSource {
  std::span<const std::uint8_t> rest;
};

void take_png(png_structp png, png_bytep data, std::size_t size) {
  auto* source = static_cast<PngSource*>(png_get_io_ptr(png));
  if (size > source->rest.size()) png_error(png, "truncated");
  std::memcpy(data, source->rest.data(), size);
  source->rest = source->rest.subspan(size);
}

/// @param rows big-endian pixels of `depth` bits
bool write_png(Bytes& body, const Tiling& tiling, int depth, const std::uint8_t* rows) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, jump_on_png_error,
                                            ignore_png_warning);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  if (info == nullptr || setjmp(png_jmpbuf(png)) != 0) {  // NOLINT(cert-err52-cpp): libpng's way
    png_destroy_write_struct(&png, &info);
    return false;
  }
  png_set_write_fn(png, &body, append_png, nullptr);
  png_set_compression_level(png, 9);
  png_set_IHDR(png, info, static_cast<png_uint_32>(tiling.width),
               static_cast<png_uint_32>(tiling.height), depth, PNG_COLOR_TYPE_GRAY,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  const auto stride = static_cast<std::size_t>(tiling.width * (depth / kByte));
  for (std::int64_t y = 0; y < tiling.height; ++y) {
    png_write_row(png, rows + static_cast<std::size_t>(y) * stride);
  }
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return true;
}

/// @return whether the body is a grey picture of that size and depth, and nothing more
bool read_png(PngSource& source, const Tiling& tiling, int depth, std::uint8_t* rows) {
  png_structp png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, jump_on_png_error, ignore_png_warning);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  if (info == nullptr || setjmp(png_jmpbuf(png)) != 0) {  // NOLINT(cert-err52-cpp): libpng's way
    png_destroy_read_struct(&png, &info, nullptr);
    return false;
  }
  png_set_read_fn(png, &source, take_png);
  png_set_user_limits(png, static_cast<png_uint_32>(tiling.width),
                      static_cast<png_uint_32>(tiling.height));
  // Chunks that no codec of ours writes are refused, whatever memory they ask for.
  png_set_chunk_malloc_max(png, 1);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_read_info(png, info);
  if (png_get_image_width(png, info) != tiling.width ||
      png_get_image_height(png, info) != tiling.height || png_get_bit_depth(png, info) != depth ||
      png_get_color_type(png, info) != PNG_COLOR_TYPE_GRAY ||
      png_get_interlace_type(png, info) != PNG_INTERLACE_NONE) {
    png_error(png, "another picture");
  }
  const auto stride = static_cast<std::size_t>(tiling.width * (depth / kByte));
  for (std::int64_t y = 0; y < tiling.height; ++y) {
    png_read_row(png, rows + static_cast<std::size_t>(y) * stride, nullptr);
  }
  png_read_end(png, nullptr);
  png_destroy_read_struct(&png, &info, nullptr);
  return source.rest.empty();
}

class PngCodec : public Codec {
 public:
  [[nodiscard]] const CodecTraits& traits() const override {
    static const CodecTraits kTraits{
        .name = "png", .summary = "tiled picture as PNG, grey, Deflate at level 9, by libpng"};
    return kTraits;
  }

  [[nodiscard]] Bytes encode(const QuantizedTensor& tensor) const override {
    const int depth = depth_of(tensor.bits);
    Bytes rows;
    for (const std::uint16_t level : to_tiles(tensor)) {
      if (depth > kByte) rows.push_back(static_cast<std::uint8_t>(level >> kByte));
      rows.push_back(static_cast<std::uint8_t>(level & 0xFFU));
    }
    Bytes body;
    PAPILIO_CHECK(write_png(body, tiling_of(tensor.shape), depth, rows.data()));
    return body;
  }

  [[nodiscard]] std::vector<std::uint16_t> decode(std::span<const std::uint8_t> body,
                                                  const TensorShape& shape,
                                                  int bits) const override {
    const Tiling tiling = tiling_of(shape);
    const int depth = depth_of(bits);
    const auto pixels = static_cast<std::size_t>(tiling.width * tiling.height);
    Bytes rows(pixels * static_cast<std::size_t>(depth / kByte));
    PngSource source{body};
    if (!read_png(source, tiling, depth, rows.data())) {
      throw PayloadError{fmt::format("the body is no PNG of {}x{} grey pixels of {} bits",
                                     tiling.width, tiling.height, depth)};
    }
    std::vector<std::uint16_t> picture(pixels);
    for (std::size_t i = 0; i < pixels; ++i) {
      picture[i] = depth > kByte
                       ? static_cast<std::uint16_t>(rows[2 * i] << kByte | rows[2 * i + 1])
                       : rows[i];
      if (picture[i] >> bits != 0) {
        throw PayloadError{fmt::format("the level {} takes more than {} bits", picture[i], bits)};
      }
    }
    return from_tiles(picture, shape);
  }

 private:
  static int depth_of(int bits) { return bits > kByte ? 2 * kByte : kByte; }
};

class JpegCodec : public Codec {
 public:
  explicit JpegCodec(int quality)
      : quality_{quality},
        traits_{.name = fmt::format("jpeg:{}", quality),
                .summary = fmt::format("tiled picture as JPEG, grey, quality {} of 1 to 100, by "
                                       "libjpeg-turbo",
                                       quality),
                .lossless = false,
                .max_bits = kByte} {}

  [[nodiscard]] const CodecTraits& traits() const override { return traits_; }

  [[nodiscard]] Bytes encode(const QuantizedTensor& tensor) const override {
    const Tiling tiling = tiling_of(tensor.shape);
    const int top = (1 << tensor.bits) - 1;
    Bytes pixels;
    for (const std::uint16_t level : to_tiles(tensor)) {
      pixels.push_back(static_cast<std::uint8_t>((level * kWhite + top / 2) / top));
    }
    const Handle compressor{tjInitCompress(), tjDestroy};
    unsigned char* data = nullptr;
    unsigned long size = 0;
    const int result = tjCompress2(compressor.get(), pixels.data(), static_cast<int>(tiling.width),
                                   0, static_cast<int>(tiling.height), TJPF_GRAY, &data, &size,
                                   TJSAMP_GRAY, quality_, TJFLAG_ACCURATEDCT);
    const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner{data, tjFree};
    PAPILIO_CHECK(result == 0);
    return {data, data + size};
  }

  [[nodiscard]] std::vector<std::uint16_t> decode(std::span<const std::uint8_t> body,
                                                  const TensorShape& shape,
                                                  int bits) const override {
    const Tiling tiling = tiling_of(shape);
    const Handle decompressor{tjInitDecompress(), tjDestroy};
    const auto size = static_cast<unsigned long>(body.size());
    int width = 0;
    int height = 0;
    int subsampling = 0;
    int colours = 0;
    Bytes pixels(static_cast<std::size_t>(tiling.width * tiling.height));
    if (tjDecompressHeader3(decompressor.get(), body.data(), size, &width, &height, &subsampling,
                            &colours) != 0 ||
        width != tiling.width || height != tiling.height || colours != TJCS_GRAY ||
        tjDecompress2(decompressor.get(), body.data(), size, pixels.data(), width, 0, height,
                      TJPF_GRAY,
                      TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS) != 0) {
      throw PayloadError{
          fmt::format("the body is no JPEG of {}x{} grey pixels", tiling.width, tiling.height)};
    }
    const int top = (1 << bits) - 1;
    std::vector<std::uint16_t> picture(pixels.size());
    std::transform(pixels.begin(), pixels.end(), picture.begin(), [&](std::uint8_t pixel) {
      return static_cast<std::uint16_t>((pixel * top + kWhite / 2) / kWhite);
    });
    return from_tiles(picture, shape);
  }

 private:
  using Handle = std::unique_ptr<void, int (*)(tjhandle)>;
  static constexpr int kWhite = 255;

  int quality_;
  CodecTraits traits_;
};

}  // namespace

std::unique_ptr<const Codec> png_codec() {
  return std::make_unique<PngCodec>();
}
std::unique_ptr<const Codec> jpeg_codec(int quality) {
  return std::make_unique<JpegCodec>(quality);
}

}  // namespace papilio
