#include "sim/report/gnuplot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/algorithm/string/replace.hpp>
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

std::string GnuplotScript::tic(std::string_view text) {
  return this->text(boost::replace_all_copy(std::string{text}, "%", "%%"));
}

std::string GnuplotScript::table(const std::vector<Row>& rows, std::string_view columns) {
  PlotFile file{.name = fmt::format("table{}.dat", tables_.size()),
                .text = fmt::format("# {}\n", columns)};
  for (const Row& row : rows) file.text += fmt::format("{}\n", fmt::join(row, " "));
  tables_.push_back(std::move(file));
  return fmt::format("'{}'", tables_.back().name);
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

std::vector<PlotFile> GnuplotScript::files(std::string_view head) const {
  std::vector<PlotFile> files;
  files.reserve(tables_.size() + 2);
  std::string script{head};
  script +=
      "set datafile missing '?'\nset encoding utf8\nset border 3\nset xtics nomirror\n"
      "set ytics nomirror\nset grid ytics lc rgb '#dddddd'\n";
  if (!texts_.empty()) {
    script += fmt::format(
        "array T[{}]\nstats 'texts.dat' using (T[int($0) + 1] = strcol(1), 0) nooutput\n",
        texts_.size());
  }
  files.push_back({.name = "plot.gp", .text = script + commands_});
  if (!texts_.empty()) {
    std::string cells;
    for (const std::string& text : texts_) cells += text_cell(text) + '\n';
    files.push_back({.name = "texts.dat", .text = std::move(cells)});
  }
  files.insert(files.end(), tables_.begin(), tables_.end());
  return files;
}

}  // namespace papilio
