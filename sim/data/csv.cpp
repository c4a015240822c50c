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

void CsvTable::fail(std::size_t row, std::string_view column, std::string_view expected) const {
  throw ConfigError{fmt::format("{}:{}: error: {}: expected {}, got '{}'", path_, row + 2, column,
                                expected, text(row, column))};
}

double CsvTable::number(std::size_t row, std::string_view column) const {
  const std::string& cell = text(row, column);
  double value = 0;
  const auto [stop, status] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (status != std::errc{} || stop != cell.data() + cell.size() || !std::isfinite(value)) {
    fail(row, column, "a number");
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
  if (value < 0 || value > max) fail(row, column, fmt::format("a number of 0 to {:g}", max));
  return value;
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
