#include "sim/base/data/csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/base/text.hpp"

namespace papilio {

CsvTable::CsvTable(const std::string& path) : CsvTable{path, nullptr} {}

CsvTable::CsvTable(const std::string& path, const std::vector<std::string>& columns)
    : CsvTable{path, &columns} {}

CsvTable::CsvTable(const std::string& path, const std::vector<std::string>* columns)
    : path_{path}, rows_{read_csv(path, CsvStyle::kStrict)} {
  if (rows_.empty()) throw ConfigError{fmt::format("{}: error: the file is empty", path)};
  columns_ = std::move(rows_.front().cells);
  const std::size_t header = rows_.front().line;
  header_line_ = header;
  rows_.erase(rows_.begin());
  for (auto it = columns_.begin(); it != columns_.end(); ++it) {
    if (std::find(columns_.begin(), it, *it) == it) continue;
    throw ConfigError{
        fmt::format("{}:{}: error: the column '{}' comes twice; rename one", path, header, *it)};
  }
  if (columns != nullptr &&
      !std::is_permutation(columns_.begin(), columns_.end(), columns->begin(), columns->end())) {
    throw ConfigError{fmt::format("{}:{}: error: expected the header '{}', got '{}'", path, header,
                                  fmt::join(*columns, ","), fmt::join(columns_, ","))};
  }
  for (const CsvRecord& row : rows_) {
    if (row.cells.size() == columns_.size()) continue;
    throw ConfigError{fmt::format("{}:{}: error: expected {} cells, got {}", path, row.line,
                                  columns_.size(), row.cells.size())};
  }
  if (rows_.empty()) throw ConfigError{fmt::format("{}: error: the table has no rows", path)};
}

void CsvTable::require(const std::vector<std::string>& columns) const {
  for (const std::string& column : columns) {
    if (has(column)) continue;
    throw ConfigError{fmt::format("{}:{}: error: there is no column '{}'; the header is '{}'",
                                  path_, header_line_, column, fmt::join(columns_, ","))};
  }
}

bool CsvTable::has(std::string_view column) const {
  return std::find(columns_.begin(), columns_.end(), column) != columns_.end();
}

const std::string& CsvTable::text(std::size_t row, std::string_view column) const {
  const auto it = std::find(columns_.begin(), columns_.end(), column);
  PAPILIO_CHECK(it != columns_.end() && row < rows_.size());
  return rows_[row].cells[static_cast<std::size_t>(it - columns_.begin())];
}

void CsvTable::fail(std::size_t row, std::string_view column, std::string_view expected,
                    std::string_view remedy) const {
  throw ConfigError{fmt::format("{}:{}: error: {}: expected {}, got '{}'{}", path_, line(row),
                                column, expected, text(row, column), remedy)};
}

double CsvTable::number(std::size_t row, std::string_view column) const {
  const std::string& cell = text(row, column);
  double value = 0;
  const auto [stop, status] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (status != std::errc{} || stop != cell.data() + cell.size() || !std::isfinite(value)) {
    const bool comma = stop != cell.data() && stop != cell.data() + cell.size() && *stop == ',';
    fail(row, column, comma ? "a number with a decimal point" : "a number", percent_remedy(cell));
  }
  return value;
}

double CsvTable::positive(std::size_t row, std::string_view column) const {
  const double value = number(row, column);
  if (value <= 0) fail(row, column, "a number > 0");
  return value;
}

double CsvTable::at_most(std::size_t row, std::string_view column, double max) const {
  const double value = number(row, column);
  if (value >= 0 && value <= max) return value;
  // 74.1 in a column of shares is a percentage.
  constexpr double kWhole = 100;
  const bool is_percent = max == 1 && value > 1 && value <= kWhole;
  const std::string expected = fmt::format("a number of 0 to {:g}", max);
  fail(row, column, expected,
       is_percent ? percent_remedy(text(row, column) + "%") + " for as many percent" : "");
}

std::int64_t CsvTable::whole(std::size_t row, std::string_view column, std::int64_t min,
                             std::int64_t max) const {
  const double value = number(row, column);
  if (value < static_cast<double>(min) || value > static_cast<double>(max) ||
      value != std::floor(value)) {
    fail(row, column, fmt::format("a whole number of {} to {}", min, max));
  }
  return static_cast<std::int64_t>(value);
}

}  // namespace papilio
