#pragma once

#include <string>
#include <vector>

#include "sim/base/cli/command_line.hpp"

namespace papilio {

/// Every verb, in the order that `papilio --help` lists them.
const std::vector<Command>& commands();

/// The verbs: each parses the words after it, prints to stdout, and throws as the errors' kinds
/// say.
void new_command(const Words& words);
void doctor_command(const Words& words);
void run_command(const Words& words);
void check_command(const Words& words);
void schema_command(const Words& words);
void models_command(const Words& words);
void devices_command(const Words& words);
void radios_command(const Words& words);
void profiles_command(const Words& words);
void predict_command(const Words& words);
void import_profile_command(const Words& words);
void plan_command(const Words& words);
void capacity_command(const Words& words);
void plot_command(const Words& words);
void report_command(const Words& words);
void study_command(const Words& words);
void table_command(const Words& words);
void compare_command(const Words& words);
void calibrate_command(const Words& words);
void replay_command(const Words& words);
void completion_command(const Words& words);

/// The actions of `study`.
const std::vector<Command>& study_actions();
/// The kinds of file that `schema` knows.
std::vector<std::string> schema_kinds();

/// What help does not list. `__complete WORD...`: what may stand for the last word, for the scripts
/// of `completion`: a line a word, what it is behind a tab; ":files ENDING" and ":folders" say that
/// those may stand there too.
void complete_words_command(const Words& words);
/// `__manual FOLDER`: writes the manual's pages.
void manual_command(const Words& words);

}  // namespace papilio
