#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/cost/cost.hpp"
#include "sim/plan/accuracy_limit.hpp"
#include "sim/plan/plan.hpp"
#include "sim/plan/search/spend.hpp"

namespace papilio {

/// What a plan spends, where its request waits for nothing.
/// @param took `closed_form` of the plan
Spend spend_of(const Plan& plan, const Breakdown& took);

/// What a plan must keep to be chosen: how accurate it is at least, and what it spends at most.
struct Limits {
  AccuracyLimit accuracy;
  Spend most{Spend::unlimited()};

  /// Whether there is any.
  [[nodiscard]] bool stated() const { return accuracy.stated() || most != Spend::unlimited(); }
  /// The criteria that are limited.
  [[nodiscard]] std::vector<Criterion> limited() const;
  /// Whether a plan may be chosen. What nobody knows (no accuracy, NaN) keeps no limit.
  /// @param exact whether its answers are the uncut network's
  [[nodiscard]] bool admits(const std::optional<double>& of_plan, bool exact,
                            const Spend& spend) const;
  /// "an accuracy of at least 76.1 % (…), latency_s of at most 0.03". Only where one is stated.
  [[nodiscard]] std::string text() const;
};

}  // namespace papilio
