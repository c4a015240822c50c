#include "models/dataset/synthetic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/random/stream.hpp"

namespace papilio {
namespace {

constexpr std::int64_t kSide = 32;
constexpr std::uint64_t kSeed = 1;

enum Shape : std::int64_t {
  kDisc,
  kRing,
  kSquare,
  kTriangle,
  kCross,
  kHorizontalStripes,
  kVerticalStripes,
  kCheckers,
  kDots,
  kGradient,
};
constexpr std::int64_t kClasses = kGradient + 1;

/// A figure's place and size, in pixels.
struct Figure {
  double x{0};
  double y{0};
  double size{0};  ///< radius of a shape, period of a texture
};

/// How much of the figure's colour is at a point: 0 or 1, or in between for the gradient.
double cover(std::int64_t shape, const Figure& figure, double px, double py) {
  const double x = px - figure.x;
  const double y = py - figure.y;
  const double r = std::hypot(x, y);
  const double extent = std::max(std::abs(x), std::abs(y));
  const auto is = [](bool inside) { return inside ? 1.0 : 0.0; };
  const auto band = [&](double along) {
    return std::fmod(std::floor(along / figure.size * 2.0) + 64.0, 2.0) == 0.0;
  };
  switch (shape) {
    case kDisc:
      return is(r < figure.size);
    case kRing:
      return is(r < figure.size && r > figure.size * 0.6);
    case kSquare:
      return is(extent < figure.size * 0.85);
    case kTriangle:
      return is(y < figure.size * 0.7 && std::abs(x) * 1.6 < y + figure.size);
    case kCross:
      return is(extent < figure.size && std::min(std::abs(x), std::abs(y)) < figure.size * 0.3);
    case kHorizontalStripes:
      return is(band(y));
    case kVerticalStripes:
      return is(band(x));
    case kCheckers:
      return is(band(x) != band(y));
    case kDots: {
      const double period = figure.size * 1.2;
      const double dx = x - period * std::round(x / period);
      const double dy = y - period * std::round(y / period);
      return is(std::hypot(dx, dy) < figure.size * 0.35);
    }
    default:
      return std::clamp(0.5 + (x + y) / (3.0 * kSide), 0.0, 1.0);
  }
}

class Synthetic : public Dataset {
 public:
  explicit Synthetic(Split split) : split_{split}, family_{kSeed, stream_name(split)} {}

  [[nodiscard]] const std::string& title() const override {
    static const std::string kTitle{"synthetic shapes and textures"};
    return kTitle;
  }
  [[nodiscard]] const std::vector<std::string>& classes() const override {
    static const std::vector<std::string> kNames{"disc",
                                                 "ring",
                                                 "square",
                                                 "triangle",
                                                 "cross",
                                                 "horizontal-stripes",
                                                 "vertical-stripes",
                                                 "checkers",
                                                 "dots",
                                                 "gradient"};
    return kNames;
  }
  [[nodiscard]] std::size_t size() const override { return split_ == Split::kTrain ? 2000 : 500; }
  [[nodiscard]] std::int64_t label(std::size_t index) const override {
    return static_cast<std::int64_t>(index) % kClasses;
  }
  [[nodiscard]] std::string name(std::size_t index) const override {
    return fmt::format("{}/{:04}", classes()[static_cast<std::size_t>(label(index))], index);
  }
  [[nodiscard]] Image load(std::size_t index) const override {
    Stream stream{family_, index};
    const bool texture = label(index) >= kHorizontalStripes;
    const auto between = [&](double low, double high) {
      const double share = stream.uniform();
      return low + (high - low) * share;
    };
    Figure figure;
    figure.x = between(10, 22);
    figure.y = between(10, 22);
    figure.size = texture ? between(6, 12) : between(6, 12.5);
    std::array<double, 3> behind{};
    std::array<double, 3> front{};
    for (double& colour : behind) colour = between(0, 255);
    // Colours that differ enough to be told apart, above or below.
    for (std::size_t c = 0; c < front.size(); ++c) {
      const double distance = between(50, 130);
      front[c] = behind[c] < 128 ? behind[c] + distance : behind[c] - distance;
    }
    const double noise = between(10, 40);
    Image image{kSide, kSide, {}};
    image.rgb.reserve(kSide * kSide * 3);
    for (std::int64_t y = 0; y < kSide; ++y) {
      for (std::int64_t x = 0; x < kSide; ++x) {
        const double share =
            cover(label(index), figure, static_cast<double>(x), static_cast<double>(y));
        for (std::size_t c = 0; c < 3; ++c) {
          const double value = behind[c] + share * (front[c] - behind[c]) + between(-noise, noise);
          image.rgb.push_back(static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L)));
        }
      }
    }
    return image;
  }

 private:
  static const char* stream_name(Split split) {
    return split == Split::kTrain ? "synthetic pictures, train" : "synthetic pictures, test";
  }

  Split split_;
  StreamFamily family_;
};

}  // namespace

std::unique_ptr<const Dataset> synthetic_dataset(Split split) {
  return std::make_unique<Synthetic>(split);
}

}  // namespace papilio
