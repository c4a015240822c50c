#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/planner/planner.hpp"

namespace papilio {

/// What an answer is held against.
struct Baseline {
  std::string title;  ///< "mobile-only", "best plain cut"
  std::size_t plan;   ///< position in the answer's plans
};

/// Of one radio: mobile-only; cloud-only as a tensor, and with each codec that was measured; the
/// best plain cut; the best unit; the best way of several transfers. Each that there is, within the
/// limits or not; of a kind of which some are within them, the best of those.
std::vector<Baseline> baselines(const Planner& planner, const PlanAnswer& answer);

}  // namespace papilio
