#include "sim/base/document/parts.hpp"

#include <algorithm>

#include "sim/base/error.hpp"
#include "sim/base/text.hpp"

namespace papilio {

std::string one_line(std::string_view text) {
  std::string line = printable(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

std::vector<std::string> headers(const Table& table) {
  std::vector<std::string> texts;
  for (const Table::Column& column : table.columns) texts.push_back(column.header);
  return texts;
}

bool set_left(const Table& table, std::size_t column) {
  return column == 0 || table.columns[column].left;
}

void check_table(const Table& table) {
  for (const Table::Row& row : table.rows) {
    PAPILIO_CHECK(row.size() == table.columns.size());
    for (std::size_t c = 0; c < row.size(); ++c) {
      PAPILIO_CHECK(table.columns[c].type == Table::Type::kText || !row[c].is_text());
    }
  }
}

std::vector<std::string> texts_of(const Table::Row& row) {
  std::vector<std::string> texts;
  texts.reserve(row.size());
  for (const TableCell& cell : row) texts.push_back(cell.text());
  return texts;
}

}  // namespace papilio
