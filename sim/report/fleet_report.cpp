#include "sim/report/fleet_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "sim/base/stats/steady_state.hpp"
#include "sim/base/units/prefixes.hpp"
#include "sim/report/answer.hpp"
#include "sim/report/assumptions.hpp"
#include "sim/report/fleet_sections.hpp"
#include "sim/report/format.hpp"
#include "sim/report/layer_times.hpp"
#include "sim/report/measurement_section.hpp"

namespace papilio {
namespace {

/// Milliseconds with an interval: "15.4 ± 0.1", or "15.4 ± n/a".
TableCell ms_with_interval(const Estimate& estimate) {
  constexpr double kMilli = 1e3;
  return in_ms(Seconds{estimate.value})
      .with_half_width(estimate.half_width ? std::optional{*estimate.half_width * kMilli}
                                           : std::nullopt);
}

bool lacks_interval(const FleetSummary& summary) {
  return !summary.latency.half_width || (summary.regret && !summary.regret->half_width) ||
         std::any_of(summary.percentiles.begin(), summary.percentiles.end(),
                     [](const Estimate& percentile) { return !percentile.half_width; });
}

TableCell percent(double share) {
  return decimals(share * 100, 1);
}

/// Builds the sections of one fleet's report.
class Reporter {
 public:
  Reporter(const FleetScenario& fleet, const std::vector<FleetResult>& results,
           const std::vector<FleetSummary>& summaries)
      : runs_{fleet, results, summaries},
        fleet_{fleet},
        model_{fleet.model},
        results_{results},
        summaries_{summaries} {}

  [[nodiscard]] Document report(const std::string& engine) const {
    Document document{.title = fleet_.spec.name, .paragraphs = answer_texts(fleet_, summaries_)};
    if (!fleet_.spec.description.empty()) document.paragraphs.push_back(fleet_.spec.description);
    document.paragraphs.push_back(what_ran(engine));
    if (!fleet_.tables.empty()) document.paragraphs.push_back(layer_times_text(fleet_.tables));
    for (std::string& text : texts_of(assumptions_of(fleet_))) {
      document.paragraphs.push_back(std::move(text));
    }
    if (!fleet_.traces.empty()) document.sections.push_back(traces());
    if (std::optional<Section> section = measurement_section(fleet_.measurements)) {
      document.sections.push_back(std::move(*section));
    }
    if (fleet_.measurements.accuracies || fleet_.measurements.limit.stated())
      document.sections.push_back(accuracies());
    document.sections.push_back(fleet_ends_section(runs_));
    document.sections.push_back(latencies());
    if (!model_.windows.empty()) document.sections.push_back(pivot("window"));
    if (model_.groups.size() > 1) document.sections.push_back(pivot("mobiles"));
    if (chooses()) document.sections.push_back(choices());
    for (Section& section : fleet_energy_sections(runs_)) {
      document.sections.push_back(std::move(section));
    }
    document.sections.push_back(resources());
    return document;
  }

 private:
  [[nodiscard]] bool chooses() const {
    return std::any_of(model_.strategies.begin(), model_.strategies.end(),
                       [](const FleetStrategy& strategy) { return !strategy.fixed(); });
  }
  [[nodiscard]] bool has_regret() const {
    return std::any_of(summaries_.begin(), summaries_.end(),
                       [](const FleetSummary& summary) { return summary.regret.has_value(); });
  }
  [[nodiscard]] const FleetResult& first_result(std::size_t strategy) const {
    return results_[strategy * static_cast<std::size_t>(model_.replications)];
  }

  [[nodiscard]] std::string what_ran(const std::string& engine) const {
    std::uint64_t requests = 0;
    for (const FleetResult& result : results_) requests += result.counts.requests;
    std::uint32_t cells = 0;
    std::uint32_t servers = 0;
    for (const CellModel& cell : model_.cells) cells += cell.count;
    for (const ServerModel& server : model_.servers) servers += server.count;
    const auto some = [](std::uint32_t count, const char* thing) {
      return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
    };
    return fmt::format(
        "{} in {} with {}, {}, played {} by {} with seed {}: {} requests in all. {}Intervals are "
        "95 %, {}.",
        some(model_.mobiles(), "mobile"), some(cells, "cell"), some(servers, "server"),
        std::isfinite(model_.duration_s) ? fmt::format("{} s", model_.duration_s)
                                         : "until all have had their requests",
        model_.replications == 1 ? "once" : fmt::format("{} times", model_.replications), engine,
        model_.seed, requests,
        model_.warm_up_s > 0
            ? fmt::format("The first {} s are simulated and not counted. ", model_.warm_up_s)
            : "",
        model_.replications == 1 ? "by the spectrum of the run" : "over the replications");
  }

  [[nodiscard]] Section traces() const {
    Section section{.title = "Traces"};
    Table table{.columns = {{"cell", true},
                            {"direction", true},
                            {"file", true},
                            {"mean Mbit/s"},
                            {"length s"},
                            {"longest outage s"},
                            {"a row's rate holds", true}}};
    for (const TraceNote& note : fleet_.traces) {
      table.rows.push_back({note.cell, note.direction, note.file,
                            decimals(note.mean.value() * kMegabitsPerByte, 2),
                            decimals(note.length.value(), 1),
                            decimals(note.longest_outage.value(), 1), note.rates_hold});
    }
    section.table = std::move(table);
    section.remarks = {
        "Each trace plays in a loop, from an offset drawn with the seed for each cell unless the "
        "scenario sets it: what comes after its length is a repetition, not a measurement."};
    return section;
  }

  [[nodiscard]] Section accuracies() const {
    Section section{.title = "Accuracy"};
    Table table{.columns = {{"strategy", true}, {"mobiles", true}, {"accuracy"}}};
    for (const FleetSummary& summary : summaries_) {
      if (!runs_.shown(summary)) continue;
      table.rows.push_back(
          {runs_.name_of(summary), summary.mobiles, accuracy_cell(summary.accuracy)});
    }
    section.table = std::move(table);
    section.remarks = {
        "Mean over the completed requests of the accuracy of the partition that each took; empty "
        "where one of them has none."};
    if (std::string remark = never_chosen(); !remark.empty()) {
      section.remarks.push_back(std::move(remark));
    }
    return section;
  }

  /// Which strategies the limits forbid, for people; empty where there are none.
  [[nodiscard]] std::string never_chosen() const {
    std::vector<std::string> out;
    for (const FleetSummary& summary : summaries_) {
      const bool told = std::find(out.begin(), out.end(), runs_.name_of(summary)) != out.end();
      if (!summary.admitted.value_or(true) && !told) out.push_back(runs_.name_of(summary));
    }
    if (out.empty()) return {};
    return fmt::format("Measured, but never chosen, for the scenario wants {}: {}.",
                       fleet_.limits.text(), fmt::join(out, ", "));
  }

  [[nodiscard]] Section latencies() const {
    Section section{.title = "Latency"};
    section.caption =
        fmt::format("Latency; ± is the half-width of a 95 % interval, {}",
                    model_.replications == 1 ? "by batch means" : "over the replications");
    Table table{.columns = {{"strategy", true},
                            {"mobiles", true},
                            {"mean ms"},
                            {"p50 ms"},
                            {"p95 ms"},
                            {"p99 ms"},
                            {"queue"},
                            {"mobile"},
                            {"radio"},
                            {"server wait"},
                            {"server"},
                            {"recovery"}}};
    const bool regret = has_regret();
    if (regret) table.columns.push_back({"regret ms"});
    for (const FleetSummary& summary : summaries_) {
      if (!runs_.shown(summary)) continue;
      const PhaseTimes& phases = summary.sums.phases;
      const auto part = [&](double sum_s) {
        return summary.sums.completed == 0
                   ? none()
                   : in_ms(Seconds{sum_s / static_cast<double>(summary.sums.completed)});
      };
      Table::Row row{runs_.name_of(summary), summary.mobiles};
      if (summary.sums.completed == 0) {
        row.resize(table.columns.size());
      } else {
        row.push_back(ms_with_interval(summary.latency));
        for (const Estimate& percentile : summary.percentiles) {
          row.push_back(ms_with_interval(percentile));
        }
        for (const double sum :
             {phases[Phase::kQueue], phases[Phase::kMobile],
              phases[Phase::kPromotion] + phases[Phase::kUplink] + phases[Phase::kDelay] +
                  phases[Phase::kDownlink] + phases[Phase::kBackhaul],
              phases[Phase::kWait], phases[Phase::kService], phases[Phase::kRecovery]}) {
          row.push_back(part(sum));
        }
        if (regret) row.push_back(summary.regret ? ms_with_interval(*summary.regret) : none());
      }
      table.rows.push_back(std::move(row));
      if (!summary.admitted.value_or(true)) {
        table.marks[table.rows.size() - 1] = Table::Mark::kExcluded;
      }
    }
    section.table = std::move(table);
    section.remarks = {
        "The columns after the percentiles are the mean's parts, in ms; radio is promotion, both "
        "transfers, propagation and backhaul."};
    add_missing_intervals(section);
    add_short_warm_ups(section);
    if (regret) {
      section.remarks.push_back(
          "Regret is the latency beyond the oracle's for the same request, over those that both "
          "completed. The oracle is greedy: it makes each request's own latency small as if "
          "nothing "
          "came after it, so where requests contend it is no bound and regret may be below 0.");
    }
    return section;
  }

  /// Says of every n/a in a table of latencies why it stands there, and what would give a number.
  void add_missing_intervals(Section& section) const {
    bool overloaded = false;
    std::vector<std::string> few;
    for (const FleetSummary& summary : summaries_) {
      if (!runs_.shown(summary) || summary.sums.completed == 0) continue;
      if (summary.overload) {
        overloaded = true;
        section.remarks.push_back(fmt::format(
            "OVERLOADED: {}{}: {} is offered {:.2f} times what it can do, so the queue grows for "
            "as long as the run lasts, and the latencies with it; they are those of this run and "
            "of no other.",
            runs_.name_of(summary), summary.mobiles == "all" ? "" : ", " + summary.mobiles,
            summary.overload->resource, summary.overload->load));
      } else if (lacks_interval(summary)) {
        few.push_back(fmt::format("{}{} {:.0f} of {}", runs_.name_of(summary),
                                  summary.mobiles == "all" ? "" : ", " + summary.mobiles,
                                  summary.independent, summary.sums.completed));
      }
    }
    if (overloaded) {
      section.remarks.emplace_back(
          "Where a queue grows there is no long run that an interval could speak of (n/a): fewer "
          "requests, or more capacity, give one.");
    }
    if (few.empty()) return;
    std::string needed = fmt::format("a mean or a median takes {:.0f}", kFewestIndependent);
    for (const double p : kPercentiles) {
      if (independent_needed(p) > kFewestIndependent) {
        needed += fmt::format(", the p{:.0f} {:.0f}", p * 100, independent_needed(p));
      }
    }
    section.remarks.push_back(
        model_.replications == 1
            ? fmt::format("n/a: too few independent requests for an interval of 95 %: {}. Those "
                          "that are alike because a queue remembers count as fewer ({}). A longer "
                          "run gives one, or `replications`: 10.",
                          needed, fmt::join(few, "; "))
            : "n/a: too few replications completed requests for an interval; more of them, or "
              "longer ones, give one.");
  }

  /// Says where the empty start weighs in the means.
  void add_short_warm_ups(Section& section) const {
    constexpr double kMost = 0.01;
    constexpr double kLittle = 0.001;
    for (const FleetSummary& summary : summaries_) {
      if (!runs_.shown(summary) || summary.overload || summary.too_low < kMost) continue;
      const double more_s = summary.memory_s / 2 * std::log(summary.too_low / kLittle);
      section.remarks.push_back(fmt::format(
          "{}{}: the run begins with nobody at work, and queues remember that for {:.0f} s or so: "
          "the mean is about {:.0f} % too low. Set warm_up_s to {:.0f} or more.",
          runs_.name_of(summary), summary.mobiles == "all" ? "" : ", " + summary.mobiles,
          summary.memory_s, summary.too_low * 100, model_.warm_up_s + more_s));
    }
  }

  /// Strategies down, windows or groups across: mean latency, how deep the cut lies, and regret.
  /// @param across "window" or "mobiles"
  [[nodiscard]] Section pivot(const std::string& across) const {
    const bool by_window = across == "window";
    Section section{.title = fmt::format("Mean latency by {}, ms", across)};
    Table table{.columns = {{"strategy", true}}};
    if (by_window) {
      for (const Window& window : model_.windows) table.columns.push_back({window.name});
    } else {
      for (const GroupModel& group : model_.groups) table.columns.push_back({group.name});
    }
    const auto in_row = [&](const FleetSummary& summary) {
      return by_window ? summary.mobiles == "all" && summary.window != "all"
                       : summary.mobiles != "all" && summary.window == "all";
    };
    const auto add = [&](const std::string& suffix, const auto& cell, const auto& wanted) {
      for (std::size_t s = 0; s < model_.strategies.size(); ++s) {
        if (!wanted(model_.strategies[s])) continue;
        Table::Row row{model_.strategies[s].name + suffix};
        for (const FleetSummary& summary : summaries_) {
          if (summary.strategy != s || !in_row(summary)) continue;
          row.push_back(summary.sums.completed == 0 ? none() : cell(summary));
        }
        table.rows.push_back(std::move(row));
      }
    };
    add(
        "", [](const FleetSummary& summary) { return in_ms(Seconds{summary.latency.value}); },
        [](const FleetStrategy&) { return true; });
    const auto is_policy = [](const FleetStrategy& strategy) { return !strategy.fixed(); };
    add(
        ", % on the mobile",
        [](const FleetSummary& summary) {
          return percent(summary.sums.mobile_share / static_cast<double>(summary.sums.completed));
        },
        is_policy);
    if (has_regret()) {
      add(
          ", regret",
          [](const FleetSummary& summary) {
            return summary.regret ? in_ms(Seconds{summary.regret->value}) : none();
          },
          is_policy);
    }
    section.table = std::move(table);
    if (chooses()) {
      section.remarks = {
          "% on the mobile is the mean share of the network's MACs that the mobile computes: the "
          "deeper the cut, the more."};
    }
    return section;
  }

  /// What the policies chose, in % of the completed requests.
  [[nodiscard]] Section choices() const {
    Section section{.title = "What the policies chose, % of requests"};
    const GroupModel& group = model_.groups.front();
    std::vector<std::size_t> shown;
    for (std::size_t i = 0; i < group.partitions.size(); ++i) {
      const bool chosen =
          std::any_of(summaries_.begin(), summaries_.end(), [&](const FleetSummary& summary) {
            return !model_.strategies[summary.strategy].fixed() && summary.choices.size() > i &&
                   summary.choices[i] > 0 && is_first_group(summary);
          });
      if (chosen) shown.push_back(i);
    }
    Table table{.columns = {{"strategy", true}, {"window", true}}};
    for (const std::size_t i : shown) table.columns.push_back({group.partitions[i].name});
    for (const FleetSummary& summary : summaries_) {
      if (model_.strategies[summary.strategy].fixed() || !is_first_group(summary) ||
          summary.sums.completed == 0) {
        continue;
      }
      double all = 0;
      for (const std::uint64_t count : summary.choices) all += static_cast<double>(count);
      Table::Row row{runs_.name_of(summary), summary.window};
      for (const std::size_t i : shown) {
        row.push_back(percent(static_cast<double>(summary.choices[i]) / std::max(all, 1.0)));
      }
      table.rows.push_back(std::move(row));
    }
    section.table = std::move(table);
    section.remarks = {fleet_.limits.stated()
                           ? fmt::format("Chosen among partitions of {}.", fleet_.limits.text())
                           : "No accuracy limit stated."};
    // Where accuracies are limited, their own table says it.
    if (std::string remark = never_chosen(); !remark.empty() && !fleet_.limits.accuracy.stated()) {
      section.remarks.push_back(std::move(remark));
    }
    if (model_.groups.size() > 1) {
      section.remarks.push_back(
          fmt::format("Of the mobiles '{}'; the others' are in choices.csv.", group.name));
    }
    return section;
  }

  [[nodiscard]] bool is_first_group(const FleetSummary& summary) const {
    return summary.mobiles == (model_.groups.size() > 1 ? model_.groups.front().name : "all");
  }

  [[nodiscard]] Section resources() const {
    Section section{.title = "Utilisation %, and mean number waiting or in flight"};
    const std::vector<std::string> names = resource_names(model_);
    Table table{.columns = {{"strategy", true}}};
    for (const std::string& name : names) table.columns.push_back({name});
    for (std::size_t s = 0; s < model_.strategies.size(); ++s) {
      Table::Row row{model_.strategies[s].name};
      for (const ResourceMeans& means : first_result(s).resources) {
        row.push_back(TableCell::List{percent(means.utilisation), decimals(means.mean_queue, 2)});
      }
      table.rows.push_back(std::move(row));
    }
    section.table = std::move(table);
    section.remarks = {
        "Over the whole run, warm-up included, of the first replication; equal cells and servers "
        "together: utilisation is their mean, the number their sum."};
    return section;
  }

  ReportedFleet runs_;
  const FleetScenario& fleet_;
  const FleetModel& model_;
  const std::vector<FleetResult>& results_;
  const std::vector<FleetSummary>& summaries_;
};

}  // namespace

Document fleet_report(const FleetScenario& fleet, const std::vector<FleetResult>& results,
                      const std::vector<FleetSummary>& summaries, const std::string& engine) {
  return Reporter{fleet, results, summaries}.report(engine);
}

}  // namespace papilio
