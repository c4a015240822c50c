#include <fmt/format.h>
#include <libde265/de265.h>

#include <cstring>

#include "models/codec/hevc_stream.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

// Of an IDR slice without leading pictures, in layer 0, temporal level 0.
constexpr std::uint8_t kNalHeader[]{20 << 1, 1};

class Decoder {
 public:
  Decoder() : handle_{de265_new_decoder()} {
    if (handle_ == nullptr) throw std::bad_alloc{};
  }
  ~Decoder() { de265_free_decoder(handle_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  [[nodiscard]] de265_decoder_context* get() const { return handle_; }
  void push(std::span<const std::uint8_t> unit) {
    check(de265_push_NAL(handle_, unit.data(), static_cast<int>(unit.size()), 0, nullptr));
  }
  static void check(de265_error error) {
    if (error != DE265_OK) {
      throw PayloadError{fmt::format("hevc: {}", de265_get_error_text(error))};
    }
  }

 private:
  de265_decoder_context* handle_;
};

/// The library's own allocation, but of pictures of the expected size alone, and cleared: a slice
/// that ends early must not show what lay in the memory before.
int allocate(de265_decoder_context* decoder, de265_image_spec* spec, de265_image* image,
             void* format_pointer) {
  const auto* format = static_cast<const HevcFormat*>(format_pointer);
  constexpr int kBlock = 16;  // the decoder may round up to whole blocks
  if (spec->width < format->width || spec->width >= format->width + kBlock ||
      spec->height < format->height || spec->height >= format->height + kBlock) {
    return 0;
  }
  if (de265_get_default_image_allocation_functions()->get_buffer(decoder, spec, image, nullptr) ==
      0) {
    return 0;
  }
  int stride = 0;
  // The interface hands out const memory to readers of pictures; here it is not a picture yet.
  auto* plane = const_cast<std::uint8_t*>(de265_get_image_plane(image, 0, &stride));
  std::memset(plane, 0, static_cast<std::size_t>(stride) * static_cast<std::size_t>(spec->height));
  return 1;
}

void release(de265_decoder_context* decoder, de265_image* image, void* /*format*/) {
  de265_get_default_image_allocation_functions()->release_buffer(decoder, image, nullptr);
}

Picture copy(const de265_image& image, const HevcFormat& format) {
  if (de265_get_image_width(&image, 0) != format.width ||
      de265_get_image_height(&image, 0) != format.height ||
      de265_get_bits_per_pixel(&image, 0) != format.depth ||
      de265_get_chroma_format(&image) != de265_chroma_mono) {
    throw PayloadError{"hevc: another size or format than expected"};
  }
  int stride = 0;
  const std::uint8_t* plane = de265_get_image_plane(&image, 0, &stride);
  return copy_picture(plane, stride, format);
}

}  // namespace

Picture hevc_decode(std::span<const std::uint8_t> slice, const HevcFormat& format) {
  // Bits 1?1011: the first slice of the picture, picture parameter set 0, intra.
  if (slice.empty() || (slice[0] & 0xBC) != 0xAC) {
    throw PayloadError{"hevc: not an intra slice from the picture's beginning"};
  }
  ByteBuffer unit{std::begin(kNalHeader), std::end(kNalHeader)};
  unit.insert(unit.end(), slice.begin(), slice.end());

  // The library makes its tables with the first decoder and frees them with the last: this one
  // keeps them, which spares each picture 3 ms.
  static const Decoder kKeepsTables;
  Decoder decoder;
  de265_set_verbosity(0);
  de265_set_parameter_bool(decoder.get(), DE265_DECODER_PARAM_SUPPRESS_FAULTY_PICTURES, 1);
  de265_image_allocation allocation{allocate, release};
  HevcFormat asked = format;
  de265_set_image_allocation_functions(decoder.get(), &allocation, &asked);

  for (const ByteBuffer& set : hevc_parameter_sets(format)) decoder.push(set);
  decoder.push(unit);
  Decoder::check(de265_flush_data(decoder.get()));
  // Each step takes a unit or gives the picture; with a picture to fetch `more` stays set.
  constexpr int kMaxSteps = 64;
  const de265_image* image = nullptr;
  int more = 1;
  for (int step = 0; step < kMaxSteps && more != 0 && image == nullptr; ++step) {
    Decoder::check(de265_decode(decoder.get(), &more));
    image = de265_get_next_picture(decoder.get());
  }
  Decoder::check(de265_get_warning(decoder.get()));
  if (image == nullptr) throw PayloadError{"hevc: no picture"};
  return copy(*image, format);
}

}  // namespace papilio
