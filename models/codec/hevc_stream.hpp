#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/codec/codec.hpp"
#include "models/codec/tiling.hpp"

namespace papilio {

/// What determines the parameter sets (VPS, SPS, PPS) of a stream of one 4:0:0 intra picture.
struct HevcFormat {
  std::int64_t width{16};   ///< >= 16: x265 takes no picture under one coding-tree unit
  std::int64_t height{16};  ///< >= 16
  int depth{8};             ///< bits a pixel: 8, 10 or 12
  int qp{0};                ///< quantisation parameter, 0..51; ignored if lossless
  bool lossless{true};
};

/// A picture from a library's plane: a byte a pixel at depth 8, a word of the machine above.
Picture copy_picture(const std::uint8_t* plane, int stride_bytes, const HevcFormat& format);

/// Deepest pixels that the x265 here encodes: 8, 10 or 12 bits.
int hevc_max_depth();

/// One picture, encoded.
struct HevcSlice {
  ByteBuffer bytes;       ///< an IDR slice's NAL unit without its header; no parameter sets
  Picture reconstructed;  ///< what the encoder says that a decoder gets
};

/// Encodes a picture. x265 3.5 never frees some 1.2 KB a picture.
/// @param picture of the format's size
HevcSlice hevc_encode(const Picture& picture, const HevcFormat& format);

/// The parameter sets of the format as `hevc_encode` implies them, each a NAL unit. Kept for the
/// life of the process once made.
std::vector<ByteBuffer> hevc_parameter_sets(const HevcFormat& format);

/// The picture of such a slice. All but the slice is made anew from the format, so a slice can
/// neither ask for another picture nor for a tool that the encoder does not use.
/// @throws PayloadError if it is not an intra slice from the picture's beginning or the decoder
///         notices an error. It does not notice all: of corrupted slices libde265 1.0.11 gives
///         pictures with what lay in its memory.
Picture hevc_decode(std::span<const std::uint8_t> slice, const HevcFormat& format);

}  // namespace papilio
