#include "sim/planner/planned_scenario.hpp"

#include "sim/base/yaml/node.hpp"

namespace papilio {

std::string limit_key(std::string_view limit) {
  if (limit == "accuracy" || limit == "least_accuracy") return "least_accuracy";
  if (limit == "accuracy_loss" || limit == "accuracy_budget") return "accuracy_budget";
  return "limits." + std::string{limit};
}

Scenario load_planned_scenario(const ScenarioSource& source, ProfileCaches& caches) {
  const Node root = read_scenario(source);
  if (const Node::Entry* kind = root.find("kind")) {
    Diagnostics diagnostics;
    diagnostics.error(kind->value.mark, "kind",
                      "a planner weighs one request; give it a scenario without this key");
    diagnostics.throw_if_any();
  }
  if (const Node::Entry* calibration = root.find("calibration")) {
    Diagnostics diagnostics;
    diagnostics.error(calibration->value.mark, "calibration",
                      "a planner weighs layers and transfers one by one, before there is a plan to "
                      "correct; remove the key, and run what it finds with it");
    diagnostics.throw_if_any();
  }
  return load_scenario(root, source, caches);
}

}  // namespace papilio
