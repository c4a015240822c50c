#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace papilio {

/// A column of a CSV file that people write: what its reader takes, and what it is.
struct CsvColumn {
  enum class Type { kText, kWhole, kNumber };
  std::string_view name;
  Type type{Type::kText};
  double min{0};  ///< of numbers
  double max{0};
  bool may_be_empty{false};
  std::string_view example;  ///< a cell, never empty
  std::string_view doc;      ///< one sentence with the unit
};

/// For `CsvTable`.
std::vector<std::string> names_of(const std::vector<CsvColumn>& columns);

/// The JSON Schema (draft 7) of a row, its cells under the columns' names; a cell that may be empty
/// may be left out.
nlohmann::ordered_json schema_of_row(const std::vector<CsvColumn>& columns);

/// A header and a row of the columns' examples.
std::string example_csv(const std::vector<CsvColumn>& columns);

}  // namespace papilio
