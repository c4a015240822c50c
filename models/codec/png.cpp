// The feature image as a grey PNG, in the smallest of PNG's depths that holds the levels.

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <bit>
#include <csetjmp>
#include <cstring>

#include "models/codec/registry.hpp"
#include "models/codec/tiling.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

using ByteSpan = std::span<const std::uint8_t>;

constexpr std::int64_t kMaxPngSide = 65535;

/// What libpng works on: one byte a pixel up to 8 bits, two big-endian ones above.
struct Canvas {
  png_uint_32 width;
  png_uint_32 height;
  int depth;  ///< 1, 2, 4, 8 or 16
  ByteBuffer bytes;

  Canvas(std::int64_t picture_width, std::int64_t picture_height, int bits)
      : width{static_cast<png_uint_32>(picture_width)},
        height{static_cast<png_uint_32>(picture_height)},
        depth{static_cast<int>(std::bit_ceil(static_cast<unsigned>(bits)))},
        bytes(row_bytes() * height) {}

  [[nodiscard]] std::size_t row_bytes() const { return std::size_t{width} * (depth == 16 ? 2 : 1); }
  [[nodiscard]] png_bytep row(png_uint_32 y) { return bytes.data() + y * row_bytes(); }
};

/// Where libpng reads from, writes to and leaves its message.
struct Stream {
  ByteSpan input;
  ByteBuffer* output{nullptr};
  bool warned{false};
  char message[96]{};
};

void keep_message(png_structp png, png_const_charp message) {
  auto* stream = static_cast<Stream*>(png_get_error_ptr(png));
  std::strncpy(stream->message, message, sizeof stream->message - 1);
}

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  keep_message(png, message);
  png_longjmp(png, 1);
}

void on_warning(png_structp png, png_const_charp message) {
  keep_message(png, message);
  static_cast<Stream*>(png_get_error_ptr(png))->warned = true;
}

void read_bytes(png_structp png, png_bytep bytes, std::size_t count) {
  auto* stream = static_cast<Stream*>(png_get_io_ptr(png));
  if (count > stream->input.size()) png_error(png, "truncated");
  std::memcpy(bytes, stream->input.data(), count);
  stream->input = stream->input.subspan(count);
}

void write_bytes(png_structp png, png_bytep bytes, std::size_t count) {
  auto* stream = static_cast<Stream*>(png_get_io_ptr(png));
  try {
    stream->output->insert(stream->output->end(), bytes, bytes + count);
    return;
  } catch (const std::bad_alloc&) {
    // Reported below: an exception must not cross libpng, which is C.
  }
  png_error(png, "out of memory");
}

// libpng leaves by longjmp, which runs no destructors: the next two functions own nothing.

bool write_picture(png_structp png, png_infop info, Stream& stream, Canvas& canvas) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_write_fn(png, &stream, write_bytes, nullptr);
  png_set_compression_level(png, 9);
  png_set_IHDR(png, info, canvas.width, canvas.height, canvas.depth, PNG_COLOR_TYPE_GRAY,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  png_set_packing(png);
  for (png_uint_32 y = 0; y < canvas.height; ++y) png_write_row(png, canvas.row(y));
  png_write_end(png, nullptr);
  return true;
}

bool read_picture(png_structp png, png_infop info, Stream& stream, Canvas& canvas) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_read_fn(png, &stream, read_bytes);
  png_set_benign_errors(png, 0);
  png_set_user_limits(png, canvas.width, canvas.height);
  // Our encoder writes no chunk that libpng would keep.
  png_set_chunk_cache_max(png, 1);
  png_set_chunk_malloc_max(png, 4096);
  png_read_info(png, info);
  if (png_get_image_width(png, info) != canvas.width ||
      png_get_image_height(png, info) != canvas.height ||
      png_get_bit_depth(png, info) != canvas.depth ||
      png_get_color_type(png, info) != PNG_COLOR_TYPE_GRAY ||
      png_get_interlace_type(png, info) != PNG_INTERLACE_NONE) {
    png_error(png, "another size or format than expected");
  }
  png_set_packing(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != canvas.row_bytes()) png_error(png, "unexpected row size");
  for (png_uint_32 y = 0; y < canvas.height; ++y) png_read_row(png, canvas.row(y), nullptr);
  png_read_end(png, nullptr);
  return true;
}

class PngCodec final : public Codec {
 public:
  explicit PngCodec(CodecTraits traits) : Codec{std::move(traits)} {}

 private:
  [[nodiscard]] ByteBuffer do_encode(const QuantizedTensor& tensor) const override {
    check_picture_side(tensor.shape, kMaxPngSide);
    const Picture picture = tile(tensor.levels, tensor.shape);
    Canvas canvas{picture.width, picture.height, tensor.bits};
    for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
      if (canvas.depth == 16) {
        canvas.bytes[2 * i] = static_cast<std::uint8_t>(picture.pixels[i] >> 8);
        canvas.bytes[2 * i + 1] = static_cast<std::uint8_t>(picture.pixels[i]);
      } else {
        canvas.bytes[i] = static_cast<std::uint8_t>(picture.pixels[i]);
      }
    }
    ByteBuffer body;
    Stream stream{.output = &body};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &stream, on_error, on_warning);
    png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
    const bool done = info != nullptr && write_picture(png, info, stream, canvas);
    png_destroy_write_struct(&png, &info);
    if (!done) throw std::bad_alloc{};
    return body;
  }

  [[nodiscard]] std::vector<std::uint16_t> do_decode(ByteSpan body, const FeatureShape& shape,
                                                     int bits) const override {
    check_picture_side(shape, kMaxPngSide);
    const TileGrid grid = tile_grid(shape.channels);
    Picture picture{grid.columns * shape.width, grid.rows * shape.height, {}};
    Canvas canvas{picture.width, picture.height, bits};
    Stream stream{.input = body};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &stream, on_error, on_warning);
    png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
    const bool done = info != nullptr && read_picture(png, info, stream, canvas);
    png_destroy_read_struct(&png, &info, nullptr);
    if (!done || stream.warned) throw PayloadError{fmt::format("png: {}", stream.message)};
    if (!stream.input.empty()) throw PayloadError{"png: bytes after the picture's end"};
    picture.pixels.resize(std::size_t{canvas.width} * canvas.height);
    for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
      picture.pixels[i] =
          canvas.depth == 16
              ? static_cast<std::uint16_t>(canvas.bytes[2 * i] << 8 | canvas.bytes[2 * i + 1])
              : canvas.bytes[i];
    }
    return untile(picture, shape);
  }
};

}  // namespace

std::unique_ptr<const Codec> make_png(CodecTraits traits) {
  traits.summary = "tiled feature image, PNG at level 9 (libpng)";
  return std::make_unique<PngCodec>(std::move(traits));
}

}  // namespace papilio
