#pragma once

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cstdint>
#include <vector>

#include "models/codec/codec.hpp"

namespace papilio {

/// Uniform levels: what no codec can compress.
inline QuantizedTensor random_tensor(const FeatureShape& shape, int bits, std::uint64_t seed) {
  boost::random::mt19937_64 generator{seed};
  boost::random::uniform_int_distribution<std::uint32_t> level{0, (1U << bits) - 1};
  QuantizedTensor tensor{.shape = shape, .bits = bits, .min = -1.5F, .max = 2.25F, .levels = {}};
  tensor.levels.resize(static_cast<std::size_t>(shape.elements()));
  for (std::uint16_t& one : tensor.levels) one = static_cast<std::uint16_t>(level(generator));
  return tensor;
}

/// Channels of slopes of their own with a little noise, clipped at 0 as after a ReLU.
inline QuantizedTensor smooth_tensor(const FeatureShape& shape, int bits, std::uint64_t seed) {
  boost::random::mt19937_64 generator{seed};
  boost::random::uniform_int_distribution<std::int64_t> slope{-64, 64};
  boost::random::uniform_int_distribution<std::int64_t> noise{0, 15};
  QuantizedTensor tensor{.shape = shape, .bits = bits, .min = 0, .max = 6, .levels = {}};
  tensor.levels.reserve(static_cast<std::size_t>(shape.elements()));
  for (std::int64_t channel = 0; channel < shape.channels; ++channel) {
    const std::int64_t down = slope(generator);
    const std::int64_t right = slope(generator);
    for (std::int64_t y = 0; y < shape.height; ++y) {
      for (std::int64_t x = 0; x < shape.width; ++x) {
        const std::int64_t value = 400 + 4 * down * y / shape.height + 4 * right * x / shape.width +
                                   noise(generator);  // below 1,024
        tensor.levels.push_back(
            static_cast<std::uint16_t>(value < 300 ? 0 : value * ((1 << bits) - 1) / 1023));
      }
    }
  }
  return tensor;
}

}  // namespace papilio
