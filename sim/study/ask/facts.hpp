#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/study/store/kinds.hpp"
#include "sim/study/store/results_reader.hpp"

/// A study's results as points in dimensions: what tables are made of.
namespace papilio {

/// What a point is in a dimension: a value's position among all that occur.
using Label = std::uint32_t;
using Key = std::vector<Label>;

/// The values that dimensions have, each kept once. What is absent is a text without characters.
class DimensionLabels {
 public:
  Label of(const Value& value);
  /// As files have it.
  [[nodiscard]] const std::string& text(Label label) const { return *all_[label].text; }
  /// If it is one.
  [[nodiscard]] std::optional<double> number(Label label) const { return all_[label].number; }

 private:
  struct Kept {
    const std::string* text;
    std::optional<double> number;
  };
  // A name that looks like a number is another label than that number. Maps keep their nodes.
  std::unordered_map<std::string, Label> names_;
  std::unordered_map<std::string, Label> numbers_;
  std::vector<Kept> all_;
};

/// One value with all its dimensions.
struct Fact {
  Key dimensions;  ///< `[Facts::names]`
  double value{0};
  /// Whether the scenario's limit of accuracy lets it be chosen; nothing where none is stated.
  std::optional<bool> admitted;
};

/// The dimensions of a fact at these positions.
Key key_of(const Fact& fact, const std::vector<std::size_t>& positions);

/// The dimension that every study has beside its axes.
inline constexpr const char* kReplicate = "replicate";

/// A value of a study's results at every point.
struct Facts {
  std::vector<std::string> names;  ///< of the dimensions, the study's axes first
  DimensionLabels labels;
  std::vector<Fact> all;
  std::uint64_t failed{0};          ///< points without results
  std::vector<std::string> totals;  ///< dimensions of which the rows of "all" alone are here

  [[nodiscard]] const std::string& text(const Fact& fact, std::size_t dimension) const {
    return labels.text(fact.dimensions[dimension]);
  }
  /// The position of a dimension, or nothing.
  [[nodiscard]] std::optional<std::size_t> find(const std::string& name) const;
  /// As `find`.
  /// @throws ConfigError naming the nearest dimension
  [[nodiscard]] std::size_t position(const std::string& name) const;
  [[nodiscard]] std::vector<std::size_t> positions(const std::vector<std::string>& wanted) const;
};

/// What to take of a study's results.
struct FactsQuery {
  std::string column;           ///< of results: the value
  std::set<std::string> asked;  ///< dimensions that will be looked at
  /// Axes and the values that are kept of them: the others need no memory.
  std::map<std::string, std::vector<std::string>> kept;
};

/// Reads a study's results. What uses no radio, such as mobile-only, stands beside every network's.
/// Of a fleet, rows of "all" count alone where `mobiles` or `window` is not asked for.
Facts read_facts(StudyDatabase& database, const StoredStudy& study, const FactsQuery& query);

/// The measure that a value's name means; its unit may be left out.
/// @throws ConfigError naming the nearest value
const Column& value_column(const std::string& name, const std::vector<Column>& columns);

/// Whether two labels mean the same, one of them perhaps as a user wrote it: 0.10 is 0.1.
bool is_same_label(const std::string& a, const std::string& b);

}  // namespace papilio
