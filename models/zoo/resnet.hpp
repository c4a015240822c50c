#pragma once

#include "models/graph/graph.hpp"

namespace papilio {

/// ResNet-18, -34, -50 and -101 as torchvision has them: in bottleneck blocks, stride 2 on the 3×3
/// convolution of the first block of a stage; 1,000 classes, no softmax. Layer names are
/// torchvision's; the residual blocks are labelled RB1, RB2, … ResNet-50: 25,557,032 parameters,
/// 4.089 GMAC at 224×224.
Graph resnet18();
Graph resnet34();
Graph resnet50();
Graph resnet101();

/// ResNet-50 as the butterfly paper draws it (Fig. 4): stride 2 on the first 1×1 convolution of
/// RB4, RB8 and RB14, 100 classes, softmax at the end. 3.856 GMAC at 224×224; tensor sizes as its
/// Fig. 5.
Graph resnet50_paper();

/// ResNet-50 as the butterfly paper draws it, for small pictures: base width 16 in the place of 64,
/// 64×64 inputs, 101 classes (Caltech-101's), no softmax. It trains in minutes.
Graph resnet50_narrow();

/// ResNet-20 and -56 for CIFAR-10 (He et al. 2016, section 4.2): 32×32 inputs, 10 classes, stages
/// of 16, 32 and 64 channels, shortcuts without weights (option A). Layer names are those of Y.
/// Idelbayev's trained weights; the residual blocks are labelled RB1 to RB9 and RB1 to RB27.
Graph resnet20_cifar10();
Graph resnet56_cifar10();

}  // namespace papilio
