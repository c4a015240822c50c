#pragma once

#include <cstdio>
#include <string>

#include "sim/base/document/document.hpp"
#include "sim/study/store/database.hpp"

namespace papilio {

/// Prints every point of a study with its axes, seed, error and rows of results, one line a row: as
/// CSV with a header line, or as a JSON array of objects. Takes no more memory for more points.
/// @param format "csv" or "json"
void export_study(StudyDatabase& database, const StoredStudy& study, const std::string& format,
                  std::FILE* to);

/// The answer to one question in SQL.
/// @throws ConfigError with SQLite's words if it is no question that can be answered
Table query(StudyDatabase& database, const std::string& sql);

/// The latest results of each study: points stored and failed, and what went wrong.
Document status_report(StudyDatabase& database);

}  // namespace papilio
