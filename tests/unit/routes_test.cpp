// The exact searches over chains find what trying all routes finds.

#include "sim/plan/search/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/support/sanitized.hpp"

namespace papilio {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double kNone = std::numeric_limits<double>::infinity();
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr int kProblems = fewer(1000, 100);

bool is_known(double amount) {
  return amount < kNone;
}

/// Draws of one problem: standard distributions differ between libraries, so none is used.
class Draws {
 public:
  explicit Draws(unsigned seed) : engine_{seed} {}

  std::size_t below(std::size_t end) { return engine_() % end; }
  /// In [0, 1), a multiple of 2^-20, so that sums of them are exact.
  double fraction() { return static_cast<double>(engine_() >> 12U) / 1048576; }
  /// One of few whole numbers, so that many sums are equal, or any fraction.
  double amount(bool is_whole) { return is_whole ? static_cast<double>(below(3)) : fraction(); }

 private:
  std::mt19937 engine_;
};

struct Problem {
  Chain chain;
  Spend weights;
  Spend limits = Spend::unlimited();
};

/// All routes, in the order of their tiers, the last step's first: as ties are broken.
std::vector<Route> all_routes(const Chain& chain) {
  std::vector<Route> routes;
  std::vector<std::uint8_t> tiers(chain.steps());
  while (true) {
    const Spend spend = cost_of(chain, tiers);
    if (spend[Criterion::kLatency] != kNone) routes.push_back({tiers, spend});
    std::size_t step = 0;
    while (step < tiers.size() && tiers[step] + 1U == chain.tiers()) tiers[step++] = 0;
    if (step == tiers.size()) return routes;
    ++tiers[step];
  }
}

std::size_t changes(const Route& route) {
  std::size_t changes = 0;
  std::uint8_t at = 0;
  for (const std::uint8_t tier : route.tiers) {
    if (tier != at) ++changes;
    at = tier;
  }
  return at == 0 ? changes : changes + 1;
}

/// Of 1 to 7 steps and 1 to 3 tiers; a quarter of the moves forbidden in every other problem, some
/// criteria infinite here and there, one criterion in four limited to what some route spends, or
/// to a part of it.
Problem draw(unsigned seed) {
  Draws draws{seed};
  const std::size_t tiers = draws.below(10) == 0 ? 1 : 2 + draws.below(2);
  Problem problem{.chain = Chain{1 + draws.below(7), tiers}, .weights = {}};
  const bool is_whole = draws.below(3) == 0;
  const bool has_forbidden = draws.below(2) == 0;
  const auto fill = [&](Spend& spend, double scale) {
    for (std::size_t i = 0; i < kCriteria; ++i) {
      spend[static_cast<Criterion>(i)] = scale * draws.amount(is_whole);
    }
    if (draws.below(50) == 0) spend[Criterion::kEnergy] = kNone;
    if (draws.below(50) == 0) spend[Criterion::kUpload] = kUnknown;
  };
  Chain& chain = problem.chain;
  for (std::size_t position = 0; position <= chain.steps(); ++position) {
    for (std::size_t from = 0; from < tiers; ++from) {
      for (std::size_t to = 0; to < tiers; ++to) {
        if (from != to) fill(chain.move(position, from, to), 0.25);
        if (from != to && has_forbidden && draws.below(4) == 0) {
          chain.move(position, from, to)[Criterion::kLatency] = kNone;
        }
      }
      if (position < chain.steps()) fill(chain.compute(position, from), 1);
    }
  }
  const std::vector<Route> routes = all_routes(chain);
  const std::size_t kept = routes.empty() ? 0 : draws.below(routes.size());
  for (std::size_t i = 0; i < kCriteria; ++i) {
    const auto criterion = static_cast<Criterion>(i);
    if (draws.below(2) == 0) problem.weights[criterion] = static_cast<double>(draws.below(4));
    if (draws.below(4) != 0 || routes.empty()) continue;
    const double spent = routes[kept].spend[criterion];
    if (!is_known(spent)) continue;
    constexpr std::array<double, 6> kShares{1, 1, 1, 1.25, 1.5, 0.75};
    problem.limits[criterion] = spent * kShares.at(draws.below(kShares.size()));
  }
  return problem;
}

/// The first of the routes that rank least: they come in the order of ties.
template <class Rank>
std::optional<Route> first_least(const std::vector<Route>& routes, const Rank& rank) {
  const auto least = std::min_element(
      routes.begin(), routes.end(),
      [&](const Route& one, const Route& other) { return rank(one) < rank(other); });
  if (least == routes.end()) return std::nullopt;
  return *least;
}

std::optional<Route> shortest_of_all(const Problem& problem) {
  std::vector<Route> routes = all_routes(problem.chain);
  std::erase_if(
      routes, [&](const Route& route) { return !is_known(route.spend.weighed(problem.weights)); });
  return first_least(routes, [&](const Route& route) {
    return std::pair{route.spend.weighed(problem.weights), changes(route)};
  });
}

/// The chain without what exceeds a limit by itself.
Chain allowed(const Problem& problem) {
  Chain chain = problem.chain;
  const auto forbid = [&](Spend& spend) {
    if (!spend.within(problem.limits)) spend[Criterion::kLatency] = kNone;
  };
  for (std::size_t position = 0; position <= chain.steps(); ++position) {
    for (std::size_t from = 0; from < chain.tiers(); ++from) {
      for (std::size_t to = 0; to < chain.tiers(); ++to) forbid(chain.move(position, from, to));
      if (position < chain.steps()) forbid(chain.compute(position, from));
    }
  }
  return chain;
}

std::optional<Route> best_of_all(const Problem& problem) {
  std::vector<Route> routes = all_routes(allowed(problem));
  std::erase_if(
      routes, [&](const Route& route) { return !is_known(route.spend.weighed(problem.weights)); });
  std::vector<Criterion> restricted;
  for (std::size_t i = 0; i < kCriteria; ++i) {
    const auto criterion = static_cast<Criterion>(i);
    if (std::any_of(routes.begin(), routes.end(), [&](const Route& route) {
          return route.spend[criterion] > problem.limits[criterion];
        })) {
      restricted.push_back(criterion);
    }
  }
  std::erase_if(routes, [&](const Route& route) { return !route.spend.within(problem.limits); });
  return first_least(routes, [&](const Route& route) {
    std::vector<double> rank{route.spend.weighed(problem.weights)};
    for (const Criterion criterion : restricted) rank.push_back(route.spend[criterion]);
    return std::pair{rank, changes(route)};
  });
}

std::vector<Criterion> limited(const Spend& limits) {
  std::vector<Criterion> limited;
  for (std::size_t i = 0; i < kCriteria; ++i) {
    const auto criterion = static_cast<Criterion>(i);
    if (limits[criterion] != kNone) limited.push_back(criterion);
  }
  return limited;
}

// Amounts, weights and limits are whole multiples of 2^-24: all sums are exact, and so are ties.

TEST(Routes, ShortestEqualsTryingAll) {
  int none = 0;
  for (unsigned seed = 0; seed < kProblems; ++seed) {
    const Problem problem = draw(seed);
    const std::optional<Route> best = shortest_of_all(problem);
    const std::optional<Route> found = shortest_route(problem.chain, problem.weights);
    ASSERT_EQ(found.has_value(), best.has_value()) << seed;
    none += best ? 0 : 1;
    if (!best) continue;
    EXPECT_EQ(found->tiers, best->tiers) << seed;
    EXPECT_EQ(found->spend[Criterion::kLatency], best->spend[Criterion::kLatency]) << seed;
  }
  if (kSanitized) return;  // a tenth of them need not meet everything
  EXPECT_GT(none, 0);
  EXPECT_LT(none, kProblems / 4);
}

TEST(Routes, BestWithinLimitsEqualsTryingAll) {
  int infeasible = 0;
  int restricted = 0;
  for (unsigned seed = 0; seed < kProblems; ++seed) {
    const Problem problem = draw(seed);
    const std::optional<Route> unlimited = shortest_of_all(problem);
    const std::optional<Route> best = best_of_all(problem);
    const std::optional<Route> found = best_route(problem.chain, problem.weights, problem.limits);
    ASSERT_EQ(found.has_value(), best.has_value()) << seed;
    infeasible += unlimited && !best ? 1 : 0;
    restricted += best && best->tiers != unlimited->tiers ? 1 : 0;
    if (!best) continue;
    EXPECT_EQ(found->tiers, best->tiers) << seed;
    EXPECT_EQ(found->spend[Criterion::kLatency], best->spend[Criterion::kLatency]) << seed;
  }
  if (kSanitized) return;  // a tenth of them need not meet everything
  // Neither limits that all routes keep nor limits that none keeps would prove anything.
  EXPECT_GT(infeasible, kProblems / 10);
  EXPECT_GT(restricted, kProblems / 5);
}

TEST(Routes, ProgramEqualsLabels) {
  int infeasible = 0;
  for (unsigned seed = 0; seed < kProblems; ++seed) {
    const Problem problem = draw(seed);
    const auto best = best_route(problem.chain, problem.weights, problem.limits);
    const auto found = best_route_by_program(problem.chain, problem.weights, problem.limits);
    ASSERT_EQ(found.has_value(), best.has_value()) << seed;
    infeasible += best ? 0 : 1;
    if (!best) continue;
    EXPECT_TRUE(found->spend.within(problem.limits)) << seed;
    const double weight = best->spend.weighed(problem.weights);
    EXPECT_NEAR(found->spend.weighed(problem.weights), weight, 1e-6 * weight) << seed;
  }
  if (kSanitized) return;  // a tenth of them need not meet everything
  EXPECT_GT(infeasible, kProblems / 10);
}

/// 40 steps over 2 or 3 tiers, far too many routes to try; limits between what the best route
/// spends and what the most frugal of that criterion does.
Problem draw_long(unsigned seed) {
  Draws draws{seed};
  constexpr std::size_t kSteps = 40;
  const std::size_t tiers = 2 + draws.below(2);
  Problem problem{.chain = Chain{kSteps, tiers}, .weights = {}};
  for (std::size_t position = 0; position <= kSteps; ++position) {
    for (std::size_t from = 0; from < tiers; ++from) {
      for (std::size_t i = 0; i < kCriteria; ++i) {
        const auto criterion = static_cast<Criterion>(i);
        for (std::size_t to = 0; to < tiers; ++to) {
          if (from != to) problem.chain.move(position, from, to)[criterion] = draws.fraction();
        }
        if (position < kSteps) problem.chain.compute(position, from)[criterion] = draws.fraction();
      }
    }
  }
  problem.weights[Criterion::kLatency] = 1;
  const Spend best = shortest_route(problem.chain, problem.weights)->spend;
  for (const Criterion criterion : {Criterion::kEnergy, Criterion::kUpload}) {
    Spend only;
    only[criterion] = 1;
    const double least = shortest_route(problem.chain, only)->spend[criterion];
    // Two limits near the least are at odds.
    problem.limits[criterion] = least + (best[criterion] - least) * (0.6 * draws.fraction());
  }
  return problem;
}

TEST(Routes, ProgramEqualsLabelsOnLongChains) {
  constexpr int kLong = fewer(40, 6);
  int infeasible = 0;
  for (unsigned seed = 0; seed < kLong; ++seed) {
    const Problem problem = draw_long(seed);
    const auto best = best_route(problem.chain, problem.weights, problem.limits);
    const auto found = best_route_by_program(problem.chain, problem.weights, problem.limits);
    ASSERT_EQ(found.has_value(), best.has_value()) << seed;
    infeasible += best ? 0 : 1;
    const std::optional<NearMiss> miss = nearest_miss(problem.chain, problem.limits);
    EXPECT_EQ(miss->times <= 1, best.has_value()) << seed;
    if (!best) continue;
    EXPECT_TRUE(found->spend.within(problem.limits)) << seed;
    EXPECT_TRUE(best->spend.within(problem.limits)) << seed;
    const double weight = best->spend.weighed(problem.weights);
    EXPECT_NEAR(found->spend.weighed(problem.weights), weight, 1e-6 * weight) << seed;
  }
  if (kSanitized) return;  // a tenth of them need not meet everything
  EXPECT_GT(infeasible, kLong / 10);
  EXPECT_LT(infeasible, kLong / 2);
}

TEST(Routes, FrontEqualsTryingAll) {
  std::size_t most = 0;
  for (unsigned seed = 0; seed < kProblems; ++seed) {
    const Problem problem = draw(seed);
    const std::vector<Criterion> targets = std::vector<std::vector<Criterion>>{
        {Criterion::kLatency},
        {Criterion::kLatency, Criterion::kEnergy},
        {Criterion::kUpload, Criterion::kLatency, Criterion::kEnergy},
        {Criterion::kLatency, Criterion::kEnergy, Criterion::kCloudTime,
         Criterion::kMobileWeights}}.at(seed % 4);
    const auto of_targets = [&](const Route& route) {
      std::vector<double> amounts(targets.size());
      std::transform(targets.begin(), targets.end(), amounts.begin(),
                     [&](Criterion target) { return route.spend[target]; });
      return amounts;
    };
    std::vector<std::vector<double>> candidates;
    for (const Route& route : all_routes(problem.chain)) {
      const std::vector<double> amounts = of_targets(route);
      if (!route.spend.within(problem.limits)) continue;
      if (!std::all_of(amounts.begin(), amounts.end(), is_known)) continue;
      candidates.push_back(amounts);
    }
    std::sort(candidates.begin(), candidates.end());
    candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
    std::vector<std::vector<double>> front;
    for (const std::vector<double>& one : candidates) {
      if (std::none_of(candidates.begin(), candidates.end(), [&](const auto& other) {
            return other != one &&
                   std::equal(other.begin(), other.end(), one.begin(), std::less_equal<>{});
          })) {
        front.push_back(one);
      }
    }
    std::vector<std::vector<double>> found;
    for (const Route& route : best_routes(problem.chain, targets, problem.limits)) {
      EXPECT_TRUE(route.spend.within(problem.limits)) << seed;
      found.push_back(of_targets(route));
    }
    EXPECT_EQ(found, front) << seed;
    most = std::max(most, front.size());
  }
  if (kSanitized) return;  // a tenth of them need not meet everything
  EXPECT_GE(most, 10U);
}

// The front of two targets is also the shortest route, the shortest that spends less energy than
// it, and so on.
TEST(Routes, FrontOfALongChainEqualsEverTighterLimits) {
  for (unsigned seed = 0; seed < fewer(10U, 2U); ++seed) {
    Problem problem = draw_long(seed);
    problem.limits = Spend::unlimited();
    std::vector<std::pair<double, double>> one_by_one;
    while (const auto route = best_route(problem.chain, problem.weights, problem.limits)) {
      const double energy_j = route->spend[Criterion::kEnergy];
      one_by_one.emplace_back(route->spend[Criterion::kLatency], energy_j);
      problem.limits[Criterion::kEnergy] = std::nextafter(energy_j, 0.0);
    }
    std::vector<std::pair<double, double>> front;
    for (const Route& route : best_routes(problem.chain, {Criterion::kLatency, Criterion::kEnergy},
                                          Spend::unlimited())) {
      front.emplace_back(route.spend[Criterion::kLatency], route.spend[Criterion::kEnergy]);
    }
    EXPECT_EQ(front, one_by_one);
    EXPECT_GT(front.size(), 10U);
  }
}

TEST(Routes, NearestMissEqualsTryingAll) {
  int missed = 0;
  for (unsigned seed = 0; seed < kProblems; ++seed) {
    Problem problem = draw(seed);
    problem.limits[Criterion::kLatency] = std::min(problem.limits[Criterion::kLatency], 2.0);
    const std::vector<Criterion> criteria = limited(problem.limits);
    std::vector<Route> routes = all_routes(problem.chain);
    std::erase_if(routes, [&](const Route& route) {
      return std::any_of(criteria.begin(), criteria.end(),
                         [&](Criterion criterion) { return !is_known(route.spend[criterion]); });
    });
    const auto times = [&](const Route& route) {
      double greatest = 0;
      double sum = 0;
      for (const Criterion criterion : criteria) {
        const double limit = problem.limits[criterion];
        const double spent = route.spend[criterion];
        const double ratio = limit > 0 ? spent / limit : 1 + spent;
        greatest = std::max(greatest, ratio);
        sum += ratio;
      }
      return std::pair{greatest, sum};
    };
    const std::optional<Route> nearest = first_least(routes, [&](const Route& route) {
      std::vector<double> spent;
      spent.reserve(criteria.size());
      for (const Criterion criterion : criteria) spent.push_back(route.spend[criterion]);
      return std::tuple{times(route), spent, changes(route)};
    });
    const std::optional<NearMiss> found = nearest_miss(problem.chain, problem.limits);
    ASSERT_EQ(found.has_value(), nearest.has_value()) << seed;
    if (!nearest) continue;
    EXPECT_DOUBLE_EQ(found->times, times(*nearest).first) << seed;
    EXPECT_EQ(found->route.tiers, nearest->tiers) << seed;
    EXPECT_EQ(found->times <= 1, found->route.spend.within(problem.limits)) << seed;
    missed += found->times > 1 ? 1 : 0;
    ASSERT_EQ(found->limits.size(), criteria.size());
    for (std::size_t i = 0; i < criteria.size(); ++i) {
      EXPECT_EQ(found->limits[i].criterion, criteria[i]);
      EXPECT_EQ(found->limits[i].limit, problem.limits[criteria[i]]);
      const std::optional<Route> least =
          first_least(routes, [&](const Route& route) { return route.spend[criteria[i]]; });
      EXPECT_EQ(found->limits[i].least, least->spend[criteria[i]]) << seed;
    }
  }
  if (kSanitized) return;  // a tenth of them need not meet everything
  EXPECT_GT(missed, kProblems / 5);
}

/// Two tiers; each step costs 1 s at either, and moves cost nothing.
Chain indifferent(std::size_t steps) {
  Chain chain{steps, 2};
  for (std::size_t step = 0; step < steps; ++step) {
    for (std::size_t tier = 0; tier < 2; ++tier) {
      chain.compute(step, tier)[Criterion::kLatency] = 1;
    }
  }
  return chain;
}

Spend only_latency() {
  Spend weights;
  weights[Criterion::kLatency] = 1;
  return weights;
}

TEST(Routes, TiesGoToFewerChangesAndTheEarlierTier) {
  Chain chain = indifferent(4);
  EXPECT_THAT(shortest_route(chain, only_latency())->tiers, ElementsAre(0, 0, 0, 0));
  // Step 1 is cheaper away; whatever follows or goes before costs the same there. Two changes are
  // the fewest, and back at once is at the earlier tier last.
  chain.compute(1, 0)[Criterion::kLatency] = 2;
  EXPECT_THAT(shortest_route(chain, only_latency())->tiers, ElementsAre(0, 1, 0, 0));
  // Steps 0 and 2 are: both together, for two changes are fewer than four.
  chain = indifferent(4);
  chain.compute(0, 0)[Criterion::kLatency] = 2;
  chain.compute(2, 0)[Criterion::kLatency] = 2;
  EXPECT_THAT(shortest_route(chain, only_latency())->tiers, ElementsAre(1, 1, 1, 0));
}

TEST(Routes, NothingGoesWhereItIsForbidden) {
  // The second tier costs nothing, but no way leads back from it, then none to it either.
  Chain chain = indifferent(3);
  for (std::size_t step = 0; step < 3; ++step) chain.compute(step, 1) = {};
  for (std::size_t i = 1; i <= 3; ++i) chain.move(i, 1, 0)[Criterion::kLatency] = kNone;
  EXPECT_THAT(shortest_route(chain, only_latency())->tiers, ElementsAre(0, 0, 0));
  // Even where latency weighs nothing.
  Spend energy;
  energy[Criterion::kEnergy] = 1;
  EXPECT_THAT(shortest_route(chain, energy)->tiers, ElementsAre(0, 0, 0));
  EXPECT_THAT(best_routes(chain, {Criterion::kEnergy}, Spend::unlimited())[0].tiers,
              ElementsAre(0, 0, 0));
  // The first tier cannot compute the last step: there is no route.
  chain.compute(2, 0)[Criterion::kLatency] = kNone;
  EXPECT_FALSE(shortest_route(chain, only_latency()));
  EXPECT_FALSE(best_route(chain, only_latency(), Spend::of_each(100)));
  EXPECT_FALSE(best_route_by_program(chain, only_latency(), Spend::of_each(100)));
  EXPECT_THAT(best_routes(chain, {Criterion::kLatency}, Spend::unlimited()), IsEmpty());
  EXPECT_FALSE(nearest_miss(chain, Spend::of_each(100)));
}

// GLPK keeps limits to 1e-7, and bounds are compared with room for rounding; the limits hold
// exactly.
TEST(Routes, LimitsHoldToTheLastDigit) {
  Chain chain = indifferent(3);
  for (std::size_t step = 0; step < 3; ++step) {
    chain.compute(step, 1)[Criterion::kLatency] = 0;
    chain.compute(step, 1)[Criterion::kUpload] = 1;
  }
  for (const double limit : {2.0, std::nextafter(2.0, 0.0)}) {
    Spend limits = Spend::unlimited();
    limits[Criterion::kUpload] = limit;
    const double latency_s = limit == 2 ? 1 : 2;
    EXPECT_EQ(best_route(chain, only_latency(), limits)->spend[Criterion::kLatency], latency_s);
    EXPECT_EQ(best_route_by_program(chain, only_latency(), limits)->spend[Criterion::kLatency],
              latency_s);
    EXPECT_EQ(best_routes(chain, {Criterion::kLatency}, limits).front().spend[Criterion::kLatency],
              latency_s);
  }
}

/// Step i takes 2^i s on the first tier and as many J on the second: all 2^n routes are on the
/// front.
Chain all_different(std::size_t steps) {
  Chain chain{steps, 2};
  for (std::size_t step = 0; step < steps; ++step) {
    chain.compute(step, 0)[Criterion::kLatency] = std::ldexp(1, static_cast<int>(step));
    chain.compute(step, 1)[Criterion::kEnergy] = std::ldexp(1, static_cast<int>(step));
  }
  return chain;
}

TEST(Routes, TooLargeSearchesAreRefusedAndNotCutShort) {
  const std::vector<Criterion> targets{Criterion::kLatency, Criterion::kEnergy};
  // Labels: 2 + 4 + ... + 2^10 = 2046.
  EXPECT_EQ(best_routes(all_different(10), targets, Spend::unlimited(), 2046).size(), 1024U);
  EXPECT_THROW(best_routes(all_different(10), targets, Spend::unlimited(), 2045), SearchTooLarge);
  EXPECT_THROW(best_routes(all_different(40), targets, Spend::unlimited(), 100'000),
               SearchTooLarge);
  Spend limits = Spend::unlimited();
  limits[Criterion::kEnergy] = 300.5;
  EXPECT_THROW(best_route(all_different(10), only_latency(), limits, 5), SearchTooLarge);
  EXPECT_EQ(best_route(all_different(10), only_latency(), limits)->spend[Criterion::kEnergy], 300);
  EXPECT_THROW(best_route_by_program(all_different(10), only_latency(), limits, 0), SearchTooLarge);
}

}  // namespace
}  // namespace papilio
