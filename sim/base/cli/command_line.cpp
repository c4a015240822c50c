#include "sim/base/cli/command_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <sstream>
#include <typeinfo>
#include <utility>

#include "sim/base/cli/streams.hpp"
#include "sim/base/cli/terminal.hpp"
#include "sim/base/document/terminal.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace po = boost::program_options;

namespace {

/// Where the help goes that `help_of` asks for; none: it is printed.
VerbHelp* asked_for = nullptr;

}  // namespace

CommandLine::CommandLine(std::string usage, std::string about, std::vector<std::string> examples)
    : usage_{std::move(usage)}, about_{std::move(about)}, examples_{std::move(examples)} {
  visible_.add_options()("help,h", "print this help");
}

po::options_description_easy_init CommandLine::add_options() {
  return visible_.add_options();
}

void CommandLine::add_format_option(const std::string& help) {
  add_options()("format", po::value<std::string>()->default_value("md")->value_name("FORMAT"),
                help.c_str());
  add_wide_option();
}

void CommandLine::add_wide_option() {
  add_options()("wide", po::bool_switch(),
                "on a terminal, print md with all columns side by side, as into a pipe");
}

void CommandLine::add_positional(const std::string& name, int max_count) {
  hidden_.add_options()(name.c_str(), po::value<std::vector<std::string>>(), "");
  positional_.add(name.c_str(), max_count);
}

std::string CommandLine::verb() const {
  return usage_.substr(0, usage_.find(' '));
}

bool CommandLine::parse(const Words& words) {
  po::options_description all;
  all.add(visible_).add(hidden_);
  try {
    // No abbreviations: a script must not break when an option is added.
    constexpr int kStyle =
        po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(
        po::command_line_parser(words).options(all).positional(positional_).style(kStyle).run(),
        values_);
    po::notify(values_);
  } catch (const po::unknown_option& error) {
    std::vector<std::string> known;
    for (const auto& option : visible_.options()) known.push_back("--" + option->long_name());
    throw ConfigError{fmt::format("papilio {}: error: unknown option '{}'{}", verb(),
                                  error.get_option_name(),
                                  suggestion(error.get_option_name(), known))};
  } catch (const po::validation_error& error) {
    // Boost names the word that it could not take in its sentence alone: the argument ('1%') for …
    const std::string why = error.what();
    const std::size_t from = why.find("('");
    const std::size_t to = from == std::string::npos ? from : why.find("')", from);
    const std::string word =
        to == std::string::npos ? std::string{} : why.substr(from + 2, to - from - 2);
    throw ConfigError{fmt::format("papilio {}: error: {}{}; see 'papilio {} --help'", verb(), why,
                                  percent_remedy(word), verb())};
  } catch (const po::error& error) {
    throw ConfigError{fmt::format("papilio {}: error: {}; see 'papilio {} --help'", verb(),
                                  error.what(), verb())};
  }
  if (!has("help")) return true;
  if (asked_for != nullptr) {
    *asked_for = help();
    return false;
  }
  std::ostringstream options;
  options << visible_;
  fmt::print("Usage: papilio {}\n\n{}\n\n{}\nExamples:\n", usage_, about_, options.str());
  for (const std::string& example : examples_) fmt::print("  {}\n", example);
  return false;
}

VerbHelp CommandLine::help() const {
  VerbHelp help{.usage = usage_, .about = about_, .examples = examples_};
  for (const auto& option : visible_.options()) {
    const po::value_semantic& value = *option->semantic();
    VerbHelp::Option told{.name = option->long_name(), .about = option->description()};
    const std::string shown = option->format_name();  // "-o [ --output ]"
    if (shown.size() > 2 && shown[0] == '-' && shown[1] != '-') told.letter = shown.substr(1, 1);
    if (value.max_tokens() > 0) {
      // "NAME", or "NAME (=initial)".
      const std::string parameter = option->format_parameter();
      const std::size_t space = parameter.find(" (=");
      told.value = parameter.substr(0, space);
      constexpr std::size_t kBefore = 3;
      if (space != std::string::npos) {
        told.initial = parameter.substr(space + kBefore, parameter.size() - space - kBefore - 1);
      }
      const auto* typed = dynamic_cast<const po::typed_value_base*>(&value);
      told.repeats = typed != nullptr && (typed->value_type() == typeid(std::vector<std::string>) ||
                                          typed->value_type() == typeid(std::vector<int>));
    }
    help.options.push_back(std::move(told));
  }
  return help;
}

VerbHelp help_of(const Command& verb) {
  VerbHelp help;
  asked_for = &help;
  try {
    verb.run({"--help"});
  } catch (...) {
    asked_for = nullptr;
    throw;
  }
  asked_for = nullptr;
  return help;
}

std::set<std::string> CommandLine::texts() const {
  std::set<std::string> texts;
  for (const auto& [name, value] : values_) {
    if (value.defaulted()) continue;
    if (const auto* one = boost::any_cast<std::string>(&value.value())) texts.insert(*one);
    if (const auto* several = boost::any_cast<std::vector<std::string>>(&value.value())) {
      texts.insert(several->begin(), several->end());
    }
  }
  return texts;
}

std::vector<std::string> CommandLine::all(const std::string& name) const {
  return has(name) ? get<std::vector<std::string>>(name) : std::vector<std::string>{};
}

const std::vector<std::string>& output_formats() {
  static const std::vector<std::string> kFormats{"md", "csv", "json", "latex", "html"};
  return kFormats;
}

void check_format(const std::string& format) {
  const std::vector<std::string>& formats = output_formats();
  if (std::find(formats.begin(), formats.end(), format) == formats.end()) {
    throw ConfigError{fmt::format("papilio: error: unknown --format '{}'{}", format,
                                  suggestion(format, formats))};
  }
}

std::string rendered(const Document& document, const std::string& format) {
  check_format(format);
  if (format == "json") return to_json(document);
  if (format == "latex") return to_latex(document);
  if (format == "html") return to_html(document);
  if (format == "md") return to_markdown(document);
  const auto section = std::find_if(document.sections.begin(), document.sections.end(),
                                    [](const Section& s) { return s.table.has_value(); });
  return section == document.sections.end() ? "" : to_csv(*section->table);
}

namespace {

/// The terminal that Markdown is laid out for; nothing where it is printed as it is.
std::optional<TerminalStyle> reader(bool wide) {
  const Terminal terminal = Terminal::of(STDOUT_FILENO);
  if (wide || !terminal.present) return std::nullopt;
  return TerminalStyle{.width = terminal.width, .colour = terminal.colour};
}

}  // namespace

void print(const Document& document, const std::string& format, bool wide) {
  if (const auto style = reader(wide); style && format == "md") {
    say_rendered(to_terminal(document, *style));
  } else {
    say(rendered(document, format));
  }
}

void print(const Table& table, bool wide) {
  if (const auto style = reader(wide)) {
    say_rendered(to_terminal(table, *style));
  } else {
    say(to_markdown(table));
  }
}

}  // namespace papilio
