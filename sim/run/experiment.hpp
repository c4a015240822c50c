#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/document/column.hpp"
#include "sim/base/document/document.hpp"
#include "sim/report/run_report.hpp"
#include "sim/scenario/source.hpp"

/// The one door to what a scenario's file describes, cells or a fleet: loading it, playing it, and
/// what is left of that. Whoever stands before the door need not know which of the two it is.
namespace papilio {

/// A timeline that a run is to leave beside its results.
struct TimelineOptions {
  std::filesystem::path file;            ///< takes Chrome's trace events, as JSON
  std::optional<std::uint32_t> mobiles;  ///< drawn, of a fleet: those with the lowest numbers; of
                                         ///< cells: how many, the first
  std::optional<double> from_s;          ///< of a fleet: requests that arrive from this date on
  std::optional<double> to_s;            ///< and before this one
  std::optional<std::string> strategy;   ///< the one; else all
};

/// How an experiment is played. None of it changes a result, but which there are.
struct PlayOptions {
  int jobs{1};  ///< worker processes at a time, >= 1
  /// Called now and then with the share of the work that is done, in 0..1, and how far that is in
  /// words. May be empty.
  std::function<void(double share, const std::string& text)> on_progress;
  std::function<bool()> stop_requested;      ///< polled likewise: true stops the work; may be empty
  const TimelineOptions* timeline{nullptr};  ///< null: none
  /// Of a fleet: the one strategy that is played; empty: all. Each strategy meets the same requests
  /// whatever others are played.
  std::string strategy{};
};

/// What was played, in every form that a run hands out.
class Results {
 public:
  Results() = default;
  virtual ~Results() = default;
  Results(const Results&) = delete;
  Results& operator=(const Results&) = delete;

  /// What people read.
  [[nodiscard]] virtual Document report() const = 0;
  /// What machines read: the rows of `summary.csv` or `fleet.csv`.
  [[nodiscard]] virtual Table rows() const = 0;
  /// The declarations of the columns of `rows()`, and of those that it leaves out.
  [[nodiscard]] virtual std::vector<Column> columns() const = 0;
  /// The same as JSON, numbers as numbers and absent values as null.
  [[nodiscard]] virtual std::string json() const = 0;
  /// Hands on the files of the run's folder (docs/outputs.md) one after another, but for what every
  /// run has: their texts may be large.
  virtual void each_file(
      const std::function<void(const char* name, const std::string& text)>& take) const = 0;
  /// Adds what the manifest says of this run beside what it says of every run.
  virtual void describe(nlohmann::ordered_json& manifest) const = 0;
};

/// What a scenario's file describes, checked and ready to be played.
class Experiment {
 public:
  Experiment() = default;
  virtual ~Experiment() = default;
  Experiment(const Experiment&) = delete;
  Experiment& operator=(const Experiment&) = delete;

  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual std::int64_t seed() const = 0;
  /// What a run plays: "33 cells", or "200 mobiles, 5 strategies, 1 replication".
  [[nodiscard]] virtual std::string extent() const = 0;
  /// The scenario with all defaults and overrides in it, as YAML that runs to the same results.
  [[nodiscard]] virtual std::string effective() const = 0;
  /// @return must not outlive this
  /// @throws SimulationError if a simulation fails or loses a worker
  /// @throws Interrupted     if `stop_requested` said so
  /// @throws ConfigError     where the timeline's file cannot be written, or its options ask for
  ///                         what there is not
  /// @throws ConfigError     where only a run can tell that the scenario asks for too much
  [[nodiscard]] virtual std::unique_ptr<Results> play(const PlayOptions& options) const = 0;
};

/// Checks all of a scenario, of either kind. Starts no work and writes nothing.
/// @param root         as `read_scenario` gives it
/// @param publications whose results a run of cells is held against
/// @throws ConfigError with every error found
std::unique_ptr<Experiment> load_experiment(const Node& root, const ScenarioSource& source,
                                            const std::vector<Publication>& publications);
/// The same of a file. A study is no experiment.
/// @param for_studies what takes one: "give it to 'papilio study run'"
/// @throws ConfigError as above, and of a study
std::unique_ptr<Experiment> load_experiment(const ScenarioSource& source,
                                            const std::vector<Publication>& publications,
                                            std::string_view for_studies);

/// Plays a fleet again and again, with other values of one key.
class FleetRuns {
 public:
  /// Reads and checks the fleet as it is.
  /// @param key as --set names it
  /// @throws ConfigError also of what is no fleet
  FleetRuns(ScenarioSource source, std::string key);

  /// The fleet as it is, as `Experiment::effective`.
  [[nodiscard]] const std::string& effective() const { return effective_; }
  /// The assignment of the last run, "mobiles.0.count=200", and how many there were.
  [[nodiscard]] const std::string& last() const { return last_; }
  [[nodiscard]] std::size_t count() const { return count_; }

  /// @param whole whether the key takes whole numbers alone
  /// @return the rows of `fleet.csv`
  /// @throws as `Experiment::play`
  Table play(double value, bool whole, const PlayOptions& options);

 private:
  [[nodiscard]] std::unique_ptr<Experiment> load(const ScenarioSource& source) const;

  ScenarioSource source_;
  std::string key_;
  std::string effective_;
  std::string last_;
  std::size_t count_{0};
};

}  // namespace papilio
