#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <optional>
#include <string>

#include "models/import/onnx.hpp"

namespace papilio {

/// The layers of a graph with one output, and the weights that it holds.
/// @param opset version of the operations
/// @param input of the network; none: what the graph states
/// @param name  of the network
/// @throws Unsupported, std::invalid_argument as `import_onnx` tells them
OnnxNetwork network_of(const onnx::GraphProto& graph, std::int64_t opset,
                       const std::optional<TensorShape>& input, const std::string& name);

}  // namespace papilio
