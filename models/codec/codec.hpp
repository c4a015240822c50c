#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/graph/shape.hpp"

namespace papilio {

/// Bytes of a payload, or of a part of one. (`Bytes` is a quantity of sim/base/units.)
using ByteBuffer = std::vector<std::uint8_t>;

/// A feature tensor as codecs lay it out: planes of numbers, each side >= 1.
struct FeatureShape {
  std::int64_t channels{0};  ///< planes
  std::int64_t height{1};
  std::int64_t width{1};

  [[nodiscard]] std::int64_t elements() const { return channels * height * width; }
  /// Bytes at `bits` per element, rounded up to whole bytes.
  /// @param bits in 1..16
  [[nodiscard]] std::int64_t bytes(int bits) const { return (elements() * bits + 7) / 8; }

  bool operator==(const FeatureShape&) const = default;
};

/// A flat vector is as many planes of one number, a sequence of vectors one plane, and of more axes
/// than three the last two are a plane.
FeatureShape feature_shape(const TensorShape& shape);

/// A feature tensor after an n-bit uniform quantiser, for one image: what a codec encodes.
/// Level l stands for min + l · (max − min) / (2^bits − 1).
struct QuantizedTensor {
  FeatureShape shape;
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

/// The parameter of a codec that takes none, or of "hevc" when it is lossless.
constexpr std::uint8_t kNoParameter = 255;

/// Most elements of a tensor that a codec takes: their bytes fit a frame's length many times.
constexpr std::int64_t kMaxCodecElements = std::int64_t{1} << 28;

/// What a codec is, for lists and for checks.
struct CodecTraits {
  std::string name;     ///< as the command line writes it: "raw", "zstd", "jpeg:90", "hevc:27"
  std::string summary;  ///< one line for people, with the library
  bool lossless{true};  ///< of the levels
  int max_bits{16};     ///< widest level that it takes
  std::uint8_t id{0};   ///< of the codec in a frame
  std::uint8_t parameter{kNoParameter};  ///< quality or quantisation parameter in a frame
};

/// Turns levels into bytes and back. Thread-safe: its members are const and keep no state.
class Codec {
 public:
  virtual ~Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  [[nodiscard]] const CodecTraits& traits() const { return traits_; }

  /// The body of a payload, without frame. The same tensor gives the same bytes.
  /// @param tensor of at most `traits().max_bits` bits
  /// @throws std::invalid_argument if the tensor breaks what `QuantizedTensor` or `traits()` says,
  ///         or its feature image is larger than the codec's pictures may be
  [[nodiscard]] ByteBuffer encode(const QuantizedTensor& tensor) const;

  /// The levels `[channels × height × width]` of a body. Needs memory in proportion to the shape
  /// and the body, whatever the body's content.
  /// @param bits of each level, in 1..`traits().max_bits`
  /// @throws PayloadError if the body is not one that `encode` makes for this shape
  /// @throws std::invalid_argument if `encode` takes no such shape or bits
  [[nodiscard]] std::vector<std::uint16_t> decode(std::span<const std::uint8_t> body,
                                                  const FeatureShape& shape, int bits) const;

 protected:
  explicit Codec(CodecTraits traits) : traits_{std::move(traits)} {}

 private:
  [[nodiscard]] virtual ByteBuffer do_encode(const QuantizedTensor& tensor) const = 0;
  [[nodiscard]] virtual std::vector<std::uint16_t> do_decode(std::span<const std::uint8_t> body,
                                                             const FeatureShape& shape,
                                                             int bits) const = 0;

  CodecTraits traits_;
};

/// Every codec at its default parameters, in the order that lists print.
const std::vector<CodecTraits>& codec_list();

/// The codec called `name`: one of `codec_list()`, where "jpeg" takes a quality ("jpeg:75", 1..100,
/// by default 90) and "hevc" a quantisation parameter ("hevc:27", 0..51; without one it is
/// lossless).
/// @throws ConfigError for an unknown name or a parameter out of range, naming the remedy
std::unique_ptr<const Codec> make_codec(std::string_view name);

}  // namespace papilio
