#include "sim/base/stats/estimate.hpp"

#include <boost/math/distributions/students_t.hpp>
#include <boost/math/statistics/univariate_statistics.hpp>
#include <cmath>

namespace papilio {
namespace {

/// @param variance of one of `n` values
double students_half_width(double variance, double n, double confidence) {
  const boost::math::students_t t{n - 1};
  return boost::math::quantile(t, (1 + confidence) / 2) * std::sqrt(variance / n);
}

}  // namespace

std::optional<double> half_width(std::span<const double> values, double confidence) {
  if (values.size() < 2) return std::nullopt;
  return students_half_width(boost::math::statistics::sample_variance(values.begin(), values.end()),
                             static_cast<double>(values.size()), confidence);
}

std::optional<double> half_width_by_sections(std::span<const double> values, double pooled) {
  if (values.size() < 2) return std::nullopt;
  const auto n = static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - pooled) * (value - pooled);
  return students_half_width(squares / (n - 1), n, kConfidence);
}

double mean(std::span<const double> values) {
  return values.empty() ? 0 : boost::math::statistics::mean(values.begin(), values.end());
}

}  // namespace papilio
