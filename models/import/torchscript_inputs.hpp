#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <optional>
#include <vector>

#include "models/import/torchscript.hpp"
#include "models/import/torchscript_program.hpp"

namespace papilio {

/// An argument of a program's `forward`.
struct ProgramInput {
  bool is_tensor{true};  ///< or a list of tensors, of which one is given
  bool is_list{false};   ///< whether it is one; its tensor has no axis for the batch
  bool is_read{false};   ///< whether an operation uses the tensor
  InputOp op;            ///< of a tensor
  std::size_t batch{0};
  bool alone{false};  ///< it has no axis for a batch
  c10::IValue other;  ///< of another kind: its default

  /// One sample, `[1 × …]`, as a network takes it: normal numbers, or whole ones.
  [[nodiscard]] at::Tensor random(std::uint64_t seed, double scale = 1) const;
  /// As the program takes it.
  [[nodiscard]] c10::IValue as_argument(const at::Tensor& sample) const;
  /// The tensor of an argument.
  [[nodiscard]] at::Tensor tensor_of(const c10::IValue& argument) const;
  /// The tensor's axis that is the batch's.
  [[nodiscard]] std::optional<std::int64_t> batch_axis() const;
};

/// The arguments of a program.
/// @param given what is known of its inputs; one size without a name is that of all
/// @throws std::invalid_argument if an input has no size, or a size no input
/// @throws Unsupported for an argument of another kind without a default
std::vector<ProgramInput> inputs_of(const torch::jit::Module& module,
                                    const TorchScriptProgram& program,
                                    const std::vector<NamedInput>& given);

/// The tensors of an answer, in order.
std::vector<at::Tensor> tensors_of(const c10::IValue& answer);

}  // namespace papilio
