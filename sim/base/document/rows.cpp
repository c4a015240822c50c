#include "sim/base/document/rows.hpp"

#include "sim/base/csv.hpp"

namespace papilio {

Value text_value(const std::string& text) {
  return text.empty() ? Value{} : Value{text};
}
Value optional_value(const std::optional<std::int64_t>& value) {
  return value ? Value{*value} : Value{};
}
Value optional_value(const std::optional<double>& value) {
  return value ? Value{*value} : Value{};
}

void extend(Row& row, const Row& more) {
  row.insert(row.end(), more.begin(), more.end());
}

void append(Table& table, const Row& row) {
  if (table.columns.empty()) {
    for (const auto& [column, value] : row) table.columns.emplace_back(column);
  }
  Table::Row cells;
  cells.reserve(row.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    // A column may begin with absent values.
    if (std::holds_alternative<std::string>(row[i].second)) {
      table.columns[i].type = Table::Type::kText;
    }
    cells.emplace_back(row[i].second);
  }
  table.rows.push_back(std::move(cells));
}

std::string csv_header(const Row& row) {
  std::vector<std::string> cells;
  cells.reserve(row.size());
  for (const auto& [column, value] : row) cells.push_back(column);
  return csv_line(cells);
}

void append_csv(std::string& text, const Row& row) {
  if (text.empty()) text = csv_header(row);
  std::vector<std::string> cells;
  cells.reserve(row.size());
  for (const auto& [column, value] : row) cells.push_back(text_of(value));
  text += csv_line(cells);
}

nlohmann::ordered_json json_of(const Row& row) {
  nlohmann::ordered_json json;
  for (const auto& [column, value] : row) {
    std::visit(
        [&, &name = column](const auto& held) {
          if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::monostate>) {
            json[name] = nullptr;
          } else {
            json[name] = held;
          }
        },
        value);
  }
  return json;
}

}  // namespace papilio
