#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>

namespace papilio {

/// Reads an ONNX file, which takes no more memory than its own size and half a gigabyte.
/// @throws ConfigError if it is none, or describes more than that
onnx::ModelProto read_onnx(const std::filesystem::path& file);

}  // namespace papilio
