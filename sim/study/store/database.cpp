#include "sim/study/store/database.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <map>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/study/store/database_parts.hpp"
#include "sim/study/store/schema.hpp"

namespace papilio {
namespace fs = std::filesystem;

StudyDatabase::StudyDatabase(fs::path path, Mode mode) : path_{std::move(path)} {
  std::error_code ignored;
  if (fs::is_directory(path_, ignored)) {
    throw ConfigError{
        fmt::format("{}: error: is a folder; name a file of a database", path_.string())};
  }
  if (mode == Mode::kRead && !fs::exists(path_, ignored)) {
    throw ConfigError{fmt::format("{}: error: no such database; make it with 'papilio study run'",
                                  path_.string())};
  }
  const bool made = !fs::exists(path_, ignored);
  if (mode == Mode::kWrite) {
    if (path_.has_parent_path()) fs::create_directories(path_.parent_path(), ignored);
    lock_ = std::make_unique<Lock>(path_);
  }
  try {
    guarded([&] { open(mode); });
  } catch (...) {
    connection_.reset();
    if (made && mode == Mode::kWrite) fs::remove(path_, ignored);
    throw;
  }
}

StudyDatabase::~StudyDatabase() {
  statements_.reset();
  if (lock_ && connection_) {
    // Leaves one file, to be copied or read by anyone: a reader of a WAL would leave two more.
    try {
      if (!in_transaction_) connection_->exec("PRAGMA journal_mode = DELETE");
    } catch (const SQLite::Exception&) {
      // Somebody is reading it: it stays as it is.
    }
  }
  connection_.reset();  // before the lock, whose file is the same
}

void StudyDatabase::open(Mode mode) {
  constexpr int kBusyMs = 10'000;
  const int flags = mode == Mode::kRead ? SQLite::OPEN_READONLY : SQLite::OPEN_READWRITE;
  connection_ = std::make_unique<SQLite::Database>(
      path_.string(), flags | SQLite::OPEN_URI | SQLite::OPEN_NOMUTEX, kBusyMs);
  const auto pragma = [&](const char* name) {
    return connection_->execAndGet(fmt::format("PRAGMA {}", name)).getInt64();
  };
  const auto newest = static_cast<std::int64_t>(schema_steps().size());
  const std::int64_t version = pragma("user_version");
  const bool empty = pragma("schema_version") == 0;
  if (!empty && pragma("application_id") != kApplicationId) {
    throw ConfigError{fmt::format("{}: error: is a database of something else; choose another file",
                                  path_.string())};
  }
  if (version > newest) {
    throw ConfigError{fmt::format(
        "{}: error: was made by a newer Papilio (schema {}, this one knows {}); use that one, or "
        "another file",
        path_.string(), version, newest)};
  }
  // What other people's files define beside tables could keep SQLite busy for ever, or be another
  // thing than it is called.
  if (!empty) check_tables();
  if (mode == Mode::kRead) {
    if (empty || version < newest) {
      throw ConfigError{fmt::format(
          "{}: error: {}; 'papilio study run' or 'papilio study merge' into it brings it to "
          "schema {}",
          path_.string(),
          empty ? "holds no study"
                : fmt::format("was made by an older Papilio (schema {})", version),
          newest)};
    }
    return;
  }
  if (!empty) check_whole();
  connection_->exec("PRAGMA journal_mode = WAL");
  connection_->exec("PRAGMA synchronous = NORMAL");
  connection_->exec("PRAGMA cache_size = -65536");         // 64 MiB: the index of a million hashes
  connection_->exec("PRAGMA wal_autocheckpoint = 16384");  // each waits for the disk
  migrate();
  statements_ = std::make_unique<Statements>(*connection_);
}

void StudyDatabase::check_tables() {
  SQLite::Statement query{*connection_,
                          "SELECT type, name FROM sqlite_schema WHERE type = 'trigger' OR (type <> "
                          "'table' AND name IN ('study', 'point', 'summary', 'fleet_summary', "
                          "'fleet_record'))"};
  if (!query.executeStep()) return;
  fail_damaged(fmt::format("holds a {} '{}', which no study makes", query.getColumn(0).getString(),
                           query.getColumn(1).getString()));
}

void StudyDatabase::check_whole() {
  guarded([&] {
    if (connection_->execAndGet("PRAGMA quick_check(1)").getString() != "ok") {
      fail(SQLITE_CORRUPT, "");
    }
  });
}

void StudyDatabase::migrate() {
  const auto version =
      static_cast<std::size_t>(connection_->execAndGet("PRAGMA user_version").getInt64());
  if (version == schema_steps().size()) return;
  SQLite::Transaction transaction{*connection_};
  for (std::size_t i = version; i < schema_steps().size(); ++i) {
    connection_->exec(schema_steps()[i]);
  }
  connection_->exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
  connection_->exec(fmt::format("PRAGMA user_version = {}", schema_steps().size()));
  // A study's view shows the definition that was run last.
  std::map<std::string, StoredStudy> last;
  for (StoredStudy& study : studies()) {
    StoredStudy& known = last[study.name];
    if (known.id == 0 || study.used > known.used) known = std::move(study);
  }
  for (const auto& [name, study] : last) connection_->exec(view_definition(study));
  transaction.commit();
}

void StudyDatabase::begin() {
  if (in_transaction_) return;
  guarded([&] { connection_->exec("BEGIN"); });
  in_transaction_ = true;
}

void StudyDatabase::check_there() const {
  if (!lock_ || lock_->holds()) return;
  throw ConfigError{fmt::format(
      "{}: error: the database was removed or replaced while it was written, and what was computed "
      "since is lost; leave it in its place, and give the same command again",
      path_.string())};
}

void StudyDatabase::commit() {
  check_there();
  if (!in_transaction_) return;
  guarded([&] { connection_->exec("COMMIT"); });
  in_transaction_ = false;
}

void StudyDatabase::rethrow() const {
  try {
    throw;
  } catch (const SQLite::Exception& error) {
    fail(error.getErrorCode(), error.what());
  }
}

void StudyDatabase::fail(int code, const std::string& message) const {
  const auto text = [&]() -> std::string {
    switch (code) {
      case SQLITE_FULL:
        return "the disk is full; what was stored before is safe: free some space and give the "
               "same command again";
      case SQLITE_READONLY:
        return "the database is read-only; make it writable, or choose another place";
      case SQLITE_CANTOPEN:
        return "cannot open the database; check the path and who may write into its folder";
      case SQLITE_NOTADB:
        return "is no database, or a damaged one, and was left as it is; choose another file";
      case SQLITE_CORRUPT:
        return fmt::format(
            "the database is damaged, and was left as it is; go on in another file, "
            "with what 'sqlite3 {} .recover' can save",
            path_.string());
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
        return "the database is locked by another process; wait for it, or end it";
      case SQLITE_IOERR:
        return fmt::format(
            "cannot read or write the database: {}; what was stored before is safe: "
            "check the disk and its free space, and give the same command again",
            message);
      default:
        return fmt::format("SQLite says: {}", message);
    }
  }();
  throw ConfigError{fmt::format("{}: error: {}", path_.string(), text)};
}

void StudyDatabase::fail_damaged(const std::string& where) const {
  throw ConfigError{
      fmt::format("{}: error: {}: the database is damaged, and was left as it is; compute the "
                  "study into another "
                  "file",
                  path_.string(), where)};
}

}  // namespace papilio
