#include "sim/base/cli/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <system_error>

#include "sim/base/cli/streams.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace {

void print_help(const Program& program) {
  fmt::print("{}\n\nUsage: papilio VERB [options]\n\nVerbs:\n", program.about);
  std::size_t width = 0;
  for (const Command& command : program.commands) width = std::max(width, command.name.size());
  for (const Command& command : program.commands) {
    fmt::print("  {:<{}} {}\n", command.name, width, command.summary);
  }
  if (!program.topics.empty()) {
    fmt::print("\nTopics, for 'papilio help TOPIC':\n");
    std::size_t topic_width = 0;
    for (const auto& [name, summary] : program.topics) {
      topic_width = std::max(topic_width, name.size());
    }
    for (const auto& [name, summary] : program.topics) {
      fmt::print("  {:<{}} {}\n", name, topic_width, summary);
    }
  }
  fmt::print(
      "\nOptions:\n"
      "  -h, --help     print this help; after a verb, the verb's\n"
      "  --version      print the versions of the program and its libraries\n\n"
      "Examples:\n");
  for (const std::string& example : program.examples) fmt::print("  {}\n", example);
  fmt::print(
      "\nExit codes: 0 success, 1 a comparison found differences, 2 wrong input, 3 the simulation "
      "failed, 130 interrupted.\n");
}

void dispatch(const Program& program, const Words& words);

/// Explains a topic, a verb, or what has the name of both.
void help_on(const Program& program, const Words& words) {
  std::vector<std::string> known;
  bool is_topic = false;
  for (const auto& [name, summary] : program.topics) {
    if (words.size() == 1 && name == words[0]) {
      say(program.topic_text(name));
      is_topic = true;
    }
    known.push_back(name);
  }
  for (const Command& command : program.commands) {
    if (command.name == words[0]) {
      if (is_topic) say("\n");
      Words rest{words.begin() + 1, words.end()};  // an action of the verb's, as of 'study'
      rest.emplace_back("--help");
      command.run(rest);
      return;
    }
    known.push_back(command.name);
  }
  if (is_topic) return;
  throw ConfigError{
      fmt::format("papilio help: error: there is no topic or verb '{}'{}; see "
                  "'papilio help'",
                  words[0], suggestion(words[0], known))};
}

void dispatch(const Program& program, const Words& words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words == Words{"help"}) {
    print_help(program);
    return;
  }
  if (words[0] == "help") {
    help_on(program, {words.begin() + 1, words.end()});
    return;
  }
  if (words[0] == "--version") {
    program.print_version();
    return;
  }
  for (const std::vector<Command>* verbs : {&program.commands, &program.hidden}) {
    for (const Command& command : *verbs) {
      if (command.name != words[0]) continue;
      command.run({words.begin() + 1, words.end()});
      return;
    }
  }
  std::vector<std::string> verbs;
  verbs.reserve(program.commands.size());
  for (const Command& command : program.commands) verbs.push_back(command.name);
  throw ConfigError{fmt::format("papilio: error: unknown verb '{}'{}; see 'papilio --help'",
                                words[0], suggestion(words[0], verbs))};
}

/// Runs the verb. @return what it ends with if it throws no error
ExitCode dispatched(const Program& program, const Words& words) {
  try {
    dispatch(program, words);
    return ExitCode::kSuccess;
  } catch (const Differs&) {
    return ExitCode::kDiffers;
  }
}

int finish(ExitCode code) {
  return static_cast<int>(code);
}

}  // namespace

int run_program(const Program& program, int argc, char** argv) {
  open_standard_streams();
  try {
    const ExitCode code = dispatched(program, Words{argv + 1, argv + argc});
    if (std::fflush(stdout) != 0) throw std::system_error{errno, std::generic_category()};
    return finish(code);
  } catch (const ConfigError& error) {
    tell(fmt::format("{}\n", error.what()));
    return finish(ExitCode::kUserError);
  } catch (const SimulationError& error) {
    tell(fmt::format("papilio: simulation error: {}\n", error.what()));
    return finish(ExitCode::kSimulationError);
  } catch (const Interrupted& stop) {
    tell(fmt::format("papilio: interrupted; {}\n", stop.what()));
    return finish(ExitCode::kInterrupted);
  } catch (const std::filesystem::filesystem_error& error) {
    tell(fmt::format("{}: error: {}; check the path\n", error.path1().string(),
                     error.code().message()));
    return finish(ExitCode::kUserError);
  } catch (const std::system_error& error) {
    tell(fmt::format("papilio: error: cannot print: {}; check where the output goes\n",
                     error.code().message()));
    return finish(ExitCode::kUserError);
  } catch (const std::bad_alloc&) {
    tell(
        "papilio: error: there is not enough memory for this input; free some, or make it "
        "smaller\n");
    return finish(ExitCode::kUserError);
  } catch (const std::exception& error) {
    papilio::detail::unexpected(error.what());
  }
}

}  // namespace papilio
