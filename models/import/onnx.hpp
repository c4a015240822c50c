#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "models/graph/graph.hpp"

namespace papilio {

/// Reads the network of an ONNX file as a `Graph`, with one tensor in and one out. Layers with
/// weights are called as their weights ("layer1.0.conv1.weight" makes "layer1.0.conv1"), else as
/// their node's path; blocks as `import_torchscript` makes them. The weights themselves are not
/// read.
///
/// Exporters take batch norms up into convolutions unless told otherwise; then the parameters are
/// those of what is left.
/// @param file  the model
/// @param input of the network, without the batch; none: the size that the file states
/// @param name  of the graph
/// @throws ConfigError if the file is no ONNX model; if it has operations that a Graph does not,
///         naming each with how often it occurs; if no size is known, or the layers do not fit it
Graph import_onnx(const std::filesystem::path& file, const std::optional<TensorShape>& input,
                  const std::string& name);

}  // namespace papilio
