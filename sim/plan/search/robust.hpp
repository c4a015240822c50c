#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace papilio {

/// What each candidate costs in each sample of the conditions: in each step of a trace, say.
/// Nothing is copied.
struct SampledCosts {
  /// `[candidates × samples]`. An unknown cost (NaN) counts as infinite.
  std::span<const double> costs;
  /// `[samples]`, >= 0, finite, not all 0: how much a sample counts, as the time that a step of a
  /// trace lasts; empty: all alike. A sample that weighs 0 is as if it were not there.
  std::span<const double> weights;
  std::size_t candidates{0};
};

/// How one candidate fares over the samples.
struct Robustness {
  double value{0};           ///< what is to be small: the mean or the percentile of its costs
  double mean_regret{0};     ///< the weighted mean of its regrets
  double largest_regret{0};  ///< in a sample of any weight but 0
  double best_share{0};      ///< in [0, 1]: of the samples' weight, where it is the best
};

/// A candidate's regret in a sample is its cost less the least cost there; where nobody's cost is
/// finite, it is 0 and nobody is the best. Where several are the best, the earliest counts as it.
///
/// The p-th percentile is the least of the costs up to which the samples weigh at least p of all,
/// so it is one of the costs. With equal weights it is the nearest rank of `quantile`
/// (sim/base/stats).
/// @param percentile in (0, 1], 1 being the worst sample; nothing: the mean
/// @return `[candidates]`; empty without candidates
std::vector<Robustness> robustness(const SampledCosts& samples, std::optional<double> percentile);

/// The candidate of the least value, the earlier of equal ones.
/// @return nothing where no value is finite
std::optional<std::size_t> most_robust(std::span<const Robustness> candidates);

}  // namespace papilio
