#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "sim/base/embedded_json.hpp"
#include "sim/base/error.hpp"
#include "sim/play/engine/simulate_fleet.hpp"
#include "sim/report/answer.hpp"
#include "sim/report/fleet_columns.hpp"
#include "sim/report/fleet_report.hpp"
#include "sim/run/kinds.hpp"
#include "sim/run/timeline.hpp"
#include "sim/scenario/fleet_scenario.hpp"

namespace papilio {
namespace {

/// The most memory that this process has had; its workers have their own.
std::uint64_t peak_memory_bytes() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  constexpr std::uint64_t kKibibyte = 1024;
  return static_cast<std::uint64_t>(usage.ru_maxrss) * kKibibyte;
}

class FleetResults final : public Results {
 public:
  FleetResults(std::shared_ptr<const FleetScenario> fleet, std::vector<FleetResult> results)
      : kept_{std::move(fleet)},
        fleet_{*kept_},
        results_{std::move(results)},
        summaries_{summarise(fleet_, results_)} {}

  [[nodiscard]] Document report() const override {
    return fleet_report(fleet_, results_, summaries_, engine_name());
  }
  [[nodiscard]] Table rows() const override { return fleet_table(fleet_, summaries_); }
  [[nodiscard]] std::vector<Column> columns() const override {
    return declarations(fleet_columns());
  }
  [[nodiscard]] std::string json() const override { return fleet_json(fleet_, summaries_); }
  void each_file(const std::function<void(const char*, const std::string&)>& take) const override {
    take("fleet.csv", to_csv(rows()));
    take("energy.csv", to_csv(energy_table(fleet_, results_)));
    take("choices.csv", to_csv(choices_table(fleet_, summaries_)));
    take("timeseries.csv", timeseries_csv(fleet_, results_));
    if (fleet_.model.record_share > 0) take("records.csv", fleet_records_csv(fleet_, results_));
  }
  void describe(nlohmann::ordered_json& manifest) const override {
    const FleetModel& model = fleet_.model;
    manifest["description"] = fleet_.spec.description;
    manifest["answer"] = answer_texts(fleet_, summaries_);
    const auto replications = static_cast<std::size_t>(model.replications);
    for (std::size_t i = 0; i < results_.size(); ++i) {
      const RunCounts& counts = results_[i].counts;
      const double wall_s = counts.set_up_s + counts.wall_s;
      manifest["runs"].push_back({{"strategy", model.strategies[i / replications].name},
                                  {"replication", i % replications},
                                  {"requests", counts.requests},
                                  {"events", counts.events},
                                  {"set_up_s", counts.set_up_s},
                                  {"wall_s", counts.wall_s},
                                  {"requests_per_s", static_cast<double>(counts.requests) / wall_s},
                                  {"peak_memory_bytes", counts.peak_memory_bytes}});
    }
    manifest["peak_memory_bytes"] = peak_memory_bytes();
    if (fleet_.limits.stated()) manifest["limits"] = fleet_.limits.text();
  }

 private:
  std::shared_ptr<const FleetScenario> kept_;
  const FleetScenario& fleet_;
  std::vector<FleetResult> results_;
  std::vector<FleetSummary> summaries_;
};

/// A timeline that workers draw, and its file.
class FleetTimeline {
 public:
  FleetTimeline(const TimelineOptions& options, const std::string& scenario,
                const FleetModel& model)
      : file_{options.file}, spool_{file_.folder()} {
    TraceSample& sample = trace_.sample;
    sample.mobiles = std::min(options.mobiles.value_or(kTimelineMobiles), model.mobiles());
    sample.from_s = options.from_s.value_or(model.warm_up_s);
    if (options.to_s) {
      sample.to_s = *options.to_s;  // who says when it ends wants it up to there
    } else {
      sample.most_events = kTimelineEvents;
    }
    if (sample.to_s <= sample.from_s) {
      throw ConfigError{
          fmt::format("papilio run: error: the timeline would end at {} s, where it begins, at {} "
                      "s, or before; "
                      "give a later --trace-to or an earlier --trace-from",
                      sample.to_s, sample.from_s)};
    }
    std::vector<std::string> names;
    for (const FleetStrategy& strategy : model.strategies) names.push_back(strategy.name);
    if (options.strategy) trace_.strategy = timeline_strategy(*options.strategy, names);
    trace_.spool = &spool_;
    file_.begin(about(scenario, model));
  }

  [[nodiscard]] const FleetTrace& trace() const { return trace_; }
  void commit() {
    spool_.each_piece([&](const std::string& text) { file_.append(text); });
    file_.commit();
  }

 private:
  /// What the file says of itself: above all that it is a sample.
  [[nodiscard]] TraceArguments about(const std::string& scenario, const FleetModel& model) const {
    const TraceSample& sample = trace_.sample;
    const bool ends = options_end();
    const std::string strategies =
        json_quoted(trace_.strategy ? model.strategies[*trace_.strategy].name : "all");
    const std::string until =
        ends ? fmt::format(" to {} s", sample.to_s)
             : fmt::format(" until there are {} events, of all strategies and components together",
                           sample.most_events);
    return {{"scenario", json_quoted(scenario)},
            {"sample",
             json_quoted(fmt::format(
                 "{} of {} mobiles, those with the lowest numbers, of the first of {}; requests "
                 "that arrive from {} s on{}; links, servers and their counters: all requests",
                 sample.mobiles, model.mobiles(),
                 counted(static_cast<std::size_t>(model.replications), "replication"),
                 sample.from_s, until))},
            {"mobiles", fmt::format("{}", sample.mobiles)},
            {"of_mobiles", fmt::format("{}", model.mobiles())},
            {"strategy", strategies},
            {"replication", "0"},
            {"of_replications", fmt::format("{}", model.replications)},
            {"from_s", fmt::format("{}", sample.from_s)},
            {"to_s", ends ? fmt::format("{}", sample.to_s) : "null"},
            {"most_events", ends ? "null" : fmt::format("{}", sample.most_events)}};
  }
  [[nodiscard]] bool options_end() const { return std::isfinite(trace_.sample.to_s); }

  TimelineFile file_;
  TraceSpool spool_;
  FleetTrace trace_;
};

/// The fleet with one of its strategies.
std::shared_ptr<const FleetScenario> with_one(const FleetScenario& fleet,
                                              const std::string& strategy) {
  auto one = std::make_shared<FleetScenario>(fleet);
  std::erase_if(one->model.strategies,
                [&](const FleetStrategy& other) { return other.name != strategy; });
  PAPILIO_CHECK(!one->model.strategies.empty());
  return one;
}

class FleetExperiment final : public Experiment {
 public:
  FleetExperiment(ScenarioSource source, FleetScenario fleet)
      : source_{std::move(source)},
        all_{std::make_shared<const FleetScenario>(std::move(fleet))},
        fleet_{*all_} {}

  [[nodiscard]] const std::string& name() const override { return fleet_.spec.name; }
  [[nodiscard]] std::int64_t seed() const override { return fleet_.spec.seed; }
  [[nodiscard]] std::string extent() const override {
    const FleetModel& model = fleet_.model;
    return fmt::format("{}, {}, {}", counted(model.mobiles(), "mobile"),
                       counted(model.strategies.size(), "strategy"),
                       counted(static_cast<std::size_t>(model.replications), "replication"));
  }
  [[nodiscard]] std::string effective() const override { return effective_yaml(fleet_); }

  [[nodiscard]] std::unique_ptr<Results> play(const PlayOptions& options) const override {
    const auto begun = std::chrono::steady_clock::now();
    const auto show = [&](const FleetProgress& done) {
      if (!options.on_progress) return;
      const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begun;
      options.on_progress(done.share,
                          fmt::format("{:.0f} s simulated, {:.0f} requests/s", done.simulated_s,
                                      static_cast<double>(done.requests) / elapsed.count()));
    };
    const std::shared_ptr<const FleetScenario> played =
        options.strategy.empty() ? all_ : with_one(*all_, options.strategy);
    std::optional<FleetTimeline> timeline;
    if (options.timeline != nullptr) timeline.emplace(*options.timeline, name(), played->model);
    std::vector<FleetResult> results =
        simulate_fleet(played->model, {.jobs = options.jobs,
                                       .on_progress = show,
                                       .stop_requested = options.stop_requested,
                                       .trace = timeline ? &timeline->trace() : nullptr});
    check_time_series(source_, *played, results);
    if (timeline) timeline->commit();
    return std::make_unique<FleetResults>(played, std::move(results));
  }

 private:
  ScenarioSource source_;
  std::shared_ptr<const FleetScenario> all_;
  const FleetScenario& fleet_;
};

}  // namespace

std::unique_ptr<Experiment> load_fleet_experiment(const Node& root, const ScenarioSource& source) {
  ProfileCaches caches;
  return std::make_unique<FleetExperiment>(source, load_fleet(root, source, caches));
}

}  // namespace papilio
