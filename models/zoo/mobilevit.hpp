#pragma once

#include "models/graph/graph.hpp"

namespace papilio {

/// A network after MobileViT-S (Mehta and Rastegari 2022), which it is like and not the same:
/// inverted residuals with SiLU, and from 32×32 places on transformers over the places of equal
/// position in patches of 2×2, between convolutions. Pictures of 256×256, 1,000 classes. Blocks:
/// the stem, MV1 to MV7 (inverted residuals), ViT1 to ViT3.
Graph mobilevit_like();

}  // namespace papilio
