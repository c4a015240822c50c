#pragma once

#include <optional>

#include "models/graph/shape.hpp"

namespace papilio {

/// What may become an opaque layer.
struct OpaqueRequest {
  /// Whatever a graph cannot hold; else what hangs on operations of detectors alone.
  bool any{false};
  /// Of the layer's output. Of a TorchScript archive at least as large as in the run; nothing: as
  /// there, or as many rows as the program says. Of an ONNX file nothing less than it states;
  /// nothing: as it states.
  std::optional<TensorShape> output{};
};

}  // namespace papilio
