#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <cctype>

#include "sim/base/error.hpp"
#include "sim/study/store/columns.hpp"
#include "sim/study/store/database_parts.hpp"

namespace papilio {
namespace fs = std::filesystem;

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
