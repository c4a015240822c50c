#pragma once

#include <string>

#include "sim/base/cli/command_line.hpp"
#include "sim/planner/planner.hpp"

namespace papilio {

/// Declares --training and what goes with it.
void add_training_options(CommandLine& line);

/// Checks the options of 'papilio plan' against --training: what needs it, and what it excludes.
/// @throws ConfigError if they do not fit
void check_training_options(const CommandLine& line);

/// 'papilio plan FILE --training': prints the ways to train on each radio.
/// @param question with the goal, the bits and the reading that were asked for
/// @param format   one of `output_formats()`
/// @throws ConfigError as `TrainingPlanner`, or if an option is out of its range
void plan_training(const CommandLine& line, const Scenario& scenario, ProfileCaches& caches,
                   const PlanQuestion& question, const std::string& format);

}  // namespace papilio
