#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "sim/planner/goal.hpp"
#include "sim/planner/training.hpp"
#include "sim/scenario/scenario.hpp"

namespace papilio {

/// What is asked of a planner of training.
struct TrainingQuestion {
  Goal goal;  ///< that adds up
  /// Without `input_bits`, which follows from the scenario: those of its first cloud-only strategy;
  /// where it has none, 8 of pictures and `bits` of other inputs.
  TrainingSettings settings;
  std::optional<EnergyModel> reading;  ///< of the radio's energy; absent: the scenario's first
};

/// A way to train, on one radio.
struct TrainingChoice {
  std::string title;  ///< "mobile-only", "coupled"
  TrainingPlan plan;
  bool single{false};  ///< whether all of it runs on one tier
  bool energy_known{true};
};

/// The ways to train on one radio: everything on the mobile, on the edge if there is one, on the
/// cloud; the best placement with both passes of a segment together; the best without that, as
/// JointDNN counts and with all that it needs.
struct TrainingAnswer {
  std::string network;
  TrainingCosts costs;
  std::vector<TrainingChoice> choices;

  /// What a choice saves of the least time or mobile energy of a single platform, as a share of it;
  /// nothing where an energy is not known or there is nothing to save.
  [[nodiscard]] std::optional<double> gain(const TrainingChoice& choice, Criterion criterion) const;
};

/// Plans the training of a scenario's network, under its conditions. Limits of the scenario are a
/// request's, and say nothing here.
class TrainingPlanner {
 public:
  /// @param profiles what the scenario was loaded from
  /// @throws ConfigError if the network generates or is quantised, the goal is an energy that
  ///         nobody knows, or the scenario has no such reading
  TrainingPlanner(const Scenario& scenario, ProfileCache& profiles,
                  const TrainingQuestion& question);

  [[nodiscard]] const Scenario& scenario() const { return scenario_; }
  [[nodiscard]] const TrainingQuestion& question() const { return question_; }
  [[nodiscard]] EnergyModel reading() const { return reading_; }
  [[nodiscard]] const std::vector<Tier>& tiers() const { return tiers_; }
  /// `[tiers]`: what a batch takes on each.
  [[nodiscard]] const std::vector<BatchMultiple>& factors() const { return factors_; }

  /// On the radio at this position of the scenario's.
  [[nodiscard]] TrainingAnswer answer(std::size_t radio) const;

 private:
  const Scenario& scenario_;
  TrainingQuestion question_;
  EnergyModel reading_;
  Devices devices_;
  std::vector<Tier> tiers_;
  std::vector<BatchMultiple> factors_;
};

}  // namespace papilio
