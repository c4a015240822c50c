#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/study/store/columns.hpp"
#include "sim/study/store/database.hpp"

/// What the sources of `StudyDatabase` share; nobody else includes it.
namespace papilio {

/// Keeps other processes from writing into the same database. Beside SQLite's own locks, which last
/// for a transaction, since two runs at once would compute the same points.
class StudyDatabase::Lock {
 public:
  /// Waits for a moment where another process holds it.
  /// @throws ConfigError if that one goes on, or the file cannot be written
  explicit Lock(const std::filesystem::path& path);
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  /// Whether the file under the path is still the one that is locked.
  [[nodiscard]] bool holds() const;

 private:
  std::filesystem::path path_;
  int fd_;
};

/// What is prepared once, for it is asked for at every point.
struct StudyDatabase::Statements {
  SQLite::Statement insert_point;
  SQLite::Statement find_hash;
  std::vector<SQLite::Statement> insert_row;  ///< `[tables]`
  std::vector<SQLite::Statement> copy_point;  ///< `[tables]`

  explicit Statements(SQLite::Database& database);

  /// @param error of the point, which outlives the call; empty: it is done
  void add_point(std::int64_t study, const PointHead& head, const std::string& error);
};

/// SQL that copies the rows of results of a study's points, or of one point, within the database or
/// from another attached to it: `?1` is the study, `?2` the point's number, or nothing for the
/// same.
/// @param from      "main" or "other"
/// @param selection of the rows there, named `rows`
std::string copy_of(const ResultTableColumns& table, const std::string& from,
                    const std::string& selection);

/// Binds a hash, which outlives the statement's run.
void bind(SQLite::Statement& statement, int index, const Hash& hash);

}  // namespace papilio
