#include <x265.h>

#include <map>
#include <mutex>
#include <tuple>

#include "models/codec/hevc_stream.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr int kDepths[]{12, 10, 8};
constexpr std::size_t kLengthBytes = 4;  // before each NAL unit, with Annex B off
constexpr std::size_t kNalHeaderBytes = 2;

/// An encoder of one picture: deterministic, silent, in a thread.
class Encoder {
 public:
  explicit Encoder(const HevcFormat& format) : api_{*api(format.depth)} {
    const std::unique_ptr<x265_param, decltype(api_.param_free)> parameters{api_.param_alloc(),
                                                                            api_.param_free};
    PAPILIO_CHECK(parameters != nullptr);
    configure(*parameters, format);
    // The first encoder fills tables of the whole process.
    static std::mutex opening;
    const std::lock_guard lock{opening};
    encoder_ = api_.encoder_open(parameters.get());
    PAPILIO_CHECK(encoder_ != nullptr);
  }
  ~Encoder() { api_.encoder_close(encoder_); }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  static const x265_api* api(int depth) { return x265_api_get(depth); }

  [[nodiscard]] std::vector<ByteBuffer> parameter_sets() {
    x265_nal* units = nullptr;
    std::uint32_t count = 0;
    PAPILIO_CHECK(api_.encoder_headers(encoder_, &units, &count) >= 0);
    std::vector<ByteBuffer> sets;
    sets.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      sets.emplace_back(units[i].payload + kLengthBytes, units[i].payload + units[i].sizeBytes);
    }
    return sets;
  }

  [[nodiscard]] HevcSlice slice(const Picture& picture, const HevcFormat& format) {
    // x265 takes bytes for 8 bits, words above.
    const ByteBuffer bytes =
        format.depth == 8 ? ByteBuffer{picture.pixels.begin(), picture.pixels.end()} : ByteBuffer{};
    x265_picture input{};
    input.bitDepth = format.depth;
    input.colorSpace = X265_CSP_I400;
    input.sliceType = X265_TYPE_IDR;
    // The interface takes void*, and does not write to its source.
    input.planes[0] = format.depth == 8
                          ? static_cast<void*>(const_cast<std::uint8_t*>(bytes.data()))
                          : static_cast<void*>(const_cast<std::uint16_t*>(picture.pixels.data()));
    input.stride[0] = static_cast<int>(picture.width * (format.depth == 8 ? 1 : 2));
    x265_picture output{};
    x265_nal* units = nullptr;
    std::uint32_t count = 0;
    int status = api_.encoder_encode(encoder_, &units, &count, &input, &output);
    while (status == 0) status = api_.encoder_encode(encoder_, &units, &count, nullptr, &output);
    // For an only picture x265 repeats the parameter sets before its slice.
    PAPILIO_CHECK(status == 1 && count >= 1);
    const x265_nal& unit = units[count - 1];
    PAPILIO_CHECK(unit.type == NAL_UNIT_CODED_SLICE_IDR_N_LP);
    return {.bytes = {unit.payload + kLengthBytes + kNalHeaderBytes, unit.payload + unit.sizeBytes},
            .reconstructed = copy_picture(static_cast<const std::uint8_t*>(output.planes[0]),
                                          output.stride[0], format)};
  }

 private:
  void configure(x265_param& parameters, const HevcFormat& format) const {
    // Tuned for squared error, not for the eye.
    PAPILIO_CHECK(api_.param_default_preset(&parameters, "slow", "psnr") == 0);
    parameters.logLevel = X265_LOG_NONE;
    parameters.numaPools = "none";
    parameters.frameNumThreads = 1;
    parameters.bEnableWavefront = 0;

    parameters.sourceWidth = static_cast<int>(format.width);
    parameters.sourceHeight = static_cast<int>(format.height);
    parameters.internalBitDepth = format.depth;
    parameters.internalCsp = X265_CSP_I400;
    parameters.fpsNum = 1;
    parameters.fpsDenom = 1;
    parameters.totalFrames = 1;
    parameters.keyframeMax = 1;
    parameters.bframes = 0;
    parameters.lookaheadDepth = 0;
    parameters.scenecutThreshold = 0;

    parameters.bAnnexB = 0;
    parameters.bRepeatHeaders = 0;
    parameters.bEmitInfoSEI = 0;

    // The smallest coding-tree unit, as pictures may be of one.
    parameters.bAllowNonConformance = 1;  // which large pictures ask for; no level is sent
    parameters.maxCUSize = 16;
    parameters.minCUSize = 8;
    parameters.maxTUSize = 16;
    parameters.rc.qgSize = 16;
    parameters.rc.aqMode = X265_AQ_NONE;
    parameters.rc.cuTree = 0;
    parameters.rc.rateControlMode = X265_RC_CQP;
    parameters.rc.qp = format.qp;
    parameters.rc.ipFactor = 1;  // or intra pictures get another QP than the one asked for
    parameters.bLossless = format.lossless ? 1 : 0;
  }

  const x265_api& api_;
  x265_encoder* encoder_{nullptr};
};

}  // namespace

int hevc_max_depth() {
  for (const int depth : kDepths) {
    if (Encoder::api(depth) != nullptr) return depth;
  }
  detail::unexpected("no build of x265 at any depth");
}

HevcSlice hevc_encode(const Picture& picture, const HevcFormat& format) {
  return Encoder{format}.slice(picture, format);
}

std::vector<ByteBuffer> hevc_parameter_sets(const HevcFormat& format) {
  // An encoder for each picture received would take half a millisecond, and leak.
  static std::mutex making;
  using Key = std::tuple<std::int64_t, std::int64_t, int, int, bool>;
  static std::map<Key, std::vector<ByteBuffer>> made;
  const Key key{format.width, format.height, format.depth, format.qp, format.lossless};
  const std::lock_guard lock{making};
  const auto known = made.find(key);
  if (known != made.end()) return known->second;
  return made.emplace(key, Encoder{format}.parameter_sets()).first->second;
}

}  // namespace papilio
