#pragma once

#include <memory>
#include <optional>

#include "models/codec/codec.hpp"

namespace papilio {

/// One of each; `make_codec` has them by name.
std::unique_ptr<const Codec> raw_codec();
std::unique_ptr<const Codec> zstd_codec();
std::unique_ptr<const Codec> zlib_codec();
std::unique_ptr<const Codec> lzma_codec();
std::unique_ptr<const Codec> bzip2_codec();
std::unique_ptr<const Codec> png_codec();
/// @param quality in 1..100
std::unique_ptr<const Codec> jpeg_codec(int quality);
/// @param qp in 0..51; nothing: lossless
std::unique_ptr<const Codec> hevc_codec(std::optional<int> qp);

}  // namespace papilio
