// Lossless codecs of bytes. Each decodes into a buffer of the length that the shape gives, which
// the body must fill exactly, so that no body can make it grow.

#include <bzlib.h>
#include <fmt/format.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <utility>

#include "models/codec/codecs.hpp"
#include "models/codec/level_bytes.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// The parts that these codecs share.
class ByteCodec : public Codec {
 public:
  explicit ByteCodec(CodecTraits traits) : traits_{std::move(traits)} {}

  [[nodiscard]] const CodecTraits& traits() const override { return traits_; }

  [[nodiscard]] Bytes encode(const QuantizedTensor& tensor) const override {
    return compress(to_bytes(tensor));
  }

  [[nodiscard]] std::vector<std::uint16_t> decode(std::span<const std::uint8_t> body,
                                                  const TensorShape& shape,
                                                  int bits) const override {
    Bytes bytes(byte_count(shape, bits));
    if (!decompress(body, bytes)) {
      throw PayloadError{
          fmt::format("the body is not what {} makes of {} bytes", traits_.name, bytes.size())};
    }
    return from_bytes(bytes, shape, bits);
  }

 private:
  [[nodiscard]] virtual Bytes compress(const Bytes& bytes) const = 0;
  /// @return whether the whole body filled exactly `bytes`
  [[nodiscard]] virtual bool decompress(std::span<const std::uint8_t> body, Bytes& bytes) const = 0;

  CodecTraits traits_;
};

class RawCodec : public Codec {
 public:
  [[nodiscard]] const CodecTraits& traits() const override {
    static const CodecTraits kTraits{.name = "raw", .summary = "the levels, packed without gaps"};
    return kTraits;
  }
  [[nodiscard]] Bytes encode(const QuantizedTensor& tensor) const override { return pack(tensor); }
  [[nodiscard]] std::vector<std::uint16_t> decode(std::span<const std::uint8_t> body,
                                                  const TensorShape& shape,
                                                  int bits) const override {
    return unpack(body, shape, bits);
  }
};

class ZstdCodec : public ByteCodec {
 public:
  ZstdCodec() : ByteCodec{{.name = "zstd", .summary = "Zstandard, level 19, by libzstd"}} {}

 private:
  static constexpr int kLevel = 19;

  [[nodiscard]] Bytes compress(const Bytes& bytes) const override {
    Bytes body(ZSTD_compressBound(bytes.size()));
    const std::size_t size =
        ZSTD_compress(body.data(), body.size(), bytes.data(), bytes.size(), kLevel);
    PAPILIO_CHECK(ZSTD_isError(size) == 0);
    body.resize(size);
    return body;
  }
  [[nodiscard]] bool decompress(std::span<const std::uint8_t> body, Bytes& bytes) const override {
    const std::size_t size = ZSTD_decompress(bytes.data(), bytes.size(), body.data(), body.size());
    return ZSTD_isError(size) == 0 && size == bytes.size();
  }
};

class ZlibCodec : public ByteCodec {
 public:
  ZlibCodec() : ByteCodec{{.name = "zlib", .summary = "Deflate, level 9, by zlib"}} {}

 private:
  [[nodiscard]] Bytes compress(const Bytes& bytes) const override {
    uLongf size = compressBound(bytes.size());
    Bytes body(size);
    PAPILIO_CHECK(compress2(body.data(), &size, bytes.data(), bytes.size(), Z_BEST_COMPRESSION) ==
                  Z_OK);
    body.resize(size);
    return body;
  }
  [[nodiscard]] bool decompress(std::span<const std::uint8_t> body, Bytes& bytes) const override {
    uLongf size = bytes.size();
    uLong used = body.size();
    return uncompress2(bytes.data(), &size, body.data(), &used) == Z_OK && size == bytes.size() &&
           used == body.size();
  }
};

class LzmaCodec : public ByteCodec {
 public:
  LzmaCodec()
      : ByteCodec{{.name = "lzma", .summary = "LZMA2 without container, preset 9e, by liblzma"}} {}

 private:
  /// The filter that both sides know, so that the body need not tell it. A dictionary of a mebibyte
  /// holds any feature tensor and bounds the memory.
  struct Filters {
    Filters() {
      PAPILIO_CHECK(!lzma_lzma_preset(&options, 9 | LZMA_PRESET_EXTREME));
      constexpr std::uint32_t kDictionary = 1U << 20;
      options.dict_size = kDictionary;
      chain[0] = {LZMA_FILTER_LZMA2, &options};
      chain[1] = {LZMA_VLI_UNKNOWN, nullptr};
    }
    lzma_options_lzma options{};
    lzma_filter chain[2]{};
  };

  [[nodiscard]] Bytes compress(const Bytes& bytes) const override {
    const Filters filters;
    constexpr std::size_t kSpare = 1024;
    Bytes body(lzma_stream_buffer_bound(bytes.size()) + kSpare);
    std::size_t size = 0;
    PAPILIO_CHECK(lzma_raw_buffer_encode(filters.chain, nullptr, bytes.data(), bytes.size(),
                                         body.data(), &size, body.size()) == LZMA_OK);
    body.resize(size);
    return body;
  }
  [[nodiscard]] bool decompress(std::span<const std::uint8_t> body, Bytes& bytes) const override {
    const Filters filters;
    std::size_t used = 0;
    std::size_t size = 0;
    return lzma_raw_buffer_decode(filters.chain, nullptr, body.data(), &used, body.size(),
                                  bytes.data(), &size, bytes.size()) == LZMA_OK &&
           size == bytes.size() && used == body.size();
  }
};

class Bzip2Codec : public ByteCodec {
 public:
  Bzip2Codec()
      : ByteCodec{{.name = "bzip2", .summary = "Burrows-Wheeler, blocks of 900 kB, by libbz2"}} {}

 private:
  static constexpr int kBlock = 9;  // in units of 100 kB

  [[nodiscard]] Bytes compress(const Bytes& bytes) const override {
    // The library's bound: 1 % more, and 600 bytes.
    auto size = static_cast<unsigned>(bytes.size() + bytes.size() / 100 + 600);
    Bytes body(size);
    auto* source = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
    PAPILIO_CHECK(BZ2_bzBuffToBuffCompress(reinterpret_cast<char*>(body.data()), &size, source,
                                           static_cast<unsigned>(bytes.size()), kBlock, 0,
                                           0) == BZ_OK);
    body.resize(size);
    return body;
  }
  [[nodiscard]] bool decompress(std::span<const std::uint8_t> body, Bytes& bytes) const override {
    bz_stream stream{};
    if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) return false;
    stream.next_in = const_cast<char*>(reinterpret_cast<const char*>(body.data()));
    stream.avail_in = static_cast<unsigned>(body.size());
    stream.next_out = reinterpret_cast<char*>(bytes.data());
    stream.avail_out = static_cast<unsigned>(bytes.size());
    const int result = BZ2_bzDecompress(&stream);
    BZ2_bzDecompressEnd(&stream);
    return result == BZ_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
  }
};

}  // namespace

std::unique_ptr<const Codec> raw_codec() {
  return std::make_unique<RawCodec>();
}
std::unique_ptr<const Codec> zstd_codec() {
  return std::make_unique<ZstdCodec>();
}
std::unique_ptr<const Codec> zlib_codec() {
  return std::make_unique<ZlibCodec>();
}
std::unique_ptr<const Codec> lzma_codec() {
  return std::make_unique<LzmaCodec>();
}
std::unique_ptr<const Codec> bzip2_codec() {
  return std::make_unique<Bzip2Codec>();
}

}  // namespace papilio
