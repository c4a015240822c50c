#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/base/document/column.hpp"
#include "sim/base/document/document.hpp"
#include "sim/planner/planner.hpp"
#include "sim/planner/robust_plan.hpp"

namespace papilio {

/// The parts of a report of plans by which it can be asked for: the answer, what others cost, how
/// plans fare over a spread or a trace, what would change the answer, the fronts, the stages, what
/// it rests on, and which planner proposed what.
const std::vector<std::string>& plan_sections();

/// What a report of plans shows beside the answer.
struct PlanReportSettings {
  bool explain{false};     ///< the stages of each answer
  bool front{false};       ///< the plans that no other beats
  bool sensitivity{true};  ///< where the answer changes
  /// `[answers]`, or none: how the plans fare over a trace.
  std::vector<OverTrace> traces{};
  std::string trace_file{};  ///< of these, for people
  /// `[answers]`, or none: how they fare as layer times may be.
  std::vector<OverTrace> spreads{};
  std::vector<std::string> sections{};  ///< of `plan_sections`, those that are shown; none: all
};

/// Coordinates of `front_points`.
inline constexpr std::size_t kFrontCoordinates = 5;

/// Latency, mobile energy, loss of accuracy, bytes sent and cloud time of some plans, of which a
/// front is made: `[plans × 5]`. A loss is against the uncut network; where nobody knows it, NaN,
/// unless nobody knows the accuracy of any plan: then it is 0 for all.
std::vector<double> front_points(const PlanAnswer& answer, const Planner& planner);

/// What plans rest on, as sentences: whose layer times they are priced by, and what is assumed
/// because the scenario does not say it.
std::vector<std::string> grounds_of(const Scenario& scenario);

/// The answers as a report: the answer first, then what others would cost, what would change it,
/// and what all of that rests on.
Document plan_document(const Planner& planner, const std::vector<PlanAnswer>& answers,
                       const PlanReportSettings& settings);

/// The columns of `plan_table`, in order.
const std::vector<Column>& plan_columns();

/// Every plan on every radio as a row, for CSV.
Table plan_table(const Planner& planner, const std::vector<PlanAnswer>& answers);

/// Why there is no answer on a radio: the nearest plan, and the limits that it misses.
std::string miss_text(const Planner& planner, const PlanAnswer& answer);

}  // namespace papilio
