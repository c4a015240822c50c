#include "sim/plan/search/dual.hpp"

#include <algorithm>
#include <cmath>

#include "sim/base/error.hpp"
#include "sim/plan/search/glpk.hpp"

namespace papilio {
namespace {

/// Walks that are gathered at most. Bounds hold with fewer too, and are only less good.
constexpr int kMostWalks = 200;
/// Where the best mixture is so little above the bound, the bound is good enough.
constexpr double kConverged = 1e-9;

/// The best mixture of walks: that whose greatest amount / limit is least, or whose first column is
/// least where it keeps the limits.
class Mixture {
 public:
  /// @param first weight of the first column: 1, or 0 where the greatest amount / limit counts
  Mixture(const std::vector<Limit>& limits, double first) : limits_{limits}, first_{first} {
    Coefficients greatest;
    for (std::size_t i = 0; i < limits.size(); ++i) {
      add_row(*program_, {}, GLP_UP, 0);
      greatest.add(static_cast<int>(i + 1), -1);
    }
    add_row(*program_, {}, GLP_FX, 1);
    if (first == 0) add_column(*program_, greatest, 1);
    glp_init_smcp(&parameters_);
    parameters_.msg_lev = GLP_MSG_OFF;
  }

  void add(const Amounts& walk) {
    Coefficients column;
    for (std::size_t i = 0; i < limits_.size(); ++i) {
      column.add(static_cast<int>(i + 1), limits_[i].times(walk) - first_);
    }
    column.add(static_cast<int>(limits_.size() + 1), 1);
    add_column(*program_, column, first_ * walk[0]);
  }

  /// Adds what keeps all limits, and costs so much that it is only used where the walks do not.
  void add_makeshift(double cost) {
    Coefficients column;
    column.add(static_cast<int>(limits_.size() + 1), 1);
    add_column(*program_, column, cost);
  }

  /// Whether GLPK found it.
  bool solve() {
    return glp_simplex(program_.get(), &parameters_) == 0 &&
           glp_get_status(program_.get()) == GLP_OPT;
  }
  [[nodiscard]] double value() const { return glp_get_obj_val(program_.get()); }
  /// The multiplier of each limit, >= 0; of a mean, where the first column does not count.
  [[nodiscard]] std::vector<double> multipliers() const {
    std::vector<double> multipliers;
    double sum = 0;
    for (std::size_t i = 0; i < limits_.size(); ++i) {
      multipliers.push_back(
          std::max(0.0, -glp_get_row_dual(program_.get(), static_cast<int>(i + 1))));
      sum += multipliers.back();
    }
    if (first_ == 0 && sum > 0) {
      for (double& multiplier : multipliers) multiplier /= sum;
    }
    return multipliers;
  }

 private:
  const std::vector<Limit>& limits_;
  double first_;
  GlpkProgram program_ = glpk_program();
  glp_smcp parameters_;
};

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

std::optional<Dual> DualSearch::price(double first, const std::vector<double>& of_limits) {
  Dual dual{{}, 0, 0};
  dual.weights[0] = first;
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    dual.weights[limits_[i].column] += of_limits[i] / limits_[i].scale();
    // A walk within the limits is above the first column's bound by each limit's weight × (amount /
    // limit - 1) <= 0; the greatest amount / limit is no less than their mean.
    dual.added += of_limits[i] * (limits_[i].offset() - first);
  }
  const std::optional<Walk> walk = least_walk(columns_, dual.weights);
  if (!walk) return std::nullopt;
  dual.bound = walk->weighed + dual.added;
  walks_.push_back(walk->amounts);
  reached_times_ = std::min(reached_times_, greatest_times(limits_, walk->amounts));
  if (std::all_of(limits_.begin(), limits_.end(),
                  [&](const Limit& limit) { return walk->amounts[limit.column] <= limit.limit; })) {
    reached_first_ = std::min(reached_first_, walk->amounts[0]);
  }
  return dual;
}

std::optional<Dual> DualSearch::bound_times() {
  std::optional<Dual> best =
      price(0, std::vector<double>(limits_.size(), 1 / static_cast<double>(limits_.size())));
  if (!best) return best;
  Mixture mixture{limits_, 0};
  mixture.add(walks_.back());
  for (int i = 0; i < kMostWalks && mixture.solve(); ++i) {
    const Dual here = price(0, mixture.multipliers()).value();
    if (here.bound > best->bound) best = here;
    if (best->bound >= mixture.value() * (1 - kConverged)) break;
    mixture.add(walks_.back());
  }
  return best;
}

Dual DualSearch::bound_first() {
  Dual best = price(1, std::vector<double>(limits_.size())).value();
  Mixture mixture{limits_, 1};
  double dearest = 0;
  for (const Amounts& walk : walks_) {
    mixture.add(walk);
    dearest = std::max(dearest, walk[0]);
  }
  constexpr double kManyTimes = 100;
  mixture.add_makeshift(kManyTimes * dearest);
  for (int i = 0; i < kMostWalks && mixture.solve(); ++i) {
    const Dual here = price(1, mixture.multipliers()).value();
    if (here.bound > best.bound) best = here;
    if (best.bound >= mixture.value() - kConverged * std::abs(mixture.value())) break;
    mixture.add(walks_.back());
  }
  return best;
}

}  // namespace papilio
