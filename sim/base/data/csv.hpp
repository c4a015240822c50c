#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/csv.hpp"

namespace papilio {

/// A CSV file with a header line, read whole, as `read_csv` says.
class CsvTable {
 public:
  /// A table of any columns.
  /// @throws ConfigError with file and line if the file cannot be read, a column comes twice, a row
  ///         has another number of cells, or there is no row
  explicit CsvTable(const std::string& path);
  /// A table of these columns, in any order.
  /// @throws ConfigError as above, and if the header has others
  CsvTable(const std::string& path, const std::vector<std::string>& columns);

  [[nodiscard]] std::size_t rows() const { return rows_.size(); }
  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
  [[nodiscard]] bool has(std::string_view column) const;
  /// Refuses a table that lacks a column which its reader takes.
  /// @throws ConfigError with file, the header's line and the first that is missing
  void require(const std::vector<std::string>& columns) const;
  /// Where a row begins in the file, from 1.
  [[nodiscard]] std::size_t line(std::size_t row) const { return rows_[row].line; }

  /// The text of a cell.
  [[nodiscard]] const std::string& text(std::size_t row, std::string_view column) const;
  /// The number in a cell.
  /// @throws ConfigError with file, line and column's name if it is not a finite number
  [[nodiscard]] double number(std::size_t row, std::string_view column) const;
  /// As `number`, which must be above 0.
  [[nodiscard]] double positive(std::size_t row, std::string_view column) const;
  /// As `number`, which must be in 0..max.
  [[nodiscard]] double at_most(std::size_t row, std::string_view column, double max) const;
  /// As `number`, which must be whole and in min..max.
  [[nodiscard]] std::int64_t whole(std::size_t row, std::string_view column, std::int64_t min,
                                   std::int64_t max) const;
  /// As `whole`, from 1 on.
  [[nodiscard]] std::int64_t count(std::size_t row, std::string_view column,
                                   std::int64_t max) const {
    return whole(row, column, 1, max);
  }

  /// Refuses a cell that a reader cannot use.
  /// @param expected what should be there, to follow "expected"
  /// @throws ConfigError with file, line, column's name, `expected` and the cell
  [[noreturn]] void fail(std::size_t row, std::string_view column, std::string_view expected,
                         std::string_view remedy = {}) const;

 private:
  CsvTable(const std::string& path, const std::vector<std::string>* columns);

  std::string path_;
  std::size_t header_line_{1};
  std::vector<std::string> columns_;
  std::vector<CsvRecord> rows_;
};

}  // namespace papilio
