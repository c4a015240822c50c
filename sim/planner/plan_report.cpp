#include "sim/planner/plan_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "sim/plan/search/front.hpp"
#include "sim/planner/baselines.hpp"
#include "sim/planner/sensitivity.hpp"
#include "sim/report/assumptions.hpp"
#include "sim/report/format.hpp"
#include "sim/report/layer_times.hpp"

namespace papilio {
namespace {

constexpr double kMilli = 1e3;
constexpr int kDigits = 3;

TableCell energy_cell(const PricedPlan& plan) {
  return plan.cell.energy_known ? in_mj(plan.took.energy()) : none("n/a");
}

TableCell bytes_cell(double bytes) {
  return TableCell{static_cast<std::int64_t>(bytes)};
}

/// How much greater a plan's goal is than the best's.
TableCell behind(const PricedPlan& plan, const PricedPlan& best) {
  if (std::isnan(plan.value) || !(best.value > 0)) return none();
  return in_signed_percent(plan.value / best.value - 1, 1);
}

std::vector<Table::Column> cost_columns() {
  return {{"latency, ms"}, {"mobile energy, mJ"}, {"accuracy"}, {"upload, B"}, {"cloud, ms"}};
}

void add_costs(Table::Row& row, const PricedPlan& plan) {
  row.push_back(in_ms(plan.took.latency()));
  row.push_back(energy_cell(plan));
  row.push_back(accuracy_cell(plan.cell.plan.accuracy, plan.cell.exact));
  row.push_back(bytes_cell(plan.spend[Criterion::kUpload]));
  row.push_back(in_ms(plan.took.cloud));
}

/// Three digits, of large numbers all before the point.
std::string amount_text(double amount) {
  constexpr double kLarge = 1000;
  return std::abs(amount) >= kLarge ? fmt::format("{:.0f}", amount) : fmt::format("{:.3g}", amount);
}

TableCell amount_cell(double amount) {
  constexpr double kLarge = 1000;
  return std::abs(amount) >= kLarge ? decimals(amount, 0) : significant(amount, kDigits);
}

/// "phone (mobile), box (edge) and server (cloud)": a tier's word says where it stands in the
/// scenario, and not what kind of machine it is.
std::string devices_text(const ScenarioSpec& spec) {
  return fmt::format("{} (mobile){} and {} (cloud)", spec.mobile_device,
                     spec.conditions.has_edge ? fmt::format(", {} (edge)", spec.edge_device) : "",
                     spec.cloud_device);
}

/// The plan's name, with what its crossing is where the name does not say it.
std::string title_of(const PricedPlan& plan) {
  const Cell& cell = plan.cell;
  std::vector<std::string> parts;
  if (cell.channels && plan.name.find('/') == std::string::npos) {
    parts.push_back(fmt::format("D_r {}", *cell.channels));
  }
  const std::string bits = fmt::format("{}bit", cell.bits.value_or(0));
  if (cell.bits && plan.name.find(bits) == std::string::npos) {
    parts.push_back(fmt::format("{} bit", *cell.bits));
  }
  return parts.empty() ? plan.name : fmt::format("{} ({})", plan.name, fmt::join(parts, ", "));
}

class Report {
 public:
  Report(const Planner& planner, const std::vector<PlanAnswer>& answers,
         const PlanReportSettings& settings)
      : planner_{planner}, answers_{answers}, settings_{settings} {}

  Document document() {
    Document document{.title = fmt::format("Plans for {}", planner_.scenario().spec.name)};
    document.paragraphs.push_back(introduction());
    const auto add = [&](Section section, const std::string& networks) {
      section.caption = fmt::format("{}: {} over {}", section.title, subject(), networks);
      document.sections.push_back(std::move(section));
    };
    if (shows("answer")) add(answer(), all_networks());
    for (std::size_t i = 0; i < answers_.size(); ++i) {
      if (shows("others")) add(others(answers_[i]), answers_[i].network);
    }
    for (std::size_t i = 0; i < settings_.spreads.size() && shows("spread"); ++i) {
      add(spread_section(planner_, answers_[i], settings_.spreads[i]), answers_[i].network);
    }
    for (std::size_t i = 0; i < settings_.traces.size() && shows("trace"); ++i) {
      add(trace_section(planner_, answers_[i], settings_.traces[i], settings_.trace_file),
          answers_[i].network);
    }
    if (shows("changes") && settings_.sensitivity && planner_.question().goal.adds_up()) {
      add(changes(), all_networks());
    }
    for (const PlanAnswer& one : answers_) {
      if (settings_.front && shows("front")) add(front(one), one.network);
    }
    for (const PlanAnswer& one : answers_) {
      if (settings_.explain && shows("stages") && one.best) add(stages(one), one.network);
    }
    if (shows("grounds")) {
      document.sections.push_back(
          {.title = "What this rests on", .paragraphs = grounds_of(planner_.scenario())});
    }
    if (shows("planners")) document.sections.push_back(asked());
    return document;
  }

 private:
  [[nodiscard]] bool shows(const char* section) const {
    const std::vector<std::string>& shown = settings_.sections;
    return shown.empty() || std::find(shown.begin(), shown.end(), section) != shown.end();
  }

  /// "resnet50-paper on jetson-tx2 (mobile) and gtx-1080-ti (cloud)".
  [[nodiscard]] std::string subject() const {
    const ScenarioSpec& spec = planner_.scenario().spec;
    return fmt::format("{} on {}", spec.model, devices_text(spec));
  }
  [[nodiscard]] std::string all_networks() const {
    std::vector<std::string> networks;
    networks.reserve(answers_.size());
    for (const PlanAnswer& one : answers_) networks.push_back(one.network);
    return fmt::format("{}", fmt::join(networks, ", "));
  }

  [[nodiscard]] std::string introduction() const {
    const Scenario& scenario = planner_.scenario();
    std::string text = fmt::format("{} on {}: least {} of {} plans on each radio",
                                   scenario.spec.model, devices_text(scenario.spec),
                                   planner_.question().goal.text(), planner_.proposals().size());
    if (planner_.question().goal.energy_exponent != 0) {
      text += fmt::format(" (energy read as {})", name(planner_.reading()));
    }
    text += scenario.limits.stated() ? fmt::format(", within {}.", scenario.limits.text())
                                     : ". No limit stated; accuracy is not weighed.";
    return text;
  }

  [[nodiscard]] Section answer() const {
    Section section{.title = "Answer"};
    Table table{.columns = {{"network", true}, {"plan", true}}};
    for (Table::Column& column : cost_columns()) table.columns.push_back(std::move(column));
    table.columns.push_back({"second best", true});
    table.columns.push_back({"behind"});
    table.columns.push_back({"to mobile-only", false, Table::Type::kText});
    table.columns.push_back({"to cloud-only", false, Table::Type::kText});
    for (const PlanAnswer& one : answers_) table.rows.push_back(answer_row(one));
    section.table = std::move(table);
    section.remarks.push_back(
        "Closed form of a request that waits for nothing, as a run simulates it. The last columns "
        "are the goal of mobile-only and of the first cloud-only over this plan's.");
    for (const PlanAnswer& one : answers_) {
      if (!one.best) section.remarks.push_back(miss_text(planner_, one));
    }
    return section;
  }

  [[nodiscard]] Table::Row answer_row(const PlanAnswer& one) const {
    constexpr std::size_t kOthers = 9;
    if (!one.best) {
      Table::Row row{one.network, "none"};
      for (std::size_t i = 0; i < kOthers; ++i) row.push_back(none());
      return row;
    }
    const PricedPlan& best = one.plans[*one.best];
    Table::Row row{one.network, title_of(best)};
    add_costs(row, best);
    if (one.runner_up) {
      row.emplace_back(title_of(one.plans[*one.runner_up]));
      row.push_back(behind(one.plans[*one.runner_up], best));
    } else {
      row.emplace_back("");
      row.push_back(none());
    }
    for (const char* strategy : {"mobile-only", "cloud-only"}) {
      const auto it = std::find_if(one.plans.begin(), one.plans.end(), [&](const PricedPlan& plan) {
        return plan.cell.strategy == strategy;
      });
      const bool known = it != one.plans.end() && best.value > 0 && !std::isnan(it->value);
      row.push_back(known ? decimals(it->value / best.value, 1, "x") : none());
    }
    return row;
  }

  /// Marks the last row, which is about a plan: the answer, or one outside the limits.
  static void mark(Table& table, const PlanAnswer& one, std::size_t plan) {
    const std::size_t row = table.rows.size() - 1;
    if (one.best == plan) table.marks[row] = Table::Mark::kBest;
    if (!one.plans[plan].admitted) table.marks[row] = Table::Mark::kExcluded;
  }

  [[nodiscard]] Section others(const PlanAnswer& one) const {
    Section section{.title = fmt::format("What others cost on {}", one.network)};
    Table table{.columns = {{"", true}, {"plan", true}}};
    for (Table::Column& column : cost_columns()) table.columns.push_back(std::move(column));
    table.columns.push_back({"to the answer"});
    table.columns.push_back({"within limits", true});
    for (const Baseline& baseline : baselines(planner_, one)) {
      const PricedPlan& plan = one.plans[baseline.plan];
      Table::Row row{baseline.title, title_of(plan)};
      add_costs(row, plan);
      row.push_back(one.best ? behind(plan, one.plans[*one.best]) : none());
      row.emplace_back(plan.admitted ? "yes" : "no");
      table.rows.push_back(std::move(row));
      mark(table, one, baseline.plan);
    }
    section.table = std::move(table);
    return section;
  }

  [[nodiscard]] std::string plan_name(std::size_t radio,
                                      std::optional<std::size_t> proposal) const {
    return proposal ? title_of(answers_[radio].plans[*proposal]) : "none";
  }

  [[nodiscard]] Section changes() const {
    Section section{.title = "What would change the answer"};
    Table table{.columns = {{"network", true},
                            {"condition", true},
                            {"here"},
                            {"from"},
                            {"to"},
                            {"unit", true},
                            {"best plan", true}}};
    for (std::size_t radio = 0; radio < answers_.size(); ++radio) {
      for (const ConditionAxis& axis : condition_axes()) {
        if (axis.of_edge && !planner_.scenario().spec.conditions.has_edge) continue;
        const AlongAxis along = along_axis(planner_, radio, axis);
        if (along.stretches.size() == 1) {
          const Stretch& whole = along.stretches.front();
          section.remarks.push_back(fmt::format(
              "On {}, it is {} whatever {} is, from {} to {}{}{}.", answers_[radio].network,
              plan_name(radio, whole.best), axis.phrase, amount_text(whole.from / axis.per_unit),
              amount_text(whole.to / axis.per_unit), axis.unit.empty() ? "" : " ", axis.unit));
          continue;
        }
        for (const Stretch& stretch : along.stretches) {
          if (!settings_.explain) break;
          table.rows.push_back(
              {answers_[radio].network, axis.title, amount_cell(along.here / axis.per_unit),
               amount_cell(stretch.from / axis.per_unit), amount_cell(stretch.to / axis.per_unit),
               axis.unit, plan_name(radio, stretch.best)});
        }
        section.paragraphs.push_back(sentence(radio, along));
      }
    }
    if (!table.rows.empty()) section.table = std::move(table);
    section.remarks.push_back(fmt::format(
        "One condition at a time, all else as the scenario has it. Places of change are "
        "exact: costs are affine in load levels and in 1/rate. {}",
        planner_.complete()
            ? "What searches was asked again at each of them, until nothing new was better."
            : "They are among the plans proposed for the scenario's own conditions and "
              "at such places."));
    return section;
  }

  /// "On wifi the answer changes when the uplink falls below 12 Mbit/s (to …) or rises above …"
  [[nodiscard]] std::string sentence(std::size_t radio, const AlongAxis& along) const {
    const auto here = std::find_if(along.stretches.begin(), along.stretches.end(),
                                   [&](const Stretch& one) { return along.here <= one.to; });
    const auto amount = [&](double condition) {
      return fmt::format("{}{}{}", amount_text(condition / along.axis->per_unit),
                         along.axis->unit.empty() ? "" : " ", along.axis->unit);
    };
    const auto change = [&](std::string_view direction, std::string_view past, double bound,
                            const std::optional<std::size_t>& next) {
      // So near that its digits are those of the value here: the distance says more.
      const std::string place =
          amount(bound) == amount(along.here)
              ? fmt::format("by {} %", amount_text(std::abs(bound / along.here - 1) * 100))
              : fmt::format("{} {}", past, amount(bound));
      return fmt::format("{} {} (then {})", direction, place, plan_name(radio, next));
    };
    std::vector<std::string> changes;
    if (here != along.stretches.end()) {
      if (here != along.stretches.begin()) {
        changes.push_back(change("falls", "below", here->from, (here - 1)->best));
      }
      if (here + 1 != along.stretches.end()) {
        changes.push_back(change("rises", "above", here->to, (here + 1)->best));
      }
    }
    return fmt::format("On {}, the answer changes when {}, {} here, {}.", answers_[radio].network,
                       along.axis->phrase, amount(along.here), fmt::join(changes, " or "));
  }

  [[nodiscard]] Section front(const PlanAnswer& one) const {
    const std::vector<double> points = front_points(one, planner_);
    const ParetoFront found = find_front(points, kFrontCoordinates);
    Section section{.title = fmt::format("Front on {}", one.network)};
    Table table{.columns = {{"plan", true}}};
    for (Table::Column& column : cost_columns()) table.columns.push_back(std::move(column));
    table.columns.push_back({"within limits", true});
    for (const std::size_t i : found.members) {
      Table::Row row{title_of(one.plans[i])};
      add_costs(row, one.plans[i]);
      row.emplace_back(one.plans[i].admitted ? "yes" : "no");
      table.rows.push_back(std::move(row));
      mark(table, one, i);
    }
    const auto unknown = std::count_if(one.plans.begin(), one.plans.end(), [&](const auto& plan) {
      const auto i = static_cast<std::size_t>(&plan - one.plans.data());
      return found.dominated_by[i] == ParetoFront::kNobody &&
             !std::binary_search(found.members.begin(), found.members.end(), i);
    });
    section.remarks.push_back(fmt::format(
        "{} plans that no other beats in latency, mobile energy, loss of accuracy, bytes sent and "
        "cloud time; {} others are beaten, and of {} something is unknown.",
        found.members.size(),
        one.plans.size() - found.members.size() - static_cast<std::size_t>(unknown), unknown));
    section.table = std::move(table);
    return section;
  }

  [[nodiscard]] Section stages(const PlanAnswer& one) const {
    const PricedPlan& best = one.plans[*one.best];
    Section section{.title = fmt::format("Stages of {} on {}", title_of(best), one.network)};
    Table table{.columns = {{"stage", true},
                            {"where", true},
                            {"bytes"},
                            {"time, ms"},
                            {"share"},
                            {"mobile energy, mJ"},
                            {"bound by", true}}};
    const RadioUse& use = best.cell.use;
    const double whole = best.took.latency().value();
    for (const Stage& stage : best.cell.plan.stages) {
      Plan alone;
      alone.stages.push_back(stage);
      const Breakdown took = closed_form(alone, use);
      const double time = took.latency().value();
      Table::Row row;
      if (const auto* layers = std::get_if<Compute>(&stage)) {
        if (layers->time == Seconds{0}) continue;
        row = {"layers", std::string{name(layers->at)}, none()};
      } else if (const auto* transfer = std::get_if<Transfer>(&stage)) {
        row = {transfer->answer ? "answer" : "transfer",
               fmt::format("{} to {}", name(transfer->from), name(transfer->to)),
               bytes_cell(transfer->size.value())};
      }
      row.push_back(decimals(time * kMilli, 2));
      row.push_back(in_percent(whole > 0 ? time / whole : 0, 1));
      row.push_back(best.cell.energy_known ? decimals(took.energy().value() * kMilli, 2)
                                           : none("n/a"));
      row.emplace_back(bound_of(stage, took));
      table.rows.push_back(std::move(row));
    }
    section.table = std::move(table);
    return section;
  }

  static std::string bound_of(const Stage& stage, const Breakdown& took) {
    if (const auto* layers = std::get_if<Compute>(&stage)) {
      return fmt::format("the {}'s layers", name(layers->at));
    }
    if (took.latency() == Seconds{0}) return "nothing: its time is not counted";
    const Seconds link = std::max(took.uplink, took.downlink);
    if (took.delay > std::max(link, took.backhaul)) return "propagation";
    if (took.backhaul > link) return "the backhaul's rate";
    return took.uplink > Seconds{0} ? "the uplink's rate" : "the downlink's rate";
  }

  [[nodiscard]] Section asked() const {
    Section section{.title = "Who proposed"};
    Table table{.columns = {{"planner", true},
                            {"plans"},
                            {"answers it found", true},
                            {"how", true},
                            {"source", true}}};
    for (const PlannerEntry& entry : planners()) {
      std::int64_t count = 0;
      for (const Proposal& proposal : planner_.proposals()) {
        count += std::count(proposal.planners.begin(), proposal.planners.end(), entry.name);
      }
      if (count == 0) continue;
      std::vector<std::string> won;
      for (const PlanAnswer& one : answers_) {
        if (!one.best) continue;
        const std::vector<std::string>& by = planner_.proposals()[*one.best].planners;
        if (std::find(by.begin(), by.end(), entry.name) != by.end()) won.push_back(one.network);
      }
      table.rows.push_back(
          {entry.name, count, fmt::format("{}", fmt::join(won, ", ")), entry.title, entry.source});
    }
    section.table = std::move(table);
    for (const std::string& why : planner_.not_asked()) {
      section.remarks.push_back("Not asked: " + why + ".");
    }
    return section;
  }

  const Planner& planner_;
  const std::vector<PlanAnswer>& answers_;
  const PlanReportSettings& settings_;
};

}  // namespace

std::vector<double> front_points(const PlanAnswer& answer, const Planner& planner) {
  const std::optional<double>& baseline = planner.scenario().limits.accuracy.baseline;
  const bool any = std::any_of(answer.plans.begin(), answer.plans.end(), [](const auto& plan) {
    return plan.cell.plan.accuracy.has_value();
  });
  std::vector<double> points;
  points.reserve(answer.plans.size() * kFrontCoordinates);
  for (const PricedPlan& plan : answer.plans) {
    double loss = any ? std::numeric_limits<double>::quiet_NaN() : 0;
    if (plan.cell.exact) {
      loss = 0;
    } else if (plan.cell.plan.accuracy) {
      loss = baseline.value_or(1) - *plan.cell.plan.accuracy;
    }
    // Where nobody knows energies, they tell no plans apart.
    const double energy =
        planner.scenario().mobile_profile.has_energy() ? plan.spend[Criterion::kEnergy] : 0;
    points.insert(points.end(),
                  {plan.spend[Criterion::kLatency], energy, loss, plan.spend[Criterion::kUpload],
                   plan.spend[Criterion::kCloudTime]});
  }
  return points;
}

std::vector<std::string> grounds_of(const Scenario& scenario) {
  std::vector<std::string> grounds = texts_of(assumptions_of(scenario));
  grounds.insert(grounds.begin(), layer_times_text(scenario.tables()));
  return grounds;
}

const std::vector<std::string>& plan_sections() {
  static const std::vector<std::string> kSections{
      "answer", "others", "spread", "trace", "changes", "front", "stages", "grounds", "planners"};
  return kSections;
}

Document plan_document(const Planner& planner, const std::vector<PlanAnswer>& answers,
                       const PlanReportSettings& settings) {
  return Report{planner, answers, settings}.document();
}

std::string miss_text(const Planner& planner, const PlanAnswer& answer) {
  const Limits& limits = planner.scenario().limits;
  if (!answer.nearest) {
    return fmt::format("On {} no plan keeps {}.", answer.network,
                       limits.stated() ? "the limits: none is known to be accurate enough"
                                       : "up: none has a finite cost");
  }
  const PricedPlan& nearest = answer.plans[*answer.nearest];
  std::vector<std::string> misses;
  const std::optional<double>& accuracy = nearest.cell.plan.accuracy;
  const std::optional<double> least = limits.accuracy.floor();
  if (accuracy && least && !limits.accuracy.admits(accuracy, nearest.cell.exact)) {
    constexpr double kPercent = 100;
    misses.push_back(fmt::format("accuracy is {:.4g} %, {:.4g} points below the limit of {:.4g} %",
                                 *accuracy * kPercent, (*least - *accuracy) * kPercent,
                                 *least * kPercent));
  }
  for (const Criterion criterion : limits.limited()) {
    const double spent = nearest.spend[criterion];
    const double most = limits.most[criterion];
    if (spent <= most) continue;
    misses.push_back(std::isnan(spent) ? fmt::format("{}, which nobody knows", name(criterion))
                                       : fmt::format("{} is {:.4g}, {:.4g} above the limit of {:g}",
                                                     name(criterion), spent, spent - most, most));
  }
  return fmt::format("On {} no plan keeps the limits. The nearest is {}: its {}.", answer.network,
                     title_of(nearest), fmt::join(misses, "; its "));
}

}  // namespace papilio
