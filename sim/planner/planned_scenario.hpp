#pragma once

#include <string>
#include <string_view>

#include "sim/scenario/scenario.hpp"

/// What a question to planners is asked of, for whoever asks it.
namespace papilio {

/// The key of scenarios that states a limit, as questions name it: "latency_s" becomes
/// "limits.latency_s", "accuracy" "least_accuracy", "accuracy_loss" "accuracy_budget"; the keys'
/// own names are taken too.
std::string limit_key(std::string_view limit);

/// The scenario of a file that is one.
/// @param caches what other scenarios have read already
/// @throws ConfigError as `load_scenario`, and of a fleet, a study or a calibrated scenario
Scenario load_planned_scenario(const ScenarioSource& source, ProfileCaches& caches);

}  // namespace papilio
