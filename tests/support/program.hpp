#pragma once

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace papilio::testing {

/// What a finished program left: its exit code and all it printed.
struct Finished {
  int exit_code{-1};
  std::string out;
  std::string err;
};

/// When to send a program a signal: so long after its start, or after a file was there.
struct Stop {
  int signal{SIGINT};
  int after_ms{0};
  std::filesystem::path once_exists;  ///< empty: at once
};

/// Runs papilio with these arguments in the project's folder and waits for it.
Finished run_papilio(const std::vector<std::string>& arguments,
                     const std::optional<Stop>& stop = {});

}  // namespace papilio::testing
