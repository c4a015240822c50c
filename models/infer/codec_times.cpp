#include "models/infer/codec_times.hpp"

#include <ATen/core/Tensor.h>

#include <chrono>
#include <vector>

#include "models/tensor/runtime.hpp"

namespace papilio {
namespace {

using Clock = std::chrono::steady_clock;

double seconds(Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

CodecTimes measure_codec(const SplitNetwork& split, const at::Tensor& features, const Codec& codec,
                         const MeasureSpec& spec, const std::function<void()>& watch) {
  const bool flat = features.dim() == 2;
  return measure_coding([&] { return encoded(split, features, codec); },
                        [&](const Payload& payload) {
                          static_cast<void>(decoded(split, payload, flat));
                          catch_up(split.network.device());
                        },
                        spec, watch);
}

CodecTimes measure_coding(const std::function<Payload()>& encode,
                          const std::function<void(const Payload&)>& decode,
                          const MeasureSpec& spec, const std::function<void()>& watch) {
  CodecTimes result;
  std::vector<double> encode_s;
  std::vector<double> decode_s;
  const auto pass = [&](bool counts) {
    const Clock::time_point start = Clock::now();
    const Payload payload = encode();
    const Clock::time_point sent = Clock::now();
    decode(payload);
    const Clock::time_point end = Clock::now();
    result.body_bytes = payload.body_bytes;
    result.frame_bytes = payload.frame_bytes();
    if (!counts) return;
    encode_s.push_back(seconds(sent - start));
    decode_s.push_back(seconds(end - sent));
  };
  pass(/*counts=*/false);  // sets up what is set up once, and fetches the features
  const Clock::time_point start = Clock::now();
  while (encode_s.size() < spec.most) {
    pass(/*counts=*/true);
    watch();
    if (encode_s.size() < spec.least) continue;
    result.encode = median(encode_s);
    result.decode = median(decode_s);
    if (seconds(Clock::now() - start) >= spec.limit_s) break;
    if (relative_half_width(result.encode) <= spec.precision &&
        relative_half_width(result.decode) <= spec.precision) {
      break;
    }
  }
  return result;
}

}  // namespace papilio
