#pragma once

#include <cstddef>

#include "models/codec/codec.hpp"

namespace papilio {

/// Elements of a shape that codecs take: sides in 1..65,535, at most `kMaxCodecElements` in all.
/// @throws std::invalid_argument for any other
std::size_t checked_elements(const FeatureShape& shape);

}  // namespace papilio
