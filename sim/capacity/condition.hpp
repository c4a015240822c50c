#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/document/document.hpp"

namespace papilio {

/// What is known of a condition at one place.
enum class Verdict {
  kKeeps,    ///< it holds, the whole interval with it
  kUnsure,   ///< the limit lies within the interval
  kUnknown,  ///< there is no value, as of latencies where nothing was completed
  kBreaks,   ///< it does not hold
};
/// "keeps", "unsure", "unknown", "breaks".
std::string_view name(Verdict verdict);

/// How far a place is from keeping a condition: the greater, the worse. NaN: nobody knows.
struct Strain {
  double value{0};
  double half_width{0};  ///< of its interval
};

/// A condition on a row of a fleet's results: a column, or a ratio of two, beside a number.
class Condition {
 public:
  /// What a row says of it.
  struct Measured {
    std::optional<double> value;       ///< none: the row has no number
    std::optional<double> half_width;  ///< of its 95 % interval, where the rows have one
    Verdict verdict{Verdict::kUnknown};
  };

  /// @param text "p95_s < 0.03", "late/arrived <= 0.01"; one of <, <=, >, >=
  /// @throws ConfigError if it reads otherwise; the columns are not looked for yet
  explicit Condition(std::string_view text);

  /// "p95_s < 0.03", however it was spaced.
  [[nodiscard]] std::string text() const;
  /// What is measured: "p95_s", "late/arrived".
  [[nodiscard]] std::string quantity() const;

  /// @throws ConfigError if the table has no such column of numbers
  void check(const Table& table) const;
  /// Judges a row. An interval is used where the column has one: `p95_s` has `p95_ci_s`.
  /// @param table with the columns, as `check` found
  [[nodiscard]] Measured judge(const Table& table, const Table::Row& row) const;
  /// How far what was measured lies beyond the limit, in limits where it is not 0; NaN where there
  /// is no value.
  [[nodiscard]] Strain strain(const Measured& measured) const;

 private:
  [[nodiscard]] bool holds(double value) const;
  [[nodiscard]] bool is_upper() const { return relation_.front() == '<'; }

  std::string column_;
  std::string divisor_;  // column by which it is divided; empty: none
  std::string relation_;
  double limit_{0};
};

/// Where a column stands in a table; nothing if there is none.
std::optional<std::size_t> place_of(const Table& table, std::string_view column);

}  // namespace papilio
