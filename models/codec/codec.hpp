#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "models/graph/graph.hpp"

namespace papilio {

/// Bytes of a payload, or of a part of one.
using Bytes = std::vector<std::uint8_t>;

/// A feature tensor after an n-bit uniform quantiser, for one image: what a codec encodes.
/// Level l stands for min + l · (max − min) / (2^bits − 1).
struct QuantizedTensor {
  TensorShape shape;
  int bits{8};  ///< in 1..16
  float min{0};
  float max{0};                       ///< >= min; both finite
  std::vector<std::uint16_t> levels;  ///< `[channels × height × width]`, each < 2^bits

  bool operator==(const QuantizedTensor&) const = default;
};

/// A payload is not what its sender wrote: truncated, corrupted, or of a codec or shape that the
/// receiver does not take. `what()` names what is wrong with it.
class PayloadError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a codec is, for lists and for checks.
struct CodecTraits {
  std::string name;     ///< as the command line writes it: "raw", "zstd", "jpeg:90", "hevc:27"
  std::string summary;  ///< one line for people, with the library
  bool lossless{true};  ///< of the levels
  int max_bits{16};     ///< widest level that it takes
};

/// Turns levels into bytes and back. Thread-safe: its members are const and keep no state.
class Codec {
 public:
  virtual ~Codec() = default;
  Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  [[nodiscard]] virtual const CodecTraits& traits() const = 0;

  /// The body of a payload, without frame.
  /// @param tensor of at most `traits().max_bits` bits
  [[nodiscard]] virtual Bytes encode(const QuantizedTensor& tensor) const = 0;

  /// The levels `[channels × height × width]` of a body. Needs memory in proportion to the shape
  /// and the body, whatever the body's content.
  /// @param bits of each level, in 1..`traits().max_bits`
  /// @throws PayloadError if the body is not one that `encode` makes for this shape
  [[nodiscard]] virtual std::vector<std::uint16_t> decode(std::span<const std::uint8_t> body,
                                                          const TensorShape& shape,
                                                          int bits) const = 0;
};

/// Every codec by its name, at its default parameters, in the order that lists print.
const std::vector<CodecTraits>& codec_list();

/// The codec called `name`: one of `codec_list()`, where "jpeg" takes a quality ("jpeg:75", 1..100)
/// and "hevc" a quantisation parameter ("hevc:27", 0..51; without one it is lossless).
/// @throws ConfigError for an unknown name or a parameter out of range, naming the remedy
std::unique_ptr<const Codec> make_codec(std::string_view name);

}  // namespace papilio
