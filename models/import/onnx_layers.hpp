#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <optional>
#include <string>

#include "models/import/onnx.hpp"
#include "models/import/onnx_parts.hpp"

namespace papilio {

/// What is made of a graph.
struct OnnxGraphNetwork {
  OnnxNetwork network;
  OnnxFolded folded;  ///< of one with an opaque layer
};

/// The layers of a graph with one output, and the weights that it holds.
/// @param opset version of the operations
/// @param input of the network; none: what the graph states
/// @param name  of the network
/// @param opaque what may become an opaque layer
/// @throws Unsupported, std::invalid_argument as `import_onnx` tells them
OnnxGraphNetwork network_of(const onnx::GraphProto& graph, std::int64_t opset,
                            const std::optional<TensorShape>& input, const std::string& name,
                            const OpaqueRequest& opaque);

}  // namespace papilio
