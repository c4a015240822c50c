#pragma once

#include <ATen/ATen.h>

#include <filesystem>

#include "models/weights/npy.hpp"

namespace papilio::testing {

/// The tensor of a file of NumPy's, of 32-bit floats.
/// @throws ConfigError as `read_npy`
inline at::Tensor read_tensor(const std::filesystem::path& path) {
  const StoredTensor stored = read_npy(path);
  return at::tensor(stored.values).view(stored.shape);
}

}  // namespace papilio::testing
