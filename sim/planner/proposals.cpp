#include "sim/planner/proposals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "sim/plan/search/routes.hpp"
#include "sim/planner/network_chain.hpp"
#include "sim/planner/network_levels.hpp"
#include "sim/planner/shared_weights.hpp"
#include "sim/scenario/partitions.hpp"

namespace papilio {
namespace {

std::string no_objection(const Situation& /*situation*/) {
  return {};
}

std::string not_of_decoders(const Situation& situation) {
  return situation.scenario.spec.generate.present
             ? "a decoder's request runs its network once for each token"
             : std::string{};
}

/// A partition as the strategy that has it alone.
StrategySpec spec_of(const Partition& partition) {
  StrategySpec spec{.strategy = partition.strategy, .edge_after = partition.edge_after};
  const bool one_hop =
      partition.strategy == "path" && partition.then.empty() && partition.to == Tier::kCloud;
  if (one_hop) {
    // The same plan has a shorter name, under which others propose it too.
    spec.strategy = partition.channels ? "butterfly" : "split";
    spec.after = {partition.cut->name};
  } else if (partition.strategy == "path") {
    spec.hops.push_back({partition.cut->name, std::string{name(partition.to)}});
    for (const Hop& hop : partition.then) {
      spec.hops.push_back({hop.after.name, std::string{name(hop.to)}});
    }
  } else if (partition.cut) {
    spec.after = {partition.cut->name};
  }
  if (partition.channels) spec.channels = {fmt::to_string(*partition.channels)};
  if (partition.bits) spec.bits = *partition.bits;
  if (!partition.codec.empty()) spec.codec = partition.codec;
  return spec;
}

/// The scenario's own strategies, one by one.
std::vector<StrategySpec> stated(const Situation& situation) {
  const Scenario& scenario = situation.scenario;
  Diagnostics diagnostics;
  const Node nowhere;
  Checker checker{nowhere, diagnostics};
  const PublishedTables* published = scenario.published ? &*scenario.published : nullptr;
  PartitionContext context =
      context_of(scenario.graph, published, published != nullptr, scenario.measurements);
  std::vector<StrategySpec> specs;
  for (const Partition& partition :
       resolve_partitions(scenario.spec.strategies, "strategies", context, checker).partitions) {
    specs.push_back(spec_of(partition));
  }
  diagnostics.throw_if_any();
  return specs;
}

/// What crosses as a strategy: cloud-only with a picture, a plain cut, or a unit.
StrategySpec of_crossing(const Crossing& crossing) {
  StrategySpec spec{.bits = crossing.bits, .codec = crossing.codec};
  spec.strategy = crossing.cut.empty()    ? "cloud-only"
                  : crossing.channels > 0 ? "butterfly"
                                          : "split";
  if (!crossing.cut.empty()) spec.after = {crossing.cut};
  if (crossing.channels > 0) spec.channels = {fmt::to_string(crossing.channels)};
  return spec;
}

/// Whether a measured crossing can stand beside others: what is compared is of the same pictures.
bool comparable(const Measurements& measurements, const Crossing& crossing) {
  const auto* samples = measurements.payloads ? measurements.payloads->find(crossing) : nullptr;
  if (samples == nullptr) return crossing.codec == kRawCodec;
  if (measurements.images.empty()) return true;
  return std::equal(samples->begin(), samples->end(), measurements.images.begin(),
                    measurements.images.end(),
                    [](const auto& sample, std::uint32_t image) { return sample.image == image; });
}

/// Every crossing that somebody measured or published an accuracy or a size of.
std::vector<StrategySpec> of_algorithm_1(const Situation& situation) {
  const Scenario& scenario = situation.scenario;
  std::set<Crossing> crossings;
  if (scenario.measurements.accuracies) {
    for (const Crossing& one : scenario.measurements.accuracies->crossings()) crossings.insert(one);
  } else if (scenario.published) {
    for (const PublishedTables::Split& one : scenario.published->splits) {
      crossings.insert({.cut = one.block, .channels = one.channels});
    }
    for (const PublishedTables::Accuracy& one : scenario.published->accuracies) {
      crossings.insert({.cut = one.block, .channels = one.channels});
    }
  }
  if (scenario.measurements.payloads) {
    for (const Crossing& one : scenario.measurements.payloads->crossings()) crossings.insert(one);
  }
  std::vector<StrategySpec> specs;
  for (const Crossing& crossing : crossings) {
    if (!comparable(scenario.measurements, crossing)) continue;
    const std::optional<Cut> cut = scenario.graph.find_cut(crossing.cut);
    if (!crossing.cut.empty() && (!cut || cut->of_inputs)) continue;
    if (crossing.channels > (cut ? cut->unit_channels : 0)) continue;
    specs.push_back(of_crossing(crossing));
  }
  return specs;
}

/// Every place where one tensor crosses, as it is.
std::vector<StrategySpec> of_single_cuts(const Situation& situation) {
  std::vector<StrategySpec> specs{{.strategy = "mobile-only"}};
  for (const int bits : situation.bits) {
    for (const Cut& cut : situation.scenario.graph.cuts()) {
      StrategySpec spec{.strategy = cut.of_inputs ? "cloud-only" : "split", .bits = bits};
      if (!cut.of_inputs) spec.after = {cut.name};
      specs.push_back(std::move(spec));
    }
  }
  return specs;
}

/// What comes nearest to limits that no route keeps, so that it can be told; nothing where finding
/// it would take too long.
std::optional<Route> nearest_route(const Chain& chain, const Spend& most) {
  if (most == Spend::unlimited()) return std::nullopt;
  try {
    if (auto miss = nearest_miss(chain, most)) return std::move(miss->route);
  } catch (const SearchTooLarge&) {
    return std::nullopt;
  }
  return std::nullopt;
}

/// Routes of a chain within limits of which one is the best.
std::vector<Route> routes_within(const Chain& chain, const Goal& goal, const Spend& most) {
  // The least product of two costs is on their front.
  if (!goal.adds_up()) return best_routes(chain, {Criterion::kLatency, Criterion::kEnergy}, most);
  std::optional<Route> route = most == Spend::unlimited() ? shortest_route(chain, goal.weights())
                                                          : best_route(chain, goal.weights(), most);
  if (!route) return {};
  return {std::move(*route)};
}

/// The best way over the tiers, there and back as often as it pays; where none keeps the limits,
/// the nearest.
std::vector<StrategySpec> of_routes(const Situation& situation) {
  const Scenario& scenario = situation.scenario;
  const StepCosts costs = situation.costs();
  const std::vector<Tier> tiers = situation.tiers();
  const Spend& most = scenario.limits.most;
  std::vector<StrategySpec> specs;
  for (const int bits : situation.bits) {
    const NetworkChain network = chain_of(scenario.graph, tiers, costs, bits);
    std::vector<Route> routes;
    for (const HeldChain& held : held_chains(network, scenario.graph, tiers, most)) {
      std::vector<Route> found = routes_within(held.chain, situation.goal, held.most);
      std::move(found.begin(), found.end(), std::back_inserter(routes));
    }
    if (routes.empty()) {
      if (auto nearest = nearest_route(network.chain, most)) routes.push_back(std::move(*nearest));
    }
    const auto best =
        std::min_element(routes.begin(), routes.end(), [&](const Route& a, const Route& b) {
          return situation.goal.value(a.spend) < situation.goal.value(b.spend);
        });
    if (best != routes.end()) specs.push_back(strategy_of(network, *best, tiers, bits));
  }
  return specs;
}

// Ways to give steps to tiers that are all tried.
constexpr std::size_t kMostWays = 16'384;

std::string too_many_ways(const Situation& situation) {
  std::size_t ways = 1;
  for (std::size_t step = 0; step < situation.scenario.graph.cuts().size(); ++step) {
    ways *= situation.tiers().size();
    if (ways > kMostWays) return fmt::format("there are more than {} ways to try", kMostWays);
  }
  return not_of_decoders(situation);
}

/// The best of all ways through a chain, each tried; nothing where none keeps the limits.
std::optional<Route> best_of_all_ways(const Chain& chain, std::size_t tiers, const Goal& goal,
                                      const Spend& most) {
  std::vector<std::uint8_t> way(chain.steps(), 0);
  std::optional<Route> best;
  double least = std::numeric_limits<double>::infinity();
  bool more = true;
  while (more) {
    const Spend spend = cost_of(chain, way);
    const double value = goal.value(spend);
    if (value < least && spend.within(most)) {
      least = value;
      best = {way, spend};
    }
    // The next number in the base of the tiers.
    more = false;
    for (std::uint8_t& tier : way) {
      tier = static_cast<std::uint8_t>((tier + 1U) % tiers);
      more = tier != 0;
      if (more) break;
    }
  }
  return best;
}

/// The best of all ways over the tiers, each tried: what exact searches are held against.
std::vector<StrategySpec> of_all_ways(const Situation& situation) {
  const Scenario& scenario = situation.scenario;
  const StepCosts costs = situation.costs();
  const std::vector<Tier> tiers = situation.tiers();
  std::vector<StrategySpec> specs;
  for (const int bits : situation.bits) {
    const NetworkChain network = chain_of(scenario.graph, tiers, costs, bits);
    std::optional<Route> best;
    for (const HeldChain& held :
         held_chains(network, scenario.graph, tiers, scenario.limits.most)) {
      std::optional<Route> found =
          best_of_all_ways(held.chain, tiers.size(), situation.goal, held.most);
      if (!found) continue;
      if (!best || situation.goal.value(found->spend) < situation.goal.value(best->spend)) {
        best = std::move(found);
      }
    }
    if (best) specs.push_back(strategy_of(network, *best, tiers, bits));
  }
  return specs;
}

std::string not_of_products(const Situation& situation) {
  if (!situation.goal.adds_up()) return "a cut's cost is a sum, and a product of two is none";
  return not_of_decoders(situation);
}

/// The best way to part the layers, several tensors crossing; limits are for others to keep.
std::vector<StrategySpec> of_minimum_cut(const Situation& situation) {
  const Scenario& scenario = situation.scenario;
  const StepCosts costs = situation.costs();
  const std::vector<Tier> tiers = situation.tiers();
  std::vector<StrategySpec> specs;
  for (const int bits : situation.bits) {
    const CutProblem problem =
        levels_of(scenario.graph, tiers, costs, situation.goal.weights(), bits);
    const std::optional<LevelPlacement> least = minimum_cut(problem);
    if (least) specs.push_back(strategy_of(scenario.graph, least->levels, tiers, bits));
  }
  return specs;
}

}  // namespace

StepCosts Situation::costs() const {
  return {scenario.graph, devices, use, conditions, scenario.mobile_profile.has_energy()};
}

std::vector<Tier> Situation::tiers() const {
  if (!scenario.spec.conditions.has_edge) return {Tier::kMobile, Tier::kCloud};
  return {Tier::kMobile, Tier::kEdge, Tier::kCloud};
}

const std::vector<PlannerEntry>& planners() {
  static const std::vector<PlannerEntry> kPlanners{
      {"scenario", "the scenario's own strategies", "its file", stated, no_objection},
      {"algorithm-1", "every cut, D_r, bits and codec that was measured or published",
       "butterfly paper (2019), Algorithm 1", of_algorithm_1, no_objection},
      {"neurosurgeon", "one cut, where one tensor crosses as it is", "Neurosurgeon (ASPLOS'17)",
       of_single_cuts, no_objection},
      {"jointdnn", "any number of transfers both ways: the shortest path over layers and tiers",
       "JointDNN (arXiv 1801.08618), Section 3", of_routes, not_of_decoders, true},
      {"minimum-cut",
       "any set of layers on the mobile, several tensors crossing, without a way back; keeps no "
       "limits of its own",
       "DADS (Hu et al., INFOCOM 2019)", of_minimum_cut, not_of_products, true},
      {"exhaustive",
       "the best of all ways over the tiers, each tried: for small networks, and only by name",
       "by definition", of_all_ways, too_many_ways, true, true},
  };
  return kPlanners;
}

std::string key_of(const StrategySpec& strategy) {
  std::string key = fmt::format("{}|{}|{}|{}|", strategy.strategy, strategy.edge_after,
                                strategy.bits, strategy.codec);
  for (const std::string& cut : strategy.after) key += cut + ",";
  key += "|";
  for (const HopSpec& hop : strategy.hops) key += hop.after + ":" + hop.to + ",";
  key += "|";
  for (const std::string& channels : strategy.channels) key += channels + ",";
  return strategy.strategy == "mobile-only" ? strategy.strategy : key;
}

}  // namespace papilio
