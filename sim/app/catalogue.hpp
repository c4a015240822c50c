#pragma once

#include <string>
#include <vector>

#include "sim/app/command.hpp"
#include "sim/data/library.hpp"
#include "sim/data/provenance.hpp"

namespace papilio {

/// The words of a verb that lists and shows things by name: "list", "show NAME", and more actions
/// of the verb's own. Options --format and, where profiles are involved, --profiles.
class CatalogueLine {
 public:
  /// @param verb    e.g. "radios"
  /// @param about   for the help
  /// @param example a name that exists, for the help
  /// @param actions further actions and their usage, e.g. {"derive", "derive SET [-o DIR]"}
  CatalogueLine(const std::string& verb, const std::string& about, const std::string& example,
                const std::vector<std::pair<std::string, std::string>>& actions = {});

  CommandLine& options() { return line_; }
  /// @return false if the help was printed
  /// @throws ConfigError on a bad action, or a name that is missing or too much
  bool parse(const Words& words);

  [[nodiscard]] const std::string& action() const { return action_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string format() const { return line_.get<std::string>("format"); }

 private:
  std::string verb_;
  std::vector<std::string> actions_;
  CommandLine line_;
  std::string action_;
  std::string name_;
};

/// Declares --profiles.
void add_profiles_option(CommandLine& line);
/// The folders given to --profiles, then the shipped one.
ProfileLibrary library_of(const CommandLine& line);

/// Constants with their sources, as a section.
Section constants_section(const std::vector<std::pair<std::string, Sourced>>& constants,
                          const Bibliography& bibliography);
/// The full citations of some sources, as remarks.
std::vector<std::string> citations(const std::vector<Provenance>& provenances,
                                   const Bibliography& bibliography);

}  // namespace papilio
