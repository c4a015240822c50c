// What phones send, by the libraries that phones have.

#include "models/codec/picture_formats.hpp"

#include <fmt/format.h>
#include <png.h>
#include <turbojpeg.h>
#include <webp/decode.h>
#include <webp/encode.h>

#include <new>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

using ByteSpan = std::span<const std::uint8_t>;

std::size_t bytes_of(const Transform& transform) {
  return static_cast<std::size_t>(3 * transform.height * transform.width);
}

/// A picture of the size that the network takes, black.
Image blank(const Transform& transform) {
  return {.height = transform.height,
          .width = transform.width,
          .rgb = std::vector<std::uint8_t>(bytes_of(transform))};
}

/// Refuses a picture of another size before memory is taken for it.
void check_size(const char* format, std::int64_t width, std::int64_t height,
                const Transform& transform) {
  if (width == transform.width && height == transform.height) return;
  throw PayloadError{fmt::format("{}: a picture of {} x {} pixels, not {} x {}", format, width,
                                 height, transform.width, transform.height)};
}

class RawPicture final : public PictureCodec {
 public:
  RawPicture()
      : PictureCodec{{.name = "raw", .summary = "the pixels, 3 bytes each, nothing around them"}} {}

 private:
  [[nodiscard]] ByteBuffer do_encode(const PhonePicture& picture) const override {
    return picture.pixels.rgb;
  }
  [[nodiscard]] Image do_decode(ByteSpan bytes, const Transform& transform) const override {
    if (bytes.size() != bytes_of(transform)) {
      throw PayloadError{fmt::format("raw: {} bytes, not {} of {} x {} pixels", bytes.size(),
                                     bytes_of(transform), transform.width, transform.height)};
    }
    return {.height = transform.height,
            .width = transform.width,
            .rgb = std::vector<std::uint8_t>(bytes.begin(), bytes.end())};
  }
};

class FilePicture final : public PictureCodec {
 public:
  FilePicture()
      : PictureCodec{{.name = "file",
                      .summary = "the picture's file as it is, scaled by the receiver",
                      .sends_file = true}} {}

 private:
  [[nodiscard]] ByteBuffer do_encode(const PhonePicture& picture) const override {
    return picture.file;
  }
  [[nodiscard]] Image do_decode(ByteSpan bytes, const Transform& transform) const override {
    try {
      return prepare(transform, decode_image(bytes, "the picture's file"));
    } catch (const ConfigError& error) {
      throw PayloadError{error.what()};
    }
  }
};

class PngPicture final : public PictureCodec {
 public:
  PngPicture()
      : PictureCodec{{.name = "png", .summary = "PNG as libpng's simplified writer makes it"}} {}

 private:
  /// libpng's description of a picture, and what it keeps for it.
  struct Described {
    png_image image{};
    Described() { image.version = PNG_IMAGE_VERSION; }
    ~Described() { png_image_free(&image); }
    Described(const Described&) = delete;
    Described& operator=(const Described&) = delete;
    void check(int succeeded) const {
      if (succeeded == 0) throw PayloadError{fmt::format("png: {}", &image.message[0])};
    }
  };

  [[nodiscard]] ByteBuffer do_encode(const PhonePicture& picture) const override {
    Described png;
    png.image.width = static_cast<png_uint_32>(picture.pixels.width);
    png.image.height = static_cast<png_uint_32>(picture.pixels.height);
    png.image.format = PNG_FORMAT_RGB;
    ByteBuffer bytes(PNG_IMAGE_PNG_SIZE_MAX(png.image));
    png_alloc_size_t size = bytes.size();
    // All that can fail with a buffer that large is memory.
    if (png_image_write_to_memory(&png.image, bytes.data(), &size, 0, picture.pixels.rgb.data(), 0,
                                  nullptr) == 0) {
      throw std::bad_alloc{};
    }
    bytes.resize(size);
    return bytes;
  }

  [[nodiscard]] Image do_decode(ByteSpan bytes, const Transform& transform) const override {
    Described png;
    png.check(png_image_begin_read_from_memory(&png.image, bytes.data(), bytes.size()));
    check_size("png", png.image.width, png.image.height, transform);
    if (png.image.format != PNG_FORMAT_RGB) throw PayloadError{"png: not of 8 bits a colour"};
    Image image = blank(transform);
    png.check(png_image_finish_read(&png.image, nullptr, image.rgb.data(), 0, nullptr));
    return image;
  }
};

class JpegPicture final : public PictureCodec {
 public:
  JpegPicture(int quality, bool whole_colour)
      : PictureCodec{{.name = fmt::format("jpeg:{}{}", quality, whole_colour ? ":444" : ""),
                      .summary =
                          fmt::format("baseline JPEG of a quality, colour {} (libjpeg-turbo)",
                                      whole_colour ? "4:4:4" : "4:2:0"),
                      .lossless = false}},
        quality_{quality},
        sampling_{whole_colour ? TJSAMP_444 : TJSAMP_420} {}

 private:
  struct Destroy {
    void operator()(void* handle) const { tjDestroy(handle); }
  };
  using Handle = std::unique_ptr<void, Destroy>;

  static Handle opened(tjhandle handle) {
    if (handle == nullptr) throw std::bad_alloc{};
    return Handle{handle};
  }

  [[nodiscard]] ByteBuffer do_encode(const PhonePicture& picture) const override {
    const Handle encoder = opened(tjInitCompress());
    const auto width = static_cast<int>(picture.pixels.width);
    const auto height = static_cast<int>(picture.pixels.height);
    unsigned long size = tjBufSize(width, height, sampling_);
    ByteBuffer bytes(size);
    unsigned char* target = bytes.data();
    // The accurate DCT is what libjpeg's own interface takes unasked.
    const int status =
        tjCompress2(encoder.get(), picture.pixels.rgb.data(), width, 0, height, TJPF_RGB, &target,
                    &size, sampling_, quality_, TJFLAG_ACCURATEDCT | TJFLAG_NOREALLOC);
    PAPILIO_CHECK(status == 0);
    bytes.resize(size);
    return bytes;
  }

  [[nodiscard]] Image do_decode(ByteSpan bytes, const Transform& transform) const override {
    const Handle decoder = opened(tjInitDecompress());
    const auto check = [&](int status) {
      if (status != 0) {
        throw PayloadError{fmt::format("jpeg: {}", tjGetErrorStr2(decoder.get()))};
      }
    };
    int width = 0;
    int height = 0;
    int sampling = 0;
    int space = 0;
    const auto size = static_cast<unsigned long>(bytes.size());
    check(
        tjDecompressHeader3(decoder.get(), bytes.data(), size, &width, &height, &sampling, &space));
    check_size("jpeg", width, height, transform);
    if (space != TJCS_YCbCr || sampling != sampling_) {
      throw PayloadError{"jpeg: other colours than the sender's"};
    }
    Image image = blank(transform);
    check(tjDecompress2(decoder.get(), bytes.data(), size, image.rgb.data(), width, 0, height,
                        TJPF_RGB, TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS));
    return image;
  }

  int quality_;
  int sampling_;
};

class WebpPicture final : public PictureCodec {
 public:
  explicit WebpPicture(int quality)
      : PictureCodec{{.name = fmt::format("webp:{}", quality),
                      .summary = "lossy WebP of a quality (libwebp)",
                      .lossless = false}},
        quality_{quality} {}

 private:
  [[nodiscard]] ByteBuffer do_encode(const PhonePicture& picture) const override {
    const auto width = static_cast<int>(picture.pixels.width);
    std::uint8_t* made = nullptr;
    const std::size_t size =
        WebPEncodeRGB(picture.pixels.rgb.data(), width, static_cast<int>(picture.pixels.height),
                      3 * width, static_cast<float>(quality_), &made);
    const std::unique_ptr<std::uint8_t, decltype(&WebPFree)> guard{made, &WebPFree};
    if (size == 0) throw std::bad_alloc{};
    return {made, made + size};
  }

  [[nodiscard]] Image do_decode(ByteSpan bytes, const Transform& transform) const override {
    WebPBitstreamFeatures found;
    if (WebPGetFeatures(bytes.data(), bytes.size(), &found) != VP8_STATUS_OK) {
      throw PayloadError{"webp: no WebP picture"};
    }
    check_size("webp", found.width, found.height, transform);
    constexpr int kLossy = 1;
    if (found.has_alpha != 0 || found.has_animation != 0 || found.format != kLossy) {
      throw PayloadError{"webp: not one lossy picture without transparency"};
    }
    Image image = blank(transform);
    if (WebPDecodeRGBInto(bytes.data(), bytes.size(), image.rgb.data(), image.rgb.size(),
                          static_cast<int>(3 * image.width)) == nullptr) {
      throw PayloadError{"webp: damaged, or cut short"};
    }
    return image;
  }

  int quality_;
};

}  // namespace

std::unique_ptr<const PictureCodec> make_raw_picture() {
  return std::make_unique<RawPicture>();
}
std::unique_ptr<const PictureCodec> make_file_picture() {
  return std::make_unique<FilePicture>();
}
std::unique_ptr<const PictureCodec> make_png_picture() {
  return std::make_unique<PngPicture>();
}
std::unique_ptr<const PictureCodec> make_jpeg_picture(int quality, bool whole_colour) {
  return std::make_unique<JpegPicture>(quality, whole_colour);
}
std::unique_ptr<const PictureCodec> make_webp_picture(int quality) {
  return std::make_unique<WebpPicture>(quality);
}

}  // namespace papilio
