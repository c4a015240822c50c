#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/document/cell.hpp"
#include "sim/study/ask/facts.hpp"

/// What tables of studies say of values: statistics, names and units.
namespace papilio {

/// mean, ci95, min, max, median, n.
const std::vector<std::string>& stat_names();

/// How values are written, and in which unit.
class ValueFormat {
 public:
  struct Options {
    bool exact{false};          ///< all digits, in SI: for machines
    bool si{false};             ///< seconds and joules instead of milli-
    bool relative{false};       ///< ratios
    std::optional<int> digits;  ///< after the point; absent: as suits the unit
  };
  ValueFormat(const Column& column, const Options& options);

  [[nodiscard]] Form form() const;
  /// The value in the table's unit.
  [[nodiscard]] double scaled(double value) const { return value * factor_; }
  /// "ms", "×", …; empty where there is none.
  [[nodiscard]] const std::string& unit() const { return unit_; }

 private:
  bool exact_;
  double factor_{1};
  std::string unit_;
  std::optional<int> digits_;
};

/// The values of one cell of a table, by replicate.
struct CellValues {
  std::map<Label, std::vector<double>> by_replicate;
};

/// @param name one of `stat_names()`
/// @return nothing where there is no value, or too few
std::optional<double> statistic(const std::string& name, const CellValues& cell);

}  // namespace papilio
