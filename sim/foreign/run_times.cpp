#include "sim/foreign/run_times.hpp"

#include <fmt/format.h>

namespace papilio {

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
  // So that many things in few of many runs take no memory.
  if (2 * values.size() < runs - first) return {};
  values.resize(runs - first, 0.0);
  return median(std::move(values));
}

std::string median_clause(std::size_t runs) {
  if (runs == 1) return "of one run";
  if (!leaves_out_first(runs)) return fmt::format("medians over {} runs", runs);
  return fmt::format("medians over {} runs, the first of {} left out as warm-up", runs - 1, runs);
}

}  // namespace papilio
