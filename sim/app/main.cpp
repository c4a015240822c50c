#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <system_error>

#include "sim/app/command.hpp"
#include "sim/app/version.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace {

void print_help() {
  fmt::print(
      "Papilio: where should a neural network be split between the mobile and the cloud?\n\n"
      "Usage: papilio VERB [options]\n\nVerbs:\n");
  for (const Command& command : commands()) {
    fmt::print("  {:<10} {}\n", command.name, command.summary);
  }
  fmt::print(
      "\nOptions:\n"
      "  -h, --help     print this help; after a verb, the verb's\n"
      "  --version      print the versions of the program and its libraries\n\n"
      "Examples:\n"
      "  papilio run scenarios/paper/table4.yaml\n"
      "  papilio models show resnet50\n"
      "  papilio radios show 3g\n\n"
      "Exit codes: 0 success, 2 wrong input, 3 the simulation failed, 130 interrupted.\n");
}

void print_version() {
  fmt::print("papilio {} ({})\n", program_version(), git_revision());
  for (const auto& [library, version] : library_versions()) fmt::print("{} {}\n", library, version);
}

void dispatch(const Words& words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words == Words{"help"}) {
    print_help();
    return;
  }
  if (words[0] == "help") {
    dispatch({words[1], "--help"});
    return;
  }
  if (words[0] == "--version") {
    print_version();
    return;
  }
  std::vector<std::string> verbs;
  for (const Command& command : commands()) {
    if (command.name == words[0]) {
      command.run({words.begin() + 1, words.end()});
      return;
    }
    verbs.push_back(command.name);
  }
  throw ConfigError{fmt::format("papilio: error: unknown verb '{}'{}; see 'papilio --help'",
                                words[0], suggestion(words[0], verbs))};
}

int finish(ExitCode code) {
  return static_cast<int>(code);
}

}  // namespace
}  // namespace papilio

int main(int argc, char** argv) {
  using namespace papilio;  // NOLINT(google-build-using-namespace): main has no namespace of its
                            // own
  try {
    dispatch(Words{argv + 1, argv + argc});
    if (std::fflush(stdout) != 0) throw std::system_error{errno, std::generic_category()};
    return finish(ExitCode::kSuccess);
  } catch (const ConfigError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return finish(ExitCode::kUserError);
  } catch (const SimulationError& error) {
    fmt::print(stderr, "papilio: simulation error: {}\n", error.what());
    return finish(ExitCode::kSimulationError);
  } catch (const Interrupted&) {
    fmt::print(stderr, "papilio: interrupted; nothing was written\n");
    return finish(ExitCode::kInterrupted);
  } catch (const std::filesystem::filesystem_error& error) {
    fmt::print(stderr, "{}: error: {}; check the path\n", error.path1().string(),
               error.code().message());
    return finish(ExitCode::kUserError);
  } catch (const std::system_error& error) {
    fmt::print(stderr, "papilio: error: cannot print: {}; check where the output goes\n",
               error.code().message());
    return finish(ExitCode::kUserError);
  } catch (const std::exception& error) {
    papilio::detail::unexpected(error.what());
  }
}
