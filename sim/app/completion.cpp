#include "sim/app/completion.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "sim/app/completion_names.hpp"

namespace papilio {
namespace {

/// What stands before the word, taken apart.
struct Asked {
  std::string verb;  ///< with its action: "study run"
  VerbHelp help;
  CompletionContext context;
  std::set<std::string> given;            ///< options
  const VerbHelp::Option* open{nullptr};  ///< the option whose value the word is
  bool only_words{false};                 ///< behind "--"
};

const VerbHelp::Option* option_of(const VerbHelp& help, const std::string& word) {
  if (word.size() < 2 || word[0] != '-') return nullptr;
  const std::string_view name = std::string_view{word}.substr(word[1] == '-' ? 2 : 1);
  const auto it = std::find_if(help.options.begin(), help.options.end(), [&](const auto& option) {
    return word[1] == '-' ? option.name == name : option.letter == name;
  });
  return it == help.options.end() ? nullptr : &*it;
}

/// @param words behind the verb, without the last
void take_words(Asked& asked, const Words& words) {
  for (const std::string& word : words) {
    if (asked.open != nullptr) {
      asked.context.values.emplace(asked.open->name, word);
      asked.open = nullptr;
      continue;
    }
    if (asked.only_words || word.empty() || word[0] != '-') {
      asked.context.positionals.push_back(word);
      continue;
    }
    asked.only_words = word == "--";
    const std::size_t equals = word.find('=');
    const VerbHelp::Option* option = option_of(asked.help, word.substr(0, equals));
    if (option == nullptr) continue;
    asked.given.insert(option->name);
    if (equals != std::string::npos) {
      asked.context.values.emplace(option->name, word.substr(equals + 1));
    } else if (!option->value.empty()) {
      asked.open = option;
    }
  }
}

/// Names behind what of the word stands already.
void add_names(Completion& completion, const std::string& before, const std::string& begun,
               const CompletionNames& names) {
  for (const auto& [text, about] : names.words) {
    if (text.starts_with(begun)) completion.words.push_back({before + text, about});
  }
  completion.files = names.files;
  completion.ending = names.ending;
}

/// The values of an option.
/// @param before what of the word is no value: "--format="
void add_values(Completion& completion, const Asked& asked, const VerbHelp::Option& option,
                std::string before, std::string begun) {
  CompletionNames names = value_names(asked.verb, option, asked.context);
  const std::size_t comma = begun.rfind(',');
  if (option.value.ends_with(",...") && option.value.find('=') == std::string::npos &&
      comma != std::string::npos) {
    before += begun.substr(0, comma + 1);
    begun = begun.substr(comma + 1);
    names.files = Completion::Files::kNone;
  }
  add_names(completion, before, begun, names);
}

void add_options(Completion& completion, const Asked& asked, const std::string& word) {
  for (const VerbHelp::Option& option : asked.help.options) {
    const std::string text = "--" + option.name;
    if (!text.starts_with(word)) continue;
    if (asked.given.contains(option.name) && !option.repeats) continue;
    completion.words.push_back({text, option.about});
  }
}

void add_verbs(Completion& completion, const std::vector<Command>& verbs, const std::string& word) {
  for (const Command& verb : verbs) {
    if (verb.name.starts_with(word)) completion.words.push_back({verb.name, verb.summary});
  }
}

const Command* find_verb(const std::vector<Command>& verbs, const std::string& name) {
  const auto it = std::find_if(verbs.begin(), verbs.end(),
                               [&](const Command& verb) { return verb.name == name; });
  return it == verbs.end() ? nullptr : &*it;
}

Completion complete(const std::vector<Command>& verbs, const Words& words) {
  Completion completion;
  const std::string word = words.empty() ? "" : words.back();
  if (words.size() <= 1) {
    add_verbs(completion, verbs, word);
    add_names(completion, "", word,
              {.words = {{"help", "help of a verb"},
                         {"--help", "list the verbs"},
                         {"--version", "versions of the program and its libraries"}}});
    return completion;
  }
  if (words[0] == "help") {
    if (words.size() == 2) add_verbs(completion, verbs, word);
    return completion;
  }
  const Command* verb = find_verb(verbs, words[0]);
  if (verb == nullptr) return completion;
  Asked asked{.verb = verb->name};
  std::size_t first = 1;
  if (!verb->actions.empty()) {
    if (words.size() == 2) {
      add_verbs(completion, verb->actions, word);
      add_names(completion, "", word, {.words = {{"--help", "list the actions"}}});
      return completion;
    }
    verb = find_verb(verb->actions, words[1]);
    if (verb == nullptr) return completion;
    asked.verb += " " + verb->name;
    first = 2;
  }
  asked.help = help_of(*verb);
  take_words(asked, {words.begin() + static_cast<std::ptrdiff_t>(first), words.end() - 1});
  if (asked.open != nullptr) {
    add_values(completion, asked, *asked.open, "", word);
    return completion;
  }
  if (!asked.only_words && word.starts_with("-")) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      add_options(completion, asked, word);
      return completion;
    }
    const VerbHelp::Option* option = option_of(asked.help, word.substr(0, equals));
    if (option != nullptr && !option->value.empty()) {
      add_values(completion, asked, *option, word.substr(0, equals + 1), word.substr(equals + 1));
    }
    return completion;
  }
  add_names(completion, "", word, word_names(asked.verb, word, asked.context));
  return completion;
}

}  // namespace

Completion completion_of(const std::vector<Command>& verbs, const Words& words) {
  try {
    return complete(verbs, words);
  } catch (const std::exception&) {
    // Whoever presses a key has no use for an error: the verb will tell it.
    return {};
  }
}

}  // namespace papilio
