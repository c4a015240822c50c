#include "sim/app/hand_over.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "sim/base/data/installation.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// Whether it is there or not.
std::string beside_this_program() {
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  return (self.parent_path() / "papilio-tensor").string();
}

/// How to get the program that was not to be started.
std::string remedy_for(const std::string& name) {
  return is_installed()
             ? "install the package papilio-tensor (apt install papilio-tensor), or what "
               "was built with -DPAPILIO_TENSOR=ON"
             : fmt::format(
                   "run ./papilio {}, which builds it, or build with "
                   "-DPAPILIO_TENSOR=ON",
                   name);
}

}  // namespace

std::string tensor_program() {
  std::string program = beside_this_program();
  return ::access(program.c_str(), X_OK) == 0 ? program : std::string{};
}

Command handed_over(const TensorVerb& verb) {
  const auto run = [verb](const Words& words) {
    // What it takes is known here: the other program starts slowly, and may not be installed.
    const bool asks = std::any_of(words.begin(), words.end(), [](const std::string& word) {
      return word == "--help" || word == "-h";
    });
    if (CommandLine line = verb.line(); asks && !line.parse(words)) return;
    const std::string program = beside_this_program();
    std::vector<std::string> all{program, verb.name};
    all.insert(all.end(), words.begin(), words.end());
    std::vector<char*> arguments;
    arguments.reserve(all.size() + 1);
    for (std::string& word : all) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(program.c_str(), arguments.data());
    throw ConfigError{fmt::format("papilio {}: error: cannot start {}: {}; {}", verb.name, program,
                                  std::strerror(errno), remedy_for(verb.name))};
  };
  return {verb.name, verb.summary, run};
}

}  // namespace papilio
