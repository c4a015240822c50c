// Claims: a plan is priced and estimated to the bit as the demand of the same partition; and
// (below) what a plan of any number of stages takes.

#include <gtest/gtest.h>

#include <cstring>

#include "sim/cost/cost.hpp"
#include "sim/plan/estimate.hpp"
#include "sim/plan/price.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/model/worlds.hpp"

namespace papilio {
namespace {

/// The stages of a demand.
Plan plan_of(const Demand& demand) {
  Plan plan;
  plan.stages.push_back(Compute{Tier::kMobile, demand.mobile_time, demand.mobile_energy});
  if (demand.upload > Bytes{0}) {
    plan.stages.push_back(Transfer{Tier::kMobile, Tier::kCloud, demand.upload});
    plan.stages.push_back(Compute{Tier::kCloud, demand.cloud_time, {}});
    plan.stages.push_back(Transfer{Tier::kCloud, Tier::kMobile, demand.result, true});
  }
  return plan;
}

bool same_bits(const Breakdown& a, const Breakdown& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

bool same_bits(const Plan& plan, const Demand& demand) {
  return plan.time_at(Tier::kMobile) == demand.mobile_time &&
         plan.mobile_energy() == demand.mobile_energy && plan.upload() == demand.upload &&
         plan.time_at(Tier::kCloud) == demand.cloud_time && plan.answer() == demand.result;
}

TEST(Plan, IsEstimatedToTheBitAsItsDemand) {
  for (const unsigned seed : {41U, 42U, 43U}) {
    for (const World& world : testing::random_worlds(seed, 1000)) {
      EXPECT_TRUE(same_bits(closed_form(plan_of(world.demand), world.use),
                            closed_form(world.demand, world.use)));
      const Demand local{.mobile_time = world.demand.mobile_time,
                         .mobile_energy = world.demand.mobile_energy};
      EXPECT_TRUE(same_bits(closed_form(plan_of(local), world.use), closed_form(local, world.use)));
    }
  }
}

// Every cut of the paper's network with and without a unit, at 8 and 3 bits, coded and not.
TEST(Plan, IsPricedToTheBitAsItsDemand) {
  const Scenario scenario =
      load_scenario({.file = PAPILIO_SOURCE_DIR "/scenarios/paper/table4.yaml"});
  const Graph& graph = scenario.graph;
  const LayerPricer mobile{scenario.mobile_profile, graph};
  const LayerPricer cloud{scenario.cloud_profile, graph};
  const Devices devices{.mobile = mobile, .cloud = &cloud};
  const Bytes answer{1000};
  EXPECT_TRUE(same_bits(price(graph, {}, devices, answer), mobile_only_demand(graph, mobile)));
  const Coding coding{Bytes{77}, Seconds{0.01}, Watts{3}, Seconds{0.002}};
  for (const Cut& cut : graph.cuts()) {
    for (const int bits : {8, 3}) {
      const Placement whole{.hops = {{cut, Tier::kCloud}}, .channels = {}, .bits = bits};
      const Demand demand = split_demand(graph, cut, bits, answer, mobile, cloud);
      const Plan plan = price(graph, whole, devices, answer);
      EXPECT_TRUE(same_bits(plan, demand)) << cut.name;
      EXPECT_TRUE(same_bits(coded(plan, coding), coded(demand, coding))) << cut.name;
      if (cut.after == 0) continue;
      Placement with_unit = whole;
      with_unit.channels = 2;
      const ButterflyGraph unit = insert_butterfly(graph, cut, 2);
      EXPECT_TRUE(same_bits(price(graph, with_unit, devices, answer),
                            split_demand(unit.graph, unit.cut, bits, answer, mobile, cloud)))
          << cut.name;
    }
  }
}

}  // namespace
}  // namespace papilio
