#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace papilio {

/// A column of a table of results in a database.
struct ResultColumn {
  std::string_view name;
  std::string_view type;  ///< of SQLite: TEXT, INTEGER or REAL
};

/// The columns of the table `summary`: those of `summary.csv`, in its order.
const std::vector<ResultColumn>& summary_result_columns();
/// Those of `fleet_summary`: those of `fleet.csv`.
const std::vector<ResultColumn>& fleet_result_columns();
/// Those of `fleet_record`: those of a fleet's `records.csv`.
const std::vector<ResultColumn>& fleet_record_columns();

/// The names that an axis cannot have: what stands beside the axes in a study's view.
std::vector<std::string> reserved_column_names(bool fleet);

}  // namespace papilio
