#pragma once

#include "models/graph/graph.hpp"

namespace papilio {

/// Pix2pix's generator (Isola et al. 2017): the U-Net of 256×256 pictures that its authors'
/// PyTorch code calls unet_256, with its batch norms, without dropout. Layer names are that code's.
/// 54,413,955 parameters; the code prints 54.414 million. Blocks: down1 to down8, up8 to up1, of
/// which only down1 and up2 end where one tensor crosses.
Graph pix2pix_unet();

/// A generator of pictures of chairs after Dosovitskiy et al. 2015, which it is like and not the
/// same: 809 numbers for the chair, 4 for the view and 12 for a transformation in one vector, each
/// through two layers of 512, then together through 1,024, 1,024 and 256×8×8; four times unpooling
/// by zeros with a 5×5 convolution (which is a transposed one of stride 2), to 3×128×128. It has no
/// second output for the chair's outline. 22,970,591 parameters. Blocks: parts, fc3 to fc5, uconv1
/// to uconv3.
Graph chair_generator_like();

}  // namespace papilio
