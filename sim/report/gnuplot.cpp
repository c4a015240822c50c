#include "sim/report/gnuplot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <utility>

namespace papilio {
namespace {

constexpr unsigned char kFirstOfUtf8 = 0x80;

}  // namespace

std::string GnuplotScript::text(std::string_view text) {
  texts_.emplace_back(text);
  return fmt::format("T[{}]", texts_.size());
}

std::string GnuplotScript::table(const std::vector<Row>& rows) {
  std::string name = fmt::format("$table{}", table_count_++);
  tables_ += fmt::format("{} << END\n", name);
  for (const Row& row : rows) tables_ += fmt::format("{}\n", fmt::join(row, " "));
  tables_ += "END\n";
  return name;
}

std::string GnuplotScript::number_cell(std::optional<double> number) {
  return number && std::isfinite(*number) ? fmt::to_string(*number) : "?";
}

std::string GnuplotScript::text_cell(std::string_view text) {
  // Data lines have escapes of C. What is no letter, digit or blank, nor part of a character of
  // UTF-8, is told by its number; a control character, which a line could end at, is a blank. A
  // digit after such a number is told by its own, or gnuplot would take it for one more of it.
  std::string cell{'"'};
  bool after_number = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::iscntrl(byte) != 0) {
      cell += ' ';
    } else if ((byte >= kFirstOfUtf8 || std::isalnum(byte) != 0 || c == ' ') &&
               !(after_number && std::isdigit(byte) != 0)) {
      cell += c;
    } else {
      cell += fmt::format("\\{:03o}", byte);
      after_number = true;
      continue;
    }
    after_number = false;
  }
  return cell + '"';
}

std::string GnuplotScript::script() const {
  std::string script =
      "set datafile missing '?'\nset encoding utf8\nset border 3\nset xtics nomirror\n"
      "set ytics nomirror\nset grid ytics lc rgb '#dddddd'\n";
  if (!texts_.empty()) {
    script += "$texts << END\n";
    for (const std::string& text : texts_) script += text_cell(text) + '\n';
    script += fmt::format(
        "END\narray T[{}]\nstats $texts using (T[int($0) + 1] = strcol(1), 0) nooutput\n",
        texts_.size());
  }
  return script + tables_ + commands_;
}

std::string axis_label(const std::string& column) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kUnits{
      {{"_bit_per_s", "bit/s"},
       {"_per_s", "1/s"},
       {"_bytes", "bytes"},
       {"_s", "s"},
       {"_j", "J"},
       {"_w", "W"}}};
  std::string label = column;
  for (const auto& [suffix, unit] : kUnits) {
    if (!column.ends_with(suffix)) continue;
    label = fmt::format("{}, {}", column.substr(0, column.size() - suffix.size()), unit);
    break;
  }
  std::replace(label.begin(), label.end(), '_', ' ');
  return label;
}

}  // namespace papilio
