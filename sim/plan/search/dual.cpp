#include "sim/plan/search/dual.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// Steps of the subgradient. More make bounds better and searches not much faster.
constexpr int kDualSteps = 120;
/// Steps without a better bound after which they are made half as long.
constexpr int kPatience = 6;
/// Where no walk within the limits is known, it is guessed to cost so much more than the bound.
constexpr double kGuess = 0.01;

/// Polyak's rule: how far to go.
class StepLength {
 public:
  double next(double target, double value, double squared_slope) {
    return factor_ * (target - value) / squared_slope;
  }
  void improved(bool is_better) {
    since_ = is_better ? 0 : since_ + 1;
    if (since_ < kPatience) return;
    since_ = 0;
    factor_ /= 2;
  }

 private:
  double factor_ = 1;
  int since_ = 0;
};

double squared(const std::vector<double>& slope) {
  return std::inner_product(slope.begin(), slope.end(), slope.begin(), 0.0);
}

}  // namespace

double greatest_times(const std::vector<Limit>& limits, const Amounts& amounts) {
  double greatest = 0;
  for (const Limit& limit : limits) greatest = std::max(greatest, limit.times(amounts));
  return greatest;
}

DualSearch::DualSearch(const Columns& columns, const std::vector<Limit>& limits)
    : columns_{columns}, limits_{limits} {
  PAPILIO_CHECK(!limits.empty());
}

Amounts DualSearch::weights(double first, const std::vector<double>& of_limits) const {
  Amounts weights{};
  weights[0] = first;
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    weights[limits_[i].column] += of_limits[i] / limits_[i].scale();
  }
  return weights;
}

std::optional<Walk> DualSearch::walk(double first, const std::vector<double>& of_limits) {
  std::optional<Walk> walk = least_walk(columns_, weights(first, of_limits));
  if (!walk) return walk;
  reached_times_ = std::min(reached_times_, greatest_times(limits_, walk->amounts));
  const bool is_within = std::all_of(limits_.begin(), limits_.end(), [&](const Limit& limit) {
    return walk->amounts[limit.column] <= limit.limit;
  });
  if (is_within) reached_first_ = std::min(reached_first_, walk->amounts[0]);
  return walk;
}

Dual DualSearch::dual(double first, const std::vector<double>& of_limits, double weighed) const {
  // A walk within the limits is above the first column's bound by each limit's weight × (amount /
  // limit - 1) <= 0; the greatest amount / limit is no less than their mean.
  double added = 0;
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    added += of_limits[i] * (limits_[i].offset() - first);
  }
  return {weights(first, of_limits), added, weighed + added};
}

std::optional<Dual> DualSearch::bound_times() {
  std::vector<double> mean(limits_.size(), 1 / static_cast<double>(limits_.size()));
  std::optional<Walk> at = walk(0, mean);
  if (!at) return std::nullopt;
  Dual best = dual(0, mean, at->weighed);
  StepLength length;
  std::vector<double> slope(limits_.size());
  for (int step = 0; step < kDualSteps && limits_.size() > 1; ++step) {
    const double value = dual(0, mean, at->weighed).bound;
    double average = 0;
    for (const Limit& limit : limits_) average += limit.times(at->amounts);
    average /= static_cast<double>(limits_.size());
    for (std::size_t i = 0; i < limits_.size(); ++i) {
      slope[i] = limits_[i].times(at->amounts) - average;
    }
    const double squared_slope = squared(slope);
    if (squared_slope == 0 || reached_times_ <= value) break;
    const double by = length.next(reached_times_, value, squared_slope);
    double sum = 0;
    for (std::size_t i = 0; i < limits_.size(); ++i) {
      mean[i] = std::max(0.0, mean[i] + by * slope[i]);
      sum += mean[i];
    }
    for (double& weight : mean) weight /= sum;
    at = walk(0, mean);
    const Dual here = dual(0, mean, at->weighed);
    length.improved(here.bound > best.bound);
    if (here.bound > best.bound) best = here;
  }
  return best;
}

Dual DualSearch::bound_first() {
  if (limits_.size() == 1) return bound_first_by_one();
  std::vector<double> multipliers(limits_.size());
  Walk at = walk(1, multipliers).value();
  Dual best = dual(1, multipliers, at.weighed);
  StepLength length;
  std::vector<double> slope(limits_.size());
  for (int step = 0; step < kDualSteps; ++step) {
    for (std::size_t i = 0; i < limits_.size(); ++i) {
      slope[i] = limits_[i].times(at.amounts) - 1;
      // At the edge nothing can be made less.
      if (multipliers[i] == 0) slope[i] = std::max(0.0, slope[i]);
    }
    const double squared_slope = squared(slope);
    if (squared_slope == 0 || reached_first_ <= best.bound) break;
    const double value = dual(1, multipliers, at.weighed).bound;
    const double target =
        std::isinf(reached_first_) ? best.bound + kGuess * std::abs(best.bound) : reached_first_;
    const double by = length.next(target, value, squared_slope);
    for (std::size_t i = 0; i < limits_.size(); ++i) {
      multipliers[i] = std::max(0.0, multipliers[i] + by * slope[i]);
    }
    at = walk(1, multipliers).value();
    const Dual here = dual(1, multipliers, at.weighed);
    length.improved(here.bound > best.bound);
    if (here.bound > best.bound) best = here;
  }
  return best;
}

Dual DualSearch::bound_first_by_one() {
  // The bound as a function of the one multiplier is the lower envelope of lines, one a walk. Lines
  // on either side of its highest point are brought together where they cross (Handler and Zang,
  // Networks 10, 1980).
  const Limit& limit = limits_.front();
  std::vector<double> multiplier{0};
  Walk over = walk(1, multiplier).value();
  Dual best = dual(1, multiplier, over.weighed);
  if (limit.times(over.amounts) <= 1) return best;
  Walk under = walk(0, {1}).value();
  for (int step = 0; step < kDualSteps; ++step) {
    const double fall = limit.times(over.amounts) - limit.times(under.amounts);
    if (!(fall > 0)) break;
    multiplier[0] = std::max(0.0, (under.amounts[0] - over.amounts[0]) / fall);
    Walk at = walk(1, multiplier).value();
    const Dual here = dual(1, multiplier, at.weighed);
    const bool is_better = here.bound > best.bound;
    if (is_better) best = here;
    if (at.tiers == over.tiers || at.tiers == under.tiers) break;
    (limit.times(at.amounts) > 1 ? over : under) = std::move(at);
  }
  return best;
}

}  // namespace papilio
