#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/base/document/rows.hpp"

namespace papilio {

/// What the values of a column are; each of them may also be absent.
enum class ValueType { kText, kInteger, kReal };

/// A dimension says what a row is about; a measure was computed or measured for it.
enum class ColumnKind { kDimension, kMeasure };

/// Which direction of a measure is better. Of a dimension, neither is.
enum class Better { kLess, kMore, kNeither };

/// The declaration of a column of results. Files, tables of databases, pivots, the labels of plots
/// and the page docs/outputs.md follow from it.
struct Column {
  std::string_view name;  ///< as files and databases have it: "latency_s"
  ValueType type;
  std::string_view unit;  ///< "s", "J", "1/s", "byte", "bit"; empty: none
  ColumnKind kind;
  Better better;
  std::string_view doc;  ///< its meaning, in Markdown
  bool if_any{false};    ///< whether files leave it out where no row has a value of it
};

/// A declared column with the function that gives its value for a row about `Subject`.
template <class Subject>
struct ColumnOf : Column {
  Value (*get)(const Subject&);
};

/// The declarations alone.
template <class Subject>
std::vector<Column> declarations(const std::vector<ColumnOf<Subject>>& columns) {
  return {columns.begin(), columns.end()};
}

/// The name without the end that says the unit: "latency" of "latency_s".
std::string_view stem(const Column& column);

/// The column's line in the tables of docs/outputs.md, with the line end.
std::string documentation_line(const Column& column);

}  // namespace papilio
