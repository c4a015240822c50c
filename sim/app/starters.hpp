#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/data/library.hpp"

namespace papilio {

/// What a starter asks before it writes a file.
struct StarterField {
  enum class Kind {
    kName,    ///< of a thing in a library: `of` says of which kind
    kNumber,  ///< greater than 0
    kWhole,   ///< 1 at least
    kText,    ///< anything printable
    kKey,     ///< a dotted path, as --set has it
  };
  std::string_view option;    ///< "--peak"'s name
  std::string_view question;  ///< as asked on a terminal, with the unit
  Kind kind{Kind::kText};
  std::string_view usual{};     ///< where nothing is said; empty: it must be said, or is left out
  bool optional{false};         ///< it may be left out
  std::string_view of{};        ///< of a name: "models", "devices" or "radios"
  bool by_option_alone{false};  ///< never asked for
};

/// The answers, by option; each checked.
using StarterAnswers = std::map<std::string, std::string, std::less<>>;

/// A kind of file that `papilio new` begins.
struct Starter {
  std::string_view kind;    ///< "device"
  std::string_view folder;  ///< under a folder of profiles: "devices"; empty: where the user is
  std::string_view suffix;  ///< ".yaml"
  std::vector<StarterField> fields;
  /// The text of the file, with comments.
  std::string (*text)(const std::string& name, const StarterAnswers& answers);
  /// Reads the text as those do who will. @throws ConfigError naming the key that is amiss
  void (*check)(const std::string& text, const std::string& file);
  /// Commands that come next, ready to be typed.
  std::vector<std::string> (*next)(const std::string& name, const std::filesystem::path& file,
                                   const StarterAnswers& answers);
  /// What the user should know of it, in sentences, computed; nullptr: nothing.
  std::string (*remark)(const StarterAnswers& answers){nullptr};
};

/// A word as a shell takes it for one: in quotes where it must be, "." for none.
std::string shell_word(const std::string& word);

/// Adds to the answers of a radio `name` the powers of the radio that it is like, the rates at
/// which they are known to hold, and, where its own lie beyond, a note of what that makes.
/// @throws ConfigError if there is no radio of the name under "like"
void add_powers(StarterAnswers& answers, const std::string& name, const ProfileLibrary& library);

/// Scenario, fleet, study, device, radio, trace.
const std::vector<Starter>& starters();

}  // namespace papilio
