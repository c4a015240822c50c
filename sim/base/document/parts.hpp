#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/document/document.hpp"

namespace papilio {

// What the renderers share.

/// A text as it may stand within a line: line ends are blanks, and what steers a terminal is shown.
std::string one_line(std::string_view text);

std::vector<std::string> headers(const Table& table);

/// Whether a column is set left: as it says, and the first of a table in any case.
bool set_left(const Table& table, std::size_t column);

/// Aborts where a row is of another length than the header, or a column of numbers holds a text.
void check_table(const Table& table);

}  // namespace papilio
