#pragma once

#include <string>

#include "sim/foreign/foreign_profile.hpp"

namespace papilio {

// One reader a tool. Each fills all but `tool` and `file`.
// @param text the file's bytes
// @param path what errors call it
// @throws ConfigError with the place of what is malformed, or if no time is there

ForeignProfile read_onnx_runtime(const std::string& text, const std::string& path);
ForeignProfile read_tensorrt(const std::string& text, const std::string& path);
ForeignProfile read_tflite(const std::string& text, const std::string& path);
ForeignProfile read_torch(const std::string& text, const std::string& path);

}  // namespace papilio
