#include "sim/study/database.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/study/columns.hpp"
#include "sim/study/schema.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

using Strings = std::vector<std::string>;

std::string names_of(const std::vector<Column>& columns) {
  std::string names;
  for (const Column& column : columns) {
    names += (names.empty() ? "" : ", ") + quoted(std::string{column.name});
  }
  return names;
}

/// Copies the rows of results of a study's points, or of one point, within the database or from
/// another attached to it.
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

/// A JSON list of texts; nothing if it is none.
std::optional<Strings> texts_of(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const bool texts = json.is_array() && std::all_of(json.begin(), json.end(), [](const auto& item) {
                       return item.is_string();
                     });
  if (!texts) return std::nullopt;
  return json.get<Strings>();
}

StoredStudy read_study(const StudyDatabase& database, SQLite::Statement& row) {
  const auto list = [&](int column) {
    std::optional<Strings> texts = texts_of(row.getColumn(column).getString());
    if (!texts) {
      database.fail_damaged(fmt::format("table study, id {}, column {}: not a JSON list of texts",
                                        row.getColumn(0).getInt64(), row.getColumnName(column)));
    }
    return std::move(*texts);
  };
  return {.id = row.getColumn(0).getInt64(),
          .name = row.getColumn(1).getString(),
          .digest = row.getColumn(2).getString(),
          .kind = row.getColumn(3).getString(),
          .method = row.getColumn(4).getString(),
          .definition = row.getColumn(5).getString(),
          .base = row.getColumn(6).getString(),
          .axes = list(7),
          .keys = list(8),
          .points = static_cast<std::uint64_t>(row.getColumn(9).getInt64()),
          .model_version = row.getColumn(10).getInt64(),
          .papilio = row.getColumn(11).getString(),
          .notes = list(13),
          .used = row.getColumn(12).getInt64()};
}

constexpr const char* kStudyColumns =
    "id, name, digest, kind, method, definition, base, axes, keys, points, model_version, papilio, "
    "used, notes";

}  // namespace

/// Keeps other processes from writing into the same database. Beside SQLite's own locks, which last
/// for a transaction, since two runs at once would compute the same points.
class StudyDatabase::Lock {
 public:
  explicit Lock(const fs::path& path)
      : path_{path}, fd_{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)} {
    if (fd_ < 0) {
      throw ConfigError{
          fmt::format("{}: error: cannot write the database: {}; choose another place",
                      path.string(), std::strerror(errno))};
    }
    // Workers of a run that was just killed hold its lock until they have seen that it is gone.
    constexpr int kTries = 30;
    constexpr std::chrono::milliseconds kPause{100};
    for (int i = 0; ::flock(fd_, LOCK_EX | LOCK_NB) != 0; ++i) {
      if (i == kTries) {
        ::close(fd_);
        throw ConfigError{fmt::format(
            "{}: error: another process is at work on this database; wait for it, or end it: what "
            "it has stored stays",
            path.string())};
      }
      std::this_thread::sleep_for(kPause);
    }
  }
  ~Lock() { ::close(fd_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  /// Whether the file under the path is still the one that is locked.
  [[nodiscard]] bool holds() const {
    struct stat locked {};
    struct stat there {};
    return ::fstat(fd_, &locked) == 0 && ::stat(path_.c_str(), &there) == 0 &&
           locked.st_dev == there.st_dev && locked.st_ino == there.st_ino;
  }

 private:
  fs::path path_;
  int fd_;
};

struct StudyDatabase::Statements {
  SQLite::Statement insert_point;
  SQLite::Statement find_hash;
  std::vector<SQLite::Statement> insert_row;  // [tables]
  std::vector<SQLite::Statement> copy_point;  // [tables]

  explicit Statements(SQLite::Database& database)
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

  /// @param error of the point, which outlives the call; empty: it is done
  void add_point(std::int64_t study, const PointHead& head, const std::string& error) {
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
};

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

std::vector<StoredStudy> StudyDatabase::studies() {
  return guarded([&] {
    SQLite::Statement query{*connection_,
                            fmt::format("SELECT {} FROM study ORDER BY id", kStudyColumns)};
    std::vector<StoredStudy> all;
    while (query.executeStep()) all.push_back(read_study(*this, query));
    return all;
  });
}

StoredStudy StudyDatabase::study(const std::string& name) {
  const std::vector<StoredStudy> all = studies();
  const StoredStudy* found = nullptr;
  for (const StoredStudy& one : all) {
    if (fmt::to_string(one.id) == name) return one;
    const bool asked = name.empty() || one.name == name;
    if (asked && (found == nullptr || one.used > found->used)) found = &one;
  }
  if (found != nullptr) return *found;
  Strings names;
  for (const StoredStudy& one : all) names.push_back(one.name);
  if (all.empty()) {
    throw ConfigError{
        fmt::format("{}: error: holds no study; fill it with 'papilio study run'", path_.string())};
  }
  throw ConfigError{fmt::format("{}: error: holds no study '{}'{}", path_.string(), name,
                                suggestion(name, names))};
}

StudyCounts StudyDatabase::counts(std::int64_t study) {
  return guarded([&] {
    SQLite::Statement query{*connection_,
                            "SELECT count(*), coalesce(sum(status = 'failed'), 0) FROM point WHERE "
                            "study = ?"};
    query.bind(1, study);
    query.executeStep();
    const auto all = static_cast<std::uint64_t>(query.getColumn(0).getInt64());
    const auto failed = static_cast<std::uint64_t>(query.getColumn(1).getInt64());
    return StudyCounts{all - failed, failed};
  });
}

std::int64_t StudyDatabase::store(const StoredStudy& study) {
  commit();
  return guarded([&] {
    StoredStudy stored = study;
    stored.id = 0;  // another database's has another there
    std::int64_t last = 0;
    for (const StoredStudy& one : studies()) {
      last = std::max(last, one.used);
      if (one.digest == study.digest) stored = one;
    }
    const bool known = stored.id != 0;
    // A run that is given again changes nothing, for a run that was stopped must leave no trace.
    if (known && stored.used == last) return stored.id;
    stored.used = last + 1;
    SQLite::Transaction transaction{*connection_};
    if (known) {
      SQLite::Statement update{*connection_, "UPDATE study SET used = ? WHERE id = ?"};
      update.bind(1, stored.used);
      update.bind(2, stored.id);
      update.exec();
    } else {
      SQLite::Statement insert{
          *connection_,
          "INSERT INTO study (name, digest, kind, method, definition, base, axes, keys, points, "
          "model_version, papilio, used, notes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
      insert.bind(1, study.name);
      insert.bind(2, study.digest);
      insert.bind(3, study.kind);
      insert.bind(4, study.method);
      insert.bind(5, study.definition);
      insert.bind(6, study.base);
      insert.bind(7, nlohmann::json(study.axes).dump());
      insert.bind(8, nlohmann::json(study.keys).dump());
      insert.bind(9, static_cast<std::int64_t>(study.points));
      insert.bind(10, study.model_version);
      insert.bind(11, study.papilio);
      insert.bind(12, stored.used);
      insert.bind(13, nlohmann::json(study.notes).dump());
      insert.exec();
      stored.id = connection_->getLastInsertRowid();
    }
    connection_->exec(view_definition(stored));
    transaction.commit();
    return stored.id;
  });
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

/// Another database beside the own one, to be read from, for as long as this lives.
class StudyDatabase::Attached {
 public:
  Attached(StudyDatabase& database, const fs::path& from) : connection_{*database.connection_} {
    std::string uri{"file:"};
    for (const char c : fs::absolute(from).string()) {
      const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '.' ||
                         c == '-' || c == '_';
      uri += plain ? std::string{c} : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    database.guarded([&] {
      SQLite::Statement attach{connection_, "ATTACH ? AS other"};
      attach.bind(1, uri + "?mode=ro");
      attach.exec();
    });
  }
  ~Attached() { connection_.tryExec("DETACH other"); }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  SQLite::Database& connection_;
};

std::uint64_t StudyDatabase::merge(const fs::path& from) {
  // Checks that it is one of ours, and tells what is wrong with it in its own name.
  std::vector<StoredStudy> theirs;
  {
    StudyDatabase other{from, Mode::kRead};
    other.check_whole();
    theirs = other.studies();
  }
  const Attached other{*this, from};
  return guarded([&] {
    std::uint64_t came = 0;
    try {
      for (const StoredStudy& their : theirs) {
        const std::int64_t ours = store(their);
        begin();
        SQLite::Statement differ{
            *connection_,
            "SELECT b.number FROM main.point AS a JOIN other.point AS b ON a.number = b.number "
            "WHERE a.study = ? AND b.study = ? AND (a.hash <> b.hash OR a.status <> b.status) "
            "LIMIT 1"};
        differ.bind(1, ours);
        differ.bind(2, their.id);
        if (differ.executeStep()) {
          throw ConfigError{fmt::format(
              "{}: error: point {} of '{}' is another one than in {}; they come of other profiles "
              "or another Papilio: merge what one of them computed",
              from.string(), differ.getColumn(0).getInt64(), their.name, path_.string())};
        }
        SQLite::Statement damaged{*connection_,
                                  "SELECT number FROM other.point WHERE study = ? AND NOT "
                                  "json_valid(axes) LIMIT 1"};
        damaged.bind(1, their.id);
        if (damaged.executeStep()) {
          throw ConfigError{fmt::format(
              "{}: error: table point, study {}, number {}, column axes: not a JSON object: the "
              "database is damaged; merge the others",
              from.string(), their.id, damaged.getColumn(0).getInt64())};
        }
        // Rows first, while the points that they belong to are still missing here.
        const std::string fresh =
            "rows.study = ?3 AND NOT EXISTS (SELECT 1 FROM main.point WHERE main.point.study = ?1 "
            "AND main.point.number = rows.number)";
        for (const ResultTableColumns& table : result_tables()) {
          SQLite::Statement copy{*connection_, copy_of(table, "other", fresh)};
          copy.bind(1, ours);
          copy.bind(2);
          copy.bind(3, their.id);
          copy.exec();
        }
        SQLite::Statement points{
            *connection_,
            "INSERT OR IGNORE INTO main.point (study, number, hash, replicate, seed, axes, status, "
            "error) SELECT ?1, number, hash, replicate, seed, axes, status, error FROM other.point "
            "WHERE study = ?2"};
        points.bind(1, ours);
        points.bind(2, their.id);
        came += static_cast<std::uint64_t>(points.exec());
        commit();
      }
    } catch (...) {
      // SQLite has rolled back by itself where the disk was full.
      if (sqlite3_get_autocommit(connection_->getHandle()) == 0) connection_->exec("ROLLBACK");
      in_transaction_ = false;
      throw;
    }
    return came;
  });
}

}  // namespace papilio
