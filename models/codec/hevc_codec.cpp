// HEVC on the tiled feature picture: x265 encodes, libde265 decodes. Of the bitstream only the
// slice is the body. The parameter sets before it follow from shape, bits and parameter, so the
// receiver makes them anew instead of trusting what it got; they would also be most of a small
// payload.

#include <fmt/format.h>
#include <libde265/de265.h>
#include <x265.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>

#include "models/codec/codecs.hpp"
#include "models/codec/tiling.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr int kByte = 8;

/// The picture that is coded: the tiles, at least one coding-tree unit large, which x265 asks for,
/// and of even sides.
struct Frame {
  int width;
  int height;
  int depth;  ///< bits of a pixel: 8, 10 or 12, as x265 is built for

  Frame(const TensorShape& shape, int bits)
      : width{padded(tiling_of(shape).width)},
        height{padded(tiling_of(shape).height)},
        depth{bits <= kByte ? kByte
              : bits <= 10  ? 10
                            : 12} {}

  static int padded(std::int64_t side) {
    constexpr std::int64_t kUnit = 16;
    // x265 pads to its smallest coding unit by itself, and tells the decoder; ours are multiples.
    return static_cast<int>((std::max(side, kUnit) + 7) / 8 * 8);
  }
};

/// Frees what x265's functions of one bit depth made.
struct Encoder {
  Encoder(const Frame& frame, std::optional<int> qp) : api{x265_api_get(frame.depth)} {
    PAPILIO_CHECK(api != nullptr);
    param.reset(api->param_alloc());
    PAPILIO_CHECK(api->param_default_preset(param.get(), "veryslow", nullptr) == 0);
    x265_param& p = *param;
    p.logLevel = X265_LOG_NONE;
    p.internalCsp = X265_CSP_I400;
    p.sourceWidth = frame.width;
    p.sourceHeight = frame.height;
    p.internalBitDepth = frame.depth;
    p.fpsNum = 1;
    p.fpsDenom = 1;
    p.totalFrames = 1;
    p.keyframeMax = 1;  // one intra picture
    p.bframes = 0;
    p.lookaheadDepth = 0;
    p.maxCUSize = 16;
    p.bRepeatHeaders = 0;
    p.bEmitInfoSEI = 0;
    p.bEnableAccessUnitDelimiters = 0;
    p.rc.rateControlMode = X265_RC_CQP;
    if (qp) {
      p.rc.qp = *qp;
      p.rc.ipFactor = 1;
    } else {
      p.bLossless = 1;
    }
    // One thread, so that the bytes are the same everywhere.
    p.frameNumThreads = 1;
    p.bEnableWavefront = 0;
    p.bDistributeModeAnalysis = 0;
    p.bDistributeMotionEstimation = 0;
    PAPILIO_CHECK(api->param_parse(&p, "pools", "none") == 0);
    encoder = api->encoder_open(&p);
    PAPILIO_CHECK(encoder != nullptr);
  }
  ~Encoder() { api->encoder_close(encoder); }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  /// The parameter sets, with their start codes.
  Bytes headers() {
    x265_nal* nals = nullptr;
    std::uint32_t count = 0;
    PAPILIO_CHECK(api->encoder_headers(encoder, &nals, &count) > 0);
    Bytes bytes;
    for (std::uint32_t i = 0; i < count; ++i) {
      bytes.insert(bytes.end(), nals[i].payload, nals[i].payload + nals[i].sizeBytes);
    }
    return bytes;
  }

  /// The slice of one picture, without its start code.
  Bytes slice(x265_picture& picture) {
    x265_nal* nals = nullptr;
    std::uint32_t count = 0;
    int pictures = api->encoder_encode(encoder, &nals, &count, &picture, nullptr);
    while (pictures == 0) pictures = api->encoder_encode(encoder, &nals, &count, nullptr, nullptr);
    PAPILIO_CHECK(pictures == 1);
    // The parameter sets come again in front of it.
    const x265_nal* found = std::find_if(
        nals, nals + count, [](const x265_nal& nal) { return nal.type < NAL_UNIT_VPS; });
    PAPILIO_CHECK(found + 1 == nals + count);
    const std::uint8_t* end = found->payload + found->sizeBytes;
    const std::uint8_t* payload = found->payload;
    const std::uint8_t* begin = std::find(payload, end, std::uint8_t{1}) + 1;  // behind 00 00 01
    return {begin, end};
  }

  const x265_api* api;
  std::unique_ptr<x265_param, void (*)(x265_param*)> param{nullptr,
                                                           x265_api_get(kByte)->param_free};
  x265_encoder* encoder{nullptr};
};

/// What begins each slice in the stream.
constexpr std::uint8_t kStartCode[]{0, 0, 0, 1};

class HevcCodec : public Codec {
 public:
  explicit HevcCodec(std::optional<int> qp)
      : qp_{qp},
        traits_{
            .name = qp ? fmt::format("hevc:{}", *qp) : "hevc",
            .summary = fmt::format("tiled picture as HEVC intra 4:0:0, {}, by x265 and libde265",
                                   qp ? fmt::format("QP {} of 0 to 51", *qp) : "lossless"),
            .lossless = !qp.has_value(),
            .max_bits = 12} {}

  [[nodiscard]] const CodecTraits& traits() const override { return traits_; }

  [[nodiscard]] Bytes encode(const QuantizedTensor& tensor) const override {
    const Frame frame{tensor.shape, tensor.bits};
    std::vector<std::uint16_t> pixels = padded_tiles(tensor, frame);
    Encoder encoder{frame, qp_};
    x265_picture picture{};
    encoder.api->picture_init(encoder.param.get(), &picture);
    Bytes bytes;
    if (frame.depth == kByte) {
      bytes.reserve(pixels.size());
      for (const std::uint16_t pixel : pixels) bytes.push_back(static_cast<std::uint8_t>(pixel));
      picture.planes[0] = bytes.data();
      picture.stride[0] = frame.width;
    } else {
      picture.planes[0] = pixels.data();
      picture.stride[0] = frame.width * 2;
    }
    picture.bitDepth = frame.depth;
    picture.colorSpace = X265_CSP_I400;
    return encoder.slice(picture);
  }

  [[nodiscard]] std::vector<std::uint16_t> decode(std::span<const std::uint8_t> body,
                                                  const TensorShape& shape,
                                                  int bits) const override {
    const Frame frame{shape, bits};
    Bytes stream = headers_of(frame);
    // Another start code within the body would begin parameter sets of its own.
    const std::uint8_t start[]{0, 0, 1};
    if (std::search(body.begin(), body.end(), std::begin(start), std::end(start)) != body.end()) {
      throw wrong(frame);
    }
    stream.insert(stream.end(), std::begin(kStartCode), std::end(kStartCode));
    stream.insert(stream.end(), body.begin(), body.end());
    const std::vector<std::uint16_t> pixels = decoded(stream, frame);

    const Tiling tiling = tiling_of(shape);
    const int top = (1 << bits) - 1;
    std::vector<std::uint16_t> picture;
    picture.reserve(static_cast<std::size_t>(tiling.width * tiling.height));
    for (std::int64_t y = 0; y < tiling.height; ++y) {
      for (std::int64_t x = 0; x < tiling.width; ++x) {
        const std::uint16_t pixel = pixels[static_cast<std::size_t>(y * frame.width + x)];
        if (!qp_ && pixel > top) {
          throw PayloadError{fmt::format("the level {} takes more than {} bits", pixel, bits)};
        }
        picture.push_back(std::min(pixel, static_cast<std::uint16_t>(top)));
      }
    }
    return from_tiles(picture, shape);
  }

 private:
  static PayloadError wrong(const Frame& frame) {
    return PayloadError{fmt::format("the body is no HEVC picture of {}x{} grey pixels of {} bits",
                                    frame.width, frame.height, frame.depth)};
  }

  /// The parameter sets of a picture; kept, for opening an encoder takes longer than all else.
  [[nodiscard]] Bytes headers_of(const Frame& frame) const {
    static std::mutex mutex;
    static std::map<std::tuple<int, int, int, int>, Bytes> known;
    const std::scoped_lock lock{mutex};
    Bytes& headers = known[{frame.width, frame.height, frame.depth, qp_.value_or(-1)}];
    if (headers.empty()) headers = Encoder{frame, qp_}.headers();
    return headers;
  }

  /// The tiles, with their last row and column repeated up to the frame's size.
  static std::vector<std::uint16_t> padded_tiles(const QuantizedTensor& tensor,
                                                 const Frame& frame) {
    const Tiling tiling = tiling_of(tensor.shape);
    const std::vector<std::uint16_t> tiles = to_tiles(tensor);
    std::vector<std::uint16_t> pixels;
    pixels.reserve(static_cast<std::size_t>(frame.width) * static_cast<std::size_t>(frame.height));
    for (std::int64_t y = 0; y < frame.height; ++y) {
      for (std::int64_t x = 0; x < frame.width; ++x) {
        const std::int64_t row = std::min(y, tiling.height - 1);
        const std::int64_t column = std::min(x, tiling.width - 1);
        pixels.push_back(tiles[static_cast<std::size_t>(row * tiling.width + column)]);
      }
    }
    return pixels;
  }

  /// The pixels of the one picture in a stream.
  static std::vector<std::uint16_t> decoded(const Bytes& stream, const Frame& frame) {
    const std::unique_ptr<de265_decoder_context, de265_error (*)(de265_decoder_context*)> decoder{
        de265_new_decoder(), de265_free_decoder};
    PAPILIO_CHECK(decoder != nullptr);
    if (de265_push_data(decoder.get(), stream.data(), static_cast<int>(stream.size()), 0,
                        nullptr) != DE265_OK ||
        de265_flush_data(decoder.get()) != DE265_OK) {
      throw wrong(frame);
    }
    // One slice takes a few steps; a decoder that a damaged one leads astray is not waited for.
    constexpr int kMostSteps = 100;
    const de265_image* image = nullptr;
    int more = 1;
    for (int step = 0; image == nullptr && more != 0 && step < kMostSteps; ++step) {
      if (de265_decode(decoder.get(), &more) != DE265_OK) throw wrong(frame);
      image = de265_get_next_picture(decoder.get());
    }
    // A picture whose slice was damaged comes with warnings.
    if (de265_get_warning(decoder.get()) != DE265_OK) throw wrong(frame);
    if (image == nullptr || de265_get_image_width(image, 0) != frame.width ||
        de265_get_image_height(image, 0) != frame.height ||
        de265_get_bits_per_pixel(image, 0) != frame.depth) {
      throw wrong(frame);
    }
    int stride = 0;
    const std::uint8_t* rows = de265_get_image_plane(image, 0, &stride);
    std::vector<std::uint16_t> pixels;
    pixels.reserve(static_cast<std::size_t>(frame.width) * static_cast<std::size_t>(frame.height));
    for (int y = 0; y < frame.height; ++y) {
      const std::uint8_t* row = rows + static_cast<std::ptrdiff_t>(y) * stride;
      for (int x = 0; x < frame.width; ++x) {
        pixels.push_back(frame.depth == kByte
                             ? row[x]
                             : static_cast<std::uint16_t>(row[2 * x] | row[2 * x + 1] << kByte));
      }
    }
    return pixels;
  }

  std::optional<int> qp_;
  CodecTraits traits_;
};

}  // namespace

std::unique_ptr<const Codec> hevc_codec(std::optional<int> qp) {
  return std::make_unique<HevcCodec>(qp);
}

}  // namespace papilio
