#include "sim/planner/robust_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/base/random/stream.hpp"
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
  constexpr double kMilliPerUnit = 1e3;
  constexpr int kSpreadDigits = 3;
  if (!std::isfinite(value)) return none("∞");
  return goal.adds_up() ? decimals(value * kMilliPerUnit, 1) : significant(value, kSpreadDigits);
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
      if (!spend.within(most) || std::isnan(value)) return kInfinite;
      return value;
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

namespace {

/// What a section says of the samples that it is about.
struct SampleTexts {
  std::string title;
  std::string at_mean;  ///< what the best at the usual place is called
  std::string remark;
};

Section samples_section(const Planner& planner, const PlanAnswer& answer, const OverTrace& over,
                        const SampleTexts& texts) {
  const Goal& goal = planner.question().goal;
  const std::string unit = !goal.adds_up()                           ? ""
                           : goal.criterion() == Criterion::kLatency ? ", ms"
                                                                     : ", mJ";
  const std::string what =
      over.percentile ? fmt::format("P{:g}", *over.percentile * kPercent) : std::string{"mean"};
  Section section{.title = texts.title};
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
  if (over.best_at_mean) titles[*over.best_at_mean] = texts.at_mean;
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
  section.remarks.push_back(texts.remark);
  return section;
}

/// A table of layer times drawn anew within its intervals.
LayerProfile drawn(LayerProfile profile, Stream& stream) {
  constexpr double kHalfWidths = 1.96;  // standard deviations in half a 95 % interval
  for (LayerProfile::Row& row : profile.rows) {
    if (!row.interval_s || *row.interval_s <= 0 || row.latency_s <= 0) continue;
    const double factor = stream.lognormal(1, *row.interval_s / kHalfWidths / row.latency_s);
    row.latency_s *= factor;
    if (row.energy_j) *row.energy_j *= factor;
  }
  return profile;
}

bool has_intervals(const LayerProfile& profile) {
  return std::any_of(profile.rows.begin(), profile.rows.end(),
                     [](const LayerProfile::Row& row) { return row.interval_s.value_or(0) > 0; });
}

}  // namespace

std::vector<OverTrace> over_spread(const Planner& planner, ProfileCache& profiles,
                                   std::size_t samples, std::optional<double> percentile) {
  const Scenario& scenario = planner.scenario();
  if (scenario.spec.generate.present) {
    throw ConfigError{
        "papilio plan: error: --spread: a decoder's steps have tables of their own, which are not "
        "drawn; leave the option out"};
  }
  const bool any = has_intervals(scenario.mobile_profile) ||
                   has_intervals(scenario.cloud_profile) ||
                   (scenario.edge_profile && has_intervals(*scenario.edge_profile));
  if (!any) {
    throw ConfigError{
        "papilio plan: error: --spread: no layer time of the scenario's devices was measured with "
        "an interval; measure one with 'papilio profile', or leave the option out"};
  }
  std::vector<StrategySpec> strategies;
  for (const Proposal& proposal : planner.proposals()) strategies.push_back(proposal.strategy);
  const std::size_t count = strategies.size();
  std::vector<OverTrace> all(scenario.radios.size());
  for (OverTrace& over : all) {
    over.weights.assign(samples, 1);
    over.costs.assign(count * samples, kInfinite);
    over.percentile = percentile;
  }
  const StreamFamily family{static_cast<std::uint64_t>(scenario.spec.seed), "layer times"};
  for (std::size_t sample = 0; sample < samples; ++sample) {
    Stream stream{family, sample};
    const LayerPricer mobile{drawn(scenario.mobile_profile, stream), scenario.graph};
    const LayerPricer cloud{drawn(scenario.cloud_profile, stream), scenario.graph};
    std::optional<LayerPricer> edge;
    if (scenario.edge_profile) edge.emplace(drawn(*scenario.edge_profile, stream), scenario.graph);
    const Devices devices{.mobile = mobile, .edge = edge ? &*edge : nullptr, .cloud = &cloud};
    const Scenario priced = with_strategies(scenario, strategies, profiles, &devices);
    for (std::size_t radio = 0; radio < all.size(); ++radio) {
      for (std::size_t i = 0; i < count; ++i) {
        if (!planner.accurate(i)) continue;
        const Cell& cell = priced.cells[planner.cell_of(radio, i)];
        const Spend spend = spend_of(cell, closed_form(cell.plan, cell.use));
        const double value = planner.question().goal.value(spend);
        if (spend.within(scenario.limits.most) && !std::isnan(value)) {
          all[radio].costs[i * samples + sample] = value;
        }
      }
    }
  }
  for (std::size_t radio = 0; radio < all.size(); ++radio) {
    OverTrace& over = all[radio];
    over.plans =
        robustness({.costs = over.costs, .weights = over.weights, .candidates = count}, percentile);
    over.best = most_robust(over.plans);
    over.best_at_mean = planner.answer(radio).best;
  }
  return all;
}

Section spread_section(const Planner& planner, const PlanAnswer& answer, const OverTrace& over) {
  return samples_section(
      planner, answer, over,
      {.title = fmt::format("As sure as the layer times are, on {}", answer.network),
       .at_mean = "best as measured",
       .remark = fmt::format(
           "{} draws of the layer times that were measured with an interval, each layer by itself; "
           "the others stay. 'best for' is the share of the draws in which a plan is the best: how "
           "sure the answer is, as far as it hangs on these times.",
           over.weights.size())});
}

Section trace_section(const Planner& planner, const PlanAnswer& answer, const OverTrace& over,
                      const std::string& file) {
  return samples_section(
      planner, answer, over,
      {.title = fmt::format("Over the trace {} on {}", file, answer.network),
       .at_mean = "best at the mean rate",
       .remark =
           "One plan for the whole trace. A request meets the rate of its time, which lasts for "
           "all "
           "of it; where a limit is missed or nothing gets through, its cost counts as infinite. "
           "Regret is what a plan costs beyond the best of each rate."});
}

nlohmann::ordered_json samples_json(const PlanAnswer& answer, const OverTrace& over) {
  using json = nlohmann::ordered_json;
  const auto number = [](double value) { return std::isfinite(value) ? json(value) : json(); };
  const auto name = [&](const std::optional<std::size_t>& plan) {
    return plan ? json(answer.plans[*plan].name) : json();
  };
  json plans = json::array();
  for (std::size_t i = 0; i < over.plans.size(); ++i) {
    plans.push_back({{"name", answer.plans[i].name},
                     {"value", number(over.plans[i].value)},
                     {"mean_regret", number(over.plans[i].mean_regret)},
                     {"largest_regret", number(over.plans[i].largest_regret)},
                     {"best_share", over.plans[i].best_share}});
  }
  return {{"percentile", over.percentile ? json(*over.percentile) : json()},
          {"best", name(over.best)},
          {"best_otherwise", name(over.best_at_mean)},
          {"plans", std::move(plans)}};
}

}  // namespace papilio
