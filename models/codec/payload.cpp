// The frame, all numbers little-endian:
//   offset  bytes
//        0      2  0x50 0x46, "PF"
//        2      1  version, 1
//        3      1  codec, its place in codec_list()
//        4      1  codec's parameter, or 255
//        5      1  bits of a level
//        6      2  channels        8  2  height       10  2  width
//       12      4  min, float32   16  4  max, float32
//       20      n  body
//     20+n      4  CRC-32C of all before
// The body's length follows from the payload's, which the transport knows.

#include "models/codec/payload.hpp"

#include <fmt/format.h>

#include <bit>
#include <boost/crc.hpp>
#include <charconv>
#include <cmath>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr std::uint8_t kMagic0 = 0x50;
constexpr std::uint8_t kMagic1 = 0x46;
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kNoParameter = 255;
constexpr std::size_t kHead = 20;
constexpr std::size_t kCrc = 4;
constexpr int kMostBits = 16;

/// CRC-32C (Castagnoli), as iSCSI and ext4 have it.
using Crc32c = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

std::uint32_t crc_of(std::span<const std::uint8_t> bytes) {
  Crc32c crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

void put(Bytes& bytes, std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> 8 * i & 0xFF));
}

std::uint32_t get(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i > 0; --i) value = value << 8 | bytes[at + i - 1];
  return value;
}

/// A codec's name in two bytes.
struct CodecCode {
  std::uint8_t codec{0};
  std::uint8_t parameter{kNoParameter};
};

std::string base_of(const std::string& name) {
  return name.substr(0, name.find(':'));
}

CodecCode code_of(const std::string& name) {
  const std::vector<CodecTraits>& list = codec_list();
  CodecCode code;
  while (base_of(list.at(code.codec).name) != base_of(name)) ++code.codec;
  const std::size_t colon = name.find(':');
  if (colon != std::string::npos) {
    std::from_chars(name.data() + colon + 1, name.data() + name.size(), code.parameter);
  }
  return code;
}

std::string name_of(const CodecCode& code) {
  const std::vector<CodecTraits>& list = codec_list();
  if (code.codec >= list.size()) {
    throw PayloadError{fmt::format("the payload is of an unknown codec, {}", code.codec)};
  }
  std::string name = base_of(list[code.codec].name);
  if (code.parameter != kNoParameter) name += fmt::format(":{}", code.parameter);
  return name;
}

}  // namespace

Payload encode_payload(const Codec& codec, const QuantizedTensor& tensor) {
  PAPILIO_CHECK(tensor.bits >= 1 && tensor.bits <= codec.traits().max_bits);
  PAPILIO_CHECK(tensor.levels.size() == static_cast<std::size_t>(tensor.shape.elements()));
  constexpr std::int64_t kMostSide = 65'535;
  for (const std::int64_t side : {tensor.shape.channels, tensor.shape.height, tensor.shape.width}) {
    PAPILIO_CHECK(side <= kMostSide);
  }
  const CodecCode code = code_of(codec.traits().name);
  Payload payload;
  Bytes& bytes = payload.bytes;
  bytes = {kMagic0,    kMagic1,        kVersion,
           code.codec, code.parameter, static_cast<std::uint8_t>(tensor.bits)};
  put(bytes, static_cast<std::uint64_t>(tensor.shape.channels), 2);
  put(bytes, static_cast<std::uint64_t>(tensor.shape.height), 2);
  put(bytes, static_cast<std::uint64_t>(tensor.shape.width), 2);
  put(bytes, std::bit_cast<std::uint32_t>(tensor.min), 4);
  put(bytes, std::bit_cast<std::uint32_t>(tensor.max), 4);
  const Bytes body = codec.encode(tensor);
  payload.body_bytes = body.size();
  bytes.insert(bytes.end(), body.begin(), body.end());
  put(bytes, crc_of(bytes), kCrc);
  return payload;
}

QuantizedTensor decode_payload(std::span<const std::uint8_t> bytes, const TensorShape& expected) {
  if (bytes.size() < kHead + kCrc) {
    throw PayloadError{fmt::format("the payload has {} bytes, fewer than its frame", bytes.size())};
  }
  const auto checked = bytes.first(bytes.size() - kCrc);
  if (crc_of(checked) != get(bytes, checked.size(), kCrc)) {
    throw PayloadError{"the payload's checksum is wrong; it was damaged on the way"};
  }
  if (bytes[0] != kMagic0 || bytes[1] != kMagic1 || bytes[2] != kVersion) {
    throw PayloadError{"these bytes are no payload of this version"};
  }
  QuantizedTensor tensor;
  tensor.bits = bytes[5];
  tensor.shape = {get(bytes, 6, 2), get(bytes, 8, 2), get(bytes, 10, 2)};
  tensor.min = std::bit_cast<float>(get(bytes, 12, 4));
  tensor.max = std::bit_cast<float>(get(bytes, 16, 4));
  if (tensor.shape != expected) {
    throw PayloadError{fmt::format("the payload is a tensor of {}x{}x{}, not of {}x{}x{}",
                                   tensor.shape.channels, tensor.shape.height, tensor.shape.width,
                                   expected.channels, expected.height, expected.width)};
  }
  if (!std::isfinite(tensor.min) || !std::isfinite(tensor.max) || tensor.min > tensor.max) {
    throw PayloadError{"the payload's least and greatest value make no range"};
  }
  std::unique_ptr<const Codec> codec;
  try {
    codec = make_codec(name_of({bytes[3], bytes[4]}));
  } catch (const ConfigError&) {
    throw PayloadError{
        fmt::format("the payload's codec has the parameter {}, which it does not take", bytes[4])};
  }
  if (tensor.bits < 1 || tensor.bits > std::min(codec->traits().max_bits, kMostBits)) {
    throw PayloadError{fmt::format("the payload has levels of {} bits", tensor.bits)};
  }
  tensor.levels = codec->decode(checked.subspan(kHead), tensor.shape, tensor.bits);
  return tensor;
}

}  // namespace papilio
