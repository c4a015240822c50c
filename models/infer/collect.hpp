#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/infer/split_run.hpp"
#include "sim/base/document/document.hpp"

namespace papilio {

/// What files call the cut at which the picture itself crosses.
inline constexpr const char* kInputCut = "input";

/// What the pictures came to at one cut, with one unit and one codec.
struct CodecResults {
  std::string cut;           ///< "input" where the picture itself crosses
  std::int64_t channels{0};  ///< D_r; 0 without a unit
  int bits{8};
  std::string codec;
  bool lossless{true};
  std::int64_t raw_bytes{0};  ///< of the whole tensor of the cut, without unit, at 8 bits
  std::vector<std::string> images;
  std::vector<Crossed> crossed;           ///< each image; without logits
  std::vector<std::int64_t> predictions;  ///< each image
};

/// One row an image: the file that scenarios read with `payload: {from: FILE}`.
Table payload_table(const std::vector<CodecResults>& all);

/// One row a cut, unit and codec: bytes, share of right answers, times.
/// @param labels of the images; empty where they are not known
Table bytes_table(const std::vector<CodecResults>& all, const std::vector<std::int64_t>& labels);

}  // namespace papilio
