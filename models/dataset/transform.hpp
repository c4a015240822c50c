#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "models/dataset/image.hpp"
#include "sim/base/random/stream.hpp"

namespace papilio {

/// How a picture becomes a network's input `[3 × height × width]`.
struct Transform {
  std::int64_t height{224};
  std::int64_t width{224};
  /// The shorter side is scaled to this first, the other in proportion; 0 leaves the size alone.
  /// A picture that is still smaller than the crop in a direction is scaled up, in proportion,
  /// until it covers it.
  std::int64_t shorter_side{256};
  /// Black pixels around the picture before a random crop, as torchvision's RandomCrop adds them:
  /// black is then normalised as any colour is.
  std::int64_t padding{0};
  bool augment{false};  ///< random crop and horizontal flip; else the centre crop
  bool bgr{false};      ///< channels in the order blue, green, red
  /// A colour c in 0..255 becomes (c · scale − mean) / deviation, in the order red, green, blue.
  float scale{1.0F / 255.0F};
  std::array<float, 3> mean{0.485F, 0.456F, 0.406F};       ///< ImageNet's
  std::array<float, 3> deviation{0.229F, 0.224F, 0.225F};  ///< ImageNet's
};

/// Where a crop begins, in the picture with its padding, and whether it is mirrored.
struct Crop {
  std::int64_t top{0};
  std::int64_t left{0};
  bool flip{false};
};

/// The part of a transform that is the same in every pass: the picture scaled and, unless crops are
/// random, cropped to the centre.
/// @throws ConfigError if the scaled picture has more than `kMostPixels`
Image prepare(const Transform& transform, const Image& image);

/// The crop of a prepared picture. Three draws if `transform.augment`, else none.
Crop draw_crop(const Transform& transform, const Image& prepared, Stream& stream);

/// The part that is not: crops, mirrors and normalises.
class Normaliser {
 public:
  explicit Normaliser(const Transform& transform);

  /// @param prepared what `prepare` returned
  /// @param input    `[3 × height × width]`, written
  void write(const Image& prepared, const Crop& crop, float* input) const;

 private:
  Transform transform_;
  std::array<std::array<float, 256>, 3> value_{};  // of a colour's level
};

}  // namespace papilio
