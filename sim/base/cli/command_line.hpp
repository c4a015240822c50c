#pragma once

#include <boost/program_options.hpp>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "sim/base/document/document.hpp"

namespace papilio {

/// The words that follow a verb.
using Words = std::vector<std::string>;

/// One verb of the program.
struct Command {
  std::string name;
  std::string summary;  ///< for the list of verbs
  std::function<void(const Words& words)> run;
  std::vector<Command> actions{};  ///< verbs of its own, one of which its first word names
};

/// What a verb's --help tells, as data.
struct VerbHelp {
  struct Option {
    std::string name;     ///< without dashes
    std::string letter;   ///< likewise; empty: none
    std::string value;    ///< what it takes, such as "DIR"; empty: nothing
    std::string initial;  ///< what it is where it is not given; empty: nothing
    std::string about;
    bool repeats{false};
  };
  std::string usage;  ///< e.g. "run FILE [options]"
  std::string about;
  std::vector<std::string> examples;
  std::vector<Option> options;
};

/// Parses the words of one verb and prints its help.
class CommandLine {
 public:
  /// @param usage    the line after "Usage: papilio", e.g. "run FILE [options]"
  /// @param about    what the verb does, ready to print
  /// @param examples command lines, ready to be typed
  CommandLine(std::string usage, std::string about, std::vector<std::string> examples);

  /// Where options are declared.
  boost::program_options::options_description_easy_init add_options();
  /// Declares --format, "md" if it is not given, and --wide.
  /// @param help of --format: which formats there are
  void add_format_option(const std::string& help);
  /// Declares --wide, for verbs that print Markdown.
  void add_wide_option();
  /// Declares the next positional word, kept under `name`. `max_count` -1: any number of words.
  void add_positional(const std::string& name, int max_count = 1);

  /// @return false if --help was asked for, and printed or handed to `help_of`
  /// @throws ConfigError on an unknown option or a bad value, naming the remedy
  bool parse(const Words& words);
  /// What its --help tells.
  [[nodiscard]] VerbHelp help() const;

  [[nodiscard]] bool has(const std::string& name) const { return values_.count(name) > 0; }
  template <class T>
  [[nodiscard]] const T& get(const std::string& name) const {
    return values_[name].as<T>();
  }
  /// The values of a repeatable option; none if it was not given.
  [[nodiscard]] std::vector<std::string> all(const std::string& name) const;
  /// Every word that was given as a value: what may be a name.
  [[nodiscard]] std::set<std::string> texts() const;
  /// Whether --wide was given.
  [[nodiscard]] bool is_wide() const { return get<bool>("wide"); }

 private:
  [[nodiscard]] std::string verb() const;

  std::string usage_;
  std::string about_;
  std::vector<std::string> examples_;
  boost::program_options::options_description visible_{"Options"};
  boost::program_options::options_description hidden_;
  boost::program_options::positional_options_description positional_;
  boost::program_options::variables_map values_;
};

/// What a verb tells with --help, which is not printed. It must have no actions.
VerbHelp help_of(const Command& verb);

/// The formats of printed output: "md", "csv", "json", "latex", "html".
const std::vector<std::string>& output_formats();

/// A document in one of `output_formats()`; CSV holds its first table.
/// @throws ConfigError if the format is unknown
std::string rendered(const Document& document, const std::string& format);
/// Prints a document to stdout in one of `output_formats()`; CSV holds its first table. On a
/// terminal, Markdown is laid out for reading there, as `to_terminal` does.
/// @param wide print on a terminal too what a pipe would get
/// @throws ConfigError if the format is unknown
void print(const Document& document, const std::string& format, bool wide);
/// Prints a table alone, as Markdown or for the terminal.
void print(const Table& table, bool wide);
/// @throws ConfigError if the format is none of `output_formats()`
void check_format(const std::string& format);

}  // namespace papilio
