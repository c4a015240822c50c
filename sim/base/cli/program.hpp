#pragma once

#include <functional>
#include <string>
#include <utility>
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
  /// What 'help' explains beside the verbs: names and summaries.
  std::vector<std::pair<std::string, std::string>> topics{};
  std::function<std::string(const std::string& topic)> topic_text{};
};

/// Runs the verb that the words name, or prints the help.
/// @return the exit code, the error having been printed to stderr
int run_program(const Program& program, int argc, char** argv);

}  // namespace papilio
