#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace papilio {

/// How wide a text is, in units of the renderer's own: cells of a terminal, parts of a point.
using Measure = std::size_t (*)(std::string_view text);

/// The room that a table has.
struct Room {
  std::size_t width;       ///< of a line, > 0
  std::size_t gap;         ///< between two columns
  std::size_t least_text;  ///< a column of longer texts is made no narrower than this to fit
  Measure measure;
  bool balanced{
      false};  ///< make parts alike in width, rather than the first ones as wide as can be
};

/// The texts of a table: its headings first, then its rows, each as long as the headings.
using TextRows = std::vector<std::vector<std::string>>;

/// Where the columns of a table stand. Each is in one part or left out; but the first ones, which
/// name the rows, begin every part.
struct TableLayout {
  std::vector<std::vector<std::size_t>> parts;  ///< the columns of each, from left to right
  std::vector<std::size_t> widths;              ///< by column; texts are `wrapped` to them
  std::vector<std::size_t> left_out;            ///< too wide for a part of their own
};

/// Makes a table fit: as it is; else with headings of several lines, the longest first; else with
/// long texts of several lines too; else in parts below each other.
/// @param wraps of each column, whether its cells are texts that may take several lines
TableLayout lay_out(const TextRows& rows, const std::vector<bool>& wraps, const Room& room);

/// A text in lines no wider than `width`, ended at blanks; only where a word is wider within it.
/// At least one line, and at least one character in each.
std::vector<std::string> wrapped(std::string_view text, std::size_t width, Measure measure);

}  // namespace papilio
