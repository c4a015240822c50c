#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/graph/operations.hpp"

namespace papilio {

/// The weights of a quantised kernel, which an archive holds as an object of LibTorch's, as reals.
struct PackedWeights {
  at::Tensor weight;  ///< with the scales applied
  at::Tensor bias;    ///< undefined: none
  std::int64_t bits{8};
  // Of a convolution, a number for each axis that its window moves along; of others none.
  std::vector<std::int64_t> stride;
  std::vector<std::int64_t> padding;
  std::vector<std::int64_t> dilation;
  std::int64_t groups{1};
  bool transposed{false};
};

/// What such an object holds; nothing for any other value.
std::optional<PackedWeights> unpacked(const c10::IValue& value);

/// The levels that a quantised tensor lies on.
/// @throws Unsupported if each channel has its own, or they take more than 16 bits
Levels levels_of_tensor(const at::Tensor& tensor);

/// A tensor as 32-bit floats, be it quantised or not.
at::Tensor as_reals(const at::Tensor& tensor);

/// Who runs quantised kernels. The two round at other places, and each has its limits: without
/// processor instructions for it, oneDNN computes with fewer digits; QNNPACK uses all levels by
/// range where half of them are asked for.
enum class QuantisedKernels { kOneDnn, kQnnpack };

/// Loads an archive's module, in evaluation, for these kernels from then on.
/// @throws c10::Error as LibTorch does
torch::jit::Module load_archive(const std::string& file, QuantisedKernels kernels);
/// Likewise, for oneDNN's, or where those do not know its weights, for QNNPACK's.
torch::jit::Module load_archive(const std::string& file);

}  // namespace papilio
