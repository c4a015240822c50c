#include "sim/study/store/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <string_view>

#include "sim/study/store/database.hpp"
#include "sim/study/store/results_reader.hpp"

namespace papilio {
namespace {

/// The view is called as the study, unless a table is.
std::string view_name(const std::string& study) {
  static const std::vector<std::string> kTables{"study",         "point",        "summary",
                                                "fleet_summary", "fleet_record", "point_by_hash"};
  const bool taken = std::find(kTables.begin(), kTables.end(), study) != kTables.end() ||
                     study.starts_with("sqlite_");
  return taken ? study + "_results" : study;
}

}  // namespace

std::string quoted(const std::string& name) {
  return '"' + boost::replace_all_copy(name, "\"", "\"\"") + '"';
}

std::string view_definition(const StoredStudy& study) {
  const ResultTableColumns& table = result_table(study);
  const std::string view = quoted(view_name(study.name));
  std::string sql = fmt::format(
      "DROP VIEW IF EXISTS main.{0};\nCREATE VIEW main.{0} AS SELECT point.number, "
      "point.replicate, "
      "point.seed, point.status, point.error",
      view);
  for (const std::string& axis : study.axes) {
    const std::string path = "$." + quoted(axis);
    sql += fmt::format(", json_extract(point.axes, '{}') AS {}",
                       boost::replace_all_copy(path, "'", "''"), quoted(axis));
  }
  for (const Column& column : table.columns) {
    sql += fmt::format(", {}.{}", table.name, quoted(std::string{column.name}));
  }
  return sql + fmt::format(
                   " FROM point LEFT JOIN {0} ON {0}.study = point.study AND {0}.number = "
                   "point.number WHERE point.study = {1} ORDER BY point.number, {0}.row;\n",
                   table.name, study.id);
}

}  // namespace papilio
