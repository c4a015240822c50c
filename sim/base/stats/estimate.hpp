#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace papilio {

/// A mean or a percentile with the half-width of its confidence interval.
struct Estimate {
  double value{0};
  std::optional<double> half_width;  ///< absent where there are too few values to tell
};

/// The confidence of every interval that Papilio prints.
inline constexpr double kConfidence = 0.95;

/// Student's t times the standard error of the mean of independent values.
/// @param confidence in (0, 1)
/// @return nothing for fewer than two values
std::optional<double> half_width(std::span<const double> values, double confidence = kConfidence);

/// The arithmetic mean; 0 of none.
double mean(std::span<const double> values);

/// The value below which the share `p` of the values lies: the smallest whose rank is at least p·n
/// (the nearest-rank definition, so it is one of the values).
/// @param values at least one; reordered
/// @param p      in (0, 1]
double quantile(std::vector<double>& values, double p);

/// Rank of the lower end of the median's interval among `n` values in order: the true median is
/// below the r-th value as likely as fewer than r of n throws of a coin are tails, and this is the
/// greatest r <= n/2 for which that is at most (1 - kConfidence) / 2.
/// @param n < 2^31
/// @return 0 where there is none, for n < 6
std::size_t median_rank(std::size_t n);

/// The median of independent values with the interval between two of them, whose ranks follow from
/// the binomial distribution alone (David and Nagaraja, Order Statistics, section 7.1). Half of
/// what lies between them is the half-width; none for fewer than 6 values.
/// @param values at least one
Estimate median(std::vector<double> values);

/// The sum of estimates. Its half-width is the sum of theirs, which holds even where their errors
/// go the same way; absent where none has one.
Estimate sum_of(std::span<const Estimate> parts);

/// Whether two estimates of one thing differ by no more than their half-widths together. An absent
/// half-width counts as 0.
bool agree(const Estimate& one, const Estimate& other);

/// The interval of a value of pooled replications from each replication's own: Student's t times
/// their root mean square distance from the pooled value over the root of their number
/// (sectioning: Asmussen and Glynn, Stochastic Simulation, section III.5).
/// @param values one a replication, independent
/// @return nothing for fewer than two
std::optional<double> half_width_by_sections(std::span<const double> values, double pooled);

}  // namespace papilio
