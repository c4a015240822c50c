// Minimum cuts are the placements that trying all finds.

#include "sim/plan/search/minimum_cut.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "sim/plan/search/routes.hpp"
#include "tests/support/sanitized.hpp"

namespace papilio {
namespace {

using ::testing::ElementsAre;

constexpr double kNowhere = std::numeric_limits<double>::infinity();

class CutDraws {
 public:
  explicit CutDraws(unsigned seed) : engine_{seed} {}

  std::size_t below(std::size_t end) { return engine_() % end; }
  bool one_in(std::size_t many) { return below(many) == 0; }
  /// 0 to 3, so that many sums are equal, or a multiple of 2^-20 below 4: sums are exact.
  double cost(bool is_whole) {
    const double cost = static_cast<double>(below(4U << 20U)) / 1048576;
    return is_whole ? std::floor(cost) : cost;
  }

 private:
  std::mt19937 engine_;
};

/// A network of 1 to 9 (two levels) or 7 (three) vertices, the first an input; tensors of up to all
/// later vertices; here and there a level forbidden, a tensor that cannot cross or costs nothing.
CutProblem draw_cut(unsigned seed, std::size_t levels) {
  CutDraws draws{seed};
  const std::size_t vertices = 1 + draws.below(levels == 2 ? 9 : 7);
  const bool is_whole = draws.one_in(2);
  const bool has_forbidden = draws.one_in(3);
  CutProblem problem{levels, {}, {}, {}};
  for (std::size_t vertex = 0; vertex < vertices; ++vertex) {
    std::vector<double>& cost = problem.cost.emplace_back();
    for (std::size_t level = 0; level < levels; ++level) {
      // Later levels compute faster, or nothing would ever move.
      cost.push_back(draws.cost(is_whole) / static_cast<double>(1U << level));
      if (has_forbidden && draws.one_in(8)) cost.back() = kNowhere;
    }
    CutTensor tensor{vertex, {}, {}};
    for (std::size_t other = vertex + 1; other < vertices; ++other) {
      if (draws.one_in(3)) tensor.consumers.push_back(other);
    }
    if (tensor.consumers.empty()) continue;
    for (std::size_t b = 0; b + 1 < levels; ++b) {
      tensor.cost.push_back(draws.cost(is_whole) / 2);
      if (has_forbidden && draws.one_in(8)) tensor.cost.back() = kNowhere;
    }
    if (draws.one_in(6)) std::fill(tensor.cost.begin(), tensor.cost.end(), 0);
    problem.tensors.push_back(tensor);
  }
  if (draws.one_in(2)) problem.pin(0, 0);
  if (draws.one_in(2)) {
    for (std::size_t b = 0; b + 1 < levels; ++b) problem.crossing.push_back(draws.cost(is_whole));
  }
  return problem;
}

/// The least of all placements; each vertex on the earliest level that it has in any that costs as
/// little.
std::optional<LevelPlacement> least_of_all(const CutProblem& problem) {
  std::vector<std::uint8_t> levels(problem.cost.size());
  LevelPlacement least{{}, kNowhere};
  while (true) {
    const double cost = cost_of(problem, levels);
    if (cost < least.cost) least = {levels, cost};
    if (cost == least.cost && cost != kNowhere) {
      for (std::size_t i = 0; i < levels.size(); ++i) {
        least.levels[i] = std::min(least.levels[i], levels[i]);
      }
    }
    std::size_t i = 0;
    while (i < levels.size() && levels[i] + 1U == problem.levels) levels[i++] = 0;
    if (i == levels.size()) break;
    ++levels[i];
  }
  if (least.cost == kNowhere) return std::nullopt;
  return least;
}

void expect_least(std::size_t levels) {
  constexpr int kDrawn = fewer(1000, 100);
  int impossible = 0;
  int spread = 0;
  for (unsigned seed = 0; seed < kDrawn; ++seed) {
    const CutProblem problem = draw_cut(seed, levels);
    const std::optional<LevelPlacement> least = least_of_all(problem);
    const std::optional<LevelPlacement> found = minimum_cut(problem);
    ASSERT_EQ(found.has_value(), least.has_value()) << seed;
    impossible += least ? 0 : 1;
    if (!least) continue;
    EXPECT_EQ(found->cost, least->cost) << seed;
    EXPECT_EQ(found->levels, least->levels) << seed;
    spread += *std::min_element(found->levels.begin(), found->levels.end()) !=
                      *std::max_element(found->levels.begin(), found->levels.end())
                  ? 1
                  : 0;
  }
  if (kSanitized) return;  // a tenth of them need not meet everything
  EXPECT_GT(impossible, 0);
  EXPECT_GT(spread, kDrawn / 4);
}

TEST(MinimumCut, TwoLevelsEqualTryingAll) {
  expect_least(2);
}

TEST(MinimumCut, ThreeLevelsEqualTryingAll) {
  expect_least(3);
}

// A vertex whose tensor two others use. Each costs 5 here and 1 beyond; the tensor costs 6. Charged
// once, both go (5 + 6 + 2 = 13 < 15); charged for each, none would (5 + 12 + 2 = 19).
TEST(MinimumCut, ChargesATensorOnceForAllWhoUseIt) {
  CutProblem problem{2, {{5, kNowhere}, {5, 1}, {5, 1}}, {{0, {1, 2}, {6}}}, {}};
  std::optional<LevelPlacement> cut = minimum_cut(problem);
  EXPECT_THAT(cut->levels, ElementsAre(0, 1, 1));
  EXPECT_EQ(cut->cost, 13);
  // A delay of 2 leaves it as good as staying, and then they stay.
  problem.crossing = {2};
  cut = minimum_cut(problem);
  EXPECT_THAT(cut->levels, ElementsAre(0, 0, 0));
  EXPECT_EQ(cut->cost, 15);
}

// What stores parameters costs nothing anywhere: it stays, and its use beyond costs nothing.
TEST(MinimumCut, ConstantsStayAndAreUsedAnywhere) {
  const CutProblem problem{2, {{0, kNowhere}, {9, 1}, {0, 0}}, {{0, {1}, {2}}, {2, {1}, {0}}}, {}};
  const std::optional<LevelPlacement> cut = minimum_cut(problem);
  EXPECT_THAT(cut->levels, ElementsAre(0, 1, 0));
  EXPECT_EQ(cut->cost, 3);
}

// Vertices that follow each other are a chain on which nothing comes back before the end. The route
// adds up in another order: equal up to rounding.
TEST(MinimumCut, OfAChainIsItsShortestRouteWithoutReturn) {
  constexpr std::size_t kSteps = 60;
  Spend weights;
  weights[Criterion::kLatency] = 1;
  for (unsigned seed = 0; seed < fewer(100U, 10U); ++seed) {
    CutDraws draws{seed};
    CutProblem problem{3, {{0, kNowhere, kNowhere}}, {}, {}};
    Chain chain{kSteps, 3};
    for (std::size_t i = 0; i < kSteps; ++i) {
      std::vector<double>& cost = problem.cost.emplace_back();
      for (std::size_t tier = 0; tier < 3; ++tier) {
        cost.push_back(draws.cost(false) / static_cast<double>(1 + tier));
        chain.compute(i, tier)[Criterion::kLatency] = cost[tier];
      }
      const double far = static_cast<double>(kSteps - i);
      CutTensor tensor{i, {i + 1}, {far * draws.cost(false), far * draws.cost(false)}};
      chain.move(i, 0, 1)[Criterion::kLatency] = tensor.cost[0];
      chain.move(i, 1, 2)[Criterion::kLatency] = tensor.cost[1];
      chain.move(i, 0, 2)[Criterion::kLatency] = tensor.cost[0] + tensor.cost[1];
      problem.tensors.push_back(tensor);
      for (const auto& [from, to] : {std::pair{1, 0}, {2, 0}, {2, 1}}) {
        chain.move(i, static_cast<std::size_t>(from),
                   static_cast<std::size_t>(to))[Criterion::kLatency] = kNowhere;
      }
    }
    const std::optional<LevelPlacement> cut = minimum_cut(problem);
    const std::optional<Route> route = shortest_route(chain, weights);
    EXPECT_NEAR(cut->cost, route->spend[Criterion::kLatency], 1e-12 * cut->cost) << seed;
    EXPECT_EQ(std::vector<std::uint8_t>(cut->levels.begin() + 1, cut->levels.end()), route->tiers);
  }
}

// 1e-9 decides beside 1e3, and a cost that nothing may pay does not blur it.
TEST(MinimumCut, HoldsWhereCostsDifferByManyPowers) {
  CutProblem problem{2, {{1e3, kNowhere}, {3e-9, 1e-9}, {4e-9, 5e300}}, {{0, {1, 2}, {1e-9}}}, {}};
  EXPECT_THAT(minimum_cut(problem)->levels, ElementsAre(0, 1, 0));
  problem.tensors[0].cost = {2.5e-9};
  EXPECT_THAT(minimum_cut(problem)->levels, ElementsAre(0, 0, 0));
}

}  // namespace
}  // namespace papilio
