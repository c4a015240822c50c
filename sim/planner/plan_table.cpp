#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "sim/planner/plan_report.hpp"

namespace papilio {
namespace {

/// What a plan loses of the uncut network's accuracy, where that is known.
TableCell loss_cell(const Planner& planner, const PricedPlan& plan) {
  if (plan.cell.exact) return {0.0};
  const std::optional<double>& baseline = planner.scenario().limits.accuracy.baseline;
  if (!baseline || !plan.cell.plan.accuracy) return none();
  return {*baseline - *plan.cell.plan.accuracy};
}

}  // namespace

const std::vector<Column>& plan_columns() {
  constexpr ColumnKind kDimension = ColumnKind::kDimension;
  constexpr ColumnKind kMeasure = ColumnKind::kMeasure;
  constexpr Better kLess = Better::kLess;
  constexpr Better kNeither = Better::kNeither;
  constexpr ValueType kText = ValueType::kText;
  constexpr ValueType kReal = ValueType::kReal;
  static const std::vector<Column> kColumns{
      {"network", kText, "", kDimension, kNeither, "radio"},
      {"plan", kText, "", kDimension, kNeither, "what tables call it"},
      {"strategy", kText, "", kDimension, kNeither,
       "`mobile-only`, `cloud-only`, `butterfly`, `split`, `three-way` or `path`"},
      {"planners", kText, "", kDimension, kNeither, "who proposed it, with blanks between them"},
      {name(Criterion::kLatency), kReal, "s", kMeasure, kLess,
       "from the request to its answer, where it waits for nothing"},
      {name(Criterion::kEnergy), kReal, "J", kMeasure, kLess,
       "of the mobile; empty where nobody knows it"},
      {name(Criterion::kCloudTime), kReal, "s", kMeasure, kLess, "of the cloud's processor"},
      {name(Criterion::kUpload), kReal, "byte", kMeasure, kLess, "that the mobile sends"},
      {name(Criterion::kMobileWeights), kReal, "byte", kMeasure, kLess,
       "of trained numbers that the mobile stores"},
      {name(Criterion::kEdgeWeights), kReal, "byte", kMeasure, kLess, "likewise of the edge"},
      {name(Criterion::kCloudWeights), kReal, "byte", kMeasure, kLess, "likewise of the cloud"},
      {"accuracy", kReal, "", kMeasure, Better::kMore,
       "a share of 1; empty where nobody measured it"},
      {"accuracy_loss", kReal, "", kMeasure, kLess,
       "of the uncut network's, a share of 1; 0 where it computes the same, empty where nobody "
       "knows"},
      {"value", kReal, "", kMeasure, kLess, "of the target, in s, J or their product"},
      {"admitted", ValueType::kInteger, "", kMeasure, kNeither,
       "1 where it keeps the limits, else 0"},
      {"best", ValueType::kInteger, "", kMeasure, kNeither, "1 of the best on its radio, else 0"}};
  return kColumns;
}

Table plan_table(const Planner& planner, const std::vector<PlanAnswer>& answers) {
  Table table;
  for (const Column& column : plan_columns()) {
    table.columns.emplace_back(std::string{column.name}, column.type == ValueType::kText);
  }
  const auto number = [](double value) { return std::isnan(value) ? none() : TableCell{value}; };
  for (const PlanAnswer& answer : answers) {
    for (std::size_t i = 0; i < answer.plans.size(); ++i) {
      const PricedPlan& plan = answer.plans[i];
      Table::Row row{
          answer.network, plan.name, plan.cell.strategy,
          fmt::format("{}", fmt::join(planner.proposals()[plan.proposal].planners, " "))};
      for (std::size_t c = 0; c < kCriteria; ++c) {
        row.push_back(number(plan.spend[static_cast<Criterion>(c)]));
      }
      row.push_back(plan.cell.plan.accuracy ? TableCell{*plan.cell.plan.accuracy} : none());
      row.push_back(loss_cell(planner, plan));
      row.push_back(number(plan.value));
      row.emplace_back(std::int64_t{plan.admitted});
      row.emplace_back(std::int64_t{answer.best == i});
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

}  // namespace papilio
