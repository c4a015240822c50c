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
#include "sim/planner/sensitivity.hpp"
#include "sim/scenario/conditions.hpp"

namespace papilio {
namespace {

/// The planners of these names, in the table's order; of none all.
std::vector<const PlannerEntry*> entries_of(const std::vector<std::string>& wanted) {
  std::vector<std::string> known;
  std::vector<const PlannerEntry*> entries;
  for (const PlannerEntry& entry : planners()) {
    known.emplace_back(entry.name);
    const bool named = std::find(wanted.begin(), wanted.end(), entry.name) != wanted.end();
    if (named || (wanted.empty() && !entry.by_name)) {
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

/// Whether two plans spend the same; what nobody knows of either is the same.
bool alike(const Spend& a, const Spend& b) {
  for (std::size_t i = 0; i < kCriteria; ++i) {
    const auto criterion = static_cast<Criterion>(i);
    const bool unknown = std::isnan(a[criterion]) && std::isnan(b[criterion]);
    if (!unknown && a[criterion] != b[criterion]) return false;
  }
  return true;
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

/// Asks planners, and keeps each strategy that they propose once.
class Collector {
 public:
  Collector(const Scenario& scenario, ProfileCache& profiles, const PlanQuestion& question,
            EnergyModel reading, std::vector<Proposal>& proposals,
            std::vector<std::string>& not_asked)
      : scenario_{scenario},
        question_{question},
        reading_{reading},
        proposals_{proposals},
        not_asked_{not_asked},
        entries_{entries_of(question.planners)},
        devices_{.mobile = profiles.pricer(scenario.spec.mobile_device, scenario.graph),
                 .cloud = &profiles.pricer(scenario.spec.cloud_device, scenario.graph)} {
    if (scenario.spec.conditions.has_edge) {
      devices_.edge = &profiles.pricer(scenario.spec.edge_device, scenario.graph);
    }
  }

  /// Every planner, on every radio under the scenario's conditions.
  void ask_all() {
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      const bool asked = ask_everywhere(**entry);
      entry = asked ? entry + 1 : entries_.erase(entry);
    }
  }
  /// Whether any planner is left whose proposals hang on the conditions.
  [[nodiscard]] bool searches() const {
    return std::any_of(entries_.begin(), entries_.end(),
                       [](const PlannerEntry* entry) { return entry->searches; });
  }
  /// Those, on one radio under others. @return whether anything new was proposed
  bool ask_searchers(std::size_t radio, const ConditionsSpec& conditions) {
    const std::size_t before = proposals_.size();
    for (const PlannerEntry* entry : entries_) {
      if (!entry->searches) continue;
      try {
        ask(*entry, situation(radio, conditions));
      } catch (const SearchTooLarge&) {
        continue;  // what it found under the scenario's own conditions stands
      }
    }
    return proposals_.size() > before;
  }

 private:
  [[nodiscard]] Situation situation(std::size_t radio, const ConditionsSpec& conditions) const {
    return {.scenario = scenario_,
            .devices = devices_,
            .use = {.radio = scenario_.radios[radio], .energy_model = reading_},
            .goal = question_.goal,
            .bits = question_.bits,
            .conditions = conditions};
  }

  /// @return whether it could be asked
  bool ask_everywhere(const PlannerEntry& entry) {
    const bool named = !question_.planners.empty();
    for (std::size_t radio = 0; radio < scenario_.radios.size(); ++radio) {
      const Situation asked = situation(radio, scenario_.spec.conditions);
      std::string why = entry.objection(asked);
      if (why.empty()) {
        try {
          ask(entry, asked);
          continue;
        } catch (const SearchTooLarge& error) {
          why = fmt::format("its search is too large ({})", error.what());
        }
      }
      if (named) {
        throw ConfigError{fmt::format(
            "papilio plan: error: --planner: {} cannot be asked: {}; name others, or limit less",
            entry.name, why)};
      }
      not_asked_.push_back(fmt::format("{}: {}", entry.name, why));
      return false;
    }
    return true;
  }

  void ask(const PlannerEntry& entry, const Situation& situation) {
    for (StrategySpec& strategy : entry.propose(situation)) {
      const auto [it, is_new] = position_.try_emplace(key_of(strategy), proposals_.size());
      if (is_new) proposals_.push_back({std::move(strategy), {}});
      std::vector<std::string>& names = proposals_[it->second].planners;
      if (std::find(names.begin(), names.end(), entry.name) == names.end()) {
        names.emplace_back(entry.name);
      }
    }
  }

  const Scenario& scenario_;
  const PlanQuestion& question_;
  EnergyModel reading_;
  std::vector<Proposal>& proposals_;
  std::vector<std::string>& not_asked_;
  std::vector<const PlannerEntry*> entries_;
  Devices devices_;
  std::map<std::string, std::size_t> position_;  // of a proposal, by its key
};

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
  Collector collector{scenario, profiles, question_, reading_, proposals_, not_asked_};
  collector.ask_all();
  price(scenario, profiles);
  if (!question_.looks_around || !question_.goal.adds_up() || !collector.searches()) return;
  // A round finds a plan or ends it; in practice two or three do.
  constexpr int kMostRounds = 12;
  std::set<std::pair<std::string, double>> asked;
  complete_ = scenario.limits.most == Spend::unlimited();
  for (int round = 0;; ++round) {
    const bool grown = look_around(asked, [&](std::size_t radio, const ConditionsSpec& conditions) {
      return collector.ask_searchers(radio, conditions);
    });
    if (!grown) break;
    price(scenario, profiles);
    if (round == kMostRounds) {
      complete_ = false;
      break;
    }
  }
}

void Planner::price(const Scenario& scenario, ProfileCache& profiles) {
  std::vector<StrategySpec> strategies;
  strategies.reserve(proposals_.size());
  for (const Proposal& proposal : proposals_) strategies.push_back(proposal.strategy);
  priced_ = with_strategies(scenario, std::move(strategies), profiles);
  first_cell_.clear();
  on_radios_.clear();
  std::size_t next = 0;
  for (const Proposal& proposal : proposals_) {
    first_cell_.push_back(next);
    on_radios_.push_back(proposal.strategy.strategy != "mobile-only");
    next += (on_radios_.back() ? priced_.radios.size() : 1) * readings_;
  }
  PAPILIO_CHECK(next == priced_.cells.size());
}

template <class Ask>
bool Planner::look_around(std::set<std::pair<std::string, double>>& asked, const Ask& ask) const {
  // All places first: what is asked adds proposals that have no prices yet.
  std::vector<std::pair<std::size_t, ConditionsSpec>> places;
  const ConditionsSpec& here = priced_.spec.conditions;
  for (std::size_t radio = 0; radio < priced_.radios.size(); ++radio) {
    for (const ConditionAxis& axis : condition_axes()) {
      if (axis.of_edge && !here.has_edge) continue;
      const AlongAxis along = along_axis(*this, radio, axis);
      const auto add = [&](double place) {
        if (!asked.insert({fmt::format("{} {}", radio, axis.name), place}).second) return;
        axis.set(places.emplace_back(radio, here).second, place);
      };
      add(along.stretches.front().from);
      for (const Stretch& stretch : along.stretches) add(stretch.to);
    }
  }
  bool grown = false;
  for (const auto& [radio, conditions] : places) grown = ask(radio, conditions) || grown;
  return grown;
}

PlanAnswer Planner::answer(std::size_t radio) const {
  return answer(radio, priced_.spec.conditions);
}

PlanAnswer Planner::answer(std::size_t radio, const ConditionsSpec& conditions) const {
  PlanAnswer answer{rank(radio, conditions)};
  answer.network = priced_.radios.at(radio).name;
  answer.plans.reserve(proposals_.size());
  for (std::size_t i = 0; i < proposals_.size(); ++i) {
    answer.plans.push_back(priced(radio, i, conditions));
  }
  return answer;
}

PricedPlan Planner::priced(std::size_t radio, std::size_t proposal,
                           const ConditionsSpec& conditions) const {
  const std::size_t i = cell_of(radio, proposal);
  PricedPlan plan{.proposal = proposal, .cell = priced_.cells[i]};
  Cell& cell = plan.cell;
  World world = under(conditions, priced_.bases[i]);
  cell.plan = std::move(world.plan);
  cell.use = std::move(world.use);
  plan.name = cell.plan.name;
  plan.took = closed_form(cell.plan, cell.use);
  plan.spend = spend_of(cell, plan.took);
  plan.value = question_.goal.value(plan.spend);
  cell.admitted = papilio::admitted(priced_.limits, cell, plan.took);
  plan.admitted = cell.admitted.value_or(true);
  return plan;
}

PlanRanking Planner::rank(std::size_t radio, const ConditionsSpec& conditions) const {
  PlanRanking ranking;
  if (proposals_.empty()) return ranking;
  std::vector<Spend> spends;
  std::vector<double> values;  // NaN: the limits exclude it, or nobody knows it
  spends.reserve(proposals_.size());
  values.reserve(proposals_.size());
  for (std::size_t i = 0; i < proposals_.size(); ++i) {
    spends.push_back(spend(radio, i, conditions));
    const Cell& cell = priced_.cells[cell_of(radio, i)];
    const bool keeps = !priced_.limits.stated() ||
                       priced_.limits.admits(cell.plan.accuracy, cell.exact, spends.back());
    values.push_back(keeps ? question_.goal.value(spends.back())
                           : std::numeric_limits<double>::quiet_NaN());
  }
  const Selection selection = choose(values.size(), [&](std::size_t i) { return values[i]; });
  if (std::isfinite(values[selection.best])) {
    ranking.best = selection.best;
    // A cut after a layer that only gives the same numbers another shape is no other plan.
    const Spend& spent = spends[selection.best];
    const auto other = [&](std::size_t i) {
      const bool same = i == selection.best || alike(spends[i], spent);
      return same ? std::numeric_limits<double>::quiet_NaN() : values[i];
    };
    const std::size_t second = choose(values.size(), other).best;
    if (std::isfinite(other(second))) ranking.runner_up = second;
    return ranking;
  }
  const Selection nearest = choose(spends.size(), [&](std::size_t i) {
    return accurate(i) ? excess(spends[i], priced_.limits)
                       : std::numeric_limits<double>::quiet_NaN();
  });
  if (accurate(nearest.best)) {
    ranking.nearest = nearest.best;
    return ranking;
  }
  // None is known to be accurate enough: the most accurate.
  const auto accuracy_of = [&](std::size_t i) -> const std::optional<double>& {
    return priced_.cells[cell_of(radio, i)].plan.accuracy;
  };
  const Selection closest = choose(spends.size(), [&](std::size_t i) {
    const std::optional<double>& accuracy = accuracy_of(i);
    return accuracy ? -*accuracy : std::numeric_limits<double>::quiet_NaN();
  });
  if (accuracy_of(closest.best)) ranking.nearest = closest.best;
  return ranking;
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
