#include "sim/study/store/results_reader.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/study/store/kinds.hpp"
#include "sim/study/store/schema.hpp"

namespace papilio {
namespace {

Value value_of(const SQLite::Column& column) {
  if (column.isInteger()) return std::int64_t{column.getInt64()};
  if (column.isFloat()) return column.getDouble();
  if (column.isText()) return column.getString();
  return {};
}

Value value_of(const nlohmann::json& json) {
  if (json.is_null()) return {};
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  // A list of one, such as networks: [3g], is called as what it holds.
  if (json.is_array() && json.size() == 1) return value_of(json[0]);
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

const ResultTableColumns& result_table(const StoredStudy& study) {
  return result_tables()[static_cast<std::size_t>(stored_kind(study.kind).results)];
}

const std::vector<Column>& result_columns(const StoredStudy& study) {
  return result_table(study).columns;
}

void each_stored_row(StudyDatabase& database, const StoredStudy& study,
                     const std::function<void(const StoredRow&)>& take) {
  const std::vector<Column>& columns = result_columns(study);
  const char* table = result_table(study).name;
  std::string names;
  for (const Column& column : columns) {
    names += fmt::format(", r.{}", quoted(std::string{column.name}));
  }
  database.guarded([&] {
    SQLite::Statement query{
        database.connection(),
        fmt::format("SELECT p.number, p.replicate, p.seed, p.status, p.error, p.axes{} FROM point "
                    "AS p LEFT JOIN {} AS r ON r.study = p.study AND r.number = p.number WHERE "
                    "p.study = ? ORDER BY p.number, r.row",
                    names, table)};
    query.bind(1, study.id);
    std::vector<Value> axes(study.axes.size());
    std::vector<Value> results(columns.size());
    StoredRow row{.error = {}, .axes = axes, .results = results};
    bool first = true;
    while (query.executeStep()) {
      const auto number = static_cast<std::uint64_t>(query.getColumn(0).getInt64());
      if (first || number != row.number) {
        first = false;
        row.number = number;
        row.replicate = query.getColumn(1).getInt64();
        row.seed = query.getColumn(2).getInt64();
        row.failed = query.getColumn(3).getString() == "failed";
        row.error = query.getColumn(4).getString();
        const auto json = nlohmann::json::parse(query.getColumn(5).getString(), nullptr,
                                                /*allow_exceptions=*/false);
        for (std::size_t i = 0; i < axes.size(); ++i) {
          if (!json.is_object() || !json.contains(study.axes[i])) {
            database.fail_damaged(
                fmt::format("table point, study {}, number {}, column axes: not a "
                            "JSON object with a value of '{}'",
                            study.id, number, study.axes[i]));
          }
          axes[i] = value_of(json[study.axes[i]]);
        }
      }
      constexpr int kFirstResult = 6;
      for (std::size_t i = 0; i < results.size(); ++i) {
        results[i] = value_of(query.getColumn(kFirstResult + static_cast<int>(i)));
      }
      take(row);
    }
  });
}

}  // namespace papilio
