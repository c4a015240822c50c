#pragma once

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

}  // namespace papilio
