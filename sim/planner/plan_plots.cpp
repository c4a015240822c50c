#include "sim/planner/plan_plots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/base/error.hpp"
#include "sim/plan/search/front.hpp"
#include "sim/planner/baselines.hpp"
#include "sim/planner/plan_report.hpp"
#include "sim/report/planner_plots.hpp"

namespace papilio {
namespace {

constexpr double kThousand = 1e3;

std::string title_of(const Planner& planner, const std::string& network) {
  return fmt::format("{} on {}", planner.scenario().spec.model, network);
}

PlotAxis plot_axis(const ConditionAxis& axis) {
  return {.title = axis.unit.empty() ? std::string{axis.title}
                                     : fmt::format("{}, {}", axis.title, axis.unit),
          .is_logarithmic = true};
}

std::vector<std::string> names_of(const PlanAnswer& answer) {
  std::vector<std::string> names;
  names.reserve(answer.plans.size());
  for (const PricedPlan& plan : answer.plans) names.push_back(plan.name);
  return names;
}

/// What a plan is worth over the trace, from the least to the greatest, by the share of its time.
DistributionPlot::Curve distribution_of(const OverTrace& over, std::size_t plan,
                                        const PlanAnswer& answer) {
  std::vector<std::pair<double, double>> values;  // and weights
  double whole = 0;
  const std::size_t samples = over.weights.size();
  for (std::size_t s = 0; s < samples; ++s) {
    values.emplace_back(over.costs[plan * samples + s], over.weights[s]);
    whole += over.weights[s];
  }
  std::sort(values.begin(), values.end());
  DistributionPlot::Curve curve{.label = answer.plans[plan].name, .values = {}, .shares = {}};
  double share = 0;
  for (const auto& [value, weight] : values) {
    share += weight / whole;
    if (!std::isfinite(value)) break;
    curve.values.push_back(value * kThousand);
    curve.shares.push_back(share);
  }
  return curve;
}

}  // namespace

GnuplotScript trace_script(const Planner& planner, const std::vector<PlanAnswer>& answers,
                           std::size_t radio, const OverTrace& over, const PlotLook& look) {
  const PlanAnswer& answer = answers.at(radio);
  const bool latency = planner.question().goal.criterion() == Criterion::kLatency;
  DistributionPlot plot{
      .title = title_of(planner, answer.network) + ", over the trace",
      .x = {.title = latency ? "latency, ms" : "mobile energy, mJ", .is_logarithmic = true},
      .y = {.title = "share of the time, %", .is_logarithmic = false},
      .curves = {}};
  std::vector<std::size_t> shown;
  const auto show = [&](std::optional<std::size_t> plan) {
    if (plan && std::find(shown.begin(), shown.end(), *plan) == shown.end()) shown.push_back(*plan);
  };
  show(over.best);
  show(over.best_at_mean);
  for (const Baseline& baseline : baselines(planner, answer)) show(baseline.plan);
  for (const std::size_t plan : shown) {
    DistributionPlot::Curve curve = distribution_of(over, plan, answer);
    if (!curve.values.empty()) plot.curves.push_back(std::move(curve));
  }
  return distribution_plot(std::move(plot), look);
}

GnuplotScript front_script(const Planner& planner, const std::vector<PlanAnswer>& answers,
                           std::size_t radio, const PlotLook& look) {
  const PlanAnswer& answer = answers.at(radio);
  const bool energies = planner.scenario().mobile_profile.has_energy();
  const ParetoFront front = find_front(front_points(answer, planner), kFrontCoordinates);
  FrontPlot plot{
      .title = title_of(planner, answer.network),
      .x = {.title = "latency, ms", .is_logarithmic = true},
      .y = {.title = energies ? "mobile energy, mJ" : "upload, kB", .is_logarithmic = energies},
      .points = {},
      .chosen = answer.best,
      .baselines = {}};
  for (std::size_t i = 0; i < answer.plans.size(); ++i) {
    const PricedPlan& plan = answer.plans[i];
    plot.points.push_back(
        {.x = plan.spend[Criterion::kLatency] * kThousand,
         .y = energies ? plan.spend[Criterion::kEnergy] * kThousand
                       : plan.spend[Criterion::kUpload] / kThousand,
         .label = plan.name,
         .is_on_front = std::binary_search(front.members.begin(), front.members.end(), i)});
  }
  for (const Baseline& baseline : baselines(planner, answer)) {
    const std::string& strategy = answer.plans[baseline.plan].cell.strategy;
    if (strategy == "mobile-only" || strategy == "cloud-only") {
      plot.baselines.push_back(baseline.plan);
    }
  }
  return front_plot(std::move(plot), look);
}

GnuplotScript changes_script(const Planner& planner, const std::vector<PlanAnswer>& answers,
                             std::size_t radio, const ConditionAxis& axis, const PlotLook& look) {
  const PlanAnswer& answer = answers.at(radio);
  const AlongAxis along = along_axis(planner, radio, axis);
  const bool latency = planner.question().goal.criterion() == Criterion::kLatency;
  BreakPointPlot plot{
      .title = title_of(planner, answer.network),
      .x = plot_axis(axis),
      .y = {.title = latency ? "latency, ms" : "mobile energy, mJ", .is_logarithmic = true},
      .is_reciprocal = axis.reciprocal,
      .curves = {},
      .segments = {}};
  std::map<std::size_t, std::size_t> curve_of;  // by proposal
  for (const Stretch& stretch : along.stretches) {
    std::optional<std::size_t> winner;
    if (stretch.best) {
      const auto [it, is_new] = curve_of.try_emplace(*stretch.best, plot.curves.size());
      winner = it->second;
      if (is_new) {
        const Affine line =
            SpendLine{planner, radio, *stretch.best, axis}.of(planner.question().goal.criterion());
        const double slope =
            axis.reciprocal ? line.slope / axis.per_unit : line.slope * axis.per_unit;
        plot.curves.push_back({.label = answer.plans[*stretch.best].name,
                               .constant = line.constant * kThousand,
                               .slope = slope * kThousand});
      }
    }
    plot.segments.push_back(
        {.from = stretch.from / axis.per_unit, .to = stretch.to / axis.per_unit, .winner = winner});
  }
  return break_point_plot(std::move(plot), look);
}

GnuplotScript map_script(const Planner& planner, const std::vector<PlanAnswer>& answers,
                         std::size_t radio, const ConditionAxis& x, const ConditionAxis& y,
                         const PlotLook& look) {
  if (x.name == y.name) {
    throw ConfigError{fmt::format(
        "papilio plan: error: --along and --across: a map needs two conditions, and both are {}; "
        "change one",
        x.name)};
  }
  constexpr std::size_t kColumns = 200;
  constexpr std::size_t kRows = 100;
  PlanMap map = plan_map(planner, radio, x, y, kColumns, kRows);
  MapPlot plot{.title = title_of(planner, answers.at(radio).network),
               .x = plot_axis(x),
               .y = plot_axis(y),
               .xs = std::move(map.xs),
               .ys = std::move(map.ys),
               .winners = std::move(map.winners),
               .labels = names_of(answers.at(radio))};
  for (double& value : plot.xs) value /= x.per_unit;
  for (double& value : plot.ys) value /= y.per_unit;
  return map_plot(plot, look);
}

}  // namespace papilio
