#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace papilio {

/// The text that a node was read from, kept to show the offending line.
class SourceText {
 public:
  /// @param text at most 4 GiB
  SourceText(std::string name, std::string text);

  /// As errors print it: a file's path, or "--set".
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::size_t lines() const { return starts_.size(); }
  /// A line, counted from 0, without its end.
  [[nodiscard]] std::string_view line(std::size_t number) const;
  /// The line, counted from 0, in which a byte stands.
  [[nodiscard]] std::size_t line_of(std::size_t position) const;
  [[nodiscard]] std::size_t start_of(std::size_t line) const { return starts_[line]; }

 private:
  std::string name_;
  std::string text_;
  std::vector<std::uint32_t> starts_;  // of its lines, in bytes
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
  bool quoted{false};  ///< a scalar in quotes is text, never a number
  Mark mark;
  std::string scalar;          ///< kScalar only
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

  /// @throws LocatedError if there is any error, with the first of them ordered by source, line and
  ///         column, and how many more there are: nobody mends a thousand at once
  void throw_if_any() const;

 private:
  struct Error {
    Mark mark;
    std::string text;
    std::string path;
    std::string message;
  };
  std::vector<Error> errors_;
  std::unordered_set<std::string> told_;
  std::size_t left_out_{0};  // beyond those that are kept
};

/// Adds every text of a document: what may name a file.
void gather_texts(const Node& node, std::set<std::string>& texts);

/// Parses one YAML document, whose every text is one line: line ends behind it, as block scalars
/// have, are dropped.
/// @param text    the document in UTF-8, or in UTF-16 or UTF-32 with a byte order mark
/// @param name    what errors call it
/// @throws ConfigError with the place, if the text is not one YAML document, holds what
///         `find_unprintable` refuses, escaped or not, nests deeper than 64 levels, or holds more
///         than a million nodes or 64 MiB of text with what aliases stand for; anchors may be
///         used, but not inside their own definition
Node parse_yaml(std::string_view text, const std::string& name);

/// Reads and parses a file of 32 MiB at most.
/// @throws ConfigError if it cannot be read or is larger, or as `parse_yaml`
Node load_yaml(const std::string& path);

/// Replaces, or adds, the value at a dotted path; sequence items are addressed by number from 0,
/// and the number after the last adds one. What the document does not write out of the path is
/// made, so that a default can be replaced; a text is the only item of a list. Whether such keys
/// exist is for those to tell who read the document.
/// @param assignment "key.path=value", the value in YAML
/// @throws ConfigError if the path leads into a value, or the value is not YAML
void apply_override(Node& root, std::string_view assignment);

/// Replaces, or adds, the value at a dotted path, as `apply_override`.
/// @param where place to report at what is wrong with the path or with what it makes
/// @throws ConfigError if the path leads into a value
void set_value(Node& root, std::string_view path, Node value, const Mark& where);

/// Writes every plain number in it as one text, however it was written: 0.10 and 1e-1 become 0.1,
/// 3.0 becomes 3.
void tidy_numbers(Node& node);

/// The node as JSON: plain numbers as numbers, `true`, `false` and nothing as such, all else as
/// text. Of a repeated key, the first.
nlohmann::ordered_json json_of(const Node& node);

}  // namespace papilio
