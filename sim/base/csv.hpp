#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace papilio {

/// One record of a table in a text file.
struct CsvRecord {
  std::size_t line{0};             ///< where it begins, from 1
  std::vector<std::string> cells;  ///< at least one
};

/// How much beside RFC 4180 a table may have.
enum class CsvStyle {
  kStrict,  ///< nothing but another separator
  /// Lines that begin with # are comments, blanks around a cell are not part of it, and where the
  /// first record has neither comma nor semicolon, runs of blanks and tabs separate: what
  /// instruments write.
  kLoose,
};

/// Reads a table after RFC 4180: cells in double quotes hold anything, a double quote twice; lines
/// end in LF or CRLF. Beside that: a byte-order mark of UTF-8 is skipped, empty lines are no
/// records, and where the first record has no comma outside quotes its semicolons, or else its
/// tabs, separate.
/// @param name what errors call the text: its path
/// @throws ConfigError with the line for a quote that is not closed or stands in a cell without
///         quotes, for line ends of a lone CR, for UTF-16
std::vector<CsvRecord> parse_csv(std::string_view text, const std::string& name, CsvStyle style);

/// As `parse_csv`, of a file.
/// @throws ConfigError also if the file cannot be read, or is above 1 GiB
std::vector<CsvRecord> read_csv(const std::string& path, CsvStyle style);

/// One record as a line of RFC 4180, which `parse_csv` (strict) reads back to the same cells. What
/// another reader might take for a separator, a comment or nothing at all is quoted too:
/// semicolons, tabs, blanks at either end, # in front, an empty record.
/// @param cells at least one
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace papilio
