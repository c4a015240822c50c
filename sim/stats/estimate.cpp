#include "sim/stats/estimate.hpp"

#include <algorithm>
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

Estimate mean_by_batches(const Parts& parts) {
  return by_batches(parts, [](const std::vector<double>& values) { return mean(values); });
}

Estimate quantile_by_batches(const Parts& parts, double p) {
  return by_batches(parts, [p](std::vector<double>& values) { return quantile(values, p); });
}

}  // namespace papilio
