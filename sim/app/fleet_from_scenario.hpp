#pragma once

#include <filesystem>
#include <string>

#include "sim/app/starters.hpp"

namespace papilio {

/// What a scenario says of a fleet that begins from it, as answers to the fleet's starter: network,
/// devices, the first radio with its rates and delay, load levels, limits, measurements and
/// strategies. What of it no fleet has is told in the answer "note".
/// @param file   the scenario
/// @param folder in which the fleet will lie: files that lie beside the scenario are named from
/// there
/// @throws ConfigError if it cannot be read, is no scenario, or asks for what no fleet can
StarterAnswers fleet_answers_of(const std::string& file, const std::filesystem::path& folder);

/// Adds to a fleet's answers the strategies that play the answer "plan", a file as the user names
/// it, beside all on one side; and a note where such a fleet shares nothing.
/// @param folder in which the fleet will lie
/// @throws ConfigError if there is no such file, or it holds no plan
void add_plan(StarterAnswers& answers, const std::filesystem::path& folder);

}  // namespace papilio
