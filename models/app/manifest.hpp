#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "models/tensor/runtime.hpp"
#include "sim/base/cli/command_line.hpp"

namespace papilio {

/// What a verb's results were made with: program, command, threads, device, libraries and times.
/// @param settings what the results follow from
nlohmann::ordered_json manifest_of(const std::string& verb, const Words& words,
                                   const nlohmann::ordered_json& settings,
                                   const TensorRuntime& runtime,
                                   std::chrono::system_clock::time_point started);

}  // namespace papilio
