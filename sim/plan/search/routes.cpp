#include "sim/plan/search/routes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/plan/search/columns.hpp"
#include "sim/plan/search/dual.hpp"
#include "sim/plan/search/front.hpp"
#include "sim/plan/search/labels.hpp"

namespace papilio {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
/// More than bounds are wrong by for the rounding of their sums.
constexpr double kAlmost = 1e-10;

/// How far above its lower bound the best is looked for, relative to the bound, until it is found:
/// the nearer, the fewer labels.
constexpr std::array kRungs{1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 2e-3, 5e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0};

Route route_of(const Chain& chain, std::vector<std::uint8_t> tiers) {
  Route route{std::move(tiers), {}};
  route.spend = cost_of(chain, route.tiers);
  return route;
}

std::vector<Criterion> finite_limits(const Spend& limits) {
  std::vector<Criterion> finite;
  for (std::size_t i = 0; i < kCriteria; ++i) {
    const auto criterion = static_cast<Criterion>(i);
    if (!std::isinf(limits[criterion])) finite.push_back(criterion);
  }
  return finite;
}

/// The criteria whose limits some route exceeds though none of its steps does.
std::vector<Criterion> restricting(const Chain& chain, const std::optional<Spend>& weights,
                                   std::vector<Criterion> targets, const Spend& limits) {
  const std::size_t before = targets.size() + (weights ? 1 : 0);
  std::vector<Criterion> restricting;
  const std::vector<Criterion> finite = finite_limits(limits);
  for (const Criterion criterion : finite) {
    if (std::find(targets.begin(), targets.end(), criterion) != targets.end()) continue;
    targets.push_back(criterion);
    const Columns columns{chain, weights, targets, limits};
    if (greatest_amount(columns, before) > limits[criterion]) restricting.push_back(criterion);
    targets.pop_back();
  }
  return restricting;
}

Amounts only(std::size_t column) {
  Amounts weights{};
  weights[column] = 1;
  return weights;
}

bool is_within(const std::vector<Limit>& limits, const Amounts& amounts) {
  return std::all_of(limits.begin(), limits.end(),
                     [&](const Limit& limit) { return amounts[limit.column] <= limit.limit; });
}

std::vector<Bound> bounds_of(const Columns& columns, const std::vector<Limit>& limits) {
  constexpr std::size_t kOthers = 3;
  std::vector<Bound> bounds;
  bounds.reserve(limits.size() + kOthers);
  for (const Limit& limit : limits) {
    bounds.emplace_back(columns, only(limit.column), limit.limit);
  }
  return bounds;
}

std::optional<Route> least_route(const Chain& chain, const Columns& columns) {
  std::optional<Walk> walk = least_walk(columns, only(0));
  if (!walk) return std::nullopt;
  return route_of(chain, std::move(walk->tiers));
}

/// Calls `search(at most)` with ever greater values from a lower bound to what is known to be
/// reached, until it gives a result.
template <class Search>
auto climb(double bound, double reached, const Search& search) {
  for (const double rung : kRungs) {
    const double at_most = bound + rung * bound;
    if (bound <= 0 || at_most >= reached) break;
    if (auto found = search(at_most)) return found;
  }
  return search(reached);
}

/// The search for the best route within limits that restrict.
class LimitedSearch {
 public:
  LimitedSearch(const Columns& columns, const std::vector<Limit>& limits, std::size_t most)
      : columns_{columns}, limits_{limits}, most_{most} {}

  /// The tiers of the best route; nothing where none is within the limits.
  std::optional<std::vector<std::uint8_t>> best() {
    DualSearch search{columns_, limits_};
    const std::optional<Dual> times = search.bound_times();
    if (!times || times->bound > 1 + kAlmost) return std::nullopt;
    const Dual first = search.bound_first();
    bounds_ = bounds_of(columns_, limits_);
    bounds_.emplace_back(columns_, times->weights, 1 - times->added);
    bounds_.emplace_back(columns_, only(0), 0);
    bounds_.emplace_back(columns_, first.weights, 0);
    return climb(first.bound, search.reached_first(),
                 [&](double at_most) { return best_below(at_most, first); });
  }

 private:
  std::optional<std::vector<std::uint8_t>> best_below(double at_most, const Dual& first) {
    bounds_.back().most = at_most - first.added;
    bounds_[bounds_.size() - 2].most = at_most;
    const Labels labels = set_labels(columns_, bounds_, most_);
    const auto found =
        std::find_if(labels.ends.begin(), labels.ends.end(),
                     [this](const Labels::End& end) { return is_within(limits_, end.amounts); });
    if (found == labels.ends.end() || found->amounts[0] > at_most) return std::nullopt;
    return labels.tiers_of(*found, columns_.steps());
  }

  const Columns& columns_;
  const std::vector<Limit>& limits_;
  std::size_t most_;
  std::vector<Bound> bounds_;
};

/// The search for what comes nearest to the limits.
class MissSearch {
 public:
  MissSearch(const Columns& columns, const std::vector<Limit>& limits, std::size_t most)
      : columns_{columns}, limits_{limits}, most_{most} {}

  std::optional<std::vector<std::uint8_t>> nearest() {
    DualSearch search{columns_, limits_};
    const std::optional<Dual> times = search.bound_times();
    if (!times) return std::nullopt;
    bounds_ = bounds_of(columns_, limits_);
    bounds_.emplace_back(columns_, times->weights, 0);
    return climb(times->bound, search.reached_times(),
                 [&](double at_most) { return nearest_below(at_most, *times); });
  }

 private:
  std::optional<std::vector<std::uint8_t>> nearest_below(double at_most, const Dual& times) {
    for (std::size_t i = 0; i < limits_.size(); ++i) {
      bounds_[i].most = std::max(0.0, at_most - limits_[i].offset()) * limits_[i].scale();
    }
    bounds_.back().most = at_most - times.added;
    const Labels labels = set_labels(columns_, bounds_, most_);
    const Labels::End* best = nullptr;
    std::pair<double, double> least{at_most, kNever};
    for (const Labels::End& end : labels.ends) {
      double sum = 0;
      for (const Limit& limit : limits_) sum += limit.times(end.amounts);
      const std::pair<double, double> here{greatest_times(limits_, end.amounts), sum};
      if (here >= least) continue;
      least = here;
      best = &end;
    }
    if (best == nullptr) return std::nullopt;
    return labels.tiers_of(*best, columns_.steps());
  }

  const Columns& columns_;
  const std::vector<Limit>& limits_;
  std::size_t most_;
  std::vector<Bound> bounds_;
};

}  // namespace

std::optional<Route> shortest_route(const Chain& chain, const Spend& weights) {
  return least_route(chain, Columns{chain, weights, {}});
}

std::optional<Route> best_route(const Chain& chain, const Spend& weights, const Spend& limits,
                                std::size_t most) {
  const std::vector<Criterion> criteria = restricting(chain, weights, {}, limits);
  const Columns columns{chain, weights, criteria, limits};
  if (criteria.empty()) return least_route(chain, columns);
  std::vector<Limit> of_columns;
  for (std::size_t i = 0; i < criteria.size(); ++i) {
    of_columns.push_back({i + 1, limits[criteria[i]]});
  }
  auto tiers = LimitedSearch{columns, of_columns, most}.best();
  if (!tiers) return std::nullopt;
  return route_of(chain, std::move(*tiers));
}

std::vector<Route> best_routes(const Chain& chain, const std::vector<Criterion>& targets,
                               const Spend& limits, std::size_t most) {
  PAPILIO_CHECK(!targets.empty() && targets.size() <= kMostCoordinates);
  std::vector<Criterion> criteria = targets;
  const std::vector<Criterion> others = restricting(chain, std::nullopt, targets, limits);
  criteria.insert(criteria.end(), others.begin(), others.end());
  const Columns columns{chain, std::nullopt, criteria, limits};
  std::vector<Limit> of_columns;
  for (std::size_t i = 0; i < criteria.size(); ++i) {
    const double limit = limits[criteria[i]];
    if (!std::isinf(limit)) of_columns.push_back({i, limit});
  }
  Labels labels = set_labels(columns, bounds_of(columns, of_columns), most);
  std::vector<Labels::End>& ends = labels.ends;
  std::erase_if(ends, [&](const Labels::End& end) { return !is_within(of_columns, end.amounts); });
  std::vector<double> points;
  for (const Labels::End& end : ends) {
    points.insert(points.end(), end.amounts.begin(),
                  end.amounts.begin() + static_cast<std::ptrdiff_t>(targets.size()));
  }
  const std::vector<std::size_t> members = pareto_front(points, targets.size());
  std::vector<Route> routes;
  routes.reserve(members.size());
  for (const std::size_t member : members) {
    routes.push_back(route_of(chain, labels.tiers_of(ends[member], columns.steps())));
  }
  return routes;
}

std::optional<NearMiss> nearest_miss(const Chain& chain, const Spend& limits, std::size_t most) {
  const std::vector<Criterion> criteria = finite_limits(limits);
  PAPILIO_CHECK(!criteria.empty());
  const Columns columns{chain, std::nullopt, criteria};
  std::vector<Limit> of_columns;
  for (std::size_t i = 0; i < criteria.size(); ++i) of_columns.push_back({i, limits[criteria[i]]});
  auto tiers = MissSearch{columns, of_columns, most}.nearest();
  if (!tiers) return std::nullopt;
  NearMiss miss{route_of(chain, std::move(*tiers)), 0, {}};
  for (std::size_t i = 0; i < criteria.size(); ++i) {
    const Limit& limit = of_columns[i];
    const std::optional<Walk> least = least_walk(columns, only(i));
    Amounts spent{};
    spent[i] = miss.route.spend[criteria[i]];
    miss.times = std::max(miss.times, limit.times(spent));
    miss.limits.push_back({criteria[i], limit.limit, least->amounts[i]});
  }
  return miss;
}

}  // namespace papilio
