#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/codec/codec.hpp"
#include "models/codec/payload.hpp"
#include "models/tensor/network.hpp"

namespace papilio {

/// A network cut in two, with what stands between its halves.
struct SplitNetwork {
  Network network;  ///< in inference; a unit's layers are part of it
  Cut cut;          ///< where features cross; `after` 0: the picture itself crosses
  int bits{8};
};

/// Wall time of each stage of one picture, batch of one.
struct StageTimes {
  double prefix_s{0};  ///< the mobile's layers
  double encode_s{0};  ///< quantiser, codec and frame
  double decode_s{0};  ///< frame, codec and back to features
  double suffix_s{0};  ///< the cloud's layers
};

/// What one picture's features came to with one codec.
struct Crossed {
  std::size_t body_bytes{0};
  std::size_t frame_bytes{0};
  StageTimes times;
  at::Tensor logits;  ///< `[1 × classes]`
};

/// What the mobile makes of the features at a split's cut: quantised, encoded, framed.
/// @param features `[1 × …]`
/// @param codec    of at least the network's bits
/// @throws SimulationError if a feature is not finite
Payload encoded(const SplitNetwork& split, const at::Tensor& features, const Codec& codec);

/// What the cloud makes of a payload: features on the network's device and of its type, `[1 ×
/// channels × height × width]`, or `[1 × n]` with `flat`.
at::Tensor decoded(const SplitNetwork& split, const Payload& payload, bool flat);

/// Runs one picture to the cut, sends its features through each codec, and runs the rest on what
/// arrived.
/// @param image  `[1 × channels × height × width]`
/// @param codecs each of at least the network's bits
/// @return one item a codec; all have the time of the prefix, which ran once
/// @throws SimulationError if a feature is not finite
std::vector<Crossed> run_split(const SplitNetwork& split, const at::Tensor& image,
                               const std::vector<std::shared_ptr<const Codec>>& codecs);

/// The features at a split's cut before quantisation, `[1 × …]`.
at::Tensor features_at(const SplitNetwork& split, const at::Tensor& image);

}  // namespace papilio
