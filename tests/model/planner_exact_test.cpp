// Claims: what the searches say that a plan spends is what the one pricer and the closed form say
// of it, over networks, radios, both targets, with and without an edge; and no plan of their kind
// is better, by trying all of them, limits or none.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "models/networks/network_file.hpp"
#include "sim/base/data/library.hpp"
#include "sim/plan/search/minimum_cut.hpp"
#include "sim/plan/search/routes.hpp"
#include "sim/planner/network_chain.hpp"
#include "sim/planner/network_levels.hpp"
#include "sim/scenario/partitions.hpp"
#include "tests/model/planner_worlds.hpp"
#include "tests/support/sanitized.hpp"

namespace papilio {
namespace {

using testing::drawn_conditions;
using testing::drawn_network;
using testing::LoadedScenario;
using testing::MadeWorld;
using testing::PlannerDraws;

/// What a strategy spends on the first radio, by the pricer and the closed form.
Spend priced(LoadedScenario& world, const StrategySpec& strategy) {
  const Scenario one = with_strategies(world.scenario, {strategy}, world.profiles());
  const Cell& cell = one.cells.at(0);
  return spend_of(cell, closed_form(cell.plan, cell.use));
}

void expect_same(double found, double expected, const std::string& what) {
  // What nobody knows keeps no limit: to a search it is infinite.
  if (std::isnan(expected) && std::isinf(found)) return;
  EXPECT_LE(std::abs(found - expected), testing::kRelative * std::abs(expected))
      << what << ": " << found << " against " << expected;
}

/// The claims of both searches at both targets.
void expect_claims_hold(LoadedScenario& world, int bits) {
  const Situation situation = world.situation(Goal::latency(), bits);
  const StepCosts costs = situation.costs();
  const NetworkChain network = chain_of(world.scenario.graph, situation.tiers(), costs, bits);
  for (const Goal& goal : {Goal::latency(), Goal::energy()}) {
    const std::optional<Route> route = shortest_route(network.chain, goal.weights());
    ASSERT_TRUE(route);
    const Spend spend = priced(world, strategy_of(network, *route, situation.tiers(), bits));
    for (std::size_t i = 0; i < kCriteria; ++i) {
      const auto criterion = static_cast<Criterion>(i);
      expect_same(route->spend[criterion], spend[criterion],
                  fmt::format("{}, {} of the least {}", world.scenario.spec.model, name(criterion),
                              goal.text()));
    }
    const CutProblem problem =
        levels_of(world.scenario.graph, situation.tiers(), costs, goal.weights(), bits);
    const std::optional<LevelPlacement> least = minimum_cut(problem);
    ASSERT_TRUE(least);
    const StrategySpec strategy =
        strategy_of(world.scenario.graph, least->levels, situation.tiers(), bits);
    expect_same(least->cost, goal.value(priced(world, strategy)),
                fmt::format("{}, minimum cut of {}", world.scenario.spec.model, goal.text()));
  }
}

class NetworksOfTheZoo : public ::testing::TestWithParam<const char*> {};

// Tables that nobody has, so that layers are fast and slow anywhere and routes turn often.
TEST_P(NetworksOfTheZoo, CostWhatTheSearchesSay) {
  const std::optional<Graph> graph = find_network(ProfileLibrary{{shipped_profiles()}}, GetParam());
  ASSERT_TRUE(graph);
  PlannerDraws draws{7};
  const MadeWorld made;
  made.write_random_tables(*graph, draws);
  for (const bool with_edge : {false, true}) {
    LoadedScenario world = made.load(GetParam(), drawn_conditions(draws, with_edge));
    expect_claims_hold(world, with_edge ? 32 : 8);
  }
}

/// Under the sanitizers those without whose like: a chain, sums, joined branches, bridges, words.
std::vector<const char*> zoo_networks() {
  std::vector<const char*> names{"alexnet-2012", "resnet18", "squeezenet1_0", "pix2pix-unet",
                                 "bert-base"};
  if (!kSanitized) {
    names.insert(names.end(), {"googlenet", "densenet121", "vit_b_16", "mobilenet_v2", "gpt2"});
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Zoo, NetworksOfTheZoo, ::testing::ValuesIn(zoo_networks()),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// A table may say that the phone takes a while to have its inputs; it does, whoever goes on.
TEST(Networks, MayHaveInputsThatTakeTime) {
  PlannerDraws draws{8};
  const Graph graph = drawn_network(draws, "slow");
  const MadeWorld made;
  made.write_network(graph);
  made.write_random_tables(graph, draws);
  made.write_table(graph, "phone", [](const Layer& layer) -> std::pair<double, double> {
    return {layer.name == "input" ? 0.5 : 1, 1};
  });
  LoadedScenario world = made.load(graph.name(), drawn_conditions(draws, true));
  expect_claims_hold(world, 32);
}

TEST(Networks, OfTheProjectCostWhatTheSearchesSay) {
  for (const char* file : {"paper/table4.yaml", "examples/measured.yaml", "examples/encoder.yaml",
                           "examples/two-inputs.yaml", "examples/jointdnn.yaml"}) {
    for (const char* radio : {"networks=[3g]", "networks=[wifi]"}) {
      SCOPED_TRACE(file);
      LoadedScenario world = LoadedScenario::of_project(file, {radio});
      expect_claims_hold(world, 32);
    }
  }
}

/// All ways to put a drawn network on tiers, each priced by the pricer itself.
class AllPlans {
 public:
  AllPlans(LoadedScenario& world, int bits)
      : scenario_{world.scenario},
        devices_{world.devices()},
        bits_{bits},
        tiers_{world.situation(Goal::latency(), bits).tiers()} {}

  /// One tensor crossing at a time, any number of times, both ways.
  [[nodiscard]] std::vector<Spend> of_routes() const {
    const std::vector<Cut> cuts = scenario_.graph.cuts();
    std::vector<Spend> all;
    std::vector<std::size_t> at(cuts.size(), 0);
    while (true) {
      Placement placement{.hops = {}, .channels = {}, .bits = bits_};
      Tier now = Tier::kMobile;
      for (std::size_t step = 0; step < cuts.size(); ++step) {
        if (tiers_[at[step]] == now) continue;
        now = tiers_[at[step]];
        placement.hops.push_back({cuts[step], now});
      }
      all.push_back(spend(placement));
      std::size_t step = 0;
      while (step < at.size() && at[step] + 1 == tiers_.size()) at[step++] = 0;
      if (step == at.size()) return all;
      ++at[step];
    }
  }

  /// Any layers on the mobile whose operands are there, any on the next tier that read nothing
  /// behind it, the rest beyond: several tensors crossing.
  [[nodiscard]] std::vector<Spend> of_levels() const {
    const std::vector<Layer>& layers = scenario_.graph.layers();
    std::vector<Spend> all;
    std::vector<std::size_t> level(layers.size(), 0);
    while (true) {
      bool goes_back = false;
      for (LayerId id = 0; id < layers.size(); ++id) {
        for (const LayerId input : layers[id].inputs) goes_back |= level[input] > level[id];
      }
      if (!goes_back) all.push_back(spend(placement_of(level)));
      LayerId id = 1;  // the input stays on the mobile
      while (id < layers.size() && level[id] + 1 == tiers_.size()) level[id++] = 0;
      if (id == layers.size()) return all;
      ++level[id];
    }
  }

 private:
  /// The layers up to a level that none of them reads say where the cut is.
  [[nodiscard]] Placement placement_of(const std::vector<std::size_t>& level) const {
    const std::vector<Layer>& layers = scenario_.graph.layers();
    Placement placement{.hops = {}, .channels = {}, .bits = bits_};
    for (std::size_t up_to = 0; up_to + 1 < tiers_.size(); ++up_to) {
      std::set<LayerId> last;
      bool goes_on = false;
      for (LayerId id = 1; id < layers.size(); ++id) {
        goes_on |= level[id] > up_to;
        if (level[id] <= up_to) last.insert(id);
      }
      for (LayerId id = 1; id < layers.size(); ++id) {
        if (level[id] > up_to) continue;
        for (const LayerId input : layers[id].inputs) last.erase(input);
      }
      if (!goes_on) break;
      Cut cut = scenario_.graph.cuts().front();
      if (!last.empty()) {
        std::string name;
        for (const LayerId id : last) name += layers[id].name + "+";
        if (last.size() > 1) name.pop_back();
        const std::optional<Cut> found = scenario_.graph.find_cut(name);
        EXPECT_TRUE(found) << name;
        if (found) cut = *found;
      }
      // Who computes nothing is passed by.
      if (up_to > 0 && std::count(level.begin() + 1, level.end(), up_to) == 0 &&
          !placement.hops.empty()) {
        placement.hops.back().to = tiers_[up_to + 1];
      } else {
        placement.hops.push_back({cut, tiers_[up_to + 1]});
      }
    }
    return placement;
  }

  [[nodiscard]] Spend spend(const Placement& placement) const {
    World world{.plan = price(scenario_.graph, placement, devices_, Bytes{0}),
                .use = {.radio = scenario_.radios.front()}};
    world = under(scenario_.spec.conditions, std::move(world));
    Spend spend = spend_of(world.plan, closed_form(world.plan, world.use));
    if (!scenario_.mobile_profile.has_energy() && world.plan.time_at(Tier::kMobile) > Seconds{0}) {
      spend[Criterion::kEnergy] = std::nan("");
    }
    return spend;
  }

  const Scenario& scenario_;
  Devices devices_;
  int bits_;
  std::vector<Tier> tiers_;
};

double least_of(const std::vector<Spend>& plans, const Goal& goal, const Spend& most) {
  double least = std::numeric_limits<double>::infinity();
  for (const Spend& plan : plans) {
    if (plan.within(most)) least = std::min(least, goal.value(plan));
  }
  return least;
}

// Each planner by itself finds the best of its kind; all together the best of both kinds.
TEST(Planners, FindTheBestOfAllPlansOfSmallNetworks) {
  constexpr unsigned kNetworks = fewer(70U, 9U);
  std::size_t turned = 0;  // routes of two transfers or more
  std::size_t wide = 0;    // cuts through several tensors that beat each route
  for (unsigned seed = 0; seed < kNetworks; ++seed) {
    SCOPED_TRACE(seed);
    PlannerDraws draws{seed};
    const Graph graph = drawn_network(draws, fmt::format("drawn{}", seed));
    const MadeWorld made;
    made.write_network(graph);
    made.write_random_tables(graph, draws);
    LoadedScenario world = made.load(graph.name(), drawn_conditions(draws, seed % 3 == 0));
    const AllPlans all{world, 32};
    const std::vector<Spend> routes = all.of_routes();
    const std::vector<Spend> levels = all.of_levels();
    for (const Goal& goal : {Goal::latency(), Goal::energy(), Goal{1, 1}, Goal{2, 1}}) {
      SCOPED_TRACE(goal.text());
      const auto best = [&](std::vector<std::string> names) {
        const Planner planner = world.planner({.goal = goal,
                                               .planners = std::move(names),
                                               .bits = {32},
                                               .reading = {},
                                               .looks_around = false});
        const PlanAnswer answer = planner.answer(0);
        EXPECT_TRUE(answer.best);
        const PricedPlan& plan = answer.plans.at(answer.best.value_or(0));
        turned += plan.cell.strategy == "path" ? 1U : 0U;
        return plan.value;
      };
      const double by_route = least_of(routes, goal, Spend::unlimited());
      expect_same(best({"jointdnn"}), by_route, "the best route");
      if (!goal.adds_up()) continue;
      const double by_level = least_of(levels, goal, Spend::unlimited());
      expect_same(best({"minimum-cut"}), by_level, "the best cut");
      expect_same(best({}), std::min(by_route, by_level), "the best of all");
      wide += by_level < by_route * (1 - testing::kRelative) ? 1U : 0U;
    }
  }
  if (kSanitized) return;  // a tenth of them need not meet everything
  EXPECT_GT(turned, 20U);
  EXPECT_GT(wide, 5U);
}

/// Of spend / limit the greatest; 1 + the spend where the limit is 0.
double excess(const Spend& spend, const Spend& most) {
  double greatest = 0;
  for (std::size_t i = 0; i < kCriteria; ++i) {
    const auto criterion = static_cast<Criterion>(i);
    if (std::isinf(most[criterion])) continue;
    greatest = std::max(
        greatest, most[criterion] > 0 ? spend[criterion] / most[criterion] : 1 + spend[criterion]);
  }
  return greatest;
}

/// A limit that some of the plans keep, or none: what one of them spends, or a share of the least.
double drawn_limit(const std::vector<Spend>& plans, Criterion criterion, PlannerDraws& draws) {
  const double of_one = plans[draws.below(plans.size())][criterion];
  return draws.below(6) == 0 ? of_one * 0.3 : of_one * 1.001;
}

// Of routes, which know limits themselves: the best within, or else the nearest.
/// @param shares whether layers share weights, and weights are what is limited
void expect_best_within_limits(bool shares) {
  constexpr unsigned kNetworks = fewer(40U, 6U);
  std::size_t found = 0;
  std::size_t missed = 0;
  for (unsigned seed = 100; seed < 100 + kNetworks; ++seed) {
    PlannerDraws draws{seed};
    const Graph graph = drawn_network(draws, fmt::format("drawn{}", seed), shares);
    const MadeWorld made;
    made.write_network(graph);
    made.write_random_tables(graph, draws);
    const std::string conditions = drawn_conditions(draws, seed % 3 == 0);
    LoadedScenario free = made.load(graph.name(), conditions);
    const std::vector<Spend> routes = AllPlans{free, 32}.of_routes();
    Spend most = Spend::unlimited();
    std::string limits = "limits: {";
    for (std::size_t i = 0; i < 2; ++i) {
      const auto criterion = static_cast<Criterion>(
          shares && i == 0 ? kCriteria - 1 - draws.below(3) : draws.below(kCriteria));
      if (most[criterion] != Spend::unlimited()[criterion]) continue;
      most[criterion] = drawn_limit(routes, criterion, draws);
      limits += fmt::format("{}{}: {}", i == 0 ? "" : ", ", name(criterion), most[criterion]);
    }
    SCOPED_TRACE(fmt::format("{}: {}", seed, limits));
    limits.append("}\n").append(conditions);
    LoadedScenario world = made.load(graph.name(), limits);
    for (const Goal& goal : {Goal::latency(), Goal::energy(), Goal{1, 1}}) {
      SCOPED_TRACE(goal.text());
      const double least = least_of(routes, goal, most);
      const Planner planner = world.planner({.goal = goal,
                                             .planners = {"jointdnn"},
                                             .bits = {32},
                                             .reading = {},
                                             .looks_around = false});
      if (std::isinf(least)) {
        ++missed;
        // The nearest of all routes, by how often its worst spend is of the limit.
        const PlanAnswer answer = planner.answer(0);
        EXPECT_FALSE(answer.best);
        ASSERT_TRUE(answer.nearest);
        double nearest = std::numeric_limits<double>::infinity();
        for (const Spend& route : routes) nearest = std::min(nearest, excess(route, most));
        expect_same(excess(answer.plans[*answer.nearest].spend, most), nearest, "the nearest");
        continue;
      }
      ++found;
      const PlanAnswer answer = planner.answer(0);
      ASSERT_TRUE(answer.best);
      EXPECT_TRUE(answer.plans[*answer.best].spend.within(most));
      expect_same(answer.plans[*answer.best].value, least, "within limits");
    }
  }
  if (kSanitized) return;  // a tenth of them need not meet everything
  EXPECT_GT(found, 50U);
  EXPECT_GT(missed, 5U);
}

TEST(Planners, FindTheBestWithinLimits) {
  expect_best_within_limits(false);
}

// What a tier stores of shared weights is no sum over layers.
TEST(Planners, FindTheBestWithinLimitsOfSharedWeights) {
  expect_best_within_limits(true);
}

// The last layer has the first one's weights, of 2 x 2 x 9 numbers = 144 B, as has the middle of
// its own. The phone may store one of both, and so may the cloud, where the middle is fast. 2 x 8 x
// 8 numbers cross in 0.512 s at 8 kbit/s, and an answer of a byte in 0.001.
//   the end in the cloud as well        0.001 + 0.512 + 0.002 + 0.001          the cloud stores
//   both the middle alone in the cloud       0.001 + 0.512 + 0.001 + 0.512 + 0.001  = 1.027 s
TEST(Planners, KnowThatATierHasSharedWeightsOnce) {
  Graph graph{"shares", "its first layer and its last have the same weights"};
  graph.add("input", InputOp{TensorShape{2, 8, 8}}, {});
  ConvOp conv;
  conv.out_channels = 2;
  conv.kernel = Spatial{3};
  conv.padding = Padding{1};
  graph.add("first", conv, {0});
  graph.add("middle", conv, {1});
  graph.add("last", conv, {2}, 1);
  const MadeWorld made;
  made.write_network(graph);
  const auto table = [&](const char* device, double middle_s) {
    made.write_table(graph, device, [&](const Layer& layer) -> std::pair<double, double> {
      if (layer.name == "input") return {0, 0};
      return {layer.name == "middle" ? middle_s : 0.001, 0};
    });
  };
  table("phone", 2);
  table("server", 0.001);
  LoadedScenario world = made.load("shares",
                                   "networks: [wifi]\nuplink_bit_per_s: 8000\n"
                                   "downlink_bit_per_s: 8000\ndownload_takes_time: true\n"
                                   "result_bytes: 1\nlimits: {mobile_weight_bytes: 144, "
                                   "cloud_weight_bytes: 144}\n"
                                   "strategies: [{strategy: mobile-only}]\n");
  for (const std::vector<std::string>& planners :
       {std::vector<std::string>{}, std::vector<std::string>{"exhaustive"}}) {
    const PlanAnswer answer =
        world.planner({.goal = Goal::latency(), .planners = planners, .bits = {32}}).answer(0);
    ASSERT_TRUE(answer.best);
    EXPECT_EQ(answer.plans[*answer.best].name, "first:cloud>middle:mobile");
    EXPECT_NEAR(answer.plans[*answer.best].value, 1.027, 1e-12);
  }
}

// Nobody knows what the phone's layers draw, so a limit of its energy forbids them all: what is
// left begins in the cloud or at the edge, and the best of that is found.
TEST(Planners, FindTheBestWhereEnergiesAreUnknown) {
  std::size_t over_edge = 0;
  for (unsigned seed = 200; seed < 200 + fewer(20U, 4U); ++seed) {
    SCOPED_TRACE(seed);
    PlannerDraws draws{seed};
    const Graph graph = drawn_network(draws, fmt::format("drawn{}", seed));
    const MadeWorld made;
    made.write_network(graph);
    made.write_random_tables(graph, draws, false);
    LoadedScenario world =
        made.load(graph.name(), "limits: {mobile_energy_j: 1e6}\n" + drawn_conditions(draws, true));
    Spend most = Spend::unlimited();
    most[Criterion::kEnergy] = 1e6;
    const double least = least_of(AllPlans{world, 32}.of_routes(), Goal::latency(), most);
    const PlanAnswer answer =
        world.planner({.goal = Goal::latency(), .planners = {"jointdnn"}, .bits = {32}}).answer(0);
    ASSERT_TRUE(answer.best);
    expect_same(answer.plans[*answer.best].value, least, "without the phone's layers");
    over_edge += answer.plans[*answer.best].cell.strategy == "path" ? 1U : 0U;
  }
  if (kSanitized) return;  // a tenth of them need not meet everything
  EXPECT_GT(over_edge, 5U);
}

// A network whose middle is slow on the phone and whose end grows. At 32 bits 64 numbers are 256 B:
// 0.256 s at 8 kbit/s each way.
//   on the phone alone           1 + 0.001                              = 1.001 s
//   in the cloud alone           0.256 + 0.01 + 0.001 + 4.096 (answer)  = 4.363 s
//   the end in the cloud         1 + 0.256 + 0.001 + 4.096              = 5.353 s
//   there and back (2 transfers) 0.256 + 0.01 + 0.256 + 0.001           = 0.523 s
// Nobody else than the planner of routes proposes it.
TEST(Planners, SendBackWhereThatWins) {
  Graph graph{"grows", "its end is larger than its middle"};
  graph.add("input", InputOp{TensorShape{1, 8, 8}}, {});
  ConvOp middle;
  middle.out_channels = 1;
  middle.kernel = Spatial{3};
  middle.padding = Padding{1};
  graph.add("middle", middle, {0});
  ConvOp end;
  end.out_channels = 64;
  end.kernel = Spatial{1};
  graph.add("end", end, {1});
  const MadeWorld made;
  made.write_network(graph);
  const auto table = [&](const char* device, double middle_s) {
    made.write_table(graph, device, [&](const Layer& layer) -> std::pair<double, double> {
      if (layer.name == "input") return {0, 0};
      return {layer.name == "middle" ? middle_s : 0.001, 0};
    });
  };
  table("phone", 1);
  table("server", 0.01);
  LoadedScenario world = made.load("grows",
                                   "networks: [wifi]\nuplink_bit_per_s: 8000\n"
                                   "downlink_bit_per_s: 8000\ndownload_takes_time: true\n"
                                   "result_bytes: 4096\nstrategies: [{strategy: mobile-only}]\n");
  const Planner planner = world.planner({.goal = Goal::latency(), .bits = {32}});
  const PlanAnswer answer = planner.answer(0);
  ASSERT_TRUE(answer.best);
  const PricedPlan& best = answer.plans[*answer.best];
  EXPECT_EQ(best.name, "input:cloud>middle:mobile");
  EXPECT_NEAR(best.value, 0.523, 1e-12);
  EXPECT_EQ(planner.proposals()[*answer.best].planners, std::vector<std::string>{"jointdnn"});
}

}  // namespace
}  // namespace papilio
