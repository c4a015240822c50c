#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/document/cell.hpp"
#include "sim/base/document/document.hpp"

namespace papilio {

/// One row of a file for machines: columns and values, in order.
using Row = std::vector<std::pair<std::string, Value>>;

Value text_value(const std::string& text);
Value optional_value(const std::optional<std::int64_t>& value);
Value optional_value(const std::optional<double>& value);

/// Appends columns to a row.
void extend(Row& row, const Row& more);

/// Appends a row to a table, whose columns the first row names.
void append(Table& table, const Row& row);

/// Appends a row as a line of CSV, after a header line if `text` is empty: for files of many rows.
void append_csv(std::string& text, const Row& row);

/// The header line of such a file alone, where there is no row.
std::string csv_header(const Row& row);

/// Numbers as numbers and absent values as null.
nlohmann::ordered_json json_of(const Row& row);

}  // namespace papilio
