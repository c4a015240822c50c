#include "sim/base/document/layout.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "sim/base/text.hpp"

namespace papilio {
namespace {

/// Where the character ends that begins at `start`.
std::size_t next_character(std::string_view text, std::size_t start) {
  std::size_t end = start + 1;
  while (end < text.size() && !begins_character(text[end])) ++end;
  return end;
}

/// How much of a word goes into a line: as many characters as fit, at least one; back to the last
/// sign behind which a path or a compound may part, if that is not at its very beginning.
std::size_t head_of(std::string_view word, std::size_t width, Measure measure) {
  std::size_t end = next_character(word, 0);
  for (std::size_t next = end; next < word.size(); end = next) {
    next = next_character(word, next);
    if (measure(word.substr(0, next)) > width) break;
  }
  if (end == word.size()) return end;
  const std::size_t sign = word.substr(0, end).find_last_of("-/_.,=");
  return sign == std::string_view::npos || sign < end / 2 ? end : sign + 1;
}

/// How narrow a heading can be: its words stand below each other, parted at hyphens too.
std::size_t widest_word(std::string_view text, Measure measure) {
  std::size_t widest = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" -"), text.size() - 1);
    widest = std::max(widest, measure(text.substr(0, text[end] == ' ' ? end : end + 1)));
    text.remove_prefix(end + 1);
  }
  return widest;
}

/// Lays out one table.
class Layouter {
 public:
  Layouter(const TextRows& rows, const std::vector<bool>& wraps, const Room& room)
      : rows_{rows}, wraps_{wraps}, room_{room}, columns_{rows.front().size()} {}

  TableLayout layout() {
    measure_columns();
    std::vector<std::size_t> all(columns_);
    std::iota(all.begin(), all.end(), 0);
    if (std::optional<std::vector<std::size_t>> widths = with_high_headings(all)) {
      return {{all}, std::move(*widths), {}};
    }
    std::vector<std::size_t> shared = narrow_;
    if (share_room(all, shared)) return {{all}, shared, {}};
    return room_.balanced ? balanced_parts() : parts(room_.width);
  }

 private:
  void measure_columns() {
    natural_.resize(columns_);
    narrow_.resize(columns_);
    for (std::size_t c = 0; c < columns_; ++c) {
      for (std::size_t r = 1; r < rows_.size(); ++r) {
        narrow_[c] = std::max(narrow_[c], room_.measure(rows_[r][c]));
      }
      natural_[c] = std::max(narrow_[c], room_.measure(rows_[0][c]));
      narrow_[c] = std::max(narrow_[c], widest_word(rows_[0][c], room_.measure));
    }
  }

  [[nodiscard]] std::size_t width_of(const std::vector<std::size_t>& columns,
                                     const std::vector<std::size_t>& widths) const {
    std::size_t width = columns.empty() ? 0 : room_.gap * (columns.size() - 1);
    for (const std::size_t c : columns) width += widths[c];
    return width;
  }

  /// The widths where no more headings take several lines than must, those that win most first;
  /// nothing where the columns do not fit even so.
  [[nodiscard]] std::optional<std::vector<std::size_t>> with_high_headings(
      std::vector<std::size_t> columns) const {
    std::vector<std::size_t> widths = natural_;
    std::size_t width = width_of(columns, natural_);
    std::stable_sort(columns.begin(), columns.end(), [&](std::size_t a, std::size_t b) {
      return natural_[a] - narrow_[a] > natural_[b] - narrow_[b];
    });
    for (const std::size_t c : columns) {
      if (width <= room_.width) break;
      width -= natural_[c] - narrow_[c];
      widths[c] = narrow_[c];
    }
    return width <= room_.width ? std::optional{widths} : std::nullopt;
  }

  [[nodiscard]] bool is_long(std::size_t column) const {
    return wraps_[column] && narrow_[column] > room_.least_text;
  }

  /// Makes the columns of long texts as wide as the others leave room, none less than `least_text`.
  /// @return false if they do not fit; the widths are as they were then
  bool share_room(const std::vector<std::size_t>& columns, std::vector<std::size_t>& widths) const {
    std::vector<std::size_t> texts;
    for (const std::size_t c : columns) {
      if (is_long(c)) texts.push_back(c);
    }
    std::size_t taken = width_of(columns, narrow_);
    for (const std::size_t c : texts) taken -= narrow_[c];
    if (taken + texts.size() * room_.least_text > room_.width) return false;
    // The narrowest first: what one does not need is for the others.
    std::sort(texts.begin(), texts.end(),
              [&](std::size_t a, std::size_t b) { return narrow_[a] < narrow_[b]; });
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::size_t share = (room_.width - taken) / (texts.size() - i);
      widths[texts[i]] = std::min(narrow_[texts[i]], share);
      taken += widths[texts[i]];
    }
    return true;
  }

  /// How many of the first columns name the rows: as many as tell them apart, or tell most of them
  /// apart; no more than leave a third of the room.
  [[nodiscard]] std::size_t naming_columns(const std::vector<std::size_t>& widths) const {
    std::size_t naming = 1;
    std::size_t told_apart = 0;
    std::size_t width = widths[0];
    std::vector<std::string> names(rows_.size() - 1);
    for (std::size_t c = 0; c + 1 < columns_; ++c) {
      if (c > 0) width += room_.gap + widths[c];
      if (c > 0 && width > room_.width * 2 / 3) break;
      for (std::size_t r = 0; r < names.size(); ++r) names[r] += '\0' + rows_[r + 1][c];
      const std::size_t apart = std::set<std::string>(names.begin(), names.end()).size();
      if (apart > told_apart) naming = c + 1;
      told_apart = apart;
      if (told_apart == names.size()) break;
    }
    return naming;
  }

  /// As few parts as there must be, in the narrowest room that takes them in as many.
  [[nodiscard]] TableLayout balanced_parts() const {
    TableLayout best = parts(room_.width);
    for (std::size_t most = room_.width, least = 0; most - least > 1;) {
      const std::size_t middle = least + (most - least) / 2;
      TableLayout narrower = parts(middle);
      if (narrower.parts.size() == best.parts.size() && narrower.left_out == best.left_out &&
          narrower.widths == best.widths) {
        best = std::move(narrower);
        most = middle;
      } else {
        least = middle;
      }
    }
    return best;
  }

  /// @param most that a part may be wide
  [[nodiscard]] TableLayout parts(std::size_t most) const {
    TableLayout layout{.widths = narrow_};
    std::vector<std::size_t>& widths = layout.widths;
    widths[0] = std::min(widths[0], std::max<std::size_t>(room_.width / 2, 1));
    std::vector<std::size_t> names(naming_columns(widths));
    std::iota(names.begin(), names.end(), 0);
    const std::size_t taken = width_of(names, widths) + room_.gap;
    const std::size_t left = most - std::min(taken, most);
    std::vector<std::size_t> part = names;
    for (std::size_t c = names.size(); c < columns_; ++c) {
      if (widths[c] > left && wraps_[c]) widths[c] = left;
      if (widths[c] > left || left == 0) {
        layout.left_out.push_back(c);
        continue;
      }
      std::vector<std::size_t> more = part;
      more.push_back(c);
      // A long text takes what is left of the line before it begins a part.
      const bool fits = width_of(more, widths) <= most || (is_long(c) && share_last(more, widths));
      if (!fits) {
        layout.parts.push_back(part);
        more = names;
        more.push_back(c);
      }
      part = std::move(more);
    }
    if (part.size() > names.size() || layout.parts.empty()) layout.parts.push_back(part);
    return layout;
  }

  bool share_last(const std::vector<std::size_t>& columns, std::vector<std::size_t>& widths) const {
    const std::size_t others = width_of(columns, widths) - widths[columns.back()];
    if (others + room_.least_text > room_.width) return false;
    widths[columns.back()] = room_.width - others;
    return true;
  }

  const TextRows& rows_;
  const std::vector<bool>& wraps_;
  const Room& room_;
  std::size_t columns_;
  std::vector<std::size_t> natural_;  ///< of all texts in one line
  std::vector<std::size_t> narrow_;   ///< with headings in lines of a word each
};

}  // namespace

TableLayout lay_out(const TextRows& rows, const std::vector<bool>& wraps, const Room& room) {
  if (rows.front().empty()) return {};
  return Layouter{rows, wraps, room}.layout();
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width, Measure measure) {
  std::vector<std::string> lines;
  if (measure(text) <= width) return {std::string{text}};
  std::string line;
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    std::string_view word = text.substr(0, blank);
    text.remove_prefix(std::min(blank + 1, text.size()));
    if (word.empty()) continue;
    std::string longer = line;
    if (!line.empty()) longer += ' ';
    longer += word;
    if (measure(longer) <= width) {
      line = std::move(longer);
      continue;
    }
    if (!line.empty()) lines.push_back(std::exchange(line, {}));
    std::size_t head = head_of(word, width, measure);
    for (; head < word.size(); head = head_of(word, width, measure)) {
      lines.emplace_back(word.substr(0, head));
      word.remove_prefix(head);
    }
    line = word;
  }
  if (!line.empty() || lines.empty()) lines.push_back(line);
  return lines;
}

}  // namespace papilio
