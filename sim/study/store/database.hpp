#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/study/store/digest.hpp"
#include "sim/study/store/result.hpp"

namespace SQLite {  // NOLINT(readability-identifier-naming): theirs
class Database;
class Statement;
}  // namespace SQLite

namespace papilio {

/// A study as a database has it: a row of the table `study`.
struct StoredStudy {
  std::int64_t id{0};
  std::string name;
  std::string digest;             ///< of what its points follow from
  std::string kind;               ///< "cells" or "fleet"
  std::string method;             ///< "simulation" or "closed-form"
  std::string definition;         ///< the study with all defaults, as YAML
  std::string base;               ///< its base with what the study sets, as JSON
  std::vector<std::string> axes;  ///< names of the columns, in order
  std::vector<std::string> keys;  ///< of the base, that they set
  std::uint64_t points{0};        ///< exclusions taken off
  std::int64_t model_version{0};
  std::string papilio;             ///< version and git revision of the program that began it
  std::vector<std::string> notes;  ///< what its tables must say (`study_notes`)
  std::int64_t used{0};            ///< the greatest is the one that was run or merged last
};

/// How far a study has come.
struct StudyCounts {
  std::uint64_t done{0};
  std::uint64_t failed{0};
};

/// The database of studies: an SQLite file in WAL mode, whose schema is in docs/studies.md. Every
/// function throws ConfigError, with the file and the remedy, where the disk is full, the file
/// cannot be read or written, is damaged or of another version, or another process is at work on
/// it; what stood in it before still does then.
class StudyDatabase {
 public:
  enum class Mode {
    kRead,   ///< must exist; may be read while another process writes
    kWrite,  ///< made if absent; one process at a time
  };

  StudyDatabase(std::filesystem::path path, Mode mode);
  ~StudyDatabase();
  StudyDatabase(const StudyDatabase&) = delete;
  StudyDatabase& operator=(const StudyDatabase&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Every study, in the order of their ids.
  std::vector<StoredStudy> studies();
  /// The one of this name or id that was run or merged last; of an empty name, of all.
  /// @throws ConfigError if there is none, naming those that there are
  StoredStudy study(const std::string& name);
  StudyCounts counts(std::int64_t study);

  /// Makes the study of this digest the current one of its name, stored now if it was not.
  /// @return its id
  std::int64_t store(const StoredStudy& study);
  /// Forgets the points of a study that failed, so that they are computed again.
  void forget_failed(std::int64_t study);
  /// Numbers of a study's points in [from, to) that are stored, in ascending order.
  std::vector<std::uint64_t> stored_points(std::int64_t study, std::uint64_t from,
                                           std::uint64_t to);
  /// Whether any other study has points.
  bool has_other_points(std::int64_t study);

  /// How many points of every n-th are stored.
  /// @param index, of as `Shard` has them
  std::uint64_t count_stored(std::int64_t study, std::uint64_t index, std::uint64_t of);

  /// What `store_results` stored.
  struct Stored {
    std::uint64_t points{0};
    std::uint64_t failed{0};
    std::string first_error;  ///< of the failed
  };
  /// Stores points and their rows as `ResultWriter` wrote them.
  Stored store_results(std::int64_t study, std::string_view results);
  /// Stores a point with the results of one that has the same hash and did not fail, of any study.
  /// @return false if there is none
  bool store_known(std::int64_t study, const PointHead& head);
  /// Makes what was stored last.
  /// @throws ConfigError also if the file is no longer the one under its path
  void commit();

  /// Takes over the studies and points of another database, but for those that are here already.
  /// @return how many points came
  /// @throws ConfigError if a point of the same study and number has another hash there
  std::uint64_t merge(const std::filesystem::path& from);

  /// The connection, for questions of its own.
  [[nodiscard]] SQLite::Database& connection() { return *connection_; }
  /// Runs `action`, errors of SQLite becoming ConfigErrors.
  template <class Action>
  auto guarded(const Action& action) -> decltype(action());
  /// Refuses what no Papilio wrote.
  /// @param where table, row and column, and what is wrong there
  [[noreturn]] void fail_damaged(const std::string& where) const;

 private:
  class Attached;
  class Lock;
  struct Statements;

  void open(Mode mode);
  /// The tables are tables, and nothing happens by itself. @throws ConfigError if not
  void check_tables();
  /// @throws ConfigError if the file was removed or replaced
  void check_there() const;
  /// Reads every page. @throws ConfigError if one is damaged
  void check_whole();
  void migrate();
  void begin();
  [[noreturn]] void fail(int code, const std::string& message) const;
  [[noreturn]] void rethrow() const;

  std::filesystem::path path_;
  std::unique_ptr<Lock> lock_;
  std::unique_ptr<SQLite::Database> connection_;
  std::unique_ptr<Statements> statements_;
  bool in_transaction_{false};
};

template <class Action>
auto StudyDatabase::guarded(const Action& action) -> decltype(action()) {
  try {
    return action();
  } catch (const std::runtime_error&) {
    rethrow();
  }
}

}  // namespace papilio
