#pragma once

#include <filesystem>
#include <string_view>

#include "models/weights/state_dict.hpp"

namespace papilio {

/// Whether a file that begins with these bytes, at least nine, may be of safetensors.
bool begins_safetensors(std::string_view head);

/// Reads a file of safetensors: the length of a header, the header in JSON, the numbers.
/// Source: https://github.com/huggingface/safetensors, "Format".
/// @throws WeightsError naming the tensor that the header describes wrongly
StateDict read_safetensors(const std::filesystem::path& path);

}  // namespace papilio
