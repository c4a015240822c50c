#pragma once

#include <string>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/app/command.hpp"
#include "sim/base/cli/profiles_option.hpp"
#include "sim/base/data/library.hpp"
#include "sim/base/data/provenance.hpp"

namespace papilio {

/// The words of a verb that lists and shows things by name: "list", "show NAME", and more actions
/// of the verb's own. Options --format and, where profiles are involved, --profiles.
class CatalogueLine {
 public:
  /// An action beside list and show.
  struct Action {
    std::string name;
    std::string usage;     ///< e.g. "derive SET [-o DIR]"
    std::size_t names{1};  ///< that follow it
  };
  /// @param verb    e.g. "radios"
  /// @param about   for the help
  /// @param example a name that exists, for the help
  CatalogueLine(const std::string& verb, const std::string& about, const std::string& example,
                const std::vector<Action>& actions = {});

  CommandLine& options() { return line_; }
  /// @return false if the help was printed
  /// @throws ConfigError on a bad action, or a name that is missing or too much
  bool parse(const Words& words);

  [[nodiscard]] const std::string& action() const { return action_; }
  /// The name after the action.
  [[nodiscard]] const std::string& name() const { return names_.front(); }
  [[nodiscard]] std::string format() const { return line_.get<std::string>("format"); }
  [[nodiscard]] bool is_wide() const { return line_.is_wide(); }

 private:
  std::string verb_;
  std::vector<Action> actions_;
  CommandLine line_;
  std::string action_;
  std::vector<std::string> names_;
};

/// The network of this name: of the zoo, or imported into the library.
/// @throws ConfigError naming the nearest known name
Graph model_by_name(const ProfileLibrary& library, const std::string& name);

/// Constants with their sources, as a section.
Section constants_section(const std::vector<std::pair<std::string, Sourced>>& constants,
                          const Bibliography& bibliography);
/// The full citations of some sources, as remarks.
std::vector<std::string> citations(const std::vector<Provenance>& provenances,
                                   const Bibliography& bibliography);

}  // namespace papilio
