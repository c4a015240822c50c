#pragma once

#include "models/graph/graph.hpp"

namespace papilio {

/// ResNet-50 as torchvision has it: stride 2 on the 3×3 convolution of the first block of a stage,
/// 1,000 classes, no softmax. Layer names are torchvision's; the 16 residual blocks are labelled
/// RB1 to RB16. 25,557,032 parameters, 4.089 GMAC at 224×224.
Graph resnet50();

/// ResNet-50 as the butterfly paper draws it (Fig. 4): stride 2 on the first 1×1 convolution of
/// RB4, RB8 and RB14, 100 classes, softmax at the end. 3.856 GMAC at 224×224; tensor sizes as its
/// Fig. 5.
Graph resnet50_paper();

}  // namespace papilio
