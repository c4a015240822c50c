#pragma once

#include <string_view>

#include "sim/cost/cost.hpp"
#include "sim/scenario/spec.hpp"

namespace papilio {

/// What a partition asks for and how its radio is charged, when nothing is loaded and the radio has
/// its own rates.
struct Basis {
  Demand demand;
  RadioUse use;
};

/// The same under conditions: loads multiply times and the mobile's energies, rates replace the
/// radio's, and whoever offloads gets an answer.
/// @param conditions with `result_bytes`
Basis under(const ConditionsSpec& conditions, Basis basis);

/// A key of a scenario that sets one number of its conditions.
struct ConditionKey {
  std::string_view key;  ///< dotted path
  NumberRange range;
  bool whole;
  void (*set)(ConditionsSpec&, double);
};

/// The condition that a key sets, or nullptr: what differs in these keys only shares its
/// partitions.
const ConditionKey* find_condition_key(std::string_view key);

}  // namespace papilio
