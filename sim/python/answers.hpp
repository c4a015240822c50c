#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/planner/planner.hpp"
#include "sim/python/packed.hpp"
#include "sim/run/experiment.hpp"
#include "sim/scenario/profile_cache.hpp"
#include "sim/scenario/source.hpp"

namespace papilio {

/// A planner with the scenario that it was made of.
struct AskedPlanner {
  Scenario scenario;
  std::unique_ptr<const Planner> planner;
};

/// What Python asks of a planner. Numbers of `conditions` and `limits` by their keys.
struct PythonQuestion {
  std::string target{"latency"};
  std::vector<std::pair<std::string, std::string>> limits;  ///< as --limit, values in YAML
  std::vector<std::string> planners;
  std::vector<int> bits;
  std::optional<std::string> reading;
  std::vector<std::pair<std::string, double>> conditions;  ///< in place of the scenario's
};

/// The answer on every radio. It keeps what it needs to tell more.
class Answers {
 public:
  Answers(std::shared_ptr<const AskedPlanner> asked, ConditionsSpec conditions);

  [[nodiscard]] std::size_t size() const { return rankings_.size(); }
  [[nodiscard]] const std::string& network(std::size_t radio) const;
  [[nodiscard]] const PlanRanking& ranking(std::size_t radio) const { return rankings_.at(radio); }
  [[nodiscard]] PricedPlan plan(std::size_t radio, std::size_t proposal) const;
  [[nodiscard]] const Planner& planner() const { return *asked_->planner; }
  /// Why there is none, if so.
  [[nodiscard]] std::string miss(std::size_t radio) const;

  /// Every plan on a radio: what 'papilio plan --format csv' prints of it.
  [[nodiscard]] Packed table(std::size_t radio) const;
  /// Of all radios, as 'papilio plan --json' has it under "answers".
  [[nodiscard]] std::string json() const;
  /// A file for 'strategy: plan'.
  [[nodiscard]] std::string yaml() const;

 private:
  [[nodiscard]] std::vector<PlanAnswer> all() const;

  std::shared_ptr<const AskedPlanner> asked_;
  ConditionsSpec conditions_;
  std::vector<PlanRanking> rankings_;  // [radios]
};

/// A scenario of either kind that Python has loaded.
class Loaded {
 public:
  /// @throws ConfigError as `load_experiment`
  explicit Loaded(ScenarioSource source);

  [[nodiscard]] const ScenarioSource& source() const { return source_; }
  [[nodiscard]] const Experiment& experiment() const { return *experiment_; }

  /// The best plans. A planner is made for each question that differs in more than its conditions,
  /// and kept: making one takes tens of milliseconds, asking it microseconds.
  /// @throws ConfigError as 'papilio plan', but where no plan keeps the limits
  Answers plan(const PythonQuestion& question);

 private:
  std::shared_ptr<const AskedPlanner> planner_for(const PythonQuestion& question);

  ScenarioSource source_;
  std::unique_ptr<Experiment> experiment_;
  ProfileCaches caches_;
  std::map<std::string, std::shared_ptr<const AskedPlanner>> planners_;  // by question
};

}  // namespace papilio
