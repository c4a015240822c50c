#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/capacity/capacity.hpp"
#include "sim/python/child.hpp"
#include "sim/run/experiment.hpp"
#include "sim/study/ask/pivot.hpp"

/// What Python's functions do. Where a verb of the program does the same, both go through the same
/// rooms.
namespace papilio {

/// What a file describes, as 'papilio check' says it: "33 cells", "960 points".
/// @throws ConfigError with every error found
std::string extent_of(const ScenarioSource& source);

/// In a child: plays an experiment. Tables: "summary".
/// @param files whether the run's files for machines are handed back too, as texts
Packed played(const Experiment& experiment, int jobs, bool files, const Workers::Send& send);

/// What `study_run` is to do.
struct StudyRequest {
  ScenarioSource source;
  std::string database;  ///< empty: results/NAME.db
  int jobs{1};
  bool retry_failed{false};
};
/// In a child: computes what a study's database lacks. No tables.
/// @throws SimulationError if workers died again and again
Packed study_run(const StudyRequest& request, const Workers::Send& send);

/// In a child: searches for the value of a fleet's key up to which conditions hold. Tables: "runs".
Packed capacity_found(const ScenarioSource& source, const CapacityQuestion& question, int jobs,
                      const Workers::Send& send);

/// A pivot of a study's results. Tables: "table".
/// @param study name or number; empty: the one that was run last
Packed pivot_of(const std::string& database, const std::string& study, const PivotSpec& spec);

/// The answer to a question in SQL. Tables: "table".
Packed sql_answer(const std::string& database, const std::string& question);

}  // namespace papilio
