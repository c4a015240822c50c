#pragma once

#include <ATen/core/Tensor.h>

#include "models/codec/codec.hpp"

namespace papilio {

/// Quantises one image's features to 2^bits levels between their least and greatest value:
/// l = round((x − min) / step), step = (max − min) / (2^bits − 1), half to even.
/// @param features `[channels × height × width]` or a flat `[n]`, finite, of 32-bit floats
/// @param bits     in 1..16
/// @throws SimulationError if a feature is not finite: the network has diverged
/// Source: Choi and Bajić, arXiv 1802.03931, section II (their rounding of halves is not told).
QuantizedTensor quantize(const at::Tensor& features, int bits);

/// The features that levels stand for, min + l · step, `[1 × channels × height × width]`, or
/// `[1 × n]` with `flat`.
at::Tensor dequantize(const QuantizedTensor& tensor, bool flat = false);

/// What `dequantize(quantize(x))` gives, bit for bit, for each image of a batch, in one pass over
/// it. Its gradient is that of the identity (straight-through: Bengio et al. 2013).
/// @param features `[n × …]`
at::Tensor quantized_like(const at::Tensor& features, int bits);

}  // namespace papilio
