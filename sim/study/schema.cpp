#include "sim/study/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <string_view>

#include "sim/study/columns.hpp"
#include "sim/study/database.hpp"

namespace papilio {
namespace {

/// A table as the schemas up to 2 had it.
std::string results_table(std::string_view name, const std::vector<ResultColumn>& columns) {
  std::string sql = fmt::format(
      "CREATE TABLE {} (\n  study INTEGER NOT NULL,\n  number INTEGER NOT NULL,\n"
      "  row INTEGER NOT NULL,\n",
      name);
  for (const ResultColumn& column : columns) {
    if (column.since > 2) continue;
    sql += fmt::format("  {} {},\n", quoted(std::string{column.name}), column.type);
  }
  return sql +
         "  PRIMARY KEY (study, number, row),\n"
         "  FOREIGN KEY (study, number) REFERENCES point (study, number)\n) WITHOUT ROWID;\n";
}

constexpr std::string_view kStudies = R"sql(
CREATE TABLE study (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('cells', 'fleet')),
  method TEXT NOT NULL CHECK (method IN ('simulation', 'closed-form')),
  definition TEXT NOT NULL,
  base TEXT NOT NULL,
  axes TEXT NOT NULL,
  keys TEXT NOT NULL,
  points INTEGER NOT NULL,
  model_version INTEGER NOT NULL,
  papilio TEXT NOT NULL,
  used INTEGER NOT NULL
);
CREATE TABLE point (
  study INTEGER NOT NULL REFERENCES study (id),
  number INTEGER NOT NULL,
  hash BLOB NOT NULL,
  replicate INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  axes TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('done', 'failed')),
  error TEXT,
  PRIMARY KEY (study, number)
) WITHOUT ROWID;
CREATE INDEX point_by_hash ON point (hash);
)sql";

/// Adds the columns that a version of the schema brought.
std::string added_columns(int version) {
  std::string sql;
  const auto add = [&](std::string_view table, const std::vector<ResultColumn>& columns) {
    for (const ResultColumn& column : columns) {
      if (column.since != version) continue;
      sql += fmt::format("ALTER TABLE {} ADD COLUMN {} {};\n", table,
                         quoted(std::string{column.name}), column.type);
    }
  };
  add("summary", summary_result_columns());
  add("fleet_summary", fleet_result_columns());
  add("fleet_record", fleet_record_columns());
  return sql;
}

// Names of the partitions that were stored without, as `partition_labels` gives them: those of one
// point are of one scenario.
constexpr std::string_view kNamePartitions = R"sql(
UPDATE summary SET partition =
  CASE WHEN cut IS NULL THEN strategy WHEN strategy = 'split' THEN 'split ' || cut ELSE cut END ||
  CASE WHEN (SELECT count(DISTINCT coalesce(o.channels, 0) || '/' || coalesce(o.bits, 0))
             FROM summary AS o
             WHERE o.study = summary.study AND o.number = summary.number AND
                   o.strategy = summary.strategy AND o.cut IS summary.cut AND
                   o.codec IS summary.codec) > 1
       THEN coalesce('/' || channels, '') || '/' || coalesce(bits, 0) || 'bit' ELSE '' END ||
  CASE WHEN coalesce(codec, 'raw') = 'raw' THEN '' ELSE '/' || codec END;
)sql";

/// The view is called as the study, unless a table is.
std::string view_name(const std::string& study) {
  static const std::vector<std::string> kTables{"study",         "point",        "summary",
                                                "fleet_summary", "fleet_record", "point_by_hash"};
  const bool taken = std::find(kTables.begin(), kTables.end(), study) != kTables.end() ||
                     study.starts_with("sqlite_");
  return taken ? study + "_results" : study;
}

}  // namespace

const std::vector<std::string>& schema_steps() {
  static const std::vector<std::string> kSteps{
      std::string{kStudies} + results_table("summary", summary_result_columns()),
      results_table("fleet_summary", fleet_result_columns()) +
          results_table("fleet_record", fleet_record_columns()),
      added_columns(3) + std::string{kNamePartitions},
      added_columns(4) + "ALTER TABLE study ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';\n"};
  return kSteps;
}

std::string quoted(const std::string& name) {
  return '"' + boost::replace_all_copy(name, "\"", "\"\"") + '"';
}

std::string view_definition(const StoredStudy& study) {
  const bool fleet = study.kind == "fleet";
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
  const char* table = fleet ? "fleet_summary" : "summary";
  for (const ResultColumn& column : fleet ? fleet_result_columns() : summary_result_columns()) {
    sql += fmt::format(", {}.{}", table, quoted(std::string{column.name}));
  }
  return sql + fmt::format(
                   " FROM point LEFT JOIN {0} ON {0}.study = point.study AND {0}.number = "
                   "point.number WHERE point.study = {1} ORDER BY point.number, {0}.row;\n",
                   table, study.id);
}

}  // namespace papilio
