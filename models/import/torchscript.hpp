#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"
#include "models/import/opaque_request.hpp"
#include "models/weights/state_dict.hpp"

namespace papilio {

/// What is known of an input of a program.
struct NamedInput {
  std::string name;      ///< empty: the next one
  TensorShape shape;     ///< of one sample
  std::size_t batch{0};  ///< where the batch stands among the program's axes
  bool whole{
      false};  ///< whole numbers; else reals, but for those that rows of a table are named by
  bool alone{false};  ///< the program takes one sample, and has no axis for a batch
};

/// A network with its weights, by the names that `Network` has for them.
struct ImportedNetwork {
  Graph graph;
  StateDict weights;
  std::vector<bool> read{};  ///< which of the program's tensors that it reads the network has
  /// Layers whose outputs are quantised tensors of the program, by the operations that make them,
  /// counted as they run.
  std::map<std::size_t, std::string> quantised{};
  std::string opaque{};  ///< an OpaquePlan for its opaque layer; empty: it has none
};

/// Reads a TorchScript archive, as `torch.jit.trace` or `script` and `save` write it, by running it
/// once for one sample. Its code runs meanwhile.
/// @param inputs of the program, one or more; more than it has, or fewer, are told
/// @param name   of the graph
/// @throws ConfigError naming the file and the remedy: it is no such archive, its code fails, or
/// has
///         operations that a Graph cannot say, each with how often it occurs
ImportedNetwork import_torchscript(const std::filesystem::path& file,
                                   const std::vector<NamedInput>& inputs, const std::string& name,
                                   const OpaqueRequest& opaque = {});

}  // namespace papilio
