#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/base/stats/estimate.hpp"

/// Means and percentiles of the dependent values of one run, with intervals where the run is long
/// enough to tell. The method, its sources and its coverage: docs/models/fleet.md, Statistics.
namespace papilio {

/// Values in the order of time. Pieces of one era go on side by side, eras follow each other; each
/// piece may have a level of its own, which is no variation over time.
struct Piece {
  std::span<const double> values;
  std::span<const std::uint32_t> sources;  ///< who made each value; empty where it is not told
  std::size_t era{0};                      ///< from 0
};

/// Independent values that the interval of a mean or of any percentile takes, and those beyond a
/// percentile. With 380, one run in a thousand of D/M/1 at load 0.9 with 10,000 requests looked
/// calm enough for an interval, and none of these held; with 450 none of 4,000 has one.
inline constexpr double kFewestIndependent = 450;
inline constexpr double kFewestBeyond = 50;

/// Independent values that the interval of a percentile takes.
/// @param p in (0, 1)
double independent_needed(double p);

/// What one run tells of the long run.
struct SteadyState {
  Estimate mean;
  std::vector<Estimate> quantiles;  ///< `[probabilities]`, nearest rank
  /// How many independent values would tell as much, by the correlation of the values' ranks; at
  /// most their number.
  double independent{0};
  /// How long a value is remembered, as a share of the run: the integral of the correlation, both
  /// ways, beyond the value's own place; 0 of independent values and of too few to tell.
  double memory{0};
};

/// @param probabilities of the percentiles, in (0, 1)
/// @return no half-width where `independent` is less than it takes; zeros without values
SteadyState steady_state(const std::vector<Piece>& pieces, std::span<const double> probabilities);

}  // namespace papilio
