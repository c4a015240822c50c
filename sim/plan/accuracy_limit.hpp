#pragma once

#include <optional>
#include <string>

namespace papilio {

/// How accurate a partition must be to be chosen: docs/models/payloads.md, "A limit".
struct AccuracyLimit {
  std::optional<double> budget;    ///< at most this far below the baseline, a fraction
  std::optional<double> least;     ///< at least this, a fraction
  std::optional<double> baseline;  ///< the uncut network's accuracy, where it is known

  [[nodiscard]] bool stated() const { return budget || least; }
  /// What both come to, a fraction; nothing where neither is stated, or the budget is of a baseline
  /// that nobody knows.
  [[nodiscard]] std::optional<double> floor() const;
  /// Whether a partition of this top-1 fraction may be chosen. Where a limit is stated, one of
  /// unknown accuracy may not, unless it loses nothing and a loss is all that is limited.
  /// @param exact whether its answers are the uncut network's
  [[nodiscard]] bool admits(const std::optional<double>& accuracy, bool exact = false) const;
  /// "at least 76.1 % (accuracy_budget: a loss of at most 0.02 from the uncut network's 78.1 %)".
  /// Only where a limit is stated.
  [[nodiscard]] std::string text() const;
};

}  // namespace papilio
