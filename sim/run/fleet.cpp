#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/play/engine/simulate_fleet.hpp"
#include "sim/report/fleet_report.hpp"
#include "sim/run/kinds.hpp"
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
  FleetResults(const FleetScenario& fleet, std::vector<FleetResult> results)
      : fleet_{fleet}, results_{std::move(results)}, summaries_{summarise(fleet_, results_)} {}

  [[nodiscard]] Document report() const override {
    return fleet_report(fleet_, results_, summaries_, engine_name());
  }
  [[nodiscard]] Table rows() const override { return fleet_table(fleet_, summaries_); }
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
  }

 private:
  const FleetScenario& fleet_;
  std::vector<FleetResult> results_;
  std::vector<FleetSummary> summaries_;
};

class FleetExperiment final : public Experiment {
 public:
  FleetExperiment(ScenarioSource source, FleetScenario fleet)
      : source_{std::move(source)}, fleet_{std::move(fleet)} {}

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
    std::vector<FleetResult> results = simulate_fleet(
        fleet_.model,
        {.jobs = options.jobs, .on_progress = show, .stop_requested = options.stop_requested});
    check_time_series(source_, fleet_, results);
    return std::make_unique<FleetResults>(fleet_, std::move(results));
  }

 private:
  ScenarioSource source_;
  FleetScenario fleet_;
};

}  // namespace

std::unique_ptr<Experiment> load_fleet_experiment(const Node& root, const ScenarioSource& source) {
  ProfileCaches caches;
  return std::make_unique<FleetExperiment>(source, load_fleet(root, source, caches));
}

}  // namespace papilio
