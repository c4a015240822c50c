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
  Selection selection;
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    const double current = value(candidates[i], target);
    if (current < value(candidates[selection.best], target)) {
      selection.runner_up = selection.best;
      selection.best = i;
    } else if (!selection.runner_up || current < value(candidates[*selection.runner_up], target)) {
      selection.runner_up = i;
    }
  }
  return selection;
}

}  // namespace papilio
