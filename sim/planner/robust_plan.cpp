#include "sim/planner/robust_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "sim/planner/baselines.hpp"
#include "sim/planner/sensitivity.hpp"

namespace papilio {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kPercent = 100;

/// How long a trace has each of its rates, by the rate in bit/s.
std::map<double, double> times_of(const Trace& trace) {
  constexpr double kBitsOfByte = 8;
  std::map<double, double> times;
  for (std::size_t i = 0; i < trace.start_s.size(); ++i) {
    const double end = i + 1 < trace.start_s.size() ? trace.start_s[i + 1] : trace.length_s;
    times[trace.rate_byte_per_s[i] * kBitsOfByte] += end - trace.start_s[i];
  }
  return times;
}

TableCell goal_cell(double value, const Goal& goal) {
  constexpr double kMilli = 1e3;
  constexpr int kDigits = 3;
  if (!std::isfinite(value)) return none("∞");
  return goal.adds_up() ? decimals(value * kMilli, 1) : significant(value, kDigits);
}

}  // namespace

OverTrace over_trace(const Planner& planner, std::size_t radio, const Trace& uplink,
                     std::optional<double> percentile) {
  const ConditionAxis& axis = condition_axis("--trace", "uplink", planner.scenario().spec);
  const std::map<double, double> times = times_of(uplink);
  OverTrace over{.weights = {},
                 .costs = {},
                 .plans = {},
                 .best = {},
                 .best_at_mean = {},
                 .percentile = percentile};
  for (const auto& [rate, time] : times) over.weights.push_back(time);
  const Spend& most = planner.scenario().limits.most;
  const double mean = uplink.mean().value() * 8;
  double least_at_mean = kInfinite;
  for (std::size_t i = 0; i < planner.proposals().size(); ++i) {
    const SpendLine line{planner, radio, i, axis};
    const auto cost = [&](double rate) {
      if (!planner.accurate(i)) return kInfinite;
      const Spend spend = line.at(rate);
      const double value = planner.question().goal.value(spend);
      return spend.within(most) && !std::isnan(value) ? value : kInfinite;
    };
    for (const auto& [rate, time] : times) over.costs.push_back(cost(rate));
    if (const double at_mean = cost(mean); at_mean < least_at_mean) {
      least_at_mean = at_mean;
      over.best_at_mean = i;
    }
  }
  over.plans = robustness(
      {.costs = over.costs, .weights = over.weights, .candidates = planner.proposals().size()},
      percentile);
  over.best = most_robust(over.plans);
  return over;
}

Section trace_section(const Planner& planner, const PlanAnswer& answer, const OverTrace& over,
                      const std::string& file) {
  const Goal& goal = planner.question().goal;
  const std::string unit = !goal.adds_up()                           ? ""
                           : goal.criterion() == Criterion::kLatency ? ", ms"
                                                                     : ", mJ";
  const std::string what =
      over.percentile ? fmt::format("P{:g}", *over.percentile * kPercent) : std::string{"mean"};
  Section section{.title = fmt::format("Over the trace {} on {}", file, answer.network)};
  Table table{.columns = {{"plan", true},
                          {what + unit},
                          {"mean regret" + unit},
                          {"largest regret" + unit},
                          {"best for"},
                          {"", true}}};
  std::vector<std::size_t> order(over.plans.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return over.plans[a].value < over.plans[b].value;
  });
  std::map<std::size_t, std::string> titles;  // of plans that are shown in any case
  for (const Baseline& baseline : baselines(planner, answer)) {
    titles.try_emplace(baseline.plan, baseline.title);
  }
  if (over.best_at_mean) titles[*over.best_at_mean] = "best at the mean rate";
  if (over.best) titles[*over.best] = "answer";
  constexpr std::size_t kBest = 5;
  for (std::size_t place = 0; place < order.size(); ++place) {
    const std::size_t i = order[place];
    const auto title = titles.find(i);
    if (place >= kBest && title == titles.end()) continue;
    const Robustness& plan = over.plans[i];
    table.rows.push_back({answer.plans[i].name, goal_cell(plan.value, goal),
                          goal_cell(plan.mean_regret, goal), goal_cell(plan.largest_regret, goal),
                          in_percent(plan.best_share, 1),
                          title == titles.end() ? std::string{} : title->second});
  }
  section.table = std::move(table);
  section.remarks.push_back(
      "One plan for the whole trace. A request meets the rate of its time, which lasts for all of "
      "it; where a limit is missed or nothing gets through, its cost counts as infinite. Regret is "
      "what a plan costs beyond the best of each rate.");
  return section;
}

}  // namespace papilio
