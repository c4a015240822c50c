// General-purpose compressors over the levels' bytes: one a level up to 8 bits, two little-endian
// ones above.

#include <bzlib.h>
#include <fmt/format.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <bit>

#include "models/codec/registry.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

using ByteSpan = std::span<const std::uint8_t>;

ByteBuffer to_bytes(const QuantizedTensor& tensor) {
  if (tensor.bits <= 8) return {tensor.levels.begin(), tensor.levels.end()};
  ByteBuffer bytes;
  bytes.reserve(2 * tensor.levels.size());
  for (const std::uint16_t level : tensor.levels) {
    bytes.push_back(static_cast<std::uint8_t>(level));
    bytes.push_back(static_cast<std::uint8_t>(level >> 8));
  }
  return bytes;
}

std::vector<std::uint16_t> from_bytes(ByteSpan bytes, int bits) {
  if (bits <= 8) return {bytes.begin(), bytes.end()};
  std::vector<std::uint16_t> levels(bytes.size() / 2);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    levels[i] = static_cast<std::uint16_t>(bytes[2 * i] | bytes[2 * i + 1] << 8);
  }
  return levels;
}

/// A library's two functions.
struct Compressor {
  ByteBuffer (*compress)(ByteSpan plain);
  /// Whether `packed`, all of it, decompresses to exactly as many bytes as `plain` has; they are
  /// written there. Takes no memory in proportion to what `packed` claims.
  bool (*decompress)(ByteSpan packed, std::span<std::uint8_t> plain);
};

class GeneralPurposeCodec final : public Codec {
 public:
  GeneralPurposeCodec(CodecTraits traits, Compressor compressor)
      : Codec{std::move(traits)}, compressor_{compressor} {}

 private:
  [[nodiscard]] ByteBuffer do_encode(const QuantizedTensor& tensor) const override {
    return compressor_.compress(to_bytes(tensor));
  }

  [[nodiscard]] std::vector<std::uint16_t> do_decode(ByteSpan body, const FeatureShape& shape,
                                                     int bits) const override {
    ByteBuffer plain(static_cast<std::size_t>(shape.elements()) * (bits <= 8 ? 1 : 2));
    if (!compressor_.decompress(body, plain)) {
      throw PayloadError{
          fmt::format("{}: the body does not decompress to {} bytes", traits().name, plain.size())};
    }
    return from_bytes(plain, bits);
  }

  Compressor compressor_;
};

// Without the content's size and the checksum: the frame around the body has both.
ByteBuffer zstd_compress(ByteSpan plain) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context{ZSTD_createCCtx(),
                                                                     &ZSTD_freeCCtx};
  PAPILIO_CHECK(context != nullptr);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, 19);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
  ByteBuffer packed(ZSTD_compressBound(plain.size()));
  const std::size_t size =
      ZSTD_compress2(context.get(), packed.data(), packed.size(), plain.data(), plain.size());
  PAPILIO_CHECK(!ZSTD_isError(size));
  packed.resize(size);
  return packed;
}

// One call over the whole buffer needs no window of its own, whatever size the body claims.
bool zstd_decompress(ByteSpan packed, std::span<std::uint8_t> plain) {
  return ZSTD_decompress(plain.data(), plain.size(), packed.data(), packed.size()) == plain.size();
}

ByteBuffer zlib_compress(ByteSpan plain) {
  uLongf size = compressBound(plain.size());
  ByteBuffer packed(size);
  const int status = compress2(packed.data(), &size, plain.data(), plain.size(), 9);
  PAPILIO_CHECK(status == Z_OK);
  packed.resize(size);
  return packed;
}

bool zlib_decompress(ByteSpan packed, std::span<std::uint8_t> plain) {
  uLongf written = plain.size();
  uLong read = packed.size();
  return uncompress2(plain.data(), &written, packed.data(), &read) == Z_OK &&
         written == plain.size() && read == packed.size();
}

/// LZMA2 without container. The dictionary follows from the size, known at both ends, so that a
/// body cannot ask for a larger one.
class Lzma2 {
 public:
  explicit Lzma2(std::size_t plain_bytes) {
    PAPILIO_CHECK(!lzma_lzma_preset(&options_, 9 | LZMA_PRESET_EXTREME));
    options_.dict_size = std::clamp(std::bit_ceil(static_cast<std::uint32_t>(plain_bytes)),
                                    std::uint32_t{LZMA_DICT_SIZE_MIN}, options_.dict_size);
  }
  [[nodiscard]] const lzma_filter* filters() const { return filters_; }

 private:
  lzma_options_lzma options_{};
  lzma_filter filters_[2]{{LZMA_FILTER_LZMA2, &options_}, {LZMA_VLI_UNKNOWN, nullptr}};
};

ByteBuffer lzma_compress(ByteSpan plain) {
  const Lzma2 lzma2{plain.size()};
  ByteBuffer packed(lzma_stream_buffer_bound(plain.size()));
  std::size_t size = 0;
  const lzma_ret status = lzma_raw_buffer_encode(lzma2.filters(), nullptr, plain.data(),
                                                 plain.size(), packed.data(), &size, packed.size());
  PAPILIO_CHECK(status == LZMA_OK);
  packed.resize(size);
  return packed;
}

bool lzma_decompress(ByteSpan packed, std::span<std::uint8_t> plain) {
  const Lzma2 lzma2{plain.size()};
  std::size_t read = 0;
  std::size_t written = 0;
  const lzma_ret status =
      lzma_raw_buffer_decode(lzma2.filters(), nullptr, packed.data(), &read, packed.size(),
                             plain.data(), &written, plain.size());
  return status == LZMA_OK && read == packed.size() && written == plain.size();
}

ByteBuffer bzip2_compress(ByteSpan plain) {
  auto size = static_cast<unsigned>(plain.size() + plain.size() / 100 + 600);  // as its manual says
  ByteBuffer packed(size);
  // The library's interface takes char*, and does not write to its source.
  const int status =
      BZ2_bzBuffToBuffCompress(reinterpret_cast<char*>(packed.data()), &size,
                               reinterpret_cast<char*>(const_cast<std::uint8_t*>(plain.data())),
                               static_cast<unsigned>(plain.size()), 9, 0, 0);
  PAPILIO_CHECK(status == BZ_OK);
  packed.resize(size);
  return packed;
}

bool bzip2_decompress(ByteSpan packed, std::span<std::uint8_t> plain) {
  bz_stream stream{};
  PAPILIO_CHECK(BZ2_bzDecompressInit(&stream, 0, 0) == BZ_OK);
  stream.next_in = reinterpret_cast<char*>(const_cast<std::uint8_t*>(packed.data()));
  stream.avail_in = static_cast<unsigned>(packed.size());
  stream.next_out = reinterpret_cast<char*>(plain.data());
  stream.avail_out = static_cast<unsigned>(plain.size());
  const int status = BZ2_bzDecompress(&stream);
  const bool whole = stream.avail_in == 0 && stream.avail_out == 0;
  BZ2_bzDecompressEnd(&stream);
  return status == BZ_STREAM_END && whole;
}

std::unique_ptr<const Codec> make(CodecTraits traits, std::string summary, Compressor compressor) {
  traits.summary = std::move(summary);
  return std::make_unique<GeneralPurposeCodec>(std::move(traits), compressor);
}

}  // namespace

std::unique_ptr<const Codec> make_zstd(CodecTraits traits) {
  return make(std::move(traits), "Zstandard at level 19 (libzstd)",
              {zstd_compress, zstd_decompress});
}

std::unique_ptr<const Codec> make_zlib(CodecTraits traits) {
  return make(std::move(traits), "DEFLATE at level 9 (zlib)", {zlib_compress, zlib_decompress});
}

std::unique_ptr<const Codec> make_lzma(CodecTraits traits) {
  return make(std::move(traits), "LZMA2 at preset 9 extreme (liblzma)",
              {lzma_compress, lzma_decompress});
}

std::unique_ptr<const Codec> make_bzip2(CodecTraits traits) {
  return make(std::move(traits), "Burrows-Wheeler in blocks of 900 kB (libbz2)",
              {bzip2_compress, bzip2_decompress});
}

}  // namespace papilio
