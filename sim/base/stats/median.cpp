// What measuring on a machine without Boost needs of sim/base/stats.

#include <algorithm>
#include <cmath>

#include "sim/base/stats/estimate.hpp"

namespace papilio {

double quantile(std::vector<double>& values, double p) {
  const auto n = static_cast<double>(values.size());
  const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(p * n)));
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

std::size_t median_rank(std::size_t n) {
  // The chance of exactly `rank` tails, 1/2^n at first, which for large n only an exponent of its
  // own can hold.
  double chance = 1;
  int exponent = -static_cast<int>(n);
  double fewer = 0;  // the chance of at most `rank` tails
  std::size_t rank = 0;
  for (; rank < n / 2; ++rank) {
    fewer += std::ldexp(chance, exponent);
    if (fewer > (1 - kConfidence) / 2) break;
    int more = 0;
    chance =
        std::frexp(chance * static_cast<double>(n - rank) / static_cast<double>(rank + 1), &more);
    exponent += more;
  }
  return rank;
}

Estimate median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  Estimate result{(values[(n - 1) / 2] + values[n / 2]) / 2};
  const std::size_t rank = median_rank(n);
  if (rank > 0) result.half_width = (values[n - rank] - values[rank - 1]) / 2;
  return result;
}

Estimate sum_of(std::span<const Estimate> parts) {
  Estimate sum;
  for (const Estimate& part : parts) {
    sum.value += part.value;
    if (part.half_width) sum.half_width = sum.half_width.value_or(0) + *part.half_width;
  }
  return sum;
}

bool agree(const Estimate& one, const Estimate& other) {
  return std::abs(one.value - other.value) <=
         one.half_width.value_or(0) + other.half_width.value_or(0);
}

}  // namespace papilio
