#pragma once

#include <ATen/core/Tensor.h>

#include "models/graph/operations.hpp"
#include "models/graph/shape.hpp"

namespace papilio {

// What layers compute that look at a tensor's places through a window, or change how many there
// are. Each takes a batch `[n × channels × …]`; a flat vector counts as a picture of one row and
// one column.

/// @param bias none: an undefined tensor
at::Tensor convolve(const at::Tensor& flat, const at::Tensor& weight, const at::Tensor& bias,
                    const ConvOp& op);
at::Tensor convolve(const at::Tensor& flat, const at::Tensor& weight, const at::Tensor& bias,
                    const ConvTransposeOp& op);

/// @param out of the layer, which says how far a last window hangs over the edge
at::Tensor pool(const at::Tensor& flat, const MaxPoolOp& op, const TensorShape& out);
at::Tensor pool(const at::Tensor& flat, const AvgPoolOp& op);
at::Tensor pool(const at::Tensor& flat, const AdaptivePoolOp& op);
/// The mean over all places, of each channel, which stay as places of size 1.
at::Tensor global_mean(const at::Tensor& flat);

/// Local response normalisation: by the mean of the squares over the channels around, zeros beyond
/// the first and the last.
at::Tensor normalized(const at::Tensor& x, const LocalNormOp& op);
at::Tensor resized(const at::Tensor& flat, const ResizeOp& op);
at::Tensor shortcut(const at::Tensor& flat, const ZeroPadShortcutOp& op);

}  // namespace papilio
