#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <map>
#include <set>

#include "models/networks/network_file.hpp"
#include "sim/app/command.hpp"
#include "sim/app/fleet_from_scenario.hpp"
#include "sim/app/starters.hpp"
#include "sim/base/cli/profiles_option.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/data/installation.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/base/suggest.hpp"
#include "sim/base/text.hpp"

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

/// What is wrong with a number that was written; empty: nothing.
std::string problem_with_number(const std::string& answer, bool whole) {
  double number = 0;
  const char* const end = answer.data() + answer.size();
  const auto [stop, error] = std::from_chars(answer.data(), end, number);
  if (error != std::errc{} || stop != end || !std::isfinite(number) || number <= 0) {
    return fmt::format("expected a number above 0, got '{}'", answer);
  }
  if (whole && answer.find_first_not_of("0123456789") != std::string::npos) {
    return fmt::format("expected a whole number in digits, got '{}'", answer);
  }
  return {};
}

/// What is wrong with an answer; empty: nothing. Whether a number is in its key's range is for the
/// reader of the file to tell.
std::string problem_with(const StarterField& field, const std::string& answer,
                         const ProfileLibrary& library) {
  using Kind = StarterField::Kind;
  if (answer.empty()) return "it may not be empty";
  if (find_unprintable(answer)) return "it has characters that cannot be printed, or is not UTF-8";
  switch (field.kind) {
    case Kind::kName: {
      const std::vector<std::string> known =
          field.of == "models" ? network_names(library) : library.names(field.of);
      const bool has = std::find(known.begin(), known.end(), answer) != known.end();
      return has ? "" : fmt::format("unknown '{}'{}", answer, suggestion(answer, known));
    }
    case Kind::kKey:
      return answer.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string::npos
                 ? ""
                 : fmt::format("expected a key as --set has it, such as mobiles.0.count, got '{}'",
                               answer);
    case Kind::kNumber:
    case Kind::kWhole:
      return problem_with_number(answer, field.kind == Kind::kWhole);
    case Kind::kText:
      break;
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

/// @param known answers that a file has given, where no option says otherwise
StarterAnswers answers_of(const CommandLine& line, const Starter& starter,
                          const ProfileLibrary& library, const StarterAnswers& known) {
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
    } else if (const auto given = known.find(option); given != known.end()) {
      answer = given->second;
    } else if (asks && !field.by_option_alone) {
      answer = asked(field, library);
    } else if (answer.empty() && !field.optional) {
      missing.push_back(fmt::format("--{} ({})", option, field.question));
    }
    if (!answer.empty()) answers.emplace(option, answer);
  }
  if (!missing.empty()) {
    refuse_new(fmt::format("a {} needs {}", starter.kind, fmt::join(missing, " and ")));
  }
  answers.insert(known.begin(), known.end());
  return answers;
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
      std::string question{field.question};
      if (field.option == "uplink") question = "uplink, of a radio in bit/s, of a trace in Mbit/s";
      if (field.option == "base") {
        question =
            "file that it begins from: of a fleet a scenario, whose network, devices, radio, delay "
            "and strategies it has; of a study what it varies";
      }
      if (field.option == "count") question = "mobiles of a fleet, values of a study";
      line.add_options()(std::string{field.option}.c_str(),
                         po::value<std::string>()->value_name("X"),
                         fmt::format("of {}: {}", fmt::join(kinds, ", "), question).c_str());
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

/// Names of files and keys begin with a letter, and are no word that YAML takes for something else.
void check_name(const std::string& name) {
  static const std::set<std::string> kWords{"null", "true", "false", "yes", "no", "on",
                                            "off",  "y",    "n",     "nan", "inf"};
  const bool safe =
      !name.empty() && name.front() >= 'a' && name.front() <= 'z' && !kWords.contains(name) &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string::npos;
  if (!safe) {
    refuse_new(
        fmt::format("'{}' is no name; begin with a letter, and use lower-case letters, "
                    "digits, '.', '_' and '-', such as my-phone",
                    name));
  }
}

/// Whether a command that comes next looks into folders of profiles, and does not name one yet.
bool reads_profiles(const std::string& command) {
  return command.find(" --profiles ") == std::string::npos &&
         !command.starts_with("papilio report") && !command.starts_with("papilio plot");
}

/// The command that predicts the layer tables which what was begun needs and nobody has yet; empty
/// where there are all.
std::string prediction_needed(const StarterAnswers& answers, const ProfileLibrary& library) {
  const auto model = answers.find("model");
  // Tables of another length are made of those that there are.
  if (model == answers.end() || model->second.find('@') != std::string::npos) return {};
  std::vector<std::string> without;
  for (const char* side : {"mobile", "cloud"}) {
    const auto device = answers.find(side);
    if (device == answers.end()) continue;
    const bool has = !library.find("layers", device->second + "/" + model->second).empty();
    // One device may be both sides.
    const bool named = !without.empty() && without.front() == device->second;
    if (!has && !named) without.push_back(device->second);
  }
  if (without.empty()) return {};
  return fmt::format("papilio predict --model {} --device {} -o results/profiles", model->second,
                     fmt::join(without, ","));
}

}  // namespace

void new_command(const Words& words) {
  CommandLine line{
      "new KIND NAME [options]",
      "Begins a file of yours, with comments: KIND is scenario, fleet, study, device, radio or "
      "trace.\nAsks on a terminal for what no option says; in scripts takes what is usual. "
      "Devices and radios go\ninto a folder of profiles, all else where you are. Never writes over "
      "a file.",
      {"papilio new scenario mine --radio wifi --delay 0.005",
       "papilio new device phone --peak 1e12 --bandwidth 30e9 --idle-power 1 --peak-power 6",
       "papilio new radio home --uplink 40e6 --downlink 80e6",
       "papilio new radio lab --uplink 200e6 --downlink 400e6 --power 1.2",
       "papilio new fleet campus --count 500 --rate 0.2",
       "papilio new fleet town --base mine.yaml --count 500 --rate 0.2",
       "papilio new fleet planned --base mine.yaml --plan plan.yaml --count 500 --rate 0.2",
       "papilio new study rates --base my.yaml", "papilio new trace lift"}};
  line.add_positional("kind");
  line.add_positional("name");
  add_fields(line);
  line.add_options()(
      "output,o", po::value<std::string>()->value_name("DIR"),
      "folder (default: results/profiles for devices and radios, where every command "
      "finds them; else this one)");
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
                                             : fs::path{kOwnProfiles};
  if (!starter.folder.empty()) folder /= starter.folder;
  const fs::path file = folder / (name + std::string{starter.suffix});
  if (fs::symlink_status(file).type() != fs::file_type::not_found) {
    refuse_new(fmt::format("{} is there; remove it, or choose another name", file.string()));
  }
  if (!starter.folder.empty() && folder.parent_path() == kOwnProfiles) {
    const ProfileLibrary shipped{{shipped_profiles()}};
    if (!shipped.find(starter.folder, name).empty()) {
      refuse_new(fmt::format(
          "a {} '{}' comes with Papilio, and that is what the name means; choose another "
          "name, or write yours to another folder with -o DIR and give --profiles DIR",
          starter.kind, name));
    }
  }
  const bool from_scenario = starter.kind == "fleet" && line.has("base");
  StarterAnswers answers = answers_of(
      line, starter, library,
      from_scenario
          ? fleet_answers_of(own_or_shipped(line.get<std::string>("base")).string(), folder)
          : StarterAnswers{});
  if (answers.contains("plan")) add_plan(answers, folder);
  if (answers.contains("like")) add_powers(answers, name, library);
  const std::string text = starter.text(name, answers);
  starter.check(text, file.string());
  OutputFolder output{folder.empty() ? fs::path{"."} : folder};
  output.add(file.filename().string(), text);
  output.commit();
  say(fmt::format("Wrote {}. Next:\n", file.string()));
  std::string profiles;
  for (const std::string& folder_of : line.all("profiles")) {
    profiles += " --profiles " + shell_word(folder_of);
  }
  if (const std::string predict = prediction_needed(answers, library); !predict.empty()) {
    say(fmt::format("  {}{}   # layer times of this network are not there yet\n", predict,
                    profiles));
  }
  for (const std::string& command : starter.next(name, file, answers)) {
    say(fmt::format("  {}{}\n", command, reads_profiles(command) ? profiles : ""));
  }
  const std::string remark = starter.remark != nullptr ? starter.remark(answers) : std::string{};
  if (!remark.empty()) say(remark + "\n");
}

}  // namespace papilio
