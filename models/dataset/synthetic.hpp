#pragma once

#include <memory>

#include "models/dataset/dataset.hpp"

namespace papilio {

/// Drawn shapes and textures, 32×32, in ten classes: disc, ring, square, triangle, cross,
/// horizontal stripes, vertical stripes, checkers, dots, gradient. Place, size, colours and noise
/// are drawn from a stream of the picture's own, so that anyone has the same pictures with no
/// download.
std::unique_ptr<const Dataset> synthetic_dataset(Split split);

}  // namespace papilio
