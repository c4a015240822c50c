#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <array>
#include <variant>

#include "sim/study/store/columns.hpp"
#include "sim/study/store/database_parts.hpp"
#include "sim/study/store/schema.hpp"

namespace papilio {
namespace {

std::string names_of(const std::vector<Column>& columns) {
  std::string names;
  for (const Column& column : columns) {
    names += (names.empty() ? "" : ", ") + quoted(std::string{column.name});
  }
  return names;
}

}  // namespace

std::string copy_of(const ResultTableColumns& table, const std::string& from,
                    const std::string& selection) {
  // By name: columns that came later stand at the end of older databases.
  return fmt::format(
      "INSERT INTO main.{0} (study, number, row, {2}) SELECT {1}, row, {2} FROM {3}.{0} AS rows "
      "WHERE "
      "{4}",
      table.name, "?1, coalesce(?2, rows.number)", names_of(table.columns), from, selection);
}

void bind(SQLite::Statement& statement, int index, const Hash& hash) {
  statement.bindNoCopy(index, hash.data(), static_cast<int>(hash.size()));
}

StudyDatabase::Statements::Statements(SQLite::Database& database)
    : insert_point{database,
                   "INSERT INTO point (study, number, hash, replicate, seed, axes, status, error)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"},
      find_hash{database,
                "SELECT study, number FROM point WHERE hash = ? AND status = 'done' ORDER BY "
                "study, number LIMIT 1"} {
  for (const ResultTableColumns& table : result_tables()) {
    std::string marks;
    for (std::size_t i = 0; i < table.columns.size(); ++i) marks += ", ?";
    insert_row.emplace_back(database, fmt::format("INSERT INTO {} (study, number, row, {}) "
                                                  "VALUES (?, ?, ?{})",
                                                  table.name, names_of(table.columns), marks));
    copy_point.emplace_back(database,
                            copy_of(table, "main", "rows.study = ?3 AND rows.number = ?4"));
  }
}

void StudyDatabase::Statements::add_point(std::int64_t study, const PointHead& head,
                                          const std::string& error) {
  insert_point.bind(1, study);
  insert_point.bind(2, static_cast<std::int64_t>(head.number));
  bind(insert_point, 3, head.hash);
  insert_point.bind(4, head.replicate);
  insert_point.bind(5, head.seed);
  insert_point.bindNoCopy(6, head.axes);
  insert_point.bindNoCopy(7, error.empty() ? "done" : "failed");
  if (error.empty()) {
    insert_point.bind(8);
  } else {
    insert_point.bindNoCopy(8, error);
  }
  insert_point.exec();
  insert_point.reset();
}

void StudyDatabase::forget_failed(std::int64_t study) {
  guarded([&] {
    SQLite::Statement forget{*connection_,
                             "DELETE FROM point WHERE study = ? AND status = 'failed'"};
    forget.bind(1, study);
    forget.exec();  // they have no rows of results
  });
}

std::vector<std::uint64_t> StudyDatabase::stored_points(std::int64_t study, std::uint64_t from,
                                                        std::uint64_t to) {
  return guarded([&] {
    SQLite::Statement query{
        *connection_,
        "SELECT number FROM point WHERE study = ? AND number >= ? AND number < ? ORDER BY number"};
    query.bind(1, study);
    query.bind(2, static_cast<std::int64_t>(from));
    query.bind(3, static_cast<std::int64_t>(to));
    std::vector<std::uint64_t> numbers;
    while (query.executeStep()) {
      numbers.push_back(static_cast<std::uint64_t>(query.getColumn(0).getInt64()));
    }
    return numbers;
  });
}

std::uint64_t StudyDatabase::count_stored(std::int64_t study, std::uint64_t index,
                                          std::uint64_t of) {
  return guarded([&] {
    SQLite::Statement query{*connection_,
                            "SELECT count(*) FROM point WHERE study = ? AND number % ? = ?"};
    query.bind(1, study);
    query.bind(2, static_cast<std::int64_t>(of));
    query.bind(3, static_cast<std::int64_t>(index));
    query.executeStep();
    return static_cast<std::uint64_t>(query.getColumn(0).getInt64());
  });
}

bool StudyDatabase::has_other_points(std::int64_t study) {
  return guarded([&] {
    SQLite::Statement query{*connection_,
                            "SELECT EXISTS (SELECT 1 FROM point WHERE study < ?1) OR EXISTS "
                            "(SELECT 1 FROM point WHERE study > ?1)"};
    query.bind(1, study);
    query.executeStep();
    return query.getColumn(0).getInt() == 1;
  });
}

StudyDatabase::Stored StudyDatabase::store_results(std::int64_t study, std::string_view results) {
  return guarded([&] {
    Stored stored;
    begin();
    std::int64_t number = 0;
    std::array<std::int64_t, 3> rows{};
    const auto on_point = [&](const PointHead& head) {
      number = static_cast<std::int64_t>(head.number);
      rows.fill(0);
      statements_->add_point(study, head, head.error);
      ++stored.points;
      if (!head.error.empty() && stored.failed++ == 0) stored.first_error = head.error;
    };
    const auto on_row = [&](ResultTable table, const std::vector<ResultValue>& values) {
      const auto position = static_cast<std::size_t>(table);
      SQLite::Statement& insert = statements_->insert_row[position];
      insert.bind(1, study);
      insert.bind(2, number);
      insert.bind(3, rows[position]++);
      int index = 4;
      for (const ResultValue& value : values) {
        if (const auto* text = std::get_if<const char*>(&value)) {
          insert.bindNoCopy(index, *text);
        } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
          insert.bind(index, *whole);
        } else if (const auto* real = std::get_if<double>(&value)) {
          insert.bind(index, *real);
        } else {
          insert.bind(index);
        }
        ++index;
      }
      insert.exec();
      insert.reset();
    };
    ResultReader{results}.each(on_point, on_row);
    return stored;
  });
}

bool StudyDatabase::store_known(std::int64_t study, const PointHead& head) {
  return guarded([&] {
    SQLite::Statement& find = statements_->find_hash;
    bind(find, 1, head.hash);
    if (!find.executeStep()) {
      find.reset();
      return false;
    }
    const std::int64_t from_study = find.getColumn(0).getInt64();
    const std::int64_t from_number = find.getColumn(1).getInt64();
    find.reset();
    begin();
    statements_->add_point(study, head, "");
    for (SQLite::Statement& copy : statements_->copy_point) {
      copy.bind(1, study);
      copy.bind(2, static_cast<std::int64_t>(head.number));
      copy.bind(3, from_study);
      copy.bind(4, from_number);
      copy.exec();
      copy.reset();
    }
    return true;
  });
}

}  // namespace papilio
