#include "models/codec/payload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <limits>

#include "models/codec/crc32c.hpp"
#include "models/codec/registry.hpp"
#include "models/codec/shape.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr std::uint8_t kMagic[2]{'P', 'b'};
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kCrcBytes = 4;
constexpr std::size_t kHeaderBytes = kFrameBytes - kCrcBytes;

class Writer {
 public:
  explicit Writer(std::size_t size) { bytes_.reserve(size); }

  /// Little-endian.
  template <std::unsigned_integral Unsigned>
  void put(Unsigned value) {
    for (std::size_t i = 0; i < sizeof value; ++i) {
      bytes_.push_back(static_cast<std::uint8_t>(std::uint64_t{value} >> 8 * i));
    }
  }
  void put(float value) { put(std::bit_cast<std::uint32_t>(value)); }
  void append(std::span<const std::uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  [[nodiscard]] ByteBuffer take() { return std::move(bytes_); }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }

 private:
  ByteBuffer bytes_;
};

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_{bytes} {}

  /// Little-endian.
  template <std::unsigned_integral Unsigned>
  Unsigned take() {
    PAPILIO_CHECK(bytes_.size() >= sizeof(Unsigned));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i) value |= std::uint64_t{bytes_[i]} << 8 * i;
    bytes_ = bytes_.subspan(sizeof(Unsigned));
    return static_cast<Unsigned>(value);
  }
  float take_float() { return std::bit_cast<float>(take<std::uint32_t>()); }

 private:
  std::span<const std::uint8_t> bytes_;
};

/// The fields of a frame, in their order.
struct Header {
  std::uint8_t codec;
  std::uint8_t parameter;
  std::uint8_t bits;
  FeatureShape shape;
  float min;
  float max;
  std::uint32_t body_bytes;
};

void write_header(Writer& writer, const Header& header) {
  writer.append(kMagic);
  writer.put(kVersion);
  writer.put(header.codec);
  writer.put(header.parameter);
  writer.put(header.bits);
  writer.put(static_cast<std::uint32_t>(header.shape.channels));
  writer.put(static_cast<std::uint16_t>(header.shape.height));
  writer.put(static_cast<std::uint16_t>(header.shape.width));
  writer.put(header.min);
  writer.put(header.max);
  writer.put(header.body_bytes);
}

/// Checks what needs no knowledge of codecs: that these are a frame's bytes, as they were sent.
Header read_header(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < kFrameBytes) {
    throw PayloadError{
        fmt::format("payload of {} bytes; a frame alone has {}", bytes.size(), kFrameBytes)};
  }
  if (!std::equal(std::begin(kMagic), std::end(kMagic), bytes.begin())) {
    throw PayloadError{"not a payload: it does not begin with 'Pb'"};
  }
  Reader reader{bytes.subspan(sizeof kMagic)};
  const auto version = reader.take<std::uint8_t>();
  if (version != kVersion) {
    throw PayloadError{
        fmt::format("payload of version {}; this receiver reads {}", version, kVersion)};
  }
  Header header{};
  header.codec = reader.take<std::uint8_t>();
  header.parameter = reader.take<std::uint8_t>();
  header.bits = reader.take<std::uint8_t>();
  header.shape.channels = reader.take<std::uint32_t>();
  header.shape.height = reader.take<std::uint16_t>();
  header.shape.width = reader.take<std::uint16_t>();
  header.min = reader.take_float();
  header.max = reader.take_float();
  header.body_bytes = reader.take<std::uint32_t>();
  if (header.body_bytes != bytes.size() - kFrameBytes) {
    throw PayloadError{fmt::format("payload with a body of {} bytes says that it has {}",
                                   bytes.size() - kFrameBytes, header.body_bytes)};
  }
  const std::uint32_t sent = Reader{bytes.last(kCrcBytes)}.take<std::uint32_t>();
  const std::uint32_t found = crc32c(bytes.first(bytes.size() - kCrcBytes));
  if (sent != found) {
    throw PayloadError{
        fmt::format("corrupted payload: CRC-32C {:08x} instead of {:08x}", found, sent)};
  }
  return header;
}

std::unique_ptr<const Codec> codec_of(const Header& header) {
  const auto family = std::find_if(codec_families().begin(), codec_families().end(),
                                   [&](const CodecFamily& one) { return one.id == header.codec; });
  if (family == codec_families().end()) {
    throw PayloadError{fmt::format("payload of an unknown codec, {}", header.codec)};
  }
  if (!family->takes(header.parameter)) {
    throw PayloadError{
        fmt::format("payload of {} with the parameter {}", family->name, header.parameter)};
  }
  return family->with(header.parameter);
}

std::string text(const FeatureShape& shape) {
  return fmt::format("{}×{}×{}", shape.channels, shape.height, shape.width);
}

}  // namespace

Payload encode_payload(const Codec& codec, const QuantizedTensor& tensor) {
  const ByteBuffer body = codec.encode(tensor);
  PAPILIO_CHECK(body.size() <= std::numeric_limits<std::uint32_t>::max());
  Writer writer{kFrameBytes + body.size()};
  write_header(writer, {.codec = codec.traits().id,
                        .parameter = codec.traits().parameter,
                        .bits = static_cast<std::uint8_t>(tensor.bits),
                        .shape = tensor.shape,
                        .min = tensor.min,
                        .max = tensor.max,
                        .body_bytes = static_cast<std::uint32_t>(body.size())});
  writer.append(body);
  writer.put(crc32c(writer.bytes()));
  return {writer.take(), body.size()};
}

QuantizedTensor decode_payload(std::span<const std::uint8_t> bytes, const FeatureShape& expected) {
  checked_elements(expected);
  const Header header = read_header(bytes);
  const std::unique_ptr<const Codec> codec = codec_of(header);
  if (header.bits < 1 || header.bits > codec->traits().max_bits) {
    throw PayloadError{
        fmt::format("payload of {} with {} bits a level", codec->traits().name, header.bits)};
  }
  if (header.shape != expected) {
    throw PayloadError{
        fmt::format("payload of shape {} instead of {}", text(header.shape), text(expected))};
  }
  if (!std::isfinite(header.min) || !std::isfinite(header.max) || header.min > header.max) {
    throw PayloadError{fmt::format("payload with the range {}..{}", header.min, header.max)};
  }
  return {.shape = header.shape,
          .bits = header.bits,
          .min = header.min,
          .max = header.max,
          .levels =
              codec->decode(bytes.subspan(kHeaderBytes, header.body_bytes), expected, header.bits)};
}

}  // namespace papilio
