// Claims: an answer keeps the limits and nothing that keeps them is better; where nothing does, the
// nearest misses them by least; stretches of an axis and places of a map are what deciding there
// says; and the paper's selections come out.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "sim/base/error.hpp"
#include "sim/plan/search/regions.hpp"
#include "sim/planner/plan_report.hpp"
#include "sim/planner/robust_plan.hpp"
#include "sim/planner/sensitivity.hpp"
#include "tests/model/planner_worlds.hpp"
#include "tests/support/sanitized.hpp"

namespace papilio {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::LoadedScenario;
using testing::PlannerDraws;

TEST(Goals, AreProductsOfPowers) {
  Spend spend;
  spend[Criterion::kLatency] = 0.5;
  spend[Criterion::kEnergy] = 3;
  EXPECT_EQ(goal_of("latency").value(spend), 0.5);
  EXPECT_EQ(goal_of("energy").value(spend), 3);
  EXPECT_EQ(goal_of("product").value(spend), 1.5);
  // 0.5^2 * 3^0.5
  EXPECT_NEAR(goal_of("product:2,0.5").value(spend), 0.25 * std::sqrt(3), 1e-15);
  EXPECT_EQ(goal_of("product:2,0.5").text(), "latency^2 * energy^0.5");
  EXPECT_EQ(goal_of("energy").text(), "energy");
  EXPECT_FALSE(goal_of("product").adds_up());
  // Nobody knows the energy: that is nothing to the latency.
  spend[Criterion::kEnergy] = std::nan("");
  EXPECT_EQ(goal_of("latency").value(spend), 0.5);
  EXPECT_TRUE(std::isnan(goal_of("product").value(spend)));
}

TEST(Goals, AreRefusedWhereTheyMeanNothing) {
  for (const char* text : {"", "Latency", "product:", "product:1", "product:1,", "product:1,2,",
                           "product:0,1", "product:-1,1", "product:1,nan", "product:1,inf",
                           "product:101,1", "product: 1,2", "product:1,2 ", "products"}) {
    SCOPED_TRACE(text);
    try {
      goal_of(text);
      ADD_FAILURE() << "taken";
    } catch (const ConfigError& error) {
      EXPECT_EQ(
          std::string{error.what()},
          fmt::format(
              "papilio plan: error: --target: expected latency, energy, product or product:A,B "
              "(latency^A * energy^B, exponents > 0 and <= 100), got '{}'",
              text));
    }
  }
}

/// Of spend / limit the greatest.
double excess(const Spend& spend, const Limits& limits) {
  double most = 0;
  for (const Criterion criterion : limits.limited()) {
    most = std::max(most, spend[criterion] / limits.most[criterion]);
  }
  return most;
}

void expect_answer_holds(const Planner& planner, const PlanAnswer& answer) {
  const Limits& limits = planner.scenario().limits;
  double least = std::numeric_limits<double>::infinity();
  double nearest = std::numeric_limits<double>::infinity();
  for (const PricedPlan& plan : answer.plans) {
    const bool accurate = planner.accurate(plan.proposal);
    EXPECT_EQ(plan.admitted, accurate && plan.spend.within(limits.most)) << plan.name;
    if (plan.admitted) least = std::min(least, plan.value);
    if (accurate) nearest = std::min(nearest, excess(plan.spend, limits));
  }
  ASSERT_EQ(answer.best.has_value(), std::isfinite(least));
  if (answer.best) {
    EXPECT_TRUE(answer.plans[*answer.best].admitted);
    EXPECT_EQ(answer.plans[*answer.best].value, least);
    EXPECT_TRUE(!answer.runner_up || answer.plans[*answer.runner_up].value >= least);
    EXPECT_FALSE(answer.nearest);
    return;
  }
  ASSERT_TRUE(answer.nearest);
  const std::string text = miss_text(planner, answer);
  const PricedPlan& plan = answer.plans[*answer.nearest];
  EXPECT_EQ(excess(plan.spend, limits), nearest);
  EXPECT_GT(nearest, 1);
  EXPECT_THAT(text, HasSubstr(plan.name));
  for (const Criterion criterion : limits.limited()) {
    const double most = limits.most[criterion];
    const double spent = plan.spend[criterion];
    if (spent <= most) continue;
    EXPECT_THAT(text, HasSubstr(fmt::format("{} is {:.4g}, {:.4g} above the limit of {:g}",
                                            name(criterion), spent, spent - most, most)));
  }
}

// The same plans under other conditions cost what they cost in a scenario that has these, limits
// and idle power included.
TEST(Answers, UnderOtherConditionsAreThoseOfAScenarioThatHasThem) {
  const std::vector<std::string> conditions{"uplink_bit_per_s=2e6", "cloud.load_level=7",
                                            "mobile.load_level=0.5", "mobile.idle_power_w=0.3",
                                            "delay_s=0.004"};
  std::size_t compared = 0;
  for (const char* file : {"paper/table4.yaml", "examples/measured.yaml"}) {
    SCOPED_TRACE(file);
    std::vector<std::string> limits{"limits.latency_s=0.05"};
    LoadedScenario here = LoadedScenario::of_project(file, limits);
    limits.insert(limits.end(), conditions.begin(), conditions.end());
    LoadedScenario there = LoadedScenario::of_project(file, limits);
    const Planner mine = here.planner({.goal = Goal::latency()});
    const Planner theirs = there.planner({.goal = Goal::latency()});
    for (std::size_t radio = 0; radio < here.scenario.radios.size(); ++radio) {
      const PlanAnswer moved = mine.answer(radio, there.scenario.spec.conditions);
      const PlanAnswer expected = theirs.answer(radio);
      expect_answer_holds(mine, moved);
      EXPECT_EQ(moved.best, mine.decide(radio, there.scenario.spec.conditions));
      for (const PricedPlan& plan : moved.plans) {
        const auto same =
            std::find_if(expected.plans.begin(), expected.plans.end(),
                         [&](const PricedPlan& other) { return other.name == plan.name; });
        if (same == expected.plans.end()) continue;
        ++compared;
        EXPECT_EQ(plan.spend, same->spend) << plan.name;
        EXPECT_EQ(plan.value, same->value) << plan.name;
        EXPECT_EQ(plan.admitted, same->admitted) << plan.name;
      }
    }
  }
  EXPECT_GT(compared, 300U);
}

// Limits that some plan just keeps or just misses, on one to three criteria.
TEST(Answers, KeepTheLimitsAndAreTheBestThatDo) {
  PlannerDraws draws{11};
  std::size_t found = 0;
  std::size_t missed = 0;
  for (const char* file : {"paper/table4.yaml", "examples/measured.yaml", "examples/u-net.yaml",
                           "examples/jointdnn.yaml"}) {
    SCOPED_TRACE(file);
    LoadedScenario world = LoadedScenario::of_project(file);
    const std::vector<PricedPlan> plans = world.planner({.goal = Goal::latency()}).answer(0).plans;
    for (int i = 0; i < fewer(8, 2); ++i) {
      Spend most = Spend::unlimited();
      for (std::size_t n = 1 + draws.below(3); n > 0; --n) {
        const auto criterion = static_cast<Criterion>(draws.below(kCriteria));
        const double spent = plans[draws.below(plans.size())].spend[criterion];
        if (spent > 0) most[criterion] = spent * draws.between(0.02, 1.2);
      }
      world.scenario.limits.most = most;
      SCOPED_TRACE(world.scenario.limits.text());
      const bool energies = world.scenario.mobile_profile.has_energy();
      const Planner planner =
          world.planner({.goal = energies && draws.chance() ? Goal::energy() : Goal::latency()});
      for (std::size_t radio = 0; radio < world.scenario.radios.size(); ++radio) {
        const PlanAnswer answer = planner.answer(radio);
        expect_answer_holds(planner, answer);
        ++(answer.best ? found : missed);
      }
    }
  }
  if (kSanitized) return;  // a tenth of them need not meet everything
  EXPECT_GT(found, 20U);
  EXPECT_GT(missed, 5U);
}

/// What a plan's goal is under conditions, where it may be chosen; else infinite.
double value_at(const Planner& planner, std::size_t radio, std::size_t proposal,
                const ConditionsSpec& conditions) {
  const Spend spend = planner.spend(radio, proposal, conditions);
  const bool may = planner.accurate(proposal) && spend.within(planner.scenario().limits.most);
  return may ? planner.question().goal.value(spend) : std::numeric_limits<double>::infinity();
}

/// The choice is what deciding there says, or as good to 1e-9.
void expect_decided(const Planner& planner, std::size_t radio, std::optional<std::size_t> chosen,
                    const ConditionsSpec& conditions) {
  const std::optional<std::size_t> decided = planner.decide(radio, conditions);
  if (decided == chosen) return;
  ASSERT_TRUE(decided && chosen) << (decided ? "decided, and none is chosen" : "none is decided");
  const double least = value_at(planner, radio, *decided, conditions);
  EXPECT_LE(value_at(planner, radio, *chosen, conditions), least * (1 + testing::kRelative));
}

// Of 78.03 % the most accurate, five channels after RB1: 20.97 points too few for 99 %.
TEST(Answers, TellTheMostAccurateWhereNoneIsAccurateEnough) {
  LoadedScenario world = LoadedScenario::of_project("paper/table4.yaml", {"least_accuracy=0.99"});
  const Planner planner = world.planner({.goal = Goal::latency()});
  const PlanAnswer answer = planner.answer(0);
  EXPECT_FALSE(answer.best);
  ASSERT_TRUE(answer.nearest);
  EXPECT_EQ(miss_text(planner, answer),
            "On 3g no plan keeps the limits. The nearest is RB1/5/8bit: its accuracy is 78.03 %, "
            "20.97 points below the limit of 99 %.");
}

struct Question {
  const char* file;
  std::vector<std::string> overrides;
  Goal goal;
};

std::vector<Question> questions() {
  return {{"paper/table4.yaml", {}, Goal::latency()},
          {"paper/table4.yaml", {"least_accuracy=0.74", "limits.latency_s=0.02"}, Goal::energy()},
          {"examples/measured.yaml", {}, Goal::energy()},
          {"examples/measured.yaml", {"limits.mobile_energy_j=0.003"}, Goal::latency()},
          {"examples/u-net.yaml", {}, Goal::latency()}};
}

TEST(Stretches, AreWhatDecidingThereSays) {
  PlannerDraws draws{12};
  std::size_t changes = 0;
  for (const Question& question : questions()) {
    SCOPED_TRACE(question.file);
    LoadedScenario world = LoadedScenario::of_project(question.file, question.overrides);
    const Planner planner = world.planner({.goal = question.goal});
    for (const ConditionAxis& axis : condition_axes()) {
      if (axis.of_edge && !world.scenario.spec.conditions.has_edge) continue;
      SCOPED_TRACE(axis.name);
      const AlongAxis along = along_axis(planner, 0, axis);
      ConditionsSpec conditions = planner.scenario().spec.conditions;
      const auto at = [&](double value) -> const ConditionsSpec& {
        axis.set(conditions, value);
        return conditions;
      };
      EXPECT_DOUBLE_EQ(along.here,
                       axis.value(world.scenario.spec.conditions, world.scenario.radios.front()));
      for (std::size_t i = 0; i < along.stretches.size(); ++i) {
        const Stretch& stretch = along.stretches[i];
        ASSERT_LE(stretch.from, stretch.to);
        for (int sample = 0; sample < fewer(6, 1); ++sample) {
          const double place = draws.between(stretch.from, stretch.to);
          if (place > stretch.from && place < stretch.to) {
            expect_decided(planner, 0, stretch.best, at(place));
          }
        }
        if (i == 0) continue;
        ++changes;
        const Stretch& before = along.stretches[i - 1];
        EXPECT_EQ(before.to, stretch.from);
        EXPECT_NE(before.best, stretch.best);
        // Without a limit in play the two are as good where one takes over.
        if (planner.scenario().limits.limited().empty()) {
          const double one = value_at(planner, 0, before.best.value(), at(stretch.from));
          const double other = value_at(planner, 0, stretch.best.value(), at(stretch.from));
          EXPECT_NEAR(one / other, 1, testing::kRelative);
        }
      }
    }
  }
  EXPECT_GT(changes, 20U);
}

TEST(Maps, AreWhatDecidingAtEachPlaceSays) {
  constexpr std::size_t kColumns = fewer<std::size_t>(7, 3);
  constexpr std::size_t kRows = fewer<std::size_t>(5, 2);
  for (const Question& question : questions()) {
    SCOPED_TRACE(question.file);
    LoadedScenario world = LoadedScenario::of_project(question.file, question.overrides);
    const Planner planner = world.planner({.goal = question.goal});
    const ConditionAxis& x = condition_axis("--along", "uplink", world.scenario.spec);
    for (const char* other : {"cloud_load", "mobile_load", "downlink"}) {
      const ConditionAxis& y = condition_axis("--across", other, world.scenario.spec);
      const PlanMap map = plan_map(planner, 0, x, y, kColumns, kRows);
      ASSERT_EQ(map.winners.size(), kColumns * kRows);
      for (std::size_t row = 0; row < map.ys.size(); ++row) {
        for (std::size_t column = 0; column < map.xs.size(); ++column) {
          ConditionsSpec conditions = planner.scenario().spec.conditions;
          x.set(conditions, map.xs[column]);
          y.set(conditions, map.ys[row]);
          const std::uint32_t winner = map.winners[row * map.xs.size() + column];
          const bool nobody = winner >= planner.proposals().size();
          expect_decided(planner, 0, nobody ? std::nullopt : std::optional<std::size_t>{winner},
                         conditions);
        }
      }
    }
  }
}

// By the definition: the least cost up to which the trace spends 95 % of its time, or the mean, of
// each plan by the pricer at each rate. Nothing gets through at a rate of 0, which only mobile-only
// bears.
TEST(Traces, OnePlanIsTheBestForAllOfThem) {
  Trace trace{
      .start_s = {0, 1, 4, 9, 9.5}, .rate_byte_per_s = {1e6, 2e5, 5e4, 0, 1e6}, .length_s = 20};
  LoadedScenario world = LoadedScenario::of_project("paper/table4.yaml", {"networks=[wifi]"});
  const Planner planner = world.planner({.goal = Goal::latency()});
  const ConditionAxis& uplink = condition_axis("--along", "uplink", world.scenario.spec);
  for (const double outage_s : {0.5, 3.0}) {
    trace.start_s.back() = 9 + outage_s;
    for (const std::optional<double> percentile : {std::optional<double>{}, std::optional{0.95}}) {
      const OverTrace over = over_trace(planner, 0, trace, percentile);
      double least = std::numeric_limits<double>::infinity();
      std::size_t best = 0;
      for (std::size_t i = 0; i < planner.proposals().size(); ++i) {
        std::vector<std::pair<double, double>> costs;  // with the time that they are met for
        double mean = 0;
        for (std::size_t piece = 0; piece < trace.start_s.size(); ++piece) {
          const double end =
              piece + 1 < trace.start_s.size() ? trace.start_s[piece + 1] : trace.length_s;
          ConditionsSpec conditions = world.scenario.spec.conditions;
          const double rate = trace.rate_byte_per_s[piece] * 8;
          // 1e-300 bit/s is as good as none.
          uplink.set(conditions, rate > 0 ? rate : 1e-300);
          const double cost = planner.spend(0, i, conditions)[Criterion::kLatency];
          costs.emplace_back(cost > 1e200 ? std::numeric_limits<double>::infinity() : cost,
                             end - trace.start_s[piece]);
          mean += costs.back().first * costs.back().second / trace.length_s;
        }
        std::sort(costs.begin(), costs.end());
        double passed = 0;
        double value = mean;
        for (std::size_t rank = 0; percentile && rank < costs.size(); ++rank) {
          value = costs[rank].first;
          passed += costs[rank].second;
          if (passed >= *percentile * trace.length_s * (1 - 1e-12)) break;
        }
        if (std::isinf(value)) {
          EXPECT_TRUE(std::isinf(over.plans[i].value));
        } else {
          EXPECT_NEAR(over.plans[i].value / value, 1, testing::kRelative);
        }
        if (value < least) {
          least = value;
          best = i;
        }
      }
      EXPECT_EQ(over.best, best);
    }
  }
}

std::vector<std::string> chosen(LoadedScenario& world, PlanQuestion question) {
  const Planner planner = world.planner(std::move(question));
  std::vector<std::string> names;
  for (std::size_t radio = 0; radio < world.scenario.radios.size(); ++radio) {
    const PlanAnswer answer = planner.answer(radio);
    const PricedPlan& plan = answer.plans.at(answer.best.value());
    names.push_back(fmt::format("{} {}", plan.cell.cut.empty() ? plan.name : plan.cell.cut,
                                plan.cell.channels.value_or(0)));
  }
  return names;
}

// Table V: RB8 with 5 channels on 3G, RB1 with one on 4G and Wi-Fi, of an accuracy of 74 % ("2 %
// below 76 %"). Its energies are the same choices; they contradict its own constants, by which 3G's
// least is the phone's own, and 2 channels after RB4 cost less than RB1's on 4G, as a run's
// selected cuts say too (docs/models/paper-profiles.md).
TEST(Paper, ItsSelectionsComeOut) {
  LoadedScenario world = LoadedScenario::of_project("paper/table4.yaml", {"least_accuracy=0.74"});
  EXPECT_THAT(chosen(world, {.goal = Goal::latency()}), ElementsAre("RB8 5", "RB1 1", "RB1 1"));
  EXPECT_THAT(chosen(world, {.goal = Goal::energy()}),
              ElementsAre("mobile-only 0", "RB4 2", "RB4 2"));
  EXPECT_THAT(chosen(world, {.goal = Goal::energy(), .reading = EnergyModel::kThroughputOnly}),
              ElementsAre("RB4 2", "RB4 2", "RB1 1"));
}

// "When the server is congested, more layers run on the mobile": along K_cloud the cut never moves
// back towards the input, and the cloud's time never rises. Both hold of the map's columns.
TEST(Paper, ACongestedServerMovesTheCutDeeper) {
  LoadedScenario world = LoadedScenario::of_project("paper/table4.yaml", {"least_accuracy=0.74"});
  const Planner planner = world.planner({.goal = Goal::latency()});
  const PlanAnswer answer = planner.answer(0);  // cuts are the same on every radio
  const auto depth = [&](std::size_t proposal) {
    const Cell& cell = answer.plans.at(proposal).cell;
    if (cell.strategy == "mobile-only") return world.scenario.graph.layers().size();
    return cell.cut.empty() ? 0 : world.scenario.graph.find_cut(cell.cut).value().after;
  };
  const ConditionAxis& load = condition_axis("--along", "cloud_load", world.scenario.spec);
  for (std::size_t radio = 0; radio < world.scenario.radios.size(); ++radio) {
    const AlongAxis along = along_axis(planner, radio, load);
    EXPECT_GE(along.stretches.size(), 2U);
    for (std::size_t i = 1; i < along.stretches.size(); ++i) {
      const std::size_t before = along.stretches[i - 1].best.value();
      const std::size_t after = along.stretches[i].best.value();
      EXPECT_LT(depth(before), depth(after));
      const ConditionsSpec& conditions = planner.scenario().spec.conditions;
      EXPECT_GT(planner.spend(radio, before, conditions)[Criterion::kCloudTime],
                planner.spend(radio, after, conditions)[Criterion::kCloudTime]);
    }
    constexpr std::size_t kPlaces = fewer<std::size_t>(12, 4);
    const PlanMap map =
        plan_map(planner, radio, condition_axis("--along", "uplink", world.scenario.spec), load,
                 kPlaces, kPlaces);
    for (std::size_t column = 0; column < map.xs.size(); ++column) {
      for (std::size_t row = 1; row < map.ys.size(); ++row) {
        const std::size_t below = map.winners[(row - 1) * map.xs.size() + column];
        const std::size_t above = map.winners[row * map.xs.size() + column];
        EXPECT_LE(depth(below), depth(above));
      }
    }
  }
}

// A place of change whose three digits are those of the value here would read "falls below 0.927
// (0.927 here)". 0.01 % above it, the distance is 1 - 1/1.0001 = 0.009999 %, to three digits 0.01.
TEST(Paper, APlaceOfChangeNearbyIsToldByItsDistance) {
  const auto of_3g = [](std::vector<std::string> overrides) {
    overrides.emplace_back("networks=[3g]");
    return LoadedScenario::of_project("paper/table4.yaml", std::move(overrides));
  };
  LoadedScenario world = of_3g({});
  const Planner planner = world.planner({.goal = Goal::latency()});
  const AlongAxis along =
      along_axis(planner, 0, condition_axis("--along", "uplink", planner.scenario().spec));
  ASSERT_GE(along.stretches.size(), 2U);
  LoadedScenario near =
      of_3g({fmt::format("uplink_bit_per_s={}", along.stretches.front().to * 1.0001)});
  const Planner nearby = near.planner({.goal = Goal::latency()});
  EXPECT_THAT(to_markdown(plan_document(nearby, {nearby.answer(0)}, {})),
              HasSubstr("falls by 0.01 % (then mobile-only)"));
}

// 2 points below the uncut network's 85.77 %: no unit after RB1 is within, as the file says. On 3G
// nothing is sent; on 4G and Wi-Fi a picture is, and every choice is at least as accurate.
TEST(Measured, NoUnitBelowTheBudgetIsChosen) {
  LoadedScenario world = LoadedScenario::of_project("examples/measured.yaml");
  ASSERT_EQ(world.scenario.spec.measurements.accuracy_budget, 0.02);
  for (const Goal& goal : {Goal::latency(), Goal::energy(), Goal{1, 1}}) {
    const Planner planner = world.planner({.goal = goal});
    for (std::size_t radio = 0; radio < world.scenario.radios.size(); ++radio) {
      const PlanAnswer answer = planner.answer(radio);
      expect_answer_holds(planner, answer);
      const Cell& best = answer.plans.at(answer.best.value()).cell;
      EXPECT_TRUE(best.exact || best.plan.accuracy.value() >= 0.8377 - testing::kRelative);
      EXPECT_FALSE(best.channels);
    }
  }
  EXPECT_THAT(chosen(world, {.goal = Goal::latency()}),
              ElementsAre("mobile-only 0", "cloud-only/webp:75 0", "cloud-only/file 0"));
}

// Of a picture 8 bits are all there is; of 4, of activations of 8, and of a unit something is lost.
TEST(Limits, KnowThatAPictureOf8BitsLosesNothing) {
  const LoadedScenario world = LoadedScenario::of_project(
      "examples/u-net.yaml",
      {"networks=[wifi]", "energy_models=[throughput-only]",
       "strategies=[{strategy: mobile-only}, {strategy: cloud-only}, {strategy: cloud-only, bits: "
       "16}, {strategy: cloud-only, bits: 4}, {strategy: split, after: [down1]}, {strategy: split, "
       "after: [down1], bits: 32}]"});
  std::vector<bool> exact;
  for (const Cell& cell : world.scenario.cells) exact.push_back(cell.exact);
  EXPECT_THAT(exact, ElementsAre(true, true, true, false, false, true));
}

TEST(Exhaustive, IsWhatTheShortestRouteFinds) {
  for (const char* level : {"0.01", "0.1", "1"}) {
    SCOPED_TRACE(level);
    LoadedScenario loaded = LoadedScenario::of_project(
        "examples/u-net.yaml",
        {"model=acoustic-dnn", "mobile.device=epyc-1-thread", "cloud.device=epyc-1-thread",
         std::string{"cloud.load_level="} + level, "strategies=[{strategy: mobile-only}]"});
    const auto least = [&](const char* planner) {
      const Planner asked = loaded.planner({.planners = {planner}, .bits = {8}});
      const PlanAnswer answer = asked.answer(0);
      return answer.plans.at(answer.best.value()).value;
    };
    EXPECT_EQ(least("exhaustive"), least("jointdnn"));
  }
}

TEST(Exhaustive, RefusesWhatItCannotTry) {
  LoadedScenario loaded = LoadedScenario::of_project("paper/table4.yaml");
  try {
    loaded.planner({.planners = {"exhaustive"}});
    ADD_FAILURE() << "taken";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("exhaustive cannot be asked: there are more than 16384"));
  }
}

}  // namespace
}  // namespace papilio
