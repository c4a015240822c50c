#include "sim/python/answers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/paper/paper.hpp"
#include "sim/planner/plan_file.hpp"
#include "sim/planner/plan_json.hpp"
#include "sim/planner/plan_report.hpp"
#include "sim/planner/planned_scenario.hpp"
#include "sim/planner/sensitivity.hpp"
#include "sim/scenario/conditions.hpp"

namespace papilio {
namespace {

// Planners that are kept of one scenario: a megabyte or so each.
constexpr std::size_t kMostPlanners = 64;

PlanQuestion asked_of(const PythonQuestion& question) {
  PlanQuestion asked{.goal = goal_of(question.target), .planners = question.planners};
  constexpr int kMostBits = 32;
  for (const int bits : question.bits) {
    if (bits < 1 || bits > kMostBits)
      throw ConfigError{"papilio plan: error: bits must be 1 to 32"};
    if (std::find(asked.bits.begin(), asked.bits.end(), bits) == asked.bits.end()) {
      asked.bits.push_back(bits);
    }
  }
  if (question.reading) {
    const std::vector<std::string>& names = energy_model_names();
    if (std::find(names.begin(), names.end(), *question.reading) == names.end()) {
      throw ConfigError{fmt::format("papilio plan: error: energy_model: expected {}, got '{}'",
                                    fmt::join(names, " or "), *question.reading)};
    }
    asked.reading = energy_model_by_name(*question.reading);
  }
  return asked;
}

/// The scenario's conditions with others in place of some.
ConditionsSpec conditions_of(const Scenario& scenario, const PythonQuestion& question) {
  ConditionsSpec conditions = scenario.spec.conditions;
  for (const auto& [name, value] : question.conditions) {
    const ConditionKey* const key = find_condition_key(name);
    const auto refuse = [&, &name = name](const std::string& why) {
      throw ConfigError{fmt::format("papilio plan: error: conditions: '{}' {}", name, why)};
    };
    if (key == nullptr) {
      refuse("is no key of a number that leaves the plans as they are; set it with load()");
    } else if (key->of_edge && !conditions.has_edge) {
      refuse("needs an edge server, which the scenario has not");
    } else if (!key->accepts(value)) {
      refuse(fmt::format("cannot be {}; its range is {} to {}{}", value, key->range.min,
                         key->range.max, key->whole ? ", whole numbers" : ""));
    } else {
      key->set(conditions, value);
    }
  }
  return conditions;
}

}  // namespace

Answers::Answers(std::shared_ptr<const AskedPlanner> asked, ConditionsSpec conditions)
    : asked_{std::move(asked)}, conditions_{std::move(conditions)} {
  const std::size_t radios = planner().scenario().radios.size();
  rankings_.reserve(radios);
  for (std::size_t radio = 0; radio < radios; ++radio) {
    rankings_.push_back(planner().rank(radio, conditions_));
  }
}

const std::string& Answers::network(std::size_t radio) const {
  return planner().scenario().radios.at(radio).name;
}

PricedPlan Answers::plan(std::size_t radio, std::size_t proposal) const {
  return planner().priced(radio, proposal, conditions_);
}

std::string Answers::miss(std::size_t radio) const {
  if (ranking(radio).best) return {};
  return miss_text(planner(), planner().answer(radio, conditions_));
}

std::vector<PlanAnswer> Answers::all() const {
  std::vector<PlanAnswer> answers;
  answers.reserve(size());
  for (std::size_t radio = 0; radio < size(); ++radio) {
    answers.push_back(planner().answer(radio, conditions_));
  }
  return answers;
}

Packed Answers::table(std::size_t radio) const {
  Packer packer;
  packer.add("plans", plan_table(planner(), {planner().answer(radio, conditions_)}),
             plan_columns());
  return packer.take();
}

std::string Answers::json() const {
  const std::vector<ConditionAxis>& axes = condition_axes();
  return plan_json(planner(), all(), axes.front(), axes.front())
      .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string Answers::yaml() const {
  return plan_yaml(planner(), all());
}

Loaded::Loaded(ScenarioSource source)
    : source_{std::move(source)},
      experiment_{load_experiment(source_, {paper_sections}, "give it to papilio.study")} {}

std::shared_ptr<const AskedPlanner> Loaded::planner_for(const PythonQuestion& question) {
  std::string key =
      fmt::format("{}\n{}\n{}\n{}", question.target, fmt::join(question.planners, ","),
                  fmt::join(question.bits, ","), question.reading.value_or(""));
  ScenarioSource source = source_;
  for (const auto& [limit, value] : question.limits) {
    source.overrides.push_back(fmt::format("{}={}", limit_key(limit), value));
    key += "\n" + source.overrides.back();
  }
  if (const auto known = planners_.find(key); known != planners_.end()) return known->second;
  const PlanQuestion asked = asked_of(question);
  auto made = std::make_shared<AskedPlanner>(
      AskedPlanner{.scenario = load_planned_scenario(source, caches_), .planner = nullptr});
  made->planner =
      std::make_unique<Planner>(made->scenario, profiles_of(made->scenario, caches_), asked);
  if (planners_.size() >= kMostPlanners) planners_.clear();
  return planners_.try_emplace(std::move(key), std::move(made)).first->second;
}

Answers Loaded::plan(const PythonQuestion& question) {
  std::shared_ptr<const AskedPlanner> asked = planner_for(question);
  ConditionsSpec conditions = conditions_of(asked->planner->scenario(), question);
  return Answers{std::move(asked), std::move(conditions)};
}

}  // namespace papilio
