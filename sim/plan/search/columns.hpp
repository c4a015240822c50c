#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "sim/plan/search/chain.hpp"
#include "sim/plan/search/spend.hpp"

namespace papilio {

/// As many amounts as a search can keep: every criterion and a weighed sum.
inline constexpr std::size_t kMostColumns = kCriteria + 1;
/// An amount of each column of a search; those beyond its width are 0.
using Amounts = std::array<double, kMostColumns>;

/// What a search looks at of a chain: some criteria, perhaps after a weighed sum. What costs an
/// infinite or unknown (NaN) amount of one of them, takes an infinite time or exceeds a limit by
/// itself costs infinite amounts of all.
class Columns {
 public:
  /// @param weights of the sum that becomes the first column; none: no sum
  Columns(const Chain& chain, const std::optional<Spend>& weights,
          const std::vector<Criterion>& criteria, const Spend& limits = Spend::unlimited());

  [[nodiscard]] std::size_t steps() const { return steps_; }
  [[nodiscard]] std::size_t tiers() const { return tiers_; }
  /// >= 1.
  [[nodiscard]] std::size_t width() const { return width_; }
  /// What a step costs on a tier: `[width]`.
  [[nodiscard]] const double* compute(std::size_t step, std::size_t tier) const {
    return &compute_[(step * tiers_ + tier) * width_];
  }
  /// What a move costs: `[width]`.
  [[nodiscard]] const double* move(std::size_t position, std::size_t from, std::size_t to) const {
    return &move_[((position * tiers_ + from) * tiers_ + to) * width_];
  }
  /// The sum by weights; infinite where the amounts are.
  [[nodiscard]] double weighed(const double* amounts, const Amounts& weights) const {
    if (amounts[0] == std::numeric_limits<double>::infinity()) return amounts[0];
    double sum = 0;
    for (std::size_t i = 0; i < width_; ++i) sum += weights[i] * amounts[i];
    return sum;
  }

 private:
  std::size_t steps_;
  std::size_t tiers_;
  std::size_t width_;
  std::vector<double> compute_;  // [steps × tiers × width]
  std::vector<double> move_;     // [(steps + 1) × tiers × tiers × width]
};

/// A way through all steps and back to the first tier.
struct Walk {
  std::vector<std::uint8_t> tiers;  ///< `[steps]`
  Amounts amounts;
  double weighed;
};

/// The way that weighs least, ties as shortest_route; nothing where each weighs an infinite amount.
/// @param weights each >= 0
std::optional<Walk> least_walk(const Columns& columns, const Amounts& weights);

/// The least weight of what follows each step at each tier: `[steps × tiers]`.
/// @param weights each >= 0
std::vector<double> least_to_go(const Columns& columns, const Amounts& weights);

/// The greatest amount of a column that any way spends whose amounts are finite; 0 where there is
/// none.
double greatest_amount(const Columns& columns, std::size_t column);

}  // namespace papilio
