#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <vector>

#include "sim/plan/search/chain.hpp"
#include "sim/plan/search/spend.hpp"

namespace papilio {

/// An exact search would need more memory or time than it may have. No answer is given, for a
/// smaller search might not have found the best.
class SearchTooLarge : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Labels that a search may keep: 8 bytes each, and time that grows with them.
inline constexpr std::size_t kMostLabels = 4'000'000;
/// Problems into which the integer program's branch and bound may part.
inline constexpr std::size_t kMostBranches = 100'000;

/// The route that weighs least. Of several: the one that changes the tier least often (the first
/// tier's request and the answer to it count), then the one that is at the earlier tier at the last
/// step where they differ. Amounts add up in the order of the steps; what differs by their rounding
/// differs.
/// Time: steps × tiers².
/// Source: JointDNN (arXiv 1801.08618), Section 3.
/// @param weights each >= 0 and finite
/// @return nothing where no possible route has a finite and known (not NaN) weight; what weighs
///   nothing may be infinite or unknown
std::optional<Route> shortest_route(const Chain& chain, const Spend& weights);

/// The route that weighs least of those within the limits, by label-setting: at each step and tier
/// all ways to it are kept that no other beats in weight and in every limited criterion, and that a
/// lower bound does not exclude (docs/models/planning.md). Of several that weigh the same: the one
/// that spends least of the first limited criterion, then of the second, and so on, leaving out
/// limits that no route can exceed without a step that does by itself; then as shortest_route.
/// @param weights each >= 0 and finite
/// @param limits each >= 0, infinite where there is none
/// @param most labels to keep, <= 2^32 - 1
/// @return nothing where no possible route of finite weight is within the limits
/// @throws SearchTooLarge where more labels would have to be kept
std::optional<Route> best_route(const Chain& chain, const Spend& weights, const Spend& limits,
                                std::size_t most = kMostLabels);

/// As best_route, by the integer program that JointDNN states for its limits (arXiv
/// 1801.08618), as a flow. For each position p from 0 to the number of steps, and tiers s and t,
/// the variable y(p, s, t) in {0, 1} says that the route goes from s before p to t after it:
///
///   least   sum of w(p, s, t) y(p, s, t)             w: weight of the move and of step p at t
///   where   sum over t of y(0, 0, t) = 1
///           sum over s of y(p, s, t) = sum over u of y(p + 1, t, u)   for each p, t
///           sum of a(p, s, t) y(p, s, t) / L <= 1     for each limit L > 0; a: what is limited
///
/// Moves that are forbidden, or that alone break a limit, have no variable. GLPK's simplex and
/// branch and bound solve it. Routes that keep a limit only to within GLPK's tolerance (1e-7) are
/// excluded by a further row each, and it is solved again; so the limits hold exactly, while the
/// weight may be greater than the least by 1e-7 of it. Ties are broken as GLPK comes upon them.
/// @param most problems into which branch and bound may part
/// @throws SearchTooLarge where it parts into more
/// @throws std::runtime_error where GLPK fails otherwise
std::optional<Route> best_route_by_program(const Chain& chain, const Spend& weights,
                                           const Spend& limits, std::size_t most = kMostBranches);

/// The routes within the limits that no other one beats: none spends at most as much of every
/// target and less of one. Of those that spend the same of every target, one: the one that spends
/// least of the first limited criterion, and so on, as best_route. By label-setting.
/// @param targets 1 to 6, each once
/// @param limits as best_route
/// @param most labels to keep, <= 2^32 - 1
/// @return sorted by the first target, then the second, and so on; routes that spend an infinite or
///   unknown (NaN) amount of a target are none
/// @throws SearchTooLarge where more labels would have to be kept: fronts of long chains are large
std::vector<Route> best_routes(const Chain& chain, const std::vector<Criterion>& targets,
                               const Spend& limits, std::size_t most = kMostLabels);

/// What comes nearest to limits that no route keeps.
struct NearMiss {
  struct Limit {
    Criterion criterion;
    double limit;  ///< as given
    double least;  ///< least that any possible route spends, whatever else it spends
  };

  Route route;
  double times;  ///< the greatest of `route.spend` / limit over the limits; <= 1 where all are kept
  std::vector<Limit> limits;  ///< the finite ones
};

/// The route whose greatest excess is least: of spend / limit over all limits the greatest, which
/// is the factor by which all limits together would have to be raised. A limit of 0 is counted as
/// if spend / limit were 1 + the spend in its own unit. Of several: the one whose sum of spend /
/// limit is least, then least of the first limited criterion, and so on, as best_route. Exact, by
/// label-setting over the limited criteria.
/// @param limits at least one of them finite
/// @return nothing where no possible route spends finite amounts of what is limited
/// @throws SearchTooLarge where more labels than `most` would have to be kept
std::optional<NearMiss> nearest_miss(const Chain& chain, const Spend& limits,
                                     std::size_t most = kMostLabels);

}  // namespace papilio
