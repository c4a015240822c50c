#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace papilio {

/// One tensor as a file holds it, converted to 32-bit floats.
struct StoredTensor {
  std::vector<std::int64_t> shape;  ///< empty for a scalar
  std::vector<float> values;        ///< row-major; as many as the product of `shape`

  bool operator==(const StoredTensor&) const = default;
};

/// Trained tensors by their names, e.g. "layer1.0.conv1.weight".
using StateDict = std::map<std::string, StoredTensor>;

/// Reads trained weights, executing nothing that a file says: PyTorch state dicts (zip, and the
/// legacy format of `.pth` and `.th` files), TorchScript archives, files of safetensors, `.npz`
/// files, pickled dictionaries of NumPy arrays, and folders with one `.npy` a tensor. Of a
/// checkpoint's dictionaries the one of the weights is taken; names are the file's. Files of more
/// than `kMostWeightBytes` and 2^30 numbers are refused.
/// @throws ConfigError naming the file and what in it cannot be read, and the remedy
StateDict read_state_dict(const std::filesystem::path& path);

/// The bytes of a file that `read_state_dict` and Python's `torch.load` read: a zip of a pickled
/// dictionary and its storages. The same tensors give the same bytes.
std::string state_dict_file(const StateDict& tensors);

/// Reads one `.npy` file: little-endian floats or integers of any width, C or Fortran order.
/// @throws ConfigError naming the file
StoredTensor read_npy(const std::filesystem::path& path);
/// The bytes of a `.npy` file (version 1.0, little-endian 32-bit floats, C order).
std::string npy_file(const StoredTensor& tensor);

}  // namespace papilio
