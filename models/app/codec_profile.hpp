#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/app/inputs.hpp"
#include "models/codec/codec.hpp"
#include "models/codec/picture_codec.hpp"
#include "models/dataset/dataset.hpp"
#include "models/dataset/left_out.hpp"
#include "models/dataset/transform.hpp"
#include "models/infer/collect.hpp"
#include "models/measure/layer_times.hpp"
#include "models/tensor/network.hpp"
#include "sim/base/document/document.hpp"

namespace papilio {

/// A picture as a network takes it, and what files call it.
struct NamedImage {
  std::string name;
  at::Tensor image;      ///< `[1 × channels × height × width]`, on the network's device
  PhonePicture picture;  ///< the same before it was normalised
};

/// Every picture of a dataset, ready for a network that takes three colours.
/// @param left_out takes note of those that cannot be read; none: such a picture is an error
/// @throws ConfigError if no picture can be read
std::vector<NamedImage> load_images(const Dataset& pictures, const Transform& transform,
                                    const Network& network, LeftOut* left_out);

/// A picture of noise, whose tensor is other noise.
NamedImage random_image(const Network& network);

/// What codecs take at one cut.
struct CodecProfile {
  CodecResults results;    ///< of each picture the bytes, and as times the medians; no predictions
  double encode_worst{0};  ///< greatest half-width of a picture's median, by its value
  double decode_worst{0};
};

/// Measures what every codec takes for every picture's features at every cut, and where the cut is
/// the input for the picture itself.
/// @param spec   its limit is for all of it
/// @param show   called often with the share that is done, 0..1, and the cut; may throw
std::vector<CodecProfile> measure_codecs(
    const Network& network, const std::vector<Cut>& cuts, int bits, const CrossingCodecs& codecs,
    const std::vector<NamedImage>& images, const Transform& transform, MeasureSpec spec,
    const std::function<void(double, const std::string&)>& show);

/// The file that scenarios read with `payload: {from: FILE}`.
std::string codec_file(const std::vector<CodecProfile>& profiles);

/// One row a cut and codec.
/// @param random_weights whether to warn of what their features are like
/// @param precision      that was asked for
Section codec_section(const std::string& model, const std::vector<CodecProfile>& profiles,
                      bool random_weights, double precision);

}  // namespace papilio
