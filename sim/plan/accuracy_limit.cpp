#include "sim/plan/accuracy_limit.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace papilio {
namespace {

// Differences of decimal fractions: 0.78 - 0.02 is to admit 0.76.
constexpr double kRounding = 1e-12;

std::string percent(double fraction) {
  return fmt::format("{:.4g} %", fraction * 100);
}

}  // namespace

std::optional<double> AccuracyLimit::floor() const {
  std::optional<double> floor = least;
  if (budget && baseline) floor = std::max(floor.value_or(0), *baseline - *budget);
  return floor;
}

bool AccuracyLimit::admits(const std::optional<double>& accuracy, bool exact) const {
  if (!stated() || (exact && !least)) return true;
  const std::optional<double> needed = floor();
  return needed && accuracy && *accuracy >= *needed - kRounding;
}

std::string AccuracyLimit::text() const {
  std::string why;
  if (least) why = fmt::format("least_accuracy: {:g}", *least);
  if (budget) {
    why += fmt::format("{}accuracy_budget: a loss of at most {:g} from the uncut network's {}",
                       why.empty() ? "" : "; ", *budget,
                       baseline ? percent(*baseline) : "unknown one");
  }
  const std::optional<double> needed = floor();
  if (needed) return fmt::format("at least {} ({})", percent(*needed), why);
  return fmt::format(
      "at most {:g} below the uncut network's, which nobody knows: only what loses "
      "nothing keeps it (accuracy_budget)",
      *budget);
}

}  // namespace papilio
