#include "sim/study/ask/export.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <nlohmann/json.hpp>

#include "sim/base/csv.hpp"
#include "sim/base/document/rows.hpp"
#include "sim/base/error.hpp"
#include "sim/study/store/results_reader.hpp"
#include "sim/study/store/schema.hpp"

namespace papilio {
namespace {

/// The positions of the columns of a study's results that stand in its export: those that files
/// may leave out, only if some row has a value of them.
std::vector<std::size_t> exported_columns(StudyDatabase& database, const StoredStudy& study) {
  std::vector<std::size_t> exported;
  const std::vector<Column>& columns = result_columns(study);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool stands = !columns[i].if_any || database.guarded([&] {
      SQLite::Statement query{
          database.connection(),
          fmt::format("SELECT 1 FROM {} WHERE study = ? AND {} IS NOT NULL LIMIT 1",
                      result_table(study).name, quoted(std::string{columns[i].name}))};
      query.bind(1, study.id);
      return query.executeStep();
    });
    if (stands) exported.push_back(i);
  }
  return exported;
}

/// @param exported positions of the columns of results that stand
Row export_row(const StoredStudy& study, const StoredRow& stored,
               const std::vector<std::size_t>& exported) {
  Row row{{"number", static_cast<std::int64_t>(stored.number)},
          {"replicate", stored.replicate},
          {"seed", stored.seed},
          {"status", std::string{stored.failed ? "failed" : "done"}},
          {"error", text_value(stored.error)}};
  for (std::size_t i = 0; i < study.axes.size(); ++i) {
    row.emplace_back(study.axes[i], stored.axes[i]);
  }
  const std::vector<Column>& columns = result_columns(study);
  for (const std::size_t i : exported) row.emplace_back(columns[i].name, stored.results[i]);
  return row;
}

/// A value: bytes as a text, in hexadecimal.
TableCell cell_of(const SQLite::Column& column) {
  if (column.isNull()) return none();
  if (column.isInteger()) return column.getInt64();
  if (column.isFloat()) return column.getDouble();
  if (column.isText()) return column.getString();
  std::string text;
  for (const char byte : column.getString()) {
    text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return text;
}

/// Lets through one statement that reads: the connection may not write, but some statements write
/// other files.
void check_question(const std::string& sql) {
  const std::string text = boost::trim_right_copy_if(
      boost::trim_copy(sql), [](char c) { return c == ';' || c == ' ' || c == '\n'; });
  const std::string word = boost::to_lower_copy(text.substr(0, text.find_first_of(" \n\t(")));
  const bool reads = word == "select" || word == "with" || word == "explain" || word == "values" ||
                     word == "pragma";
  if (!reads) {
    throw ConfigError{
        "papilio study sql: error: expected a question, such as 'SELECT name FROM study'"};
  }
  if (text.find(';') != std::string::npos && text.find('\'') == std::string::npos) {
    throw ConfigError{"papilio study sql: error: expected one question; ask one after the other"};
  }
}

}  // namespace

void export_study(StudyDatabase& database, const StoredStudy& study, const std::string& format,
                  std::FILE* to) {
  const bool json = format == "json";
  bool first = true;
  const std::vector<std::size_t> exported = exported_columns(database, study);
  each_stored_row(database, study, [&](const StoredRow& stored) {
    const Row row = export_row(study, stored, exported);
    if (json) {
      fmt::print(
          to, "{}{}", first ? "[\n" : ",\n",
          json_of(row).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    } else {
      std::vector<std::string> names;
      std::vector<std::string> cells;
      for (const auto& [name, value] : row) {
        if (first) names.push_back(name);
        cells.push_back(text_of(value));
      }
      fmt::print(to, "{}{}", first ? csv_line(names) : "", csv_line(cells));
    }
    first = false;
  });
  if (json) fmt::print(to, "{}", first ? "[]\n" : "\n]\n");
}

Table query(StudyDatabase& database, const std::string& sql) {
  return database.guarded([&] {
    Table table;
    check_question(sql);
    SQLite::Statement statement{database.connection(), sql};
    for (int c = 0; c < statement.getColumnCount(); ++c) {
      table.columns.emplace_back(statement.getColumnName(c), true);
    }
    std::vector<bool> texts(table.columns.size());
    while (statement.executeStep()) {
      Table::Row row;
      for (std::size_t c = 0; c < table.columns.size(); ++c) {
        const SQLite::Column column = statement.getColumn(static_cast<int>(c));
        // A column of numbers has nothing but numbers; one without values is left to the texts.
        if (column.isText() || column.isBlob()) texts[c] = true;
        if (texts[c] || !column.isNull()) {
          table.columns[c] = {table.columns[c].header, texts[c]};
        }
        row.push_back(cell_of(column));
      }
      table.rows.push_back(std::move(row));
    }
    return table;
  });
}

Document status_report(StudyDatabase& database) {
  Document document{.title = database.path().string()};
  Table table{.columns = {{"number"},
                          {"study", true},
                          {"kind", true},
                          {"method", true},
                          {"points"},
                          {"done"},
                          {"failed"},
                          {"missing"},
                          {"by", true}}};
  const std::vector<StoredStudy> studies = database.studies();
  for (const StoredStudy& study : studies) {
    const bool current =
        std::none_of(studies.begin(), studies.end(), [&](const StoredStudy& other) {
          return other.name == study.name && other.used > study.used;
        });
    const StudyCounts counts = database.counts(study.id);
    const std::uint64_t stored = counts.done + counts.failed;
    table.rows.push_back({study.id, study.name + (current ? "" : " (another definition)"),
                          study.kind, study.method, study.points, counts.done, counts.failed,
                          study.points - std::min(stored, study.points), study.papilio});
  }
  document.sections.push_back({.title = "Studies", .table = std::move(table)});
  Table errors = query(database,
                       "SELECT study.name AS study, count(*) AS points, min(number) AS first, "
                       "replace(point.error, char(10), ' ') AS error FROM point JOIN study ON "
                       "study.id = point.study WHERE status = "
                       "'failed' GROUP BY study.id, point.error ORDER BY count(*) DESC LIMIT 20");
  if (!errors.rows.empty()) {
    document.sections.push_back({.title = "Errors", .table = std::move(errors)});
  }
  return document;
}

}  // namespace papilio
