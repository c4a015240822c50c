#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "sim/base/data/csv.hpp"
#include "sim/base/error.hpp"
#include "sim/base/read_file.hpp"
#include "sim/base/yaml/node.hpp"
#include "sim/compare/inputs.hpp"
#include "sim/compare/things.hpp"
#include "sim/report/fleet_columns.hpp"
#include "sim/report/summary.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

/// What a cell of a file holds: nothing, a whole number, a number, or a text.
Value value_of_cell(const std::string& cell) {
  if (cell.empty()) return {};
  const char* end = cell.data() + cell.size();
  std::int64_t whole = 0;
  if (const auto read = std::from_chars(cell.data(), end, whole);
      read.ec == std::errc{} && read.ptr == end) {
    return whole;
  }
  double real = 0;
  if (const auto read = std::from_chars(cell.data(), end, real);
      read.ec == std::errc{} && read.ptr == end) {
    return real;
  }
  return cell;
}

/// The columns that are declared as dimensions; those that nobody declared are measures of a newer
/// version.
bool is_dimension(const std::vector<Column>& declared, const std::string& name) {
  return std::any_of(declared.begin(), declared.end(), [&](const Column& column) {
    return column.name == name && column.kind == ColumnKind::kDimension;
  });
}

void read_rows(Comparable& thing, const fs::path& file, const std::vector<Column>& declared) {
  const CsvTable table{file.string()};
  for (const std::string& column : table.columns()) {
    (is_dimension(declared, column) ? thing.dimensions : thing.measures).push_back(column);
  }
  std::vector<ComparedRow> rows(table.rows());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const std::string& column : thing.dimensions) {
      const std::string& cell = table.text(i, column);
      rows[i].key.push_back(cell.empty() ? Value{} : Value{cell});
    }
    for (const std::string& column : thing.measures) {
      rows[i].values.push_back(value_of_cell(table.text(i, column)));
    }
  }
  thing.rows = rows_in_memory(thing.dimensions, thing.measures, std::move(rows));
}

/// What a manifest says of the programs; how long they took is no input.
void read_manifest(Comparable& thing, const fs::path& file) {
  constexpr std::size_t kMost = 32UL << 20U;
  const auto json = nlohmann::json::parse(read_file(file.string(), kMost), nullptr,
                                          /*allow_exceptions=*/false);
  if (!json.is_object()) refuse_file(file, "is no JSON object; run the scenario again");
  const auto add = [&](const std::string& path, const nlohmann::json& value) {
    if (value.is_string()) thing.inputs.push_back({path, value.get<std::string>()});
    if (value.is_number()) thing.inputs.push_back({path, value.dump()});
  };
  for (const char* key : {"papilio", "git_revision", "network_model", "seed"}) {
    if (json.contains(key)) add(fmt::format("manifest.{}", key), json[key]);
  }
  if (!json.contains("libraries") || !json["libraries"].is_object()) return;
  for (const auto& [library, version] : json["libraries"].items()) {
    add("manifest.libraries." + library, version);
  }
}

}  // namespace

Comparable run_folder(const std::string& name) {
  const fs::path folder{name};
  const bool cells = fs::exists(folder / "summary.csv");
  const bool fleet = fs::exists(folder / "fleet.csv");
  if (cells == fleet) {
    refuse_file(folder, cells ? "holds summary.csv and fleet.csv, of two runs; remove one"
                              : "holds neither summary.csv nor fleet.csv; give the folder of "
                                "'papilio run -o'");
  }
  Comparable thing{.name = name,
                   .kind = fleet ? Comparable::Kind::kFleet : Comparable::Kind::kRun,
                   .dimensions = {},
                   .measures = {},
                   .inputs = {},
                   .remarks = {},
                   .rows = {}};
  read_rows(thing, folder / (fleet ? "fleet.csv" : "summary.csv"),
            fleet ? declarations(fleet_columns()) : declarations(summary_columns()));
  const fs::path effective = folder / "scenario.effective.yaml";
  if (fs::exists(effective)) {
    add_inputs(thing.inputs, "", load_yaml(effective.string()));
  } else {
    thing.remarks.push_back(fmt::format("{} has no scenario.effective.yaml.", name));
  }
  const fs::path manifest = folder / "manifest.json";
  if (fs::exists(manifest)) {
    read_manifest(thing, manifest);
  } else {
    thing.remarks.push_back(fmt::format("{} has no manifest.json.", name));
  }
  return thing;
}

}  // namespace papilio
