#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/codec/codec.hpp"
#include "models/codec/picture_codec.hpp"
#include "models/dataset/dataset.hpp"
#include "models/dataset/left_out.hpp"
#include "models/dataset/transform.hpp"
#include "models/graph/graph.hpp"
#include "models/infer/split_run.hpp"
#include "models/live/mobile.hpp"
#include "models/live/protocol.hpp"
#include "models/live/server.hpp"
#include "models/tensor/network.hpp"
#include "models/weights/state_dict.hpp"

namespace papilio {

/// A part of a live run, and the network that is cut there.
struct LiveSplit {
  LivePart part;
  SplitNetwork split;
};

/// A SHA-256 over a network's graph and weights.
/// @param network with its weights as they were read, not folded
std::string network_digest(const Network& network);

/// A part as both sides make it. Its fingerprint follows from the digest, the cut, the unit, the
/// width and what is done to pictures.
/// @param digest   `network_digest` of the network that `split` runs
/// @param cut      as the command line names it, on the network without unit
/// @param channels of the unit; 0: none
LiveSplit live_split(const std::string& digest, SplitNetwork split, const Cut& cut,
                     std::int64_t channels, const Transform& transform);

/// The parts of some splits, in their order.
LiveOffer offer_of(const std::string& network, const std::vector<LiveSplit>& splits);

/// The server's half: decodes, restores and computes what `papilio infer` computes behind the cut.
class TensorCloud final : public CloudHalf {
 public:
  /// @param splits  in the order of the offer
  /// @param threads of one operation
  TensorCloud(std::vector<LiveSplit> splits, const Transform& transform, int threads);

  /// Runs every half once on zeros, for what runs for the first time sets itself up.
  void begin() override;
  std::vector<CloudAnswer> compute(const LivePart& part, std::span<const CloudWork> works) override;

 private:
  /// Decodes one frame and puts its tensor to the others, or says what is wrong with it.
  void decode(const LiveSplit& one, const CloudWork& work, CloudAnswer& answer,
              std::vector<at::Tensor>& tensors) const;

  std::vector<LiveSplit> splits_;
  Transform transform_;
  int threads_;
};

/// A codec of features or of pictures, as the part has them.
struct PartCodec {
  std::shared_ptr<const Codec> features;
  std::shared_ptr<const PictureCodec> picture;
};

/// The mobile's half.
class TensorMobile final : public MobileHalf {
 public:
  /// Reads the pictures, which no request then waits for.
  /// @param splits  in the order of the offer
  /// @param codecs  `[splits]`
  /// @param whole   what it falls back to
  /// @param left_out takes note of the pictures that cannot be read; none: such a picture is an
  ///                 error
  /// @throws ConfigError if none can be read, or all are more than memory should hold
  TensorMobile(std::vector<LiveSplit> splits, std::vector<PartCodec> codecs, Network whole,
               const Dataset& pictures, const Transform& transform, LeftOut* left_out);

  /// Runs everything once, for what runs for the first time sets itself up.
  void warm_up();
  MobileWork prepare(std::size_t part, std::size_t picture) override;
  LocalAnswer compute(std::size_t picture, bool scores) override;

  /// Positions in the dataset of the pictures that could be read; `picture` above is a position in
  /// this list.
  [[nodiscard]] const std::vector<std::size_t>& pictures() const { return indices_; }

 private:
  std::vector<LiveSplit> splits_;
  std::vector<PartCodec> codecs_;
  Network whole_;
  std::vector<std::size_t> indices_;
  std::vector<at::Tensor> images_;
  std::vector<PhonePicture> phone_;  ///< empty where no picture itself crosses
};

}  // namespace papilio
