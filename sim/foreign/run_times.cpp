#include "sim/foreign/run_times.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace papilio {
namespace {

/// As `median` of these values, fewer than half of `count`, and zeros for the others: without the
/// zeros, so that many things in few of many runs take no memory.
Estimate median_with_zeros(std::vector<double> values, std::size_t count) {
  const std::size_t rank = median_rank(count);
  if (rank == 0) return {};
  // The lower end is a zero, for these come first and are more than half.
  if (values.size() < rank) return {.value = 0, .half_width = 0};
  const auto upper = values.end() - static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), upper, values.end());
  return {.value = 0, .half_width = *upper / 2};
}

}  // namespace

void RunTimes::add(std::size_t run, double seconds) {
  if (seconds_.empty() || seconds_.back().first != run) seconds_.emplace_back(run, 0.0);
  seconds_.back().second += seconds;
}

Estimate RunTimes::median_over(std::size_t runs) const {
  const std::size_t first = leaves_out_first(runs) ? 1 : 0;
  std::vector<double> values;
  for (const auto& [run, seconds] : seconds_) {
    if (run >= first) values.push_back(seconds);
  }
  const std::size_t counted = runs - first;
  if (2 * values.size() < counted) return median_with_zeros(std::move(values), counted);
  values.resize(counted, 0.0);
  return median(std::move(values));
}

std::string median_clause(std::size_t runs) {
  if (runs == 1) return "of one run";
  if (!leaves_out_first(runs)) return fmt::format("medians over {} runs", runs);
  return fmt::format("medians over {} runs, the first of {} left out as warm-up", runs - 1, runs);
}

}  // namespace papilio
