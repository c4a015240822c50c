#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "models/codec/picture_codec.hpp"
#include "models/dataset/dataset.hpp"
#include "models/dataset/transform.hpp"
#include "models/infer/codec_times.hpp"
#include "models/infer/split_run.hpp"

namespace papilio {

/// A dataset's picture as a phone has it: scaled and cropped for the network, and its file.
/// @throws ConfigError naming the file if it cannot be read
PhonePicture phone_picture(const Dataset& dataset, std::size_t index, const Transform& transform);

/// Sends pictures to a network that runs whole behind the radio: encoded on the phone; decoded,
/// normalised and run behind it. What the phone does before it encodes, scaling and cropping, it
/// does for every split as well, so that no time here has it; the receiver of a whole file does it
/// in the time of decoding.
class PictureRun {
 public:
  /// @param split     cut at the input (`after` 0); its network takes three colours. Must outlive
  /// it
  /// @param transform without augmentation, of the network's size
  PictureRun(const SplitNetwork& split, const Transform& transform);

  /// A picture as the network takes it, `[1 × 3 × height × width]`, on its device and of its type.
  [[nodiscard]] at::Tensor input_of(const Image& pixels) const;

  /// Sends one picture through each codec and runs the network on what arrived.
  /// @throws std::invalid_argument if a codec sends files and the picture has none
  [[nodiscard]] std::vector<Crossed> run(
      const PhonePicture& picture,
      const std::vector<std::shared_ptr<const PictureCodec>>& codecs) const;

  /// Encodes and decodes a picture again and again, as `measure_codec` does features.
  [[nodiscard]] CodecTimes measure(const PhonePicture& picture, const PictureCodec& codec,
                                   const MeasureSpec& spec,
                                   const std::function<void()>& watch) const;

 private:
  [[nodiscard]] at::Tensor received(std::span<const std::uint8_t> bytes,
                                    const PictureCodec& codec) const;

  const SplitNetwork& split_;
  Transform transform_;
  Normaliser normaliser_;
};

}  // namespace papilio
