#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/base/cli/command_line.hpp"

namespace papilio {

/// What a program says of itself, and its verbs.
struct Program {
  std::string about;
  std::vector<Command> commands;
  std::vector<std::string> examples;
  std::function<void()> print_version;
  std::vector<Command> hidden{};  ///< for scripts: help does not list them
};

/// Runs the verb that the words name, or prints the help.
/// @return the exit code, the error having been printed to stderr
int run_program(const Program& program, int argc, char** argv);

}  // namespace papilio
