#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/plan/search/envelope.hpp"
#include "sim/planner/planner.hpp"

namespace papilio {

/// A condition along which a choice changes: a row of the table of axes. Costs are affine in the
/// condition, or in its reciprocal (docs/models/planning-analysis.md).
struct ConditionAxis {
  std::string_view name;    ///< as options take it: "uplink", "cloud_load"
  std::string_view title;   ///< for people, in a table: "uplink"
  std::string_view phrase;  ///< in a sentence: "the uplink"
  std::string_view unit;    ///< of what people read: "Mbit/s"; empty: none
  double per_unit{1};       ///< of the condition in one of those, as 1e6 bit/s
  bool reciprocal{false};   ///< whether costs are affine in 1/condition
  bool of_edge{false};      ///< whether it means something only where there is an edge
  /// What the condition is on a radio.
  double (*value)(const ConditionsSpec&, const Radio&);
  void (*set)(ConditionsSpec&, double);
  double least_times{0.01};  ///< of the range that is looked at unless somebody says
  double most_times{100};    ///< likewise
};

/// "uplink", "downlink", "cloud_load", "mobile_load", "edge_load".
const std::vector<ConditionAxis>& condition_axes();

/// The axis of this name.
/// @throws ConfigError naming the option if there is none, or it means nothing in the scenario
const ConditionAxis& condition_axis(std::string_view option, const std::string& name,
                                    const ScenarioSpec& spec);

/// A stretch of an axis, in the condition's own unit, and the best plan all along it.
struct Stretch {
  double from{0};
  double to{0};
  std::optional<std::size_t> best;  ///< of the proposals; nothing: none keeps the limits
};

/// The best plan of a radio along an axis, exactly: all else as the scenario has it.
struct AlongAxis {
  const ConditionAxis* axis{nullptr};
  double here{0};                  ///< the scenario's own value
  std::vector<Stretch> stretches;  ///< ascending in the condition
};

/// @param planner its goal adds up
/// @param low, high of the condition, 0 < low < high
AlongAxis along_axis(const Planner& planner, std::size_t radio, const ConditionAxis& axis,
                     double low, double high);
/// Over the axis' usual range around the scenario's own value.
AlongAxis along_axis(const Planner& planner, std::size_t radio, const ConditionAxis& axis);

/// What a plan spends along a condition: of each criterion constant + slope · x, x the condition or
/// its reciprocal.
class SpendLine {
 public:
  /// @param low, high of the condition, 0 < low < high
  SpendLine(const Planner& planner, std::size_t radio, std::size_t proposal,
            const ConditionAxis& axis, double low, double high);
  /// Over the axis' usual range around the scenario's own value.
  SpendLine(const Planner& planner, std::size_t radio, std::size_t proposal,
            const ConditionAxis& axis);

  [[nodiscard]] const Affine& of(Criterion criterion) const {
    return lines_[static_cast<std::size_t>(criterion)];
  }
  /// Where the condition has this value; infinite where that is 0 and the plan needs it.
  [[nodiscard]] Spend at(double condition) const;

 private:
  bool reciprocal_;
  std::array<Affine, kCriteria> lines_;
};

/// A map of the best plans over two axes.
struct PlanMap {
  const ConditionAxis* x{nullptr};
  const ConditionAxis* y{nullptr};
  std::vector<double> xs;  ///< of the condition, rising
  std::vector<double> ys;
  std::vector<std::uint32_t> winners;  ///< `[ys × xs]`, of the proposals; beyond them: none
};

/// @param planner its goal adds up
/// @param columns, rows >= 2; places are spread evenly over the logarithm of each axis' usual range
PlanMap plan_map(const Planner& planner, std::size_t radio, const ConditionAxis& x,
                 const ConditionAxis& y, std::size_t columns, std::size_t rows);

}  // namespace papilio
