#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/compare/rows.hpp"

namespace papilio {

/// How far apart two values may be.
struct CompareRules {
  /// Relative to the greater of |a| and |b|: values further apart differ. >= 0
  double tolerance{1e-9};
  std::map<std::string, double> of_measure;  ///< the tolerance of some measures instead
  /// Whether intervals excuse nothing, and what has none is judged too.
  bool exact{false};
  std::size_t listed{20};  ///< how many differences and rows are kept to be shown
};

/// A value that differs.
struct Difference {
  std::vector<Value> key;  ///< `[dimensions]`
  std::size_t measure{0};
  Value a;
  Value b;
  /// |b - a| over the greater of |a| and |b|: 0 to 2; absent where one of them is no number.
  std::optional<double> relative;
  /// sqrt(ci_a² + ci_b²), if both have an interval.
  std::optional<double> half_width;
};

/// What became of one measure.
struct MeasureDifferences {
  std::uint64_t values{0};    ///< that were compared
  std::uint64_t differ{0};    ///< beyond what is allowed
  std::uint64_t excused{0};   ///< beyond the tolerance, within the intervals
  std::uint64_t unjudged{0};  ///< beyond the tolerance, and without an interval to judge it by
  double largest{0};          ///< relative, of those that differ and are numbers
};

/// Rows without a partner.
struct LoneRows {
  std::uint64_t count{0};
  std::vector<std::vector<Value>> first;  ///< keys of the first of them
};

/// What two things differ in.
struct Comparison {
  ComparedColumns columns;
  std::uint64_t rows{0};                     ///< that were matched
  std::vector<MeasureDifferences> measures;  ///< `[measures]`
  std::vector<Difference> differences;       ///< the greatest first
  LoneRows only_a;
  LoneRows only_b;
  std::vector<std::string> columns_only_a;
  std::vector<std::string> columns_only_b;

  /// The sum over all measures.
  [[nodiscard]] MeasureDifferences total() const;
  /// Whether a value differs beyond what is allowed, or a row has no partner. A column that only
  /// one has does not count: newer versions have more.
  [[nodiscard]] bool differs() const;
};

/// Whether the values of fleets are judged by their intervals alone, unless the rules are exact.
bool drawn_at_random(Comparable::Kind kind);

/// Compares two things row by row, in memory that does not grow with the rows.
///
/// Two values differ where |b - a| > tolerance · max(|a|, |b|) and, unless the rules are exact,
/// beyond their intervals where both have one: |b - a| > sqrt(ci_a² + ci_b²). That is the
/// half-width of the 95 % interval of the difference of two independent means, so of equal ones one
/// in twenty is found to differ; where both runs draw the same random numbers, fewer. What is
/// absent equals what is absent or not a number, and differs from every number.
/// @throws ConfigError where the kinds differ, a row comes twice, or a measure of the rules is none
Comparison compare(const Comparable& a, const Comparable& b, const CompareRules& rules);

/// The inputs that differ, by path: the values in A and in B; none where it is not there.
struct InputDifference {
  std::string path;
  std::optional<std::string> a;
  std::optional<std::string> b;
  /// "seed", "name" or "path", which say where numbers were drawn or found; else nothing.
  std::string what;
};
std::vector<InputDifference> input_differences(const Comparable& a, const Comparable& b);

}  // namespace papilio
