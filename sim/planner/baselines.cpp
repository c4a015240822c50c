#include "sim/planner/baselines.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "sim/profiles/crossing.hpp"

namespace papilio {
namespace {

using Is = std::function<bool(const Cell&)>;

/// The least of the plans of a kind, those within the limits first.
std::optional<std::size_t> best_of(const PlanAnswer& answer, const Is& is) {
  std::optional<std::size_t> best;
  const auto rank = [&](std::size_t i) {
    const PricedPlan& plan = answer.plans[i];
    const double value =
        std::isnan(plan.value) ? std::numeric_limits<double>::infinity() : plan.value;
    return std::pair{!plan.admitted, value};
  };
  for (std::size_t i = 0; i < answer.plans.size(); ++i) {
    if (is(answer.plans[i].cell) && (!best || rank(i) < rank(*best))) best = i;
  }
  return best;
}

}  // namespace

std::vector<Baseline> baselines(const Planner& /*planner*/, const PlanAnswer& answer) {
  std::vector<Baseline> all;
  const auto add = [&](std::string title, const Is& is) {
    if (const auto best = best_of(answer, is)) all.push_back({std::move(title), *best});
  };
  add("mobile-only", [](const Cell& cell) { return cell.strategy == "mobile-only"; });
  std::vector<std::string> codecs;
  for (const PricedPlan& plan : answer.plans) {
    if (plan.cell.strategy != "cloud-only") continue;
    if (std::find(codecs.begin(), codecs.end(), plan.cell.codec) == codecs.end()) {
      codecs.push_back(plan.cell.codec);
    }
  }
  for (const std::string& codec : codecs) {
    add(codec == kRawCodec ? "cloud-only, the tensor" : "cloud-only, " + codec,
        [&](const Cell& cell) { return cell.strategy == "cloud-only" && cell.codec == codec; });
  }
  add("best plain cut", [](const Cell& cell) { return cell.strategy == "split"; });
  add("best unit", [](const Cell& cell) { return cell.channels.has_value(); });
  add("best three-way", [](const Cell& cell) { return cell.strategy == "three-way"; });
  add("best path", [](const Cell& cell) { return cell.strategy == "path" && !cell.channels; });
  return all;
}

}  // namespace papilio
