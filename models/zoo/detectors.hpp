#pragma once

#include "models/graph/graph.hpp"

namespace papilio {

/// Faster R-CNN with VGG-16 (Ren et al. 2015) for a picture of 600 × 1,000, 21 classes: what
/// proposes regions is layers; what chooses 300 of them and looks at each is opaque. Layer names as
/// in the authors' Caffe code.
Graph faster_rcnn_vgg16();

}  // namespace papilio
