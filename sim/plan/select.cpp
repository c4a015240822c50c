#include "sim/plan/select.hpp"

#include <stdexcept>

namespace papilio {

std::string_view name(Target target) {
  return target == Target::kLatency ? "latency" : "energy";
}

double value(const Breakdown& breakdown, Target target) {
  return target == Target::kLatency ? breakdown.latency().value() : breakdown.energy().value();
}

Selection select(const std::vector<Breakdown>& candidates, Target target) {
  if (candidates.empty()) throw std::invalid_argument{"a selection needs a candidate"};
  return choose(candidates.size(), [&](std::size_t i) { return value(candidates[i], target); });
}

}  // namespace papilio
