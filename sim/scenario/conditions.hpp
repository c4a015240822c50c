#pragma once

#include <string_view>

#include "sim/plan/estimate.hpp"
#include "sim/scenario/spec.hpp"

namespace papilio {

/// A world under conditions: an answer gets its size, the plan is calibrated, loads multiply times
/// and the mobile's energies, and rates replace the radio's.
/// @param conditions with `result_bytes`
/// @param world      in which nothing is loaded and the radio has its own rates
World under(const ConditionsSpec& conditions, World world);

/// A key of a scenario that sets one number of its conditions.
struct ConditionKey {
  std::string_view key;  ///< dotted path
  NumberRange range;
  bool whole;
  void (*set)(ConditionsSpec&, double);
  bool of_edge{false};  ///< means something only where there is an edge

  /// Whether a number may be the key's value.
  [[nodiscard]] bool accepts(double value) const;
};

/// The condition that a key sets, or nullptr: what differs in these keys only shares its
/// partitions.
const ConditionKey* find_condition_key(std::string_view key);

}  // namespace papilio
