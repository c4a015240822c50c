#include "sim/base/data/csv_columns.hpp"

#include <nlohmann/json.hpp>

namespace papilio {

std::vector<std::string> names_of(const std::vector<CsvColumn>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const CsvColumn& column : columns) names.emplace_back(column.name);
  return names;
}

nlohmann::ordered_json schema_of_row(const std::vector<CsvColumn>& columns) {
  using Json = nlohmann::ordered_json;
  Json properties = Json::object();
  Json required = Json::array();
  for (const CsvColumn& column : columns) {
    const std::string name{column.name};
    Json cell{{"description", std::string{column.doc}}};
    if (column.type == CsvColumn::Type::kText) {
      cell["type"] = "string";
    } else {
      cell["type"] = column.type == CsvColumn::Type::kWhole ? "integer" : "number";
      cell["minimum"] = column.min;
      cell["maximum"] = column.max;
    }
    cell["examples"] =
        Json::array({column.type == CsvColumn::Type::kText ? Json(std::string{column.example})
                                                           : Json::parse(column.example)});
    properties[name] = std::move(cell);
    if (!column.may_be_empty) required.push_back(name);
  }
  return {{"$schema", "http://json-schema.org/draft-07/schema#"},
          {"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

std::string example_csv(const std::vector<CsvColumn>& columns) {
  std::string header;
  std::string row;
  for (const CsvColumn& column : columns) {
    const char* const comma = header.empty() ? "" : ",";
    header += std::string{comma} + std::string{column.name};
    row += std::string{comma} + std::string{column.example};
  }
  return header + "\n" + row + "\n";
}

}  // namespace papilio
