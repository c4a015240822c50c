#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "sim/play/engine/simulate.hpp"
#include "sim/report/answer.hpp"
#include "sim/report/outcome.hpp"
#include "sim/report/summary.hpp"
#include "sim/run/kinds.hpp"
#include "sim/run/timeline.hpp"
#include "sim/scenario/scenario.hpp"

namespace papilio {
namespace {

class CellResults final : public Results {
 public:
  CellResults(const Scenario& scenario, const std::vector<Publication>& publications,
              Outcomes outcomes)
      : scenario_{scenario},
        outcomes_{std::move(outcomes)},
        published_{published_by(publications, scenario_, outcomes_)} {}

  [[nodiscard]] Document report() const override {
    return run_report(scenario_, outcomes_, engine_name(), published_);
  }
  [[nodiscard]] Table rows() const override { return summary_table(outcomes_); }
  [[nodiscard]] std::vector<Column> columns() const override {
    return declarations(summary_columns());
  }
  [[nodiscard]] std::string json() const override { return summary_json(scenario_, outcomes_); }
  void each_file(const std::function<void(const char*, const std::string&)>& take) const override {
    take("summary.csv", to_csv(rows()));
    take("records.csv", to_csv(records_table(outcomes_)));
    if (published_) take("published.csv", to_csv(published_->values));
  }
  void describe(nlohmann::ordered_json& manifest) const override {
    manifest["description"] = scenario_.spec.description;
    manifest["answer"] = answer_texts(scenario_, outcomes_);
    manifest["cells"] = scenario_.cells.size();
    if (scenario_.limits.stated()) manifest["limits"] = scenario_.limits.text();
  }

 private:
  const Scenario& scenario_;
  Outcomes outcomes_;
  std::optional<PublishedSections> published_;
};

class CellsExperiment final : public Experiment {
 public:
  CellsExperiment(Scenario scenario, std::vector<Publication> publications)
      : scenario_{std::move(scenario)}, publications_{std::move(publications)} {}

  [[nodiscard]] const std::string& name() const override { return scenario_.spec.name; }
  [[nodiscard]] std::int64_t seed() const override { return scenario_.spec.seed; }
  [[nodiscard]] std::string extent() const override {
    return counted(scenario_.cells.size(), "cell");
  }
  [[nodiscard]] std::string effective() const override { return effective_yaml(scenario_); }

  [[nodiscard]] std::unique_ptr<Results> play(const PlayOptions& options) const override {
    std::vector<World> worlds;
    for (const Cell& cell : scenario_.cells) worlds.push_back({cell.plan, cell.use});
    const std::size_t total = std::max<std::size_t>(worlds.size(), 1);
    const auto show = [&](std::size_t done) {
      if (!options.on_progress) return;
      options.on_progress(static_cast<double>(done) / static_cast<double>(total),
                          fmt::format("{}/{} cells", done, total));
    };
    std::optional<CellTimeline> timeline;
    if (options.timeline != nullptr) timeline.emplace(*options.timeline, name(), scenario_.cells);
    const std::vector<PlayedRequest> played = simulate(
        worlds,
        {.jobs = options.jobs, .on_progress = show, .stop_requested = options.stop_requested});
    std::vector<Outcome> outcomes;
    for (std::size_t i = 0; i < played.size(); ++i) {
      outcomes.push_back({scenario_.cells[i], played[i].finish, played[i].breakdown});
    }
    Outcomes all{std::move(outcomes)};
    if (timeline) timeline->draw(all);
    return std::make_unique<CellResults>(scenario_, publications_, std::move(all));
  }

 private:
  Scenario scenario_;
  std::vector<Publication> publications_;
};

}  // namespace

std::unique_ptr<Experiment> load_cells_experiment(const Node& root, const ScenarioSource& source,
                                                  const std::vector<Publication>& publications) {
  ProfileCaches caches;
  return std::make_unique<CellsExperiment>(load_scenario(root, source, caches), publications);
}

}  // namespace papilio
