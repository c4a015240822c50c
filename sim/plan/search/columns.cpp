#include "sim/plan/search/columns.hpp"

#include <algorithm>
#include <tuple>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

class ColumnWriter {
 public:
  ColumnWriter(const std::optional<Spend>& weights, const std::vector<Criterion>& criteria,
               const Spend& limits)
      : weights_{weights}, criteria_{criteria}, limits_{limits} {}

  /// Writes the columns of one cost and goes on to the next's.
  void write(const Spend& spend, double*& to) const {
    double* const begin = to;
    bool is_possible = spend[Criterion::kLatency] < kInfinite && spend.within(limits_);
    if (weights_) *to++ = spend.weighed(*weights_);
    for (const Criterion criterion : criteria_) *to++ = spend[criterion];
    for (const double* at = begin; at != to; ++at) is_possible = is_possible && *at < kInfinite;
    if (!is_possible) std::fill(begin, to, kInfinite);
  }

 private:
  const std::optional<Spend>& weights_;
  const std::vector<Criterion>& criteria_;
  const Spend& limits_;
};

/// How good a way to a tier is.
struct Standing {
  double weighed = kInfinite;
  std::size_t changes = 0;

  bool operator<(const Standing& other) const {
    return std::tie(weighed, changes) < std::tie(other.weighed, other.changes);
  }
};

}  // namespace

Columns::Columns(const Chain& chain, const std::optional<Spend>& weights,
                 const std::vector<Criterion>& criteria, const Spend& limits)
    : steps_{chain.steps()},
      tiers_{chain.tiers()},
      width_{criteria.size() + (weights ? 1 : 0)},
      compute_(steps_ * tiers_ * width_),
      move_((steps_ + 1) * tiers_ * tiers_ * width_) {
  PAPILIO_CHECK(width_ >= 1 && width_ <= kMostColumns);
  const ColumnWriter writer{weights, criteria, limits};
  double* compute = compute_.data();
  for (std::size_t step = 0; step < steps_; ++step) {
    for (std::size_t tier = 0; tier < tiers_; ++tier) {
      writer.write(chain.compute(step, tier), compute);
    }
  }
  double* move = move_.data();
  for (std::size_t position = 0; position <= steps_; ++position) {
    for (std::size_t from = 0; from < tiers_; ++from) {
      for (std::size_t to = 0; to < tiers_; ++to) {
        writer.write(chain.move(position, from, to), move);
      }
    }
  }
}

std::optional<Walk> least_walk(const Columns& columns, const Amounts& weights) {
  const std::size_t tiers = columns.tiers();
  const std::size_t steps = columns.steps();
  std::vector<Standing> here(tiers);
  std::vector<Standing> next(tiers);
  std::vector<std::uint8_t> came_from(steps * tiers);
  here[0].weighed = 0;
  for (std::size_t step = 0; step < steps; ++step) {
    for (std::size_t to = 0; to < tiers; ++to) {
      Standing best;
      const double compute = columns.weighed(columns.compute(step, to), weights);
      for (std::size_t from = 0; from < tiers; ++from) {
        const Standing way{
            here[from].weighed + columns.weighed(columns.move(step, from, to), weights) + compute,
            here[from].changes + (from != to ? 1 : 0)};
        if (way < best) {
          best = way;
          came_from[step * tiers + to] = static_cast<std::uint8_t>(from);
        }
      }
      next[to] = best;
    }
    here.swap(next);
  }
  Standing best;
  std::size_t at = 0;
  for (std::size_t from = 0; from < tiers; ++from) {
    const Standing way{here[from].weighed + columns.weighed(columns.move(steps, from, 0), weights),
                       here[from].changes + (from != 0 ? 1 : 0)};
    if (way < best) {
      best = way;
      at = from;
    }
  }
  if (best.weighed == kInfinite) return std::nullopt;
  Walk walk{std::vector<std::uint8_t>(steps), Amounts{}, best.weighed};
  const auto add = [&](const double* amounts) {
    for (std::size_t i = 0; i < columns.width(); ++i) walk.amounts[i] += amounts[i];
  };
  for (std::size_t step = steps; step-- > 0;) {
    walk.tiers[step] = static_cast<std::uint8_t>(at);
    at = came_from[step * tiers + at];
  }
  for (std::size_t step = 0; step < steps; ++step) {
    add(columns.move(step, at, walk.tiers[step]));
    at = walk.tiers[step];
    add(columns.compute(step, at));
  }
  add(columns.move(steps, at, 0));
  return walk;
}

std::vector<double> least_to_go(const Columns& columns, const Amounts& weights) {
  const std::size_t tiers = columns.tiers();
  const std::size_t steps = columns.steps();
  std::vector<double> to_go(steps * tiers, kInfinite);
  for (std::size_t tier = 0; tier < tiers; ++tier) {
    to_go[(steps - 1) * tiers + tier] = columns.weighed(columns.move(steps, tier, 0), weights);
  }
  for (std::size_t step = steps - 1; step-- > 0;) {
    for (std::size_t from = 0; from < tiers; ++from) {
      double& best = to_go[step * tiers + from];
      for (std::size_t to = 0; to < tiers; ++to) {
        best = std::min(best, columns.weighed(columns.move(step + 1, from, to), weights) +
                                  columns.weighed(columns.compute(step + 1, to), weights) +
                                  to_go[(step + 1) * tiers + to]);
      }
    }
  }
  return to_go;
}

double greatest_amount(const Columns& columns, std::size_t column) {
  const std::size_t tiers = columns.tiers();
  std::vector<double> here(tiers, -kInfinite);
  std::vector<double> next(tiers);
  here[0] = 0;
  const auto amount = [column](const double* amounts) {
    return amounts[column] == kInfinite ? -kInfinite : amounts[column];
  };
  for (std::size_t step = 0; step < columns.steps(); ++step) {
    for (std::size_t to = 0; to < tiers; ++to) {
      next[to] = -kInfinite;
      for (std::size_t from = 0; from < tiers; ++from) {
        next[to] = std::max(next[to], here[from] + amount(columns.move(step, from, to)) +
                                          amount(columns.compute(step, to)));
      }
    }
    here.swap(next);
  }
  double greatest = 0;
  for (std::size_t from = 0; from < tiers; ++from) {
    greatest = std::max(greatest, here[from] + amount(columns.move(columns.steps(), from, 0)));
  }
  return greatest;
}

}  // namespace papilio
