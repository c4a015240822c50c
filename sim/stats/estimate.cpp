#include "sim/stats/estimate.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/statistics/univariate_statistics.hpp>
#include <cmath>

namespace papilio {
namespace {

constexpr std::size_t kBatches = 20;
constexpr std::size_t kFewestPerBatch = 10;

/// The k-th batch: the k-th of `of` equal pieces of every part.
std::vector<double> batch(const Parts& parts, std::size_t k, std::size_t of) {
  std::vector<double> values;
  for (const std::span<const double>& part : parts) {
    const std::size_t begin = part.size() * k / of;
    const std::size_t end = part.size() * (k + 1) / of;
    values.insert(values.end(), part.begin() + static_cast<std::ptrdiff_t>(begin),
                  part.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return values;
}

/// @param summary of a list of values, which it may reorder
template <class Summary>
Estimate by_batches(const Parts& parts, const Summary& summary) {
  std::vector<double> all = batch(parts, 0, 1);
  if (all.empty()) return {};
  const Estimate whole{summary(all)};
  if (all.size() < kBatches * kFewestPerBatch) return whole;
  std::vector<double> summaries;
  for (std::size_t k = 0; k < kBatches; ++k) {
    std::vector<double> values = batch(parts, k, kBatches);
    if (values.empty()) return whole;
    summaries.push_back(summary(values));
  }
  return {whole.value, half_width(summaries)};
}

}  // namespace

std::optional<double> half_width(std::span<const double> values, double confidence) {
  if (values.size() < 2) return std::nullopt;
  const auto n = static_cast<double>(values.size());
  const double variance = boost::math::statistics::sample_variance(values.begin(), values.end());
  const boost::math::students_t t{n - 1};
  return boost::math::quantile(t, (1 + confidence) / 2) * std::sqrt(variance / n);
}

double mean(std::span<const double> values) {
  return values.empty() ? 0 : boost::math::statistics::mean(values.begin(), values.end());
}

double quantile(std::vector<double>& values, double p) {
  const auto n = static_cast<double>(values.size());
  const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(p * n)));
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

Estimate median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  Estimate result{(values[(n - 1) / 2] + values[n / 2]) / 2};
  // The true median is below the r-th value as likely as fewer than r of n throws of a coin are
  // tails.
  const boost::math::binomial throws{static_cast<double>(n), 0.5};
  std::size_t rank = 0;
  while (rank < n / 2 &&
         boost::math::cdf(throws, static_cast<double>(rank)) <= (1 - kConfidence) / 2) {
    ++rank;
  }
  if (rank > 0) result.half_width = (values[n - rank] - values[rank - 1]) / 2;
  return result;
}

Estimate mean_by_batches(const Parts& parts) {
  return by_batches(parts, [](const std::vector<double>& values) { return mean(values); });
}

Estimate quantile_by_batches(const Parts& parts, double p) {
  return by_batches(parts, [p](std::vector<double>& values) { return quantile(values, p); });
}

}  // namespace papilio
