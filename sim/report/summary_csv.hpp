#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/data/csv.hpp"
#include "sim/base/document/column.hpp"

namespace papilio {

/// Values of dimensions that are kept, as `--where` gives them.
using PlotChoices = std::vector<std::pair<std::string, std::vector<std::string>>>;

/// A `summary.csv`, the rows that were chosen.
class SummaryCsv {
 public:
  /// What uses no radio is kept whatever network is chosen. Of several readings of the radio's
  /// energy, where none is chosen, the first is kept.
  /// @throws ConfigError if it is no summary.csv, a choice names a column or a value that it has
  ///         not, or nothing is left
  SummaryCsv(const std::string& path, const PlotChoices& where);

  /// The chosen ones, in the file's order.
  [[nodiscard]] const std::vector<std::size_t>& rows() const { return rows_; }
  [[nodiscard]] bool has(const std::string& column) const { return table_.has(column); }
  [[nodiscard]] const std::string& text(std::size_t row, const std::string& column) const {
    return table_.text(row, column);
  }
  /// Nothing where the file has none. @throws ConfigError if it is something else
  [[nodiscard]] std::optional<double> number(std::size_t row, const std::string& column) const;
  /// Whether the limits let it be chosen.
  [[nodiscard]] bool is_admitted(std::size_t row) const;
  /// The networks of the chosen rows, in the file's order; one that is empty if none has any.
  [[nodiscard]] std::vector<std::string> networks() const;
  /// The reading of the radio's energy that was kept, where the file has several.
  [[nodiscard]] const std::optional<std::string>& reading() const { return reading_; }
  /// A measure by its column's name, or that without its unit: "latency".
  /// @throws ConfigError if the file has no such measure
  [[nodiscard]] const Column& measure(const std::string& name) const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void choose(const std::string& column, const std::vector<std::string>& values);

  std::string path_;
  CsvTable table_;
  std::vector<std::size_t> rows_;
  std::optional<std::string> reading_;
};

}  // namespace papilio
