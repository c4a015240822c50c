#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/jit/ir/ir.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "models/graph/graph.hpp"

namespace papilio {

/// Tensors of an archive by the place of their numbers in memory, which freezing keeps: what they
/// are called there.
class TensorNames {
 public:
  void add(const at::Tensor& tensor, const std::string& name) {
    names_.emplace(place_of(tensor), name);
  }
  /// Empty for a tensor that the archive does not hold, but computes.
  [[nodiscard]] std::string of(const at::Tensor& tensor) const {
    const auto it = names_.find(place_of(tensor));
    return it == names_.end() ? std::string{} : it->second;
  }

 private:
  using Place = std::tuple<const void*, std::vector<std::int64_t>, std::vector<std::int64_t>>;
  static Place place_of(const at::Tensor& tensor) {
    return {tensor.data_ptr(), tensor.sizes().vec(), tensor.strides().vec()};
  }
  std::map<Place, std::string> names_;
};

/// A network in evaluation, every module inlined and every weight a constant. Batch norms stay.
struct Forward {
  std::shared_ptr<torch::jit::Graph> graph;
  std::vector<std::string> tensors;  ///< of the archive, by name; a second name of one comes too
  TensorNames names;
  std::size_t left_out{0};  ///< further outputs that are tensors
};

/// Loads a TorchScript archive, whose code runs meanwhile, and resolves its network for one input.
/// @throws ConfigError if the file is no such archive, its code fails, or it cannot be resolved
Forward load_forward(const std::filesystem::path& file, const TensorShape& input);

}  // namespace papilio
