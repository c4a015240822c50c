#include "sim/planner/training_planner.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/scenario/profile_cache.hpp"

namespace papilio {
namespace {

/// Bits at which the scenario's inputs cross.
int bits_of_inputs(const Scenario& scenario, int otherwise) {
  const std::vector<StrategySpec>& strategies = scenario.spec.strategies;
  const auto cloud_only =
      std::find_if(strategies.begin(), strategies.end(),
                   [](const StrategySpec& spec) { return spec.strategy == "cloud-only"; });
  if (cloud_only != strategies.end()) return static_cast<int>(cloud_only->bits);
  return takes_pictures(scenario.graph) ? static_cast<int>(StrategySpec{}.bits) : otherwise;
}

EnergyModel reading_of(const Scenario& scenario, const std::optional<EnergyModel>& asked) {
  const std::vector<std::string>& readings = scenario.spec.energy_models;
  if (!asked) return energy_model_by_name(readings.front());
  if (std::find(readings.begin(), readings.end(), name(*asked)) == readings.end()) {
    throw ConfigError{fmt::format("error: --energy-model: the scenario has {}, not '{}'",
                                  fmt::join(readings, ", "), name(*asked))};
  }
  return *asked;
}

/// @throws ConfigError if a step of training means nothing here
void check_trainable(const Scenario& scenario, const Goal& goal) {
  const ScenarioSpec& spec = scenario.spec;
  if (spec.generate.present) {
    throw ConfigError{fmt::format(
        "error: --training: '{}' generates tokens; a step of training is one pass, so give a "
        "scenario without 'generate'",
        spec.name)};
  }
  if (scenario.graph.is_quantised()) {
    throw ConfigError{fmt::format(
        "error: --training: {} is quantised, and its whole numbers have no gradients; name the "
        "network that it was made of",
        spec.model)};
  }
  if (goal.energy_exponent != 0 && !scenario.mobile_profile.has_energy()) {
    throw ConfigError{
        fmt::format("error: --target: the layer table {}/{} has no energies; choose latency",
                    scenario.mobile_profile.device, scenario.mobile_profile.model)};
  }
}

}  // namespace

std::optional<double> TrainingAnswer::gain(const TrainingChoice& choice,
                                           Criterion criterion) const {
  const bool is_energy = criterion == Criterion::kEnergy;
  std::optional<double> least;
  for (const TrainingChoice& one : choices) {
    if (is_energy && !one.energy_known) return std::nullopt;
    const double spent = one.plan.spend[criterion];
    if (one.single && (!least || spent < *least)) least = spent;
  }
  if (!least || !(*least > 0)) return std::nullopt;
  return 1 - choice.plan.spend[criterion] / *least;
}

TrainingPlanner::TrainingPlanner(const Scenario& scenario, ProfileCache& profiles,
                                 const TrainingQuestion& question)
    : scenario_{scenario},
      question_{question},
      reading_{reading_of(scenario, question_.reading)},
      devices_{.mobile = profiles.pricer(scenario.spec.mobile_device, scenario.graph),
               .cloud = &profiles.pricer(scenario.spec.cloud_device, scenario.graph)} {
  PAPILIO_CHECK(question_.goal.adds_up());
  check_trainable(scenario, question_.goal);
  TrainingSettings& settings = question_.settings;
  settings.input_bits = bits_of_inputs(scenario, settings.bits);
  const auto add = [&](Tier tier, const LayerProfile& profile) {
    tiers_.push_back(tier);
    factors_.push_back(batch_multiple(profile, settings.batch));
  };
  add(Tier::kMobile, scenario.mobile_profile);
  if (scenario.spec.conditions.has_edge) {
    PAPILIO_CHECK(scenario.edge_profile.has_value());
    devices_.edge = &profiles.pricer(scenario.spec.edge_device, scenario.graph);
    add(Tier::kEdge, *scenario.edge_profile);
  }
  add(Tier::kCloud, scenario.cloud_profile);
}

TrainingAnswer TrainingPlanner::answer(std::size_t radio) const {
  const RadioUse use{.radio = scenario_.radios.at(radio), .energy_model = reading_};
  const StepCosts steps{scenario_.graph, devices_, use, scenario_.spec.conditions,
                        scenario_.mobile_profile.has_energy()};
  TrainingAnswer answer{
      .network = use.radio.name,
      .costs = TrainingCosts{scenario_.graph, tiers_, steps, question_.settings, factors_}};
  const auto add = [&](std::string title, TrainingPlan plan, bool single) {
    const auto on_mobile = [](std::uint8_t tier) { return tier == 0; };
    const TrainingPlacement& placed = plan.placement;
    const bool computes = std::any_of(placed.forward.begin(), placed.forward.end(), on_mobile) ||
                          std::any_of(placed.backward.begin(), placed.backward.end(), on_mobile);
    const bool known = !computes || scenario_.mobile_profile.has_energy();
    answer.choices.push_back({std::move(title), std::move(plan), single, known});
  };
  for (std::size_t tier = 0; tier < tiers_.size(); ++tier) {
    add(fmt::format("{}-only", name(tiers_[tier])), single_platform(answer.costs, tier), true);
  }
  const Spend weights = question_.goal.weights();
  add("coupled", best_coupled(answer.costs, weights), false);
  add("free", best_free(answer.costs, weights), false);
  add("free, all paid", best_paid(answer.costs, weights), false);
  return answer;
}

}  // namespace papilio
