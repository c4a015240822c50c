#include "sim/base/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr std::string_view kUtf8Mark{"\xEF\xBB\xBF"};
constexpr std::string_view kBlanks{" \t"};

/// Walks over a text once, record by record.
class Parser {
 public:
  Parser(std::string_view text, const std::string& name, CsvStyle style)
      : text_{text}, name_{name}, loose_{style == CsvStyle::kLoose} {
    if (text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF")) {
      fail("the text is UTF-16; save it as UTF-8");
    }
    if (text_.starts_with(kUtf8Mark)) text_.remove_prefix(kUtf8Mark.size());
  }

  std::vector<CsvRecord> records() {
    std::vector<CsvRecord> all;
    while (!text_.empty()) {
      if (skip_line()) continue;
      if (all.empty()) find_separator();
      all.push_back(record());
    }
    return all;
  }

 private:
  [[noreturn]] void fail(std::string_view message) const {
    throw ConfigError{fmt::format("{}:{}: error: {}", name_, line_, message)};
  }

  /// Whether the text begins with the end of a line, or is at its end.
  [[nodiscard]] bool at_end() const {
    return text_.empty() || text_.front() == '\n' || text_.starts_with("\r\n") || text_ == "\r";
  }
  void end_line() {
    if (text_.starts_with('\r')) text_.remove_prefix(1);
    if (text_.starts_with('\n')) text_.remove_prefix(1);
    ++line_;
  }
  void skip_blanks() {
    text_.remove_prefix(std::min(text_.find_first_not_of(kBlanks), text_.size()));
  }

  /// Passes an empty line, or a comment.
  bool skip_line() {
    const std::string_view before = text_;
    if (loose_) skip_blanks();
    if (loose_ && text_.starts_with('#')) {
      text_.remove_prefix(std::min(text_.find('\n'), text_.size()));
    }
    if (at_end()) {
      end_line();
      return true;
    }
    text_ = before;
    return false;
  }

  /// Of the candidates outside quotes in the line that comes.
  void find_separator() {
    constexpr std::string_view kSeparators{",;\t"};
    std::array<bool, kSeparators.size()> found{};
    bool quoted = false;
    for (const char c : text_) {
      if (c == '"') quoted = !quoted;
      if (quoted) continue;
      if (c == '\n') break;
      if (const std::size_t which = kSeparators.find(c); which != std::string_view::npos) {
        found[which] = true;
      }
    }
    const auto* const first = std::find(found.begin(), found.end(), true);
    if (first != found.end())
      separator_ = kSeparators[static_cast<std::size_t>(first - found.begin())];
    runs_ = loose_ && (first == found.end() || separator_ == '\t');
  }

  [[nodiscard]] bool at_separator() const {
    if (text_.empty()) return false;
    return runs_ ? kBlanks.find(text_.front()) != std::string_view::npos
                 : text_.front() == separator_;
  }

  CsvRecord record() {
    CsvRecord record{.line = line_, .cells = {}};
    if (runs_) skip_blanks();
    while (true) {
      if (loose_ && !runs_) trim_left();
      record.cells.push_back(text_.starts_with('"') ? quoted_cell() : bare_cell());
      if (loose_) trim_left();
      if (runs_ && !at_end()) continue;
      if (at_separator()) {
        text_.remove_prefix(1);
        continue;
      }
      if (!at_end()) {
        fail("text after a quoted cell; within quotes, write a double quote twice");
      }
      end_line();
      return record;
    }
  }

  /// Blanks that are not the separator.
  void trim_left() {
    while (!text_.empty() && kBlanks.find(text_.front()) != std::string_view::npos &&
           (runs_ || text_.front() != separator_)) {
      text_.remove_prefix(1);
    }
  }

  std::string quoted_cell() {
    const std::size_t opened = line_;
    std::string cell;
    text_.remove_prefix(1);
    while (true) {
      const std::size_t quote = text_.find('"');
      if (quote == std::string_view::npos) {
        line_ = opened;
        fail("a double quote is not closed");
      }
      cell += text_.substr(0, quote);
      line_ += static_cast<std::size_t>(
          std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(quote), '\n'));
      text_.remove_prefix(quote + 1);
      if (!text_.starts_with('"')) return cell;
      cell += '"';
      text_.remove_prefix(1);
    }
  }

  std::string bare_cell() {
    const std::string_view rest = text_;
    while (!at_end() && !at_separator()) {
      if (text_.front() == '"') {
        fail("a double quote within a cell; put the cell in quotes, and the quote twice");
      }
      if (text_.front() == '\r') {
        fail("a line ends in a lone carriage return; save the file with line ends of LF or CRLF");
      }
      text_.remove_prefix(1);
    }
    std::string_view cell = rest.substr(0, rest.size() - text_.size());
    if (loose_) cell = cell.substr(0, cell.find_last_not_of(kBlanks) + 1);
    return std::string{cell};
  }

  std::string_view text_;
  const std::string& name_;
  bool loose_;
  char separator_{','};
  bool runs_{false};  // of blanks and tabs separate
  std::size_t line_{1};
};

std::string csv_cell(const std::string& text, bool alone) {
  constexpr std::string_view kSpecial{",;\t\"\n\r"};
  const bool plain = text.find_first_of(kSpecial) == std::string::npos && !text.starts_with(' ') &&
                     !text.ends_with(' ') && !text.starts_with('#') &&
                     !text.starts_with(kUtf8Mark) && !(text.empty() && alone);
  if (plain) return text;
  std::string quoted{"\""};
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

std::vector<CsvRecord> parse_csv(std::string_view text, const std::string& name, CsvStyle style) {
  return Parser{text, name, style}.records();
}

std::vector<CsvRecord> read_csv(const std::string& path, CsvStyle style) {
  constexpr std::size_t kMost = std::size_t{1} << 30U;
  constexpr std::size_t kPiece = std::size_t{1} << 16U;
  std::ifstream file{path, std::ios::binary};
  std::string text;
  std::array<char, kPiece> piece{};
  while (file && text.size() <= kMost) {
    file.read(piece.data(), piece.size());
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (text.size() > kMost) {
    throw ConfigError{fmt::format("{}: error: is above 1 GiB; give a smaller table", path)};
  }
  if (!file.eof()) {
    throw ConfigError{fmt::format("{}: error: cannot read the file; check the path", path)};
  }
  return parse_csv(text, path, style);
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += ',';
    line += csv_cell(cells[i], cells.size() == 1);
  }
  return line + '\n';
}

}  // namespace papilio
