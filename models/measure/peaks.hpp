#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

namespace papilio {

/// How fast a device computes and moves numbers at best, as the library that computes networks gets
/// it: the roof of a roofline.
struct Peaks {
  double flop_per_s{0};  ///< of products of square matrices, a multiply-add being two; > 0
  double byte_per_s{0};  ///< read and written by copies larger than caches; > 0
};

/// Takes about a second. The fastest of a few passes each counts: whatever else runs can only slow
/// one down.
/// @param type that is computed with, as `Network::type`
Peaks measure_peaks(c10::Device device, c10::ScalarType type);

}  // namespace papilio
