// Claims: what was stored is read back; databases of older versions are migrated with what they
// hold; those of newer ones, of others, or damaged are refused and left alone; merging is
// idempotent and notices what does not belong together.

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include "sim/base/error.hpp"
#include "sim/study/ask/export.hpp"
#include "sim/study/store/columns.hpp"
#include "sim/study/store/database.hpp"
#include "sim/study/store/schema.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Mode = StudyDatabase::Mode;
using testing::read_file;
using testing::TemporaryFolder;

StoredStudy a_study(const std::string& name = "some", const std::string& digest = "d1") {
  return {.name = name,
          .digest = digest,
          .kind = "cells",
          .method = "closed-form",
          .definition = "name: " + name,
          .base = "{}",
          .axes = {"rate", "mobile.load_level"},
          .keys = {"uplink_bit_per_s", "mobile.load_level"},
          .points = 3,
          .model_version = 1,
          .papilio = "test"};
}

/// A point with one row, whose latency is its number.
std::string a_point(std::uint64_t number, const std::string& error = "") {
  ResultWriter results;
  results.begin_point({.number = number,
                       .hash = hash_of(fmt::format("point {}", number)),
                       .replicate = 0,
                       .seed = 7,
                       .axes = fmt::format(R"({{"rate":{},"mobile.load_level":"x"}})", number),
                       .error = error});
  if (!error.empty()) return results.take();
  results.begin_row(ResultTable::kSummary, columns_of(ResultTable::kSummary).size());
  for (const Column& column : columns_of(ResultTable::kSummary)) {
    if (column.name == "strategy") {
      results.add(std::string{"cloud-only"});
    } else if (column.name == "latency_s") {
      results.add(static_cast<double>(number) + 0.1);
    } else if (column.name == "bits") {
      results.add(std::int64_t{8});
    } else {
      results.add(Value{});
    }
  }
  return results.take();
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

std::string dump(const fs::path& file) {
  StudyDatabase database{file, Mode::kRead};
  std::string text;
  for (const char* table : {"study", "point", "summary"}) {
    const char* order = std::string_view{table} == "study" ? "id" : "study, number";
    text += to_csv(query(database, fmt::format("SELECT {} FROM {} ORDER BY {}",
                                               std::string_view{table} == "point"
                                                   ? "study, number, hex(hash), axes, status, error"
                                                   : "*",
                                               table, order)));
  }
  return text;
}

/// A database of one point, into which somebody else wrote.
fs::path tampered(const TemporaryFolder& folder, const std::string& sql) {
  fs::path file = folder.path() / "a.db";
  fs::remove(file);
  {
    StudyDatabase database{file, Mode::kWrite};
    database.store_results(database.store(a_study()), a_point(0));
    database.commit();
  }
  SQLite::Database{file.string(), SQLite::OPEN_READWRITE}.exec(sql);
  return file;
}

TEST(StudyDatabase, TellsWhereItsJsonIsDamaged) {
  const TemporaryFolder folder;
  const auto reading = [&](const std::string& sql) {
    const fs::path file = tampered(folder, sql);
    return error_of([&] {
      StudyDatabase database{file, Mode::kRead};
      const StoredStudy study = database.study("some");
      std::FILE* nowhere = std::fopen("/dev/null", "w");
      try {
        export_study(database, study, "json", nowhere);
      } catch (...) {
        std::fclose(nowhere);
        throw;
      }
      std::fclose(nowhere);
    });
  };
  for (const char* json : {"nonsense", "{}", "[1]", "7", "[\"a\"", ""}) {
    for (const char* column : {"axes", "keys"}) {
      const std::string error = reading(fmt::format("UPDATE study SET {} = '{}'", column, json));
      EXPECT_THAT(error, HasSubstr(fmt::format("a.db: error: table study, id 1, column {}: not a "
                                               "JSON list of texts: the database is damaged",
                                               column)));
    }
  }
  for (const char* json : {"nonsense", "{}", "[1]", "7", "{\"rate\":1}", ""}) {
    EXPECT_THAT(reading(fmt::format("UPDATE point SET axes = '{}'", json)),
                HasSubstr("a.db: error: table point, study 1, number 0, column axes: not a JSON "
                          "object with a value of '"));
  }
  EXPECT_EQ(reading("UPDATE point SET axes = json_set(axes, '$.rate', json('[\"a\", {}]'))"),
            "no error")
      << "a value may be anything";
  EXPECT_EQ(reading("UPDATE point SET error = X'ff41', status = 'failed'"), "no error")
      << "text that is not UTF-8 is printed as far as it goes";
}

TEST(StudyDatabase, RefusesViewsInThePlaceOfTablesAndTriggers) {
  const TemporaryFolder folder;
  const auto opening = [&](const std::string& sql) {
    const fs::path file = tampered(folder, sql);
    return error_of([&] { StudyDatabase{file, Mode::kRead}.studies(); });
  };
  // As it stands, counting its points would never end.
  EXPECT_THAT(
      opening("ALTER TABLE point RENAME TO old; CREATE VIEW point AS WITH RECURSIVE n(x) AS "
              "(SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS study FROM n"),
      HasSubstr("holds a view 'point', which no study makes"));
  EXPECT_THAT(opening("CREATE TRIGGER t AFTER INSERT ON point BEGIN DELETE FROM study; END"),
              HasSubstr("holds a trigger 't', which no study makes"));
}

TEST(StudyDatabase, NoticesThatItWasRemovedOrReplaced) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a.db";
  for (const bool replaced : {false, true}) {
    StudyDatabase database{file, Mode::kWrite};
    const std::int64_t id = database.store(a_study());
    database.store_results(id, a_point(0));
    database.commit();
    fs::remove(file);
    if (replaced) folder.write("a.db", "");
    EXPECT_THAT(
        error_of([&] {
          database.store_results(id, a_point(1));
          database.commit();
        }),
        HasSubstr("a.db: error: the database was removed or replaced while it was written"));
    fs::remove(file);
  }
}

// The page is written by hand around its tables; the tables are what the declarations say. On a
// failure the message holds the lines that belong there.
TEST(Columns, AreThoseOfThePage) {
  const std::string page = read_file(fs::path{PAPILIO_SOURCE_DIR} / "docs/outputs.md");
  const std::vector<const char*> headings{"summary.csv", "fleet.csv", "records.csv of a fleet"};
  ASSERT_EQ(headings.size(), result_tables().size());
  for (std::size_t i = 0; i < headings.size(); ++i) {
    std::string lines{"| column | unit | meaning |\n|---|---|---|\n"};
    for (const Column& column : result_tables()[i].columns) lines += documentation_line(column);
    const std::size_t begin = page.find(fmt::format("\n## {}\n", headings[i]));
    ASSERT_NE(begin, std::string::npos) << headings[i];
    const std::string section = page.substr(begin, page.find("\n## ", begin + 1) - begin);
    EXPECT_THAT(section, HasSubstr(lines));
  }
}

// What a pivot may order, and what it may not: a dimension has no better direction, and only it may
// be a text.
TEST(Columns, AreDeclaredWithoutContradiction) {
  for (const ResultTableColumns& table : result_tables()) {
    std::set<std::string_view> names;
    for (const Column& column : table.columns) {
      const bool dimension = column.kind == ColumnKind::kDimension;
      EXPECT_TRUE(names.insert(column.name).second) << column.name << " stands twice";
      EXPECT_FALSE(dimension && column.better != Better::kNeither) << column.name;
      EXPECT_TRUE(dimension || column.type != ValueType::kText) << column.name;
      EXPECT_FALSE(column.doc.empty()) << column.name;
      EXPECT_EQ(column.name.ends_with("_s") && !column.name.ends_with("_per_s"), column.unit == "s")
          << column.name;
      EXPECT_EQ(column.name.ends_with("_j"), column.unit == "J") << column.name;
    }
  }
}

TEST(StudyDatabase, KeepsWhatWasStored) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "new/folder/a.db";
  {
    StudyDatabase database{file, Mode::kWrite};
    const std::int64_t id = database.store(a_study());
    EXPECT_EQ(database.store(a_study()), id) << "the same digest is the same study";
    const auto stored = database.store_results(id, a_point(0) + a_point(2) + a_point(5, "wrong"));
    EXPECT_EQ(stored.points, 3U);
    EXPECT_EQ(stored.failed, 1U);
    EXPECT_EQ(stored.first_error, "wrong");
    database.commit();
    EXPECT_EQ(database.stored_points(id, 0, 5), (std::vector<std::uint64_t>{0, 2}));
    EXPECT_EQ(database.count_stored(id, 0, 2), 2U) << "0 and 2";
    EXPECT_FALSE(database.has_other_points(id));
  }
  EXPECT_FALSE(fs::exists(file.string() + "-wal")) << "one file is left";
  StudyDatabase database{file, Mode::kRead};
  const StoredStudy study = database.study("some");
  EXPECT_EQ(study.axes, a_study().axes);
  EXPECT_EQ(database.counts(study.id).done, 2U);
  const Table view = query(database,
                           "SELECT number, rate, \"mobile.load_level\", bits, "
                           "latency_s, cut, error FROM some");
  ASSERT_EQ(view.rows.size(), 3U);
  EXPECT_EQ(texts_of(view.rows[1]), (std::vector<std::string>{"2", "2", "x", "8", "2.1", "", ""}));
  EXPECT_EQ(texts_of(view.rows[2]), (std::vector<std::string>{"5", "5", "x", "", "", "", "wrong"}));
  EXPECT_THAT(error_of([&] { database.study("sume"); }), HasSubstr("did you mean 'some'"));
}

TEST(StudyDatabase, TakesResultsOfTheSameHashFromAnotherStudy) {
  const TemporaryFolder folder;
  StudyDatabase database{folder.path() / "a.db", Mode::kWrite};
  const std::int64_t first = database.store(a_study());
  database.store_results(first, a_point(2) + a_point(3, "wrong"));
  const std::int64_t second = database.store(a_study("some", "d2"));
  EXPECT_TRUE(database.has_other_points(second));
  PointHead head{.number = 40, .hash = hash_of("point 2"), .axes = "{\"rate\":1}"};
  EXPECT_TRUE(database.store_known(second, head));
  head = {.number = 41, .hash = hash_of("point 3"), .axes = "{}"};
  EXPECT_FALSE(database.store_known(second, head)) << "a failure is tried again";
  head = {.number = 42, .hash = hash_of("point 4"), .axes = "{}"};
  EXPECT_FALSE(database.store_known(second, head));
  database.commit();
  const Table rows = query(database, "SELECT number, status, error, latency_s FROM some");
  ASSERT_EQ(rows.rows.size(), 1U) << "the view is of the definition that was run last";
  EXPECT_EQ(texts_of(rows.rows[0]), (std::vector<std::string>{"40", "done", "", "2.1"}));
  EXPECT_EQ(database.study("some").id, second);
  EXPECT_EQ(database.store(a_study()), first);
  EXPECT_EQ(database.study("some").id, first) << "and now it is the other one";
  EXPECT_EQ(query(database, "SELECT number FROM some").rows.size(), 2U);
  EXPECT_EQ(database.study(fmt::to_string(second)).digest, "d2") << "each has a number";
  database.forget_failed(first);
  EXPECT_EQ(query(database, "SELECT number FROM some").rows.size(), 1U);
}

/// The columns of results that a table has, with their types.
std::map<std::string, std::string> columns_in(SQLite::Database& database, const char* table) {
  std::map<std::string, std::string> columns;
  SQLite::Statement info{database, fmt::format("PRAGMA table_info({})", table)};
  while (info.executeStep()) {
    const std::string name = info.getColumn("name").getString();
    if (name == "study" || name == "number" || name == "row") continue;
    columns[name] = info.getColumn("type").getString();
  }
  return columns;
}

/// The version of the schema that brought a table.
std::size_t first_version(const ResultTableColumns& table) {
  return std::string_view{table.name} == "summary" ? 1 : 2;
}

/// A database as the release with this version of the schema left it: one row in each table of
/// results, in whose i-th column stands i, or "text i".
void make_database_of(const fs::path& file, std::size_t version) {
  SQLite::Database old{file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  for (std::size_t i = 0; i < version; ++i) old.exec(schema_steps()[i]);
  old.exec(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, version));
  for (const char* study : {"1, 'some', 'd1', 'cells'", "2, 'many', 'd2', 'fleet'"}) {
    old.exec(fmt::format(
        "INSERT INTO study (id, name, digest, kind, method, definition, base, axes, keys, points, "
        "model_version, papilio, used) VALUES ({0}, 'simulation', '', '{{}}', '[\"rate\"]', "
        "'[\"rate\"]', 1, 1, 'old', {1})",
        study, study[0]));
    old.exec(fmt::format(
        "INSERT INTO point VALUES ({}, 0, x'00', 0, 7, '{{\"rate\":5}}', 'done', NULL)", study[0]));
  }
  for (const ResultTableColumns& table : result_tables()) {
    if (first_version(table) > version) continue;
    std::string names;
    std::string values;
    int i = 0;
    for (const auto& [name, type] : columns_in(old, table.name)) {
      names += ", " + quoted(name);
      values += type == "TEXT" ? fmt::format(", 'text {}'", i) : fmt::format(", {}", i);
      ++i;
    }
    old.exec(fmt::format("INSERT INTO {} (study, number, row{}) VALUES ({}, 0, 0{})", table.name,
                         names, std::string_view{table.name} == "summary" ? 1 : 2, values));
  }
}

std::string export_of(StudyDatabase& database, const std::string& study) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* memory = open_memstream(&text, &size);
  export_study(database, database.study(study), "csv", memory);
  std::fclose(memory);
  std::string exported{text, size};
  std::free(text);  // NOLINT: open_memstream allocates with malloc
  return exported;
}

// The frozen steps and the declared columns are two lists: whichever release made a database, the
// steps must lead to the declared columns, and what stood in each column must still stand there.
TEST(StudyDatabase, EveryReleasedVersionIsMigratedToTheDeclaredColumns) {
  const TemporaryFolder folder;
  for (std::size_t version = 1; version <= schema_steps().size(); ++version) {
    const fs::path file = folder.path() / fmt::format("{}.db", version);
    make_database_of(file, version);
    std::map<std::string, std::map<std::string, std::string>> before;
    const auto row_of = [&](const char* table) {
      SQLite::Database opened{file.string()};
      std::map<std::string, std::string> row;
      SQLite::Statement select{opened, fmt::format("SELECT * FROM {}", table)};
      if (!select.executeStep()) return row;
      for (int i = 0; i < select.getColumnCount(); ++i) {
        row[select.getColumnName(i)] = select.getColumn(i).getString();
      }
      return row;
    };
    for (const ResultTableColumns& table : result_tables()) {
      if (first_version(table) <= version) before[table.name] = row_of(table.name);
    }
    { StudyDatabase{file, Mode::kWrite}.studies(); }
    for (const ResultTableColumns& table : result_tables()) {
      std::map<std::string, std::string> declared;
      for (const Column& column : table.columns) {
        declared[std::string{column.name}] = sql_type(column.type);
      }
      SQLite::Database opened{file.string()};
      EXPECT_EQ(columns_in(opened, table.name), declared)
          << table.name << " from version " << version
          << ": a column that is declared needs a step at the end of "
             "sim/study/store/migrations.cpp";
      const auto after = row_of(table.name);
      for (const auto& [column, value] : before[table.name]) {
        if (version < 3 && column == "partition" && first_version(table) == 1)
          continue;  // it gets its name
        EXPECT_EQ(after.at(column), value) << table.name << "." << column << " from " << version;
      }
    }
    StudyDatabase database{file, Mode::kRead};
    for (const char* study : {"some", "many"}) {
      const std::string exported = export_of(database, study);
      EXPECT_EQ(std::count(exported.begin(), exported.end(), '\n'), 2)
          << "a header and a row from version " << version << ":\n"
          << exported;
    }
    // A second migration, from a file that is at today's version, changes nothing.
    const std::string once = export_of(database, "some");
    { StudyDatabase{file, Mode::kWrite}.studies(); }
    EXPECT_EQ(export_of(database, "some"), once);
  }
}

// Version 1 knew cells alone.
TEST(StudyDatabase, AnOlderVersionIsMigratedWithWhatItHolds) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "old.db";
  {
    SQLite::Database old{file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    old.exec(schema_steps().front());
    old.exec(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = 1", kApplicationId));
    old.exec(
        "INSERT INTO study VALUES (1, 'some', 'd1', 'cells', 'closed-form', '', '{}', '[]', '[]', "
        "1, 1, 'old', 1)");
    old.exec("INSERT INTO point VALUES (1, 0, x'00', 0, 0, '{}', 'done', NULL)");
    old.exec("INSERT INTO summary (study, number, row, latency_s) VALUES (1, 0, 0, 0.25)");
  }
  EXPECT_THAT(error_of([&] {
                StudyDatabase{file, Mode::kRead};
              }),
              HasSubstr("was made by an older Papilio (schema 1)"));
  { StudyDatabase{file, Mode::kWrite}.studies(); }
  StudyDatabase database{file, Mode::kRead};
  EXPECT_EQ(database.study("some").papilio, "old");
  EXPECT_EQ(query(database, "SELECT latency_s FROM summary").rows[0][0].text(), "0.25");
  EXPECT_TRUE(query(database, "SELECT * FROM fleet_summary").rows.empty());
  EXPECT_TRUE(database.study("some").notes.empty()) << "nobody asked then";
  EXPECT_EQ(query(database, "SELECT delay_s FROM summary").rows[0][0].text(), "");
}

// Version 2 told cells apart by several columns, and knew no limit of accuracy.
TEST(StudyDatabase, PartitionsOfVersion2GetTheirNames) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "old.db";
  {
    SQLite::Database old{file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    old.exec(schema_steps()[0]);
    old.exec(schema_steps()[1]);
    old.exec(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = 2", kApplicationId));
    old.exec(
        "INSERT INTO study VALUES (1, 'some', 'd1', 'cells', 'closed-form', '', '{}', '[]', '[]', "
        "1, 1, 'old', 1)");
    old.exec("INSERT INTO point VALUES (1, 0, x'00', 0, 0, '{}', 'done', NULL)");
    old.exec(
        "INSERT INTO summary (study, number, row, strategy, network, cut, channels, bits, codec) "
        "VALUES (1, 0, 0, 'mobile-only', NULL, NULL, NULL, NULL, NULL), "
        "(1, 0, 1, 'cloud-only', '3g', NULL, NULL, 8, 'jpeg:90'), "
        "(1, 0, 2, 'butterfly', '3g', 'RB1', 1, 8, 'raw'), "
        "(1, 0, 3, 'butterfly', '4g', 'RB1', 1, 8, 'raw'), "
        "(1, 0, 4, 'split', '3g', 'RB1', NULL, 8, 'raw'), "
        "(1, 0, 5, 'butterfly', '3g', 'RB2', 1, 8, 'raw'), "
        "(1, 0, 6, 'butterfly', '3g', 'RB2', 4, 8, 'raw')");
  }
  { StudyDatabase{file, Mode::kWrite}.studies(); }
  StudyDatabase database{file, Mode::kRead};
  std::string names;
  for (const auto& row : query(database, "SELECT partition, admitted FROM some").rows) {
    names += row[0].text() + row[1].text() + ", ";
  }
  EXPECT_EQ(names,
            "mobile-only, cloud-only/jpeg:90, RB1, RB1, split RB1, RB2/1/8bit, RB2/4/8bit, ");
}

TEST(StudyDatabase, WhatIsNotItsOwnIsRefusedAndLeftAlone) {
  const TemporaryFolder folder;
  const fs::path newer = folder.path() / "newer.db";
  {
    SQLite::Database database{newer.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    database.exec(
        fmt::format("CREATE TABLE t (a); PRAGMA application_id = {}; PRAGMA user_version = 99",
                    kApplicationId));
  }
  const fs::path other = folder.path() / "other.db";
  {
    SQLite::Database database{other.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    database.exec("CREATE TABLE photos (a)");
  }
  const fs::path text = folder.write("text.db", std::string(10000, 'x'));
  const std::vector<std::pair<fs::path, std::string>> cases{
      {newer, fmt::format("was made by a newer Papilio (schema 99, this one knows {})",
                          schema_steps().size())},
      {other, "is a database of something else; choose another file"},
      {text, "is no database, or a damaged one, and was left as it is"}};
  for (const auto& [file, message] : cases) {
    const std::string before = read_file(file);
    for (const Mode mode : {Mode::kRead, Mode::kWrite}) {
      EXPECT_THAT(error_of([&, &path = file] { StudyDatabase{path, mode}; }), HasSubstr(message));
    }
    EXPECT_EQ(read_file(file), before) << file;
  }
  EXPECT_THAT(error_of([&] {
                StudyDatabase{folder.path() / "none.db", Mode::kRead};
              }),
              HasSubstr("no such database"));
  EXPECT_THAT(error_of([&] {
                StudyDatabase{folder.path(), Mode::kWrite};
              }),
              HasSubstr("is a folder"));
}

TEST(StudyDatabase, ADamagedOneIsNoticedBeforeAnythingIsWritten) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a.db";
  {
    StudyDatabase database{file, Mode::kWrite};
    const std::int64_t id = database.store(a_study());
    for (std::uint64_t i = 0; i < 500; ++i) database.store_results(id, a_point(i));
    database.commit();
  }
  std::string bytes = read_file(file);
  for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 3000; ++i) bytes[i] = '\x5a';
  std::ofstream{file, std::ios::binary} << bytes;
  EXPECT_THAT(error_of([&] {
                StudyDatabase{file, Mode::kWrite};
              }),
              HasSubstr("the database is damaged, and was left as it is"));
  EXPECT_EQ(read_file(file), bytes);
}

TEST(StudyDatabase, OneProcessWritesAtATime) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a.db";
  StudyDatabase database{file, Mode::kWrite};
  EXPECT_THAT(error_of([&] {
                StudyDatabase{file, Mode::kWrite};
              }),
              HasSubstr("another process is at work on this database"));
  EXPECT_TRUE((StudyDatabase{file, Mode::kRead}.studies().empty())) << "it may be read meanwhile";
}

TEST(StudyDatabase, MergingTwiceChangesNothing) {
  const TemporaryFolder folder;
  const auto shard = [&](const std::string& name, std::initializer_list<std::uint64_t> numbers) {
    fs::path file = folder.path() / name;
    StudyDatabase database{file, Mode::kWrite};
    const std::int64_t id = database.store(a_study());
    for (const std::uint64_t number : numbers) {
      database.store_results(id, a_point(number, number == 5 ? "wrong" : ""));
    }
    database.commit();
    return file;
  };
  const fs::path whole = shard("whole.db", {0, 1, 2, 3, 4, 5});
  const fs::path even = shard("even.db", {0, 2, 4});
  const fs::path odd = shard("odd.db", {1, 3, 5});
  const fs::path merged = folder.path() / "merged.db";
  {
    StudyDatabase database{merged, Mode::kWrite};
    EXPECT_EQ(database.merge(odd), 3U);
    EXPECT_EQ(database.merge(even), 3U);
    EXPECT_EQ(database.merge(odd), 0U);
    EXPECT_EQ(database.merge(whole), 0U);
  }
  EXPECT_EQ(dump(merged), dump(whole));
}

TEST(StudyDatabase, MergingNoticesAnotherHash) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "other.db";
  {
    StudyDatabase other{file, Mode::kWrite};
    const std::int64_t id = other.store(a_study());
    ResultWriter results;
    results.begin_point({.number = 1, .hash = hash_of("of other profiles"), .axes = "{}"});
    other.store_results(id, results.take() + a_point(2));
    other.commit();
  }
  StudyDatabase database{folder.path() / "a.db", Mode::kWrite};
  const std::int64_t id = database.store(a_study());
  database.store_results(id, a_point(1));
  database.commit();
  EXPECT_THAT(error_of([&] { database.merge(file); }),
              HasSubstr("point 1 of 'some' is another one"));
  EXPECT_EQ(database.stored_points(id, 0, 9), (std::vector<std::uint64_t>{1})) << "nothing came";
}

TEST(StudyDatabase, MergingRefusesDamagedAxesAndTakesNothing) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "damaged.db";
  {
    StudyDatabase other{file, Mode::kWrite};
    const std::int64_t id = other.store(a_study());
    other.store_results(id, a_point(1));
    other.store_results(id, a_point(2));
    other.commit();
  }
  SQLite::Database{file.string(), SQLite::OPEN_READWRITE}.exec(
      "UPDATE point SET axes = '{' WHERE number = 2");
  StudyDatabase database{folder.path() / "a.db", Mode::kWrite};
  const std::int64_t id = database.store(a_study());
  EXPECT_THAT(
      error_of([&] { database.merge(file); }),
      HasSubstr("damaged.db: error: table point, study 1, number 2, column axes: not a JSON "
                "object: the database is damaged; merge the others"));
  EXPECT_EQ(database.stored_points(id, 0, 9), std::vector<std::uint64_t>{}) << "nothing came";
}

}  // namespace
}  // namespace papilio
