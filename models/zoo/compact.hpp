#pragma once

#include "models/graph/graph.hpp"

namespace papilio {

/// SqueezeNet v1.0 as torchvision has it, without dropout. 1,248,424 parameters. Blocks: conv1,
/// fire2 to fire9, each up to the pooling that follows it.
Graph squeezenet1_0();

/// MobileNetV2 as torchvision has it, without dropout. 3,504,872 parameters. Blocks: IR1 to IR17,
/// the inverted residuals.
Graph mobilenet_v2();

/// What matching networks compare pictures by (Vinyals et al. 2016, section 4.1.1), for Omniglot's
/// 28×28 pictures of one channel: four modules of 64 3×3 convolutions, batch norm, ReLU and 2×2
/// pooling, down to 64 numbers. 111,936 parameters. Blocks: module1 to module4.
Graph matching_net();

}  // namespace papilio
