#pragma once

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <functional>
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

/// When to send a program a signal.
struct Stop {
  int signal{SIGINT};
  /// As soon as this holds of the process: what it has done, never how long it took, for that says
  /// nothing on a busy machine.
  std::function<bool(pid_t)> once;
};

/// The direct children of a process.
std::vector<pid_t> children_of(pid_t parent);

/// Of a program that works in workers of its own: it has begun, and catches signals by then.
inline bool has_workers(pid_t process) {
  return !children_of(process).empty();
}

/// Runs papilio with these arguments in the project's folder and waits for it.
Finished run_papilio(const std::vector<std::string>& arguments,
                     const std::optional<Stop>& stop = {});

/// The same, run in another folder.
Finished run_papilio_in(const std::filesystem::path& where,
                        const std::vector<std::string>& arguments);

}  // namespace papilio::testing
