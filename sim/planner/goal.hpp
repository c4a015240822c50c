#pragma once

#include <string>

#include "sim/plan/search/spend.hpp"

namespace papilio {

/// What a planner makes small: latency^a · energy^b. With one exponent 0 and the other 1 that is
/// the latency or the mobile's energy alone.
struct Goal {
  double latency_exponent{1};  ///< >= 0
  double energy_exponent{0};   ///< >= 0, not both 0

  static Goal latency() { return {1, 0}; }
  static Goal energy() { return {0, 1}; }

  /// Of a plan, in s, J or s^a·J^b. NaN where it hangs on an energy that nobody knows.
  [[nodiscard]] double value(const Spend& spend) const;
  /// Whether it is a sum of what a plan's steps cost, and not a product of two.
  [[nodiscard]] bool adds_up() const { return latency_exponent == 0 || energy_exponent == 0; }
  /// Of one that adds up: by what to weigh a step's costs.
  [[nodiscard]] Spend weights() const;
  /// The criterion of one that adds up.
  [[nodiscard]] Criterion criterion() const {
    return energy_exponent == 0 ? Criterion::kLatency : Criterion::kEnergy;
  }
  /// "latency", "energy", "latency^1 * energy^2".
  [[nodiscard]] std::string text() const;
};

/// Reads "latency", "energy", "product" (both exponents 1) or "product:A,B".
/// @throws ConfigError for anything else
Goal goal_of(const std::string& text);

}  // namespace papilio
