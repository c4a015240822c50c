#include "models/infer/split_run.hpp"

#include <ATen/ATen.h>

#include "models/infer/timed.hpp"
#include "models/tensor/quantizer.hpp"
#include "sim/base/error.hpp"

namespace papilio {

at::Tensor features_at(const SplitNetwork& split, const at::Tensor& image) {
  return split.network.prefix(image, split.cut);
}

Payload encoded(const SplitNetwork& split, const at::Tensor& features, const Codec& codec) {
  return encode_payload(codec, quantize(features.squeeze(0), split.bits));
}

at::Tensor decoded(const SplitNetwork& split, const Payload& payload, bool flat) {
  return dequantize(decode_payload(payload.bytes, feature_shape(split.cut.shape)), flat)
      .to(split.network.device(), split.network.type());
}

std::vector<Crossed> run_split(const SplitNetwork& split, const at::Tensor& image,
                               const std::vector<std::shared_ptr<const Codec>>& codecs) {
  PAPILIO_CHECK(image.size(0) == 1);
  StageTimes prefix;
  const at::Tensor features = timed(prefix.prefix_s, [&] { return features_at(split, image); });
  const bool flat = features.dim() == 2;
  std::vector<Crossed> results;
  results.reserve(codecs.size());
  for (const std::shared_ptr<const Codec>& codec : codecs) {
    Crossed crossed{.times = prefix};
    const Payload payload =
        timed(crossed.times.encode_s, [&] { return encoded(split, features, *codec); });
    crossed.body_bytes = payload.body_bytes;
    crossed.frame_bytes = payload.frame_bytes();
    const at::Tensor arrived =
        timed(crossed.times.decode_s, [&] { return decoded(split, payload, flat); });
    crossed.logits = timed(crossed.times.suffix_s,
                           [&] { return split.network.suffix(arrived, split.cut).to(at::kCPU); });
    results.push_back(std::move(crossed));
  }
  return results;
}

}  // namespace papilio
