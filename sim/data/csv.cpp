#include "sim/data/csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/tokenizer.hpp>
#include <charconv>
#include <cmath>
#include <fstream>

#include "sim/base/error.hpp"

namespace papilio {

CsvTable::CsvTable(const std::string& path, const std::vector<std::string>& columns)
    : path_{path}, columns_{columns} {
  std::ifstream file{path};
  if (!file) throw ConfigError{fmt::format("{}: error: cannot read the file", path)};
  using Cells = boost::tokenizer<boost::escaped_list_separator<char>>;
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::vector<std::string> row;
    try {
      const Cells cells{line};
      row.assign(cells.begin(), cells.end());
    } catch (const boost::escaped_list_error& error) {
      throw ConfigError{fmt::format("{}:{}: error: not CSV: {}", path, number, error.what())};
    }
    if (number == 1) {
      if (row != columns) {
        throw ConfigError{fmt::format("{}:1: error: expected the header '{}', got '{}'", path,
                                      fmt::join(columns, ","), line)};
      }
      continue;
    }
    if (row.size() != columns.size()) {
      throw ConfigError{fmt::format("{}:{}: error: expected {} cells, got {}", path, number,
                                    columns.size(), row.size())};
    }
    rows_.push_back(std::move(row));
  }
  if (rows_.empty()) throw ConfigError{fmt::format("{}: error: the table has no rows", path)};
}

const std::string& CsvTable::text(std::size_t row, std::string_view column) const {
  const auto it = std::find(columns_.begin(), columns_.end(), column);
  PAPILIO_CHECK(it != columns_.end() && row < rows_.size());
  return rows_[row][static_cast<std::size_t>(it - columns_.begin())];
}

double CsvTable::number(std::size_t row, std::string_view column) const {
  const std::string& cell = text(row, column);
  double value = 0;
  const auto [stop, status] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (status != std::errc{} || stop != cell.data() + cell.size() || !std::isfinite(value)) {
    throw ConfigError{
        fmt::format("{}:{}: error: {}: expected a number, got '{}'", path_, row + 2, column, cell)};
  }
  return value;
}

}  // namespace papilio
