#pragma once

#include <optional>
#include <vector>

#include "sim/plan/search/columns.hpp"

namespace papilio {

/// An upper limit of a column, and how far an amount is from it.
struct Limit {
  std::size_t column;
  double limit;  ///< >= 0, finite

  /// Amount / limit; where the limit is 0, 1 + amount.
  [[nodiscard]] double times(const Amounts& amounts) const {
    return offset() + amounts[column] / scale();
  }
  [[nodiscard]] double scale() const { return limit > 0 ? limit : 1; }
  [[nodiscard]] double offset() const { return limit > 0 ? 0 : 1; }
};

/// A lower bound of what any walk reaches, with the weights that prove it: a walk's sum by the
/// weights, and `added`, is no more than what the walk reaches, and the least such sum is `bound`.
struct Dual {
  Amounts weights;
  double added;
  double bound;
};

/// Of amount / limit over the limits, the greatest.
double greatest_times(const std::vector<Limit>& limits, const Amounts& amounts);

/// Lower bounds by weights in place of limits (Lagrange's multipliers), the best ones: the walks
/// that weigh least are gathered until no new one makes the linear program over mixtures of them
/// better (Dantzig and Wolfe, Operations Research 8, 1960).
class DualSearch {
 public:
  /// @param limits at least one
  DualSearch(const Columns& columns, const std::vector<Limit>& limits);

  /// Bounds the greatest of amount / limit: by weights of a mean. Nothing where there is no walk.
  std::optional<Dual> bound_times();
  /// Bounds the first column of walks within the limits. There must be a walk.
  Dual bound_first();

  /// The least that a walk so far has had for its greatest amount / limit.
  [[nodiscard]] double reached_times() const { return reached_times_; }
  /// The least first column so far of a walk within the limits; infinite where there is none.
  [[nodiscard]] double reached_first() const { return reached_first_; }

 private:
  /// The walk that weighs least with these weights of amount / limit, and `first` of the first
  /// column: its dual.
  std::optional<Dual> price(double first, const std::vector<double>& of_limits);

  const Columns& columns_;
  const std::vector<Limit>& limits_;
  std::vector<Amounts> walks_;
  double reached_times_ = std::numeric_limits<double>::infinity();
  double reached_first_ = std::numeric_limits<double>::infinity();
};

}  // namespace papilio
