#pragma once

#include <string_view>
#include <vector>

#include "sim/cost/cost.hpp"
#include "sim/plan/choose.hpp"

namespace papilio {

/// What a partition is chosen for.
enum class Target { kLatency, kEnergy };

/// "latency" or "energy".
std::string_view name(Target target);

/// The better of two partitions has the smaller value, in s or J.
double value(const Breakdown& breakdown, Target target);

/// Selection phase of the paper's Algorithm 1: argmin over the candidates of TM + TU + TC, or of
/// TM·PM + TU·PU. Ties go to the earlier candidate.
/// @param candidates at least one
/// @throws std::invalid_argument if there is none
Selection select(const std::vector<Breakdown>& candidates, Target target);

}  // namespace papilio
