#pragma once

#include <csignal>
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
/// @param stop_after_ms if positive, the program gets the signal after that time
Finished run_papilio(const std::vector<std::string>& arguments, int stop_after_ms = 0,
                     int signal = SIGINT);

}  // namespace papilio::testing
