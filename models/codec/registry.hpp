#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/codec/codec.hpp"

namespace papilio {

/// What may follow a codec's name, as in "jpeg:75".
struct CodecParameter {
  std::string name;  ///< for messages, e.g. "quality"
  std::uint8_t min;
  std::uint8_t max;
  std::uint8_t fallback;  ///< when nothing follows the name; may be kNoParameter
};

/// A codec with any parameter.
struct CodecFamily {
  std::string name;  ///< without parameter
  std::uint8_t id;   ///< in a frame; never given to another codec
  std::optional<CodecParameter> parameter;
  /// Makes the codec and completes its traits.
  /// @param traits with name, id and parameter
  std::unique_ptr<const Codec> (*make)(CodecTraits traits);

  /// Whether a frame may carry `value` for this codec.
  [[nodiscard]] bool takes(std::uint8_t value) const;
  /// @param value one that it takes
  [[nodiscard]] std::unique_ptr<const Codec> with(std::uint8_t value) const;
};

/// The table of codecs, in the order that lists print.
const std::vector<CodecFamily>& codec_families();

std::unique_ptr<const Codec> make_raw(CodecTraits traits);
std::unique_ptr<const Codec> make_zstd(CodecTraits traits);
std::unique_ptr<const Codec> make_zlib(CodecTraits traits);
std::unique_ptr<const Codec> make_lzma(CodecTraits traits);
std::unique_ptr<const Codec> make_bzip2(CodecTraits traits);
std::unique_ptr<const Codec> make_png(CodecTraits traits);
std::unique_ptr<const Codec> make_jpeg(CodecTraits traits);
std::unique_ptr<const Codec> make_hevc(CodecTraits traits);

}  // namespace papilio
