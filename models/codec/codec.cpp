#include "models/codec/codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/codec/shape.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

void check_bits(const CodecTraits& traits, int bits) {
  if (bits >= 1 && bits <= traits.max_bits) return;
  throw std::invalid_argument{
      fmt::format("{} takes 1 to {} bits a level, not {}", traits.name, traits.max_bits, bits)};
}

bool in_range(const std::vector<std::uint16_t>& levels, int bits) {
  return std::all_of(levels.begin(), levels.end(),
                     [&](std::uint16_t level) { return level >> bits == 0; });
}

}  // namespace

FeatureShape feature_shape(const TensorShape& shape) {
  if (shape.rank() <= 1) return {shape.channels(), 1, 1};
  const std::int64_t height = shape[shape.rank() - 2];
  const std::int64_t width = shape[shape.rank() - 1];
  return {shape.elements() / (height * width), height, width};
}

std::size_t checked_elements(const FeatureShape& shape) {
  constexpr std::int64_t kMaxSide = std::numeric_limits<std::uint16_t>::max();
  // Divisions, since a product of three sizes may overflow.
  const bool fits = shape.channels >= 1 && shape.height >= 1 && shape.width >= 1 &&
                    shape.height <= kMaxSide && shape.width <= kMaxSide &&
                    shape.channels <= kMaxCodecElements / (shape.height * shape.width);
  if (!fits) {
    throw std::invalid_argument{
        fmt::format("codecs take no tensor of {} channels of {} × {}: sides go up to {}, elements "
                    "to {}",
                    shape.channels, shape.height, shape.width, kMaxSide, kMaxCodecElements)};
  }
  return static_cast<std::size_t>(shape.elements());
}

ByteBuffer Codec::encode(const QuantizedTensor& tensor) const {
  const std::size_t elements = checked_elements(tensor.shape);
  check_bits(traits_, tensor.bits);
  if (tensor.levels.size() != elements) {
    throw std::invalid_argument{
        fmt::format("a tensor of {} elements has {} levels", elements, tensor.levels.size())};
  }
  if (!in_range(tensor.levels, tensor.bits)) {
    throw std::invalid_argument{fmt::format("a level does not fit into {} bits", tensor.bits)};
  }
  if (!std::isfinite(tensor.min) || !std::isfinite(tensor.max) || tensor.min > tensor.max) {
    throw std::invalid_argument{"min and max of a tensor must be finite, and min <= max"};
  }
  return do_encode(tensor);
}

std::vector<std::uint16_t> Codec::decode(std::span<const std::uint8_t> body,
                                         const FeatureShape& shape, int bits) const {
  const std::size_t elements = checked_elements(shape);
  check_bits(traits_, bits);
  std::vector<std::uint16_t> levels = do_decode(body, shape, bits);
  PAPILIO_CHECK(levels.size() == elements);
  if (!in_range(levels, bits)) {
    throw PayloadError{fmt::format("{}: a level does not fit into {} bits", traits_.name, bits)};
  }
  return levels;
}

}  // namespace papilio
