#pragma once

#include <cstddef>
#include <string>

#include "sim/base/document/document.hpp"

namespace papilio {

/// What a terminal can show.
struct TerminalStyle {
  std::size_t width{80};  ///< cells of a line; less than `kNarrowestTerminal` is taken for that
  bool colour{false};     ///< whether rows that are marked are coloured
};

/// A narrower terminal than this breaks lines by itself.
constexpr std::size_t kNarrowestTerminal = 20;

/// A document for reading on a terminal: no line is wider than it. Texts go on in the next line;
/// of tables, headings and texts do, and columns that still do not fit go on in a table below it,
/// which begins with the columns that name the rows. What is too wide even for that is left out,
/// and a line says so. No text of the document can steer the terminal.
std::string to_terminal(const Document& document, const TerminalStyle& style);
/// The table alone.
std::string to_terminal(const Table& table, const TerminalStyle& style);

}  // namespace papilio
