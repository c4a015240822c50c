#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/plan/search/columns.hpp"

namespace papilio {

/// A weighed sum of the columns that may not be exceeded by the end of a way, and what follows each
/// step adds to it at least.
struct Bound {
  /// @param weights each >= 0
  Bound(const Columns& columns, const Amounts& weights, double most);

  Amounts weights;
  double most;
  std::vector<double> to_go;  ///< `[steps × tiers]`
};

/// All ways through the columns that label-setting keeps, at their ends.
struct Labels {
  /// A step on a tier, after another.
  struct Link {
    std::uint32_t previous;
    std::uint8_t tier;
  };
  struct End {
    Amounts amounts;
    std::uint32_t changes;  ///< of the tier
    std::uint32_t link;
  };

  /// None dominates another: none has at most as much in all columns as another. Of ways with the
  /// same amounts the one with the fewest changes of tier is here; of those the one that is at the
  /// earlier tier at the last step where they differ. Sorted by the columns, the first first.
  std::vector<End> ends;
  std::vector<Link> links;

  /// The tier of each step.
  [[nodiscard]] std::vector<std::uint8_t> tiers_of(const End& end, std::size_t steps) const;
};

/// Comparisons between labels that a search may make, for each label that it may keep.
inline constexpr std::size_t kComparisonsPerLabel = 2'000;

/// Goes through all steps; at each step and tier keeps the ways that none dominates and no bound
/// excludes.
/// @param bounds kept up to their rounding: a way may exceed one by 1e-10 of it
/// @param most labels to keep, <= 2^32 - 1
/// @throws SearchTooLarge where there are more
Labels set_labels(const Columns& columns, const std::vector<Bound>& bounds, std::size_t most);

}  // namespace papilio
