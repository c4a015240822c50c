#include "sim/planner/plan_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "sim/plan/search/front.hpp"
#include "sim/planner/baselines.hpp"
#include "sim/planner/plan_file.hpp"
#include "sim/planner/plan_report.hpp"

namespace papilio {
namespace {

using Json = nlohmann::ordered_json;

Json json_number(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

/// Where a plan's latency and energy go, called as in summary.csv.
Json parts_json(const PricedPlan& plan) {
  const Breakdown& took = plan.took;
  Json json{{"mobile_s", took.mobile.value()},     {"uplink_s", took.uplink.value()},
            {"delay_s", took.delay.value()},       {"edge_s", took.edge.value()},
            {"backhaul_s", took.backhaul.value()}, {"cloud_s", took.cloud.value()},
            {"downlink_s", took.downlink.value()}};
  if (plan.cell.energy_known) {
    json["mobile_j"] = (took.compute_energy + took.idle_energy).value();
    json["uplink_j"] = took.uplink_energy.value();
    json["downlink_j"] = took.downlink_energy.value();
  }
  return json;
}

Json json_of_plan(const Planner& planner, const PricedPlan& plan) {
  const Proposal& proposal = planner.proposals()[plan.proposal];
  const std::optional<double>& accuracy = plan.cell.plan.accuracy;
  Json json{{"name", plan.name},
            {"strategy", strategy_json(proposal.strategy)},
            {"planners", proposal.planners},
            {"value", json_number(plan.value)},
            {"accuracy", accuracy ? json_number(*accuracy) : Json()},
            {"exact", plan.cell.exact},
            {"admitted", plan.admitted}};
  for (std::size_t i = 0; i < kCriteria; ++i) {
    const auto criterion = static_cast<Criterion>(i);
    json[std::string{name(criterion)}] = json_number(plan.spend[criterion]);
  }
  json["parts"] = parts_json(plan);
  return json;
}

/// The answer of one radio.
class AnswerJson {
 public:
  AnswerJson(const Planner& planner, const PlanAnswer& answer, std::size_t radio)
      : planner_{planner}, answer_{answer}, radio_{radio} {}

  [[nodiscard]] Json json(const ConditionAxis& x, const ConditionAxis& y) const {
    Json all = plans();
    const auto plan = [&](const std::optional<std::size_t>& i) { return i ? all[*i] : Json(); };
    Json one{{"network", answer_.network},
             {"best", plan(answer_.best)},
             {"second_best", plan(answer_.runner_up)},
             {"nearest", plan(answer_.nearest)},
             {"miss", answer_.best ? Json() : Json(miss_text(planner_, answer_))},
             {"baselines", Json::array()}};
    one["plans"] = std::move(all);
    for (const Baseline& baseline : baselines(planner_, answer_)) {
      one["baselines"].push_back(
          {{"title", baseline.title}, {"name", answer_.plans[baseline.plan].name}});
    }
    if (!planner_.question().goal.adds_up()) return one;
    one["changes"] = changes();
    if (x.name != y.name) one["map"] = map(x, y);
    return one;
  }

 private:
  [[nodiscard]] Json named(std::optional<std::size_t> proposal) const {
    return proposal ? Json(answer_.plans[*proposal].name) : Json();
  }

  [[nodiscard]] Json plans() const {
    const std::vector<double> points = front_points(answer_, planner_);
    const std::vector<std::size_t> front = find_front(points, kFrontCoordinates).members;
    constexpr std::size_t kLoss = 2;  // of the coordinates
    Json all = Json::array();
    for (std::size_t i = 0; i < answer_.plans.size(); ++i) {
      Json one = json_of_plan(planner_, answer_.plans[i]);
      const bool known = answer_.plans[i].cell.exact || answer_.plans[i].cell.plan.accuracy;
      one["accuracy_loss"] = known ? json_number(points[i * kFrontCoordinates + kLoss]) : Json();
      one["on_front"] = std::binary_search(front.begin(), front.end(), i);
      all.push_back(std::move(one));
    }
    return all;
  }

  /// An axis, its numbers in SI, and what people read them in.
  [[nodiscard]] Json axis_json(const ConditionAxis& axis) const {
    const Scenario& scenario = planner_.scenario();
    return {{"condition", axis.name},
            {"title", axis.title},
            {"phrase", axis.phrase},
            {"unit", axis.unit},
            {"per_unit", axis.per_unit},
            {"here", axis.value(scenario.spec.conditions, scenario.radios.at(radio_))}};
  }

  [[nodiscard]] Json changes() const {
    Json all = Json::array();
    for (const ConditionAxis& axis : condition_axes()) {
      if (axis.of_edge && !planner_.scenario().spec.conditions.has_edge) continue;
      Json one = axis_json(axis);
      one["stretches"] = Json::array();
      for (const Stretch& stretch : along_axis(planner_, radio_, axis).stretches) {
        one["stretches"].push_back({{"from", json_number(stretch.from)},
                                    {"to", json_number(stretch.to)},
                                    {"best", named(stretch.best)}});
      }
      all.push_back(std::move(one));
    }
    return all;
  }

  [[nodiscard]] Json map(const ConditionAxis& x, const ConditionAxis& y) const {
    // Cells that can be read one by one; odd numbers, so that the middle of an axis, which is the
    // scenario's own condition where there is as much on either side, is one of them.
    constexpr std::size_t kColumns = 25;
    constexpr std::size_t kRows = 13;
    const PlanMap found = plan_map(planner_, radio_, x, y, kColumns, kRows);
    Json json{{"x", axis_json(x)}, {"y", axis_json(y)}, {"best", Json::array()}};
    json["x"]["values"] = found.xs;
    json["y"]["values"] = found.ys;
    for (std::size_t r = 0; r < kRows; ++r) {
      Json row = Json::array();
      for (std::size_t c = 0; c < kColumns; ++c) {
        const std::size_t winner = found.winners[r * kColumns + c];
        row.push_back(winner < answer_.plans.size() ? named(winner) : Json());
      }
      json["best"].push_back(std::move(row));
    }
    return json;
  }

  const Planner& planner_;
  const PlanAnswer& answer_;
  std::size_t radio_;
};

}  // namespace

nlohmann::ordered_json plan_json(const Planner& planner, const std::vector<PlanAnswer>& answers,
                                 const ConditionAxis& x, const ConditionAxis& y) {
  const Scenario& scenario = planner.scenario();
  Json all = Json::array();
  for (std::size_t radio = 0; radio < answers.size(); ++radio) {
    all.push_back(AnswerJson{planner, answers[radio], radio}.json(x, y));
  }
  Json limits = Json::object();
  for (const Criterion criterion : scenario.limits.limited()) {
    limits[std::string{name(criterion)}] = scenario.limits.most[criterion];
  }
  if (const std::optional<double> least = scenario.limits.accuracy.floor()) {
    limits["accuracy"] = *least;
  }
  Json not_asked = Json::array();
  for (const std::string& why : planner.not_asked()) not_asked.push_back(why);
  return {{"kind", "plan"},
          {"scenario", scenario.spec.name},
          {"model", scenario.spec.model},
          {"mobile", scenario.spec.mobile_device},
          {"cloud", scenario.spec.cloud_device},
          {"target", planner.question().goal.text()},
          {"energy_model", std::string{name(planner.reading())}},
          {"limits", std::move(limits)},
          {"limits_text", scenario.limits.text()},
          {"complete", planner.complete()},
          {"not_asked", std::move(not_asked)},
          {"assumptions", grounds_of(scenario)},
          {"answers", std::move(all)}};
}

}  // namespace papilio
