#include "sim/planner/planner.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/plan/choose.hpp"
#include "sim/plan/search/routes.hpp"
#include "sim/scenario/conditions.hpp"

namespace papilio {
namespace {

/// The planners of these names, in the table's order; of none all.
std::vector<const PlannerEntry*> entries_of(const std::vector<std::string>& wanted) {
  std::vector<std::string> known;
  std::vector<const PlannerEntry*> entries;
  for (const PlannerEntry& entry : planners()) {
    known.emplace_back(entry.name);
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), entry.name) != wanted.end()) {
      entries.push_back(&entry);
    }
  }
  for (const std::string& one : wanted) {
    if (std::find(known.begin(), known.end(), one) == known.end()) {
      throw ConfigError{
          fmt::format("papilio plan: error: --planner: there is no planner '{}'{}; there are {}",
                      one, suggestion(one, known), fmt::join(known, ", "))};
    }
  }
  return entries;
}

/// The scenario's bits, and those at which nothing is lost.
std::vector<int> usual_bits(const ScenarioSpec& spec) {
  constexpr int kBitsOfReal = 32;
  std::vector<int> bits{kBitsOfReal};
  for (const StrategySpec& strategy : spec.strategies) {
    if (strategy.strategy != "mobile-only") bits.push_back(static_cast<int>(strategy.bits));
  }
  std::sort(bits.begin(), bits.end());
  bits.erase(std::unique(bits.begin(), bits.end()), bits.end());
  return bits;
}

/// By how much a plan exceeds the limits: of spend / limit the greatest.
double excess(const Spend& spend, const Limits& limits) {
  double most = 0;
  for (const Criterion criterion : limits.limited()) {
    const double limit = limits.most[criterion];
    const double times = limit > 0 ? spend[criterion] / limit : 1 + spend[criterion];
    most = std::isnan(times) ? std::numeric_limits<double>::infinity() : std::max(most, times);
  }
  return most;
}

}  // namespace

Planner::Planner(const Scenario& scenario, ProfileCache& profiles, PlanQuestion question)
    : question_{std::move(question)},
      reading_{
          question_.reading.value_or(energy_model_by_name(scenario.spec.energy_models.front()))},
      priced_{scenario} {
  const std::vector<std::string>& readings = scenario.spec.energy_models;
  const auto found = std::find(readings.begin(), readings.end(), std::string{name(reading_)});
  if (found == readings.end()) {
    throw ConfigError{
        fmt::format("papilio plan: error: --energy-model: the scenario has {}, not '{}'",
                    fmt::join(readings, ", "), name(reading_))};
  }
  readings_ = readings.size();
  of_reading_ = static_cast<std::size_t>(found - readings.begin());
  if (question_.goal.energy_exponent != 0 && !scenario.mobile_profile.has_energy()) {
    throw ConfigError{fmt::format(
        "papilio plan: error: --target: the layer table {}/{} has no energies; choose latency",
        scenario.mobile_profile.device, scenario.mobile_profile.model)};
  }
  if (question_.bits.empty()) question_.bits = usual_bits(scenario.spec);
  collect(scenario, profiles);
  std::vector<StrategySpec> strategies;
  strategies.reserve(proposals_.size());
  for (const Proposal& proposal : proposals_) strategies.push_back(proposal.strategy);
  priced_ = with_strategies(scenario, std::move(strategies), profiles);
  std::size_t next = 0;
  for (const Proposal& proposal : proposals_) {
    first_cell_.push_back(next);
    on_radios_.push_back(proposal.strategy.strategy != "mobile-only");
    next += (on_radios_.back() ? priced_.radios.size() : 1) * readings_;
  }
  PAPILIO_CHECK(next == priced_.cells.size());
}

void Planner::collect(const Scenario& scenario, ProfileCache& profiles) {
  const ScenarioSpec& spec = scenario.spec;
  Devices devices{.mobile = profiles.pricer(spec.mobile_device, scenario.graph),
                  .cloud = &profiles.pricer(spec.cloud_device, scenario.graph)};
  if (spec.conditions.has_edge) devices.edge = &profiles.pricer(spec.edge_device, scenario.graph);
  std::map<std::string, std::size_t> position;
  for (const PlannerEntry* entry : entries_of(question_.planners)) {
    for (std::size_t radio = 0; radio < scenario.radios.size(); ++radio) {
      const Situation situation{.scenario = scenario,
                                .devices = devices,
                                .use = {.radio = scenario.radios[radio], .energy_model = reading_},
                                .goal = question_.goal,
                                .bits = question_.bits};
      if (const std::string why = entry->objection(situation); !why.empty()) {
        if (!question_.planners.empty()) {
          throw ConfigError{fmt::format("papilio plan: error: --planner: {} cannot be asked: {}",
                                        entry->name, why)};
        }
        if (radio == 0) not_asked_.push_back(fmt::format("{}: {}", entry->name, why));
        continue;
      }
      std::vector<StrategySpec> proposed;
      try {
        proposed = entry->propose(situation);
      } catch (const SearchTooLarge& error) {
        throw ConfigError{fmt::format(
            "papilio plan: error: --planner: {} gives up: {}; limit less, or name other planners",
            entry->name, error.what())};
      }
      for (StrategySpec& strategy : proposed) {
        const auto [it, is_new] = position.try_emplace(key_of(strategy), proposals_.size());
        if (is_new) proposals_.push_back({std::move(strategy), {}});
        std::vector<std::string>& names = proposals_[it->second].planners;
        if (names.empty() || names.back() != entry->name) names.emplace_back(entry->name);
      }
    }
  }
}

PlanAnswer Planner::answer(std::size_t radio) const {
  PlanAnswer answer{.network = priced_.radios.at(radio).name};
  for (std::size_t i = 0; i < proposals_.size(); ++i) {
    const Cell& cell = priced_.cells[cell_of(radio, i)];
    PricedPlan plan{.proposal = i, .name = cell.plan.name, .cell = cell};
    plan.took = closed_form(cell.plan, cell.use);
    plan.spend = spend_of(cell, plan.took);
    plan.value = question_.goal.value(plan.spend);
    plan.admitted = cell.admitted.value_or(true);
    answer.plans.push_back(std::move(plan));
  }
  const auto value_of = [&](std::size_t i) {
    const PricedPlan& plan = answer.plans[i];
    return plan.admitted ? plan.value : std::numeric_limits<double>::quiet_NaN();
  };
  if (answer.plans.empty()) return answer;
  const Selection selection = choose(answer.plans.size(), value_of);
  if (std::isfinite(value_of(selection.best))) {
    answer.best = selection.best;
    // A cut after a layer that only gives the same numbers another shape is no other plan.
    const Spend& spent = answer.plans[selection.best].spend;
    const Selection second = choose(answer.plans.size(), [&](std::size_t i) {
      return answer.plans[i].spend == spent ? std::numeric_limits<double>::quiet_NaN()
                                            : value_of(i);
    });
    if (std::isfinite(value_of(second.best)) && second.best != selection.best &&
        !(answer.plans[second.best].spend == spent)) {
      answer.runner_up = second.best;
    }
    return answer;
  }
  const Selection nearest = choose(answer.plans.size(), [&](std::size_t i) {
    return accurate(i) ? excess(answer.plans[i].spend, priced_.limits)
                       : std::numeric_limits<double>::quiet_NaN();
  });
  if (accurate(nearest.best)) answer.nearest = nearest.best;
  return answer;
}

Spend Planner::spend(std::size_t radio, std::size_t proposal,
                     const ConditionsSpec& conditions) const {
  const std::size_t i = cell_of(radio, proposal);
  const World world = under(conditions, priced_.bases[i]);
  const Breakdown took = closed_form(world.plan, world.use);
  Spend spend = spend_of(priced_.cells[i], took);
  return spend;
}

bool Planner::accurate(std::size_t proposal) const {
  const Cell& cell = priced_.cells[cell_of(0, proposal)];
  return priced_.limits.accuracy.admits(cell.plan.accuracy, cell.exact);
}

std::optional<std::size_t> Planner::decide(std::size_t radio,
                                           const ConditionsSpec& conditions) const {
  if (proposals_.empty()) return std::nullopt;
  const auto value_of = [&](std::size_t i) {
    if (!accurate(i)) return std::numeric_limits<double>::quiet_NaN();
    const Spend spent = spend(radio, i, conditions);
    return spent.within(priced_.limits.most) ? question_.goal.value(spent)
                                             : std::numeric_limits<double>::quiet_NaN();
  };
  const Selection selection = choose(proposals_.size(), value_of);
  return std::isfinite(value_of(selection.best)) ? std::optional{selection.best} : std::nullopt;
}

}  // namespace papilio
