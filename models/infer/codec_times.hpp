#pragma once

#include <cstddef>
#include <functional>

#include "models/infer/split_run.hpp"
#include "models/measure/layer_times.hpp"
#include "sim/base/stats/estimate.hpp"

namespace papilio {

/// What a codec makes of one picture or its features, and how long it takes.
struct CodecTimes {
  std::size_t body_bytes{0};
  std::size_t frame_bytes{0};
  Estimate encode;  ///< median of (quantiser,) codec and frame, s
  Estimate decode;  ///< median of the way back to what the network takes, on its device, s
};

/// Encodes and decodes again and again, until the medians of both times are known to
/// `spec.precision`, or `spec.limit_s` or `spec.most` is reached.
/// @param decode waits until the device is done
/// @param watch  called after every pass
/// @throws whatever the three throw
CodecTimes measure_coding(const std::function<Payload()>& encode,
                          const std::function<void(const Payload&)>& decode,
                          const MeasureSpec& spec, const std::function<void()>& watch);

/// Measures the coding of the features at a split's cut.
/// @param features `[1 × …]`, as `features_at` gives them
/// @param codec    of at least the network's bits
/// @param watch    called after every pass
/// @throws SimulationError if a feature is not finite, and whatever `watch` throws
CodecTimes measure_codec(const SplitNetwork& split, const at::Tensor& features, const Codec& codec,
                         const MeasureSpec& spec, const std::function<void()>& watch);

}  // namespace papilio
