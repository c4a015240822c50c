#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/document/cell.hpp"

/// Two tables of results as `compare` wants them: dimensions that say what a row is about, measures
/// that are compared, and rows in one order.
namespace papilio {

/// The columns that two tables share.
struct ComparedColumns {
  std::vector<std::string> dimensions;
  std::vector<std::string> measures;
  /// `[measures]`: the position of the measure that has the half-width of the 95 % interval.
  std::vector<std::optional<std::size_t>> interval;
  std::vector<bool> is_interval;  ///< `[measures]`: whether it is such a half-width

  ComparedColumns() = default;
  /// "latency_ci_s" is the interval of "latency_s", if that is a measure too.
  ComparedColumns(std::vector<std::string> dimensions, std::vector<std::string> measures);
};

/// A row: its key `[dimensions]`, and its values `[measures]`.
struct ComparedRow {
  std::vector<Value> key;
  std::vector<Value> values;
};

/// Hands out the next row in ascending order of the keys; false: there is none.
using RowStream = std::function<bool(ComparedRow& row)>;

/// The order of keys, which is SQLite's: what is absent, then numbers, then texts by their bytes.
/// @return < 0, 0 or > 0
int order_of(const std::vector<Value>& a, const std::vector<Value>& b);

/// A key or setting of what was computed, and its value.
struct Input {
  std::string path;  ///< dotted: "cloud.load_level"
  std::string value;
};

/// One of the two things that are compared.
struct Comparable {
  /// What it is: two things of different kinds have no rows to be matched.
  enum class Kind { kRun, kFleet, kCellsStudy, kFleetStudy, kLayers };

  std::string name;  ///< as the user gave it
  Kind kind{Kind::kRun};
  std::vector<std::string> dimensions;  ///< in order
  std::vector<std::string> measures;    ///< in order
  std::vector<Input> inputs;
  std::vector<std::string> remarks;  ///< what the reader must know of it
  /// Its rows. @param columns a selection of the above
  std::function<RowStream(const ComparedColumns& columns)> rows;
};

/// "two runs of scenarios", and so on.
std::string name_of(Comparable::Kind kind);

/// A table in memory. @param rows `[dimensions]` and `[measures]` of each, in any order
std::function<RowStream(const ComparedColumns&)> rows_in_memory(
    const std::vector<std::string>& dimensions, const std::vector<std::string>& measures,
    std::vector<ComparedRow> rows);

}  // namespace papilio
