#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/yaml/node.hpp"

namespace papilio {

/// Whether a key must be there. An absent optional key leaves its variable at its default.
enum class Presence { kRequired, kOptional };

/// Closed or half-open range of a number.
struct NumberRange {
  double min{-std::numeric_limits<double>::max()};
  double max{std::numeric_limits<double>::max()};
  bool min_excluded{false};
};
inline constexpr NumberRange kPositive{.min = 0, .min_excluded = true};
inline constexpr NumberRange kNonNegative{.min = 0};

/// What a text may be.
struct TextRule {
  std::vector<std::string> choices;  ///< the allowed words; empty: any non-empty text
  bool identifier{false};  ///< lower-case letters, digits and . _ - @ + only: safe in a path
  bool repeats{false};     ///< whether a list may have one twice
};

/// Visits the keys of one mapping. A configuration struct has one `describe` function that names
/// its keys to a FieldVisitor; the same function then reads YAML (FieldReader), writes it back
/// (FieldWriter) and makes the JSON Schema (SchemaWriter), so the three cannot drift apart.
///
/// `doc` is one sentence with the meaning and the unit.
class FieldVisitor {
 public:
  using Nested = std::function<void(FieldVisitor&)>;

  FieldVisitor() = default;
  virtual ~FieldVisitor() = default;
  FieldVisitor(const FieldVisitor&) = delete;
  FieldVisitor& operator=(const FieldVisitor&) = delete;

  /// A whole number in decimal digits.
  virtual void integer(std::string_view key, std::int64_t& value, NumberRange range,
                       Presence presence, std::string_view doc) = 0;
  /// An absent key leaves the optional empty.
  virtual void integer(std::string_view key, std::optional<std::int64_t>& value, NumberRange range,
                       std::string_view doc) = 0;
  /// A finite number.
  virtual void number(std::string_view key, double& value, NumberRange range, Presence presence,
                      std::string_view doc) = 0;
  /// An absent key leaves the optional empty.
  virtual void number(std::string_view key, std::optional<double>& value, NumberRange range,
                      std::string_view doc) = 0;
  /// `true` or `false`.
  virtual void boolean(std::string_view key, bool& value, Presence presence,
                       std::string_view doc) = 0;
  /// A text as `rule` allows.
  virtual void text(std::string_view key, std::string& value, const TextRule& rule,
                    Presence presence, std::string_view doc) = 0;
  /// A list of distinct texts, at least one; a single text stands for a list of one.
  virtual void text_list(std::string_view key, std::vector<std::string>& value,
                         const TextRule& rule, Presence presence, std::string_view doc) = 0;
  /// Like `text_list`, of integers or words: each item is kept as the text it was written as.
  virtual void integer_or_word_list(std::string_view key, std::vector<std::string>& value,
                                    NumberRange range, const std::vector<std::string>& words,
                                    Presence presence, std::string_view doc) = 0;
  /// A list of whole numbers, at most `most` of them, which may be none and may be equal.
  virtual void integer_list(std::string_view key, std::vector<std::int64_t>& value,
                            NumberRange range, std::size_t most, Presence presence,
                            std::string_view doc) = 0;
  /// A nested mapping.
  virtual void object(std::string_view key, Presence presence, std::string_view doc,
                      const Nested& describe) = 0;
  /// A nested mapping that may be absent; `present` says whether it is there.
  virtual void object(std::string_view key, bool& present, std::string_view doc,
                      const Nested& describe) = 0;
  /// A mapping that may be written short: as the value of one of its keys, where the others are
  /// then what `implied` says.
  struct Short {
    std::string_view key;                                        ///< of a number or text
    std::vector<std::pair<std::string, std::string>> implied{};  ///< key and text
  };
  /// As `object`, in full or short. @param present in: to be written; out: it was there
  virtual void object_or_value(std::string_view key, bool& present, Presence presence,
                               std::string_view doc, const Short& form, const Nested& describe) = 0;
  /// A list of mappings told apart by a key: item i is described by `describe(i, visitor)`, which
  /// visits the `discriminator` first. While reading, `resize(n)` is called before the items.
  struct ObjectList {
    std::string discriminator;          ///< empty when all items have the same keys
    std::vector<std::string> variants;  ///< values of the discriminator
    std::function<void(std::size_t)> resize;
    std::function<std::size_t()> size;
    std::function<void(std::size_t, FieldVisitor&)> describe;
    /// Makes item 0 of the given variant: called for the schema only, after `resize(1)`.
    std::function<void(const std::string& variant)> select;
  };
  virtual void object_list(std::string_view key, const ObjectList& list, Presence presence,
                           std::string_view doc) = 0;
  /// A list or a mapping of anything, kept as it is written, at least one item of it.
  /// @param kind kSequence or kMapping
  virtual void anything(std::string_view key, Node& value, Node::Kind kind, Presence presence,
                        std::string_view doc) = 0;
};

/// Reads a mapping into the described variables. Unknown, missing, duplicate, ill-typed, non-finite
/// and out-of-range values all become errors in `diagnostics`, with their place.
class FieldReader : public FieldVisitor {
 public:
  /// @param node  the mapping; must outlive the reader
  /// @param path  dotted path of the mapping, empty for the document
  /// @param where place to report missing keys at: the mapping's own key, or its start
  FieldReader(const Node& node, std::string path, Mark where, Diagnostics& diagnostics);
  /// Reports the keys that `describe` did not visit.
  void finish();

  void integer(std::string_view key, std::int64_t& value, NumberRange range, Presence presence,
               std::string_view doc) override;
  void integer(std::string_view key, std::optional<std::int64_t>& value, NumberRange range,
               std::string_view doc) override;
  void number(std::string_view key, double& value, NumberRange range, Presence presence,
              std::string_view doc) override;
  void number(std::string_view key, std::optional<double>& value, NumberRange range,
              std::string_view doc) override;
  void boolean(std::string_view key, bool& value, Presence presence, std::string_view doc) override;
  void text(std::string_view key, std::string& value, const TextRule& rule, Presence presence,
            std::string_view doc) override;
  void text_list(std::string_view key, std::vector<std::string>& value, const TextRule& rule,
                 Presence presence, std::string_view doc) override;
  void integer_or_word_list(std::string_view key, std::vector<std::string>& value,
                            NumberRange range, const std::vector<std::string>& words,
                            Presence presence, std::string_view doc) override;
  void integer_list(std::string_view key, std::vector<std::int64_t>& value, NumberRange range,
                    std::size_t most, Presence presence, std::string_view doc) override;
  void object(std::string_view key, Presence presence, std::string_view doc,
              const Nested& describe) override;
  void object(std::string_view key, bool& present, std::string_view doc,
              const Nested& describe) override;
  void object_or_value(std::string_view key, bool& present, Presence presence, std::string_view doc,
                       const Short& form, const Nested& describe) override;
  void object_list(std::string_view key, const ObjectList& list, Presence presence,
                   std::string_view doc) override;
  void anything(std::string_view key, Node& value, Node::Kind kind, Presence presence,
                std::string_view doc) override;

 private:
  [[nodiscard]] std::vector<std::string> known_keys() const;
  /// What to do about an unknown key. @param unused keys that are known and absent
  [[nodiscard]] std::string remedy(std::string_view key,
                                   const std::vector<std::string>& unused) const;
  const Node::Entry* take(std::string_view key, Presence presence);
  [[nodiscard]] std::string path_of(std::string_view key) const;
  void error(const Node& node, std::string_view key, std::string_view message);
  std::optional<double> read_number(const Node& node, std::string_view key, NumberRange range);
  std::optional<std::int64_t> read_integer(const Node& node, std::string_view key,
                                           NumberRange range);
  std::optional<std::string> read_text(const Node& node, std::string_view key,
                                       const TextRule& rule);
  template <class ReadItem>
  void read_list(std::string_view key, std::vector<std::string>& value, Presence presence,
                 bool repeats, const ReadItem& read_item);

  const Node& node_;
  std::string path_;
  Mark where_;
  Diagnostics& diagnostics_;
  std::vector<std::string> visited_;
  std::vector<bool> taken_;  // of the mapping's entries, whether a visited key named it
  /// Of the mappings in it: their key, and the keys that they know.
  std::vector<std::pair<std::string, std::vector<std::string>>> nested_;
};

/// Reads `root` with `describe`, adding what is wrong to `diagnostics`.
void read_fields(const Node& root, const FieldVisitor::Nested& describe, Diagnostics& diagnostics);

/// Writes the described variables as YAML that reads back to the same values; optional numbers
/// without a value are left out.
std::string write_fields(const FieldVisitor::Nested& describe);

/// The JSON Schema (draft 7) of what `describe` reads.
nlohmann::ordered_json schema_of_fields(const FieldVisitor::Nested& describe);

/// Place of the value at a dotted path, or of the nearest mapping above it that exists.
Mark mark_of(const Node& root, std::string_view path);

/// Path of an item of a `text_list` or `integer_or_word_list`, which may be written as a list or as
/// one text: "networks.2" or "networks".
std::string item_path(const Node& root, std::string_view path, std::size_t item);

}  // namespace papilio
