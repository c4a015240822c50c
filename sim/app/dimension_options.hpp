#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/base/cli/command_line.hpp"

/// What verbs share that show a study's results by dimensions.
namespace papilio {

/// The words of an option that are divided by commas; none if it was not given.
std::vector<std::string> words_of(const CommandLine& line, const std::string& option);

/// Declares --where and --over.
void add_choices(CommandLine& line);

/// Dimensions and the values that --where keeps of them.
/// @param verb for errors
/// @throws ConfigError if one has not the form NAME=VALUE,…
std::vector<std::pair<std::string, std::vector<std::string>>> choices_of(const CommandLine& line,
                                                                         const std::string& verb);

}  // namespace papilio
