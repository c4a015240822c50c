#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace papilio {

/// The text that a node was read from, kept to show the offending line.
struct SourceText {
  std::string name;                ///< as errors print it: a file's path, or "--set key"
  std::vector<std::string> lines;  ///< without line ends
};

/// A place in a text.
struct Mark {
  std::shared_ptr<const SourceText> source;
  std::size_t line{0};    ///< from 0
  std::size_t column{0};  ///< from 0, in characters
};

/// One YAML node with its place. Scalars keep their text, so that each reader decides what `010` or
/// `yes` means; nothing is converted here.
struct Node {
  enum class Kind { kNull, kScalar, kSequence, kMapping };
  struct Entry;

  Kind kind{Kind::kNull};
  Mark mark;
  std::string scalar;          ///< kScalar only
  bool quoted{false};          ///< a scalar in quotes is text, never a number
  std::vector<Node> items;     ///< kSequence only
  std::vector<Entry> entries;  ///< kMapping only, in the file's order; keys may repeat

  /// The first entry with this key, or nullptr. For kinds other than kMapping: nullptr.
  [[nodiscard]] const Entry* find(std::string_view key) const;
  /// The value of a plain scalar that reads as a finite number; 010 does not, nor do words.
  [[nodiscard]] std::optional<double> number() const;
};

struct Node::Entry {
  std::string key;
  Mark key_mark;
  Node value;
};

/// Collects what is wrong with an input, so that all of it is told at once.
class Diagnostics {
 public:
  /// Adds `mark: error: path: message` with the source line and a caret below it; once, if it comes
  /// again.
  /// @param path dotted path of the key, e.g. "strategies.2.bits"; empty for the document itself
  void error(const Mark& mark, std::string_view path, std::string_view message);

  [[nodiscard]] bool empty() const { return errors_.empty(); }

  /// @throws ConfigError with every error, ordered by source, line and column, if there is any
  void throw_if_any() const;

 private:
  struct Error {
    Mark mark;
    std::string text;
  };
  std::vector<Error> errors_;
};

/// Parses one YAML document.
/// @param text    the document
/// @param name    what errors call it
/// @throws ConfigError with the place, if the text is not one YAML document; anchors may be used,
/// but
///         not inside their own definition; nesting deeper than 64 levels is refused
Node parse_yaml(std::string_view text, const std::string& name);

/// Reads and parses a file.
/// @throws ConfigError if it cannot be read, or as `parse_yaml`
Node load_yaml(const std::string& path);

/// Replaces, or adds, the value at a dotted path; sequence items are addressed by number from 0.
/// @param assignment "key.path=value", the value in YAML
/// @throws ConfigError if the path does not exist up to its last key, or the value is not YAML
void apply_override(Node& root, std::string_view assignment);

/// Replaces, or adds, the value at a dotted path, as `apply_override`.
/// @param where place to report a path at that does not exist
/// @throws ConfigError if the path does not exist up to its last key
void set_value(Node& root, std::string_view path, Node value, const Mark& where);

/// The node as JSON: plain numbers as numbers, `true`, `false` and nothing as such, all else as
/// text. Of a repeated key, the first.
nlohmann::ordered_json json_of(const Node& node);

}  // namespace papilio
