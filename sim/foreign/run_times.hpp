#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/stats/estimate.hpp"

namespace papilio {

/// What one thing took in the runs of a file.
class RunTimes {
 public:
  /// Adds to what it took in a run; runs come in ascending order.
  void add(std::size_t run, double seconds);
  /// The median over `runs`, of which the first is left out as `leaves_out_first` says; a run in
  /// which it did not occur counts as 0 s.
  /// @param runs in the file, >= 1, more than any that was added
  [[nodiscard]] Estimate median_over(std::size_t runs) const;

 private:
  std::vector<std::pair<std::size_t, double>> seconds_;  // by run
};

/// Whether the first of so many runs is left out, as warm-up.
constexpr bool leaves_out_first(std::size_t runs) {
  constexpr std::size_t kFewest = 3;
  return runs >= kFewest;
}

/// "medians over 9 runs, the first of 10 left out as warm-up".
std::string median_clause(std::size_t runs);

}  // namespace papilio
