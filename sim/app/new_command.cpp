#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <set>

#include "models/networks/network_file.hpp"
#include "sim/app/command.hpp"
#include "sim/app/starters.hpp"
#include "sim/base/cli/profiles_option.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/base/suggest.hpp"
#include "sim/radio/radio.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse_new(const std::string& why) {
  throw ConfigError{fmt::format("papilio new: error: {}; see 'papilio new --help'", why)};
}

const Starter& starter_of(const std::string& kind) {
  std::vector<std::string> known;
  for (const Starter& starter : starters()) {
    if (starter.kind == kind) return starter;
    known.emplace_back(starter.kind);
  }
  refuse_new(fmt::format("unknown kind '{}'{}", kind, suggestion(kind, known)));
}

/// What is wrong with an answer; empty: nothing.
std::string problem_with(const StarterField& field, const std::string& answer,
                         const ProfileLibrary& library) {
  using Kind = StarterField::Kind;
  if (answer.empty()) return "it may not be empty";
  if (field.kind == Kind::kName) {
    const std::vector<std::string> known =
        field.of == "models" ? network_names(library) : library.names(field.of);
    const bool has = std::find(known.begin(), known.end(), answer) != known.end();
    return has ? "" : fmt::format("unknown '{}'{}", answer, suggestion(answer, known));
  }
  if (field.kind == Kind::kText) {
    const bool printable = std::none_of(answer.begin(), answer.end(), [](unsigned char c) {
      constexpr unsigned char kSpace = 0x20;
      constexpr unsigned char kDelete = 0x7f;
      return c < kSpace || c == kDelete;
    });
    return printable ? "" : "it has characters that cannot be printed";
  }
  double number = 0;
  const auto [end, error] = std::from_chars(answer.data(), answer.data() + answer.size(), number);
  const bool read = error == std::errc{} && end == answer.data() + answer.size();
  if (!read || !std::isfinite(number) || number <= 0) {
    return fmt::format("expected a number above 0, got '{}'", answer);
  }
  if (field.kind == Kind::kWhole && number != std::round(number)) {
    return fmt::format("expected a whole number, got '{}'", answer);
  }
  return {};
}

/// Asks on the terminal until the answer will do. @throws ConfigError at its end
std::string asked(const StarterField& field, const ProfileLibrary& library) {
  while (true) {
    const std::string usual = !field.usual.empty() ? fmt::format(" [{}]", field.usual)
                              : field.optional     ? " (Enter: leave it out)"
                                                   : "";
    tell(fmt::format("{}{}: ", field.question, usual));
    std::string answer;
    if (!std::getline(std::cin, answer)) refuse_new("the questions were left unanswered");
    if (answer.empty() && (field.optional || !field.usual.empty())) {
      return std::string{field.usual};
    }
    const std::string problem = problem_with(field, answer, library);
    if (problem.empty()) return answer;
    tell(problem + "\n");
  }
}

StarterAnswers answers_of(const CommandLine& line, const Starter& starter,
                          const ProfileLibrary& library) {
  StarterAnswers answers;
  const bool asks = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
  std::vector<std::string> missing;
  for (const StarterField& field : starter.fields) {
    const std::string option{field.option};
    std::string answer{field.usual};
    if (line.has(option)) {
      answer = line.get<std::string>(option);
      const std::string problem = problem_with(field, answer, library);
      if (!problem.empty()) refuse_new(fmt::format("--{}: {}", option, problem));
    } else if (asks) {
      answer = asked(field, library);
    } else if (answer.empty() && !field.optional) {
      missing.push_back(fmt::format("--{} ({})", option, field.question));
    }
    if (!answer.empty()) answers.emplace(option, answer);
  }
  if (!missing.empty()) {
    refuse_new(fmt::format("a {} needs {}", starter.kind, fmt::join(missing, " and ")));
  }
  return answers;
}

/// The powers of the radio that another is like.
void add_powers(StarterAnswers& answers, const ProfileLibrary& library) {
  const RadioProfile like = load_radio(library, Bibliography{library}, answers.at("like"));
  for (const auto& [key, constant] : like.about.constants) {
    const auto keep = [&](const char* wanted, const char* as) {
      if (key == wanted && constant.value) answers[as] = fmt::format("{}", *constant.value);
    };
    keep("alpha_uplink_j_per_bit", "alpha-uplink");
    keep("alpha_downlink_j_per_bit", "alpha-downlink");
    keep("beta_w", "beta");
  }
}

/// Every field of every kind once, as an option.
void add_fields(CommandLine& line) {
  std::set<std::string_view> added;
  for (const Starter& starter : starters()) {
    for (const StarterField& field : starter.fields) {
      if (!added.insert(field.option).second) continue;
      std::vector<std::string_view> kinds;
      for (const Starter& other : starters()) {
        const bool has = std::any_of(other.fields.begin(), other.fields.end(),
                                     [&](const auto& one) { return one.option == field.option; });
        if (has) kinds.push_back(other.kind);
      }
      const bool of_radio = field.option == "uplink";
      line.add_options()(std::string{field.option}.c_str(),
                         po::value<std::string>()->value_name("X"),
                         fmt::format("of {}: {}", fmt::join(kinds, ", "),
                                     of_radio ? "uplink, of a radio in bit/s, of a trace in Mbit/s"
                                              : std::string{field.question})
                             .c_str());
    }
  }
}

void refuse_others(const CommandLine& line, const Starter& starter) {
  for (const Starter& other : starters()) {
    for (const StarterField& field : other.fields) {
      const bool own = std::any_of(starter.fields.begin(), starter.fields.end(),
                                   [&](const auto& one) { return one.option == field.option; });
      if (!own && line.has(std::string{field.option})) {
        refuse_new(
            fmt::format("--{} is of a {}, not of a {}", field.option, other.kind, starter.kind));
      }
    }
  }
}

/// Lower-case letters, digits and . _ - alone, as names of files and keys are.
void check_name(const std::string& name) {
  const bool safe =
      !name.empty() && name.front() != '.' && name.front() != '-' &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string::npos;
  if (!safe) {
    refuse_new(fmt::format(
        "'{}' is no name; use lower-case letters, digits, '.', '_' and '-', such as my-phone",
        name));
  }
}

/// Whether a command that comes next looks into folders of profiles, and does not name one yet.
bool reads_profiles(const std::string& command) {
  return command.find(" --profiles ") == std::string::npos &&
         !command.starts_with("papilio report") && !command.starts_with("papilio plot");
}

}  // namespace

void new_command(const Words& words) {
  CommandLine line{
      "new KIND NAME [options]",
      "Begins a file of yours, with comments: KIND is scenario, fleet, study, device, radio or "
      "trace.\nAsks on a terminal for what no option says; in scripts takes what is usual. "
      "Devices and radios go\ninto a folder of profiles, all else where you are. Never writes over "
      "a file.",
      {"papilio new scenario mine --radio wifi",
       "papilio new device phone --peak 1e12 --bandwidth 30e9 --idle-power 1 --peak-power 6",
       "papilio new radio home --uplink 40e6 --downlink 80e6",
       "papilio new fleet campus --count 500 --rate 0.2", "papilio new study rates --base my.yaml",
       "papilio new trace lift"}};
  line.add_positional("kind");
  line.add_positional("name");
  add_fields(line);
  line.add_options()("output,o", po::value<std::string>()->value_name("DIR"),
                     "folder (default: results/profiles for devices and radios, else this one)");
  add_profiles_option(line);
  if (!line.parse(words)) return;
  if (!line.has("kind") || !line.has("name")) refuse_new("expected a kind and a name");
  const Starter& starter = starter_of(line.all("kind").front());
  const std::string name = line.all("name").front();
  check_name(name);
  refuse_others(line, starter);
  const ProfileLibrary library = library_of(line);
  fs::path folder = line.has("output")       ? fs::path{line.get<std::string>("output")}
                    : starter.folder.empty() ? fs::path{}
                                             : fs::path{"results/profiles"};
  if (!starter.folder.empty()) folder /= starter.folder;
  const fs::path file = folder / (name + std::string{starter.suffix});
  if (fs::exists(file)) {
    refuse_new(fmt::format("{} is there; remove it, or choose another name", file.string()));
  }
  StarterAnswers answers = answers_of(line, starter, library);
  if (answers.contains("like")) add_powers(answers, library);
  OutputFolder output{folder.empty() ? fs::path{"."} : folder};
  output.add(file.filename().string(), starter.text(name, answers));
  output.commit();
  say(fmt::format("Wrote {}. Next:\n", file.string()));
  std::string profiles;
  for (const std::string& folder_of : line.all("profiles")) {
    profiles += fmt::format(" --profiles {}", folder_of);
  }
  for (const std::string& command : starter.next(name, file)) {
    say(fmt::format("  {}{}\n", command, reads_profiles(command) ? profiles : ""));
  }
}

}  // namespace papilio
