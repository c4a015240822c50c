// Levels of n bits, the first in the most significant bits.

#include <fmt/format.h>

#include "models/codec/registry.hpp"

namespace papilio {
namespace {

class RawCodec final : public Codec {
 public:
  explicit RawCodec(CodecTraits traits) : Codec{std::move(traits)} {}

 private:
  [[nodiscard]] ByteBuffer do_encode(const QuantizedTensor& tensor) const override {
    ByteBuffer body;
    body.reserve(static_cast<std::size_t>(tensor.shape.bytes(tensor.bits)));
    std::uint32_t pending = 0;
    int pending_bits = 0;
    for (const std::uint16_t level : tensor.levels) {
      pending = pending << tensor.bits | level;
      pending_bits += tensor.bits;
      for (; pending_bits >= 8; pending_bits -= 8) {
        body.push_back(static_cast<std::uint8_t>(pending >> (pending_bits - 8)));
      }
    }
    if (pending_bits > 0) body.push_back(static_cast<std::uint8_t>(pending << (8 - pending_bits)));
    return body;
  }

  [[nodiscard]] std::vector<std::uint16_t> do_decode(std::span<const std::uint8_t> body,
                                                     const FeatureShape& shape,
                                                     int bits) const override {
    const auto expected = static_cast<std::size_t>(shape.bytes(bits));
    if (body.size() != expected) {
      throw PayloadError{fmt::format("raw: {} bytes instead of {}", body.size(), expected)};
    }
    std::vector<std::uint16_t> levels;
    const auto elements = static_cast<std::size_t>(shape.elements());
    levels.reserve(elements);
    const std::uint32_t mask = (1U << bits) - 1;
    std::uint32_t pending = 0;
    int pending_bits = 0;
    for (const std::uint8_t byte : body) {
      pending = pending << 8 | byte;
      pending_bits += 8;
      for (; pending_bits >= bits && levels.size() < elements; pending_bits -= bits) {
        levels.push_back(static_cast<std::uint16_t>(pending >> (pending_bits - bits) & mask));
      }
    }
    if ((pending & ((1U << pending_bits) - 1)) != 0) {
      throw PayloadError{"raw: the bits after the last level are not 0"};
    }
    return levels;
  }
};

}  // namespace

std::unique_ptr<const Codec> make_raw(CodecTraits traits) {
  traits.summary = "levels of n bits, nothing else";
  return std::make_unique<RawCodec>(std::move(traits));
}

}  // namespace papilio
