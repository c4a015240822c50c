#include "sim/plan/search/robust.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr double kUnbounded = std::numeric_limits<double>::infinity();

/// Costs without unknown ones, and the samples that weigh anything.
class WeighedSamples {
 public:
  explicit WeighedSamples(const SampledCosts& samples)
      : costs_{samples.costs}, count_{samples.costs.size() / samples.candidates} {
    PAPILIO_CHECK(count_ >= 1 && costs_.size() == count_ * samples.candidates);
    PAPILIO_CHECK(samples.weights.empty() || samples.weights.size() == count_);
    for (std::size_t i = 0; i < count_; ++i) {
      const double weight = samples.weights.empty() ? 1.0 : samples.weights[i];
      PAPILIO_CHECK(weight >= 0 && std::isfinite(weight));
      if (weight == 0) continue;
      places_.push_back(i);
      weights_.push_back(weight);
      total_ += weight;
    }
    PAPILIO_CHECK(total_ > 0);
  }

  [[nodiscard]] std::size_t size() const { return places_.size(); }
  [[nodiscard]] double weight(std::size_t sample) const { return weights_[sample]; }
  [[nodiscard]] double total() const { return total_; }
  [[nodiscard]] double cost(std::size_t candidate, std::size_t sample) const {
    const double cost = costs_[candidate * count_ + places_[sample]];
    if (std::isnan(cost)) return kUnbounded;
    return cost;
  }

 private:
  std::span<const double> costs_;
  std::size_t count_;                // of samples, also of those that weigh nothing
  std::vector<std::size_t> places_;  // of those that do
  std::vector<double> weights_;
  double total_{0};
};

double mean_cost(const WeighedSamples& samples, std::size_t candidate) {
  double sum = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    sum += samples.weight(i) * samples.cost(candidate, i);
  }
  return sum / samples.total();
}

double percentile_cost(const WeighedSamples& samples, std::size_t candidate, double percentile) {
  std::vector<std::pair<double, double>> costs;  // and weights
  for (std::size_t i = 0; i < samples.size(); ++i) {
    costs.emplace_back(samples.cost(candidate, i), samples.weight(i));
  }
  std::sort(costs.begin(), costs.end());
  const double needed = percentile * samples.total();
  double weight = 0;
  for (const auto& [cost, share] : costs) {
    weight += share;
    if (weight >= needed) return cost;
  }
  return costs.back().first;  // the sum in this order may be short by rounding
}

/// Adds a sample's regrets and its best candidate.
void add_sample(const WeighedSamples& samples, std::size_t sample, std::vector<Robustness>& all) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (samples.cost(i, sample) < samples.cost(best, sample)) best = i;
  }
  const double least = samples.cost(best, sample);
  if (least == kUnbounded) return;
  const double share = samples.weight(sample) / samples.total();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double regret = i == best ? 0 : samples.cost(i, sample) - least;
    all[i].mean_regret += share * regret;
    all[i].largest_regret = std::max(all[i].largest_regret, regret);
  }
  all[best].best_share += share;
}

}  // namespace

std::vector<Robustness> robustness(const SampledCosts& samples, std::optional<double> percentile) {
  PAPILIO_CHECK(!percentile || (*percentile > 0 && *percentile <= 1));
  std::vector<Robustness> all(samples.candidates);
  if (all.empty()) return all;
  const WeighedSamples weighed{samples};
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].value = percentile ? percentile_cost(weighed, i, *percentile) : mean_cost(weighed, i);
  }
  for (std::size_t sample = 0; sample < weighed.size(); ++sample) {
    add_sample(weighed, sample, all);
  }
  return all;
}

std::optional<std::size_t> most_robust(std::span<const Robustness> candidates) {
  std::optional<std::size_t> best;
  double least = kUnbounded;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!(candidates[i].value < least)) continue;
    best = i;
    least = candidates[i].value;
  }
  return best;
}

}  // namespace papilio
