#include "sim/study/store/columns.hpp"

#include "sim/report/fleet_columns.hpp"
#include "sim/report/summary.hpp"

namespace papilio {

const std::vector<ResultTableColumns>& result_tables() {
  static const std::vector<ResultTableColumns> kTables{
      {"summary", declarations(summary_columns())},
      {"fleet_summary", declarations(fleet_columns())},
      {"fleet_record", declarations(fleet_record_columns())}};
  return kTables;
}

const std::vector<Column>& columns_of(ResultTable table) {
  return result_tables()[static_cast<std::size_t>(table)].columns;
}

const char* sql_type(ValueType type) {
  if (type == ValueType::kText) return "TEXT";
  return type == ValueType::kInteger ? "INTEGER" : "REAL";
}

std::vector<std::string> reserved_column_names(ResultTable table) {
  std::vector<std::string> names{"study", "number", "replicate", "seed", "status", "error", "row"};
  for (const Column& column : columns_of(table)) names.emplace_back(column.name);
  return names;
}

}  // namespace papilio
