#include "sim/base/document/terminal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "sim/base/document/layout.hpp"
#include "sim/base/document/parts.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

constexpr std::string_view kGreen{"\033[1;32m"};  // and bold
constexpr std::string_view kRed{"\033[31m"};
constexpr std::string_view kPlain{"\033[0m"};

/// A text in one line whose cells can be counted: of what moves the cursor no tab is left either.
std::string shown(std::string_view text) {
  std::string line = one_line(text);
  std::replace(line.begin(), line.end(), '\t', ' ');
  return line;
}

/// Makes the text of one document.
class TerminalText {
 public:
  explicit TerminalText(const TerminalStyle& style)
      : width_{std::max(style.width, kNarrowestTerminal)}, colour_{style.colour} {}

  /// Adds a text with `first` before it, below which its other lines begin.
  void add_text(std::string_view first, std::string_view text) {
    const std::string indent(first.size(), ' ');
    std::string_view before = first;
    for (const std::string& line : wrapped(shown(text), width_ - first.size(), display_cells)) {
      text_ += fmt::format("{}{}\n", before, line);
      before = indent;
    }
  }
  void add_blank_line() { text_ += '\n'; }

  void add_table(const Table& table) {
    check_table(table);
    TextRows rows{headers(table)};
    rows.reserve(table.rows.size() + 1);
    for (const Table::Row& row : table.rows) rows.push_back(texts_of(row));
    for (std::vector<std::string>& row : rows) {
      for (std::string& cell : row) cell = shown(cell);
    }
    std::vector<bool> wraps;
    wraps.reserve(table.columns.size());
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      wraps.push_back(set_left(table, c) && table.columns[c].type == Table::Type::kText);
    }
    const TableLayout layout = lay_out(
        rows, wraps,
        {.width = width_, .gap = kGap.size(), .least_text = kLeastText, .measure = display_cells});
    for (std::size_t i = 0; i < layout.parts.size(); ++i) {
      if (i > 0) add_blank_line();
      add_part(table, rows, layout.parts[i], layout.widths);
    }
    if (!layout.left_out.empty()) {
      std::vector<std::string> names;
      names.reserve(layout.left_out.size());
      for (const std::size_t c : layout.left_out) names.push_back(rows[0][c]);
      add_blank_line();
      add_text("", fmt::format("Left out, too wide for {} columns of text: {}. --wide shows all.",
                               width_, fmt::join(names, "; ")));
    }
    add_legend(table);
  }

  std::string take() { return std::move(text_); }

 private:
  static constexpr std::string_view kGap{"  "};
  static constexpr std::size_t kLeastText = 24;

  void add_part(const Table& table, const TextRows& rows, const std::vector<std::size_t>& columns,
                const std::vector<std::size_t>& widths) {
    add_row(table, rows[0], columns, widths, true, {});
    std::string rule;
    for (const std::size_t c : columns) {
      if (!rule.empty()) rule += kGap;
      rule.append(widths[c], '-');
    }
    text_ += rule + '\n';
    for (std::size_t r = 1; r < rows.size(); ++r) {
      add_row(table, rows[r], columns, widths, false, colour_of(table, r - 1));
    }
  }

  [[nodiscard]] std::string_view colour_of(const Table& table, std::size_t row) const {
    const auto mark = table.marks.find(row);
    if (!colour_ || mark == table.marks.end()) return "";
    return mark->second == Table::Mark::kBest ? kGreen : kRed;
  }

  /// Adds a row in as many lines as its longest cell takes: a heading's last line stands above its
  /// numbers, a cell's first line beside the row's name.
  void add_row(const Table& table, const std::vector<std::string>& cells,
               const std::vector<std::size_t>& columns, const std::vector<std::size_t>& widths,
               bool heading, std::string_view colour) {
    std::vector<std::vector<std::string>> lines;
    lines.reserve(columns.size());
    std::size_t height = 1;
    for (const std::size_t c : columns) {
      lines.push_back(wrapped(cells[c], widths[c], display_cells));
      height = std::max(height, lines.back().size());
    }
    if (heading) {
      for (std::vector<std::string>& cell : lines)
        cell.insert(cell.begin(), height - cell.size(), "");
    }
    for (std::size_t i = 0; i < height; ++i) {
      std::string line;
      for (std::size_t k = 0; k < columns.size(); ++k) {
        if (k > 0) line += kGap;
        const std::string text = i < lines[k].size() ? lines[k][i] : "";
        const std::size_t width = widths[columns[k]];
        const std::string blanks(width - std::min(width, display_cells(text)), ' ');
        line += set_left(table, columns[k]) ? text + blanks : blanks + text;
      }
      line.erase(line.find_last_not_of(' ') + 1);
      text_ += colour.empty() ? line + '\n' : fmt::format("{}{}{}\n", colour, line, kPlain);
    }
  }

  /// Says what the colours of a table mean.
  void add_legend(const Table& table) {
    if (!colour_ || table.marks.empty()) return;
    const auto has = [&](Table::Mark mark) {
      return std::any_of(table.marks.begin(), table.marks.end(),
                         [mark](const auto& marked) { return marked.second == mark; });
    };
    std::vector<std::string> meanings;
    if (has(Table::Mark::kBest)) meanings.emplace_back("green: selected");
    if (has(Table::Mark::kExcluded)) meanings.emplace_back("red: outside the limits");
    add_blank_line();
    add_text("", fmt::format("({})", fmt::join(meanings, "; ")));
  }

  std::size_t width_;
  bool colour_;
  std::string text_;
};

}  // namespace

std::string to_terminal(const Document& document, const TerminalStyle& style) {
  TerminalText text{style};
  text.add_text("# ", document.title);
  const auto add_paragraphs = [&](const std::vector<std::string>& paragraphs) {
    for (const std::string& paragraph : paragraphs) {
      text.add_blank_line();
      text.add_text("", paragraph);
    }
  };
  add_paragraphs(document.paragraphs);
  for (const Section& section : document.sections) {
    text.add_blank_line();
    text.add_text("## ", section.title);
    add_paragraphs(section.paragraphs);
    if (section.table) {
      text.add_blank_line();
      text.add_table(*section.table);
    }
    if (!section.remarks.empty()) text.add_blank_line();
    for (const std::string& remark : section.remarks) text.add_text("- ", remark);
  }
  return text.take();
}

std::string to_terminal(const Table& table, const TerminalStyle& style) {
  TerminalText text{style};
  text.add_table(table);
  return text.take();
}

}  // namespace papilio
