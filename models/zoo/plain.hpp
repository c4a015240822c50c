#pragma once

#include "models/graph/graph.hpp"

namespace papilio {

/// AlexNet as torchvision has it (Krizhevsky 2014, "One weird trick"), without dropout, which does
/// nothing at inference. 61,100,840 parameters. Blocks: conv1 to conv5, then the layers fc6 to fc8.
Graph alexnet();

/// AlexNet as it was published (Krizhevsky et al. 2012, section 3.5): two groups in conv2, conv4
/// and conv5, local response normalisation after conv1 and conv2 (k = 2, n = 5, α = 1e-4,
/// β = 0.75). Layer names of Caffe. 60,965,224 parameters; the paper says 60 million. Its pictures
/// are 224×224, from which 55×55 outputs of conv1 follow with a border of 2.
Graph alexnet_2012();

/// The fast model of OverFeat (Sermanet et al. 2013, Table 1), at its 231×231 pictures. 145,920,872
/// parameters.
Graph overfeat();

/// Network in Network for ImageNet as Caffe's model zoo has it (Lin et al. 2014), without dropout
/// and softmax. Layer names of Caffe. 7,595,176 parameters. Blocks: mlpconv1 to mlpconv3, each up
/// to its pooling, and mlpconv4.
Graph nin();

/// VGG-16 as torchvision has it, without dropout. 138,357,544 parameters. Blocks: conv1 to conv5,
/// each up to its pooling, then fc6 to fc8.
Graph vgg16();

}  // namespace papilio
