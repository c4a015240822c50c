#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/study/store/database.hpp"
#include "sim/study/store/schema.hpp"

namespace papilio {
namespace {

using Strings = std::vector<std::string>;

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

}  // namespace papilio
