#pragma once

#include "models/graph/graph.hpp"

namespace papilio {

/// ConvNeXt-T as torchvision has it (Liu et al. 2022), without stochastic depth, which does nothing
/// at inference. Layer names are torchvision's. 28,589,128 parameters. Blocks: the stem, CN1 to
/// CN18, and between stages down1 to down3.
Graph convnext_tiny();

}  // namespace papilio
