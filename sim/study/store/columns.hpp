#pragma once

#include <string>
#include <vector>

#include "sim/base/document/column.hpp"
#include "sim/study/store/result.hpp"

namespace papilio {

/// A table of results in a database: its name and its declared columns.
struct ResultTableColumns {
  const char* name;
  std::vector<Column> columns;
};

/// The tables, in the order of `ResultTable`. The steps in migrations.cpp make them.
const std::vector<ResultTableColumns>& result_tables();
/// The declared columns of a table.
const std::vector<Column>& columns_of(ResultTable table);

/// The type of SQLite: TEXT, INTEGER or REAL.
const char* sql_type(ValueType type);

/// The names that an axis cannot have: what stands beside the axes in a study's view.
/// @param table of the study's results
std::vector<std::string> reserved_column_names(ResultTable table);

}  // namespace papilio
