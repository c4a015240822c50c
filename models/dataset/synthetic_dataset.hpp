#pragma once

#include <memory>

#include "models/dataset/dataset.hpp"

namespace papilio {

/// 32×32 pictures of shapes and textures, drawn on demand, each from a random stream of its own:
/// 2,000 for training and 500 for tests, the ten classes in turn. All but the streams is
/// whole-number arithmetic, so that every compiler draws the same pictures.
std::unique_ptr<const Dataset> make_synthetic(Split split);

}  // namespace papilio
