#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <optional>

#include "sim/base/error.hpp"
#include "sim/base/scratch_folder.hpp"
#include "sim/base/yaml/node.hpp"
#include "sim/compare/inputs.hpp"
#include "sim/compare/things.hpp"
#include "sim/study/store/database.hpp"
#include "sim/study/store/kinds.hpp"
#include "sim/study/store/results_reader.hpp"
#include "sim/study/store/schema.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kMagic{"SQLite format 3\0", 16};

/// The first bytes of a file, as far as it has them.
std::array<unsigned char, 100> head_of(const fs::path& file) {
  std::array<unsigned char, 100> head{};
  std::ifstream{file, std::ios::binary}.read(reinterpret_cast<char*>(head.data()), head.size());
  return head;
}

std::int64_t big_endian(const std::array<unsigned char, 100>& head, std::size_t at) {
  constexpr unsigned kByte = 8;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) number = number << kByte | head[at + i];
  return number;
}

/// The schema of a database of ours that is older than this program's; else nothing.
std::optional<std::int64_t> older_schema(const fs::path& file) {
  constexpr std::size_t kUserVersion = 60;  // https://www.sqlite.org/fileformat.html
  constexpr std::size_t kApplication = 68;
  const auto head = head_of(file);
  const std::int64_t version = big_endian(head, kUserVersion);
  const bool older = big_endian(head, kApplication) == kApplicationId && version > 0 &&
                     version < static_cast<std::int64_t>(schema_steps().size());
  return older ? std::optional{version} : std::nullopt;
}

/// A database that is open, perhaps a copy of an older one.
struct OpenDatabase {
  std::unique_ptr<ScratchFolder> scratch;
  std::unique_ptr<StudyDatabase> database;
  StoredStudy study;
};

void copy_into(const fs::path& file, const fs::path& folder) {
  // Beside it stands what a run that was killed wrote last.
  for (const char* end : {"", "-wal"}) {
    const fs::path from = file.string() + end;
    if (fs::exists(from)) fs::copy_file(from, folder / from.filename());
  }
}

Value value_in(const SQLite::Column& column) {
  if (column.isInteger()) return std::int64_t{column.getInt64()};
  if (column.isFloat()) return column.getDouble();
  if (column.isText()) return column.getString();
  return {};
}

/// Whether any row of the study has a value in a column.
bool has_values(StudyDatabase& database, const StoredStudy& study, const Column& column) {
  return database.guarded([&] {
    SQLite::Statement query{
        database.connection(),
        fmt::format("SELECT 1 FROM {} WHERE study = ? AND {} IS NOT NULL LIMIT 1",
                    result_table(study).name, quoted(std::string{column.name}))};
    query.bind(1, study.id);
    return query.executeStep();
  });
}

/// Reads a study's rows in the order of the chosen columns, which SQLite sorts on the disk.
class StoredRows {
 public:
  StoredRows(std::shared_ptr<OpenDatabase> from, const ComparedColumns& columns)
      : from_{std::move(from)}, keys_{columns.dimensions.size()}, values_{columns.measures.size()} {
    const StoredStudy& study = from_->study;
    std::vector<std::string> axes;
    std::string selected;
    std::string order;
    std::size_t place = 0;
    for (const std::string& name : columns.dimensions) {
      const bool axis = std::find(study.axes.begin(), study.axes.end(), name) != study.axes.end();
      if (axis) axes.push_back(name);
      // An axis may have any name, so it is no path of json_extract.
      selected += axis ? "(SELECT value FROM json_each(p.axes) WHERE key = ?), "
                       : fmt::format("{}.{}, ", name == kReplicate ? "p" : "r", quoted(name));
      order += fmt::format("{}{}", order.empty() ? "" : ", ", ++place);
    }
    for (const std::string& name : columns.measures)
      selected += fmt::format("r.{}, ", quoted(name));
    from_->database->guarded([&] {
      query_.emplace(from_->database->connection(),
                     fmt::format("SELECT {}NULL FROM point AS p LEFT JOIN {} AS r ON r.study = "
                                 "p.study AND r.number = p.number WHERE p.study = ? ORDER BY {}",
                                 selected, result_table(study).name, order));
      int parameter = 0;
      for (const std::string& axis : axes) query_->bind(++parameter, axis);
      query_->bind(++parameter, study.id);
    });
  }

  bool next(ComparedRow& row) {
    return from_->database->guarded([&] {
      if (!query_->executeStep()) return false;
      row.key.resize(keys_);
      row.values.resize(values_);
      int column = 0;
      for (Value& value : row.key) value = value_in(query_->getColumn(column++));
      for (Value& value : row.values) value = value_in(query_->getColumn(column++));
      return true;
    });
  }

 private:
  static constexpr const char* kReplicate = "replicate";

  std::shared_ptr<OpenDatabase> from_;
  std::size_t keys_;
  std::size_t values_;
  std::optional<SQLite::Statement> query_;
};

void describe_study(Comparable& thing, StudyDatabase& database, const StoredStudy& study) {
  add_inputs(thing.inputs, "study.", parse_yaml(study.definition, thing.name + ": definition"));
  add_inputs(thing.inputs, "base.", parse_yaml(study.base, thing.name + ": base"));
  const StudyCounts counts = database.counts(study.id);
  const auto add = [&](const char* path, std::string value) {
    thing.inputs.push_back({path, std::move(value)});
  };
  add("method", study.method);
  add("model_version", fmt::to_string(study.model_version));
  add("papilio", study.papilio);
  add("points", fmt::to_string(study.points));
  add("points.done", fmt::to_string(counts.done));
  add("points.failed", fmt::to_string(counts.failed));
}

}  // namespace

bool is_database(const fs::path& file) {
  const auto head = head_of(file);
  return std::equal(kMagic.begin(), kMagic.end(), head.begin(),
                    [](char a, unsigned char b) { return static_cast<unsigned char>(a) == b; });
}

Comparable stored_study(const std::string& name, const std::string& study) {
  const auto open = std::make_shared<OpenDatabase>();
  const std::optional<std::int64_t> older = older_schema(name);
  if (older) {
    open->scratch = std::make_unique<ScratchFolder>();
    copy_into(name, open->scratch->path());
    open->database = std::make_unique<StudyDatabase>(
        open->scratch->path() / fs::path{name}.filename(), StudyDatabase::Mode::kWrite);
  } else {
    open->database = std::make_unique<StudyDatabase>(name, StudyDatabase::Mode::kRead);
  }
  open->study = open->database->study(study);
  const bool fleet = open->study.kind == kFleetKind.name;
  Comparable thing{.name = name,
                   .kind = fleet ? Comparable::Kind::kFleetStudy : Comparable::Kind::kCellsStudy,
                   .dimensions = open->study.axes,
                   .measures = {},
                   .inputs = {},
                   .remarks = {},
                   .rows = {}};
  thing.dimensions.emplace_back("replicate");
  for (const Column& column : result_columns(open->study)) {
    // What an older version did not compute is no value that went missing.
    if ((older || column.if_any) && !has_values(*open->database, open->study, column)) continue;
    (column.kind == ColumnKind::kDimension ? thing.dimensions : thing.measures)
        .emplace_back(column.name);
  }
  if (older) {
    thing.remarks.push_back(
        fmt::format("{} has the older schema {}: a copy of it was migrated and compared, the file "
                    "is as it was.",
                    name, *older));
  }
  describe_study(thing, *open->database, open->study);
  thing.rows = [open](const ComparedColumns& columns) -> RowStream {
    const auto rows = std::make_shared<StoredRows>(open, columns);
    return [rows](ComparedRow& row) { return rows->next(row); };
  };
  return thing;
}

}  // namespace papilio
