#pragma once

#include <string>

#include "sim/base/cli/command_line.hpp"
#include "sim/scenario/source.hpp"

namespace papilio {

/// Declares what every verb takes that reads a scenario or a study: its file, --set, --profiles.
void add_scenario_options(CommandLine& line);

/// What they say; a file that is not there may be one that comes with Papilio (`own_or_shipped`).
/// @param verb for errors, e.g. "study run"
/// @throws ConfigError unless there is one file
ScenarioSource source_of(const CommandLine& line, const std::string& verb);

/// Declares --jobs.
void add_jobs_option(CommandLine& line);
/// Its value; of 0, the number of cores.
/// @throws ConfigError if it is out of range
int jobs_of(const CommandLine& line, const std::string& verb);

}  // namespace papilio
