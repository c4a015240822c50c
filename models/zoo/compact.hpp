#pragma once

#include "models/graph/graph.hpp"

namespace papilio {

/// SqueezeNet v1.0 as torchvision has it, without dropout. 1,248,424 parameters. Blocks: conv1,
/// fire2 to fire9, each up to the pooling that follows it.
Graph squeezenet1_0();

/// MobileNetV2 as torchvision has it, without dropout. 3,504,872 parameters. Blocks: IR1 to IR17,
/// the inverted residuals.
Graph mobilenet_v2();

}  // namespace papilio
