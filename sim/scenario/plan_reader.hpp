#pragma once

#include <string>
#include <vector>

#include "sim/base/yaml/fields.hpp"
#include "sim/scenario/source.hpp"
#include "sim/scenario/spec.hpp"

namespace papilio {

/// What a planner found, as a file: `papilio plan -o FILE`.
struct PlanFile {
  struct Item {
    std::string network;    ///< the radio for which the strategy is the best
    StrategySpec strategy;  ///< of one partition
  };
  std::string kind{"plan"};
  std::int64_t version{1};
  std::string model;
  std::string target;  ///< what it is the best for, for people
  std::vector<Item> plans;
};

/// Names the keys of a plan file to a visitor.
void describe_plan_file(FieldVisitor& visitor, PlanFile& file);

/// Puts the strategies of plan files in the place of the items `{strategy: plan, from: FILE}` of a
/// scenario's or fleet's list, each once, and none that the list has itself.
/// @param root the document; without such items it stays as it is
/// @throws ConfigError if a file is missing or malformed, of another network than the scenario
/// runs,
///         or has no plan for the item's `network`
void insert_plans(Node& root, const ScenarioSource& source);

}  // namespace papilio
