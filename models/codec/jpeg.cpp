// The feature image as a grey baseline JPEG.

#include <fmt/format.h>
#include <turbojpeg.h>

#include <algorithm>

#include "models/codec/registry.hpp"
#include "models/codec/scaling.hpp"
#include "models/codec/tiling.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr std::int64_t kMaxJpegSide = 65500;  // libjpeg's
constexpr std::uint32_t kMaxPixel = 255;

class TurboJpeg {
 public:
  explicit TurboJpeg(tjhandle handle) : handle_{handle} {
    if (handle == nullptr) throw std::bad_alloc{};
  }
  ~TurboJpeg() { tjDestroy(handle_); }
  TurboJpeg(const TurboJpeg&) = delete;
  TurboJpeg& operator=(const TurboJpeg&) = delete;

  [[nodiscard]] tjhandle get() const { return handle_; }
  [[noreturn]] void refuse() const {
    throw PayloadError{fmt::format("jpeg: {}", tjGetErrorStr2(handle_))};
  }

 private:
  tjhandle handle_;
};

class JpegCodec final : public Codec {
 public:
  explicit JpegCodec(CodecTraits traits) : Codec{std::move(traits)} {}

 private:
  [[nodiscard]] ByteBuffer do_encode(const QuantizedTensor& tensor) const override {
    check_picture_side(tensor.shape, kMaxJpegSide);
    const Picture picture = tile(tensor.levels, tensor.shape);
    const std::uint32_t max_level = (1U << tensor.bits) - 1;
    ByteBuffer pixels(picture.pixels.size());
    std::transform(picture.pixels.begin(), picture.pixels.end(), pixels.begin(), [&](auto level) {
      return static_cast<std::uint8_t>(rescale(level, max_level, kMaxPixel));
    });
    const auto width = static_cast<int>(picture.width);
    const auto height = static_cast<int>(picture.height);
    const TurboJpeg encoder{tjInitCompress()};
    unsigned long size = tjBufSize(width, height, TJSAMP_GRAY);
    ByteBuffer body(size);
    unsigned char* target = body.data();
    const int status =
        tjCompress2(encoder.get(), pixels.data(), width, 0, height, TJPF_GRAY, &target, &size,
                    TJSAMP_GRAY, traits().parameter, TJFLAG_ACCURATEDCT | TJFLAG_NOREALLOC);
    PAPILIO_CHECK(status == 0);
    body.resize(size);
    return body;
  }

  [[nodiscard]] std::vector<std::uint16_t> do_decode(std::span<const std::uint8_t> body,
                                                     const FeatureShape& shape,
                                                     int bits) const override {
    check_picture_side(shape, kMaxJpegSide);
    const TileGrid grid = tile_grid(shape.channels);
    Picture picture{grid.columns * shape.width, grid.rows * shape.height, {}};
    const TurboJpeg decoder{tjInitDecompress()};
    int width = 0;
    int height = 0;
    int subsampling = 0;
    int colorspace = 0;
    if (tjDecompressHeader3(decoder.get(), body.data(), body.size(), &width, &height, &subsampling,
                            &colorspace) != 0) {
      decoder.refuse();
    }
    if (width != picture.width || height != picture.height || subsampling != TJSAMP_GRAY ||
        colorspace != TJCS_GRAY) {
      throw PayloadError{
          fmt::format("jpeg: not a grey picture of {} × {} pixels", picture.width, picture.height)};
    }
    ByteBuffer pixels(static_cast<std::size_t>(picture.width * picture.height));
    if (tjDecompress2(decoder.get(), body.data(), body.size(), pixels.data(), width, 0, height,
                      TJPF_GRAY,
                      TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS) != 0) {
      decoder.refuse();
    }
    const std::uint32_t max_level = (1U << bits) - 1;
    picture.pixels.resize(pixels.size());
    std::transform(pixels.begin(), pixels.end(), picture.pixels.begin(),
                   [&](auto pixel) { return rescale(pixel, kMaxPixel, max_level); });
    return untile(picture, shape);
  }
};

}  // namespace

std::unique_ptr<const Codec> make_jpeg(CodecTraits traits) {
  traits.summary = "tiled feature image, grey baseline JPEG of a quality (libjpeg-turbo)";
  traits.lossless = false;
  traits.max_bits = 8;
  return std::make_unique<JpegCodec>(std::move(traits));
}

}  // namespace papilio
