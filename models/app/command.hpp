#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/base/cli/command_line.hpp"

namespace papilio {

/// The verbs of papilio-tensor: each parses the words after it, prints to stdout, and throws as the
/// errors' kinds say.
void train_command(const Words& words);
void infer_command(const Words& words);
void serve_command(const Words& words);
void offload_command(const Words& words);
void validate_command(const Words& words);
void import_command(const Words& words);
void profile_command(const Words& words);
void codecs_command(const Words& words);
void datasets_command(const Words& words);

/// Name and version of each library that the program uses.
std::vector<std::pair<std::string, std::string>> tensor_library_versions();

}  // namespace papilio
