#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/app/completion.hpp"

namespace papilio {

/// What stands on the command line beside the word that is completed.
struct CompletionContext {
  std::vector<std::string> positionals;
  std::multimap<std::string, std::string> values;  ///< of options
};

/// What may stand in one place, begun or not.
struct CompletionNames {
  std::vector<std::pair<std::string, std::string>> words;  ///< each with what it is
  Completion::Files files{Completion::Files::kNone};
  std::string ending;
};

/// An option with the few words that it takes, all of which its help names.
struct OptionWords {
  std::string_view verbs;  ///< divided by commas; empty: all
  std::string_view option;
  std::vector<std::string> words;
};
const std::vector<OptionWords>& option_words();

/// The values that an option of a verb may have.
/// @throws ConfigError and others where files that it looks into are amiss
CompletionNames value_names(const std::string& verb, const VerbHelp::Option& option,
                            const CompletionContext& context);

/// What the next positional word of a verb may be.
/// @param word as far as it is begun
/// @throws as `value_names`
CompletionNames word_names(const std::string& verb, const std::string& word,
                           const CompletionContext& context);

}  // namespace papilio
