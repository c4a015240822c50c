#pragma once

#include <string>
#include <vector>

namespace papilio::testing {

/// What a finished program left: its exit code and all it printed.
struct Finished {
  int exit_code{-1};
  std::string out;
  std::string err;
};

/// Runs papilio with these arguments in the project's folder and waits for it.
/// @param interrupt_after_ms if positive, the program gets SIGINT after that time
Finished run_papilio(const std::vector<std::string>& arguments, int interrupt_after_ms = 0);

}  // namespace papilio::testing
