#pragma once

#include "models/graph/graph.hpp"

namespace papilio {

/// AlexNet as torchvision has it (Krizhevsky 2014, "One weird trick"), without dropout, which does
/// nothing at inference. 61,100,840 parameters. Blocks: conv1 to conv5, then the layers fc6 to fc8.
Graph alexnet();

/// VGG-16 as torchvision has it, without dropout. 138,357,544 parameters. Blocks: conv1 to conv5,
/// each up to its pooling, then fc6 to fc8.
Graph vgg16();

}  // namespace papilio
