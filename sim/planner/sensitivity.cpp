#include "sim/planner/sensitivity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/plan/search/envelope.hpp"
#include "sim/plan/search/regions.hpp"

namespace papilio {
namespace {

constexpr double kBitsOfByte = 8;
constexpr double kMega = 1e6;
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// Where costs are affine.
double affine_in(const ConditionAxis& axis, double condition) {
  return axis.reciprocal ? 1 / condition : condition;
}

/// A scenario's conditions with one changed.
ConditionsSpec with(ConditionsSpec conditions, const ConditionAxis& axis, double value) {
  axis.set(conditions, value);
  return conditions;
}

/// A cost that is affine in x, of its values at two places.
Affine through(double x0, double value0, double x1, double value1) {
  const double slope = (value1 - value0) / (x1 - x0);
  return {value0 - slope * x0, slope};
}

AxisCandidate candidate_of(const Planner& planner, std::size_t radio, std::size_t proposal,
                           const ConditionAxis& axis, double low, double high) {
  if (!planner.accurate(proposal)) return {.value = {kUnknown, 0}, .limits = {}};
  const SpendLine line{planner, radio, proposal, axis, low, high};
  AxisCandidate candidate{.value = line.of(planner.question().goal.criterion()), .limits = {}};
  const Limits& limits = planner.scenario().limits;
  for (const Criterion criterion : limits.limited()) {
    candidate.limits.push_back({line.of(criterion), limits.most[criterion]});
  }
  return candidate;
}

double usual_low(const Planner& planner, std::size_t radio, const ConditionAxis& axis) {
  const Scenario& scenario = planner.scenario();
  return axis.value(scenario.spec.conditions, scenario.radios.at(radio)) * axis.least_times;
}
double usual_high(const Planner& planner, std::size_t radio, const ConditionAxis& axis) {
  const Scenario& scenario = planner.scenario();
  return axis.value(scenario.spec.conditions, scenario.radios.at(radio)) * axis.most_times;
}

std::vector<double> spread(double low, double high, std::size_t count) {
  std::vector<double> places;
  for (std::size_t i = 0; i < count; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(count - 1);
    places.push_back(low * std::pow(high / low, share));
  }
  return places;
}

}  // namespace

const std::vector<ConditionAxis>& condition_axes() {
  static const std::vector<ConditionAxis> kAxes{
      {.name = "uplink",
       .title = "uplink",
       .phrase = "the uplink",
       .unit = "Mbit/s",
       .per_unit = kMega,
       .reciprocal = true,
       .value =
           [](const ConditionsSpec& of, const Radio& radio) {
             return of.uplink_bit_per_s.value_or(radio.uplink.value() * kBitsOfByte);
           },
       .set = [](ConditionsSpec& of, double value) { of.uplink_bit_per_s = value; }},
      {.name = "downlink",
       .title = "downlink",
       .phrase = "the downlink",
       .unit = "Mbit/s",
       .per_unit = kMega,
       .reciprocal = true,
       .value =
           [](const ConditionsSpec& of, const Radio& radio) {
             return of.downlink_bit_per_s.value_or(radio.downlink.value() * kBitsOfByte);
           },
       .set = [](ConditionsSpec& of, double value) { of.downlink_bit_per_s = value; }},
      {.name = "mobile_load",
       .title = "K_mobile",
       .phrase = "K_mobile",
       .value = [](const ConditionsSpec& of, const Radio&) { return of.mobile_load_level; },
       .set = [](ConditionsSpec& of, double value) { of.mobile_load_level = value; }},
      {.name = "cloud_load",
       .title = "K_cloud",
       .phrase = "K_cloud",
       .value = [](const ConditionsSpec& of, const Radio&) { return of.cloud_load_level; },
       .set = [](ConditionsSpec& of, double value) { of.cloud_load_level = value; },
       .least_times = 1,
       .most_times = 1000},
      {.name = "edge_load",
       .title = "K_edge",
       .phrase = "K_edge",
       .of_edge = true,
       .value = [](const ConditionsSpec& of, const Radio&) { return of.edge_load_level; },
       .set = [](ConditionsSpec& of, double value) { of.edge_load_level = value; },
       .least_times = 1,
       .most_times = 1000},
  };
  return kAxes;
}

const ConditionAxis& condition_axis(std::string_view option, const std::string& name,
                                    const ScenarioSpec& spec) {
  std::vector<std::string> names;
  for (const ConditionAxis& axis : condition_axes()) {
    if (axis.of_edge && !spec.conditions.has_edge) continue;
    if (axis.name == name) return axis;
    names.emplace_back(axis.name);
  }
  throw ConfigError{fmt::format("papilio plan: error: {}: there is no axis '{}'{}", option, name,
                                suggestion(name, names))};
}

AlongAxis along_axis(const Planner& planner, std::size_t radio, const ConditionAxis& axis,
                     double low, double high) {
  PAPILIO_CHECK(planner.question().goal.adds_up() && low > 0 && low < high);
  std::vector<AxisCandidate> candidates;
  for (std::size_t i = 0; i < planner.proposals().size(); ++i) {
    candidates.push_back(candidate_of(planner, radio, i, axis, low, high));
  }
  const Scenario& scenario = planner.scenario();
  AlongAxis along{.axis = &axis,
                  .here = axis.value(scenario.spec.conditions, scenario.radios.at(radio)),
                  .stretches = {}};
  const double a = affine_in(axis, low);
  const double b = affine_in(axis, high);
  for (const AxisSegment& segment : lower_envelope(candidates, std::min(a, b), std::max(a, b))) {
    along.stretches.push_back(
        {affine_in(axis, segment.from), affine_in(axis, segment.to), segment.best});
  }
  if (axis.reciprocal) {
    std::reverse(along.stretches.begin(), along.stretches.end());
    for (Stretch& stretch : along.stretches) std::swap(stretch.from, stretch.to);
  }
  return along;
}

AlongAxis along_axis(const Planner& planner, std::size_t radio, const ConditionAxis& axis) {
  return along_axis(planner, radio, axis, usual_low(planner, radio, axis),
                    usual_high(planner, radio, axis));
}

SpendLine::SpendLine(const Planner& planner, std::size_t radio, std::size_t proposal,
                     const ConditionAxis& axis, double low, double high)
    : reciprocal_{axis.reciprocal}, lines_{} {
  const ConditionsSpec& conditions = planner.scenario().spec.conditions;
  const Spend at_low = planner.spend(radio, proposal, with(conditions, axis, low));
  const Spend at_high = planner.spend(radio, proposal, with(conditions, axis, high));
  for (std::size_t i = 0; i < kCriteria; ++i) {
    const auto criterion = static_cast<Criterion>(i);
    lines_.at(i) =
        through(affine_in(axis, low), at_low[criterion], affine_in(axis, high), at_high[criterion]);
  }
}

SpendLine::SpendLine(const Planner& planner, std::size_t radio, std::size_t proposal,
                     const ConditionAxis& axis)
    : SpendLine{planner,
                radio,
                proposal,
                axis,
                usual_low(planner, radio, axis),
                usual_high(planner, radio, axis)} {}

Spend SpendLine::at(double condition) const {
  Spend spend;
  for (std::size_t i = 0; i < kCriteria; ++i) {
    const Affine& line = lines_.at(i);
    // What does not hang on the condition must not become NaN where the reciprocal is infinite.
    const double changing = line.slope == 0 ? 0
                            : reciprocal_   ? line.slope / condition
                                            : line.slope * condition;
    spend[static_cast<Criterion>(i)] = line.constant + changing;
  }
  return spend;
}

PlanMap plan_map(const Planner& planner, std::size_t radio, const ConditionAxis& x,
                 const ConditionAxis& y, std::size_t columns, std::size_t rows) {
  PAPILIO_CHECK(planner.question().goal.adds_up() && columns >= 2 && rows >= 2 && x.name != y.name);
  const double x_low = usual_low(planner, radio, x);
  const double x_high = usual_high(planner, radio, x);
  const double y_low = usual_low(planner, radio, y);
  const double y_high = usual_high(planner, radio, y);
  const ConditionsSpec& conditions = planner.scenario().spec.conditions;
  const Limits& limits = planner.scenario().limits;
  std::vector<PlaneCandidate> candidates;
  for (std::size_t i = 0; i < planner.proposals().size(); ++i) {
    PlaneCandidate& candidate = candidates.emplace_back();
    if (!planner.accurate(i)) {
      candidate.value.constant = kUnknown;
      continue;
    }
    const auto at = [&](double x_value, double y_value) {
      return planner.spend(radio, i, with(with(conditions, x, x_value), y, y_value));
    };
    const Spend origin = at(x_low, y_low);
    const Spend along_x = at(x_high, y_low);
    const Spend along_y = at(x_low, y_high);
    const auto plane = [&](Criterion criterion) {
      const Affine of_x =
          through(affine_in(x, x_low), origin[criterion], affine_in(x, x_high), along_x[criterion]);
      const Affine of_y =
          through(affine_in(y, y_low), origin[criterion], affine_in(y, y_high), along_y[criterion]);
      return AffinePlane{of_x.constant + of_y.constant - origin[criterion], of_x.slope, of_y.slope};
    };
    candidate.value = plane(planner.question().goal.criterion());
    for (const Criterion criterion : limits.limited()) {
      candidate.limits.push_back({plane(criterion), limits.most[criterion]});
    }
  }
  PlanMap map{.x = &x,
              .y = &y,
              .xs = spread(x_low, x_high, columns),
              .ys = spread(y_low, y_high, rows),
              .winners = {}};
  const auto affine = [](const ConditionAxis& axis, const std::vector<double>& conditions_of) {
    std::vector<double> places;
    places.reserve(conditions_of.size());
    for (const double condition : conditions_of) places.push_back(affine_in(axis, condition));
    return places;
  };
  map.winners = winner_map(candidates, affine(x, map.xs), affine(y, map.ys));
  return map;
}

}  // namespace papilio
