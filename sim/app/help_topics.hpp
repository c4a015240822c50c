#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace papilio {

/// Something that 'papilio help TOPIC' explains.
struct HelpTopic {
  std::string_view name;     ///< "scenario"
  std::string_view summary;  ///< one line, for the list of topics
  std::string_view text;     ///< what it is, in a few sentences
  /// The kind of file that 'papilio new' begins and whose beginning is the example; empty:
  /// `example` is it.
  std::string_view starter{};
  std::string_view example{};       ///< a file that works as it stands; empty: there is none
  std::string_view example_file{};  ///< what the example is called
  std::string_view schema{};        ///< of 'papilio schema'; empty: it is no file
  std::string_view page{};          ///< under docs/
};

/// In the order in which they are listed.
const std::vector<HelpTopic>& help_topics();

/// The topic of this name, or nullptr.
const HelpTopic* find_help_topic(std::string_view name);

/// The file that works of a topic, made by what 'papilio new' makes it with where there is such a
/// thing; empty: it has none.
std::string example_of(const HelpTopic& topic);

/// All of it, ready to print.
std::string help_text(const HelpTopic& topic);

}  // namespace papilio
