#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/data/library.hpp"
#include "sim/base/yaml/fields.hpp"

namespace papilio {

/// Where a number comes from. No number enters a profile without one; a user's own numbers may be
/// assumed, and reports say so.
struct Provenance {
  std::string kind;  ///< one of `provenance_kinds()`
  std::string
      source;      ///< key of the bibliography, e.g. "butterfly-2019"; may be empty of "assumed"
  std::string at;  ///< place in the source, e.g. "Table III", or how it was obtained
};

/// published, digitised, derived, recalled, predicted, measured, assumed.
const std::vector<std::string>& provenance_kinds();

/// Whether a number is its user's own assumption.
bool is_assumed(const Provenance& provenance);

/// "published: butterfly-2019, Table III".
std::string to_string(const Provenance& provenance);

/// A constant of a device or radio with its provenance: a number in SI units, or a text.
struct Sourced {
  std::optional<double> value;
  std::string text;
  Provenance provenance;

  [[nodiscard]] bool has_value() const { return value.has_value() || !text.empty(); }
};

/// What a file says of a device or a radio: every constant with its source.
struct Described {
  std::string name;
  std::string title;                                       ///< one line for people
  std::vector<std::pair<std::string, Sourced>> constants;  ///< key and value, in the file's order
};

/// Describes the keys `kind`, `source`, `at` of a mapping.
void describe_provenance(FieldVisitor& visitor, Provenance& provenance);

/// Describes one number with its provenance: `key: {value: …, kind: …, source: …, at: …}`; or the
/// number alone, which is then assumed: `key: 1e12`.
void describe_sourced_number(FieldVisitor& visitor, std::string_view key, Sourced& constant,
                             NumberRange range, Presence presence, std::string_view doc);
/// Describes one text with its provenance, likewise; it may be absent.
void describe_sourced_text(FieldVisitor& visitor, std::string_view key, Sourced& constant,
                           std::string_view doc);

/// The works that provenance refers to: key to citation, gathered from `sources.yaml` of every
/// folder of a library.
class Bibliography {
 public:
  /// @throws ConfigError if a sources.yaml is malformed
  explicit Bibliography(const ProfileLibrary& library);

  /// The citation of `key`, or an empty string if it is unknown.
  [[nodiscard]] std::string citation(std::string_view key) const;

  /// Adds an error at `path` of `root` if the source is not in the bibliography.
  void check(const Provenance& provenance, const Node& root, std::string_view path,
             Diagnostics& diagnostics) const;
  /// As above, for each constant of a thing at its key.
  void check(const Described& thing, const Node& root, Diagnostics& diagnostics) const;

 private:
  std::map<std::string, std::string, std::less<>> citations_;
};

}  // namespace papilio
