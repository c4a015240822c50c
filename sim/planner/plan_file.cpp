#include "sim/planner/plan_file.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/scenario/plan_reader.hpp"

namespace papilio {

nlohmann::ordered_json strategy_json(const StrategySpec& strategy) {
  StrategySpec spec = strategy;
  const std::string yaml = write_fields([&](FieldVisitor& visitor) {
    std::string name = spec.strategy;
    visitor.text("strategy", name, {}, Presence::kRequired, "");
    describe_cuts(visitor, spec);
  });
  return json_of(parse_yaml(yaml, "strategy"));
}

std::string plan_yaml(const Planner& planner, const std::vector<PlanAnswer>& answers) {
  PlanFile file{.model = planner.scenario().spec.model,
                .target = planner.question().goal.text(),
                .plans = {}};
  for (const PlanAnswer& answer : answers) {
    if (!answer.best) continue;
    file.plans.push_back({answer.network, planner.proposals()[*answer.best].strategy});
  }
  return write_fields([&](FieldVisitor& visitor) { describe_plan_file(visitor, file); });
}

}  // namespace papilio
