#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/document/document.hpp"
#include "sim/base/document/layout.hpp"
#include "sim/base/document/parts.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

std::string latex_escaped(const std::string& unescaped) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 25> kReplacements{{
      {"D_r", "$D_r$"},
      {"&", "\\&"},
      {"%", "\\%"},
      {"_", "\\_"},
      {"#", "\\#"},
      {"$", "\\$"},
      {"α", "$\\alpha$"},
      {"β", "$\\beta$"},
      {"×", "$\\times$"},
      {"·", "$\\cdot$"},
      {"±", "$\\pm$"},
      {"−", "$-$"},
      {"≤", "$\\le$"},
      {"–", "--"},
      {"|", "$|$"},
      {"<", "$<$"},
      {">", "$>$"},
      {"`", "'"},
      {"\\", "\\textbackslash{}"},
      {"{", "\\{"},
      {"}", "\\}"},
      {"~", "\\textasciitilde{}"},
      {"^", "\\textasciicircum{}"},
      {"[", "{[}"},  // else an argument of the line end before it
      {"*", "{*}"},  // likewise
  }};
  const std::string line = one_line(unescaped);
  std::string_view text = line;
  std::string escaped;
  while (!text.empty()) {
    const bool minus = text.size() > 1 && text[0] == '-' && text[1] >= '0' && text[1] <= '9' &&
                       (escaped.empty() || escaped.back() == ' ');
    if (minus) {
      escaped += "$-$";
      text.remove_prefix(1);
      continue;
    }
    const auto* const match =
        std::find_if(kReplacements.begin(), kReplacements.end(),
                     [&](const auto& pair) { return text.starts_with(pair.first); });
    if (match == kReplacements.end()) {
      escaped += text.front();
      text.remove_prefix(1);
    } else {
      escaped += match->second;
      text.remove_prefix(match->first.size());
    }
  }
  return escaped;
}

/// What a label may hold of a text: "Table IV, 3g" is "table-iv-3g".
std::string slug(std::string_view text) {
  std::string slug;
  for (const char c : text) {
    const bool kept = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (kept) {
      slug += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug;
}

/// How wide a text is in \footnotesize of a document of 10 pt, in hundredths of a point: the widths
/// of cmr8, by classes, each as wide as its widest letter.
std::size_t latex_width(std::string_view text) {
  constexpr std::string_view kThin{"ijlf.,:;'!|"};
  constexpr std::string_view kSlim{"rst()-[] I"};
  constexpr std::string_view kWide{"ABCDEFGHJKLNOPQRSTUVXYZw+&"};
  constexpr std::string_view kWidest{"mMW%@"};
  constexpr std::string_view kGreater{"<>=~"};
  constexpr std::size_t kThinWidth = 265;
  constexpr std::size_t kSlimWidth = 340;
  constexpr std::size_t kDigitWidth = 425;
  constexpr std::size_t kUsualWidth = 475;
  constexpr std::size_t kWideWidth = 670;
  constexpr std::size_t kWidestWidth = 875;
  constexpr std::size_t kOtherWidth = 850;  // of what is not ASCII: an em
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool minus =
        c == '-' && (i == 0 || text[i - 1] == ' ') && i + 1 < text.size() && is_digit(text[i + 1]);
    if (static_cast<unsigned char>(c) >= 0x80U) {
      if (begins_character(c)) width += kOtherWidth;
    } else if (is_digit(c)) {
      width += kDigitWidth;
    } else if (minus || kWide.find(c) != std::string_view::npos ||
               kGreater.find(c) != std::string_view::npos) {
      width += kWideWidth;
    } else if (kThin.find(c) != std::string_view::npos) {
      width += kThinWidth;
    } else if (kSlim.find(c) != std::string_view::npos) {
      width += kSlimWidth;
    } else {
      width += kWidest.find(c) != std::string_view::npos ? kWidestWidth : kUsualWidth;
    }
  }
  return width;
}

constexpr std::size_t kColumnWidth = 25'200;   // of a journal's column, as IEEEtran has it
constexpr std::size_t kArticleWidth = 34'500;  // of an article's line in one column
/// Of tables over both columns; IEEEtran has 516 pt. `\papiliofit` makes them no smaller than 345 /
/// 500 in an article in one column: letters of 5.5 pt.
constexpr std::size_t kPageWidth = 50'000;
constexpr std::size_t kGapWidth = 600;  // \tabcolsep on both sides
constexpr std::size_t kLeastText = 8'000;
constexpr std::size_t kMostLines = 50;  // of a float, so that it is no higher than a page

/// One tabular: some columns and some rows of a table, and the lines that it takes.
struct Block {
  std::vector<std::size_t> columns;
  std::size_t first{1};  ///< of the texts' rows; 0 is the heading
  std::size_t last{1};   ///< behind the last
  std::size_t lines{0};
};

/// Makes the floats of one section.
class LatexTable {
 public:
  LatexTable(const Section& section, std::string label)
      : section_{section}, table_{*section.table}, label_{std::move(label)} {
    check_table(table_);
    texts_.push_back(headers(table_));
    for (const Table::Row& row : table_.rows) texts_.push_back(texts_of(row));
    for (std::vector<std::string>& row : texts_) {
      for (std::string& cell : row) cell = one_line(cell);
    }
    std::vector<bool> wraps;
    wraps.reserve(table_.columns.size());
    for (std::size_t c = 0; c < table_.columns.size(); ++c) {
      wraps.push_back(set_left(table_, c) && table_.columns[c].type == Table::Type::kText);
    }
    // The narrowest room that takes all columns side by side, if it can be without breaking texts;
    // else parts in the widest.
    bool fits = false;
    for (const bool breaks : {false, true}) {
      for (const std::size_t width : {kColumnWidth, kArticleWidth, kPageWidth}) {
        if (fits) break;
        layout_ = lay_out(texts_, wraps,
                          {.width = width,
                           .gap = kGapWidth,
                           .least_text = breaks ? kLeastText : width,
                           .measure = latex_width,
                           .balanced = true});
        wide_ = width != kColumnWidth;
        fits = layout_.parts.size() == 1 && layout_.left_out.empty();
      }
    }
    // What is wider than a page stands alone: nothing is left out.
    for (const std::size_t c : layout_.left_out) layout_.parts.push_back({0, c});
  }

  std::string text() {
    std::vector<std::string> notes = section_.paragraphs;
    notes.insert(notes.end(), section_.remarks.begin(), section_.remarks.end());
    const std::size_t width = wide_ ? kArticleWidth : kColumnWidth;
    std::size_t lines = 0;
    bool open = false;
    for (const Block& block : blocks()) {
      if (!open || lines + block.lines > kMostLines) {
        if (open) close();
        begin(!open);
        lines = 0;
        open = true;
      } else {
        text_ += "\\par\\medskip\n";
      }
      add(block);
      lines += block.lines;
    }
    for (const std::string& note : notes) {
      lines += latex_width(note) / width + 1;
      if (lines > kMostLines) {
        close();
        begin(false);
        lines = 0;
      }
      text_ += fmt::format("\\par\\smallskip{{\\raggedright {}\\par}}\n", latex_escaped(note));
    }
    close();
    return std::move(text_);
  }

 private:
  [[nodiscard]] const char* environment() const { return wide_ ? "table*" : "table"; }

  void begin(bool first) {
    const std::string caption =
        latex_escaped(section_.caption.empty() ? section_.title : section_.caption);
    text_ +=
        fmt::format("\n\\begin{{{}}}\n\\centering\\footnotesize\\setlength{{\\tabcolsep}}{{3pt}}\n",
                    environment());
    text_ +=
        first ? fmt::format("\\caption{{{}}}\n\\label{{tab:{}}}\n", caption, label_)
              : fmt::format("\\addtocounter{{table}}{{-1}}\\caption{{{} (continued)}}\n", caption);
  }
  void close() { text_ += fmt::format("\\end{{{}}}\n", environment()); }

  /// The lines of a cell, at least one.
  [[nodiscard]] std::vector<std::string> lines_of(std::size_t row, std::size_t column) const {
    return wrapped(texts_[row][column], layout_.widths[column], latex_width);
  }

  [[nodiscard]] std::size_t height(std::size_t row, const std::vector<std::size_t>& columns) const {
    std::size_t lines = 1;
    for (const std::size_t c : columns) lines = std::max(lines, lines_of(row, c).size());
    return lines;
  }

  /// The parts of the layout, those that are too high for one float in several.
  [[nodiscard]] std::vector<Block> blocks() const {
    constexpr std::size_t kRules = 2;  // as high as lines, together with the space between blocks
    std::vector<Block> all;
    for (const std::vector<std::size_t>& columns : layout_.parts) {
      const std::size_t heading = height(0, columns) + kRules;
      std::size_t rows = 0;
      for (std::size_t row = 1; row < texts_.size(); ++row) rows += height(row, columns);
      // Of blocks as few as there must be, all are about as high.
      const std::size_t room = kMostLines - std::min(heading, kMostLines / 2);
      const std::size_t blocks = std::max<std::size_t>((rows + room - 1) / room, 1);
      const std::size_t most = heading + (rows + blocks - 1) / blocks;
      Block block{columns, 1, 1, heading};
      for (std::size_t row = 1; row < texts_.size(); ++row) {
        const std::size_t lines = height(row, columns);
        if (block.lines + lines > most && block.last > block.first) {
          all.push_back(block);
          block = {columns, row, row, heading};
        }
        block.last = row + 1;
        block.lines += lines;
      }
      all.push_back(block);
    }
    if (all.empty()) all.push_back({});
    return all;
  }

  void add(const Block& block) {
    if (block.columns.empty()) return;
    std::string alignment;
    for (const std::size_t c : block.columns) alignment += set_left(table_, c) ? 'l' : 'r';
    text_ +=
        fmt::format("\\papiliofit{{\\begin{{tabular}}{{@{{}}{}@{{}}}}\n  \\toprule\n", alignment);
    add_row(0, block.columns);
    text_ += "  \\midrule\n";
    for (std::size_t row = block.first; row < block.last; ++row) add_row(row, block.columns);
    text_ += "  \\bottomrule\n\\end{tabular}}\n";
  }

  /// A heading's last line stands above its numbers, a cell's first line beside the row's name.
  void add_row(std::size_t row, const std::vector<std::size_t>& columns) {
    std::vector<std::string> cells;
    cells.reserve(columns.size());
    for (const std::size_t c : columns) {
      std::vector<std::string> lines = lines_of(row, c);
      for (std::string& line : lines) line = latex_escaped(line);
      cells.push_back(lines.size() == 1
                          ? lines.front()
                          : fmt::format("\\begin{{tabular}}[{}]{{@{{}}{}@{{}}}}{}\\end{{tabular}}",
                                        row == 0 ? 'b' : 't', set_left(table_, c) ? 'l' : 'r',
                                        fmt::join(lines, "\\\\ ")));
    }
    text_ += fmt::format("  {} \\\\\n", fmt::join(cells, " & "));
  }

  const Section& section_;
  const Table& table_;
  std::string label_;
  TextRows texts_;
  TableLayout layout_;
  bool wide_{false};  ///< over both columns of a page that has two
  std::string text_;
};

}  // namespace

std::string to_latex(const Document& document) {
  std::string text = fmt::format(
      "% {}\n% In the preamble: \\usepackage{{booktabs,graphicx}}\n"
      "% Makes a table smaller where it is wider than the document's lines.\n"
      "\\providecommand{{\\papiliofit}}[1]{{\\setbox0\\hbox{{#1}}%\n"
      "  "
      "\\ifdim\\wd0>\\linewidth\\resizebox{{\\linewidth}}{{!}}{{\\box0}}"
      "\\else\\leavevmode\\box0\\fi}}\n",
      one_line(document.title));
  std::set<std::string> labels;
  for (const Section& section : document.sections) {
    if (!section.table) {
      text += fmt::format("\n{{\\sloppy\\paragraph{{{}.}}\n", latex_escaped(section.title));
      for (const auto* texts : {&section.paragraphs, &section.remarks}) {
        for (const std::string& line : *texts) text += latex_escaped(line) + "\n";
      }
      text += "\\par}\n";
      continue;
    }
    const std::string name =
        slug(document.title.substr(0, document.title.find(':')) + " " + section.title);
    std::string label = name;
    for (int i = 2; !labels.insert(label).second; ++i) label = fmt::format("{}-{}", name, i);
    text += LatexTable{section, label}.text();
  }
  return text;
}

}  // namespace papilio
