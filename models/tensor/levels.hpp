#pragma once

#include <ATen/core/Tensor.h>

#include "models/graph/operations.hpp"

namespace papilio {

/// Each element as the nearest of the levels has it; as reals, of the tensor's own type.
/// @param samples  `[n × …]`; levels by range are each sample's own
/// @param training whether gradients are wanted: they pass where nothing is cut off, as if there
///        were no levels (Bengio et al. 2013, the straight-through estimator)
at::Tensor on_levels(const at::Tensor& samples, const Levels& levels, bool training);

}  // namespace papilio
