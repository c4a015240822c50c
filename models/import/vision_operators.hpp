#pragma once

namespace papilio {

/// Makes the operators of torchvision known to LibTorch that detectors have, non-maximum
/// suppression and RoI align, on the CPU, unless torchvision's own library has done so: archives
/// that name others cannot be loaded. To be called before an archive is.
void register_vision_operators();

}  // namespace papilio
