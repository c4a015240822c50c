// The feature image as one intra picture of HEVC.

#include <algorithm>
#include <array>

#include "models/codec/crc32c.hpp"
#include "models/codec/hevc_stream.hpp"
#include "models/codec/registry.hpp"
#include "models/codec/scaling.hpp"
#include "models/codec/tiling.hpp"

namespace papilio {
namespace {

constexpr std::int64_t kMinSide = 16;         // x265's: one coding-tree unit
constexpr std::int64_t kMaxHevcSide = 16888;  // of HEVC's level 6.2

/// Repeats the last column and row up to the sides that x265 takes: the cheapest to encode.
Picture pad(const Picture& picture, const HevcFormat& format) {
  Picture padded{format.width, format.height, {}};
  padded.pixels.reserve(static_cast<std::size_t>(padded.width * padded.height));
  for (std::int64_t y = 0; y < padded.height; ++y) {
    const auto row = picture.pixels.begin() + std::min(y, picture.height - 1) * picture.width;
    padded.pixels.insert(padded.pixels.end(), row, row + picture.width);
    padded.pixels.insert(padded.pixels.end(),
                         static_cast<std::size_t>(padded.width - picture.width),
                         row[picture.width - 1]);
  }
  return padded;
}

/// A CRC-32C of the decoded pixels, little-endian: what HEVC's decoded picture hash is for. Without
/// it a decoder takes most corrupted slices for pictures.
using Checksum = std::array<std::uint8_t, 4>;

Checksum checksum(const Picture& picture) {
  ByteBuffer bytes;
  bytes.reserve(2 * picture.pixels.size());
  for (const std::uint16_t pixel : picture.pixels) {
    bytes.push_back(static_cast<std::uint8_t>(pixel));
    bytes.push_back(static_cast<std::uint8_t>(pixel >> 8));
  }
  const std::uint32_t crc = crc32c(bytes);
  Checksum sum{};
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = static_cast<std::uint8_t>(crc >> 8 * i);
  return sum;
}

class HevcCodec final : public Codec {
 public:
  explicit HevcCodec(CodecTraits traits) : Codec{std::move(traits)} {}

 private:
  [[nodiscard]] HevcFormat format_of(const FeatureShape& shape, int bits) const {
    check_picture_side(shape, kMaxHevcSide);
    const TileGrid grid = tile_grid(shape.channels);
    return {.width = std::max(kMinSide, grid.columns * shape.width),
            .height = std::max(kMinSide, grid.rows * shape.height),
            .depth = std::max(8, bits + bits % 2),
            .qp = traits().lossless ? 0 : traits().parameter,
            .lossless = traits().lossless};
  }

  [[nodiscard]] ByteBuffer do_encode(const QuantizedTensor& tensor) const override {
    const HevcFormat format = format_of(tensor.shape, tensor.bits);
    Picture picture = pad(tile(tensor.levels, tensor.shape), format);
    scale(picture, (1U << tensor.bits) - 1, (1U << format.depth) - 1);
    HevcSlice slice = hevc_encode(picture, format);
    const Checksum sum = checksum(slice.reconstructed);
    slice.bytes.insert(slice.bytes.end(), sum.begin(), sum.end());
    return slice.bytes;
  }

  [[nodiscard]] std::vector<std::uint16_t> do_decode(std::span<const std::uint8_t> body,
                                                     const FeatureShape& shape,
                                                     int bits) const override {
    const HevcFormat format = format_of(shape, bits);
    if (body.size() < sizeof(Checksum)) throw PayloadError{"hevc: truncated"};
    Picture picture = hevc_decode(body.first(body.size() - sizeof(Checksum)), format);
    const auto sent = body.last<sizeof(Checksum)>();
    if (!std::equal(sent.begin(), sent.end(), checksum(picture).begin())) {
      throw PayloadError{"hevc: the picture is not the one that was encoded"};
    }
    scale(picture, (1U << format.depth) - 1, (1U << bits) - 1);
    return untile(picture, shape);
  }

  /// Small levels as they are make the smaller lossless body.
  void scale(Picture& picture, std::uint32_t from_max, std::uint32_t to_max) const {
    if (traits().lossless) return;
    for (std::uint16_t& pixel : picture.pixels) pixel = rescale(pixel, from_max, to_max);
  }
};

}  // namespace

std::unique_ptr<const Codec> make_hevc(CodecTraits traits) {
  traits.lossless = traits.parameter == kNoParameter;
  traits.summary = traits.lossless
                       ? "tiled feature image, one lossless intra picture of HEVC (x265, libde265)"
                       : "tiled feature image, one intra picture of HEVC at a quantisation "
                         "parameter (x265, libde265)";
  traits.max_bits = hevc_max_depth();
  return std::make_unique<HevcCodec>(std::move(traits));
}

}  // namespace papilio
