#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/document/document.hpp"
#include "sim/study/store/database.hpp"

namespace papilio {

/// A table to be made of a study's results. Dimensions are the axes, `replicate`, the columns of
/// results that are no measurement; of cells, `partition` tells all apart that a scenario has.
struct PivotSpec {
  std::vector<std::string> rows;   ///< dimensions down the table, at least one
  std::vector<std::string> cols;   ///< dimensions across
  std::vector<std::string> group;  ///< dimensions of which each value has a table
  std::string value;               ///< a column of results; its unit may be left out: "latency"
  /// Statistics over the replicates: of mean, ci95, min, max, median, n.
  std::vector<std::string> stats{"mean"};
  /// A strategy or partition that every value is compared with: its value over the row's.
  std::string relative_to;
  /// A dimension: instead of values, the one of its values with the least value, and that; of those
  /// that the scenario's limit of accuracy admits, "none" where there is none.
  std::string best;
  std::vector<std::string> over;  ///< dimensions that may be averaged over; not with `best`
  /// Dimensions and the values that are kept of them.
  std::vector<std::pair<std::string, std::vector<std::string>>> where;
  bool si{false};             ///< seconds and joules instead of milli-
  std::optional<int> digits;  ///< after the point; absent: as suits the unit
};

/// Makes the tables. Values that differ in a dimension which the table has no place for are an
/// error, but for replicates and those of `over`: a mean over two radios is nobody's wish. What was
/// taken together, the head of the tables says.
/// @param exact numbers with all their digits, each statistic in a column: for machines
/// @throws ConfigError naming the dimension or the value that does not exist, and those that do
Document pivot(StudyDatabase& database, const StoredStudy& study, const PivotSpec& spec,
               bool exact);

}  // namespace papilio
