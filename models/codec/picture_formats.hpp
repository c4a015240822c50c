#pragma once

#include <memory>

#include "models/codec/picture_codec.hpp"

namespace papilio {

/// Most pixels of a side that any of the formats takes: WebP's.
constexpr std::int64_t kMaxPictureSide = 16383;

std::unique_ptr<const PictureCodec> make_raw_picture();
std::unique_ptr<const PictureCodec> make_file_picture();
std::unique_ptr<const PictureCodec> make_png_picture();
/// @param quality      in 1..100
/// @param whole_colour 4:4:4, else 4:2:0
std::unique_ptr<const PictureCodec> make_jpeg_picture(int quality, bool whole_colour);
/// @param quality in 0..100
std::unique_ptr<const PictureCodec> make_webp_picture(int quality);

}  // namespace papilio
