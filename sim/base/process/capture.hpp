#pragma once

#include <string>
#include <vector>

namespace papilio {

/// What a program printed, on both streams, and how it ended.
struct Captured {
  int status{0};  ///< exit code; 127: there is no such program; 128 and the signal that ended it
  std::string output;
};

/// Runs a program and waits for it.
/// @param words its name and arguments, taken literally
/// @throws ConfigError if no process can be started
Captured capture(const std::vector<std::string>& words);

}  // namespace papilio
